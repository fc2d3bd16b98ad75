//! Scores by basin as histograms (Juneja et al. 2023, Figs. 5, 19, 20).

mod bins;

use plotly::Plot;
use plotly::common::{Anchor, Title};
use plotly::layout::BarMode;
use polars::prelude::DataFrame;

use crate::analyses::basins::{CLUSTERS, ClusterColumns};
use crate::figures::axes::{axis_name, with_axes};
use crate::figures::scatter::distinct;
use crate::figures::{Figure, theme};
use crate::study::Metric;
use crate::{LmcError, Result};
pub(crate) use bins::Bins;

/// Height of a figure of one panel, CSS pixels.
const HEIGHT: usize = 460;
/// Height of a row of panels, CSS pixels.
const ROW: usize = 265;
/// A layout has room for 8 pairs of axes.
const MOST_PANELS: usize = 8;

/// Returns a figure of how many models of each basin have which score on one set.
///
/// `clusters` is a [`CLUSTERS`](crate::table::CLUSTERS) table, such as one of basins, `evaluations` an
/// [`EVALUATIONS`](crate::table::EVALUATIONS) table. All basins share the bins, whose width is a round number; a
/// score on an edge belongs to the bin to its right.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set or a model without
/// evaluations, [`LmcError::InvalidParameter`] if there are no models or a score is not finite.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// histogram(&basins, &evaluations, "lo", Metric::Accuracy)?.save("histogram.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn histogram(
    clusters: &DataFrame,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    let mut plot = Plot::new();
    let panel = add_panel(&mut plot, clusters, evaluations, (dataset, metric), 1)?;
    let set = theme::label(dataset);
    let title = format!("{} on {set} by basin", crate::figures::capitalised(&metric.to_string()));
    let layout = theme::layout(&title, theme::WIDTH, HEIGHT)
        .bar_mode(BarMode::Overlay)
        .x_axis(theme::axis(&format!("{metric} on {set} ({})", metric.unit())).show_grid(false))
        .y_axis(theme::axis("number of models").dtick(panel.step()).range(panel.range()))
        .annotations(vec![theme::note(&panel.note(), 1.0, 1.0, Anchor::Right, Anchor::Bottom)]);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

/// Returns a figure of such histograms side by side, a panel for each set with its metric, two in a row, at
/// most 8.
///
/// Every panel has bins of its own: accuracies in domain differ by thousandths, those on a diagnostic set by
/// tenths.
///
/// # Errors
/// Those of [`histogram`]; [`LmcError::InvalidParameter`] for no panel or too many.
///
/// # Reference
/// Juneja et al. 2023, Fig. 5.
pub fn histograms(
    clusters: &DataFrame,
    evaluations: &DataFrame,
    scored: &[(&str, Metric)],
) -> Result<Figure> {
    if scored.is_empty() || scored.len() > MOST_PANELS {
        return Err(LmcError::invalid("scored", scored.len(), format!("1 to {MOST_PANELS} sets")));
    }
    let (n_columns, n_rows) = (scored.len().min(2), scored.len().div_ceil(2));
    let height = n_rows * ROW + theme::TOP + theme::BOTTOM;
    let plot_height = (height - theme::TOP - theme::BOTTOM) as f64;
    // Between rows there is room for ticks, the title of the axis and the note of the panel below.
    let (across, down) = (0.1, 92.0 / plot_height);
    let wide = (1.0 - across * (n_columns as f64 - 1.0)) / n_columns as f64;
    let high = (1.0 - down * (n_rows as f64 - 1.0)) / n_rows as f64;
    let mut layout = theme::layout("Scores by basin", theme::WIDTH, height).bar_mode(BarMode::Overlay);
    let (mut plot, mut notes) = (Plot::new(), Vec::new());
    for (i, &(dataset, metric)) in scored.iter().enumerate() {
        let panel = add_panel(&mut plot, clusters, evaluations, (dataset, metric), i + 1)?;
        let (left, top) = ((i % 2) as f64 * (wide + across), 1.0 - (i / 2) as f64 * (high + down));
        let set = theme::label(dataset);
        let mut y = theme::axis("").dtick(panel.step()).range(panel.range()).domain(&[top - high, top]);
        if i % 2 == 0 {
            y = y.title(Title::with_text("number of models").font(theme::font(13)));
        }
        let x = theme::axis(&format!("{metric} on {set} ({})", metric.unit()))
            .show_grid(false)
            .domain(&[left, left + wide])
            .anchor(axis_name("y", i + 1));
        layout = with_axes(layout, i + 1, x, y.anchor(axis_name("x", i + 1)));
        notes.push(theme::note(&panel.note(), left + wide, top, Anchor::Right, Anchor::Bottom));
    }
    plot.set_layout(layout.annotations(notes));
    Ok(Figure::new(plot))
}

