mod activations;
mod repair;
mod stream;

use tch::{Kind, Tensor};

use super::*;
use crate::encode::{Encoded, packed_batches};
use crate::model::fixture::{config, examples, others, roberta, weights};
use crate::model::{Classifier, Dropout, ModelConfig, is_norm, normal_tensor};
use crate::weights::{Parameters, Weights};
use lmc_base::error::LmcError;

/// All families, and the architecture of the embedded task.
fn architectures() -> Vec<ModelConfig> {
    [config(), roberta(), ModelConfig::mini(20)].into_iter().chain(others()).collect()
}

/// Weights of a size at which activations stay of order one in every width.
fn model(config: &ModelConfig, seed: u64) -> (Classifier, Weights) {
    let classifier = Classifier::new(config, 3);
    let layout = classifier.layout().clone();
    let noise = normal_tensor(&mut lmc_base::seed::rng(seed, "align"), &[layout.n_parameters()], 0.1);
    let weights = Weights::new(layout.clone(), noise + layout.mask(|n| is_norm(n) && n.ends_with(".weight")));
    (classifier, weights.unwrap())
}

/// A random permutation of every symmetry.
fn planted(config: &ModelConfig, seed: u64) -> Alignment {
    planted_in(symmetries(config), seed)
}

/// A random permutation of each of those.
fn planted_in(symmetries: Vec<Symmetry>, seed: u64) -> Alignment {
    let mut rng = lmc_base::seed::rng(seed, "planted");
    let matches = symmetries.into_iter().map(|symmetry| {
        let permutation = Permutation::random(&symmetry, &mut rng);
        Matched { symmetry, permutation, similarity_identity: 0.0, similarity_matched: 0.0 }
    });
    Alignment { matches: matches.collect() }
}

/// Examples that a model of that architecture reads.
fn texts(config: &ModelConfig, n: usize) -> Vec<Encoded> {
    let mut examples = examples(n, 1);
    // RoBERTa has one segment.
    if config.type_vocab_size == 1 {
        examples.iter_mut().for_each(|example| example.segments.fill(0));
    }
    examples
}

/// The logits of all examples, `[n_examples * n_labels]`.
fn logits(classifier: &Classifier, weights: &Weights) -> Tensor {
    let p = Parameters::views(&weights.theta().unsqueeze(0), classifier.layout()).unwrap();
    let parts: Vec<Tensor> = packed_batches(&texts(classifier.config(), 40), 64)
        .iter()
        .map(|batch| classifier.packed_logits(&p, &batch.tokens, &Dropout::NONE).unwrap().reshape([-1]))
        .collect();
    Tensor::cat(&parts, 0)
}

fn inner_product(a: &Weights, b: &Weights) -> f64 {
    a.theta().to_kind(Kind::Double).dot(&b.theta().to_kind(Kind::Double)).double_value(&[])
}

#[test]
fn a_planted_permutation_is_recovered_and_changes_no_function() {
    for config in architectures() {
        let (classifier, a) = model(&config, 1);
        for seed in 1..=3 {
            let b = planted(&config, seed).apply(&a).unwrap();
            assert!(Weights::distance(&a, &b).unwrap() > 1.0);
            assert_ne!(shuffled(&config, &a, seed).unwrap().theta(), b.theta());
            assert_eq!(
                shuffled(&config, &a, seed).unwrap().theta(),
                shuffled(&config, &a, seed).unwrap().theta()
            );
            assert!(Weights::distance(&shuffled(&config, &a, seed).unwrap(), &a).unwrap() > 1.0);
            let (of_a, of_b) = (logits(&classifier, &a), logits(&classifier, &b));
            assert!((&of_a - &of_b).abs().max().double_value(&[]) < 1e-6, "{}", config.model_type);
            assert!(of_a.std(true).double_value(&[]) > 1e-2, "logits that say nothing");
            let alignment = weight_matching(&config, &a, &b).unwrap();
            assert_eq!(alignment.apply(&b).unwrap().theta(), a.theta());
            assert!(!alignment.is_identity());
            assert!(alignment.similarity_matched() > alignment.similarity_identity());
            // The same units of a model that is not the same.
            let noise = normal_tensor(&mut lmc_base::seed::rng(seed, "noise"), &[b.theta().size()[0]], 0.01);
            let near = Weights::new(b.layout().clone(), b.theta() + noise).unwrap();
            let places = |alignment: &Alignment| {
                alignment.matches.iter().map(|m| m.permutation.clone()).collect::<Vec<_>>()
            };
            assert_eq!(places(&weight_matching(&config, &a, &near).unwrap()), places(&alignment));
        }
    }
}

/// MPNet's bias by distance has a column for each head and serves all layers.
#[test]
fn heads_of_mpnet_stay_and_layers_of_albert_are_matched_once() {
    let [_, _, mpnet, albert, ..] = others();
    let (_, a) = model(&mpnet, 1);
    let moved = weight_matching(&mpnet, &a, &planted(&mpnet, 1).apply(&a).unwrap()).unwrap().moved();
    assert_eq!((moved.heads, moved.head_units > 0, moved.neurons > 0), (0, true, true));
    let (_, a) = model(&albert, 1);
    let alignment = weight_matching(&albert, &a, &a).unwrap();
    // DeBERTa's keys and queries of distances are those of a head, wherever it stands.
    for deberta in &others()[4..] {
        assert!(symmetries(deberta).iter().all(|symmetry| symmetry.blocks_move));
    }
    // Places turn the units of ModernBERT's queries and keys, which stay; values move.
    let modernbert = &others()[6];
    let (_, a) = model(modernbert, 1);
    let itself = weight_matching(modernbert, &a, &a).unwrap();
    assert_eq!(
        itself.n_units(),
        UnitCounts { neurons: 32, heads: 4, head_units: 16, pooler_units: 8, stream_units: 0 }
    );
    // Two groups for three depths.
    assert_eq!(
        alignment.n_units(),
        UnitCounts { neurons: 32, heads: 4, head_units: 32, pooler_units: 8, stream_units: 0 }
    );
}

