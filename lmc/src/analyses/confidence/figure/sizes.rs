//! The figure of what fewer examples would have shown.

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark, Note, Panels, Place};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::confidence::{SAMPLE_SIZES, SampleSizeColumns};
use crate::figures::Figure;
use crate::figures::rows::ends;
use crate::stats::{mean, quantile};
use crate::{LmcError, Result};

/// The share of draws outside a bar, at each end.
const TAIL: f64 = 0.05;

/// The values of the draws; `None` for a draw in which the value is undefined.
type Values = Vec<Option<f64>>;

/// A panel: its title, and named curves.
type Drawn = (&'static str, Vec<(&'static str, Values)>);

/// Returns a figure of what draws of each number of examples show: how well their clusters agree with those
/// of all examples and with those of as many others, the correlation of membership and score, the mean gap,
/// and its agreement with that of all examples.
///
/// `sizes` is a [`SAMPLE_SIZES`] table. Points are means over draws, bars run from the 5th to the 95th
/// percentile.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for no draws or a value
/// that is not finite.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let sizes = sweep.sample_sizes(&[32, 64, 128], &ConfidenceOptions::default())?;
/// let table = sizes.table(&models.scores("lo", Metric::Accuracy)?)?;
/// figure::sample_size_curves(&table)?.save("sizes.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn sample_size_curves(sizes: &DataFrame) -> Result<Figure> {
    SAMPLE_SIZES.check(sizes)?;
    let mut rows: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (row, n) in SampleSizeColumns::n_examples(sizes)?.into_iter().enumerate() {
        rows.entry(n).or_default().push(row);
    }
    if rows.is_empty() {
        return Err(LmcError::invalid("sizes", "no draw", "at least one draw"));
    }
    let r: Values = SampleSizeColumns::r(sizes)?.into_iter().map(|r| r.map(f64::abs)).collect();
    let all = |values: Vec<f64>| values.into_iter().map(Some).collect();
    let panels: [Drawn; 4] = [
        (
            "adjusted Rand index of the clusters",
            vec![
                ("with all examples", all(SampleSizeColumns::adjusted_rand(sizes)?)),
                ("with as many others", SampleSizeColumns::adjusted_rand_disjoint(sizes)?),
            ],
        ),
        ("|r| of membership and score", vec![("membership and score", r)]),
        (
            "mean convexity gap (nats per example)",
            vec![
                ("within a basin", all(SampleSizeColumns::within(sizes)?)),
                ("across basins", all(SampleSizeColumns::across(sizes)?)),
            ],
        ),
        (
            "r over pairs with the gaps of all examples",
            vec![("gaps of pairs", SampleSizeColumns::gap_correlation(sizes)?)],
        ),
    ];
    let mut chart =
        Chart::of("What fewer examples show", Panels::grid(4, 190, [64, 92], [62, theme::RIGHT, 76, 64]));
    chart.without_legend();
    for (panel, (title, drawn)) in panels.into_iter().enumerate() {
        let middle = (drawn.len() as f64 - 1.0) / 2.0;
        let is_alone = drawn.len() == 1;
        let mut lowest: f64 = 0.0;
        for (number, (name, values)) in drawn.into_iter().enumerate() {
            let colour = theme::colour(number);
            if !is_alone {
                let place = [Place::Start, Place::End][number.min(1)];
                let note = Note::above(chart.panels().above(panel, place), name, place);
                chart.note(note.sized(12).coloured(colour));
            }
            let curve = Summary::of(&rows, &values, (number as f64 - middle) * 0.1)?;
            lowest = lowest.min(ends(curve.low.iter().copied()).0);
            chart.add_to(panel, curve.mark(name).coloured(colour));
        }
        // The names of several curves stand below the title.
        chart.panel_title(panel, &if is_alone { title.to_owned() } else { format!("{title}\n ") });
        let x = Axis::new(if chart.panels().is_lowest(panel) { "examples" } else { "" })
            .ticks(rows.keys().enumerate().map(|(i, n)| (i as f64, n.to_string())))
            .range(-0.4, rows.len() as f64 - 0.6)
            .without_grid();
        // Agreement and correlations end at 1, and may lie below 0.
        let y = if panel == 2 { Axis::new("") } else { Axis::new("").range(lowest - 0.05, 1.05).step(0.25) };
        chart.axes_of(panel, x, y);
    }
    chart.figure()
}

/// The means and percentiles of one value over the draws of each size.
#[derive(Default)]
struct Summary {
    at: Vec<f64>,
    means: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Summary {
    fn of(rows: &BTreeMap<i64, Vec<usize>>, values: &[Option<f64>], aside: f64) -> Result<Summary> {
        let mut found = Summary::default();
        for (place, rows) in rows.values().enumerate() {
            let of_size: Vec<f64> = rows.iter().filter_map(|&row| values[row]).collect();
            if !of_size.is_empty() {
                found.at.push(place as f64 + aside);
                found.means.push(mean(&of_size)?);
                found.low.push(quantile(&of_size, TAIL)?);
                found.high.push(quantile(&of_size, 1.0 - TAIL)?);
            }
        }
        Ok(found)
    }

    fn mark(self, name: &str) -> Mark {
        let bars = Mark::intervals(&self.at, &self.low, &self.high).faded(0.45);
        let curve = Mark::curve(self.at, self.means).sized(8.0);
        bars.below(curve.telling(&format!("{name}<br>mean %{{y:.4g}}")))
    }
}
