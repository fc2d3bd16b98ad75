//! Numbers of basins, models alone and memberships as scipy and scikit-learn have them:
//! `tests/golden/generate_numbers_of_basins.py`.

use serde_json::Value;

use super::*;
use crate::basin::{ClusterOptions, Delta, cluster};
use crate::gap::Measure;
use crate::stats::adjusted_rand_index;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn gaps(case: &Value) -> GapMatrix {
    let n = case["n"].as_u64().unwrap() as usize;
    let (mut values, mut upper) = (Array2::zeros((n, n)), numbers(&case["gaps"]).into_iter());
    for i in 0..n {
        for j in i + 1..n {
            values[[i, j]] = upper.next().unwrap();
            values[[j, i]] = values[[i, j]];
        }
    }
    GapMatrix::new((0..n).map(|i| format!("m{i}")).collect(), Measure::ConvexityGap, values).unwrap()
}

#[test]
fn numbers_of_basins_are_those_of_scipy_and_scikit_learn() {
    let golden = include_str!("../../../../../../tests/golden/numbers_of_basins.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let cases = golden["rows"].as_array().unwrap();
    assert!(cases.len() >= 25);
    for case in cases {
        let (gaps, name) = (gaps(case), case["planted"].to_string());
        let found = found(&gaps, 42).unwrap();
        match case["firmness"].as_f64() {
            Some(expected) => assert!((found.firmness - expected).abs() < 1e-12, "{name}: {found:?}"),
            None => assert!(found.firmness.is_nan() && found.p_value.is_nan(), "{name}: {found:?}"),
        }
        let expected: Vec<Option<usize>> = numbers(&case["basin"])
            .into_iter()
            .map(|basin| (basin >= 0.0).then_some(basin as usize))
            .collect();
        let same = |a: usize, b: usize, of: &[Option<usize>]| of[a] == of[b] && of[a].is_some();
        for a in 0..expected.len() {
            assert_eq!(found.basin[a].is_some(), expected[a].is_some(), "{name}: model {a}");
            for b in 0..a {
                assert_eq!(same(a, b, &found.basin), same(a, b, &expected), "{name}: models {a} and {b}");
            }
        }
    }
}

#[test]
fn the_embedded_study_has_two_basins_and_models_between_them() {
    let golden = include_str!("../../../../../../tests/golden/mini-gaps.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let rows = golden["gaps"].as_array().unwrap();
    let values = Array2::from_shape_fn((16, 16), |(i, j)| rows[i][j].as_f64().unwrap());
    let models = (0..16).map(|i| format!("s{}", 100 + i)).collect();
    let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
    let two = cluster(&gaps, &ClusterOptions::default()).unwrap();
    let basins =
        cluster(&gaps, &ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() }).unwrap();
    assert_eq!((two.sizes(), basins.sizes(), basins.outliers().len()), (vec![9, 7], vec![7, 6], 3));
    // The models that are in a basin are divided as all are.
    let inside: Vec<usize> = (0..16).filter(|&model| basins.basin_of(model).is_some()).collect();
    let of = |cluster: &[usize]| inside.iter().map(|&model| cluster[model]).collect::<Vec<_>>();
    assert_eq!(adjusted_rand_index(&of(&two.cluster), &of(&basins.cluster)).unwrap(), 1.0);
}

#[test]
fn three_and_more_spectral_clusters_are_those_of_scikit_learn() {
    let golden = include_str!("../../../../../../tests/golden/numbers_of_basins.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let cases = golden["rows"].as_array().unwrap().iter().filter(|case| !case["spectral"].is_null());
    let mut seen = 0;
    for case in cases {
        let (gaps, expected, name) = (gaps(case), &case["spectral"], case["planted"].to_string());
        let number = expected["memberships"][0].as_array().unwrap().len();
        let delta = Delta::Fixed(case["width"].as_f64().unwrap());
        let options =
            ClusterOptions { basins: BasinCount::Exactly(number), delta, ..ClusterOptions::default() };
        let basins = cluster(&gaps, &options).unwrap();
        let clusters: Vec<usize> = numbers(&expected["cluster"]).into_iter().map(|of| of as usize).collect();
        assert_eq!(basins.cluster, clusters, "{name}");
        assert!((basins.silhouette - expected["silhouette"].as_f64().unwrap()).abs() < 1e-12, "{name}");
        for (model, row) in expected["memberships"].as_array().unwrap().iter().enumerate() {
            for (basin, score) in numbers(row).into_iter().enumerate() {
                let got = basins.memberships[[model, basin]];
                assert!((got - score).abs() < 1e-8, "{name}: {got} and {score}");
            }
        }
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}
