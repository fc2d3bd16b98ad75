//! The kinds of attention over packed tokens against sequences that are padded as a whole.

use rand_xoshiro::rand_core::SeedableRng;

use super::*;
use crate::compute::{Attention, Precision};
use crate::encode::Placement;
use crate::model::encoder::stand_in::{self, StandIn};
use tch::Device;

/// The kinds that every case is computed with, more groups than there are sequences included.
const KINDS: [Attention; 6] = [
    Attention::Equal,
    Attention::Padded { groups: 1 },
    Attention::Padded { groups: 2 },
    Attention::Padded { groups: 8 },
    Attention::Padded { groups: 100 },
    Attention::Flash,
];

fn packed(examples: &[Encoded], precision: Precision, attention: Attention) -> PackedTokens {
    PackedTokens::new(examples).to_device(Placement::new(Device::Cpu, precision, attention))
}

/// Returns examples of those lengths.
fn of_lengths(lengths: &[usize]) -> Vec<Encoded> {
    let example = |&length: &usize| Encoded {
        ids: (0..length).map(|i| ((7 * i + length) % 18 + 2) as i64).collect(),
        segments: vec![0; length],
        label: 0,
    };
    lengths.iter().map(example).collect()
}

fn squares(logits: &Tensor) -> Tensor {
    (logits * logits).sum(Kind::Float)
}

/// Returns whether the flash kernel can compute the attention of a family.
fn can_flash(config: &ModelConfig) -> bool {
    !["mpnet", "deberta-v2", "modernbert"].contains(&config.model_type.as_str())
}

/// Asserts that every kind gives the logits and gradients of one padded batch.
fn assert_parity(config: &ModelConfig, examples: &[Encoded], what: &str) {
    let classifier = Classifier::new(config, 3);
    for seeds in [&[1u64][..], &[1, 2, 3]] {
        let theta = stack(&classifier, seeds);
        let again = Parameters::leaves(&theta, classifier.layout()).unwrap();
        let expected =
            classifier.logits(&again, &tokens(examples, seeds.len() as i64), &Dropout::NONE).unwrap();
        let expected_gradient = again.gradient(&squares(&expected)).unwrap();
        let scale = expected_gradient.abs().max().double_value(&[]);
        for kind in KINDS {
            if kind == Attention::Flash && !can_flash(config) {
                continue;
            }
            let packed = packed(examples, Precision::Float32, kind);
            assert_eq!(packed.attention(), kind);
            let leaves = Parameters::leaves(&theta, classifier.layout()).unwrap();
            let logits = stand_in::with(StandIn::Exact, || {
                classifier.packed_logits(&leaves, &packed, &Dropout::NONE).unwrap()
            });
            let off = worst(&logits, &expected);
            assert!(off < 1e-5, "{what}, {kind}, {} models: {off}", seeds.len());
            let off = worst(&leaves.gradient(&squares(&logits)).unwrap(), &expected_gradient) / scale;
            assert!(off < 1e-5, "{what}, {kind}, {} models: gradient {off}", seeds.len());
        }
    }
}

#[test]
fn every_kind_of_attention_gives_the_logits_and_gradients_of_a_padded_batch() {
    let sets: [(&str, &[usize]); 6] = [
        ("sorted", &[1, 3, 3, 4, 4, 6, 7, 8]),
        ("in any order", &[8, 1, 4, 3, 7, 3, 1, 6, 4]),
        ("one sequence", &[5]),
        ("one token", &[1]),
        ("one length", &[4, 4, 4]),
        ("one token each but one", &[1, 1, 8, 1]),
    ];
    let one_layer = ModelConfig { num_hidden_layers: 1, ..config() };
    for config in [config(), roberta(), one_layer].into_iter().chain(others()) {
        for (what, lengths) in sets {
            assert_parity(&config, &of_lengths(lengths), what);
        }
    }
}

/// RoBERTa gives real tokens with the id for padding no place, and no family trains their rows.
#[test]
fn every_kind_of_attention_reads_pad_ids_of_real_tokens_alike() {
    let mut examples = of_lengths(&[5, 2, 6, 3, 6]);
    examples[2].ids[1] = 7;
    examples[2].ids[4] = 7;
    examples[0].ids[3] = 7;
    for config in [
        ModelConfig { pad_token_id: Some(7), max_position_embeddings: 20, ..roberta() },
        ModelConfig { pad_token_id: Some(7), ..config() },
        // Its id for padding is 1.
        ModelConfig { pad_token_id: Some(7), ..others()[2].clone() },
    ] {
        assert_parity(&config, &examples, "pad ids");
    }
}

/// A sequence of more tokens than places fits if enough of them have the id for padding, which is decided
/// without the device.
#[test]
fn a_long_sequence_with_pad_ids_has_places_for_the_others() {
    let config = ModelConfig { pad_token_id: Some(1), max_position_embeddings: 8, ..roberta() };
    let classifier = Classifier::new(&config, 2);
    let p = Parameters::views(&stack(&classifier, &[1]), classifier.layout()).unwrap();
    let example = |n_pads: usize| {
        let ids = [vec![1; n_pads], vec![5; 7]].concat();
        Encoded { segments: vec![0; ids.len()], ids, label: 0 }
    };
    let seven = PackedTokens::new([&example(0)]);
    assert_eq!((seven.contain(1), seven.contain(5), seven.most_without(5)), (false, true, 0));
    let error = classifier.packed_logits(&p, &seven, &Dropout::NONE).unwrap_err();
    assert!(matches!(error, LmcError::OutsideTable { .. }), "{error}");
    let nine = PackedTokens::new([&example(2)]);
    assert!(nine.contain(1) && nine.most_without(1) == 7);
    let [packed, padded] = [
        classifier.packed_logits(&p, &nine, &Dropout::NONE),
        classifier.logits(&p, &tokens(&[example(2)], 1), &Dropout::NONE),
    ]
    .map(|result| result.map(|logits| logits.size()).map_err(|error| error.to_string()));
    assert_eq!(packed, padded);
}