/// The parts of a panel besides its bars.
struct Panel {
    bin_width: f64,
    tallest: usize,
}

impl Panel {
    fn note(&self) -> String {
        format!("bins of {}", lmc_figure::plain_number(self.bin_width))
    }

    fn step(&self) -> f64 {
        let rough = (self.tallest as f64 / 6.0).ceil().max(1.0);
        let power = 10f64.powf(rough.log10().floor());
        [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(rough)
    }

    fn range(&self) -> Vec<f64> {
        vec![0.0, self.tallest as f64 * 1.06]
    }
}

/// Adds the bars of one set on the n-th pair of axes; the first panel alone names the basins in the legend.
fn add_panel(
    plot: &mut Plot,
    clusters: &DataFrame,
    evaluations: &DataFrame,
    (dataset, metric): (&str, Metric),
    axis: usize,
) -> Result<Panel> {
    CLUSTERS.check(clusters)?;
    let models = ClusterColumns::model(clusters)?;
    let clusters = ClusterColumns::cluster(clusters)?;
    let scores = crate::study::scores(evaluations, dataset, metric, &models)?;
    let bins = Bins::of(&scores)?;
    let mut tallest = 0;
    let among = distinct(&clusters);
    for &cluster in &among {
        let members: Vec<f64> =
            scores.iter().zip(&clusters).filter(|(_, of)| **of == cluster).map(|(score, _)| *score).collect();
        tallest = tallest.max(bins.count(&members).into_iter().max().unwrap_or(0));
        let name = theme::cluster_name_among(cluster, &among);
        plot.add_trace(
            bins.bars(&members, cluster)
                .name(format!("{name}, {}", theme::counted(members.len(), "model")))
                .legend_group(name)
                .show_legend(axis == 1)
                .x_axis(axis_name("x", axis))
                .y_axis(axis_name("y", axis)),
        );
    }
    Ok(Panel { bin_width: bins.width, tallest })
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;

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
        let json: Value = serde_json::from_str(&figure.to_json().unwrap()).unwrap();
        assert_eq!(json["data"][0]["x"], json["data"][1]["x"]);
        assert_eq!(json["data"][0]["y"][0], json!(2));
        let of_second: u64 = json["data"][1]["y"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
        assert_eq!(of_second, 2);
        assert_eq!(json["data"][0]["name"], "basin 1 (larger), 2 models");
        assert!(figure.to_svg().unwrap().contains("number of models"));
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
        let json: Value = serde_json::from_str(&figure.to_json().unwrap()).unwrap();
        let data = json["data"].as_array().unwrap();
        assert_eq!(data.len(), 6);
        assert_ne!(data[0]["x"], data[2]["x"]);
        assert_eq!((&data[2]["xaxis"], &data[4]["yaxis"]), (&json!("x2"), &json!("y3")));
        let named: Vec<bool> = data.iter().map(|trace| trace["showlegend"] == json!(true)).collect();
        assert_eq!(named, [true, true, false, false, false, false]);
        assert_eq!(json["layout"]["annotations"].as_array().unwrap().len(), 3);
        let svg = figure.to_svg().unwrap();
        assert!(svg.contains("accuracy on lo (share of examples)") && svg.contains("F1 on lo (0 to 1)"));
        assert_eq!(svg.matches("basin 1 (larger), 2 models").count(), 1);
        for wrong in [&[][..], &[("id", Metric::Accuracy); 9]] {
            let error = histograms(&clusters, &evaluations, wrong).unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "scored", .. }), "{error}");
        }
    }
}
