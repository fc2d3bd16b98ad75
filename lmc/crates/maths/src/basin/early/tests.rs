use ndarray::{Array2, array};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::gap::Measure;

fn gaps(values: Array2<f64>) -> Predictor {
    let models = (0..values.nrows()).map(|i| format!("m{i}")).collect();
    Predictor::Gaps(GapMatrix::new(models, Measure::ConvexityGap, values).unwrap())
}

fn few() -> EarlyOptions {
    EarlyOptions { n_permutations: 199, n_resamples: 50, ..EarlyOptions::default() }
}

#[test]
fn scores_by_hand() {
    let at = |scores: [f64; 5]| wins(&Predictor::Scores(scores.to_vec()), &[1, 1, 0, 0, 0]);
    // Whichever pair is left out, the others of cluster 1 are higher. The model at 2.5 loses to the one at 3.
    assert_eq!(at([2.5, 9.0, 0.0, 1.0, 3.0]), array![[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]);
    // The direction does not matter.
    assert_eq!(at([-2.5, -9.0, 0.0, -1.0, -3.0]), array![[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]);
    // Without the first model and 0, cluster 1 is at 0 and cluster 0 at 4: low is then taken for cluster 1,
    // and 9 loses to 0. Without the second, it is at 9: high, and 0 ties with 0.
    assert_eq!(at([9.0, 0.0, 0.0, 4.0, 4.0]).row(0).to_vec(), [0.0, 0.0, 0.0]);
    assert_eq!(at([9.0, 0.0, 0.0, 4.0, 4.0]).row(1).to_vec(), [0.5, 0.0, 0.0]);
    assert_eq!(at([7.0; 5]), Array2::from_elem((2, 3), 0.5));
}

#[test]
fn gaps_by_hand() {
    let values =
        array![[0.0, 1.0, 5.0, 6.0], [1.0, 0.0, 2.0, 4.0], [5.0, 2.0, 0.0, 3.0], [6.0, 4.0, 3.0, 0.0]];
    // Cluster 1 is {0, 1}, cluster 0 is {2, 3}. Left out 0 and 2: model 0 scores 6 - 1, model 2 scores 3 - 2.
    // Left out 0 and 3: 5 - 1 against 3 - 4. Left out 1 and 2: 4 - 1 against 3 - 5. Left out 1 and 3: 2 - 1
    // against 3 - 6.
    assert_eq!(wins(&gaps(values), &[1, 1, 0, 0]), array![[1.0, 1.0], [1.0, 1.0]]);
    let values =
        array![[0.0, 5.0, 1.0, 1.0], [5.0, 0.0, 1.0, 2.0], [1.0, 1.0, 0.0, 2.0], [1.0, 2.0, 2.0, 0.0]];
    // 0 and 2: 1 - 5 against 2 - 1. 0 and 3: 1 - 5 against 2 - 2. 1 and 2: 2 - 5 against 2 - 1. 1 and 3: 1 -
    // 5 against 2 - 1.
    assert_eq!(wins(&gaps(values), &[1, 1, 0, 0]), array![[0.0, 0.0], [0.0, 0.0]]);
    let equal = Array2::from_shape_fn((5, 5), |(i, j)| if i == j { 0.0 } else { 0.1 });
    assert_eq!(wins(&gaps(equal), &[1, 0, 1, 0, 0]), Array2::from_elem((2, 3), 0.5));
}

/// Returns the distances between models in a plane.
fn plane(cluster: &[usize], apart: f64, rng: &mut impl Rng) -> Array2<f64> {
    let points: Vec<[f64; 2]> = cluster
        .iter()
        .map(|&cluster| {
            let [x, y]: [f64; 2] = [0; 2].map(|_| StandardNormal.sample(rng));
            [x + apart * cluster as f64, y]
        })
        .collect();
    let distance = |i: usize, j: usize| (points[i][0] - points[j][0]).hypot(points[i][1] - points[j][1]);
    Array2::from_shape_fn((points.len(), points.len()), |(i, j)| distance(i.max(j), i.min(j)))
}

#[test]
fn planted_clusters_are_told_perfectly() {
    let (cluster, mut rng) = ([0, 1, 1, 0, 0, 1, 0, 0, 1, 0], lmc_base::seed::rng(1, "planted"));
    let predictors = [
        gaps(plane(&cluster, 20.0, &mut rng)),
        Predictor::Scores(cluster.iter().map(|&c| rng.random_range(0.0..1.0) - 3.0 * c as f64).collect()),
    ];
    for predictor in predictors {
        let prediction = predict_early(&predictor, &cluster, &EarlyOptions::default()).unwrap();
        assert_eq!((prediction.auc, prediction.interval), (1.0, (1.0, 1.0)));
        // There are 210 ways to choose 4 of 10, so this one is met about once in 210 draws.
        assert!(prediction.p_value < 0.02, "{prediction:?}");
        // Names of the clusters do not matter.
        let exchanged: Vec<usize> = cluster.iter().map(|c| 1 - c).collect();
        assert_eq!(predict_early(&predictor, &exchanged, &few()).unwrap().auc, 1.0);
    }
}

/// Returns the AUC from leaving out each model alone, for comparison.
fn one_left_out(predictor: &Predictor, cluster: &[usize]) -> f64 {
    let n = cluster.len();
    let scores: Vec<f64> = (0..n)
        .map(|i| {
            let mean = |of: usize, value: &dyn Fn(usize) -> f64| {
                let members: Vec<f64> = (0..n).filter(|&j| j != i && cluster[j] == of).map(value).collect();
                members.iter().sum::<f64>() / members.len() as f64
            };
            match predictor {
                Predictor::Gaps(gaps) => {
                    let gap = |j: usize| gaps.values[[i, j]];
                    mean(0, &gap) - mean(1, &gap)
                }
                Predictor::Scores(scores) => {
                    let score = |j: usize| scores[j];
                    let (zero, one) = (mean(0, &score), mean(1, &score));
                    (scores[i] - (zero + one) / 2.0) * (one - zero).signum()
                }
            }
        })
        .collect();
    let labels: Vec<bool> = cluster.iter().map(|&c| c == 1).collect();
    crate::stats::roc_auc(&labels, &scores).unwrap()
}

#[test]
fn where_there_is_nothing_to_predict_the_auc_is_a_half_on_average() {
    const N_DRAWS: usize = 1_500;
    let cluster: Vec<usize> = (0..16).map(|i| usize::from(i < 7)).collect();
    let mut rng = lmc_base::seed::rng(0, "null");
    let mut sums = [[0.0; 2]; 2];
    for _ in 0..N_DRAWS {
        let scores = (0..16).map(|_| StandardNormal.sample(&mut rng)).collect();
        let predictors = [gaps(plane(&cluster, 0.0, &mut rng)), Predictor::Scores(scores)];
        for (sums, predictor) in sums.iter_mut().zip(&predictors) {
            sums[0] += mean(&wins(predictor, &cluster)) / N_DRAWS as f64;
            sums[1] += one_left_out(predictor, &cluster) / N_DRAWS as f64;
        }
    }
    println!("mean AUC by gaps and by scores, pairs and single models left out: {sums:.3?}");
    // The standard error of each mean is 0.006.
    for [pairs, _] in sums {
        assert!((pairs - 0.5).abs() < 0.02, "{sums:?}");
    }
    // Leaving out one model at a time is pessimistic with gaps.
    assert!(sums[0][1] < 0.46, "{sums:?}");
}

#[test]
fn p_values_are_even_where_there_is_nothing_to_predict() {
    let cluster: Vec<usize> = (0..10).map(|i| usize::from(i % 2 == 0)).collect();
    let mut rng = lmc_base::seed::rng(3, "null");
    let n = 200;
    let small = (0..n).filter(|&seed| {
        let predictor = gaps(plane(&cluster, 0.0, &mut rng));
        predict_early(&predictor, &cluster, &EarlyOptions { seed, ..few() }).unwrap().p_value <= 0.2
    });
    // 40 on average, with a standard deviation of 5.7.
    let small = small.count();
    assert!((20..=60).contains(&small), "{small} of {n}");
}

#[test]
fn the_interval_holds_the_auc_and_the_seed_decides() {
    let cluster: Vec<usize> = (0..14).map(|i| usize::from(i < 6)).collect();
    let predictor = gaps(plane(&cluster, 1.5, &mut lmc_base::seed::rng(5, "plane")));
    let prediction = predict_early(&predictor, &cluster, &few()).unwrap();
    let (low, high) = prediction.interval;
    assert!(low < prediction.auc && prediction.auc < high, "{prediction:?}");
    assert_eq!(predict_early(&predictor, &cluster, &few()).unwrap(), prediction);
    let other = predict_early(&predictor, &cluster, &EarlyOptions { seed: 1, ..few() }).unwrap();
    assert_eq!(other.auc, prediction.auc);
    assert_ne!(other.interval, prediction.interval);
    let narrow = EarlyOptions { confidence: 0.5, ..few() };
    let narrow = predict_early(&predictor, &cluster, &narrow).unwrap().interval;
    assert!(low <= narrow.0 && narrow.1 <= high);
}

#[test]
fn bad_input_is_a_typed_error() {
    let scores = |n: usize| Predictor::Scores((0..n).map(|i| i as f64).collect());
    let error = |predictor: &Predictor, cluster: &[usize], options: &EarlyOptions| {
        predict_early(predictor, cluster, options).unwrap_err()
    };
    let five = [0, 1, 0, 1, 0];
    assert!(matches!(error(&scores(4), &five, &few()), LmcError::ShapeMismatch { .. }));
    let square = gaps(Array2::from_shape_fn((4, 4), |(i, j)| (i as f64 - j as f64).abs()));
    assert!(matches!(error(&square, &five, &few()), LmcError::ShapeMismatch { .. }));
    let alone = error(&scores(5), &[0, 1, 0, 0, 0], &few()).to_string();
    assert!(alone.contains("4 and 1 models") && alone.contains("left out"), "{alone}");
    let field = |predictor: &Predictor, cluster: &[usize], options: &EarlyOptions| {
        let error = error(predictor, cluster, options);
        let LmcError::InvalidParameter { field, .. } = error else { panic!("{error}") };
        field
    };
    assert_eq!(field(&scores(5), &[0, 1, 0, 2, 1], &few()), "final_cluster");
    assert_eq!(field(&Predictor::Scores(vec![]), &[], &few()), "final_cluster");
    let holes = Predictor::Scores(vec![0.0, f64::NAN, 1.0, 2.0, 3.0]);
    assert_eq!(field(&holes, &five, &few()), "values");
    assert_eq!(field(&scores(5), &five, &EarlyOptions { n_permutations: 0, ..few() }), "n_permutations");
    assert_eq!(field(&scores(5), &five, &EarlyOptions { n_resamples: 0, ..few() }), "n_resamples");
    assert_eq!(field(&scores(5), &five, &EarlyOptions { confidence: 1.0, ..few() }), "confidence");
}
