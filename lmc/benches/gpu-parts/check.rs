//! Every verb of the embedded study on the CPU and on the device, from the same copies.

use std::path::Path;
use std::rc::Rc;

use lmc::analyses::convexity::ConvexityOptions;
use lmc::analyses::layers::LayerOptions;
use lmc::analyses::merging::{MergeMethod, MergeOptions};
use lmc::analyses::soups::SoupOptions;
use lmc::analyses::surfaces::SurfaceOptions;
use lmc::basin::ClusterOptions;
use lmc::compute::{Attention, Compute};
use lmc::gap::Measure;
use lmc::path::PlaneOptions;
use lmc::sharpness::SharpnessRecipe;
use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Metric, Models, Study, StudySpec, Sweep};
use lmc::sweep::Grid;
use lmc::table::SharpnessColumns;
use lmc::tch::Device;
use lmc::train::CurveRecipe;
use serde_json::json;

use super::setting::Setting;
use super::{Result, rows};

/// The largest difference of a mean loss or a gap that is allowed, in nats.
const TOLERANCE: f64 = 1e-5;
/// The same after training, in which rounding grows.
const TRAINED: f64 = 1e-3;

/// A verb, what it gives, the tolerance of that, and its numbers for copies and the lines between them.
type Verb = (&'static str, &'static str, f64, fn(&Models, &Sweep, &Setting) -> Result<Vec<f64>>);

const VERBS: [Verb; 12] = [
    ("evaluate", "mean losses", TOLERANCE, |models, _, _| losses(models)),
    ("sweep", "mean losses", TOLERANCE, |_, sweep, _| Ok(along(sweep))),
    ("basins", "gaps and clusters", TOLERANCE, basins),
    ("convexity", "excess", TOLERANCE, convexity),
    ("soup", "mean losses", TOLERANCE, soups),
    ("plane", "mean losses", TOLERANCE, plane),
    ("align", "mean losses", TOLERANCE, |models, sweep, _| Ok(along(&models.sweep_aligned(sweep)?.after))),
    ("surface", "mean losses", TOLERANCE, surface),
    ("layers", "excess", TOLERANCE, layers),
    ("merges", "mean losses", TOLERANCE, merges),
    ("connect", "mean losses", TRAINED, connect),
    ("sharpness", "largest losses", TRAINED, sharpness),
];

/// Prints the largest difference of every verb.
pub fn check(setting: &Setting) -> Result<()> {
    let [host, device, own] = ["host", "device", "own"].map(|name| setting.work.join("check").join(name));
    let study = |folder: &Path, compute: &Compute| -> Result<Rc<Study>> {
        Ok(Study::open_in(spec(setting), Store::open(folder)?)?.on(compute.clone())?)
    };
    // On the CPU at least another way of attention is checked.
    let attention =
        if setting.device() == Device::Cpu { Attention::Padded { groups: 4 } } else { Attention::Auto };
    let compute = Compute { attention, ..setting.compute.clone() };
    let expected = study(&host, &Compute::cpu())?.finetune()?;
    rows::attempt("finetune", || {
        let got = study(&own, &compute)?.finetune()?.on(Compute::cpu())?;
        row("finetune", "mean losses", TRAINED, &losses(&expected)?, &losses(&got)?)
    })?;
    // The device finds the copies that the CPU trained, and nothing else.
    copy(&host.join("runs"), &device.join("runs"))?;
    let got = study(&device, &compute)?.finetune()?;
    let grid = Grid::new(setting.size.n_checked_points)?;
    let lines = |models: &Models| models.sweep("id", grid);
    let (expected_lines, got_lines) = (lines(&expected)?, lines(&got)?);
    for (verb, what, tolerance, numbers) in VERBS {
        rows::attempt(verb, || {
            let expected = numbers(&expected, &expected_lines, setting)?;
            row(verb, what, tolerance, &expected, &numbers(&got, &got_lines, setting)?)
        })?;
    }
    Ok(())
}

fn spec(setting: &Setting) -> StudySpec {
    let length = Step::Iterations(setting.size.n_checked_updates);
    let recipe = Recipe { length, dropout: 0.0, trajectory: vec![1.0], ..Recipe::mini() };
    StudySpec::mini_nli(0).with_seeds(0..setting.size.n_checked).with_recipe(recipe)
}

