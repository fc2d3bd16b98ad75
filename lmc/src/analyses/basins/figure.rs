//! The figure of a score against basin membership (Juneja et al. 2023, Figs. 3 and 6b).

use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::basins::{BASINS, BasinColumns};
use crate::figures::Figure;
use crate::figures::scores::{Across, scatter};
use crate::study::Metric;

/// The membership score, for axis titles; basin 1 is on its negative side.
pub(crate) const MEMBERSHIP: &str = "membership score ‖w − c₁‖ − ‖w − c₂‖ (spectral embedding, no unit)";

/// Returns a figure of a score on one set against the membership score of each model, coloured by basin.
///
/// `basins` is a [`BASINS`](crate::table::BASINS) table, `evaluations` an
/// [`EVALUATIONS`](crate::table::EVALUATIONS) table. The line of least squares is drawn over the points, with
/// Pearson's r beside it. If all scores or all memberships are equal, as for models that are not divided, a
/// note says that r is undefined; [`Figure::with_notes`] writes below the figure why the models are not
/// divided.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set or a model without evaluations.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// figure::membership_scatter(&basins, &evaluations, "lo", Metric::Accuracy)?.save("membership.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn membership_scatter(
    basins: &DataFrame,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    BASINS.check(basins)?;
    let models = BasinColumns::model(basins)?;
    let across = Across {
        title: MEMBERSHIP,
        name: "membership",
        against: "basin membership",
        values: BasinColumns::membership(basins)?,
    };
    let clusters = BasinColumns::cluster(basins)?;
    scatter(&models, across, Some(&clusters), evaluations, dataset, metric)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::LmcError;
    use crate::figures::basins::basin_colour;
    use crate::figures::fixture::{basins, description, evaluations};
    use crate::figures::snapshot::svg;

    fn described(accuracy: [f64; 3]) -> Value {
        let figure = membership_scatter(&basins(), &evaluations(accuracy), "lo", Metric::Accuracy).unwrap();
        description(&figure)
    }

    #[test]
    fn points_are_joined_by_name_and_split_by_basin() {
        let figure = described([0.5, 0.25, 0.75]);
        assert_eq!(figure["data"][0]["y"], json!([0.25, 0.75]), "the line of least squares");
        assert_eq!(
            (&figure["data"][1]["x"], &figure["data"][1]["y"]),
            (&json!([-1.0, 0.0]), &json!([0.25, 0.5]))
        );
        assert_eq!(figure["data"][1]["text"], json!(["a", "c"]));
        assert_eq!(figure["data"][2]["name"], "basin 2 (smaller), 1 model");
        assert_eq!(figure["layout"]["annotations"][0]["text"], "Pearson r = 1.00, 3 models");
        assert_eq!(
            described([0.5, 0.75, 0.25])["layout"]["annotations"][0]["text"],
            "Pearson r = −1.00, 3 models"
        );
    }

    #[test]
    fn equal_scores_have_no_correlation_but_a_figure() {
        let figure = described([0.5; 3]);
        assert_eq!(figure["data"].as_array().unwrap().len(), 2);
        assert_eq!(figure["layout"]["annotations"][0]["text"], "Pearson r undefined, 3 models");
    }

    #[test]
    fn models_that_are_not_divided_are_one_cluster() {
        let mut basins = basins();
        basins.with_column(polars::prelude::Column::new("cluster".into(), [1_i64; 3])).unwrap();
        basins.with_column(polars::prelude::Column::new("membership".into(), [0.0; 3])).unwrap();
        let figure =
            membership_scatter(&basins, &evaluations([0.5, 0.25, 0.75]), "lo", Metric::Accuracy).unwrap();
        let figure = description(&figure);
        assert_eq!(figure["data"][0]["name"], "one cluster, 3 models");
        assert_eq!(figure["layout"]["annotations"][0]["text"], "Pearson r undefined, 3 models");
    }

    #[test]
    fn a_model_in_no_basin_has_a_mark_of_its_own_and_no_membership() {
        let mut basins = basins();
        basins.with_column(polars::prelude::Column::new("cluster".into(), [1_i64, 2, 0])).unwrap();
        let figure =
            membership_scatter(&basins, &evaluations([0.5, 0.25, 0.75]), "lo", Metric::Accuracy).unwrap();
        let figure = description(&figure);
        let alone = &figure["data"][1];
        assert_eq!(
            (&alone["name"], &alone["marker"]["symbol"]),
            (&json!("in no basin, 1 model"), &json!("x"))
        );
        assert_eq!(figure["data"][2]["name"], "basin 1, 1 model");
        assert!(figure["layout"]["annotations"][0]["text"].as_str().unwrap().ends_with(", 2 models"));
    }

    #[test]
    fn a_model_without_evaluation_is_named() {
        let few = evaluations([0.5; 3]).head(Some(2));
        let error = membership_scatter(&basins(), &few, "lo", Metric::Loss).unwrap_err();
        assert!(matches!(&error, LmcError::UnknownName { name, .. } if name == "b"), "{error}");
        assert!(matches!(membership_scatter(&few, &few, "lo", Metric::Loss), Err(LmcError::Column { .. })));
    }

    #[test]
    fn a_point_has_the_colour_of_its_basin() {
        let figure =
            membership_scatter(&basins(), &evaluations([0.5, 0.25, 0.75]), "lo", Metric::Accuracy).unwrap();
        let image = resvg::tiny_skia::Pixmap::decode_png(&figure.to_png().unwrap()).unwrap();
        let count = |hex: &str| {
            let wanted = u32::from_str_radix(&hex[1..], 16).unwrap();
            let near = |pixel: &&resvg::tiny_skia::PremultipliedColorU8| {
                // Markers are 85 % opaque on white.
                let faded = |shift: u32| 255.0 - 0.85 * (255.0 - f64::from(wanted >> shift & 255));
                let got = [pixel.red(), pixel.green(), pixel.blue()].map(f64::from);
                got.iter().zip([16, 8, 0]).all(|(got, shift)| (got - faded(shift)).abs() < 2.0)
            };
            image.pixels().iter().filter(near).count()
        };
        let (first, second) = (count(basin_colour(1)), count(basin_colour(2)));
        assert!(first > 600 && second > 300 && first > second, "{first} and {second} pixels");
    }

    #[test]
    fn its_picture_stays() {
        let figure =
            membership_scatter(&basins(), &evaluations([0.5, 0.25, 0.75]), "lo", Metric::Accuracy).unwrap();
        insta::assert_snapshot!("membership_scatter", svg(&figure));
        let changed =
            figure.title("By basin").size(500, 400).unwrap().colours(["#009e73", "#cc79a7"]).unwrap();
        insta::assert_snapshot!("membership_scatter_changed", svg(&changed));
    }
}
