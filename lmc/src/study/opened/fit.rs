//! Whether models belong together: architecture, tokens, labels.

use std::collections::BTreeMap;

use super::OpenedModel;
use crate::error::{LmcError, Result};
use crate::model::ModelConfig;

/// The most models of a group that an error names.
const NAMED: usize = 6;

const EXPECTED: &str = "models of one architecture with the same tokens and labels; give those of one group";

/// The facts that models between which lines are drawn have in common, in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Traits(Vec<(&'static str, String)>);

impl Traits {
    /// Returns the facts about a model with that config and digest of its tokenizer.
    pub fn new(config: &ModelConfig, tokens: &str) -> Self {
        let ModelConfig {
            model_type,
            vocab_size,
            hidden_size,
            num_hidden_layers,
            num_attention_heads,
            intermediate_size,
            max_position_embeddings,
            type_vocab_size,
            hidden_act,
            layer_norm_eps,
            embedding_size,
            num_hidden_groups,
            inner_group_num,
            relative_attention_num_buckets,
            disentangled,
            modern,
            pad_token_id: _,
            initializer_range: _,
            hidden_dropout_prob: _,
            attention_probs_dropout_prob: _,
            id2label: _,
        } = config;
        let fields = disentangled.as_ref().and_then(|fields| serde_json::to_string(fields).ok());
        let of_modern = modern.as_ref().and_then(|fields| serde_json::to_string(fields).ok());
        let number = |number: &Option<i64>| number.map_or_else(|| "none".to_owned(), |n| n.to_string());
        Self(vec![
            ("family", model_type.clone()),
            ("layers", num_hidden_layers.to_string()),
            ("width", hidden_size.to_string()),
            ("heads", num_attention_heads.to_string()),
            ("feed-forward width", intermediate_size.to_string()),
            ("tokens", vocab_size.to_string()),
            ("width of the embeddings", number(embedding_size)),
            ("positions", max_position_embeddings.to_string()),
            ("first position", (max_position_embeddings - config.max_len() as i64).to_string()),
            ("relative positions", number(relative_attention_num_buckets)),
            ("attention by distance", fields.unwrap_or_else(|| "none".to_owned())),
            ("turns, windows and biases", of_modern.unwrap_or_else(|| "none".to_owned())),
            ("segments", type_vocab_size.to_string()),
            ("groups of layers", format!("{} of {}", number(num_hidden_groups), number(inner_group_num))),
            ("activation", hidden_act.clone()),
            ("epsilon", layer_norm_eps.to_string()),
            ("tokenizer", tokens.chars().take(8).collect()),
        ])
    }

    /// Returns the facts that are not the same in all groups.
    fn told(&self, others: &[&Traits]) -> String {
        let differs = |at: usize| others.iter().any(|other| other.0[at] != self.0[at]);
        let told = (0..self.0.len()).filter(|&at| differs(at)).map(|at| {
            let (name, value) = &self.0[at];
            format!("{name} {value}")
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// Checks that all models have the same traits.
///
/// # Errors
/// [`LmcError::InvalidParameter`] with the groups that fit together.
pub(super) fn check_fit(names: &[&str], traits: &[Traits]) -> Result<()> {
    let groups = grouped(names, traits);
    if groups.len() < 2 {
        return Ok(());
    }
    let kinds: Vec<&Traits> = groups.iter().map(|(kind, _)| *kind).collect();
    let told = groups.iter().map(|(kind, models)| format!("{} ({})", listed(models), kind.told(&kinds)));
    Err(LmcError::invalid("MODEL", apart(groups.len(), told.collect()), EXPECTED))
}

/// Checks that all models tell the same labels apart, in any order and in any case.
///
/// # Errors
/// [`LmcError::InvalidParameter`] with the groups that fit together.
pub(super) fn check_labels(names: &[&str], labels: &[&[String]]) -> Result<()> {
    let kind = |labels: &&[String]| {
        let mut labels: Vec<String> = labels.iter().map(|label| label.trim().to_lowercase()).collect();
        labels.sort();
        labels
    };
    let kinds: Vec<Vec<String>> = labels.iter().map(kind).collect();
    let groups = grouped(names, &kinds);
    // Several names of one label, and models without names, are told by the comparison with the task.
    let sizes: Vec<usize> = groups.iter().map(|(kind, _)| kind.len()).collect();
    if groups.len() < 2 || sizes.iter().all(|&size| size == sizes[0]) {
        return Ok(());
    }
    let told = groups.iter().map(|(kind, models)| format!("{} (labels {})", listed(models), kind.join(", ")));
    Err(LmcError::invalid("MODEL", apart(groups.len(), told.collect()), EXPECTED))
}

/// Checks that no two models have the same weights.
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming the first two.
pub(super) fn check_twins(models: &[OpenedModel]) -> Result<()> {
    let mut known = BTreeMap::new();
    for model in models {
        if let Some(other) = known.insert(model.key(), model.name()) {
            let got = format!("{other} and {}, which have the same weights", model.name());
            return Err(LmcError::invalid("MODEL", got, "each model once"));
        }
    }
    Ok(())
}

/// Returns the kinds of models with the models of each, the kind of the first model first.
fn grouped<'a, K: PartialEq>(names: &[&'a str], kinds: &'a [K]) -> Vec<(&'a K, Vec<&'a str>)> {
    let mut groups: Vec<(&K, Vec<&str>)> = Vec::new();
    for (name, kind) in names.iter().zip(kinds) {
        match groups.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, models)) => models.push(name),
            None => groups.push((kind, vec![name])),
        }
    }
    groups
}

fn apart(n: usize, told: Vec<String>) -> String {
    format!("{n} groups that do not fit together: {}", told.join("; "))
}

fn listed(models: &[&str]) -> String {
    let more = models.len().saturating_sub(NAMED);
    let named = models[..models.len() - more].join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_told_by_what_differs() {
        let small = ModelConfig::mini(77);
        let wide = ModelConfig { hidden_size: 128, ..small.clone() };
        let traits = [&small, &wide, &small].map(|config| Traits::new(config, "0123456789"));
        let error = check_fit(&["a", "b", "c"], &traits).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "`MODEL`: got 2 groups that do not fit together: a, c (width 64); b (width 128), expected {EXPECTED}"
            )
        );
        check_fit(&["a", "c"], &[traits[0].clone(), traits[2].clone()]).unwrap();
        let tokens = [Traits::new(&small, "0123456789"), Traits::new(&small, "9876543210")];
        let error = check_fit(&["a", "b"], &tokens).unwrap_err().to_string();
        assert!(error.contains("a (tokenizer 01234567); b (tokenizer 98765432)"), "{error}");
    }

    #[test]
    fn labels_may_differ_in_order_and_case() {
        let labels = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let [first, turned, more] =
            [labels(&["no", "yes"]), labels(&["Yes", "NO"]), labels(&["a", "b", "c"])];
        check_labels(&["x", "y"], &[&first, &turned]).unwrap();
        let error = check_labels(&["x", "y", "z"], &[&first, &turned, &more]).unwrap_err().to_string();
        assert!(error.contains("x, y (labels no, yes); z (labels a, b, c)"), "{error}");
    }

    #[test]
    fn long_groups_are_counted() {
        let names: Vec<String> = (0..9).map(|i| format!("m{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(listed(&names), "m0, m1, m2, m3, m4, m5 and 3 more");
        assert_eq!(listed(&names[..2]), "m0, m1");
    }
}
