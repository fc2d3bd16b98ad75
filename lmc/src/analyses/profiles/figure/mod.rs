//! Loss and accuracy along the segments between models (Juneja et al. 2023, Fig. 1).

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::profiles::{GroupColumns, PROFILES, ProfileColumns};
use crate::figures::Figure;
use crate::figures::rows::{chosen, named};
use crate::study::Metric;
use crate::{LmcError, Result};

/// At most that many single curves of one type of pair are drawn behind their mean.
const MOST_SINGLE_CURVES: usize = 24;
/// The most sets beside each other.
const MOST_DATASETS: usize = 4;
/// Height of a panel, CSS pixels.
const HEIGHT: usize = 235;

/// One curve: loss and accuracy at each alpha, in order of alpha.
#[derive(Debug, Clone, PartialEq)]
struct Curve {
    alpha: Vec<f64>,
    loss: Vec<f64>,
    accuracy: Vec<f64>,
}

/// The curves of one type of pair on each set.
struct PairType {
    name: String,
    n_pairs: usize,
    curves: BTreeMap<String, Vec<Curve>>,
}

/// Returns a figure of loss and accuracy against alpha: the mean over pairs of each type in front of single
/// pairs.
///
/// `profiles` is a [`PROFILES`] table; `groups`, a [`GROUPS`](crate::table::GROUPS) table, gives the kind of
/// each model, and pairs are averaged by the two kinds they join ("gen–heur"); a model without a kind is left
/// out. Without `groups` all pairs are averaged together. There is a column of panels for each of `datasets`
/// (at most 4; all if empty) with loss (nats per example) above accuracy. A mixed pair is turned so that the
/// kind named first lies at alpha = 1. At most 24 single curves of a type are drawn, evenly chosen; the mean
/// and the number in the legend are over all.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] if there are no pairs, too many sets, or pairs on different grids of alpha.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let groups = figure::groups_by_score(&evaluations, "lo", Metric::Accuracy, 5)?;
/// figure::curves(&sweep.table()?, Some(&groups), &[])?.save("curves.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn curves(profiles: &DataFrame, groups: Option<&DataFrame>, datasets: &[&str]) -> Result<Figure> {
    PROFILES.check(profiles)?;
    let kinds = groups.map(kinds).transpose()?;
    let sets = ProfileColumns::dataset(profiles)?;
    let shown = chosen("dataset in the profiles", &named(&sets), datasets)?;
    if shown.len() > MOST_DATASETS {
        return Err(LmcError::invalid("datasets", shown.len(), format!("at most {MOST_DATASETS} sets")));
    }
    let types = pair_types(profiles, kinds.as_ref(), &shown)?;
    if types.is_empty() {
        return Err(LmcError::invalid("profiles", "no pair of known kinds", "at least one pair of models"));
    }
    let n = shown.len();
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
    let title = "Loss and accuracy on the segment between two models, mean over pairs";
    let mut chart = Chart::of(title, Panels::new(2 * n, n, HEIGHT, [62, 40], margin));
    for (row, metric) in [Metric::Loss, Metric::Accuracy].into_iter().enumerate() {
        for (column, dataset) in shown.iter().enumerate() {
            let panel = row * n + column;
            add_panel(&mut chart, &types, dataset, metric, panel)?;
            let title = ["", if n > 3 { "α" } else { "α (1 = first model, 0 = second)" }][row];
            let x = Axis::new(title).range(-0.02, 1.02).step(if n > 2 { 0.5 } else { 0.2 });
            let y = if column == 0 { Axis::of(&metric.to_string(), metric.unit()) } else { Axis::new("") };
            chart.axes_of(panel, x, y);
            if row == 0 {
                chart.panel_title(panel, &format!("evaluated on {dataset}"));
            }
        }
    }
    chart.figure()
}

/// The kind of each model: its name and its rank by first appearance.
struct Kinds {
    of_model: BTreeMap<String, usize>,
    names: Vec<String>,
}

fn kinds(groups: &DataFrame) -> Result<Kinds> {
    let mut kinds = Kinds { of_model: BTreeMap::new(), names: Vec::new() };
    for (model, group) in GroupColumns::model(groups)?.into_iter().zip(GroupColumns::group(groups)?) {
        let rank = kinds.names.iter().position(|name| *name == group).unwrap_or_else(|| {
            kinds.names.push(group);
            kinds.names.len() - 1
        });
        kinds.of_model.insert(model, rank);
    }
    Ok(kinds)
}

