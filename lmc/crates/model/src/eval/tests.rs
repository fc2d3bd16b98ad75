use super::*;
use crate::encode::packed_batches;
use crate::model::fixture::{classifier, config, examples, weights};
use crate::model::{Classifier, Tokens};
use crate::weights::Weights;
use lmc_data::grammar::tokenizer;
use lmc_data::labels::{LabelMap, Merge};
use lmc_data::{Dataset, Example};

#[test]
fn the_mean_loss_by_hand() {
    let outcome = Outcome { losses: vec![0.5, 1.0, 3.0], predictions: vec![0; 3], confidences: vec![1.0; 3] };
    assert_eq!(outcome.mean_loss(), 1.5);
}

#[test]
fn every_example_gets_its_own_loss_and_prediction() {
    let (classifier, examples) = (classifier(), examples(40, 1));
    let mut predictions = Vec::new();
    for seed in 1..=4 {
        let theta = weights(&classifier, seed).theta().copy();
        let outcome = evaluate(&classifier, &theta, &packed_batches(&examples, 64), 40).unwrap();
        let p = Parameters::views(&theta.unsqueeze(0), classifier.layout()).unwrap();
        for (i, example) in examples.iter().enumerate() {
            let row = |v: &[i64]| Tensor::from_slice(v).unsqueeze(0);
            let tokens = Tokens::shared(&row(&example.ids), &row(&example.segments), 1);
            let logits = classifier.logits(&p, &tokens, &Dropout::NONE).unwrap().reshape([-1]);
            let logits = Vec::<f32>::try_from(logits).unwrap();
            let total: f64 = logits.iter().map(|&l| f64::from(l).exp()).sum();
            let probability = |k: usize| f64::from(logits[k]).exp() / total;
            let best = usize::from(logits[1] > logits[0]);
            assert_eq!(outcome.predictions[i], best as i64);
            assert!((f64::from(outcome.losses[i]) + probability(example.label as usize).ln()).abs() < 1e-5);
            assert!((f64::from(outcome.confidences[i]) - probability(best)).abs() < 1e-5);
        }
        // The size of a batch does not matter, except for rounding; the same batches give the same bits.
        let coarse = evaluate(&classifier, &theta, &packed_batches(&examples, 4096), 40).unwrap();
        assert!(coarse.losses.iter().zip(&outcome.losses).all(|(a, b)| (a - b).abs() < 1e-5));
        let again = evaluate(&classifier, &theta, &packed_batches(&examples, 64), 40).unwrap();
        assert_eq!(again, outcome);
        predictions.extend(outcome.predictions);
    }
    assert!(predictions.contains(&0) && predictions.contains(&1));
}

#[test]
fn a_model_that_diverged_is_refused() {
    let (classifier, examples) = (classifier(), examples(4, 1));
    let theta = weights(&classifier, 1).theta().copy();
    let _ = theta.narrow(0, theta.size()[0] - 1, 1).fill_(f64::NAN);
    let error = evaluate(&classifier, &theta, &packed_batches(&examples, 64), 4).unwrap_err();
    let message = error.of("s7").to_string();
    assert!(message.contains("s7: evaluation: loss is NaN at example 0"), "{message}");
}

#[test]
fn a_set_is_named_by_its_content() {
    let set = |label| {
        let example = |first: &str, label| Example { first: first.into(), second: None, label };
        let examples = vec![example("doctors slept", label), example("judges slept", 0)];
        let dataset = Dataset::new("few", &["a", "b"], examples, None).unwrap();
        EvaluationSet::new(dataset, &tokenizer().unwrap(), 16).unwrap()
    };
    assert!(set(0).key.starts_with("few-2-"), "{}", set(0).key);
    assert_eq!(set(0).key, set(0).key);
    assert_ne!(set(0).key, set(1).key);
    assert_eq!(set(1).labels(), [1, 0]);
    let empty = Dataset { examples: Vec::new(), ..set(0).dataset };
    let message = EvaluationSet::new(empty, &tokenizer().unwrap(), 16).unwrap_err().to_string();
    assert!(message.contains("`few` with 0 examples"), "{message}");
}

