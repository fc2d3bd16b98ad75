//! Gaps, basins, statistics and confidence against numpy, scipy and scikit-learn:
//! `golden/generate_{gap,basin,clusters,landmarks,stats,confidence}.py`.

use lmc::{
    basin::{self, ClusterOptions, Delta},
    confidence::{Interval, IntervalMethod, LineLosses, Resamples, line_confidence, recluster},
    gap::{self, GapMatrix, LandmarkGaps, Measure},
    stats,
};
use ndarray::Array2;
use serde_json::Value;
use std::path::Path;

fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    rows(value).iter().map(number).collect()
}

fn classes(value: &Value) -> Vec<i64> {
    rows(value).iter().map(|class| class.as_i64().unwrap()).collect()
}

fn clusters(value: &Value) -> Vec<usize> {
    rows(value).iter().map(|cluster| cluster.as_u64().unwrap() as usize).collect()
}

fn flags(value: &Value) -> Vec<bool> {
    rows(value).iter().map(|flag| flag.as_bool().unwrap()).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let flat: Vec<f64> = rows(value).iter().flat_map(floats).collect();
    let n = rows(value).len();
    Array2::from_shape_vec((n, flat.len() / n), flat).unwrap()
}

fn delta(value: &Value) -> Delta {
    match value.as_str().unwrap() {
        "auto" => Delta::Auto,
        "1" => Delta::Paper,
        width => Delta::Fixed(width.parse().unwrap()),
    }
}

