//! Folders of tiny classifiers, made from golden ones by changing what a case is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize_to_file};
use serde_json::{Map, Value, json};

use crate::case::Place;

/// The words of [`Model::bert`]'s vocabulary, after the special ones: frequent words of HANS.
pub const WORDS: [&str; 35] = [
    "the",
    ".",
    "doctors",
    "lawyers",
    "judges",
    "actors",
    "artists",
    "authors",
    "bankers",
    "managers",
    "presidents",
    "professors",
    "scientists",
    "secretaries",
    "senators",
    "students",
    "tourists",
    "by",
    "near",
    "that",
    "who",
    "helped",
    "saw",
    "thanked",
    "supported",
    "recommended",
    "admired",
    "advised",
    "avoided",
    "believed",
    "called",
    "contacted",
    "encouraged",
    "introduced",
    "mentioned",
];

/// The special words of a BERT, in the order of their ids.
pub const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// A classifier to be written as a Hugging Face folder.
#[derive(Clone)]
pub struct Model {
    /// The fields of config.json.
    pub config: Map<String, Value>,
    /// The tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
    /// Further files by name; `vocab.txt` is one of them.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The type, shape and bytes of a tensor.
#[derive(Clone)]
pub struct Tensor {
    /// The type of an entry.
    pub dtype: Dtype,
    /// The shape.
    pub shape: Vec<usize>,
    /// The entries, little-endian.
    pub bytes: Vec<u8>,
}

impl Tensor {
    /// Returns a tensor of float32.
    pub fn f32(shape: &[usize], values: impl IntoIterator<Item = f32>) -> Self {
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        assert_eq!(bytes.len(), 4 * shape.iter().product::<usize>());
        Self { dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }
}

impl Model {
    /// Returns a BERT with 40 words, 3 outputs (contradiction, entailment, neutral) and a `vocab.txt`.
    pub fn bert() -> Self {
        let words: Vec<&str> = SPECIAL.into_iter().chain(WORDS).collect();
        Self::golden("tiny-bert").vocabulary(&words)
    }

    /// Returns a RoBERTa without a tokenizer.
    pub fn roberta() -> Self {
        Self::golden("tiny-roberta")
    }

    fn golden(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name);
        let config = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
        let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
        let stored = SafeTensors::deserialize(&bytes).unwrap();
        let tensor = |view: TensorView| Tensor {
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            bytes: view.data().to_vec(),
        };
        let tensors = stored.tensors().into_iter().map(|(name, view)| (name, tensor(view))).collect();
        Self { config, tensors, files: BTreeMap::new() }
    }

    /// Sets keys of config.json; `null` removes one.
    pub fn config(mut self, changes: Value) -> Self {
        for (key, value) in changes.as_object().unwrap() {
            if value.is_null() {
                self.config.remove(key);
            } else {
                self.config.insert(key.clone(), value.clone());
            }
        }
        self
    }

    /// Sets the names of the outputs.
    pub fn outputs(self, names: &[&str]) -> Self {
        let id2label: Map<String, Value> =
            names.iter().enumerate().map(|(i, name)| (i.to_string(), json!(name))).collect();
        let label2id: Map<String, Value> =
            names.iter().enumerate().map(|(i, name)| ((*name).to_owned(), json!(i))).collect();
        self.config(json!({ "id2label": id2label, "label2id": label2id }))
    }

    /// Leaves the last of the three outputs out, with its name.
    pub fn two_outputs(mut self) -> Self {
        let names: Vec<String> =
            (0..2).map(|i| self.config["id2label"][i.to_string()].as_str().unwrap().to_owned()).collect();
        for name in ["classifier.weight", "classifier.bias"] {
            let tensor = self.tensors.get_mut(name).unwrap();
            tensor.bytes.truncate(tensor.bytes.len() / tensor.shape[0] * 2);
            tensor.shape[0] = 2;
        }
        self.outputs(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Sets a tensor.
    pub fn tensor(mut self, name: &str, tensor: Tensor) -> Self {
        self.tensors.insert(name.to_owned(), tensor);
        self
    }

    /// Renames tensors; `None` leaves one out.
    pub fn renamed(mut self, rename: impl Fn(&str) -> Option<String>) -> Self {
        self.tensors =
            self.tensors.into_iter().filter_map(|(name, tensor)| Some((rename(&name)?, tensor))).collect();
        self
    }

    /// Sets a file beside the weights.
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(name.to_owned(), content.into());
        self
    }

    /// Leaves a file out.
    pub fn without(mut self, name: &str) -> Self {
        self.files.remove(name).expect("the file is there to be left out");
        self
    }

    /// Sets `vocab.txt`, a word a line.
    pub fn vocabulary(self, words: &[&str]) -> Self {
        self.file("vocab.txt", words.iter().map(|word| format!("{word}\n")).collect::<String>())
    }

    /// Writes the folder and returns its path.
    pub fn save(&self, place: &Place, name: &str) -> PathBuf {
        let folder = place.path(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), serde_json::to_vec_pretty(&self.config).unwrap()).unwrap();
        let views = self.tensors.iter().map(|(name, tensor)| {
            (name, TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).unwrap())
        });
        serialize_to_file(
            views,
            Some([("format".to_owned(), "pt".to_owned())].into()),
            &folder.join("model.safetensors"),
        )
        .unwrap();
        for (name, content) in &self.files {
            std::fs::write(folder.join(name), content).unwrap();
        }
        folder
    }
}

impl Model {
    /// Sets the number of outputs of a BERT, which then have no names. Outputs after the third are all alike.
    pub fn n_outputs(mut self, n: usize) -> Self {
        let values = |name: &str| -> Vec<f32> {
            let bytes = self.tensors[name].bytes.chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let (mut weight, mut bias) = (values("classifier.weight"), values("classifier.bias"));
        weight.resize(weight.len().max(16 * n), 0.0625);
        bias.resize(bias.len().max(n), 0.0);
        self = self.tensor("classifier.weight", Tensor::f32(&[n, 16], weight.into_iter().take(16 * n)));
        self = self.tensor("classifier.bias", Tensor::f32(&[n], bias.into_iter().take(n)));
        self.config(json!({ "id2label": null, "label2id": null, "problem_type": null }))
    }

    /// Sets the order of the outputs.
    pub fn turned(mut self, order: [usize; 3]) -> Self {
        for (name, width) in [("classifier.weight", 16), ("classifier.bias", 1)] {
            let old = self.tensors[name].clone();
            let row = |i: usize| old.bytes[4 * width * i..4 * width * (i + 1)].to_vec();
            let bytes = order.map(row).concat();
            self = self.tensor(name, Tensor { bytes, ..old });
        }
        self
    }

    /// Sets the last bias of the head to NaN, so that every loss is NaN.
    pub fn broken(self) -> Self {
        self.tensor("classifier.bias", Tensor::f32(&[3], [0.0, 0.0, f32::NAN]))
    }
}
