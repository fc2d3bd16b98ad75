//! The symmetries of the residual stream, and weight matching with them.

use std::collections::BTreeMap;

use super::*;

/// All symmetries of an architecture.
fn all(config: &ModelConfig) -> Vec<Symmetry> {
    symmetries(config).into_iter().chain(stream_symmetries(config)).collect()
}

#[test]
fn a_stream_in_another_order_is_the_same_function_and_is_found_again() {
    for config in architectures() {
        let (classifier, a) = model(&config, 1);
        let b = planted_in(all(&config), 1).apply(&a).unwrap();
        let alone = planted_in(stream_symmetries(&config), 2).apply(&a).unwrap();
        let of_a = logits(&classifier, &a);
        for other in [&b, &alone] {
            let difference = (&of_a - logits(&classifier, other)).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{}: {difference}", config.model_type);
            let found = weight_matching_with_stream(&config, &a, other).unwrap();
            assert_eq!(found.apply(other).unwrap().theta(), a.theta(), "{}", config.model_type);
            assert!(found.moved().stream_units > 0);
            let gain = inner_product(&a, &a) - inner_product(&a, other);
            let said = found.similarity_matched() - found.similarity_identity();
            assert!((gain - said).abs() < 1e-9 * gain, "{}: {gain} {said}", config.model_type);
        }
        // Without the stream, nothing can be found again.
        let found = weight_matching(&config, &a, &b).unwrap();
        assert_ne!(found.apply(&b).unwrap().theta(), a.theta());
        let itself = weight_matching_with_stream(&config, &a, &a).unwrap();
        assert!(itself.is_identity());
        assert!(format!("{itself:?}").contains(" pooler units, 0 of "), "{itself:?}");
    }
}

#[test]
fn similarity_with_the_stream_never_falls_below_that_without() {
    for config in architectures() {
        let (a, b) = (model(&config, 1).1, model(&config, 2).1);
        let found = weight_matching_with_stream(&config, &a, &b).unwrap();
        let without = weight_matching(&config, &a, &b).unwrap();
        let [with, without] = [found, without].map(|found| inner_product(&a, &found.apply(&b).unwrap()));
        assert!(with > without && without > inner_product(&a, &b), "{with} {without}");
    }
}

/// Every axis of every tensor is one that carries a permutation, but for axes of words, positions, segments,
/// distances and labels.
#[test]
fn every_axis_of_a_unit_carries_a_permutation_once() {
    for config in architectures() {
        let (_, weights) = model(&config, 1);
        let mut carried: BTreeMap<(String, i64), i64> = BTreeMap::new();
        for axis in all(&config).iter().flat_map(|symmetry| symmetry.sets.iter().flatten()) {
            *carried.entry((axis.tensor.clone(), axis.axis)).or_default() += 60 / axis.part[1];
        }
        assert!(carried.values().all(|&parts| parts == 60), "{carried:?}");
        let free: Vec<String> = weights
            .named()
            .iter()
            .flat_map(|(name, tensor)| (0..tensor.dim() as i64).map(move |axis| (name.clone(), axis)))
            .filter(|axis| !carried.contains_key(axis))
            .map(|(name, axis)| format!("{name} {axis}"))
            .collect();
        let is_table = |axis: &String| {
            let table = ["embeddings", "rel_embeddings", "attention_bias"].iter().any(|t| axis.contains(t));
            table && axis.ends_with(" 0")
        };
        let is_label = |axis: &String| {
            let out = config.family().head.out;
            *axis == format!("{out}.weight 0") || *axis == format!("{out}.bias 0")
        };
        let of_heads = |axis: &String| axis.contains("relative_attention_bias");
        let rest: Vec<_> =
            free.iter().filter(|axis| !is_table(axis) && !is_label(axis) && !of_heads(axis)).collect();
        assert!(rest.is_empty(), "{}: {rest:?}", config.model_type);
    }
}

#[test]
fn permutations_one_behind_the_other_are_one() {
    let config = config();
    let (_, a) = model(&config, 1);
    let (first, second) = (planted(&config, 1), planted(&config, 2));
    let expected = second.apply(&first.apply(&a).unwrap()).unwrap();
    let both = first.matches.iter().zip(&second.matches).map(|(first, second)| Matched {
        permutation: first.permutation.then(&second.permutation),
        ..first.clone()
    });
    let both = Alignment { matches: both.collect() };
    assert_eq!(both.apply(&a).unwrap().theta(), expected.theta());
}
