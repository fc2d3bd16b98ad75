//! Statistics of groups with their intervals.

use std::collections::BTreeMap;

use plotly::common::{Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::comparison::{ComparisonColumns, GROUP_COMPARISON};
use crate::figures::panels::{Panels, axis_names, check_number};
use crate::figures::{Figure, axes, theme};
use crate::{LmcError, Result};

/// Returns a figure of some statistics of every group: a panel for each statistic, with a point for each
/// group and a bar over its bootstrap interval, if it has one.
///
/// `comparison` is a [`GROUP_COMPARISON`](crate::table::GROUP_COMPARISON) table; `statistics` are values of its column of that name. A
/// statistic that is undefined for a group has no point there.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a statistic that is not
/// in it, [`LmcError::InvalidParameter`] for no statistics or more than 8.
pub fn comparison_intervals(comparison: &DataFrame, statistics: &[&str]) -> Result<Figure> {
    GROUP_COMPARISON.check(comparison)?;
    check_number(statistics.len(), "statistics")?;
    let (of_rows, groups) =
        (ComparisonColumns::statistic(comparison)?, ComparisonColumns::group(comparison)?);
    let value = finite(ComparisonColumns::value(comparison)?)?;
    let (low, high) =
        (finite(ComparisonColumns::low(comparison)?)?, finite(ComparisonColumns::high(comparison)?)?);
    let mut rows: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut names: Vec<&String> = Vec::new();
    for (row, (statistic, group)) in of_rows.iter().zip(&groups).enumerate() {
        rows.insert((statistic, group), row);
        if !names.contains(&group) {
            names.push(group);
        }
    }
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let places = Panels {
        n: statistics.len(),
        size: [if statistics.len() == 3 { 250 } else { 330 }, 40 + 34 * names.len()],
        gap: [30, 86],
        margin: [(longest * 8).clamp(30, 240) + 16, 28, 76, theme::BOTTOM - 16],
    };
    let mut plot = Plot::new();
    let mut layout = places.layout("Statistics of the groups with bootstrap intervals").show_legend(false);
    let mut notes = Vec::new();
    for (index, statistic) in statistics.iter().enumerate() {
        let [x_name, y_name] = axis_names(index);
        if !of_rows.iter().any(|known| known == statistic) {
            return Err(crate::study::unknown("statistic in the comparison", statistic, of_rows));
        }
        for (position, group) in names.iter().enumerate() {
            let Some((row, point)) =
                rows.get(&(*statistic, group.as_str())).and_then(|&row| Some((row, value[row]?)))
            else {
                continue;
            };
            let (y, colour) = (position as f64, theme::colour(position));
            if let (Some(low), Some(high)) = (low[row], high[row]) {
                plot.add_trace(
                    Scatter::new(vec![low, high], vec![y, y])
                        .mode(Mode::Lines)
                        .line(Line::new().color(colour).width(3.0))
                        .hover_template("%{x:.4g}<extra>end of the interval</extra>")
                        .x_axis(&x_name)
                        .y_axis(&y_name),
                );
            }
            plot.add_trace(
                Scatter::new(vec![point], vec![y])
                    .mode(Mode::Markers)
                    .name(theme::label(group))
                    .marker(Marker::new().color(colour).size(11))
                    .x_axis(&x_name)
                    .y_axis(&y_name),
            );
        }
        let [across, up] = places.domains(index);
        let x = theme::axis("").domain(&across).anchor(y_name);
        let y = theme::axis("")
            .range(vec![names.len() as f64 - 0.5, -0.5])
            .tick_values((0..names.len()).map(|i| i as f64).collect())
            .tick_text(names.iter().map(|name| theme::label(name)).collect::<Vec<_>>())
            .show_tick_labels(places.at_edge(index)[0])
            .show_grid(false)
            .domain(&up)
            .anchor(x_name);
        layout = axes::with_axes(layout, index + 1, x, y);
        notes.push(places.title(index, &theme::label(statistic)));
    }
    plot.set_layout(layout.annotations(notes));
    Ok(Figure::new(plot))
}

/// Checks that the values that are there are finite.
fn finite(values: Vec<Option<f64>>) -> Result<Vec<Option<f64>>> {
    match values.iter().flatten().find(|value| !value.is_finite()) {
        Some(wrong) => Err(LmcError::invalid("comparison", wrong, "finite statistics, or empty ones")),
        None => Ok(values),
    }
}
