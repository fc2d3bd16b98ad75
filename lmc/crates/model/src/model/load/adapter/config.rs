//! The description of an adapter, `adapter_config.json`: what of it the merged weights depend on, and what is
//! refused.

use std::path::{Path, PathBuf};

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use lmc_base::error::{LmcError, Result};
use lmc_data::fetch::ADAPTER_CONFIG;

/// The largest compiled pattern, in bytes.
const PATTERN: usize = 1 << 18;

/// The ways to draw the first weights that leave those of the base as they are.
const DRAWS: [&str; 3] = ["gaussian", "eva", "orthogonal"];

/// The fields that change what an adapter computes in a way that is not read, and their names.
const OTHERS: [(&str, &str); 12] = [
    ("use_dora", "DoRA"),
    ("layer_replication", "replicated layers"),
    ("lora_bias", "a bias of the low-rank layers"),
    ("use_qalora", "QALoRA"),
    ("alora_invocation_tokens", "activated LoRA"),
    ("trainable_token_indices", "trained tokens"),
    ("target_parameters", "parameters outside of layers"),
    ("use_bdlora", "block-diagonal LoRA"),
    ("arrow_config", "Arrow"),
    ("kasa_config", "KaSA"),
    ("monteclora_config", "MonteCLoRA"),
    ("velora_config", "VeLoRA"),
];

/// The description of a LoRA adapter.
#[derive(Debug)]
pub(super) struct AdapterConfig {
    rank: i64,
    alpha: f64,
    ranks: Vec<(Regex, i64)>,
    alphas: Vec<(Regex, f64)>,
    is_root: bool,
    /// Whether modules beside the adapted layers were trained and saved.
    pub saves_modules: bool,
}

impl AdapterConfig {
    /// Reads the description in a folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(ADAPTER_CONFIG);
        let bytes = std::fs::read(&path).map_err(LmcError::io("read", &path))?;
        Self::parse(&bytes, path)
    }

    fn parse(bytes: &[u8], path: PathBuf) -> Result<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| LmcError::Format {
            path: path.clone(),
            line: Some(error.line()),
            problem: format!("no JSON object: {error}"),
            remedy: "give the adapter_config.json that belongs to this adapter",
        })?;
        let file = Fields { fields: &fields, path };
        file.check()?;
        let is_root = file.get("use_rslora").and_then(Value::as_bool).unwrap_or(false);
        let (rank, alpha) =
            (file.rank(file.get("r"), "r")?, file.alpha(file.get("lora_alpha"), "lora_alpha")?);
        let ranks = file.patterns("rank_pattern", |value| file.rank(Some(value), "rank_pattern"))?;
        let alphas = file.patterns("alpha_pattern", |value| file.alpha(Some(value), "alpha_pattern"))?;
        let saved = file.get("modules_to_save").and_then(Value::as_array);
        let saves_modules = saved.is_some_and(|modules| !modules.is_empty());
        Ok(Self { rank, alpha, ranks, alphas, is_root, saves_modules })
    }

    /// Returns the rank of a layer, by the name that it has in the model that was adapted.
    pub fn rank(&self, layer: &str) -> i64 {
        let found = self.ranks.iter().find(|(pattern, _)| pattern.is_match(layer));
        found.map_or(self.rank, |(_, rank)| *rank)
    }

    /// Returns the factor of the product of a layer's two matrices: alpha / r, or alpha / sqrt(r) with
    /// `use_rslora`.
    pub fn scaling(&self, layer: &str) -> f64 {
        let found = self.alphas.iter().find(|(pattern, _)| pattern.is_match(layer));
        let (alpha, rank) = (found.map_or(self.alpha, |(_, alpha)| *alpha), self.rank(layer) as f64);
        if self.is_root { alpha / rank.sqrt() } else { alpha / rank }
    }
}

/// The fields of the file.
struct Fields<'a> {
    fields: &'a Map<String, Value>,
    path: PathBuf,
}

