use ndarray::{Array2, array};
use rand::Rng;

use super::*;
use lmc_base::seed::rng;
use lmc_maths::gap::{area_under_curve_at, barrier_height_at, convexity_gap_at};

/// Noisy curves on uneven places.
fn lines(n_lines: usize, n_points: usize, n_examples: usize) -> Vec<LineLosses> {
    let mut rng = rng(5, "lines");
    let mut line = || {
        let mut alphas: Vec<f64> = (0..n_points).map(|_| rng.random_range(0.0..1.0)).collect();
        alphas.sort_by(f64::total_cmp);
        let own: Vec<f32> = (0..n_examples).map(|_| rng.random_range(0.0..3.0)).collect();
        let losses =
            Array2::from_shape_fn((n_points, n_examples), |(_, i)| own[i] + rng.random_range(0.0..0.5));
        LineLosses { alphas, losses, distance: rng.random_range(1.0..9.0) }
    };
    (0..n_lines).map(|_| line()).collect()
}

fn confidence_of(lines: &[LineLosses], resamples: &Resamples, share: f64) -> Vec<LineConfidence> {
    line_confidence(lines.len(), |number| Ok(lines[number].clone()), resamples, share).unwrap().0
}

/// The mean loss at each point, examples weighted.
fn means(line: &LineLosses, weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let mean = |row: ndarray::ArrayView1<f32>| {
        row.iter().zip(weights).map(|(loss, weight)| f64::from(*loss) * weight).sum::<f64>() / total
    };
    line.losses.rows().into_iter().map(mean).collect()
}

#[test]
fn each_draw_is_measured_as_its_examples_alone_would_be() {
    let lines = lines(4, 7, 30);
    for resamples in [Resamples::bootstrap(30, 25, 1).unwrap(), Resamples::subsamples(30, 12, 25, 1).unwrap()]
    {
        let line = |number: usize| Ok(lines[number].clone());
        let (all, gaps) = line_confidence(4, line, &resamples, 0.9).unwrap();
        assert_eq!(gaps, resampled_gaps(4, line, &resamples).unwrap());
        for (number, (line, found)) in lines.iter().zip(&all).enumerate() {
            let mean = means(line, &[1.0; 30]);
            for (interval, expected) in [
                (found.barrier_height, barrier_height_at(&line.alphas, &mean)),
                (found.convexity_gap, convexity_gap_at(&line.alphas, &mean)),
                (found.auc, area_under_curve_at(&line.alphas, &mean, line.distance)),
            ] {
                assert!((interval.value - expected.unwrap()).abs() < 1e-12);
                assert!(0.0 <= interval.low && interval.contains(interval.value), "{interval:?}");
            }
            for (draw, gap) in gaps.row(number).iter().enumerate() {
                let weights = resamples.counts().column(draw).to_vec();
                let expected = convexity_gap_at(&line.alphas, &means(line, &weights)).unwrap();
                assert!((gap - expected).abs() < 1e-12, "{gap}, expected {expected}");
            }
        }
    }
}

#[test]
fn of_a_single_contrast_the_ends_are_quantiles_of_it() {
    // Of three points there is one contrast: the middle less the mean of the ends.
    let losses = array![[0.0, 1.0, 0.5, 0.0], [3.0, 2.0, 0.5, 1.0], [1.0, 0.0, 0.5, 2.0]];
    let line = LineLosses { alphas: vec![0.0, 0.5, 1.0], losses, distance: 1.0 };
    let resamples = Resamples::bootstrap(4, 200, 2).unwrap();
    let found = &confidence_of(std::slice::from_ref(&line), &resamples, 0.8)[0];
    // 2.5, 1.5, 0, 0 have the mean 1.
    let of_draw = |draw: usize| {
        let weights = resamples.counts().column(draw).to_vec();
        let mean = means(&line, &weights);
        mean[1] - (mean[0] + mean[2]) / 2.0
    };
    let contrast: Vec<f64> = (0..200).map(of_draw).collect();
    let high = quantile(&contrast, 0.9).unwrap();
    for interval in [found.convexity_gap, found.barrier_height] {
        assert_eq!(interval.value, 1.0);
        assert!((interval.low - (2.0 - high).max(0.0)).abs() < 1e-12 && (interval.high - high).abs() < 1e-12);
    }
}

