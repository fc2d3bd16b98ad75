//! The figure of what fewer examples would have shown.

use std::collections::BTreeMap;

use plotly::common::{Anchor, HoverInfo, Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::confidence::figure::{bars, places};
use crate::analyses::confidence::{SAMPLE_SIZES, SampleSizeColumns};
use crate::figures::panels::{Panels, axis_names};
use crate::figures::{Figure, axes, theme};
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
/// `sizes` is a [`SAMPLE_SIZES`](crate::table::SAMPLE_SIZES) table. Points are means over draws, bars run from the 5th to the 95th
/// percentile.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for no draws or a value
/// that is not finite.
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
    let layout = Panels { n: 4, size: [350, 190], gap: [64, 92], margin: [62, 28, 76, 64] };
    let mut plot = Plot::new();
    let mut page = layout.layout("What fewer examples show").show_legend(false);
    let mut notes = Vec::new();
    for (index, (title, drawn)) in panels.into_iter().enumerate() {
        let axes = axis_names(index);
        let middle = (drawn.len() as f64 - 1.0) / 2.0;
        let is_share = index != 2;
        let [across, up] = layout.domains(index);
        let is_alone = drawn.len() == 1;
        for (number, (name, values)) in drawn.into_iter().enumerate() {
            let colour = theme::colour(number);
            if !is_alone {
                let anchor = [Anchor::Left, Anchor::Right][number.min(1)].clone();
                let told = theme::note(name, across[number.min(1)], up[1], anchor, Anchor::Bottom);
                notes.push(told.font(theme::font(12).color(colour)));
            }
            add(&mut plot, &rows, &values, (number as f64 - middle) * 0.1, colour, name, &axes)?;
        }
        // The names of several curves stand below the title.
        let heading = if is_alone { title.to_owned() } else { format!("{title}<br> ") };
        let [x_name, y_name] = axes;
        let x = theme::axis(if layout.at_edge(index)[1] { "examples" } else { "" })
            .tick_values((0..rows.len()).map(|i| i as f64).collect())
            .tick_text(rows.keys().map(|n| n.to_string()).collect::<Vec<_>>())
            .range(vec![-0.4, rows.len() as f64 - 0.6])
            .show_grid(false)
            .domain(&across)
            .anchor(y_name);
        let mut y = theme::axis("").domain(&up).anchor(x_name);
        if is_share {
            y = y.range(vec![-0.05, 1.05]).dtick(0.25);
        }
        page = axes::with_axes(page, index + 1, x, y);
        notes.push(layout.title(index, &heading));
    }
    plot.set_layout(page.annotations(notes));
    Ok(Figure::new(plot))
}

/// Adds the means and bars of one value at each size.
fn add(
    plot: &mut Plot,
    rows: &BTreeMap<i64, Vec<usize>>,
    values: &[Option<f64>],
    aside: f64,
    colour: &'static str,
    name: &str,
    [x_name, y_name]: &[String; 2],
) -> Result<()> {
    let (mut at, mut means, mut low, mut high) = (vec![], vec![], vec![], vec![]);
    for (place, rows) in rows.values().enumerate() {
        let of_size: Vec<f64> = rows.iter().filter_map(|&row| values[row]).collect();
        if !of_size.is_empty() {
            at.push(place as f64 + aside);
            means.push(mean(&of_size)?);
            low.push(quantile(&of_size, TAIL)?);
            high.push(quantile(&of_size, 1.0 - TAIL)?);
        }
    }
    plot.add_trace(
        Scatter::new(places(&at), bars(&low, &high))
            .mode(Mode::Lines)
            .line(Line::new().color(colour).width(2.0))
            .opacity(0.45)
            .hover_info(HoverInfo::Skip)
            .x_axis(x_name)
            .y_axis(y_name),
    );
    plot.add_trace(
        Scatter::new(at, means)
            .mode(Mode::LinesMarkers)
            .name(name)
            .line(Line::new().color(colour).width(1.5))
            .marker(Marker::new().color(colour).size(8))
            .hover_template("mean %{y:.4g}<extra>%{fullData.name}</extra>")
            .x_axis(x_name)
            .y_axis(y_name),
    );
    Ok(())
}