const GLUE: [&str; 3] = ["entailment", "neutral", "contradiction"];
const FEATHER: [&str; 3] = ["contradiction", "entailment", "neutral"];

fn label_map(model: &[&str], set: &[&str], merge: Merge) -> LabelMap {
    let owned = |labels: &[&str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>();
    LabelMap::new(&owned(model), &owned(set), merge).unwrap()
}

#[test]
fn the_order_of_a_classifiers_classes_is_of_no_account() {
    // The logits of two examples in GLUE's order, and the same in that of the Feather-BERTs.
    let glue = Tensor::from_slice2(&[[2.0f32, 1.5, 1.0], [0.0, -1.0, 3.0]]);
    let feather = Tensor::from_slice2(&[[1.0f32, 2.0, 1.5], [3.0, 0.0, -1.0]]);
    let values = |logits: &Tensor| Vec::<f32>::try_from(logits.reshape([-1])).unwrap();
    let same = map_logits(&feather, &label_map(&FEATHER, &GLUE, Merge::Max)).unwrap();
    assert_eq!(values(&same), values(&glue));
    let hans = ["entailment", "non-entailment"];
    for (merge, expected) in [(Merge::Max, [2.0, 1.5, 0.0, 3.0]), (Merge::Sum, [2.0, 2.5, 0.0, 2.0])] {
        for (logits, order) in [(&glue, GLUE), (&feather, FEATHER)] {
            let mapped = map_logits(logits, &label_map(&order, &hans, merge)).unwrap();
            assert_eq!((mapped.size(), values(&mapped)), (vec![2, 2], expected.to_vec()));
        }
    }
    let error = map_logits(&glue.narrow(1, 0, 2), &label_map(&GLUE, &hans, Merge::Max)).unwrap_err();
    assert!(matches!(error, LmcError::ShapeMismatch { ref got, .. } if got == &[2]), "{error}");
}

/// A classifier with its classes in one order, and the same with the rows of its head in the other.
#[test]
fn evaluations_are_in_the_labels_of_the_set() {
    let (classifier, examples) = (Classifier::new(&config(), 3), examples(30, 1));
    let batches = packed_batches(&examples, 64);
    let hans = ["entailment", "non-entailment"];
    let order = Tensor::from_slice(&[2i64, 0, 1]);
    let mut predictions = Vec::new();
    for seed in 1..=6 {
        let weights = weights(&classifier, seed);
        let turned = weights.named().into_iter().map(|(name, tensor)| {
            let is_head = name.starts_with("classifier.");
            (name, if is_head { tensor.index_select(0, &order) } else { tensor })
        });
        let turned = Weights::from_named(classifier.layout().clone(), turned.collect()).unwrap();
        let on = |theta: &Tensor, map: &LabelMap| {
            evaluate_mapped(&classifier, theta, &batches, 30, Some(map)).unwrap()
        };
        let [max, sum] = [Merge::Max, Merge::Sum].map(|merge| {
            let a = on(weights.theta(), &label_map(&GLUE, &hans, merge));
            let b = on(turned.theta(), &label_map(&FEATHER, &hans, merge));
            assert_eq!(a.predictions, b.predictions);
            assert!(a.losses.iter().zip(&b.losses).all(|(a, b)| (a - b).abs() < 1e-5));
            assert!(a.confidences.iter().all(|&c| (0.5..=1.0).contains(&c)));
            a
        });
        assert_ne!(max, sum);
        // The larger of two logits wins if one of them is the classifier's own choice.
        let own = evaluate(&classifier, weights.theta(), &batches, 30).unwrap();
        let expected: Vec<i64> = own.predictions.iter().map(|&class| i64::from(class != 0)).collect();
        assert_eq!(max.predictions, expected);
        assert_eq!(on(weights.theta(), &label_map(&GLUE, &GLUE, Merge::Max)), own);
        predictions.extend(expected);
    }
    assert!(predictions.contains(&0) && predictions.contains(&1));
    let map = label_map(&hans, &["non-entailment", "entailment"], Merge::Max);
    let theta = weights(&classifier, 1).theta().copy();
    let error = evaluate_mapped(&classifier, &theta, &batches, 30, Some(&map)).unwrap_err();
    assert!(matches!(error, LmcError::ShapeMismatch { .. }), "{error}");
}

#[test]
fn a_map_is_part_of_a_sets_key() {
    let set = || {
        let examples = vec![Example { first: "doctors slept".into(), second: None, label: 0 }];
        let dataset = Dataset::new("few", &["entailment", "non-entailment"], examples, None).unwrap();
        EvaluationSet::new(dataset, &tokenizer().unwrap(), 16).unwrap()
    };
    let hans = ["entailment", "non-entailment"];
    let key = |map| set().with_label_map(map).key;
    assert_eq!(key(label_map(&hans, &hans, Merge::Max)), set().key);
    assert_eq!(key(label_map(&GLUE, &hans, Merge::Max)), format!("{}-max-0_1+2", set().key));
    assert_eq!(key(label_map(&FEATHER, &hans, Merge::Sum)), format!("{}-sum-1_2+0", set().key));
}

#[test]
fn outputs_and_labels_are_counted_before_the_forward_pass() {
    let examples = examples(12, 1);
    let batches = packed_batches(&examples, 64);
    let hans = ["entailment", "non-entailment"];
    let identity = label_map(&hans, &hans, Merge::Max);
    assert!(identity.is_identity());
    let on = |n_outputs: usize, map: Option<&LabelMap>| {
        let classifier = Classifier::new(&config(), n_outputs);
        let theta = weights(&classifier, 1).theta().copy();
        // A forward pass would end in this.
        let _ = theta.narrow(0, theta.size()[0] - 1, 1).fill_(f64::NAN);
        let logits = evaluate_logits(&classifier, &theta, &batches, 12, map).unwrap_err();
        let outcome = evaluate_mapped(&classifier, &theta, &batches, 12, map).unwrap_err();
        assert_eq!(std::mem::discriminant(&logits), std::mem::discriminant(&outcome), "{logits}, {outcome}");
        outcome
    };
    // The identity is a map of two classes, and no other number of outputs fits it.
    for n_outputs in [1, 3, 5] {
        let error = on(n_outputs, Some(&identity));
        assert!(matches!(&error, LmcError::ShapeMismatch { got, .. } if got == &[n_outputs]), "{error}");
    }
    let error = on(1, None).to_string();
    assert!(error.starts_with("`label`: got 1, expected 0 to 0, one of the classes"), "{error}");
    assert!(matches!(on(2, Some(&identity)), LmcError::NonFiniteLoss { .. }));
    assert!(matches!(on(2, None), LmcError::NonFiniteLoss { .. }));
}

#[test]
fn a_set_knows_how_many_outputs_it_is_for() {
    let set = || {
        let examples = vec![Example { first: "doctors slept".into(), second: None, label: 0 }];
        let dataset = Dataset::new("few", &["entailment", "non-entailment"], examples, None).unwrap();
        EvaluationSet::new(dataset, &tokenizer().unwrap(), 16).unwrap()
    };
    let hans = ["entailment", "non-entailment"];
    set().check_outputs(2).unwrap();
    set().with_label_map(label_map(&hans, &hans, Merge::Max)).check_outputs(2).unwrap();
    let merged = set().with_label_map(label_map(&FEATHER, &hans, Merge::Max));
    merged.check_outputs(3).unwrap();
    for (set, n_outputs, start) in [
        (&set(), 3, "3 outputs, `few` with the labels entailment, non-entailment takes 2; "),
        (&set(), 1, "1 output, `few` with the labels entailment, non-entailment takes 2; "),
        (&merged, 2, "2 outputs, `few` with the labels entailment, non-entailment takes 3; "),
    ] {
        let message = set.check_outputs(n_outputs).unwrap_err().to_string();
        assert!(message.starts_with(start), "{message}");
    }
}

#[test]
fn a_loss_that_fp16_has_no_room_for_says_so() {
    let (classifier, examples) = (classifier(), examples(12, 4));
    let theta = weights(&classifier, 3).theta() * 1e5;
    let batches = packed_batches(&examples, 64);
    let error = evaluate(&classifier, &theta.to_kind(Kind::Half), &batches, 12).unwrap_err().to_string();
    assert!(error.starts_with("evaluation in fp16, whose numbers end at 65504"), "{error}");
}
