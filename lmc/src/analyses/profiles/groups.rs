//! Kinds of models: by score, or by basin.

use polars::prelude::DataFrame;

use crate::table::{self, CLUSTERS, Metric};
use crate::{LmcError, Result};

/// Returns a [`GROUPS`](table::GROUPS) table of the `n` best models ("gen") and the `n` worst ("heur") by one
/// metric on one set.
///
/// With 5 models on HANS lexical overlap these are the kinds of Fig. 1 of Juneja et al. (2023).
///
/// # Errors
/// [`LmcError::UnknownName`] for a set without evaluations, [`LmcError::InvalidParameter`] if fewer than 2
/// `n` models were evaluated on it.
pub fn groups_by_score(
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
    n: usize,
) -> Result<DataFrame> {
    let names = table::texts(evaluations, &table::EVALUATIONS, "model")?;
    let sets = table::texts(evaluations, &table::EVALUATIONS, "dataset")?;
    let models: Vec<_> =
        names.into_iter().zip(sets).filter(|(_, set)| set == dataset).map(|(name, _)| name).collect();
    let scores = table::scores(evaluations, dataset, metric, &models)?;
    if n == 0 || models.len() < 2 * n {
        return Err(LmcError::invalid(
            "n",
            n,
            format!("1 to {} of {} models", models.len() / 2, models.len()),
        ));
    }
    let mut order: Vec<usize> = (0..models.len()).collect();
    order.sort_by(|&i, &j| scores[j].total_cmp(&scores[i]));
    if !metric.larger_is_better() {
        order.reverse();
    }
    order.drain(n..models.len() - n);
    let kept: Vec<_> = order.into_iter().map(|i| models[i].clone()).collect();
    let kinds: Vec<_> = (0..2 * n).map(|i| if i < n { "gen" } else { "heur" }).collect();
    Ok(polars::df!("model" => kept, "group" => kinds)?)
}

/// Returns a [`GROUPS`](table::GROUPS) table that groups the models of a [`CLUSTERS`] table, such as one of
/// basins, by basin: "basin 1", "basin 2".
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema.
pub fn groups_by_basin(basins: &DataFrame) -> Result<DataFrame> {
    let clusters = table::integers(basins, &CLUSTERS, "cluster")?;
    let mut members: Vec<_> = table::texts(basins, &CLUSTERS, "model")?.into_iter().zip(clusters).collect();
    members.sort_by_key(|(_, cluster)| *cluster);
    let (models, clusters): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let groups: Vec<_> = clusters.into_iter().map(|cluster| format!("basin {cluster}")).collect();
    Ok(polars::df!("model" => models, "group" => groups)?)
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;
    use crate::table::GROUPS;

    #[test]
    fn the_best_and_the_worst_models_become_groups() {
        let n = 5;
        let evaluations = df!(
            "model" => ["a", "b", "c", "d", "e"], "dataset" => vec!["lo"; n], "n_examples" => vec![9_i64; n],
            "loss" => [5.0, 4.0, 3.0, 2.0, 1.0], "accuracy" => [0.1, 0.9, 0.5, 0.8, 0.2], "f1" => vec![0.0; n],
            "mcc" => vec![0.0; n], "ece" => vec![0.0; n]
        )
        .unwrap();
        let groups = groups_by_score(&evaluations, "lo", Metric::Accuracy, 2).unwrap();
        assert_eq!(table::texts(&groups, &GROUPS, "model").unwrap(), ["b", "d", "e", "a"]);
        assert_eq!(table::texts(&groups, &GROUPS, "group").unwrap(), ["gen", "gen", "heur", "heur"]);
        let groups = groups_by_score(&evaluations, "lo", Metric::Loss, 1).unwrap();
        assert_eq!(table::texts(&groups, &GROUPS, "model").unwrap(), ["e", "a"]);
        assert!(matches!(
            groups_by_score(&evaluations, "lo", Metric::Loss, 3),
            Err(LmcError::InvalidParameter { field: "n", .. })
        ));
        assert!(matches!(
            groups_by_score(&evaluations, "id", Metric::Loss, 1),
            Err(LmcError::UnknownName { .. })
        ));
    }

    #[test]
    fn basins_become_groups() {
        let basins = df!("model" => ["a", "b"], "cluster" => [2_i64, 1], "membership" => [1.0, -1.0],
            "embedding_1" => [0.0, 0.0], "embedding_2" => [0.0, 0.0])
        .unwrap();
        let groups = groups_by_basin(&basins).unwrap();
        assert_eq!(table::texts(&groups, &GROUPS, "model").unwrap(), ["b", "a"]);
        assert_eq!(table::texts(&groups, &GROUPS, "group").unwrap(), ["basin 1", "basin 2"]);
    }
}
