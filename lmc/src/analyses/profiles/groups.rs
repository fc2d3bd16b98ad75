//! Kinds of models: by score, or by basin.

use polars::prelude::DataFrame;

use crate::analyses::basins::ClusterColumns;
use crate::analyses::profiles::GroupColumns;
use crate::figures::basins::NO_BASIN;
use crate::study::{EvaluationColumns, Metric};
use crate::{LmcError, Result};

/// Returns a [`GROUPS`](crate::table::GROUPS) table of the `n` best models ("gen") and the `n` worst ("heur")
/// by one metric on one set.
///
/// With 5 models on HANS lexical overlap these are the kinds of Fig. 1 of Juneja et al. (2023).
///
/// # Errors
/// [`LmcError::UnknownName`] for a set without evaluations, [`LmcError::InvalidParameter`] if fewer than 2
/// `n` models were evaluated on it.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let evaluations = models.evaluations(&["lo"])?;
/// let groups = figure::groups_by_score(&evaluations, "lo", Metric::Accuracy, 5)?;
/// assert_eq!(groups.height(), 10);
/// # Ok::<(), LmcError>(())
/// ```
pub fn groups_by_score(
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
    n: usize,
) -> Result<DataFrame> {
    let names = EvaluationColumns::model(evaluations)?;
    let sets = EvaluationColumns::dataset(evaluations)?;
    let models: Vec<_> =
        names.into_iter().zip(sets).filter(|(_, set)| set == dataset).map(|(name, _)| name).collect();
    let scores = crate::study::scores(evaluations, dataset, metric, &models)?;
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
    let kinds: Vec<_> = (0..2 * n).map(|i| if i < n { "gen" } else { "heur" }.to_owned()).collect();
    GroupColumns { model: kept, group: kinds }.frame()
}

/// Returns a [`GROUPS`](crate::table::GROUPS) table that groups the models of a
/// [`CLUSTERS`](crate::table::CLUSTERS) table, such as one of basins, by basin: "basin 1", "basin 2", and so
/// on. Models in no basin come last, as "no basin".
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema.
///
/// # Examples
/// ```
/// use lmc::prelude::*;
/// let basins = lmc::polars::df!("model" => ["s1", "s2"], "cluster" => [1_i64, 2])?;
/// let groups = figure::groups_by_basin(&basins)?;
/// assert_eq!(table::GroupColumns::group(&groups)?, ["basin 1", "basin 2"]);
/// # Ok::<(), LmcError>(())
/// ```
pub fn groups_by_basin(basins: &DataFrame) -> Result<DataFrame> {
    let clusters = ClusterColumns::cluster(basins)?;
    let mut members: Vec<_> = ClusterColumns::model(basins)?.into_iter().zip(clusters).collect();
    members.sort_by_key(|(_, cluster)| (*cluster == NO_BASIN, *cluster));
    let (models, clusters): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let groups: Vec<_> = clusters.into_iter().map(group_name).collect();
    GroupColumns { model: models, group: groups }.frame()
}

fn group_name(cluster: i64) -> String {
    if cluster == NO_BASIN { "no basin".to_owned() } else { format!("basin {cluster}") }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

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
        assert_eq!(GroupColumns::model(&groups).unwrap(), ["b", "d", "e", "a"]);
        assert_eq!(GroupColumns::group(&groups).unwrap(), ["gen", "gen", "heur", "heur"]);
        let groups = groups_by_score(&evaluations, "lo", Metric::Loss, 1).unwrap();
        assert_eq!(GroupColumns::model(&groups).unwrap(), ["e", "a"]);
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
        assert_eq!(GroupColumns::model(&groups).unwrap(), ["b", "a"]);
        assert_eq!(GroupColumns::group(&groups).unwrap(), ["basin 1", "basin 2"]);
    }
}
