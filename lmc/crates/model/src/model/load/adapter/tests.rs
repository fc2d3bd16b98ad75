use super::*;
use crate::model::fixture::{classifier, config, weights};
use crate::model::load::{load_folder, read_folder, read_safetensors};
use crate::model::{load_finetuned, save_folder};
use lmc_base::error::LmcError;

const QUERY: &str = "bert.encoder.layer.0.attention.self.query";

/// The folders `base`, a classifier, and `adapter`, which changes it.
struct Folders(tempfile::TempDir);

impl Folders {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        save_folder(&root.path().join("base"), &config(), &weights(&classifier(), 3)).unwrap();
        std::fs::create_dir(root.path().join("adapter")).unwrap();
        let folders = Self(root);
        folders.describe("");
        folders
    }

    fn base(&self) -> PathBuf {
        self.0.path().join("base")
    }

    fn adapter(&self) -> PathBuf {
        self.0.path().join("adapter")
    }

    /// Writes the description, with more fields.
    fn describe(&self, fields: &str) {
        let fields = format!(
            r#"{{"peft_type": "LORA", "base_model_name_or_path": "../base", "r": 1, "lora_alpha": 2{fields}}}"#
        );
        std::fs::write(self.adapter().join(ADAPTER_CONFIG), fields).unwrap();
    }

    /// Writes the tensors of the adapter, with the prefix that PEFT gives them.
    fn save(&self, tensors: &[(&str, Tensor)]) {
        let tensors: Vec<(String, Tensor)> =
            tensors.iter().map(|(name, t)| (format!("base_model.model.{name}"), t.shallow_clone())).collect();
        Tensor::write_safetensors(&tensors, self.adapter().join("adapter_model.safetensors")).unwrap();
    }

    fn problem(&self) -> String {
        read_folder(&self.adapter()).unwrap_err().to_string()
    }
}

fn ones(shape: &[i64]) -> Tensor {
    Tensor::ones(shape, (Kind::Float, tch::Device::Cpu))
}

#[test]
fn twice_the_product_of_two_vectors_is_added() {
    let folders = Folders::new();
    let n = classifier().n_labels();
    let a = Tensor::arange(8, (Kind::Float, tch::Device::Cpu)).view([1, 8]);
    let (down, up) = (format!("{QUERY}.lora_A.weight"), format!("{QUERY}.lora_B.weight"));
    folders.save(&[(&down, a), (&up, ones(&[8, 1])), ("classifier.bias", ones(&[n]))]);
    let before = read_safetensors(&folders.base().join("model.safetensors")).unwrap();
    let after = read_folder(&folders.adapter()).unwrap();
    assert!(before.keys().eq(after.keys()));
    for (name, tensor) in &before {
        let change: Vec<f32> = Vec::try_from((&after[name] - tensor).reshape([-1])).unwrap();
        let near = |expected: fn(usize) -> f32| {
            change.iter().enumerate().all(|(i, x)| (x - expected(i)).abs() < 1e-5)
        };
        match name.as_str() {
            "classifier.bias" => assert_eq!(after[name], ones(&[n])),
            name if name == format!("{QUERY}.weight") => {
                assert!(near(|i| 2.0 * (i % 8) as f32), "{change:?}")
            }
            _ => assert!(near(|_| 0.0), "{name}"),
        }
    }
    let files: Vec<PathBuf> = [
        folders.adapter().join("adapter_config.json"),
        folders.adapter().join("adapter_model.safetensors"),
        folders.adapter().join("../base/model.safetensors"),
    ]
    .into();
    assert_eq!(weight_files(&folders.adapter()).unwrap(), files);
    assert_eq!(load_finetuned(&folders.adapter()).unwrap().classifier.n_labels(), n);
    assert_eq!(load_folder(&folders.adapter()).unwrap().config.hidden_size, config().hidden_size);
}

