//! Configs and weights of models as users have them: some transformers reads, and some it would read as
//! another model.

mod labels;
mod names;
mod tables;
mod values;
mod weights;

use serde_json::json;

use crate::case::{Case, Place};
use crate::model::{Model, SPECIAL, Tensor, WORDS};

/// The number of sentences of CoLA's in-domain development set.
const N: usize = 400;

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "tables", what: "a vocabulary larger than the embeddings", test: tables::big_vocabulary },
    Case {
        row: "tables",
        what: "tokens that were added without resizing",
        test: tables::added_without_resizing,
    },
    Case { row: "tables", what: "an encoder smaller than its tokenizer", test: tables::small_encoder },
    Case {
        row: "tables",
        what: "a RoBERTa whose tokenizer file has segments",
        test: tables::roberta_segments,
    },
    Case { row: "tables", what: "a BERT with one segment", test: tables::one_segment },
    Case { row: "tables", what: "too few positions for the special tokens", test: tables::few_positions },
    Case {
        row: "activations",
        what: "those of transformers run, an unknown one is refused",
        test: values::activations,
    },
    Case {
        row: "labels of a config",
        what: "stale, short, numbers, a list, none",
        test: labels::labels_of_configs,
    },
    Case {
        row: "labels of a config",
        what: "of an encoder they do not matter",
        test: labels::labels_of_encoders,
    },
    Case {
        row: "outputs",
        what: "regression, several labels at once, one output",
        test: labels::other_problems,
    },
    Case { row: "pooler", what: "an encoder without one", test: names::encoders_without_pooler },
    Case { row: "pooler", what: "a classifier without one", test: names::classifier_without_pooler },
    Case { row: "names", what: "wrappers in front of names", test: names::wrappers },
    Case { row: "names", what: "tensors that the model has no place for", test: names::others },
    Case { row: "names", what: "another model's tensors", test: names::another_model },
    Case { row: "padding", what: "the id for padding is a word's, or no token's", test: tables::odd_padding },
    Case { row: "config", what: "NaN and Infinity as Python writes them", test: values::numbers_of_python },
    Case { row: "config", what: "values that no model has", test: values::impossible_values },
    Case { row: "config", what: "models of another kind", test: values::other_kinds },
    Case { row: "config", what: "defaults are missing", test: values::defaults },
    Case {
        row: "weights",
        what: "float16, bfloat16, float64, and what a Trainer leaves",
        test: weights::types_of_numbers,
    },
    Case { row: "weights", what: "damaged, empty or not there", test: weights::damaged },
    Case { row: "weights", what: "a LoRA adapter beside its base model", test: weights::adapters },
];

/// Writes CoLA's in-domain development set, of invented sentences, in `data`.
fn sentences(place: &Place) {
    let sentence = |i: usize| {
        let word = |k: usize| WORDS[2 + (i * (k + 3) + k) % 33];
        format!("x{i}\t{}\t{}\tThe {} {} the {} .\n", i % 2, ["*", ""][i % 2], word(0), word(1), word(2))
    };
    place.write("data/in_domain_dev.tsv", (0..N).map(sentence).collect::<String>());
}

/// Returns a sound classifier of acceptability.
fn bert() -> Model {
    two_outputs(Model::bert(), "classifier")
}

/// Returns a sound RoBERTa classifier of acceptability, whose tokens are letters.
fn roberta() -> Model {
    let letters = (b'a'..=b'z').map(|letter| char::from(letter).to_string());
    let special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"].map(str::to_owned);
    let tokens = special
        .into_iter()
        .chain(letters)
        .chain(["Ġ", ".", "T", "'", "Ġt", "Ġth", "he", "th", "s."].map(str::to_owned));
    let vocabulary: serde_json::Map<_, _> = tokens.zip(0..).map(|(token, id)| (token, json!(id))).collect();
    assert_eq!(vocabulary.len(), 40);
    two_outputs(Model::roberta(), "classifier.out_proj")
        .file("vocab.json", json!(vocabulary).to_string())
        .file("merges.txt", "#version: 0.2\nĠ t\nĠt h\n")
}

fn two_outputs(model: Model, head: &str) -> Model {
    let cut = |model: &Model, name: &str, shape: &[usize]| Tensor {
        shape: shape.to_vec(),
        bytes: model.tensors[name].bytes[..4 * shape.iter().product::<usize>()].to_vec(),
        ..model.tensors[name].clone()
    };
    let (weight, bias) = (format!("{head}.weight"), format!("{head}.bias"));
    let (rows, entries) = (cut(&model, &weight, &[2, 16]), cut(&model, &bias, &[2]));
    model.tensor(&weight, rows).tensor(&bias, entries).outputs(&["unacceptable", "acceptable"])
}

const EVALUATE: &str = "--corpus cola --split id --data data";

/// Returns the line of a model in a table, without its name.
#[track_caller]
fn row(printed: &str, name: &str) -> String {
    let line = printed.lines().find(|line| line.split_whitespace().any(|word| word == name));
    let line = line.unwrap_or_else(|| panic!("no line of {name} in\n{printed}"));
    line.split_once(name).unwrap().1.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Evaluates models and asserts that each gives the same as the first.
#[track_caller]
fn same(place: &Place, names: &[&str]) {
    let printed = place.lmc(&format!("evaluate {} {EVALUATE}", names.join(" "))).handled();
    let first = row(&printed, names[0]);
    assert!(first.chars().any(|c| c.is_ascii_digit()), "{printed}");
    for name in &names[1..] {
        assert_eq!(row(&printed, name), first, "{name}\n{printed}");
    }
}

/// Evaluates two models and asserts that they differ.
#[track_caller]
fn different(place: &Place, a: &str, b: &str) {
    let printed = place.lmc(&format!("evaluate {a} {b} {EVALUATE}")).handled();
    assert_ne!(row(&printed, a), row(&printed, b), "{printed}");
}

/// Asserts that a model is refused and that nothing is computed.
#[track_caller]
fn refused(place: &Place, name: &str, parts: &[&str]) {
    let before = place.n_stored();
    let parts: Vec<&str> = [name].into_iter().chain(parts.iter().copied()).collect();
    place.lmc(&format!("evaluate {name} {EVALUATE}")).refused(&parts);
    assert_eq!(place.n_stored(), before);
}

/// Returns the embedded BERT, as a folder.
fn mini() -> Model {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mini-bert");
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let stored = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |view: safetensors::tensor::TensorView| Tensor {
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    Model {
        config: serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap(),
        tensors: stored.tensors().into_iter().map(|(name, view)| (name, tensor(view))).collect(),
        files: Default::default(),
    }
}

const FINETUNE: &str = "--n-train 64 --length 1it --seeds 1,2";
