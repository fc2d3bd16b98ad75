//! The figure of every pair's gap with its interval.

use lmc_figure::parts::{Axis, Chart, Mark};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::percent;
use crate::analyses::confidence::{PAIR_INTERVALS, PairIntervalColumns};
use crate::figures::rows::{pick, rows_where};
use crate::figures::{Figure, capitalised};
use crate::gap::Measure;
use crate::{LmcError, Result};

/// Places left free between the two kinds of pairs, as a share of all pairs.
const APART: f64 = 0.03;
/// The number of pairs above which they are drawn with thinner lines.
const CROWDED: usize = 400;

/// Returns a figure of one measure of every pair with its interval: pairs within a basin at the left, across
/// basins at the right, each in ascending order.
///
/// `pairs` is a [`PAIR_INTERVALS`] table. The legend counts the pairs of each kind, and those whose interval
/// begins above 0.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema; [`LmcError::InvalidParameter`] for no pairs, or the
/// Euclidean distance, which has no interval.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
/// figure::gap_intervals(&confidence.pairs_table()?, Measure::ConvexityGap)?.save("gaps.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn gap_intervals(pairs: &DataFrame, measure: Measure) -> Result<Figure> {
    PAIR_INTERVALS.check(pairs)?;
    let columns = PairIntervalColumns::read(pairs)?;
    let (value, low, high, unit) = match measure {
        Measure::ConvexityGap => {
            (columns.convexity_gap, columns.convexity_gap_low, columns.convexity_gap_high, "nats per example")
        }
        Measure::BarrierHeight => (
            columns.barrier_height,
            columns.barrier_height_low,
            columns.barrier_height_high,
            "nats per example",
        ),
        Measure::AreaUnderCurve => (columns.auc, columns.auc_low, columns.auc_high, "nats × distance"),
        Measure::EuclideanDistance => {
            return Err(LmcError::invalid("measure", measure.name(), "a measure with an interval"));
        }
    };
    let (a, b, kinds) = (columns.a, columns.b, columns.kind);
    let (Some(set), Some(examples), Some(confidence)) =
        (columns.dataset.first(), columns.n_examples.first(), columns.confidence.first())
    else {
        return Err(LmcError::invalid("pairs", "no pair", "at least one pair of models"));
    };
    let crowded = value.len() > CROWDED;
    let name = measure.name();
    let mut chart = Chart::sized(&format!("{} of every pair on {set}", capitalised(name)), 500);
    chart.axes(Axis::new("pairs, in ascending order").without_texts().without_grid(), Axis::of(name, unit));
    chart.remark(&format!("bars: {} intervals, {examples} examples", percent(*confidence)));
    let mut first = 0.0;
    for (index, (kind, name)) in
        [("within", "within a basin"), ("across", "across basins")].into_iter().enumerate()
    {
        let mut rows = rows_where(value.len(), |row| kinds[row] == kind);
        if rows.is_empty() {
            continue;
        }
        rows.sort_by(|&i, &j| value[i].total_cmp(&value[j]));
        let at: Vec<f64> = (0..rows.len()).map(|rank| first + rank as f64).collect();
        first += rows.len() as f64 + APART * value.len() as f64;
        let above = rows.iter().filter(|&&row| low[row] > 0.0).count();
        let told =
            rows.iter().map(|&row| format!("{} and {} [{:.4}, {:.4}]", a[row], b[row], low[row], high[row]));
        let (width, opacity, size) = if crowded { (0.6, 0.25, 3.0) } else { (1.6, 0.5, 6.0) };
        let bars = Mark::intervals(&at, &pick(&low, &rows), &pick(&high, &rows)).wide(width).faded(opacity);
        let dots = Mark::dots(at, pick(&value, &rows)).sized(size).texts(told).telling("%{text}<br>%{y:.4g}");
        let legend = format!("{name}, {}, {above} above 0", theme::counted(rows.len(), "pair"));
        chart.add(bars.below(dots).coloured(theme::colour(index)).named(&legend));
    }
    chart.figure()
}
