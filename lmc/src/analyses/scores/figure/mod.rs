//! Scores by basin as histograms (Juneja et al. 2023, Figs. 5, 19, 20).

mod bins;

use lmc_figure::parts::{Axis, Chart, Note, Panels, Place};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::basins::{CLUSTERS, ClusterColumns};
use crate::figures::basins::basin_name;
use crate::figures::rows::{check_panels, distinct};
use crate::figures::{Figure, capitalised};
use crate::study::{self, Metric};
pub(crate) use bins::Bins;

/// Heights of the panel of one figure, and of several, CSS pixels.
const HEIGHTS: [usize; 2] = [304, 219];
/// The most panels of a figure.
const MOST_PANELS: usize = 8;

/// Returns a figure of the number of models of each basin by their score on one set.
///
/// `clusters` is a [`CLUSTERS`] table, such as one of basins, `evaluations` an
/// [`EVALUATIONS`](crate::table::EVALUATIONS) table. All basins share the bins, whose width is a round
/// number; a score on an edge belongs to the bin to its right.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set or a model without evaluations,
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) if there are no models or a score is not
/// finite.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// figure::histogram(&basins, &evaluations, "lo", Metric::Accuracy)?.save("histogram.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn histogram(
    clusters: &DataFrame,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    let title = format!("{} on {dataset} by basin", capitalised(&metric.to_string()));
    panels(&title, clusters, evaluations, &[(dataset, metric)])
}

/// Returns a figure of such histograms side by side, a panel for each set with its metric, two in a row, at
/// most 8.
///
/// Every panel has bins of its own: accuracies in domain differ by thousandths, those on a diagnostic set by
/// tenths.
///
/// # Errors
/// The errors of [`histogram`]; [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for no
/// panel or too many.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// let scored = [("id", Metric::Accuracy), ("lo", Metric::Accuracy)];
/// figure::histograms(&basins, &evaluations, &scored)?.save("histograms.png")?;
/// # Ok::<(), LmcError>(())
/// ```
///
/// # Reference
/// Juneja et al. 2023, Fig. 5.
pub fn histograms(
    clusters: &DataFrame,
    evaluations: &DataFrame,
    scored: &[(&str, Metric)],
) -> Result<Figure> {
    check_panels(scored.len(), MOST_PANELS, "scored", " sets")?;
    panels("Scores by basin", clusters, evaluations, scored)
}

/// Returns a panel for each set with its metric; only the first names the basins in the legend.
fn panels(
    title: &str,
    clusters: &DataFrame,
    evaluations: &DataFrame,
    scored: &[(&str, Metric)],
) -> Result<Figure> {
    CLUSTERS.check(clusters)?;
    let models = ClusterColumns::model(clusters)?;
    let clusters = ClusterColumns::cluster(clusters)?;
    let basins = distinct(&clusters);
    // Between rows there is room for ticks, the title of the axis and the note of the panel below.
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
    let height = HEIGHTS[usize::from(scored.len() > 1)];
    let mut chart = Chart::of(title, Panels::new(scored.len(), 2, height, [74, 92], margin));
    for (panel, &(dataset, metric)) in scored.iter().enumerate() {
        let scores = study::scores(evaluations, dataset, metric, &models)?;
        let bins = Bins::of(&scores)?;
        let mut tallest = 0;
        for &cluster in &basins {
            let own = scores.iter().zip(&clusters).filter(|(_, of)| **of == cluster);
            let members: Vec<f64> = own.map(|(score, _)| *score).collect();
            tallest = tallest.max(bins.tallest(&members));
            let count = theme::counted(members.len(), "model");
            let name = format!("{}, {count}", basin_name(cluster, &clusters));
            chart.add_to(panel, bins.bars(&members, cluster, basins.len()).named_once(&name, panel > 0));
        }
        let [low, high] = bins.ends();
        let x = Axis::of(&format!("{metric} on {dataset}"), metric.unit()).without_grid().range(low, high);
        let is_first = chart.panels().is_first(panel);
        chart.axes_of(panel, x, count_axis(tallest, is_first));
        let place = chart.panels().above(panel, Place::End);
        chart.note(Note::above(
            place,
            &format!("bins of {}", lmc_figure::plain_number(bins.width)),
            Place::End,
        ));
    }
    chart.figure()
}