/// Returns the row of a verb.
fn row(verb: &str, what: &str, tolerance: f64, expected: &[f64], got: &[f64]) -> Result<serde_json::Value> {
    if expected.is_empty() || expected.len() != got.len() {
        return Err(format!("{} numbers on the device, {} on the CPU", got.len(), expected.len()).into());
    }
    let difference = expected.iter().zip(got).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    Ok(json!({"part": "check", "verb": verb, "what": what, "difference": difference, "tolerance": tolerance}))
}

/// Copies a folder with all folders in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (from, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        match from.is_dir() {
            true => copy(&from, &to)?,
            false => drop(std::fs::copy(from, to)?),
        }
    }
    Ok(())
}

fn losses(models: &Models) -> Result<Vec<f64>> {
    Ok(models.scores("id", Metric::Loss)?)
}

fn along(sweep: &Sweep) -> Vec<f64> {
    sweep.profiles.iter().flat_map(|profile| profile.losses()).collect()
}

fn basins(_: &Models, sweep: &Sweep, _: &Setting) -> Result<Vec<f64>> {
    let gaps = sweep.matrix(Measure::ConvexityGap)?;
    let clusters = sweep.basins(&ClusterOptions::default())?.cluster;
    Ok(gaps
        .pairs()
        .into_iter()
        .map(|(.., gap)| gap)
        .chain(clusters.into_iter().map(|cluster| cluster as f64))
        .collect())
}

fn convexity(models: &Models, sweep: &Sweep, _: &Setting) -> Result<Vec<f64>> {
    let options =
        ConvexityOptions { sizes: vec![2, 3], n_subsets: 4, n_points: 8, ..ConvexityOptions::default() };
    let basins = sweep.basins(&ClusterOptions::default())?;
    let found = models.convexity("id", &basins, &options)?;
    Ok(found.samples.into_iter().flat_map(|sample| sample.excess).collect())
}

fn soups(models: &Models, sweep: &Sweep, _: &Setting) -> Result<Vec<f64>> {
    let options = SoupOptions { sizes: vec![2], n_subsets: 4, ..SoupOptions::new(Metric::Loss) };
    let basins = sweep.basins(&ClusterOptions::default())?;
    let soups = models.soups("id", "lo", &basins, &options)?;
    let mean_losses = |result: &lmc::analyses::soups::SoupResult| {
        [&result.soup, &result.ensemble].map(|evaluation| evaluation.outcome.mean_loss())
    };
    Ok(soups.results.iter().flat_map(mean_losses).collect())
}

fn plane(models: &Models, _: &Sweep, setting: &Setting) -> Result<Vec<f64>> {
    let options = PlaneOptions { spacing: setting.size.spacing, ..PlaneOptions::default() };
    let sample = models.plane("id", [0, 1, 2], &options)?;
    Ok(sample.outcomes.iter().map(|outcome| outcome.mean_loss()).collect())
}

fn surface(models: &Models, _: &Sweep, _: &Setting) -> Result<Vec<f64>> {
    let sample = models.surface("id", 0, &SurfaceOptions { n_points: 5, ..SurfaceOptions::default() })?;
    Ok(sample.outcomes.iter().map(|outcome| outcome.mean_loss()).collect())
}

fn layers(models: &Models, _: &Sweep, _: &Setting) -> Result<Vec<f64>> {
    let layers = models.layers("id", &LayerOptions { pairs: vec![[0, 1]], ..LayerOptions::default() })?;
    Ok(layers.averages.iter().map(|average| average.mean_excess()).collect())
}

/// Merges by statistics, which are gathered on the device.
fn merges(models: &Models, _: &Sweep, _: &Setting) -> Result<Vec<f64>> {
    let loss = |name| -> Result<f64> {
        let merged = models.merge(&[0, 1], &MergeOptions::new(MergeMethod::named(name)?), None)?;
        Ok(merged.evaluate("id")?.metric(Metric::Loss)?)
    };
    ["fisher", "regmean"].into_iter().map(loss).collect()
}

fn connect(models: &Models, _: &Sweep, setting: &Setting) -> Result<Vec<f64>> {
    let recipe =
        CurveRecipe { sub_epoch: setting.size.n_checked_updates, n_sub_epochs: 1, ..CurveRecipe::mini() };
    Ok(models.connect(0, 1, &recipe)?.along("id", 5)?.losses())
}

fn sharpness(models: &Models, _: &Sweep, setting: &Setting) -> Result<Vec<f64>> {
    let n_updates = setting.size.n_checked_updates.min(16);
    let recipe = SharpnessRecipe { n_updates, n_examples: 128, accumulation: 1, ..SharpnessRecipe::mini() };
    Ok(SharpnessColumns::max_loss(&models.sharpness(&recipe)?)?)
}
