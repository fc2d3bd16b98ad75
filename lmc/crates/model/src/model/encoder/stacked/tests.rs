use tch::{Device, Kind, Tensor};

use crate::encode::padded_batch;
use crate::model::fixture::{config, examples, others, roberta, stack};
use crate::model::{Classifier, Dropout, ModelConfig, Tokens};
use crate::weights::Parameters;

const SEEDS: [u64; 3] = [1, 2, 3];

fn lists() -> [Vec<usize>; 3] {
    [(0..20).collect(), (10..30).collect(), (5..25).rev().collect()]
}

fn architectures() -> Vec<Classifier> {
    let roberta = ModelConfig { type_vocab_size: 2, ..roberta() };
    let configs = [config(), roberta, ModelConfig { num_hidden_layers: 0, ..config() }];
    configs.into_iter().chain(others()).map(|config| Classifier::new(&config, 2)).collect()
}

/// Logits and gradient of the sum of all logits' squares, by the stacked pass.
fn stacked(classifier: &Classifier, theta: &Tensor, models: &[usize], drop: f64) -> (Tensor, Tensor) {
    let (examples, lists) = (examples(30, 1), lists());
    let table = classifier.token_table(&examples, Device::Cpu).unwrap();
    let lists: Vec<&[usize]> = models.iter().map(|&model| lists[model].as_slice()).collect();
    let (tokens, labels) = table.batch(&lists, 3);
    assert_eq!(labels.size(), [models.len() as i64, 20]);
    let seeds: Vec<u64> = models.iter().map(|&model| SEEDS[model]).collect();
    let counted =
        classifier.counted_dropout(drop, &seeds, table.longest(), Kind::Float, Device::Cpu).unwrap();
    let dropout = counted.map_or(Dropout::NONE, |counted| {
        classifier.stacked_dropout(&tokens, &counted.at(4, 0..models.len())).unwrap()
    });
    let leaves = Parameters::leaves(theta, classifier.layout()).unwrap();
    let logits = classifier.stacked_logits(&leaves, &tokens, &dropout).unwrap();
    assert_eq!(dropout.n_left(), 0);
    let gradient = leaves.gradient(&logits.square().sum(Kind::Float)).unwrap();
    (logits.detach(), gradient)
}

fn worst(a: &Tensor, b: &Tensor) -> f64 {
    ((a - b).abs() / (b.abs() + 1.0)).max().double_value(&[])
}

#[test]
fn every_model_reads_its_own_texts() {
    for classifier in architectures() {
        let theta = stack(&classifier, &SEEDS);
        let (logits, gradient) = stacked(&classifier, &theta, &[0, 1, 2], 0.0);
        for (model, list) in lists().iter().enumerate() {
            let mut list = list.clone();
            let examples = examples(30, 1);
            list.sort_by_key(|&i| examples[i].ids.len());
            let batch = padded_batch(&examples, &list, 0).unwrap();
            let tokens = Tokens {
                ids: batch.ids.unsqueeze(0),
                segments: batch.segments.unsqueeze(0),
                mask: batch.mask.map(|mask| mask.unsqueeze(0)),
            };
            let theta = theta.narrow(0, model as i64, 1);
            let leaves = Parameters::leaves(&theta, classifier.layout()).unwrap();
            let expected = classifier.logits(&leaves, &tokens, &Dropout::NONE).unwrap();
            assert!(worst(&logits.get(model as i64), &expected.squeeze_dim(0)) < 1e-5);
            let expected = leaves.gradient(&expected.square().sum(Kind::Float)).unwrap();
            assert!(worst(&gradient.get(model as i64), &expected.squeeze_dim(0)) < 1e-4);
        }
    }
}

#[test]
fn with_dropout_too_a_model_is_the_same_in_any_company() {
    for classifier in architectures() {
        let theta = stack(&classifier, &SEEDS);
        let (logits, gradient) = stacked(&classifier, &theta, &[0, 1, 2], 0.2);
        for model in [0, 2] {
            let (alone, its) = stacked(&classifier, &theta.narrow(0, model, 1), &[model as usize], 0.2);
            assert!(worst(&logits.get(model), &alone.get(0)) < 1e-5);
            assert!(worst(&gradient.get(model), &its.get(0)) < 1e-4);
        }
        let (without, _) = stacked(&classifier, &theta, &[0, 1, 2], 0.0);
        assert!(worst(&logits, &without) > 1e-2);
    }
}

#[test]
fn half_precision_is_float32_up_to_rounding() {
    let [_, _, _, _, deberta, _, modernbert, with_mean] = others();
    // Nothing brings the sums of ModernBERT's layers back to one size before the end.
    for (config, factor) in [(config(), 1.0), (deberta, 1.0), (modernbert, 2.0), (with_mean, 2.0)] {
        let classifier = Classifier::new(&config, 2);
        let theta = stack(&classifier, &SEEDS);
        let (expected, _) = stacked(&classifier, &theta, &[0, 1, 2], 0.0);
        for (kind, tolerance) in [(Kind::Half, 5e-3), (Kind::BFloat16, 4e-2)] {
            let (logits, _) = stacked(&classifier, &theta.to_kind(kind), &[0, 1, 2], 0.0);
            assert_eq!(logits.kind(), kind);
            let off = worst(&logits.to_kind(Kind::Float), &expected);
            assert!(off < factor * tolerance && off > 0.0, "{}, {kind:?}: {off}", config.model_type);
        }
    }
}