/// The flash kernel adds nothing to the scores.
#[test]
fn flash_attention_is_refused_for_a_bias_by_distance() {
    for (config, why) in [
        (others()[2].clone(), "mpnet, whose attention has a bias by distance"),
        (others()[4].clone(), "deberta-v2, whose attention has terms by distance"),
        (others()[6].clone(), "modernbert, whose attention has turns by places"),
    ] {
        let classifier = Classifier::new(&config, 2);
        let p = Parameters::views(&stack(&classifier, &[1]), classifier.layout()).unwrap();
        let packed = packed(&of_lengths(&[3, 5]), Precision::Float32, Attention::Flash);
        let refused =
            stand_in::with(StandIn::Exact, || classifier.packed_logits(&p, &packed, &Dropout::NONE));
        let message = refused.unwrap_err().to_string();
        assert_eq!(message, format!("`compute.attention`: got flash for {why}, expected equal or padded"));
    }
}

#[test]
fn half_precision_is_as_exact_in_every_kind() {
    for config in [config()].into_iter().chain([2, 4, 5, 6, 7].map(|i| others()[i].clone())) {
        assert_half_precision(&config);
    }
}

fn assert_half_precision(config: &ModelConfig) {
    let classifier = Classifier::new(config, 3);
    let kinds = if can_flash(config) { &KINDS[..] } else { &KINDS[..5] };
    let theta = stack(&classifier, &[1, 2]);
    let examples = of_lengths(&[8, 1, 4, 3, 7, 3, 1, 6, 4]);
    let logits = |precision: Precision, kind| {
        let p = Parameters::views(&theta.to_kind(precision.kind()), classifier.layout()).unwrap();
        let packed = packed(&examples, precision, kind);
        let logits = stand_in::with(StandIn::Exact, || classifier.packed_logits(&p, &packed, &Dropout::NONE));
        let logits = logits.unwrap();
        assert_eq!(logits.kind(), precision.kind());
        logits.to_kind(Kind::Float)
    };
    let exact = logits(Precision::Float32, Attention::Equal);
    // The mantissas of fp16 and bf16 have 11 and 8 bits.
    for (precision, tolerance) in [(Precision::Float16, 1e-2), (Precision::BFloat16, 8e-2)] {
        for &kind in kinds {
            let off = worst(&logits(precision, kind), &exact);
            assert!(off > 0.0 && off < tolerance, "{precision}, {kind}: {off}");
        }
    }
    // A batch that was made for other numbers is read all the same.
    let p = Parameters::views(&theta.to_kind(Kind::BFloat16), classifier.layout()).unwrap();
    let other = packed(&examples, Precision::Float32, KINDS[2]);
    let other = classifier.packed_logits(&p, &other, &Dropout::NONE).unwrap().to_kind(Kind::Float);
    assert_eq!(other, logits(Precision::BFloat16, KINDS[2]));
}

/// Dropout takes other operations, which must compute the same when nothing falls, in half precision too.
#[test]
fn padded_attention_with_dropout_is_that_without_when_nothing_falls() {
    for config in [config()].into_iter().chain([2, 4, 5, 6, 7].map(|i| others()[i].clone())) {
        assert_nothing_falls(&config);
    }
}

fn assert_nothing_falls(config: &ModelConfig) {
    let classifier = Classifier::new(config, 3);
    let nothing = Dropout::new(1e-9, rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(0));
    let examples = of_lengths(&[8, 1, 4, 3, 7, 3, 1, 6, 4]);
    for (precision, tolerance) in
        [(Precision::Float32, 1e-5), (Precision::Float16, 1e-2), (Precision::BFloat16, 8e-2)]
    {
        let theta = stack(&classifier, &[1, 2]).to_kind(precision.kind());
        let p = Parameters::views(&theta, classifier.layout()).unwrap();
        for kind in &KINDS[..5] {
            let packed = packed(&examples, precision, *kind);
            let plain = classifier.packed_logits(&p, &packed, &Dropout::NONE).unwrap();
            let dropped = classifier.packed_logits(&p, &packed, &nothing).unwrap();
            let off = worst(&plain.to_kind(Kind::Float), &dropped.to_kind(Kind::Float));
            assert!(off < tolerance, "{precision}, {kind}: {off}");
        }
    }
}

/// Without the stand-in the flash kernel is refused here before anything is computed.
#[test]
fn flash_attention_is_refused_on_the_cpu() {
    let classifier = classifier();
    let theta = stack(&classifier, &[1]).to_kind(Kind::Half);
    let p = Parameters::views(&theta, classifier.layout()).unwrap();
    let packed = packed(&examples(3, 1), Precision::Float16, Attention::Flash);
    let message = classifier.packed_logits(&p, &packed, &Dropout::NONE).unwrap_err().to_string();
    assert!(
        message.starts_with("`compute.attention`: got flash on Cpu, expected fp16 or bf16 on CUDA"),
        "{message}"
    );
}
