//! The figure of a score against eps-sharpness (Juneja et al. 2023, Fig. 3b).

use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::basins::BasinColumns;
use crate::analyses::sharpness::{SHARPNESS, SharpnessColumns};
use crate::figures::Figure;
use crate::figures::scores::{Across, scatter};
use crate::study::Metric;

/// Returns a figure of a score on one set against the eps-sharpness of each model (Juneja et al. 2023, Fig.
/// 3b), coloured by basin if `basins`, a [`BASINS`](crate::table::BASINS) table, is given.
///
/// `sharpness` is a [`SHARPNESS`](crate::table::SHARPNESS) table, `evaluations` an
/// [`EVALUATIONS`](crate::table::EVALUATIONS) table; line and r are as in
/// [`membership_scatter`](crate::figure::membership_scatter).
///
/// # Errors
/// The errors of [`membership_scatter`](crate::figure::membership_scatter), and
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a model without a basin.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sharpness = models.sharpness(&SharpnessRecipe::mini())?;
/// let evaluations = models.evaluations(&["lo"])?;
/// let figure = figure::sharpness_scatter(&sharpness, None, &evaluations, "lo", Metric::Accuracy)?;
/// figure.save("sharpness.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn sharpness_scatter(
    sharpness: &DataFrame,
    basins: Option<&DataFrame>,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    SHARPNESS.check(sharpness)?;
    let models = SharpnessColumns::model(sharpness)?;
    let clusters = basins.map(|basins| clusters_of(basins, &models)).transpose()?;
    let across = Across {
        title: "ε-sharpness, 100 (max loss − loss) / (1 + loss) (no unit)",
        name: "sharpness",
        against: "ε-sharpness",
        values: SharpnessColumns::sharpness(sharpness)?,
    };
    scatter(&models, across, clusters.as_deref(), evaluations, dataset, metric)
}

/// Returns the basin of each of `models`.
fn clusters_of(basins: &DataFrame, models: &[String]) -> Result<Vec<i64>> {
    let (names, clusters) = (BasinColumns::model(basins)?, BasinColumns::cluster(basins)?);
    let cluster = |model: &String| {
        let found = names.iter().position(|name| name == model).map(|i| clusters[i]);
        found.ok_or_else(|| crate::study::unknown("model in the basins", model, names.clone()))
    };
    models.iter().map(cluster).collect()
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;
    use crate::LmcError;
    use crate::figures::fixture::{basins, description, evaluations};
    use crate::figures::snapshot::svg;

    #[test]
    fn sharpness_is_joined_by_name_with_and_without_basins() {
        let sharpness = df!("model" => ["b", "c", "a"], "sharpness" => [3.0, 1.0, 2.0], "loss" => [0.1; 3],
            "max_loss" => [0.2; 3], "eps" => [1e-5; 3])
        .unwrap();
        let described = |basins: Option<&DataFrame>| -> Value {
            let scores = evaluations([0.5, 0.25, 0.75]);
            let figure = sharpness_scatter(&sharpness, basins, &scores, "lo", Metric::Accuracy).unwrap();
            description(&figure)
        };
        let one = described(None);
        assert_eq!(
            (&one["data"][1]["x"], &one["data"][1]["y"]),
            (&json!([3.0, 1.0, 2.0]), &json!([0.75, 0.5, 0.25]))
        );
        assert_eq!(one["data"][1]["name"], "3 models");
        assert_eq!(one["layout"]["title"]["text"], "Accuracy on lo against ε-sharpness");
        // (3, 0.75), (1, 0.5), (2, 0.25): r = 0.25 / sqrt(2 * 0.125).
        assert_eq!(one["layout"]["annotations"][0]["text"], "Pearson r = 0.50, 3 models");
        let scores = evaluations([0.5, 0.25, 0.75]);
        let figure = sharpness_scatter(&sharpness, Some(&basins()), &scores, "lo", Metric::Accuracy).unwrap();
        insta::assert_snapshot!("sharpness_scatter", svg(&figure));
        let by_basin = described(Some(&basins()));
        assert_eq!(by_basin["data"][1]["x"], json!([1.0, 2.0]));
        assert_eq!(by_basin["data"][2]["name"], "basin 2 (smaller), 1 model");
        let few = basins().head(Some(1));
        let error = sharpness_scatter(&sharpness, Some(&few), &evaluations([0.5; 3]), "lo", Metric::Loss)
            .unwrap_err();
        assert_eq!(error.to_string(), "unknown model in the basins `b`; known: a");
        let error = sharpness_scatter(&few, None, &few, "lo", Metric::Loss).unwrap_err();
        assert!(matches!(error, LmcError::Column { .. }));
    }
}
