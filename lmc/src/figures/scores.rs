//! A score of models against another number of each.

use lmc_figure::parts::{Axis, Chart, Mark, Symbol};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::basins::{NO_BASIN, basin_colour, basin_name, basin_symbol};
use super::rows::{distinct, ends, pick, rows_where, signed};
use super::{Figure, capitalised};
use crate::Result;
use crate::stats::{least_squares, pearson};
use crate::study::{self, Metric};

/// The x axis: a value for each model.
pub(crate) struct Across {
    /// The title of the axis, with its unit.
    pub title: &'static str,
    /// The name beside a value.
    pub name: &'static str,
    /// The name in the title of the figure.
    pub against: &'static str,
    /// The value of each model.
    pub values: Vec<f64>,
}

/// Returns the scores of models against something else, with their line of least squares; all in one colour
/// without `clusters`.
pub(crate) fn scatter(
    models: &[String],
    across: Across,
    clusters: Option<&[i64]>,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    let scores = study::scores(evaluations, dataset, metric, models)?;
    let x = &across.values;
    let title = format!("{} on {dataset} against {}", capitalised(&metric.to_string()), across.against);
    let mut chart = Chart::new(&title);
    chart.axes(Axis::new(across.title), Axis::of(&format!("{metric} on {dataset}"), metric.unit()));
    // The line and r are left out if they are undefined: the points are still worth seeing.
    // A model in no basin has no membership.
    let counted = rows_where(models.len(), |i| clusters.is_none_or(|clusters| clusters[i] != NO_BASIN));
    let (fitted_x, fitted_scores) = (pick(x, &counted), pick(&scores, &counted));
    let remark = match (least_squares(&fitted_x, &fitted_scores), pearson(&fitted_x, &fitted_scores)) {
        (Ok(line), Ok(r)) => {
            let (low, high) = ends(fitted_x);
            let line = Mark::line([low, high], [line.at(low), line.at(high)]).dashed().wide(1.5);
            chart.add(line.coloured(theme::INK).named("least squares"));
            format!("Pearson r = {}, {} models", signed(r), counted.len())
        }
        _ => format!("Pearson r undefined, {} models", counted.len()),
    };
    chart.remark(&remark);
    let groups: Vec<(String, &str, Symbol, Vec<usize>)> = match clusters {
        None => vec![(String::new(), theme::colour(0), Symbol::Circle, (0..models.len()).collect())],
        Some(clusters) => distinct(clusters)
            .into_iter()
            .map(|cluster| {
                let members = rows_where(models.len(), |i| clusters[i] == cluster);
                let name = format!("{}, ", basin_name(cluster, clusters));
                (name, basin_colour(cluster), basin_symbol(cluster), members)
            })
            .collect(),
    };
    for (name, colour, symbol, members) in groups {
        let mut dots = Mark::dots(pick(x, &members), pick(&scores, &members)).sized(11.0).faded(0.85);
        if symbol != Symbol::Circle {
            dots = dots.shaped(symbol);
        }
        chart.add(
            dots.coloured(colour)
                .named(&format!("{name}{}", theme::counted(members.len(), "model")))
                .texts(pick(models, &members))
                .telling(&format!("%{{text}}<br>{} %{{x:.4g}}<br>{metric} %{{y:.4g}}", across.name)),
        );
    }
    chart.figure()
}