#[test]
fn each_kind_of_unit_is_counted() {
    let config = config();
    let (_, a) = model(&config, 1);
    let all = UnitCounts { neurons: 32, heads: 4, head_units: 32, pooler_units: 8, stream_units: 0 };
    let none = UnitCounts::default();
    type Change = fn(&mut Permutation);
    let cases: [(Units, Change, UnitCounts); 4] = [
        (Units::FeedForward, |p| p.units[0][0].swap(0, 5), UnitCounts { neurons: 2, ..none }),
        (Units::Attention, |p| p.blocks.swap(0, 1), UnitCounts { heads: 2, ..none }),
        (Units::Attention, |p| p.units[1][1].rotate_left(1), UnitCounts { head_units: 4, ..none }),
        (Units::Pooler, |p| p.units[0][0].swap(3, 4), UnitCounts { pooler_units: 2, ..none }),
    ];
    for (units, change, expected) in cases {
        let mut moved = weight_matching(&config, &a, &a).unwrap();
        assert_eq!((moved.n_units(), moved.moved()), (all, none));
        let matched = moved.matches.iter_mut().find(|m| m.symmetry.units == units).unwrap();
        change(&mut matched.permutation);
        let found = weight_matching(&config, &a, &moved.apply(&a).unwrap()).unwrap();
        assert_eq!(found.moved(), expected);
    }
    let text = format!("{:?}", weight_matching(&config, &a, &a).unwrap());
    let expected =
        "Alignment(moved: 0 of 32 neurons, 0 of 4 heads, 0 of 32 units in heads, 0 of 8 pooler units)";
    assert_eq!(text, expected);
}

#[test]
fn a_model_is_aligned_with_itself() {
    for config in architectures() {
        let (_, a) = model(&config, 2);
        let alignment = weight_matching(&config, &a, &a).unwrap();
        assert!(alignment.is_identity());
        assert_eq!(alignment.similarity_identity(), alignment.similarity_matched());
        assert_eq!(alignment.apply(&a).unwrap().theta(), a.theta());
        // Where all units are alike every permutation is as good: nothing moves.
        let flat = Weights::new(a.layout().clone(), a.theta().ones_like() * 0.1).unwrap();
        assert!(weight_matching(&config, &flat, &flat).unwrap().is_identity());
    }
}

#[test]
fn similarity_never_falls_and_is_that_of_the_aligned_weights() {
    for config in architectures() {
        for seed in 1..=3 {
            let (a, b) = (model(&config, seed).1, model(&config, seed + 10).1);
            let alignment = weight_matching(&config, &a, &b).unwrap();
            for Matched { similarity_identity, similarity_matched, .. } in &alignment.matches {
                assert!(similarity_matched >= similarity_identity);
            }
            let aligned = alignment.apply(&b).unwrap();
            let gain = inner_product(&a, &aligned) - inner_product(&a, &b);
            let said = alignment.similarity_matched() - alignment.similarity_identity();
            assert!(gain > 0.0 && (gain - said).abs() < 1e-9 * gain.abs().max(1.0), "{gain} {said}");
            assert!(Weights::distance(&a, &aligned).unwrap() < Weights::distance(&a, &b).unwrap());
            // The line between the two is the same from the other side.
            let back = weight_matching(&config, &b, &a).unwrap();
            assert!((back.similarity_matched() - alignment.similarity_matched()).abs() < 1e-9);
            assert!(weight_matching(&config, &a, &aligned).unwrap().is_identity());
        }
    }
}

#[test]
fn bad_input_is_a_typed_error() {
    let (bert, roberta) = (config(), roberta());
    let (a, b) = (model(&bert, 1).1, model(&roberta, 1).1);
    let message = |config: &ModelConfig, a: &Weights, b: &Weights| {
        let error = weight_matching(config, a, b).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "weights", .. }), "{error}");
        error.to_string()
    };
    assert!(message(&bert, &a, &b).contains("two models of one architecture"));
    let other = message(&roberta, &a, &a);
    assert!(other.contains("for roberta.encoder.layer.0.attention.self.query.weight none"), "{other}");
    let wide = ModelConfig { intermediate_size: 17, ..bert.clone() };
    let other = message(&wide, &a, &a);
    assert!(other.contains("intermediate.dense.weight one of shape [16, 8], expected 17 units"), "{other}");
    let infinite = Weights::new(a.layout().clone(), a.theta() * f64::INFINITY).unwrap();
    let message = message(&bert, &a, &infinite);
    assert!(message.contains("in unit 0 of bert.encoder.layer.0.attention.self.query.weight"), "{message}");
    let error = planted(&wide, 1).apply(&a).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "weights", .. }), "{error}");
    // A head with another number of classes has another layout.
    let two = weights(&Classifier::new(&bert, 2), 1);
    assert!(weight_matching(&bert, &a, &two).is_err());
}
