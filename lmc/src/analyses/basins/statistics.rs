//! Scores of two clusters side by side (Juneja et al. 2023, Table 1).

use polars::prelude::DataFrame;

use crate::analyses::basins::{ClusterColumns, ClusterStatisticColumns};
use crate::stats::{mean, standard_deviation};
use crate::study::{Metric, scores};
use crate::{LmcError, Result};

/// The digits with which [`cluster_statistics`] computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// All digits.
    #[default]
    Exact,
    /// Means, deviations and the best score are rounded to 3 decimals before they are subtracted and divided.
    ///
    /// DIFFERENCE: Table 1 of Juneja et al. (2023) was made in this way. In its first row, the exact ratios
    /// are 2.47 and 0.99, and the printed ones are 2.50 and 1.00.
    Rounded,
}

impl Arithmetic {
    fn of(self, value: f64) -> f64 {
        match self {
            Arithmetic::Exact => value,
            Arithmetic::Rounded => (value * 1000.0).round() / 1000.0,
        }
    }
}

/// Returns a [`CLUSTER_STATISTICS`](crate::table::CLUSTER_STATISTICS) table: on each set, by the metric
/// beside it, mean and population standard deviation of the two clusters and how far they lie apart.
///
/// `clusters` is a [`CLUSTERS`](crate::table::CLUSTERS) table such as
/// [`published::clusters`](crate::analyses::published::clusters), or a [`BASINS`](crate::table::BASINS)
/// table; `evaluations` is an [`EVALUATIONS`](crate::table::EVALUATIONS) table. The best score of cluster 2
/// is its largest, or its smallest if smaller is better. If no model is in cluster 2, the columns that need it
/// are empty. Models in further clusters, and those in none (0), do not count.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] if no model is
/// in cluster 1 or a number is below 0, [`LmcError::UnknownName`] for a set or a model without evaluations.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let clusters = analyses::published::clusters("mnli")?;
/// let evaluations = analyses::published::feather_berts()?;
/// let scored = [("id", Metric::Accuracy), ("hans", Metric::Accuracy)];
/// let digits = table::Arithmetic::Rounded;
/// println!("{}", table::cluster_statistics(&clusters, &evaluations, &scored, digits)?);
/// # Ok::<(), LmcError>(())
/// ```
///
/// # Reference
/// Juneja et al. 2023, appendix H, Table 1.
pub fn cluster_statistics(
    clusters: &DataFrame,
    evaluations: &DataFrame,
    scored: &[(&str, Metric)],
    arithmetic: Arithmetic,
) -> Result<DataFrame> {
    let members = Members::of(clusters)?;
    let sizes = members.0.each_ref().map(Vec::len);
    let rows = scored.iter().map(|&(dataset, metric)| {
        let [first, second] = members.scores(evaluations, dataset, metric)?;
        Row::of(&first, &second, metric, arithmetic)
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let of = |value: fn(&Row) -> f64| rows.iter().map(value).collect::<Vec<_>>();
    let ratio = |value: fn(&Row) -> Option<f64>| rows.iter().map(value).collect::<Vec<_>>();
    ClusterStatisticColumns {
        dataset: scored.iter().map(|(dataset, _)| (*dataset).to_owned()).collect(),
        metric: scored.iter().map(|(_, metric)| metric.to_string()).collect(),
        n_1: vec![sizes[0] as i64; scored.len()],
        mean_1: of(|row| row.mean_1),
        sd_1: of(|row| row.sd_1),
        n_2: vec![sizes[1] as i64; scored.len()],
        mean_2: ratio(|row| row.mean_2),
        sd_2: ratio(|row| row.sd_2),
        best_2: ratio(|row| row.best_2),
        difference: ratio(|row| row.in_deviations(row.mean_2?)),
        margin: ratio(|row| row.in_deviations(row.best_2?)),
    }
    .frame()
}

/// The models of cluster 1 and of cluster 2.
pub(crate) struct Members([Vec<String>; 2]);

impl Members {
    /// Reads the members from a [`CLUSTERS`](crate::table::CLUSTERS) table; cluster 1 is not empty.
    pub(crate) fn of(clusters: &DataFrame) -> Result<Members> {
        let models = ClusterColumns::model(clusters)?;
        let cluster = ClusterColumns::cluster(clusters)?;
        let members = [1, 2].map(|wanted| -> Vec<String> {
            models
                .iter()
                .zip(&cluster)
                .filter(|(_, of)| **of == wanted)
                .map(|(model, _)| model.clone())
                .collect()
        });
        if members[0].is_empty() || cluster.iter().any(|&of| of < 0) {
            let got: std::collections::BTreeSet<_> = cluster.iter().collect();
            let expected = "models in cluster 1, others in 2 or more, or 0 for none";
            return Err(LmcError::invalid("clusters", format!("{got:?}"), expected));
        }
        Ok(Members(members))
    }

    /// Returns the scores of each cluster.
    pub(crate) fn scores(
        &self,
        evaluations: &DataFrame,
        dataset: &str,
        metric: Metric,
    ) -> Result<[Vec<f64>; 2]> {
        let [first, second] = &self.0;
        Ok([scores(evaluations, dataset, metric, first)?, scores(evaluations, dataset, metric, second)?])
    }
}

struct Row {
    mean_1: f64,
    sd_1: f64,
    mean_2: Option<f64>,
    sd_2: Option<f64>,
    best_2: Option<f64>,
}

impl Row {
    fn of(first: &[f64], second: &[f64], metric: Metric, arithmetic: Arithmetic) -> Result<Row> {
        let best = if metric.larger_is_better() { f64::max } else { f64::min };
        let mean_2 = (!second.is_empty()).then(|| mean(second)).transpose()?;
        let sd_2 = (second.len() > 1).then(|| standard_deviation(second)).transpose()?;
        Ok(Row {
            mean_1: arithmetic.of(mean(first)?),
            sd_1: arithmetic.of(standard_deviation(first)?),
            mean_2: mean_2.map(|mean| arithmetic.of(mean)),
            sd_2: sd_2.map(|sd| arithmetic.of(sd)),
            best_2: second.iter().copied().reduce(best).map(|best| arithmetic.of(best)),
        })
    }

    /// Returns how far a score lies below the mean of cluster 1, in standard deviations of that cluster.
    fn in_deviations(&self, score: f64) -> Option<f64> {
        (self.sd_1 > 0.0).then(|| (self.mean_1 - score) / self.sd_1)
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use serde_json::Value;

    use super::*;
    use crate::analyses::basins::CLUSTER_STATISTICS;

    /// Returns the values that numpy gives: `tests/golden/generate_published.py`.
    fn golden() -> Value {
        serde_json::from_str(include_str!("../../../../tests/golden/published.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    fn evaluations(scores: &[f64], dataset: &str) -> DataFrame {
        let n = scores.len();
        df!("model" => names(n), "dataset" => vec![dataset; n], "n_examples" => vec![9_i64; n],
            "loss" => scores.iter().map(|score| 1.0 - score).collect::<Vec<_>>(), "accuracy" => scores,
            "f1" => vec![0.0; n], "mcc" => vec![0.5; n], "ece" => vec![0.0; n])
        .unwrap()
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("m{i}")).collect()
    }

    fn clusters(cluster: &[i64]) -> DataFrame {
        df!("model" => names(cluster.len()), "cluster" => cluster).unwrap()
    }

    fn value(table: &DataFrame, column: &str, row: usize) -> Option<f64> {
        table.column(column).unwrap().f64().unwrap().get(row)
    }

    #[test]
    fn numbers_are_those_of_numpy() {
        let golden = golden();
        let case = &golden["clusters"];
        let scores = numbers(&case["scores"]);
        let cluster: Vec<i64> = numbers(&case["cluster"]).into_iter().map(|c| c as i64).collect();
        for (name, arithmetic) in [("exact", Arithmetic::Exact), ("rounded", Arithmetic::Rounded)] {
            let table = cluster_statistics(
                &clusters(&cluster),
                &evaluations(&scores, "lo"),
                &[("lo", Metric::Accuracy)],
                arithmetic,
            )
            .unwrap();
            CLUSTER_STATISTICS.check(&table).unwrap();
            for (column, expected) in case[name].as_object().unwrap() {
                let got = value(&table, column, 0).unwrap();
                let expected = expected.as_f64().unwrap();
                assert!((got - expected).abs() < 1e-12, "{name} {column}: {got} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_best_loss_is_the_smallest_and_a_single_model_has_no_deviation() {
        let (clusters, evaluations) = (clusters(&[1, 1, 2]), evaluations(&[0.5, 0.75, 0.25], "id"));
        let scored = [("id", Metric::Loss), ("id", Metric::Accuracy), ("id", Metric::Mcc)];
        let table = cluster_statistics(&clusters, &evaluations, &scored, Arithmetic::Exact).unwrap();
        assert_eq!((value(&table, "best_2", 0), value(&table, "best_2", 1)), (Some(0.75), Some(0.25)));
        assert_eq!((value(&table, "sd_2", 0), value(&table, "sd_1", 0)), (None, Some(0.125)));
        assert_eq!((value(&table, "difference", 0), value(&table, "margin", 1)), (Some(-3.0), Some(3.0)));
        assert_eq!(value(&table, "difference", 2), None, "all of cluster 1 are equal");
        let n = |column: &str| table.column(column).unwrap().i64().unwrap().get(0);
        assert_eq!((n("n_1"), n("n_2")), (Some(2), Some(1)));
    }

    #[test]
    fn the_best_of_several_losses_is_the_smallest() {
        let table = cluster_statistics(
            &clusters(&[1, 1, 2, 2]),
            &evaluations(&[0.5, 0.75, 0.25, 0.125], "id"),
            &[("id", Metric::Loss), ("id", Metric::Accuracy)],
            Arithmetic::Exact,
        )
        .unwrap();
        assert_eq!((value(&table, "best_2", 0), value(&table, "best_2", 1)), (Some(0.75), Some(0.25)));
    }

    #[test]
    fn scores_that_are_equal_but_for_rounding_have_no_deviation() {
        // The mean of three times 0.7 is not 0.7: by itself that is a deviation of 1e-16, and a difference of
        // 1.
        let scores = [0.7, 0.7, 0.7, 0.1 + 0.6, 0.7];
        let table = cluster_statistics(
            &clusters(&[1, 1, 1, 2, 2]),
            &evaluations(&scores, "lo"),
            &[("lo", Metric::Accuracy)],
            Arithmetic::Exact,
        )
        .unwrap();
        assert_eq!((value(&table, "sd_1", 0), value(&table, "sd_2", 0)), (Some(0.0), Some(0.0)));
        assert_eq!((value(&table, "difference", 0), value(&table, "margin", 0)), (None, None));
    }

    #[test]
    fn models_in_one_cluster_leave_the_second_empty() {
        let table = cluster_statistics(
            &clusters(&[1, 1]),
            &evaluations(&[0.5, 0.75], "lo"),
            &[("lo", Metric::Accuracy)],
            Arithmetic::Rounded,
        )
        .unwrap();
        CLUSTER_STATISTICS.check(&table).unwrap();
        assert_eq!((value(&table, "mean_1", 0), value(&table, "sd_1", 0)), (Some(0.625), Some(0.125)));
        for column in ["mean_2", "sd_2", "best_2", "difference", "margin"] {
            assert_eq!(value(&table, column, 0), None, "{column}");
        }
    }

    #[test]
    fn further_clusters_and_models_in_none_do_not_count() {
        let of = |cluster: &[i64]| {
            let evaluations = evaluations(&[0.5, 0.75, 0.25, 1.0, 0.0], "lo");
            let scored = [("lo", Metric::Accuracy)];
            cluster_statistics(&clusters(cluster), &evaluations, &scored, Arithmetic::Exact).unwrap()
        };
        let table = of(&[1, 1, 2, 3, 0]);
        let two = of(&[1, 1, 2, 0, 0]);
        assert_eq!((value(&table, "mean_1", 0), value(&table, "mean_2", 0)), (Some(0.625), Some(0.25)));
        assert_eq!(table, two);
    }

    #[test]
    fn other_clusters_and_unknown_models_are_refused() {
        let refused = |cluster: &[i64]| {
            let table = cluster_statistics(
                &clusters(cluster),
                &evaluations(&[0.5, 0.75], "id"),
                &[("id", Metric::Accuracy)],
                Arithmetic::Exact,
            );
            table.unwrap_err().to_string()
        };
        let expected = "expected models in cluster 1, others in 2 or more, or 0 for none";
        assert_eq!(refused(&[2, 2]), format!("`clusters`: got {{2}}, {expected}"));
        assert!(refused(&[-1, 1]).starts_with("`clusters`: got {-1, 1}"));
        assert!(refused(&[]).starts_with("`clusters`: got {}"));
        assert_eq!(refused(&[1, 2, 2]), "unknown model in the evaluations `m2`; known: m0, m1");
    }
}
