//! REPAIR.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::model::{Tokens, linear};
use crate::weights::{BlockId, LinearLayer, Watch};

/// The outputs of every linear layer, by its weights, `[rows, out]` f64.
#[derive(Debug, Default)]
struct Outputs(Mutex<BTreeMap<BlockId, Vec<Tensor>>>);

impl Watch for Outputs {
    fn look(&self, p: &Parameters, layer: LinearLayer, x: &Tensor) {
        let y = linear(x, p.get(layer.weight), layer.bias.map(|bias| p.get(bias)));
        let y = y.squeeze_dim(0).to_kind(Kind::Double);
        self.0.lock().unwrap().entry(layer.weight).or_default().push(y);
    }
}

/// The mean and the standard deviation of each unit of every layer, `[2, out]`.
fn moments(classifier: &Classifier, weights: &Weights, texts: &[Encoded]) -> BTreeMap<BlockId, Tensor> {
    let seen = Arc::new(Outputs::default());
    let p = Parameters::views(&weights.theta().unsqueeze(0), classifier.layout()).unwrap();
    let p = p.watched_by(seen.clone());
    for tokens in Tokens::of_one_length(texts, 7, 1, weights.theta().device()).unwrap() {
        let _ = classifier.logits(&p, &tokens, &Dropout::NONE).unwrap();
    }
    let all = std::mem::take(&mut *seen.0.lock().unwrap());
    let of = |rows: Vec<Tensor>| {
        let rows = Tensor::cat(&rows, 0);
        let dims = [0i64];
        let mean = rows.mean_dim(dims.as_slice(), false, Kind::Double);
        Tensor::stack(&[mean, rows.std_dim(dims.as_slice(), false, false)], 0)
    };
    all.into_iter().map(|(block, rows)| (block, of(rows))).collect()
}

#[test]
fn repaired_activations_have_the_moments_between_those_of_the_ends() {
    for config in architectures() {
        let (classifier, a) = model(&config, 1);
        let (b, texts) = (model(&config, 2).1, texts(&config, 30));
        if config.model_type == "albert" {
            let error = repair(&classifier, &a, &b, 0.5, &texts).unwrap_err().to_string();
            assert!(error.contains("`align.repair`: got albert, whose 3 depths share 2 layers"), "{error}");
            continue;
        }
        for alpha in [0.5, 0.2] {
            let middle = repair(&classifier, &a, &b, alpha, &texts).unwrap();
            let plain = Weights::lerp(&a, &b, alpha).unwrap();
            let of = |weights: &Weights| moments(&classifier, weights, &texts);
            let (of_a, of_b, repaired, before) = (of(&a), of(&b), of(&middle), of(&plain));
            let mut worst = [0.0_f64; 2];
            for (block, repaired) in &repaired {
                let name = &classifier.layout().names_in(*block)[0];
                if name.contains(config.family().head.out) || name.contains(".pos_") {
                    continue;
                }
                let wanted = &of_a[block] * alpha + &of_b[block] * (1.0 - alpha);
                let has_bias = classifier.layout().place_of(&name.replace("weight", "bias")).is_some();
                // Means are not moved without a bias.
                let from = i64::from(!has_bias);
                let off = |got: &Tensor| {
                    let off = (got - &wanted).abs() / wanted.get(1).mean(Kind::Double);
                    off.narrow(0, from, 2 - from).max().double_value(&[])
                };
                assert!(off(repaired) < 1e-4, "{} {name}: {}", config.model_type, off(repaired));
                worst = [worst[0].max(off(repaired)), worst[1].max(off(&before[block]))];
            }
            assert!(worst[1] > 0.1, "{}: nothing to repair, {worst:?}", config.model_type);
        }
        // A point between a model and itself is that model.
        let same = repair(&classifier, &a, &a, 0.5, &texts).unwrap();
        assert!(Weights::distance(&same, &a).unwrap() < 1e-4 * a.theta().norm().double_value(&[]));
    }
}

#[test]
fn a_constant_unit_keeps_its_scale() {
    let config = config();
    let (classifier, a) = model(&config, 1);
    let mut named: BTreeMap<String, Tensor> = a.named().into_iter().collect();
    let name = "bert.encoder.layer.0.intermediate.dense.weight";
    named.insert(name.into(), named[name].zeros_like());
    let dead = Weights::from_named(a.layout().clone(), named).unwrap();
    let middle = repair(&classifier, &dead, &dead, 0.5, &texts(&config, 10)).unwrap();
    assert!(middle.theta().isfinite().all().int64_value(&[]) == 1);
    assert!((middle.theta() - dead.theta()).abs().max().double_value(&[]) < 1e-4);
}

#[test]
fn bad_input_is_a_typed_error() {
    let (classifier, a) = model(&config(), 1);
    let other = model(&roberta(), 1).1;
    let message =
        |b: &Weights, texts: &[Encoded]| repair(&classifier, &a, b, 0.5, texts).unwrap_err().to_string();
    assert!(message(&a, &[]).starts_with("`align.n_texts`: got 0, expected at least one text"));
    assert!(message(&other, &texts(&config(), 2)).contains("two models of one architecture"));
    assert!(check_repair(&config()).is_ok());
}
