//! The figure of how often models stay in their basin, and how often two models share one.

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark, Panels, Scale, matrix, room};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::Members;
use crate::analyses::confidence::{CO_ASSIGNMENT, CoAssignmentColumns};
use crate::figures::Figure;
use crate::figures::basins::{basin_colour, basin_name};
use crate::figures::rows::{distinct, pick, rows_where};
use crate::{LmcError, Result};

/// Side of the matrix, CSS pixels.
const SIDE: usize = 500;
/// Height of the bars, CSS pixels.
const HEIGHT: usize = 274;
/// The title of the axis of models.
const ORDER: &str = "models by basin, then membership score";

/// Returns a figure of the share of draws in which two models are in one basin, models sorted by basin and
/// membership score.
///
/// `shares` is a [`CO_ASSIGNMENT`] table, `membership` a
/// [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table of the same models. Two blocks of 1 on
/// the diagonal and 0 elsewhere are clusters that no draw changes; a pair that is not in `shares` stays
/// white.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for a share outside
/// \[0, 1\].
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
/// let (shares, membership) = (confidence.co_assignment_table()?, confidence.membership_table()?);
/// figure::co_assignment(&shares, &membership)?.save("co-assignment.png")?;
/// # Ok::<(), LmcError>(())
/// ```
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
    let names = pick(&members.models, &members.order());
    let cell = |a, b| if a == b { Some(1.0) } else { pairs.get(&(a, b)).copied() };
    let z: Vec<Vec<Option<f64>>> = names.iter().map(|a| names.iter().map(|b| cell(a, b)).collect()).collect();
    let scale = Scale::sequential("share of draws in one basin (no unit)", 0.0, 1.0).ticks([
        (0.0, "0"),
        (0.25, "0.25"),
        (0.5, "0.5"),
        (0.75, "0.75"),
        (1.0, "1"),
    ]);
    let title = format!("How often two of {} models share a basin", names.len());
    let telling = "%{x} and %{y}<br>in one basin in %{z:.3f} of the draws";
    matrix(&title, [&names, &names], [ORDER, ORDER], SIDE, &z, &scale, telling).figure()
}

/// Returns a figure of the share of draws in which each model is in its basin, models sorted by basin and
/// membership score.
///
/// `membership` is a [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table. A model whose basin
/// says nothing would be at about one half.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
/// figure::stability_bars(&confidence.membership_table()?)?.save("stability.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn stability_bars(membership: &DataFrame) -> Result<Figure> {
    let members = Members::of(membership)?;
    let order = members.order();
    let (names, clusters) = (pick(&members.models, &order), pick(&members.clusters, &order));
    let stability = pick(&members.stability, &order);
    let bottom = room(&names).max(theme::BOTTOM);
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, bottom];
    let panel = Panels::new(1, 1, HEIGHT, [0, 0], margin);
    let x = Axis::new(ORDER).names(&names, panel.size()[0]).range(-0.6, names.len() as f64 - 0.4);
    let mut chart = Chart::of("How often each model stays in its basin", panel);
    chart.overlay_bars();
    chart.axes(x, Axis::new("share of draws (no unit)").range(0.0, 1.02).step(0.25));
    for cluster in distinct(&clusters) {
        let places = rows_where(names.len(), |place| clusters[place] == cluster);
        let count = theme::counted(places.len(), "model");
        chart.add(
            Mark::bars(places.iter().map(|&place| place as f64), pick(&stability, &places))
                .bar_width(0.8)
                .coloured(basin_colour(cluster))
                .named(&format!("{}, {count}", basin_name(cluster, &clusters)))
                .texts(pick(&names, &places))
                .telling("%{text}<br>%{y:.3f} of the draws"),
        );
    }
    chart.figure()
}
