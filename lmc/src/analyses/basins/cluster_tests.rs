//! Tests of whether the scores of two clusters differ by more than chance, and measures of their overlap.

use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::basins::ClusterTestColumns;
use crate::analyses::basins::statistics::Members;
use crate::stats::{mean, permutation_test, roc_auc};
use crate::study::Metric;

/// Resamples of each permutation test.
const N_PERMUTATIONS: usize = 10_000;

/// Returns a [`CLUSTER_TESTS`](crate::table::CLUSTER_TESTS) table: whether the two clusters differ on each
/// set, by the metric beside it.
///
/// Arguments are those of [`cluster_statistics`](crate::table::cluster_statistics). The relabellings are
/// drawn by a fixed seed, so that the same tables give the same p-values. A tie counts one half in the area
/// under the ROC curve. All columns are empty if the models are in one cluster.
///
/// # Errors
/// The errors of [`cluster_statistics`](crate::table::cluster_statistics);
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for a score that is not finite.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let clusters = analyses::published::clusters("mnli")?;
/// let evaluations = analyses::published::feather_berts()?;
/// let scored = [("id", Metric::Accuracy), ("hans", Metric::Accuracy)];
/// println!("{}", table::cluster_tests(&clusters, &evaluations, &scored)?);
/// # Ok::<(), LmcError>(())
/// ```
///
/// # Reference
/// Phipson and Smyth 2010, Eq. 2; Fawcett 2006.
pub fn cluster_tests(
    clusters: &DataFrame,
    evaluations: &DataFrame,
    scored: &[(&str, Metric)],
) -> Result<DataFrame> {
    let members = Members::of(clusters)?;
    let (mut difference, mut p_value, mut auc, mut overlap) = (vec![], vec![], vec![], vec![]);
    for &(dataset, metric) in scored {
        let [first, second] = members.scores(evaluations, dataset, metric)?;
        if second.is_empty() {
            [&mut difference, &mut p_value, &mut auc, &mut overlap]
                .into_iter()
                .for_each(|column| column.push(None));
            continue;
        }
        difference.push(Some(mean(&first)? - mean(&second)?));
        let all = [first.as_slice(), second.as_slice()].concat();
        let labels: Vec<usize> = (0..all.len()).map(|i| usize::from(i >= first.len())).collect();
        p_value.push(Some(permutation_test(&labels, &all, N_PERMUTATIONS, 0)?));
        // From here on larger is better.
        let sign = if metric.larger_is_better() { 1.0 } else { -1.0 };
        let goodness: Vec<f64> = all.iter().map(|score| sign * score).collect();
        let is_first: Vec<bool> = labels.iter().map(|label| *label == 0).collect();
        auc.push(Some(roc_auc(&is_first, &goodness)?));
        let (first, second) = goodness.split_at(first.len());
        let best = second.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let no_better = first.iter().filter(|score| **score <= best).count();
        overlap.push(Some(no_better as f64 / first.len() as f64));
    }
    ClusterTestColumns {
        dataset: scored.iter().map(|(dataset, _)| (*dataset).to_owned()).collect(),
        metric: scored.iter().map(|(_, metric)| metric.to_string()).collect(),
        difference,
        p_value,
        auc,
        overlap,
    }
    .frame()
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;
    use crate::analyses::basins::CLUSTER_TESTS;

    #[test]
    fn counted_by_hand() {
        let names = ["a", "b", "c", "d", "e"];
        let clusters = df!("model" => names, "cluster" => [1_i64, 2, 1, 2, 1]).unwrap();
        let accuracy = [0.9, 0.5, 0.5, 0.2, 0.8];
        let evaluations = df!("model" => names, "dataset" => ["lo"; 5], "n_examples" => [9_i64; 5],
            "loss" => accuracy.map(|a| 1.0 - a), "accuracy" => accuracy, "f1" => [0.0; 5], "mcc" => [0.0; 5],
            "ece" => [0.0; 5])
        .unwrap();
        let scored = [("lo", Metric::Accuracy), ("lo", Metric::Loss)];
        let table = cluster_tests(&clusters, &evaluations, &scored).unwrap();
        CLUSTER_TESTS.check(&table).unwrap();
        let value = |name: &str, row| table.column(name).unwrap().f64().unwrap().get(row).unwrap();
        assert!((value("difference", 0) - (2.2 / 3.0 - 0.35)).abs() < 1e-12);
        assert!((value("difference", 1) + (2.2 / 3.0 - 0.35)).abs() < 1e-12);
        for row in [0, 1] {
            // Of 6 pairs 5 are won and one is a tie; one of the three models of cluster 1 is not better than
            // the best of cluster 2.
            assert!((value("auc", row) - 5.5 / 6.0).abs() < 1e-12);
            assert!((value("overlap", row) - 1.0 / 3.0).abs() < 1e-12);
            // Of the 10 ways to choose 2 of 5, 0.2 with either 0.5 and {0.8, 0.9} differ at least as much.
            assert!((value("p_value", row) - 0.3).abs() < 0.015, "{}", value("p_value", row));
        }
        let other = df!("model" => ["a"], "cluster" => [2_i64]).unwrap();
        assert!(cluster_tests(&other, &evaluations, &scored).is_err());
        let one = df!("model" => ["a", "b"], "cluster" => [1_i64, 1]).unwrap();
        let table = cluster_tests(&one, &evaluations, &scored).unwrap();
        CLUSTER_TESTS.check(&table).unwrap();
        for name in ["difference", "p_value", "auc", "overlap"] {
            assert_eq!(table.column(name).unwrap().null_count(), 2, "{name}");
        }
    }
}
