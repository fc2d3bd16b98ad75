use super::*;

/// The number of models and of examples.
const MODELS: usize = 5;
const EXAMPLES: usize = 600;

/// Returns models that agree on nine examples in ten, and the losses halfway between the first two.
fn models() -> (Vec<Outcome>, Vec<f32>) {
    population(1)
}

/// Returns the same on other examples of the same distribution.
fn population(seed: u64) -> (Vec<Outcome>, Vec<f32>) {
    let mut rng = rng(seed, "models");
    let mut losses = vec![Vec::new(); MODELS];
    let mut inside = Vec::new();
    for _ in 0..EXAMPLES {
        let is_hard = rng.random_range(0..10) == 0;
        losses.iter_mut().for_each(|of| {
            of.push(if is_hard { rng.random_range(0.0..4.0f32) } else { rng.random_range(0.01..0.02f32) });
        });
        inside.push(if is_hard { rng.random_range(0.0..6.0f32) } else { rng.random_range(0.01..0.03f32) });
    }
    let outcome = |losses: Vec<f32>| Outcome {
        predictions: losses.iter().map(|&loss| i64::from(loss < 0.7)).collect(),
        confidences: vec![0.9; EXAMPLES],
        losses,
    };
    (losses.into_iter().map(outcome).collect(), inside)
}

fn drawn(models: &[Outcome], n_examples: usize, seed: u64) -> Sample {
    Sample::drawn(models, &SampleOptions { n_examples, seed }.check().unwrap()).unwrap()
}

/// Returns the mean and the variance of some numbers.
fn moments(values: &[f64]) -> [f64; 2] {
    let deviation = standard_deviation(values).unwrap();
    [crate::stats::mean(values).unwrap(), deviation * deviation]
}

#[test]
fn chances_follow_the_spread_and_add_up_to_the_number() {
    let close = |got: &[f64], expected: &[f64]| {
        assert!(got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-12), "{got:?}");
    };
    close(&chances(&[1.0, 1.0, 1.0, 1.0], 2), &[0.5; 4]);
    close(&chances(&[0.0; 4], 1), &[0.25; 4]);
    // 0.1 / 4 of the sample is even: 2 x (0.9 x 0.5 + 0.025) and 2 x 0.025.
    close(&chances(&[3.0, 3.0, 0.0, 0.0], 2), &[0.95, 0.95, 0.05, 0.05]);
    // The first would have 1.85: it is sure, and the others share one example.
    close(&chances(&[3.0, 0.0, 0.0, 0.0], 2), &[1.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]);
    for n in [1, 7, 60, 300, 599] {
        let spread: Vec<f64> = (0..EXAMPLES).map(|i| if i % 10 == 0 { i as f64 } else { 0.1 }).collect();
        let chances = chances(&spread, n);
        assert!((chances.iter().sum::<f64>() - n as f64).abs() < 1e-9);
        assert!(chances.iter().all(|&chance| chance > 0.0 && chance <= 1.0));
    }
}

#[test]
fn estimates_are_right_on_average_and_vary_less_than_those_of_an_even_sample() {
    let (models, inside) = models();
    let truth = inside.iter().map(|&loss| f64::from(loss)).sum::<f64>() / EXAMPLES as f64;
    let (n, n_draws) = (40, 2_000);
    let mut estimates = Vec::new();
    let mut numbers = Vec::new();
    for seed in 0..n_draws {
        let sample = drawn(&models, n, seed);
        let at = Outcome { losses: inside.clone(), ..models[0].clone() };
        estimates.push(sample.whole(0.5, &sample.of(&at), &models[0], &models[1]).mean_loss());
        numbers.push(sample.examples.len() as f64);
    }
    let [mean, variance] = moments(&estimates);
    assert!((mean - truth).abs() < 4.0 * (variance / n_draws as f64).sqrt(), "{mean} {truth}");
    let [number, _] = moments(&numbers);
    assert!((number - n as f64).abs() < 1.0, "{number}");
    // The mean of n examples drawn alike has the variance of the losses over n.
    let losses: Vec<f64> = inside.iter().map(|&loss| f64::from(loss)).collect();
    let [_, of_losses] = moments(&losses);
    assert!(variance < 0.25 * of_losses / n as f64, "{variance} {of_losses}");
}

