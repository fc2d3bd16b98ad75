use super::*;
use crate::data::grammar::tokenizer;
use crate::data::{Dataset, Example};
use crate::encode::batches_by_length;
use crate::model::fixture::{classifier, examples, weights};

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
        let outcome = evaluate(&classifier, &theta, &batches_by_length(&examples, 64), 40).unwrap();
        let p = Parameters::views(&theta.unsqueeze(0), classifier.layout());
        for (i, example) in examples.iter().enumerate() {
            let row = |v: &[i64]| Tensor::from_slice(v).unsqueeze(0);
            let tokens = Tokens::shared(&row(&example.ids), &row(&example.segments), 1);
            let logits = classifier.logits(&p, &tokens, &Dropout::NONE).reshape([-1]);
            let logits = Vec::<f32>::try_from(logits).unwrap();
            let total: f64 = logits.iter().map(|&l| f64::from(l).exp()).sum();
            let probability = |k: usize| f64::from(logits[k]).exp() / total;
            let best = usize::from(logits[1] > logits[0]);
            assert_eq!(outcome.predictions[i], best as i64);
            assert!((f64::from(outcome.losses[i]) + probability(example.label as usize).ln()).abs() < 1e-5);
            assert!((f64::from(outcome.confidences[i]) - probability(best)).abs() < 1e-5);
        }
        // The size of a batch is of no matter but for rounding; the same batches give the same bits.
        let coarse = evaluate(&classifier, &theta, &batches_by_length(&examples, 4096), 40).unwrap();
        assert!(coarse.losses.iter().zip(&outcome.losses).all(|(a, b)| (a - b).abs() < 1e-5));
        let again = evaluate(&classifier, &theta, &batches_by_length(&examples, 64), 40).unwrap();
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
    let error = evaluate(&classifier, &theta, &batches_by_length(&examples, 64), 4).unwrap_err();
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
