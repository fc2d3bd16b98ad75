//! Compares tiny random classifiers of every family with transformers: logits and gradients on every way that
//! computes them, and folders that go there and back.

use std::path::{Path, PathBuf};

use lmc::compute::{Attention, Precision};
use lmc::encode::{Encoded, PackedTokens, Placement, padded_batch};
use lmc::model::{Dropout, Finetuned, Tokens, load_finetuned, read_safetensors, save_folder};
use lmc::tch::{Device, Kind, Tensor};
use lmc::weights::{Parameters, Weights};
use lmc_tests::reference::{golden, reference_script};
use serde_json::{Value, json};

const TOLERANCE: f64 = 1e-5;

struct Case {
    name: String,
    folder: PathBuf,
    model: Finetuned,
    examples: Vec<Encoded>,
    values: Value,
}

/// Returns the cases that a JSON file lists, whose folders lie in `root`.
fn cases(listed: &Path, root: &Path) -> Vec<Case> {
    let all: Value = serde_json::from_str(&std::fs::read_to_string(listed).unwrap()).unwrap();
    let integers = |value: &Value| value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect();
    let case = |values: &Value| {
        let name = values["name"].as_str().unwrap().to_owned();
        let folder = root.join(&name);
        let model = load_finetuned(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        let examples = values["examples"].as_array().unwrap().iter().map(|e| Encoded {
            ids: integers(&e["ids"]),
            segments: integers(&e["segments"]),
            label: e["label"].as_i64().unwrap(),
        });
        Case { examples: examples.collect(), values: values.clone(), name, folder, model }
    };
    all.as_array().unwrap().iter().map(case).collect()
}

fn committed() -> Vec<Case> {
    cases(&golden("encoders.json"), &golden("encoders"))
}

impl Case {
    fn leaves(&self, stack: i64) -> Parameters {
        let theta = self.model.weights.theta().unsqueeze(0).repeat([stack, 1]);
        Parameters::leaves(&theta, self.model.classifier.layout()).unwrap()
    }

    /// Returns the examples as one padded batch.
    fn padded(&self) -> Tokens {
        let all: Vec<usize> = (0..self.examples.len()).collect();
        let pad = self.model.classifier.config().pad_id();
        let batch = padded_batch(&self.examples, &all, pad).unwrap();
        let mask = batch.mask.map(|mask| mask.unsqueeze(0));
        Tokens { ids: batch.ids.unsqueeze(0), segments: batch.segments.unsqueeze(0), mask }
    }

    /// Asserts that logits, `[stack, batch, 3]`, and the gradient of their mean cross-entropy are those of
    /// transformers for each model of the stack.
    fn assert_like_transformers(&self, leaves: &Parameters, logits: &Tensor, way: &str) {
        let what = format!("{}, {way}", self.name);
        let labels: Vec<i64> = self.examples.iter().map(|example| example.label).collect();
        let stack = leaves.stack();
        for model in 0..stack {
            assert_close(&logits.get(model), &self.values["padded_logits"], &what);
        }
        let flat = logits.reshape([-1, 3]);
        let labels = Tensor::from_slice(&labels).repeat([stack]);
        let loss = flat.cross_entropy_for_logits(&labels) * stack as f64;
        let gradient = leaves.gradient(&loss).unwrap();
        let expected = read_safetensors(&self.folder.join("gradients.safetensors")).unwrap();
        for model in 0..stack {
            let layout = self.model.classifier.layout().clone();
            let gradient = Weights::new(layout, gradient.get(model)).unwrap();
            assert_eq!(gradient.named().len(), expected.len(), "{what}");
            for (name, got) in gradient.named() {
                let expected = &expected[&name];
                let off = ((&got - expected).abs() / (expected.abs() + 1.0)).max().double_value(&[]);
                assert!(off < TOLERANCE, "{what}: the gradient of {name} is off by {off}");
            }
        }
    }

    fn check(&self) {
        let classifier = &self.model.classifier;
        let config = classifier.config();
        assert_eq!(config.max_len() as u64, self.values["max_len"].as_u64().unwrap(), "{}", self.name);
        for stack in [1, 2] {
            let expand = |tensor: &Tensor| tensor.expand([stack, -1, -1], false);
            let tokens = self.padded();
            let (ids, segments) = (expand(&tokens.ids), expand(&tokens.segments));
            let tokens = Tokens { ids, segments, mask: tokens.mask.as_ref().map(expand) };
            let leaves = self.leaves(stack);
            let logits = classifier.logits(&leaves, &tokens, &Dropout::NONE).unwrap();
            self.assert_like_transformers(&leaves, &logits, "padded");
            for attention in
                [Attention::Equal, Attention::Padded { groups: 1 }, Attention::Padded { groups: 3 }]
            {
                let placement = Placement::new(Device::Cpu, Precision::Float32, attention);
                let tokens = PackedTokens::new(&self.examples).to_device(placement);
                let leaves = self.leaves(stack);
                let logits = classifier.packed_logits(&leaves, &tokens, &Dropout::NONE).unwrap();
                self.assert_like_transformers(&leaves, &logits, &format!("{attention}"));
                let views = Parameters::views(&self.model.weights.theta().unsqueeze(0), classifier.layout());
                let logits = classifier.packed_logits(&views.unwrap(), &tokens, &Dropout::NONE).unwrap();
                assert_close(&logits, &self.values["logits"], &format!("{}, {attention} alone", self.name));
            }
            self.check_stacked(stack);
        }
    }

    /// Checks the pass in which each model of a stack has texts of its own; it sorts them by length.
    fn check_stacked(&self, stack: i64) {
        let classifier = &self.model.classifier;
        let table = classifier.token_table(&self.examples, Device::Cpu).unwrap();
        let mut sorted: Vec<usize> = (0..self.examples.len()).collect();
        let lists: Vec<&[usize]> = (0..stack).map(|_| sorted.as_slice()).collect();
        let (tokens, _) = table.batch(&lists, 2);
        let leaves = self.leaves(stack);
        let logits = classifier.stacked_logits(&leaves, &tokens, &Dropout::NONE).unwrap();
        sorted.sort_by_key(|&i| self.examples[i].ids.len());
        let mut back = vec![0; sorted.len()];
        sorted.iter().zip(0..).for_each(|(&i, place)| back[i] = place);
        let logits = logits.index_select(1, &Tensor::from_slice(&back));
        self.assert_like_transformers(&leaves, &logits, "stacked");
    }
}

fn assert_close(got: &Tensor, expected: &Value, what: &str) {
    let got = Vec::<f32>::try_from(got.reshape([-1])).unwrap();
    let rows = expected.as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    let expected: Vec<f64> = rows.map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (g, e) in got.iter().zip(&expected) {
        assert!((f64::from(*g) - e).abs() < TOLERANCE, "{what}: got {got:?}, expected {expected:?}");
    }
}

#[test]
fn committed_models_on_every_way() {
    let cases = committed();
    assert_eq!(cases.len(), 18);
    cases.iter().for_each(Case::check);
}

#[test]
fn saved_folders_come_back_with_the_same_bits() {
    for Case { name, model, .. } in committed() {
        let folder = tempfile::tempdir().unwrap();
        save_folder(folder.path(), model.classifier.config(), &model.weights).unwrap();
        let again = load_finetuned(folder.path()).unwrap();
        assert_eq!(again.weights.theta(), model.weights.theta(), "{name}");
        let labelled = model.classifier.config().clone().with_labels(model.labels);
        assert_eq!(again.classifier.config(), &labelled, "{name}");
    }
}

/// Draws other configurations with transformers, which also reads what `lmc` saves of them.
#[test]
fn random_configurations_go_to_transformers_and_back() {
    let Some(mut script) = reference_script("generate_encoders.py") else { return };
    let root = tempfile::tempdir().unwrap();
    let seed = std::env::var("LMC_SEED").unwrap_or_else(|_| "1".to_owned());
    let status = script.arg(root.path()).args([&seed, "2"]).status().unwrap();
    assert!(status.success(), "seed {seed}");
    let cases = cases(&root.path().join("encoders.json"), root.path());
    assert_eq!(cases.len(), 16);
    for case in &cases {
        case.check();
        there_and_back(case, &root.path().join(format!("{}-saved", case.name)));
    }
}

fn there_and_back(case: &Case, at: &Path) {
    let Some(mut script) = reference_script("check_saved_folder.py") else { return };
    let Finetuned { classifier, weights, labels } = &case.model;
    std::fs::create_dir(at).unwrap();
    let path = |name: &str| at.join(name);
    save_folder(&path("saved"), classifier.config(), weights).unwrap();
    let tokens = case.padded();
    let integers =
        |tensor: &Tensor| Vec::<Vec<i64>>::try_from(tensor.squeeze_dim(0).to_kind(Kind::Int64)).unwrap();
    let expected = json!({
        "ids": integers(&tokens.ids), "segments": integers(&tokens.segments),
        "mask": integers(tokens.mask.as_ref().unwrap()),
        "logits": case.values["padded_logits"], "labels": labels,
    });
    std::fs::write(path("expected.json"), expected.to_string()).unwrap();
    let status = script.args([path("saved"), path("expected.json"), path("again")]).status().unwrap();
    assert!(status.success(), "{}", case.name);
    assert_eq!(load_finetuned(&path("again")).unwrap().weights.theta(), weights.theta(), "{}", case.name);
}
