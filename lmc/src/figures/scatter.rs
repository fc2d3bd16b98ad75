//! A score of models against another number of each.

use plotly::common::{Anchor, Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use super::{Figure, capitalised, theme};
use crate::Result;
use crate::stats::{least_squares, pearson};
use crate::study::Metric;

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 520;

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
    let scores = crate::study::scores(evaluations, dataset, metric, models)?;
    let x = &across.values;
    let mut plot = Plot::new();
    // The line and r are left out if they are undefined: the points are still worth seeing.
    let note = match (least_squares(x, &scores), pearson(x, &scores)) {
        (Ok(line), Ok(r)) => {
            let low = x.iter().copied().fold(f64::INFINITY, f64::min);
            let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            plot.add_trace(
                Scatter::new(vec![low, high], vec![line.at(low), line.at(high)])
                    .mode(Mode::Lines)
                    .name("least squares")
                    .line(Line::new().color(theme::INK).width(1.5).dash(plotly::common::DashType::Dash)),
            );
            format!("Pearson r = {}, {} models", signed(r), models.len())
        }
        _ => format!("Pearson r undefined, {} models", models.len()),
    };
    let all = 0..models.len();
    let groups: Vec<(String, &str, Vec<usize>)> = match clusters {
        None => vec![(theme::counted(models.len(), "model"), theme::colour(0), all.collect())],
        Some(clusters) => distinct(clusters)
            .into_iter()
            .map(|cluster| {
                let among = distinct(clusters);
                let members: Vec<usize> = all.clone().filter(|&i| clusters[i] == cluster).collect();
                let count = theme::counted(members.len(), "model");
                let name = format!("{}, {count}", theme::cluster_name_among(cluster, &among));
                (name, theme::cluster_colour(cluster), members)
            })
            .collect(),
    };
    for (name, colour, members) in groups {
        let of = |values: &[f64]| members.iter().map(|&i| values[i]).collect::<Vec<_>>();
        let what = across.name;
        plot.add_trace(
            Scatter::new(of(x), of(&scores))
                .mode(Mode::Markers)
                .name(name)
                .text_array(members.iter().map(|&i| theme::label(&models[i])).collect::<Vec<_>>())
                .hover_template(format!(
                    "%{{text}}<br>{what} %{{x:.4g}}<br>{metric} %{{y:.4g}}<extra></extra>"
                ))
                .marker(
                    Marker::new()
                        .size(11)
                        .opacity(0.85)
                        .color(colour)
                        .line(Line::new().color("#ffffff").width(1.0)),
                ),
        );
    }
    let set = theme::label(dataset);
    let title = format!("{} on {set} against {}", capitalised(&metric.to_string()), across.against);
    let layout = theme::layout(&title, theme::WIDTH, HEIGHT)
        .x_axis(theme::axis(across.title))
        .y_axis(theme::axis(&format!("{metric} on {set} ({})", metric.unit())))
        .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

/// Returns the basins that occur, in order.
pub(crate) fn distinct(clusters: &[i64]) -> Vec<i64> {
    clusters.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Returns a correlation with two decimals and a true minus sign.
pub(crate) fn signed(r: f64) -> String {
    // A value that rounds to zero has no sign.
    let rounded = (r * 100.0).round() / 100.0 + 0.0;
    format!("{rounded:.2}").replace('-', "−")
}
