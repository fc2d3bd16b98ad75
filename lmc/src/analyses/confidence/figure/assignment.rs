//! The figure of how often models stay in their basin, and how often two models share one.

use std::collections::BTreeMap;

use plotly::common::{Anchor, ColorBar, Marker, Side, Title};
use plotly::layout::Margin;
use plotly::{Bar, HeatMap, Plot};
use polars::prelude::DataFrame;

use crate::analyses::confidence::figure::Members;
use crate::analyses::confidence::{CO_ASSIGNMENT, CoAssignmentColumns};
use crate::analyses::gaps::figure as heatmap;
use crate::figures::scatter::distinct;
use crate::figures::{Figure, theme};
use crate::{LmcError, Result};

/// Side of the matrix, CSS pixels.
const SIDE: usize = 500;
/// Height of the bars' figure, CSS pixels.
const HEIGHT: usize = 430;

/// Returns a figure of the share of draws in which two models are in one basin, models sorted by basin and
/// membership score.
///
/// `shares` is a [`CO_ASSIGNMENT`](crate::table::CO_ASSIGNMENT) table, `membership` a
/// [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table of the same models. Two blocks of 1 on the
/// diagonal and 0 elsewhere are clusters that no draw changes; a pair that is not in `shares` stays white.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for a share outside
/// \[0, 1\].
pub fn co_assignment(shares: &DataFrame, membership: &DataFrame) -> Result<Figure> {
    CO_ASSIGNMENT.check(shares)?;
    let members = Members::of(membership)?;
    let (a, b, share) = (
        CoAssignmentColumns::a(shares)?,
        CoAssignmentColumns::b(shares)?,
        CoAssignmentColumns::drawn(shares)?,
    );
    if let Some(wrong) = share.iter().find(|share| !(0.0..=1.0).contains(*share)) {
        return Err(LmcError::invalid("co_assignment.share", wrong, "numbers from 0 to 1"));
    }
    let mut pairs = BTreeMap::new();
    for ((a, b), share) in a.iter().zip(&b).zip(share) {
        pairs.insert((a, b), share);
        pairs.insert((b, a), share);
    }
    let order = members.order();
    let names: Vec<&String> = order.iter().map(|&row| &members.models[row]).collect();
    let cell = |a, b| if a == b { Some(1.0) } else { pairs.get(&(a, b)).copied() };
    let z: Vec<Vec<Option<f64>>> =
        names.iter().map(|&a| names.iter().map(|&b| cell(a, b)).collect()).collect();
    let labels: Vec<String> = names.iter().map(|name| theme::label(name)).collect();
    let mut plot = Plot::new();
    plot.add_trace(
        HeatMap::new(labels.clone(), labels.clone(), z)
            .color_scale(theme::sequential())
            .zmin(0.0)
            .zmax(1.0)
            .hover_template("%{x} and %{y}<br>in one basin in %{z:.3f} of the draws<extra></extra>")
            .color_bar(
                ColorBar::new()
                    .title(
                        Title::with_text("share of draws in one basin (no unit)")
                            .side(Side::Right)
                            .font(theme::font(13)),
                    )
                    .thickness(18)
                    .x(1.02)
                    .y_pad(0.0)
                    .tick_vals(vec![0.0, 0.25, 0.5, 0.75, 1.0])
                    .tick_text(vec!["0", "0.25", "0.5", "0.75", "1"])
                    .tick_font(theme::font(12)),
            ),
    );
    let (room, top) = (heatmap::room(&labels), 64);
    let (width, height) = (SIDE + room + 128, SIDE + room + top);
    let [x_axis, y_axis] = heatmap::axes(&labels, SIDE, "models by basin, then membership score");
    let title = format!("How often two of {} models share a basin", labels.len());
    plot.set_layout(
        theme::layout(&title, width, height)
            .title(
                Title::with_text(title.as_str())
                    .font(theme::font(17))
                    .x(room as f64 / width as f64)
                    .x_anchor(Anchor::Left)
                    .y(1.0 - 32.0 / height as f64)
                    .y_anchor(Anchor::Middle),
            )
            .margin(Margin::new().left(room).right(128).top(top).bottom(room))
            .x_axis(x_axis)
            .y_axis(y_axis),
    );
    Ok(Figure::new(plot))
}

/// Returns a figure of the share of draws in which each model is in its basin, models sorted by basin and
/// membership score.
///
/// `membership` is a [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table. A model whose basin says
/// nothing would be at about one half.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema.
pub fn stability_bars(membership: &DataFrame) -> Result<Figure> {
    let members = Members::of(membership)?;
    let order = members.order();
    let mut plot = Plot::new();
    for cluster in distinct(&members.clusters) {
        let places: Vec<usize> =
            (0..order.len()).filter(|&place| members.clusters[order[place]] == cluster).collect();
        let shares: Vec<f64> = places.iter().map(|&place| members.stability[order[place]]).collect();
        let names = places.iter().map(|&place| theme::label(&members.models[order[place]]));
        plot.add_trace(
            Bar::new(places.iter().map(|&place| place as f64).collect(), shares)
                .name(format!("{}, {}", theme::cluster_name(cluster), theme::counted(places.len(), "model")))
                .text_array(names.collect::<Vec<_>>())
                .hover_template("%{text}<br>%{y:.3f} of the draws<extra></extra>")
                .text_position(plotly::common::TextPosition::None)
                .marker(Marker::new().color(theme::cluster_colour(cluster))),
        );
    }
    let labels: Vec<String> = order.iter().map(|&row| theme::label(&members.models[row])).collect();
    let room = theme::WIDTH - theme::LEFT - theme::RIGHT;
    let step = (labels.len() * 16).div_ceil(room).max(1);
    let shown: Vec<usize> = (0..labels.len()).step_by(step).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let turned = longest * 8 * shown.len() > room;
    let bottom = if turned { 50 + (longest * 7).min(160) } else { theme::BOTTOM };
    let title = "How often each model stays in its basin";
    let x_axis = theme::axis("models by basin, then membership score")
        .tick_values(shown.iter().map(|&place| place as f64).collect())
        .tick_text(shown.iter().map(|&place| labels[place].clone()).collect::<Vec<_>>())
        .tick_angle(if turned { -90.0 } else { 0.0 })
        .range(vec![-0.6, labels.len() as f64 - 0.4])
        .show_grid(false);
    plot.set_layout(
        theme::layout(title, theme::WIDTH, HEIGHT + bottom - theme::BOTTOM)
            .margin(Margin::new().left(theme::LEFT).right(theme::RIGHT).top(theme::TOP).bottom(bottom))
            .x_axis(x_axis)
            .y_axis(theme::axis("share of draws (no unit)").range(vec![0.0, 1.02]).dtick(0.25)),
    );
    Ok(Figure::new(plot))
}
