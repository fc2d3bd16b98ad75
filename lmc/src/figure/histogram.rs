//! Scores by basin as histograms (Juneja et al. 2023, Figs. 5, 19, 20).

use plotly::common::{Anchor, Line, Marker};
use plotly::layout::BarMode;
use plotly::{Bar, Plot};
use polars::prelude::DataFrame;

use super::scatter::distinct;
use super::{Figure, theme};
use crate::table::{self, BASINS, Metric};
use crate::{LmcError, Result};

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 460;
/// About so many bins over the range of the scores.
const WANTED_BINS: f64 = 16.0;

/// A figure of how many models of each basin have which score on one set.
///
/// `basins` is a [`BASINS`] table, `evaluations` an [`EVALUATIONS`](table::EVALUATIONS) table. All basins share the
/// bins, whose width is a round number; a score on an edge belongs to the bin to its right.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set or a model without
/// evaluations, [`LmcError::InvalidParameter`] if there are no models or a score is not finite.
pub fn histogram(
    basins: &DataFrame,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    BASINS.check(basins)?;
    let models = table::texts(basins, &BASINS, "model")?;
    let clusters = table::integers(basins, &BASINS, "cluster")?;
    let scores = table::scores(evaluations, dataset, metric, &models)?;
    let bins = Bins::of(&scores)?;
    let mut plot = Plot::new();
    let mut tallest = 0;
    for cluster in distinct(&clusters) {
        let members: Vec<f64> =
            scores.iter().zip(&clusters).filter(|(_, of)| **of == cluster).map(|(score, _)| *score).collect();
        tallest = tallest.max(bins.count(&members).into_iter().max().unwrap_or(0));
        let name = format!("{}, {}", theme::cluster_name(cluster), theme::counted(members.len(), "model"));
        plot.add_trace(bins.bars(&members, cluster).name(name));
    }
    let set = theme::label(dataset);
    let title = format!("{} on {set} by basin", super::capitalised(&metric.to_string()));
    let note = format!("bins of {}", super::draw::plain_number(bins.width));
    let step = (tallest as f64 / 6.0).ceil().max(1.0);
    let layout = theme::layout(&title, theme::WIDTH, HEIGHT)
        .bar_mode(BarMode::Overlay)
        .x_axis(theme::axis(&format!("{metric} on {set} ({})", metric.unit())).show_grid(false))
        .y_axis(theme::axis("number of models").dtick(step).range(vec![0.0, tallest as f64 * 1.06]))
        .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

/// Bins of equal, round width.
#[derive(Debug, PartialEq)]
pub(super) struct Bins {
    /// Index of the first bin: it starts at `first * width`.
    first: i64,
    n: usize,
    pub(super) width: f64,
}

impl Bins {
    pub(super) fn of(scores: &[f64]) -> Result<Bins> {
        if let Some(wrong) = scores.iter().find(|score| !score.is_finite()) {
            return Err(LmcError::invalid("evaluations", wrong, "finite scores"));
        }
        let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Err(LmcError::invalid("basins", "no models", "at least one model"));
        }
        let span = if high > low { high - low } else { 0.1 * low.abs().max(0.1) };
        let power = 10f64.powf((span / WANTED_BINS).log10().floor());
        let mut widths = [1.0, 2.0, 2.5, 5.0].into_iter().map(|factor| factor * power);
        let width = widths.rfind(|width| span / width >= WANTED_BINS * 0.6).unwrap_or(power);
        let first = index(low, width);
        Ok(Bins { first, n: usize::try_from(index(high, width) - first).unwrap_or(0) + 1, width })
    }

    /// The scores of a basin as bars.
    pub(super) fn bars(&self, scores: &[f64], cluster: i64) -> Box<Bar<f64, usize>> {
        let line = Line::new().color("#ffffff").width(1.0);
        Bar::new(self.centres(), self.count(scores))
            .width(self.width)
            .opacity(0.68)
            .hover_template("%{x:.4g}: %{y} models<extra></extra>")
            .marker(Marker::new().color(theme::cluster_colour(cluster)).line(line))
    }

    /// Left edge of the first bin and right edge of the last.
    pub(super) fn ends(&self) -> [f64; 2] {
        [self.first as f64 * self.width, (self.first as f64 + self.n as f64) * self.width]
    }

    fn centres(&self) -> Vec<f64> {
        (0..self.n).map(|i| (self.first as f64 + i as f64 + 0.5) * self.width).collect()
    }

    pub(super) fn count(&self, scores: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.n];
        for score in scores {
            let bin = usize::try_from(index(*score, self.width) - self.first).unwrap_or(0);
            counts[bin.min(self.n - 1)] += 1;
        }
        counts
    }
}

/// The bin of a score; rounding errors do not push a score below the edge it lies on.
fn index(score: f64, width: f64) -> i64 {
    (score / width + 1e-9).floor() as i64
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn bins_are_round_and_hold_every_score_once() {
        let scores: Vec<f64> = (0..=100).map(|i| f64::from(i) / 100.0).collect();
        let bins = Bins::of(&scores).unwrap();
        assert_eq!(bins, Bins { first: 0, n: 21, width: 0.05 });
        let counts = bins.count(&scores);
        assert_eq!(counts[..20], [5; 20], "0.15 lies in the bin that starts there");
        assert_eq!(counts.iter().sum::<usize>(), 101);
        assert!((bins.centres()[0] - 0.025).abs() < 1e-12);
    }

    #[test]
    fn one_value_and_negative_values_have_bins() {
        for scores in [vec![0.5], vec![-0.3, -0.1, 0.2], vec![0.0, 0.0], vec![1e-7, 3e-7]] {
            let bins = Bins::of(&scores).unwrap();
            assert_eq!(bins.count(&scores).iter().sum::<usize>(), scores.len());
            assert!(bins.n <= 40, "{bins:?}");
        }
        assert!(matches!(Bins::of(&[]), Err(LmcError::InvalidParameter { field: "basins", .. })));
        assert!(matches!(
            Bins::of(&[f64::NAN]),
            Err(LmcError::InvalidParameter { field: "evaluations", .. })
        ));
    }

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
}
