//! What a page shows, as its scripts read it.

use serde::Serialize;

use super::block::{Block, Blocks};
use super::division::Division;
use super::facts::{Fact, Sharp, facts, sharp};
use super::kinds::{Kind, kinds};
use super::layers::{LayersOn, layers};
use super::lines::{Intervals, Lines, Ordered, distances};
use super::options::{LEAST, PageOptions, Shown};
use super::simplices::{Simplices, simplices};
use super::stages::{Stage, stages};
use super::training::{Training, training};
use crate::analyses::confidence::Confidence;
use crate::analyses::report::Report;
use crate::basin::Basins;
use crate::error::{LmcError, Result};
use crate::options::Valid;
use crate::study::{Evaluation, Metric, Models, ProvenanceColumns, Sweep, metrics};

/// The numbers and texts of a page. Vectors are in the order of `models`; lines are in blocks of their own.
#[derive(Serialize)]
pub(super) struct Content {
    version: &'static str,
    pub title: String,
    summary: String,
    models: Vec<String>,
    sets: Vec<Set>,
    scored: String,
    metric: &'static str,
    /// Each metric, by set and model.
    evaluations: Evaluations,
    kinds: Vec<Kind>,
    alphas: Vec<f64>,
    distance: Block,
    lines: Vec<Lines>,
    intervals: Option<Intervals>,
    basins: Option<Division>,
    stages: Vec<Stage>,
    layers: Vec<LayersOn>,
    simplices: Option<Simplices>,
    training: Option<Training>,
    facts: Vec<Fact>,
    findings: Vec<(&'static str, Option<f64>)>,
    provenance: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Set {
    name: String,
    n: usize,
}

#[derive(Default, Serialize)]
struct Evaluations {
    loss: Vec<Vec<f32>>,
    accuracy: Vec<Vec<f32>>,
    f1: Vec<Vec<f32>>,
    mcc: Vec<Vec<f32>>,
    ece: Vec<Vec<f32>>,
}

impl Content {
    /// Computes what the store does not have yet, and gathers everything.
    pub fn gather(models: &Models, options: &Valid<PageOptions>, blocks: &mut Blocks) -> Result<Self> {
        let study = models.study();
        let shown = options.shown(study)?;
        let (mut evaluations, mut found, mut sets) = (Evaluations::default(), Vec::new(), Vec::new());
        let mut evaluated = Vec::new();
        for set in &study.task().sets {
            let of_set = models.evaluate(&set.dataset.name)?;
            evaluations.add(&of_set)?;
            found.extend(kinds(study, set, &of_set));
            sets.push(Set { name: set.dataset.name.clone(), n: set.encoded.len() });
            evaluated.push(of_set);
        }
        let of = |name: &str| {
            let at = sets.iter().position(|set| set.name == name);
            at.map_or(&[][..], |at| evaluated[at].as_slice())
        };
        let sweep = models.sweep(&shown.lines[0], options.grid)?;
        let ordered = Ordered::new(&sweep)?;
        let distance = distances(&ordered.profiles, blocks);
        let (confidence, basins) = divided(&sweep, options)?;
        let intervals = confidence.as_ref().map(|found| Intervals::new(found, &ordered.places, blocks));
        let findings = match &basins {
            Some(basins) => {
                Report::new(&sweep, basins, of(&shown.lines[0]), of(&shown.scored), shown.metric)?.rows()
            }
            None => Vec::new(),
        };
        let (stages, layers, simplices) = match &basins {
            Some(basins) => (
                stages(models, basins, options, &shown)?,
                layers(models, basins, options, &shown)?,
                simplices(models, basins, options, &shown)?,
            ),
            None => (Vec::new(), Vec::new(), None),
        };
        let sharp = sharp(models, options)?;
        let alphas = ordered.profiles.first().map_or_else(Vec::new, |profile| profile.alphas.clone());
        let mut lines = Vec::new();
        let mut add = |sweep: &Sweep, ordered: Ordered, blocks: &mut Blocks| -> Result<()> {
            let n_labels = study.task().set(&sweep.dataset)?.dataset.labels.len();
            lines.push(Lines::new(sweep, ordered.profiles, n_labels, shown.metric, blocks)?);
            Ok(())
        };
        add(&sweep, ordered, blocks)?;
        // The losses of all examples along the lines of a set are large: one set after the other.
        drop(sweep);
        for set in &shown.lines[1..] {
            let sweep = models.sweep(set, options.grid)?;
            add(&sweep, Ordered::new(&sweep)?, blocks)?;
        }
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            title: options.title.clone().unwrap_or_else(|| title(models)),
            summary: summary(models, &shown, alphas.len(), &sets),
            models: models.names(),
            scored: shown.scored.clone(),
            metric: shown.metric.column(),
            sets,
            evaluations,
            kinds: found,
            alphas,
            distance,
            lines,
            intervals,
            basins: basins.as_ref().map(|basins| Division::new(basins, confidence.as_ref())),
            stages,
            layers,
            simplices,
            training: training(models, blocks)?,
            facts: facts(models.models(), sharp.as_ref()),
            findings,
            provenance: provenance(models, options, basins.as_ref(), sharp.as_ref())?,
        })
    }
}