/// Returns the axis of numbers of models, up to the tallest bar.
pub(crate) fn count_axis(tallest: usize, is_titled: bool) -> Axis {
    let rough = (tallest as f64 / 6.0).ceil().max(1.0);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
    let axis = Axis::new(if is_titled { "number of models" } else { "" }).step(step.unwrap_or(rough));
    axis.range(0.0, tallest.max(1) as f64 * 1.06)
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;
    use crate::LmcError;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    #[test]
    fn basins_share_their_bins() {
        let n = 4;
        let models = ["a", "b", "c", "d"];
        let basins = df!("model" => models, "cluster" => [1_i64, 1, 2, 2], "membership" => vec![0.0; n],
            "embedding_1" => vec![0.0; n], "embedding_2" => vec![0.0; n])
        .unwrap();
        let evaluations = df!("model" => models, "dataset" => vec!["lo"; n], "n_examples" => vec![9_i64; n],
            "loss" => vec![0.0; n], "accuracy" => [0.1, 0.1, 0.9, 0.8], "f1" => vec![0.0; n],
            "mcc" => vec![0.0; n], "ece" => vec![0.0; n])
        .unwrap();
        let figure = histogram(&basins, &evaluations, "lo", Metric::Accuracy).unwrap();
        let json = description(&figure);
        assert_eq!(json["data"][0]["x"], json["data"][1]["x"]);
        assert_eq!(json["data"][0]["y"][0], json!(2));
        let of_second: u64 = json["data"][1]["y"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
        assert_eq!(of_second, 2);
        assert_eq!(json["data"][0]["name"], "basin 1, 2 models");
        insta::assert_snapshot!("histogram", svg(&figure));
        assert!(histogram(&evaluations, &basins, "lo", Metric::Accuracy).is_err());
    }

    #[test]
    fn panels_have_bins_and_axes_of_their_own_and_one_legend() {
        let models = ["a", "b", "c", "a", "b", "c"];
        let clusters = df!("model" => ["a", "b", "c"], "cluster" => [1_i64, 1, 2]).unwrap();
        let evaluations = df!("model" => models, "dataset" => ["id", "id", "id", "lo", "lo", "lo"],
            "n_examples" => vec![9_i64; 6], "loss" => vec![0.0; 6],
            "accuracy" => [0.84, 0.841, 0.842, 0.1, 0.5, 0.9], "f1" => vec![0.0; 6], "mcc" => vec![0.0; 6],
            "ece" => vec![0.0; 6])
        .unwrap();
        let scored = [("id", Metric::Accuracy), ("lo", Metric::Accuracy), ("lo", Metric::F1)];
        let figure = histograms(&clusters, &evaluations, &scored).unwrap();
        let json = description(&figure);
        let data = json["data"].as_array().unwrap();
        assert_eq!(data.len(), 6);
        assert_ne!(data[0]["x"], data[2]["x"]);
        assert_eq!((&data[2]["xaxis"], &data[4]["yaxis"]), (&json!("x2"), &json!("y3")));
        let named: Vec<bool> = data.iter().map(|trace| trace["showlegend"] == json!(true)).collect();
        assert_eq!(named, [true, true, false, false, false, false]);
        assert_eq!(json["layout"]["annotations"].as_array().unwrap().len(), 3);
        let svg = svg(&figure);
        insta::assert_snapshot!("histograms", svg);
        assert!(svg.contains("accuracy on lo (share of examples)") && svg.contains("F1 on lo (0 to 1)"));
        assert_eq!(svg.matches("basin 1 (larger), 2 models").count(), 1);
        for wrong in [&[][..], &[("id", Metric::Accuracy); 9]] {
            let error = histograms(&clusters, &evaluations, wrong).unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "scored", .. }), "{error}");
        }
    }
}