#[test]
fn a_head_of_another_size_comes_from_the_adapter_to_an_encoder_without_one() {
    let folders = Folders::new();
    let path = folders.base().join("model.safetensors");
    let mut base = read_safetensors(&path).unwrap();
    base.retain(|name, _| !name.starts_with("classifier."));
    let base: Vec<(String, Tensor)> = base.into_iter().collect();
    Tensor::write_safetensors(&base, &path).unwrap();
    std::fs::write(folders.base().join("config.json"), serde_json::to_string(&config()).unwrap()).unwrap();
    folders.describe(r#", "modules_to_save": ["classifier", "score"]"#);
    folders.save(&[("classifier.modules_to_save.weight", ones(&[2, 8])), ("classifier.bias", ones(&[2]))]);
    let found = load_finetuned(&folders.adapter()).unwrap();
    assert_eq!(found.labels, ["LABEL_0", "LABEL_1"]);
    // The config beside the adapter comes first.
    let named = serde_json::to_string(&config().with_labels(["no", "yes"])).unwrap();
    std::fs::write(folders.adapter().join("config.json"), named).unwrap();
    assert_eq!(load_finetuned(&folders.adapter()).unwrap().labels, ["no", "yes"]);
}

#[test]
fn an_adapter_of_another_model_is_refused_with_both_shapes() {
    let folders = Folders::new();
    let (down, up) = (format!("{QUERY}.lora_A.weight"), format!("{QUERY}.lora_B.weight"));
    folders.save(&[(&down, ones(&[2, 16])), (&up, ones(&[16, 2]))]);
    let LmcError::Tensors { origin, misshapen, .. } = read_folder(&folders.adapter()).unwrap_err() else {
        panic!("the wrong error");
    };
    assert_eq!(origin, Some(folders.adapter()));
    let found: Vec<(&str, &[i64], &[i64])> =
        misshapen.iter().map(|t| (t.name.as_str(), t.got.as_slice(), t.expected.as_slice())).collect();
    assert_eq!(found, [(down.as_str(), &[2, 16][..], &[1, 8][..]), (&up, &[16, 2], &[8, 1])]);
    folders.save(&[("bert.embeddings.word_embeddings.weight", ones(&[21, 8]))]);
    assert!(folders.problem().contains("bert.embeddings.word_embeddings.weight"), "{}", folders.problem());
    let deep = QUERY.replace("layer.0", "layer.1.other");
    for (tensors, expected) in [
        (vec![(down.as_str(), ones(&[1, 8]))], format!("{QUERY}.lora_B.weight")),
        (vec![("bert.encoder.layer.0.extra.weight", ones(&[1, 8]))], "extra.weight".to_owned()),
        (
            vec![
                (&format!("{deep}.lora_A.weight"), ones(&[1, 8])),
                (&format!("{deep}.lora_B.weight"), ones(&[8, 1])),
            ],
            format!("{deep}.weight"),
        ),
    ] {
        folders.save(&tensors);
        let error = folders.problem();
        assert!(error.contains(&expected) && error.contains("`base_model_name_or_path`"), "{error}");
    }
}

#[test]
fn parts_that_are_not_read_are_named() {
    let folders = Folders::new();
    assert!(folders.problem().contains("an adapter without weights; looked for adapter_model.safetensors, "));
    for (name, expected) in [
        (format!("{QUERY}.lora_magnitude_vector.weight"), "is DoRA, which is not read"),
        ("bert.embeddings.word_embeddings.lora_embedding_A".to_owned(), "is LoRA of embeddings"),
        (format!("{QUERY}.lora_B.bias"), "is a part of LoRA that is not known"),
    ] {
        folders.save(&[(&name, ones(&[1]))]);
        let error = folders.problem();
        assert!(error.contains("adapter_model.safetensors: ") && error.contains(expected), "{error}");
    }
    let pair = |layer: &str| [format!("{layer}.lora_A.weight"), format!("{layer}.lora_B.weight")];
    let [down, up] = pair("bert.encoder.layer.9.output.dense");
    folders.save(&[(&down, ones(&[1, 8])), (&up, ones(&[8, 1]))]);
    assert!(folders.problem().contains("layer bert.encoder.layer.9.output.dense is adapted, which no"));
    let [down, up] = pair(QUERY);
    folders.save(&[(&down, ones(&[1, 8])), (&up, ones(&[8, 1]))]);
    folders.describe(r#", "modules_to_save": ["classifier"]"#);
    assert!(folders.problem().contains("`modules_to_save` names modules, and no weights of any are there"));
    folders.describe(r#", "peft_type": "IA3""#);
    assert!(folders.problem().contains("got IA3, expected LORA"));
    folders.describe(r#", "base_model_name_or_path": "../gone""#);
    assert!(folders.problem().contains("`base_model_name_or_path`: got ../gone: there is no such folder"));
}