impl Fields<'_> {
    fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn wrong(&self, problem: String) -> LmcError {
        let remedy = "merge it into its base model in Python with merge_and_unload() and save that with save_pretrained()";
        LmcError::Format { path: self.path.clone(), line: None, problem, remedy }
    }

    /// Checks that the adapter is a LoRA and has nothing that would make another model of it.
    fn check(&self) -> Result<()> {
        let kind = self.get("peft_type").and_then(Value::as_str).unwrap_or("nothing");
        if kind != "LORA" {
            return Err(
                self.wrong(format!("`peft_type`: got {kind}, expected LORA, no other adapters are read"))
            );
        }
        let is_unset = |value: &Value| match value {
            Value::Bool(value) => !value,
            Value::Array(values) => values.is_empty(),
            Value::Object(values) => values.is_empty(),
            _ => false,
        };
        for (field, name) in OTHERS {
            if self.get(field).is_some_and(|value| !is_unset(value)) {
                return Err(
                    self.wrong(format!("`{field}`: {name} is not read, only LoRA of linear layers is"))
                );
            }
        }
        match self.get("init_lora_weights") {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(Value::String(draw)) if DRAWS.contains(&draw.as_str()) => Ok(()),
            Some(other) => Err(self.wrong(format!(
                "`init_lora_weights`: got {other}, which changes the base model, expected true, false or {}",
                DRAWS.join(", ")
            ))),
        }
    }

    fn rank(&self, value: Option<&Value>, field: &str) -> Result<i64> {
        let rank = value.and_then(Value::as_i64).filter(|rank| (1..=1 << 24).contains(rank));
        rank.ok_or_else(|| self.not_a_number(value, field, "a rank of 1 or more"))
    }

    fn alpha(&self, value: Option<&Value>, field: &str) -> Result<f64> {
        let alpha = value.and_then(Value::as_f64).filter(|alpha| alpha.is_finite());
        alpha.ok_or_else(|| self.not_a_number(value, field, "a finite number"))
    }

    fn not_a_number(&self, value: Option<&Value>, field: &str, expected: &str) -> LmcError {
        let got = value.map_or("nothing".to_owned(), Value::to_string);
        self.wrong(format!("`{field}`: got {got}, expected {expected}"))
    }

    /// Returns the patterns of a field, each with its value. As in PEFT, one fits a layer whose name it
    /// matches, or whose name ends in a dot and what it matches; the first that fits counts.
    fn patterns<T>(&self, field: &str, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<(Regex, T)>> {
        let Some(value) = self.get(field) else { return Ok(Vec::new()) };
        let Value::Object(patterns) = value else {
            return Err(self.not_a_number(Some(value), field, "an object of patterns"));
        };
        let pattern = |(text, value): (&String, &Value)| {
            let pattern = RegexBuilder::new(&format!(r"^(?:.*\.)?(?:{text})$")).size_limit(PATTERN).build();
            let pattern =
                pattern.map_err(|_| self.wrong(format!("`{field}`: `{text}` is no pattern that is read")))?;
            Ok((pattern, read(value)?))
        };
        patterns.iter().map(pattern).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(fields: &str) -> Result<AdapterConfig> {
        let text = format!(r#"{{"peft_type": "LORA", "r": 4, "lora_alpha": 8{fields}}}"#);
        AdapterConfig::parse(text.as_bytes(), ADAPTER_CONFIG.into())
    }

    #[test]
    fn the_factor_is_alpha_over_the_rank_or_over_its_root() {
        assert_eq!(parse("").unwrap().scaling("encoder.layer.0.output.dense"), 2.0);
        assert_eq!(parse(r#", "use_rslora": true"#).unwrap().scaling("x"), 4.0);
        let patterns =
            r#", "rank_pattern": {"layer.1.*query": 16, "key": 2}, "alpha_pattern": {"^bert.*key": 3}"#;
        let config = parse(patterns).unwrap();
        let facts = |layer: &str| (config.rank(layer), config.scaling(layer));
        assert_eq!(facts("bert.encoder.layer.1.attention.self.query"), (16, 0.5));
        assert_eq!(facts("bert.encoder.layer.0.attention.self.key"), (2, 1.5));
        assert_eq!(facts("bert.encoder.layer.0.attention.self.monkey"), (4, 0.75));
        assert_eq!(facts("bert.encoder.layer.0.attention.self.value"), (4, 2.0));
    }

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        for (fields, expected) in [
            (r#", "peft_type": "IA3""#, "`peft_type`: got IA3, expected LORA"),
            (r#", "peft_type": null"#, "`peft_type`: got nothing"),
            (r#", "use_dora": true"#, "`use_dora`: DoRA is not read"),
            (r#", "layer_replication": [[0, 2]]"#, "`layer_replication`: replicated layers is not read"),
            (r#", "lora_bias": true"#, "`lora_bias`: a bias of"),
            (r#", "trainable_token_indices": [1]"#, "trained tokens is not read"),
            (
                r#", "init_lora_weights": "pissa_niter_4""#,
                "got \"pissa_niter_4\", which changes the base model",
            ),
            (r#", "r": 0"#, "`r`: got 0, expected a rank"),
            (r#", "lora_alpha": "8""#, "`lora_alpha`: got \"8\", expected a finite number"),
            (r#", "rank_pattern": {"(": 2}"#, "`rank_pattern`: `(` is no pattern"),
            (r#", "alpha_pattern": [1]"#, "`alpha_pattern`: got [1], expected an object"),
        ] {
            let error = parse(fields).unwrap_err().to_string();
            assert!(error.starts_with("adapter_config.json: ") && error.contains(expected), "{error}");
        }
        let unset = r#", "use_dora": false, "layer_replication": null, "target_parameters": [], "init_lora_weights": "gaussian""#;
        assert!(!parse(unset).unwrap().saves_modules);
        assert!(parse(r#", "modules_to_save": ["classifier"]"#).unwrap().saves_modules);
    }
}
