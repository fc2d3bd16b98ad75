//! Score against basin membership or sharpness (Juneja et al. 2023, Figs. 3, 6b, 8b).

use plotly::common::{Anchor, Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use super::{Figure, theme};
use crate::Result;
use crate::stats::{least_squares, pearson};
use crate::table::{self, BASINS, Metric, SHARPNESS};

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 520;
/// The membership score, for axis titles; basin 1 is on its negative side.
pub(super) const MEMBERSHIP: &str = "membership score ‖w − c₁‖ − ‖w − c₂‖ (spectral embedding, no unit)";

/// Returns a figure of a score on one set against the membership score of each model, coloured by basin.
///
/// `basins` is a [`BASINS`] table, `evaluations` an [`EVALUATIONS`](table::EVALUATIONS) table. The line of
/// least squares is drawn over the points, with Pearson's r beside it. If all scores or all memberships are
/// equal, as for models that are not divided, a note says that r is undefined; [`Figure::with_notes`] writes
/// below the figure why the models are not divided.
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
/// membership_scatter(&basins, &evaluations, "lo", Metric::Accuracy)?.save("membership.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn membership_scatter(
    basins: &DataFrame,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    BASINS.check(basins)?;
    let models = table::texts(basins, &BASINS, "model")?;
    let across = Across {
        title: MEMBERSHIP,
        name: "membership",
        against: "basin membership",
        values: table::reals(basins, &BASINS, "membership")?,
    };
    let clusters = table::integers(basins, &BASINS, "cluster")?;
    scatter(&models, across, Some(&clusters), evaluations, dataset, metric)
}

/// Returns a figure of a score on one set against the eps-sharpness of each model (Juneja et al. 2023, Fig.
/// 3b), coloured by basin if `basins`, a [`BASINS`] table, is given.
///
/// `sharpness` is a [`SHARPNESS`] table, `evaluations` an [`EVALUATIONS`](table::EVALUATIONS) table; line and
/// r are as in [`membership_scatter`].
///
/// # Errors
/// Those of [`membership_scatter`], and [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a model
/// without a basin.
pub fn sharpness_scatter(
    sharpness: &DataFrame,
    basins: Option<&DataFrame>,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    SHARPNESS.check(sharpness)?;
    let models = table::texts(sharpness, &SHARPNESS, "model")?;
    let clusters = basins.map(|basins| clusters_of(basins, &models)).transpose()?;
    let across = Across {
        title: "ε-sharpness, 100 (max loss − loss) / (1 + loss) (no unit)",
        name: "sharpness",
        against: "ε-sharpness",
        values: table::reals(sharpness, &SHARPNESS, "sharpness")?,
    };
    scatter(&models, across, clusters.as_deref(), evaluations, dataset, metric)
}

/// Returns the basin of each of `models`.
fn clusters_of(basins: &DataFrame, models: &[String]) -> Result<Vec<i64>> {
    let (names, clusters) =
        (table::texts(basins, &BASINS, "model")?, table::integers(basins, &BASINS, "cluster")?);
    let cluster = |model: &String| {
        let found = names.iter().position(|name| name == model).map(|i| clusters[i]);
        found.ok_or_else(|| table::unknown("model in the basins", model, names.clone()))
    };
    models.iter().map(cluster).collect()
}

/// The x axis: a value for each model.
struct Across {
    /// The title of the axis, with its unit.
    title: &'static str,
    /// The name beside a value.
    name: &'static str,
    /// The name in the title of the figure.
    against: &'static str,
    values: Vec<f64>,
}

