//! The figure of every pair's gap with its interval.

use plotly::common::{Anchor, HoverInfo, Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::confidence::figure::{bars, percent, places};
use crate::analyses::confidence::{PAIR_INTERVALS, PairIntervalColumns};
use crate::figures::{Figure, capitalised, theme};
use crate::gap::Measure;
use crate::{LmcError, Result};

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 500;
/// Places left free between the two kinds of pairs, as a share of all pairs.
const APART: f64 = 0.03;

/// Returns a figure of one measure of every pair with its interval: pairs within a basin at the left, across
/// basins at the right, each in ascending order.
///
/// `pairs` is a [`PAIR_INTERVALS`](crate::table::PAIR_INTERVALS) table. The legend counts the pairs of each kind, and those whose interval
/// begins above 0.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema; [`LmcError::InvalidParameter`] for no pairs, or the
/// Euclidean distance, which has no interval.
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
    let crowded = value.len() > 400;
    let mut plot = Plot::new();
    let mut first = 0.0;
    for (index, (kind, name)) in
        [("within", "within a basin"), ("across", "across basins")].into_iter().enumerate()
    {
        let mut rows: Vec<usize> = (0..value.len()).filter(|&row| kinds[row] == kind).collect();
        if rows.is_empty() {
            continue;
        }
        rows.sort_by(|&i, &j| value[i].total_cmp(&value[j]));
        let of = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<_>>();
        let at: Vec<f64> = (0..rows.len()).map(|rank| first + rank as f64).collect();
        first += rows.len() as f64 + APART * value.len() as f64;
        let colour = theme::colour(index);
        let above = rows.iter().filter(|&&row| low[row] > 0.0).count();
        plot.add_trace(
            Scatter::new(places(&at), bars(&of(&low), &of(&high)))
                .mode(Mode::Lines)
                .line(Line::new().color(colour).width(if crowded { 0.6 } else { 1.6 }))
                .opacity(if crowded { 0.25 } else { 0.5 })
                .show_legend(false)
                .hover_info(HoverInfo::Skip),
        );
        let told = rows.iter().map(|&row| {
            theme::label(&format!("{} and {} [{:.4}, {:.4}]", a[row], b[row], low[row], high[row]))
        });
        plot.add_trace(
            Scatter::new(at, of(&value))
                .mode(Mode::Markers)
                .name(format!("{name}, {}, {above} above 0", theme::counted(rows.len(), "pair")))
                .text_array(told.collect::<Vec<_>>())
                .hover_template("%{text}<br>%{y:.4g}<extra></extra>")
                .marker(Marker::new().color(colour).size(if crowded { 3 } else { 6 })),
        );
    }
    let name = measure.name();
    let title = format!("{} of every pair on {}", capitalised(name), theme::label(set));
    let note = format!("bars: {} intervals, {examples} examples", percent(*confidence));
    plot.set_layout(
        theme::layout(&title, theme::WIDTH, HEIGHT)
            .x_axis(theme::axis("pairs, in ascending order").show_tick_labels(false).show_grid(false))
            .y_axis(theme::axis(&format!("{name} ({unit})")))
            .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]),
    );
    Ok(Figure::new(plot))
}