#[test]
fn what_does_not_vary_has_no_width() {
    // Every example has the same hill, on a level of its own.
    let losses = Array2::from_shape_fn((5, 40), |(k, i)| (i % 7) as f32 + [0.0, 0.25, 0.5, 0.25, 0.0][k]);
    let hill = LineLosses { alphas: vec![0.0, 0.25, 0.5, 0.75, 1.0], losses, distance: 2.0 };
    let level = LineLosses { losses: Array2::from_elem((5, 40), 0.7), ..hill.clone() };
    let resamples = Resamples::bootstrap(40, 50, 1).unwrap();
    let found = confidence_of(&[hill, level], &resamples, 0.95);
    let none = |value| Interval { value, low: value, high: value };
    assert_eq!(found[0].convexity_gap, none(0.5));
    assert_eq!(found[0].barrier_height, none(0.5));
    assert_eq!(found[0].auc, none(2.0 * 0.25));
    for measure in [Measure::ConvexityGap, Measure::BarrierHeight, Measure::AreaUnderCurve] {
        assert_eq!(found[1].get(measure), Some(none(0.0)));
    }
    assert_eq!(found[1].get(Measure::EuclideanDistance), None);
}

#[test]
fn a_convex_curve_far_from_any_hill_has_the_interval_zero() {
    let mut rng = rng(1, "bowl");
    let losses =
        Array2::from_shape_fn((5, 100), |(k, _)| [4.0, 1.0, 0.0, 1.0, 4.0][k] + rng.random_range(0.0..0.1));
    let bowl = LineLosses { alphas: vec![0.0, 0.25, 0.5, 0.75, 1.0], losses, distance: 1.0 };
    let resamples = Resamples::bootstrap(100, 100, 1).unwrap();
    let (found, gaps) = line_confidence(1, |_| Ok(bowl.clone()), &resamples, 0.95).unwrap();
    assert_eq!(found[0].convexity_gap, Interval { value: 0.0, low: 0.0, high: 0.0 });
    assert!(found[0].auc.low > 1.0 && gaps.iter().all(|&gap| gap == 0.0));
}

#[test]
fn a_line_does_not_depend_on_the_others() {
    let lines = lines(9, 6, 20);
    let resamples = Resamples::bootstrap(20, 30, 7).unwrap();
    let together = confidence_of(&lines, &resamples, 0.95);
    for (line, expected) in lines.iter().zip(together) {
        assert_eq!(confidence_of(std::slice::from_ref(line), &resamples, 0.95)[0], expected);
    }
}

#[test]
fn more_confidence_is_a_wider_interval() {
    let lines = lines(3, 6, 50);
    let resamples = Resamples::bootstrap(50, 300, 7).unwrap();
    let (half, most) = (confidence_of(&lines, &resamples, 0.5), confidence_of(&lines, &resamples, 0.99));
    for (narrow, wide) in half.iter().zip(&most) {
        let (narrow, wide) = (narrow.convexity_gap, wide.convexity_gap);
        assert!(wide.low <= narrow.low && narrow.high < wide.high, "{narrow:?} {wide:?}");
    }
}

#[test]
fn bad_input_is_a_typed_error() {
    let resamples = Resamples::bootstrap(10, 5, 1).unwrap();
    let good = lines(1, 4, 10).remove(0);
    let fails = |line: LineLosses, confidence| {
        line_confidence(1, |_| Ok(line.clone()), &resamples, confidence).unwrap_err()
    };
    assert!(matches!(fails(good.clone(), 1.0), LmcError::InvalidParameter { field: "confidence", .. }));
    let few = LineLosses { losses: Array2::zeros((4, 9)), ..good.clone() };
    assert!(matches!(fails(few, 0.9), LmcError::ShapeMismatch { .. }));
    let points = LineLosses { alphas: vec![0.0, 1.0], ..good.clone() };
    assert!(matches!(fails(points, 0.9), LmcError::ShapeMismatch { .. }));
    let two = LineLosses { alphas: vec![0.0, 1.0], losses: Array2::zeros((2, 10)), distance: 1.0 };
    assert!(matches!(fails(two, 0.9), LmcError::InvalidParameter { field: "alphas", .. }));
    let mut wrong = good.clone();
    wrong.losses[[2, 3]] = f32::NAN;
    let error = fails(wrong, 0.9).to_string();
    assert!(error.starts_with("losses of line 0: loss is NaN at point 2, example 3"), "{error}");
    let far = LineLosses { distance: f64::INFINITY, ..good };
    assert!(matches!(fails(far, 0.9), LmcError::InvalidParameter { field: "length", .. }));
    let own = line_confidence(1, |_| Err(LmcError::Figure("own".into())), &resamples, 0.9).unwrap_err();
    assert_eq!(own.to_string(), "figure: own");
}
