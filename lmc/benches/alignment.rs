//! Measures how far alignment connects copies of encoders that were pretrained from different seeds.
//!
//! `env $(cat lmc/crates/model/src/compute/portable.env) cargo bench -p lmc --profile dev --bench alignment --
//! FOLDER --encoders embedded,2:9000`
//!
//! An encoder is a seed and the updates of its pretraining, or the one that comes with the crate. Copies of each
//! are finetuned on the embedded task (master seed 0), saved to FOLDER as models from elsewhere, and swept along
//! the lines between copies of different encoders: as they are, and with every way of alignment, each with and
//! without REPAIR. The table has means over the lines, and the least and the greatest in brackets. What is done
//! lies in FOLDER and is not computed again.

use std::path::{Path, PathBuf};

use clap::Parser;
use lmc::analyses::alignment::{AlignBy, AlignOptions};
use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::gap::Measure;
use lmc::model::Replace;
use lmc::store::Store;
use lmc::study::{Study, StudySpec, Sweep, pretrain_mini};
use lmc::sweep::Grid;
use lmc::tch::Device;
use lmc::train::PretrainRecipe;
use lmc::{LmcError, Result};

#[derive(Parser)]
struct Alignment {
    /// The folder of encoders, copies and of the store.
    folder: PathBuf,
    /// The encoders, each as SEED:UPDATES of its pretraining or `embedded`.
    #[arg(long, value_delimiter = ',', default_value = "embedded,2:9000")]
    encoders: Vec<String>,
    /// The seeds of the copies of each.
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    seeds: Vec<u64>,
    /// The points on each line.
    #[arg(long, default_value_t = 11)]
    points: usize,
    /// The texts of the training set that activations and REPAIR read.
    #[arg(long, default_value_t = 256)]
    texts: usize,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let Alignment { folder, encoders, seeds, points, texts, .. } = Alignment::parse();
    let mut copies = Vec::new();
    for encoder in &encoders {
        copies.extend(saved(&folder, encoder, &seeds)?);
    }
    let spec = StudySpec::of_models(StudySpec::mini_nli(0).task, &copies)?;
    let models = Study::open_in(spec, store(&folder)?)?.models()?;
    let swept = models.sweep("id", Grid::new(points)?)?;
    let encoder = |name: &str| encoders.iter().position(|encoder| name.contains(&place(encoder)));
    let part = |across: bool| {
        let mut sweep = swept.clone();
        sweep.profiles.retain(|line| (encoder(&line.a) != encoder(&line.b)) == across);
        sweep
    };
    let (across, within) = (part(true), part(false));
    println!("{} lines across encoders, {texts} texts\n", across.profiles.len());
    println!("| lines | units moved | barrier, nats | gap, nats | accuracy in the middle |");
    println!("|---|---|---|---|---|");
    say("of one encoder, as they are", "none", &within)?;
    let (weights, activations) = (AlignBy::Weights, AlignBy::Activations);
    for (by, stream) in [
        (AlignBy::Nothing, false),
        (weights, false),
        (weights, true),
        (activations, false),
        (activations, true),
    ] {
        let options = AlignOptions { by, stream, repair: true, n_texts: texts, ..AlignOptions::default() };
        let aligned = models.sweep_aligned_by(&across, &options)?;
        let moved: Vec<usize> = aligned
            .alignments
            .iter()
            .map(|alignment| {
                let moved = alignment.moved();
                moved.neurons + moved.head_units + moved.pooler_units + moved.stream_units
            })
            .collect();
        let moved = format!("{:.0}", moved.iter().sum::<usize>() as f64 / moved.len() as f64);
        let with = if stream { ", with the stream" } else { "" };
        say(&format!("across, by {by}{with}"), &moved, &aligned.after)?;
        if let Some(repaired) = &aligned.repaired {
            say(&format!("across, by {by}{with}, REPAIR"), &moved, repaired)?;
        }
    }
    Ok(())
}

fn store(folder: &Path) -> Result<Store> {
    Store::open(folder.join("store"))
}

/// Returns the part of the names of an encoder's copies that no other encoder's have.
fn place(encoder: &str) -> String {
    format!("of-{}-seed", encoder.replace(':', "-"))
}

/// Returns the folders of the copies of an encoder, which is pretrained if it is not there.
fn saved(folder: &Path, encoder: &str, seeds: &[u64]) -> Result<Vec<PathBuf>> {
    let mut spec = StudySpec::mini_nli(0).with_seeds(seeds.iter().copied());
    if encoder != "embedded" {
        let wrong = || LmcError::invalid("encoders", encoder, "embedded or SEED:UPDATES, such as 2:9000");
        let (seed, updates) = encoder.split_once(':').ok_or_else(wrong)?;
        let (seed, n_steps) = (seed.parse().map_err(|_| wrong())?, updates.parse().map_err(|_| wrong())?);
        let path = folder.join(format!("encoder-{seed}-{n_steps}"));
        if !path.join("model.safetensors").exists() {
            let recipe = PretrainRecipe { n_steps, ..PretrainRecipe::mini() };
            pretrain_mini(&path, seed, &recipe, Device::Cpu, Replace::Same)?;
        }
        spec.encoder = path.into();
    }
    let models = Study::open_in(spec, store(folder)?)?.finetune()?;
    let mut copies = Vec::new();
    for (i, seed) in seeds.iter().enumerate() {
        let path = folder.join(format!("{}-{seed}", place(encoder)));
        let copy = MergeFolder::new(models.study(), &path, &format!("copy {seed}"), Replace::Same)?;
        copy.save(&models, &[i], &MergeCard::default())?;
        copies.push(path);
    }
    Ok(copies)
}

/// Prints the means over lines.
fn say(name: &str, moved: &str, sweep: &Sweep) -> Result<()> {
    let measured = |measure| {
        let lines = sweep.profiles.iter();
        lines.map(|line| line.measure(measure)).collect::<Result<Vec<f64>>>()
    };
    let right = |line: &lmc::sweep::Profile| {
        let predictions = &line.outcomes[line.outcomes.len() / 2].predictions;
        let right = predictions.iter().zip(&sweep.labels).filter(|(got, label)| got == label).count();
        right as f64 / sweep.labels.len() as f64
    };
    let (barriers, gaps) = (measured(Measure::BarrierHeight)?, measured(Measure::ConvexityGap)?);
    let middles: Vec<f64> = sweep.profiles.iter().map(right).collect();
    println!("| {name} | {moved} | {} | {} | {} |", spread(&barriers), spread(&gaps), spread(&middles));
    Ok(())
}

fn spread(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{mean:.3} ({least:.3} to {greatest:.3})")
}
