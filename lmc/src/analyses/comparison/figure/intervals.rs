//! Statistics of groups with their intervals.

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::comparison::{ComparisonColumns, GROUP_COMPARISON};
use crate::figures::Figure;
use crate::figures::rows::{check_panels, named};
use crate::study::unknown;
use crate::{LmcError, Result};

/// Returns a figure of some statistics of every group: a panel for each statistic, with a point for each
/// group and a bar over its bootstrap interval, if it has one.
///
/// `comparison` is a [`GROUP_COMPARISON`] table; `statistics` are values of its column of that name. A
/// statistic that is undefined for a group has no point there.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a statistic that is not
/// in it, [`LmcError::InvalidParameter`] for no statistics or more than 8.
///
/// # Examples
/// ```no_run
/// use lmc::analyses::comparison::{Group, Statistic, compare};
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let s = models.stage("id", "lo", Grid::TENTHS, &ClusterOptions::default())?;
/// let group = Group::new("mini", &s.sweep, &s.basins, &s.in_domain, &s.scored, Metric::Accuracy)?;
/// let table = compare(&[group], &ComparisonOptions::default())?.table()?;
/// let statistics = [Statistic::MedianGap.name(), Statistic::Silhouette.name()];
/// figure::comparison_intervals(&table, &statistics)?.save("comparison.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn comparison_intervals(comparison: &DataFrame, statistics: &[&str]) -> Result<Figure> {
    GROUP_COMPARISON.check(comparison)?;
    check_panels(statistics.len(), super::MOST_PANELS, "statistics", "")?;
    let (of_rows, groups) =
        (ComparisonColumns::statistic(comparison)?, ComparisonColumns::group(comparison)?);
    let value = finite(ComparisonColumns::value(comparison)?)?;
    let (low, high) =
        (finite(ComparisonColumns::low(comparison)?)?, finite(ComparisonColumns::high(comparison)?)?);
    let rows: BTreeMap<(&str, &str), usize> = of_rows
        .iter()
        .zip(&groups)
        .enumerate()
        .map(|(row, (of, group))| ((of.as_str(), group.as_str()), row))
        .collect();
    let names = named(&groups);
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let margin = [(longest * 8).clamp(30, 240) + 16, theme::RIGHT, 76, theme::BOTTOM - 16];
    let places = Panels::grid(statistics.len(), 40 + 34 * names.len(), [30, 86], margin).at_most(420);
    let mut chart = Chart::of("Statistics of the groups with bootstrap intervals", places);
    chart.without_legend();
    for (index, statistic) in statistics.iter().enumerate() {
        if !of_rows.iter().any(|known| known == statistic) {
            return Err(unknown("statistic in the comparison", statistic, of_rows));
        }
        for (position, group) in names.iter().enumerate() {
            let row = rows.get(&(*statistic, group.as_str())).copied();
            let Some((row, point)) = row.and_then(|row| Some((row, value[row]?))) else { continue };
            let (y, colour) = (position as f64, theme::colour(position));
            if let (Some(low), Some(high)) = (low[row], high[row]) {
                let bar = Mark::line([low, high], [y, y]).wide(3.0).coloured(colour);
                chart.add_to(index, bar.telling("end of the interval %{x:.4g}"));
            }
            let dot = Mark::dots([point], [y]).sized(11.0).coloured(colour);
            chart.add_to(index, dot.telling(&format!("{} %{{x:.4g}}", theme::label(group))));
        }
        let y = Axis::new("").range(names.len() as f64 - 0.5, -0.5).without_grid();
        let y = y.ticks(names.iter().enumerate().map(|(i, name)| (i as f64, name.as_str())));
        let y = if chart.panels().is_first(index) { y } else { y.without_texts() };
        chart.axes_of(index, Axis::new(""), y);
        chart.panel_title(index, statistic);
    }
    chart.figure()
}

/// Checks that the values that are there are finite.
fn finite(values: Vec<Option<f64>>) -> Result<Vec<Option<f64>>> {
    match values.iter().flatten().find(|value| !value.is_finite()) {
        Some(wrong) => Err(LmcError::invalid("comparison", wrong, "finite statistics, or empty ones")),
        None => Ok(values),
    }
}