#[track_caller]
fn assert_close(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!(
        (got - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{what}: {got}, expected {expected}"
    );
}

#[track_caller]
fn assert_all_close(what: &str, got: &Array2<f64>, expected: &Array2<f64>, tolerance: f64) {
    assert_eq!(got.shape(), expected.shape(), "{what}");
    got.iter().zip(expected).for_each(|(&got, &expected)| assert_close(what, got, expected, tolerance));
}

#[test]
fn gaps_of_curves() {
    let golden = golden("gap.json");
    assert!(rows(&golden).len() >= 50);
    for curve in rows(&golden) {
        let (kind, losses) = (curve["kind"].as_str().unwrap(), floats(&curve["losses"]));
        let height = gap::barrier_height(&losses).unwrap();
        let gap = gap::convexity_gap(&losses).unwrap();
        let area = gap::area_under_curve(&losses, number(&curve["length"])).unwrap();
        assert_close(kind, height, number(&curve["barrier_height"]), 1e-12);
        assert_close(kind, gap, number(&curve["convexity_gap"]), 1e-12);
        assert_close(kind, area, number(&curve["area_under_curve"]), 1e-12);
        match kind {
            "flat" => assert_eq!((gap, area), (0.0, 0.0)),
            "line" | "convex" => assert!(gap < 1e-12),
            "concave" => assert!((gap - height).abs() < 1e-12 && gap > 0.0),
            _ => assert!(gap >= height),
        }
    }
}

#[test]
fn basins_of_gap_matrices() {
    let golden = golden("basin.json");
    assert!(rows(&golden).len() >= 30);
    for case in rows(&golden) {
        let values = matrix(&case["gaps"]);
        let name = format!("{} {} delta {}", case["kind"], values.nrows(), case["delta"]);
        let models = (0..values.nrows()).map(|i| format!("m{i}")).collect();
        let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
        let delta = delta(&case["delta"]);
        let affinity = basin::affinity(&gaps, delta).unwrap();
        assert_close(&name, affinity.delta, number(&case["width"]), 1e-12);
        let dropped = basin::spectral_embedding(&affinity.values, 2, true).unwrap();
        assert_all_close(&name, &dropped, &matrix(&case["embedding_drop_first"]), 1e-8);

        let basins = basin::cluster(&gaps, &ClusterOptions { delta, ..ClusterOptions::default() }).unwrap();
        assert_all_close(&name, &basins.embedding, &matrix(&case["embedding"]), 1e-8);
        assert_eq!(basins.cluster, clusters(&case["cluster"]), "{name}");
        assert_all_close(&name, &basins.centroids, &matrix(&case["centroids"]), 1e-8);
        for (&got, expected) in basins.membership.iter().zip(floats(&case["membership"])) {
            assert_close(&name, got, expected, 1e-8);
        }
        assert_close(&name, basins.silhouette, number(&case["silhouette"]), 1e-12);
        assert_close(&name, basins.within, number(&case["within"]), 1e-12);
        assert_close(&name, basins.across, number(&case["across"]), 1e-12);
    }
}

#[test]
fn basins_of_gap_matrices_that_are_hard() {
    let golden = golden("clusters.json");
    assert!(rows(&golden).len() >= 60);
    for case in rows(&golden) {
        let (n, width, apart) =
            (case["n"].as_u64().unwrap() as usize, number(&case["width"]), number(&case["apart"]));
        let name = format!("{} {n} width {width}", case["kind"]);
        let mut upper = floats(&case["gaps"]).into_iter();
        let mut values = Array2::zeros((n, n));
        for i in 0..n {
            for j in i + 1..n {
                values[[i, j]] = upper.next().unwrap();
                values[[j, i]] = values[[i, j]];
            }
        }
        let models: Vec<String> = (0..n).map(|i| format!("m{i}")).collect();
        let gaps = GapMatrix::new(models.clone(), Measure::ConvexityGap, values.clone()).unwrap();
        let options = ClusterOptions { delta: Delta::Fixed(width), ..ClusterOptions::default() };
        let basins = basin::cluster(&gaps, &options).unwrap();
        assert_eq!(basins.cluster, clusters(&case["cluster"]), "{name}");
        let expected = floats(&case["membership"]);
        // The effect of rounding on the vectors grows as two eigenvalues come near to each other.
        let largest = expected.iter().fold(0.0, |largest: f64, score| largest.max(score.abs()));
        // A coordinate is an entry of a vector divided by the root of the degree, which is small for an
        // outlier.
        let degree = |i: usize| {
            (0..n).filter(|&j| j != i).map(|j| (-0.5 * (values[[i, j]] / width).powi(2)).exp()).sum::<f64>()
        };
        let least = (0..n).map(degree).filter(|degree| *degree > 0.0).fold(1.0, f64::min);
        let tolerance = largest * (1e-9 + 1e-13 / apart) + 1e-13 / least.sqrt();
        for (got, expected) in basins.membership.iter().zip(&expected) {
            assert!((got - expected).abs() <= tolerance, "{name}: {got}, expected {expected}");
        }
        // The same models stand in another order.
        let order: Vec<usize> = (0..n).map(|i| (5 * i + 3) % n).filter(|_| n % 5 != 0).collect();
        let order = if order.is_empty() { (0..n).rev().collect() } else { order };
        let moved = GapMatrix::new(
            order.iter().map(|&i| models[i].clone()).collect(),
            Measure::ConvexityGap,
            values.select(ndarray::Axis(0), &order).select(ndarray::Axis(1), &order),
        );
        let moved = basin::cluster(&moved.unwrap(), &options).unwrap();
        // If two clusters have one size, the first model's is the first.
        let exchanged = moved.cluster[0] != basins.cluster[order[0]];
        for (to, &from) in order.iter().enumerate() {
            let (cluster, score) = match exchanged {
                true => (1 - moved.cluster[to], -moved.membership[to]),
                false => (moved.cluster[to], moved.membership[to]),
            };
            assert_eq!(cluster, basins.cluster[from], "{name}");
            assert!((score - basins.membership[from]).abs() <= tolerance, "{name}");
        }
        assert!(!exchanged || 2 * basins.sizes()[0] == n, "{name}");
    }
}

#[test]
fn basins_of_landmark_gaps() {
    let golden = golden("landmarks.json");
    assert!(rows(&golden).len() >= 30);
    for case in rows(&golden) {
        let values = matrix(&case["gaps"]);
        let name = format!("{} {:?} delta {}", case["kind"], values.dim(), case["delta"]);
        let models = (0..values.nrows()).map(|i| format!("m{i}")).collect();
        let landmarks = clusters(&case["landmarks"]);
        let gaps = LandmarkGaps::new(models, Measure::ConvexityGap, landmarks, values).unwrap();
        let options = ClusterOptions { delta: delta(&case["delta"]), ..ClusterOptions::default() };
        let basins = basin::cluster_landmarks(&gaps, &options).unwrap();
        assert_close(&name, basins.delta, number(&case["width"]), 1e-12);
        assert_all_close(&name, &basins.embedding, &matrix(&case["embedding"]), 1e-8);
        assert_eq!(basins.cluster, clusters(&case["cluster"]), "{name}");
        for (&got, expected) in basins.membership.iter().zip(floats(&case["membership"])) {
            assert_close(&name, got, expected, 1e-8);
        }
        assert_close(&name, basins.within, number(&case["within"]), 1e-12);
        assert_close(&name, basins.across, number(&case["across"]), 1e-12);
        assert_close(&name, basins.silhouette, number(&case["silhouette"]), 1e-12);
    }
}

#[test]
fn landmarks_of_the_embedded_study() {
    let values = matrix(&golden("mini-gaps.json")["gaps"]);
    let models = (0..16).map(|i| format!("s{}", 100 + i)).collect();
    let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
    let options = ClusterOptions { n_init: 10, ..ClusterOptions::default() };
    let whole = basin::cluster(&gaps, &options).unwrap();
    assert_eq!(whole.sizes(), [9, 7]);
    let indices = |m: usize| -> Vec<f64> {
        let index = |seed| {
            let landmarks = basin::choose_landmarks(16, m, seed).unwrap();
            let known = LandmarkGaps::from_matrix(&gaps, &landmarks).unwrap();
            let basins = basin::cluster_landmarks(&known, &options).unwrap();
            stats::adjusted_rand_index(&basins.cluster, &whole.cluster).unwrap()
        };
        (0..50).map(index).collect()
    };
    // A quarter of so few and such noisy gaps is often too little; half of the models as landmarks is enough.
    let (quarter, half) = (indices(4), indices(8));
    assert!(stats::mean(&quarter).unwrap() > 0.6 && stats::mean(&half).unwrap() > 0.9);
    let recovered = half.iter().filter(|&&index| index >= 0.95).count();
    assert!(recovered >= 35, "{recovered} of 50");
    assert_eq!(stats::mean(&indices(16)).unwrap(), 1.0);
}

#[test]
fn correlation_and_moments() {
    for case in rows(&golden("stats.json")["columns"]) {
        let (x, y) = (floats(&case["x"]), floats(&case["y"]));
        let line = stats::least_squares(&x, &y).unwrap();
        assert_close("pearson", stats::pearson(&x, &y).unwrap(), number(&case["pearson"]), 1e-10);
        assert_close("slope", line.slope, number(&case["slope"]), 1e-10);
        assert_close("intercept", line.intercept, number(&case["intercept"]), 1e-10);
        assert_close("mean", stats::mean(&x).unwrap(), number(&case["mean"]), 1e-12);
        let deviation = stats::standard_deviation(&x).unwrap();
        assert_close("standard deviation", deviation, number(&case["standard_deviation"]), 1e-12);
        let quantile = stats::quantile(&x, number(&case["share"])).unwrap();
        assert_close("quantile", quantile, number(&case["quantile"]), 1e-12);
    }
}

#[test]
fn classification() {
    let golden = golden("stats.json");
    for case in rows(&golden["predictions"]) {
        let (labels, predictions) = (classes(&case["labels"]), classes(&case["predictions"]));
        let right: Vec<bool> = labels.iter().zip(&predictions).map(|(label, got)| label == got).collect();
        let accuracy = stats::accuracy(&labels, &predictions).unwrap();
        let matthews = stats::matthews_correlation(&labels, &predictions).unwrap();
        let f1 = stats::f1(&labels, &predictions, 1).unwrap();
        let macro_f1 = stats::macro_f1(&labels, &predictions).unwrap();
        let calibration = stats::expected_calibration_error(&floats(&case["confidences"]), &right).unwrap();
        assert_close("accuracy", accuracy, number(&case["accuracy"]), 1e-12);
        assert_close("MCC", matthews, number(&case["matthews_correlation"]), 1e-12);
        assert_close("F1", f1, number(&case["f1"]), 1e-12);
        assert_close("macro F1", macro_f1, number(&case["macro_f1"]), 1e-12);
        assert_close("ECE", calibration, number(&case["expected_calibration_error"]), 1e-12);
    }
    for case in rows(&golden["rankings"]) {
        let auc = stats::roc_auc(&flags(&case["labels"]), &floats(&case["scores"])).unwrap();
        assert_close("ROC AUC", auc, number(&case["roc_auc"]), 1e-12);
    }
}

#[test]
fn agreement_of_clusterings() {
    for case in rows(&golden("stats.json")["clusterings"]) {
        let (a, b) = (clusters(&case["a"]), clusters(&case["b"]));
        let index = stats::adjusted_rand_index(&a, &b).unwrap();
        let silhouette = stats::silhouette(&matrix(&case["distances"]), &a).unwrap();
        assert_close("adjusted Rand index", index, number(&case["adjusted_rand_index"]), 1e-12);
        assert_close("silhouette", silhouette, number(&case["silhouette"]), 1e-12);
    }
}

#[test]
fn permutation_test_approaches_the_exact_one() {
    const N: usize = 20_000;
    for case in rows(&golden("stats.json")["two_groups"]) {
        let (labels, values) = (clusters(&case["labels"]), floats(&case["values"]));
        let (p, exact) =
            (stats::permutation_test(&labels, &values, N, 42).unwrap(), number(&case["p_exact"]));
        let standard_error = (exact * (1.0 - exact) / N as f64).sqrt();
        assert!((p - exact).abs() < 4.0 * standard_error + 1.0 / N as f64, "{p}, expected {exact}");
    }
}

#[test]
fn confidence_of_lines_and_clusters() {
    let golden = golden("confidence.json");
    let resamples = Resamples::from_counts(matrix(&golden["counts"])).unwrap();
    let lines = rows(&golden["lines"]);
    let line = |number: usize| {
        let case = &lines[number];
        let losses = matrix(&case["losses"]).mapv(|loss| loss as f32);
        Ok(LineLosses { alphas: floats(&case["alphas"]), losses, distance: self::number(&case["distance"]) })
    };
    let confidence = number(&golden["confidence"]);
    let (found, gaps) = line_confidence(lines.len(), line, &resamples, confidence).unwrap();
    for (found, expected) in found.iter().zip(lines) {
        for (name, interval) in [
            ("barrier_height", found.barrier_height),
            ("convexity_gap", found.convexity_gap),
            ("auc", found.auc),
        ] {
            let of = |end: &str| number(&expected[name][end]);
            assert_close(name, interval.value, of("value"), 1e-12);
            assert_close(name, interval.low, of("low"), 1e-12);
            assert_close(name, interval.high, of("high"), 1e-12);
        }
    }
    assert_all_close("resampled gaps", &gaps, &matrix(&golden["resampled_gaps"]), 1e-12);

    let pairs: Vec<[usize; 2]> =
        rows(&golden["pairs"]).iter().map(|pair| [clusters(pair)[0], clusters(pair)[1]]).collect();
    let mut whole = Array2::zeros((7, 7));
    for (&[a, b], line) in pairs.iter().zip(&found) {
        (whole[[a, b]], whole[[b, a]]) = (line.convexity_gap.value, line.convexity_gap.value);
    }
    let models = (0..7).map(|i| format!("m{i}")).collect();
    let whole = GapMatrix::new(models, Measure::ConvexityGap, whole).unwrap();
    let options = ClusterOptions::default();
    let full = basin::cluster(&whole, &options).unwrap();
    assert_eq!(full.cluster, clusters(&golden["full"]["cluster"]));
    let draws = recluster(&full, &pairs, &gaps, &options).unwrap();
    assert_eq!(draws.len(), rows(&golden["draws"]).len());
    for (draw, expected) in draws.iter().zip(rows(&golden["draws"])) {
        let draw = draw.as_ref().unwrap();
        assert_eq!(draw.cluster, clusters(&expected["cluster"]));
        for (&got, expected) in draw.membership.iter().zip(floats(&expected["membership"])) {
            assert_close("membership", got, expected, 1e-8);
        }
        for (name, got) in [
            ("silhouette", draw.silhouette),
            ("within", draw.within),
            ("across", draw.across),
            ("adjusted_rand", draw.adjusted_rand),
        ] {
            assert_close(name, got, number(&expected[name]), 1e-10);
        }
    }
}

#[test]
fn usual_intervals() {
    let golden = &golden("confidence.json");
    let (case, confidence) = (&golden["usual"], number(&golden["confidence"]));
    for (name, method) in [
        ("percentile", IntervalMethod::Percentile),
        ("basic", IntervalMethod::Basic),
        ("symmetric", IntervalMethod::Symmetric),
    ] {
        let found =
            Interval::of(number(&case["value"]), &floats(&case["resampled"]), confidence, method).unwrap();
        let expected = floats(&case[name]);
        assert_close(name, found.low, expected[0], 1e-12);
        assert_close(name, found.high, expected[1], 1e-12);
    }
}
