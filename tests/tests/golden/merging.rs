//! Merged models against mergekit: generate_merging.py ran it on four tiny classifiers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lmc::Options;
use lmc::analyses::merging::{
    Draw, MergeConfig, MergeMethod, MergeOptions, ModelStock, TaskVectors, merge_drawn,
};
use lmc::model::{Layout, Weights, read_safetensors};
use lmc::tch::{Kind, Tensor};
use serde_json::Value;

pub type Tensors = BTreeMap<String, Tensor>;

/// mergekit computes in float32, averages here are taken in float64.
const TOLERANCE: f64 = 2e-6;

/// Returns the tensors whose names begin with a prefix, without it; those with a further one are left out.
pub fn under(all: &Tensors, prefix: &str) -> Tensors {
    all.iter()
        .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor.shallow_clone())))
        .filter(|(name, _)| !name.contains('/'))
        .collect()
}

/// The masks that mergekit drew.
struct Drawn<'a> {
    all: &'a Tensors,
    case: &'a str,
}

impl Draw for Drawn<'_> {
    fn mask(&self, model: usize, name: &str, kept: &Tensor) -> Tensor {
        self.all[&format!("{}/mask-{model}/{name}", self.case)].to_kind(kept.kind())
    }
}

fn options(case: &Value) -> MergeOptions {
    let number = |key: &str| case[key].as_f64();
    let name = case["method"].as_str().unwrap();
    let (density, gamma) = (number("density").unwrap_or(1.0), number("gamma").unwrap_or(0.01));
    let epsilon = number("epsilon").unwrap_or(0.15);
    let method = match name {
        "linear" => MergeMethod::Linear { normalize: case["normalize"].as_bool().unwrap_or(true) },
        "slerp" => MergeMethod::Slerp { t: number("t").unwrap() },
        "task_arithmetic" => MergeMethod::task_arithmetic(),
        "ties" => MergeMethod::ties(density),
        "dare_linear" => MergeMethod::dare(density, false),
        "dare_ties" => MergeMethod::dare(density, true),
        "breadcrumbs" => MergeMethod::breadcrumbs(density, gamma, false),
        "breadcrumbs_ties" => MergeMethod::breadcrumbs(density, gamma, true),
        "della" => MergeMethod::della(density, epsilon, true),
        "della_linear" => MergeMethod::della(density, epsilon, false),
        "model_stock" => {
            let filter_wise = case["filter_wise"].as_bool().unwrap_or(false);
            MergeMethod::ModelStock(ModelStock { filter_wise })
        }
        other => panic!("{other} has no counterpart"),
    };
    let method = match method {
        MergeMethod::TaskVectors(vectors) => MergeMethod::TaskVectors(TaskVectors {
            lambda: number("lambda").unwrap_or(1.0),
            normalize: case["normalize"].as_bool().unwrap_or(vectors.normalize),
            rescale: case["rescale"].as_bool().unwrap_or(vectors.rescale),
            ..vectors
        }),
        other => other,
    };
    let weights = case["weight"].as_array().map(|all| all.iter().map(|w| w.as_f64().unwrap()).collect());
    MergeOptions { method, weights, seed: 0 }
}

#[test]
fn merges_equal_those_of_mergekit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let all = read_safetensors(&folder.join("merging.safetensors")).unwrap();
    let cases: Vec<Value> =
        serde_json::from_slice(&std::fs::read(folder.join("merging.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 19);
    let tensors = under(&all, "base/");
    let mut layout = Layout::default();
    tensors.iter().for_each(|(name, tensor)| {
        layout.push(name.as_str(), &tensor.size());
    });
    let layout = Arc::new(layout);
    for case in &cases {
        let name = case["case"].as_str().unwrap();
        let models: Vec<Weights> = (0..case["n_models"].as_u64().unwrap())
            .map(|k| Weights::from_named(layout.clone(), under(&all, &format!("model-{k}/"))).unwrap())
            .collect();
        let expected = Weights::from_named(layout.clone(), under(&all, &format!("{name}/"))).unwrap();
        let config = MergeConfig::parse(case["config"].as_str().unwrap(), Path::new(name)).unwrap();
        assert_eq!(config.options, options(case), "{name}");
        let names: Vec<String> = (0..models.len()).map(|k| format!("model-{k}")).collect();
        assert_eq!(config.models, names, "{name}");
        let base = config.options.method.needs_base().then(|| "base".to_owned());
        assert_eq!((config.base, config.ignored), (base, vec!["dtype".to_owned()]), "{name}");
        let options = config.options.check().unwrap();
        let merged =
            merge_drawn(&options, &models, Some(&tensors), &[], &Drawn { all: &all, case: name }).unwrap();
        let difference =
            (merged.theta() - expected.theta()).abs().max().to_kind(Kind::Double).double_value(&[]);
        assert!(difference < TOLERANCE, "{name}: {difference}");
        // The case says something: no model is the result, but for the end of a path.
        if name != "slerp-end" {
            for model in &models {
                assert!(Weights::distance(model, &merged).unwrap() > 0.1, "{name}");
            }
        }
    }
}