fn pair_types(profiles: &DataFrame, kinds: Option<&Kinds>, shown: &[String]) -> Result<Vec<PairType>> {
    let (a, b, dataset) =
        (ProfileColumns::a(profiles)?, ProfileColumns::b(profiles)?, ProfileColumns::dataset(profiles)?);
    let (alpha, loss, accuracy) = (
        ProfileColumns::alpha(profiles)?,
        ProfileColumns::loss(profiles)?,
        ProfileColumns::accuracies(profiles)?,
    );
    // Ranks of the two kinds, then set, then pair: the points of its curve.
    type Points = BTreeMap<(String, String), Vec<[f64; 3]>>;
    let mut collected: BTreeMap<(usize, usize), BTreeMap<String, Points>> = BTreeMap::new();
    for i in 0..a.len() {
        if !shown.contains(&dataset[i]) {
            continue;
        }
        let ranks = match kinds {
            None => Some((0, 0)),
            Some(kinds) => kinds.of_model.get(&a[i]).copied().zip(kinds.of_model.get(&b[i]).copied()),
        };
        let Some((rank_a, rank_b)) = ranks else { continue };
        let turned = rank_a > rank_b;
        let (key, alpha) =
            if turned { ((rank_b, rank_a), 1.0 - alpha[i]) } else { ((rank_a, rank_b), alpha[i]) };
        let points = collected.entry(key).or_default().entry(dataset[i].clone()).or_default();
        points.entry((a[i].clone(), b[i].clone())).or_default().push([alpha, loss[i], accuracy[i]]);
    }
    collected
        .into_iter()
        .map(|((first, second), by_dataset)| {
            let name = kinds.map_or("all pairs".to_owned(), |kinds| {
                format!("{}–{}", kinds.names[first], kinds.names[second])
            });
            let n_pairs = by_dataset.values().map(BTreeMap::len).max().unwrap_or(0);
            let curves =
                by_dataset.into_iter().map(|(set, pairs)| (set, pairs.into_values().map(curve).collect()));
            Ok(PairType { name, n_pairs, curves: curves.collect() })
        })
        .collect()
}

fn curve(mut points: Vec<[f64; 3]>) -> Curve {
    points.sort_by(|one, other| one[0].total_cmp(&other[0]));
    let column = |index: usize| points.iter().map(|point| point[index]).collect();
    Curve { alpha: column(0), loss: column(1), accuracy: column(2) }
}

impl Curve {
    fn values(&self, metric: Metric) -> &[f64] {
        if metric == Metric::Loss { &self.loss } else { &self.accuracy }
    }
}

/// Returns the mean of curves on one grid.
fn mean(curves: &[Curve], metric: Metric) -> Result<Vec<f64>> {
    let grid = &curves[0].alpha;
    let same = |curve: &Curve| {
        curve.alpha.len() == grid.len()
            && curve.alpha.iter().zip(grid).all(|(one, other)| (one - other).abs() < 1e-6)
    };
    if let Some(other) = curves.iter().find(|curve| !same(curve)) {
        let (got, expected) = (format!("{:?}", other.alpha), format!("the grid of the first pair, {grid:?}"));
        return Err(LmcError::invalid("profiles.alpha", got, expected));
    }
    let at = |i: usize| curves.iter().map(|curve| curve.values(metric)[i]).sum::<f64>() / curves.len() as f64;
    Ok((0..grid.len()).map(at).collect())
}

fn add_panel(
    chart: &mut Chart,
    types: &[PairType],
    dataset: &str,
    metric: Metric,
    panel: usize,
) -> Result<()> {
    let drawn =
        || types.iter().enumerate().filter_map(|(i, kind)| Some((i, kind, kind.curves.get(dataset)?)));
    for (i, kind, curves) in drawn() {
        let step = curves.len().div_ceil(MOST_SINGLE_CURVES).max(1);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for curve in curves.iter().step_by(step) {
            x.extend(curve.alpha.iter().copied().map(Some).chain([None]));
            y.extend(curve.values(metric).iter().copied().map(Some).chain([None]));
        }
        let single = Mark::line(x, y).wide(1.0).faded(0.22).coloured(theme::colour(i));
        chart.add_to(panel, single.among(&theme::label(&kind.legend())));
    }
    for (i, kind, curves) in drawn() {
        let mean = Mark::curve(curves[0].alpha.clone(), mean(curves, metric)?).wide(3.0);
        let telling = format!("{}<br>α %{{x:.3g}}<br>{metric} %{{y:.4g}}", theme::label(&kind.name));
        chart.add_to(
            panel,
            mean.coloured(theme::colour(i)).named_once(&kind.legend(), panel > 0).telling(&telling),
        );
    }
    Ok(())
}

impl PairType {
    fn legend(&self) -> String {
        format!("{} ({})", self.name, theme::counted(self.n_pairs, "pair"))
    }
}

#[cfg(test)]
mod tests;