/// Returns the basins of a sweep and, if they are asked for, its intervals; nothing for models that are too few
/// to be divided.
fn divided(sweep: &Sweep, options: &PageOptions) -> Result<(Option<Confidence>, Option<Basins>)> {
    if sweep.models.len() < LEAST {
        return Ok((None, None));
    }
    match options.n_resamples {
        0 => Ok((None, Some(sweep.basins(&options.clusters)?))),
        _ => {
            let confidence = sweep.confidence(&options.confidence())?;
            let basins = confidence.basins.clone();
            Ok((Some(confidence), Some(basins)))
        }
    }
}

fn title(models: &Models) -> String {
    format!("{} models of {}", models.len(), models.study().spec().task.name())
}

fn summary(models: &Models, shown: &Shown, n_points: usize, sets: &[Set]) -> String {
    let n = models.len();
    let size = |name: &str| sets.iter().find(|set| set.name == name).map_or(0, |set| set.n);
    let on: Vec<String> = shown.lines.iter().map(|set| format!("{set} ({} examples)", size(set))).collect();
    let (n_lines, on) = (n * (n - 1) / 2, on.join(" and "));
    format!(
        "{n} models, {n_lines} lines of {n_points} points on {on}; score: {} on {}",
        shown.metric, shown.scored
    )
}

impl Evaluations {
    fn add(&mut self, of_set: &[Evaluation]) -> Result<()> {
        for metric in Metric::ALL {
            let values = metrics(of_set, metric)?.into_iter().map(|value| value as f32).collect();
            let column = match metric {
                Metric::Loss => &mut self.loss,
                Metric::Accuracy => &mut self.accuracy,
                Metric::F1 => &mut self.f1,
                Metric::Mcc => &mut self.mcc,
                Metric::Ece => &mut self.ece,
            };
            column.push(values);
        }
        Ok(())
    }
}

/// Returns where the results come from, and how the page was made.
fn provenance(
    models: &Models,
    options: &PageOptions,
    basins: Option<&Basins>,
    sharp: Option<&Sharp>,
) -> Result<Vec<(String, String)>> {
    let table = models.study().provenance()?;
    let mut rows: Vec<(String, String)> =
        ProvenanceColumns::what(&table)?.into_iter().zip(ProvenanceColumns::value(&table)?).collect();
    rows.extend(
        basins.map(|basins| ("width of the similarity (nats)".to_owned(), format!("{:.4}", basins.delta))),
    );
    rows.push(("resamples of examples".to_owned(), options.n_resamples.to_string()));
    rows.extend(sharp.map(|sharp| ("sharpness".to_owned(), sharp.how.clone())));
    Ok(rows)
}

/// Returns the JSON of a content.
pub(super) fn json(content: &Content) -> Result<String> {
    serde_json::to_string(content).map_err(|error| LmcError::invalid("page", error, "serialisable numbers"))
}
