//! Scores against membership scores with their intervals.

use lmc_figure::parts::{Axis, Chart, Mark};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::{Members, percent};
use crate::analyses::basins::figure::MEMBERSHIP;
use crate::analyses::confidence::MembershipIntervalColumns;
use crate::figures::basins::{NO_BASIN, basin_colour, basin_name, basin_symbol};
use crate::figures::rows::{distinct, pick, rows_where, signed};
use crate::figures::{Figure, capitalised};
use crate::stats::pearson;
use crate::study::{self, Metric};
use crate::{LmcError, Result};

/// From this share of draws on a model's basin counts as settled.
const SETTLED: f64 = 0.95;

/// Returns a figure of a score on one set against the membership score of each model with its interval,
/// coloured by basin.
///
/// `membership` is a [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table, `evaluations` an
/// [`EVALUATIONS`](crate::table::EVALUATIONS) table. Bars are intervals of the membership score; a marker is
/// hollow if the model is in its basin in fewer than 95 % of the draws. Scores have no bars: they come from
/// other examples.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set or a model without
/// evaluations, [`LmcError::InvalidParameter`] for no models.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
/// let (membership, evaluations) = (confidence.membership_table()?, models.evaluations(&["lo"])?);
/// let figure = figure::membership_intervals(&membership, &evaluations, "lo", Metric::Accuracy)?;
/// figure.save("membership.png")?;
/// # Ok::<(), LmcError>(())
/// ```
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
    let scores = study::scores(evaluations, dataset, metric, &members.models)?;
    let (Some(confidence), Some(examples)) = (confidence.first(), examples.first()) else {
        return Err(LmcError::invalid("membership", "no model", "at least one model"));
    };
    let score = capitalised(&metric.to_string());
    let mut chart = Chart::new(&format!("{score} on {dataset} against basin membership, with intervals"));
    chart.axes(Axis::new(MEMBERSHIP), Axis::of(&format!("{metric} on {dataset}"), metric.unit()));
    // A model in no basin has no membership.
    let counted = rows_where(members.models.len(), |row| members.clusters[row] != NO_BASIN);
    let r = pearson(&pick(&members.membership, &counted), &pick(&scores, &counted))
        .map_or_else(|_| "undefined".to_owned(), signed);
    chart.remark(&format!(
        "r = {r}; bars: {} for {examples} examples; hollow: basin in under 95 % of draws",
        percent(*confidence)
    ));
    for cluster in distinct(&members.clusters) {
        let rows = rows_where(members.models.len(), |row| members.clusters[row] == cluster);
        let told = rows.iter().map(|&row| {
            format!("{}, in its basin in {}", members.models[row], percent(members.stability[row]))
        });
        let score = pick(&scores, &rows);
        let bars =
            Mark::level_intervals(&pick(&low, &rows), &pick(&high, &rows), &score).wide(1.6).faded(0.5);
        let mut dots = Mark::dots(pick(&members.membership, &rows), score);
        if cluster == NO_BASIN {
            dots = dots.shaped(basin_symbol(cluster));
        }
        let dots = dots
            .sized(10.0)
            .texts(told)
            .telling(&format!("%{{text}}<br>membership %{{x:.4g}}<br>{metric} %{{y:.4g}}"));
        let count = theme::counted(rows.len(), "model");
        chart.add(
            bars.below(dots)
                .coloured(basin_colour(cluster))
                .hollow(rows.iter().map(|&row| members.stability[row] < SETTLED))
                .named(&format!("{}, {count}", basin_name(cluster, &members.clusters))),
        );
    }
    chart.figure()
}
