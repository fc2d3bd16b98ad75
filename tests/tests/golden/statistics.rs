//! Statistics of models from texts, and merges by them, against PyTorch and the formulas of the papers:
//! generate_statistics.py took gradients and inputs of two tiny classifiers.

use std::path::Path;

use lmc::Options;
use lmc::analyses::merging::{Fisher, MergeMethod, MergeOptions, RegMean, Statistic, merge};
use lmc::model::{Weights, read_safetensors};
use lmc::tch::{Kind, Tensor};
use serde_json::Value;

use crate::merging::{Tensors, under};
use crate::tiny::{classifier, texts};

/// Sums of the reference are in float64.
const TOLERANCE: f64 = 1e-5;

/// Returns the largest difference of tensors, as a share of the largest element of each.
fn difference(got: &Tensors, expected: &Tensors) -> f64 {
    assert!(got.keys().eq(expected.keys()), "{:?} and {:?}", got.keys(), expected.keys());
    let largest = |tensor: &Tensor| tensor.abs().max().to_kind(Kind::Double).double_value(&[]);
    let pairs = got.iter().zip(expected.values());
    let of = |((_, a), b): ((&String, &Tensor), &Tensor)| largest(&(a - b)) / largest(b).max(1e-9);
    pairs.map(of).fold(0.0, f64::max)
}

#[test]
fn statistics_and_their_merges_equal_those_of_pytorch() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let all = read_safetensors(&folder.join("statistics.safetensors")).unwrap();
    let facts: Value =
        serde_json::from_slice(&std::fs::read(folder.join("statistics.json")).unwrap()).unwrap();
    let texts = texts(&facts);
    assert_eq!(texts.len(), 8);
    let classifier = classifier();
    let model = |k| Weights::from_named(classifier.layout().clone(), under(&all, &format!("model-{k}/")));
    let models = [model(0).unwrap(), model(1).unwrap()];
    let weights: Vec<f64> =
        facts["weights"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect();
    let number = |key: &str| facts[key].as_f64().unwrap();
    let methods = [
        MergeMethod::Fisher(Fisher { n_texts: texts.len(), floor: number("floor") }),
        MergeMethod::RegMean(RegMean { n_texts: texts.len(), scale: number("scale") }),
    ];
    for method in methods {
        let (statistic, n_texts) = method.statistic().unwrap();
        assert_eq!(n_texts, 8);
        let gathered: Vec<Tensors> = models
            .iter()
            .map(|model| statistic.gather(&classifier, model.theta(), &texts, |_| ()).unwrap())
            .collect();
        for (k, gathered) in gathered.iter().enumerate() {
            let expected = under(&all, &format!("{}-{k}/", statistic.name()));
            let found = difference(gathered, &expected);
            assert!(found < TOLERANCE, "{} of model {k}: {found}", statistic.name());
        }
        let options = MergeOptions { weights: Some(weights.clone()), ..MergeOptions::new(method) };
        let merged = merge(&options.check().unwrap(), &models, None, &gathered).unwrap();
        let expected = under(&all, &format!("merged-{method}/"));
        let found = difference(&merged.named().into_iter().collect(), &expected);
        // A linear system has a condition of its own.
        let most = if statistic == Statistic::Gram { 2e-4 } else { TOLERANCE };
        assert!(found < most, "{method}: {found}");
        println!("{method}: off by {found:.1e}");
        let mean =
            MergeOptions { weights: options.weights.clone(), ..MergeOptions::new(MergeMethod::linear()) };
        let mean = merge(&mean.check().unwrap(), &models, None, &[]).unwrap();
        assert!(Weights::distance(&mean, &merged).unwrap() > 0.1, "{method} is not the mean");
    }
}
