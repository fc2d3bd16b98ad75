//! A score of models against another number of each.

use lmc_figure::parts::{Axis, Chart, Mark};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::basins::{basin_colour, basin_name};
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
    let remark = match (least_squares(x, &scores), pearson(x, &scores)) {
        (Ok(line), Ok(r)) => {
            let (low, high) = ends(x.iter().copied());
            let line = Mark::line([low, high], [line.at(low), line.at(high)]).dashed().wide(1.5);
            chart.add(line.coloured(theme::INK).named("least squares"));
            format!("Pearson r = {}, {} models", signed(r), models.len())
        }
        _ => format!("Pearson r undefined, {} models", models.len()),
    };
    chart.remark(&remark);
    let groups: Vec<(String, &str, Vec<usize>)> = match clusters {
        None => vec![(String::new(), theme::colour(0), (0..models.len()).collect())],
        Some(clusters) => distinct(clusters)
            .into_iter()
            .map(|cluster| {
                let members = rows_where(models.len(), |i| clusters[i] == cluster);
                (format!("{}, ", basin_name(cluster, clusters)), basin_colour(cluster), members)
            })
            .collect(),
    };
    for (name, colour, members) in groups {
        let dots = Mark::dots(pick(x, &members), pick(&scores, &members)).sized(11.0).faded(0.85);
        chart.add(
            dots.coloured(colour)
                .named(&format!("{name}{}", theme::counted(members.len(), "model")))
                .texts(pick(models, &members))
                .telling(&format!("%{{text}}<br>{} %{{x:.4g}}<br>{metric} %{{y:.4g}}", across.name)),
        );
    }
    chart.figure()
}