/// Returns the scores of models against something else, with their line of least squares; all in one colour
/// without `clusters`.
fn scatter(
    models: &[String],
    across: Across,
    clusters: Option<&[i64]>,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    let scores = table::scores(evaluations, dataset, metric, models)?;
    let x = &across.values;
    let mut plot = Plot::new();
    // The line and r are left out if they are undefined: the points are still worth seeing.
    let note = match (least_squares(x, &scores), pearson(x, &scores)) {
        (Ok(line), Ok(r)) => {
            let low = x.iter().copied().fold(f64::INFINITY, f64::min);
            let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            plot.add_trace(
                Scatter::new(vec![low, high], vec![line.at(low), line.at(high)])
                    .mode(Mode::Lines)
                    .name("least squares")
                    .line(Line::new().color(theme::INK).width(1.5).dash(plotly::common::DashType::Dash)),
            );
            format!("Pearson r = {}, {} models", signed(r), models.len())
        }
        _ => format!("Pearson r undefined, {} models", models.len()),
    };
    let all = 0..models.len();
    let groups: Vec<(String, &str, Vec<usize>)> = match clusters {
        None => vec![(theme::counted(models.len(), "model"), theme::colour(0), all.collect())],
        Some(clusters) => distinct(clusters)
            .into_iter()
            .map(|cluster| {
                let among = distinct(clusters);
                let members: Vec<usize> = all.clone().filter(|&i| clusters[i] == cluster).collect();
                let count = theme::counted(members.len(), "model");
                let name = format!("{}, {count}", theme::cluster_name_among(cluster, &among));
                (name, theme::cluster_colour(cluster), members)
            })
            .collect(),
    };
    for (name, colour, members) in groups {
        let of = |values: &[f64]| members.iter().map(|&i| values[i]).collect::<Vec<_>>();
        let what = across.name;
        plot.add_trace(
            Scatter::new(of(x), of(&scores))
                .mode(Mode::Markers)
                .name(name)
                .text_array(members.iter().map(|&i| theme::label(&models[i])).collect::<Vec<_>>())
                .hover_template(format!(
                    "%{{text}}<br>{what} %{{x:.4g}}<br>{metric} %{{y:.4g}}<extra></extra>"
                ))
                .marker(
                    Marker::new()
                        .size(11)
                        .opacity(0.85)
                        .color(colour)
                        .line(Line::new().color("#ffffff").width(1.0)),
                ),
        );
    }
    let set = theme::label(dataset);
    let title = format!("{} on {set} against {}", super::capitalised(&metric.to_string()), across.against);
    let layout = theme::layout(&title, theme::WIDTH, HEIGHT)
        .x_axis(theme::axis(across.title))
        .y_axis(theme::axis(&format!("{metric} on {set} ({})", metric.unit())))
        .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

/// Returns the basins that occur, in order.
pub(super) fn distinct(clusters: &[i64]) -> Vec<i64> {
    clusters.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Returns a correlation with two decimals and a true minus sign.
pub(super) fn signed(r: f64) -> String {
    // A value that rounds to zero has no sign.
    let rounded = (r * 100.0).round() / 100.0 + 0.0;
    format!("{rounded:.2}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;
    use crate::LmcError;

    fn basins() -> DataFrame {
        df!("model" => ["a", "b", "c"], "cluster" => [1_i64, 2, 1], "membership" => [-1.0, 1.0, 0.0],
            "embedding_1" => [0.0; 3], "embedding_2" => [0.0; 3])
        .unwrap()
    }

    fn evaluations(accuracy: [f64; 3]) -> DataFrame {
        df!("model" => ["c", "a", "b"], "dataset" => ["lo"; 3], "n_examples" => [9_i64; 3], "loss" => [0.0; 3],
            "accuracy" => accuracy, "f1" => [0.0; 3], "mcc" => [0.0; 3], "ece" => [0.0; 3])
        .unwrap()
    }

    fn described(accuracy: [f64; 3]) -> Value {
        let figure = membership_scatter(&basins(), &evaluations(accuracy), "lo", Metric::Accuracy).unwrap();
        serde_json::from_str(&figure.to_json().unwrap()).unwrap()
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
        let figure: Value = serde_json::from_str(&figure.to_json().unwrap()).unwrap();
        assert_eq!(figure["data"][0]["name"], "one cluster, 3 models");
        assert_eq!(figure["layout"]["annotations"][0]["text"], "Pearson r undefined, 3 models");
    }

    #[test]
    fn a_model_without_evaluation_is_named() {
        let few = evaluations([0.5; 3]).head(Some(2));
        let error = membership_scatter(&basins(), &few, "lo", Metric::Loss).unwrap_err();
        assert!(matches!(&error, LmcError::UnknownName { name, .. } if name == "b"), "{error}");
        assert!(matches!(membership_scatter(&few, &few, "lo", Metric::Loss), Err(LmcError::Column { .. })));
    }

    #[test]
    fn sharpness_is_joined_by_name_with_and_without_basins() {
        let sharpness = df!("model" => ["b", "c", "a"], "sharpness" => [3.0, 1.0, 2.0], "loss" => [0.1; 3],
            "max_loss" => [0.2; 3], "eps" => [1e-5; 3])
        .unwrap();
        let described = |basins: Option<&DataFrame>| -> Value {
            let scores = evaluations([0.5, 0.25, 0.75]);
            let figure = sharpness_scatter(&sharpness, basins, &scores, "lo", Metric::Accuracy).unwrap();
            serde_json::from_str(&figure.to_json().unwrap()).unwrap()
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
        let (first, second) = (count(theme::cluster_colour(1)), count(theme::cluster_colour(2)));
        assert!(first > 600 && second > 300 && first > second, "{first} and {second} pixels");
    }
}
