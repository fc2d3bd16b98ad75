//! Scores against membership scores with their intervals.

use plotly::common::{Anchor, HoverInfo, Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::basins::figure::MEMBERSHIP;
use crate::analyses::confidence::MembershipIntervalColumns;
use crate::analyses::confidence::figure::{Members, bars, percent, places};
use crate::figures::scatter::{distinct, signed};
use crate::figures::{Figure, capitalised, theme};
use crate::stats::pearson;
use crate::study::Metric;
use crate::{LmcError, Result};

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 520;
/// From this share of draws on a model's basin counts as settled.
const SETTLED: f64 = 0.95;

/// Returns a figure of a score on one set against the membership score of each model with its interval,
/// coloured by basin.
///
/// `membership` is a [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table, `evaluations` an [`EVALUATIONS`](crate::table::EVALUATIONS)
/// table. Bars are intervals of the membership score; a marker is hollow if the model is in its basin in
/// fewer than 95 % of the draws. Scores have no bars: they come from other examples.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set or a model without
/// evaluations, [`LmcError::InvalidParameter`] for no models.
pub fn membership_intervals(
    membership: &DataFrame,
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
) -> Result<Figure> {
    let members = Members::of(membership)?;
    let [low, high, _] = MembershipIntervalColumns::drawn(membership)?;
    let confidence = MembershipIntervalColumns::confidence(membership)?;
    let examples = MembershipIntervalColumns::n_examples(membership)?;
    let scores = crate::study::scores(evaluations, dataset, metric, &members.models)?;
    let (Some(confidence), Some(examples)) = (confidence.first(), examples.first()) else {
        return Err(LmcError::invalid("membership", "no model", "at least one model"));
    };
    let mut plot = Plot::new();
    for cluster in distinct(&members.clusters) {
        let rows: Vec<usize> =
            (0..members.models.len()).filter(|&row| members.clusters[row] == cluster).collect();
        let of = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<_>>();
        let colour = theme::cluster_colour(cluster);
        plot.add_trace(
            Scatter::new(bars(&of(&low), &of(&high)), places(&of(&scores)))
                .mode(Mode::Lines)
                .line(Line::new().color(colour).width(1.6))
                .opacity(0.5)
                .show_legend(false)
                .hover_info(HoverInfo::Skip),
        );
        let fill = |&row: &usize| if members.stability[row] < SETTLED { "#ffffff" } else { colour };
        let told = rows.iter().map(|&row| {
            theme::label(&format!(
                "{}, in its basin in {}",
                members.models[row],
                percent(members.stability[row])
            ))
        });
        plot.add_trace(
            Scatter::new(of(&members.membership), of(&scores))
                .mode(Mode::Markers)
                .name(format!("{}, {}", theme::cluster_name(cluster), theme::counted(rows.len(), "model")))
                .text_array(told.collect::<Vec<_>>())
                .hover_template(format!(
                    "%{{text}}<br>membership %{{x:.4g}}<br>{metric} %{{y:.4g}}<extra></extra>"
                ))
                .marker(
                    Marker::new()
                        .size(10)
                        .color_array(rows.iter().map(fill).collect())
                        .line(Line::new().color(colour).width(1.8)),
                ),
        );
    }
    let r = pearson(&members.membership, &scores).map_or_else(|_| "undefined".to_owned(), signed);
    let set = theme::label(dataset);
    let title =
        format!("{} on {set} against basin membership, with intervals", capitalised(&metric.to_string()));
    let note = format!(
        "r = {r}; bars: {} for {examples} examples; hollow: basin in under 95 % of draws",
        percent(*confidence)
    );
    plot.set_layout(
        theme::layout(&title, theme::WIDTH, HEIGHT)
            .x_axis(theme::axis(MEMBERSHIP))
            .y_axis(theme::axis(&format!("{metric} on {set} ({})", metric.unit())))
            .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]),
    );
    Ok(Figure::new(plot))
}