#[test]
fn the_spread_of_the_losses_tells_the_error_of_a_gap() {
    // Other examples and another sample of them each time: intervals must know of both.
    let (mut gaps, mut told) = (Vec::new(), Vec::new());
    for seed in 0..1_500 {
        let (models, inside) = population(seed);
        let sample = drawn(&models, 40, seed);
        let at = Outcome { losses: inside, ..models[0].clone() };
        let half = sample.whole(0.5, &sample.of(&at), &models[0], &models[1]);
        let ends = models[0].losses.iter().zip(&models[1].losses).map(|(a, b)| f64::from(a + b) / 2.0);
        let above: Vec<f64> =
            half.losses.iter().zip(ends).map(|(&loss, end)| f64::from(loss) - end).collect();
        let [gap, variance] = moments(&above);
        gaps.push(gap);
        told.push(variance / EXAMPLES as f64);
    }
    let ([_, variance], [told, _]) = (moments(&gaps), moments(&told));
    // The standard error of a variance of 1,500 numbers is 4 %.
    assert!((told / variance - 1.0).abs() < 0.15, "{told} {variance}");
}

#[test]
fn accuracies_are_right_on_average() {
    let (models, inside) = models();
    let right = |outcome: &Outcome| outcome.predictions.iter().map(|&p| p as f64).collect::<Vec<f64>>();
    let (a, b) = (right(&models[0]), right(&models[1]));
    let at: Vec<f64> = inside.iter().map(|&loss| f64::from(u8::from(loss < 0.7))).collect();
    let truth = at.iter().sum::<f64>() / EXAMPLES as f64;
    let estimate = |seed| drawn(&models, 40, seed).mean(0.5, |example| at[example], [&a, &b]);
    let estimates: Vec<f64> = (0..2_000).map(estimate).collect();
    let [mean, variance] = moments(&estimates);
    assert!((mean - truth).abs() < 4.0 * (variance / 2_000.0).sqrt(), "{mean} {truth}");
}

#[test]
fn ends_and_sure_examples_are_exact_and_others_lie_on_the_chord() {
    let (models, inside) = models();
    let sample = drawn(&models, 550, 3);
    let at = Outcome { losses: inside.clone(), ..models[4].clone() };
    let whole = |alpha| sample.whole(alpha, &sample.of(&at), &models[0], &models[1]);
    assert_eq!((whole(1.0), whole(0.0)), (models[0].clone(), models[1].clone()));
    let half = whole(0.5);
    let mut kinds = [0; 2];
    for (example, &exact) in inside.iter().enumerate() {
        match sample.examples.iter().position(|&drawn| drawn == example) {
            Some(place) if sample.chances[place] == 1.0 => {
                assert!((half.losses[example] - exact).abs() < 1e-6);
                assert_eq!(half.predictions[example], models[4].predictions[example]);
                kinds[0] += 1;
            }
            Some(_) => {}
            None => {
                let chord = (models[0].losses[example] + models[1].losses[example]) / 2.0;
                assert!((half.losses[example] - chord).abs() < 1e-6);
                kinds[1] += 1;
            }
        }
    }
    assert!(kinds.iter().all(|&n| n > 0), "{kinds:?}");
}

#[test]
fn a_sample_is_its_seeds_and_a_few_are_refused() {
    let (models, _) = models();
    assert_eq!(drawn(&models, 100, 1), drawn(&models, 100, 1));
    assert_ne!(drawn(&models, 100, 1), drawn(&models, 100, 2));
    let error = SampleOptions { n_examples: 29, ..SampleOptions::default() }.check().unwrap_err();
    assert_eq!(error.to_string(), "`sample.n_examples`: got 29, expected at least 30");
}
