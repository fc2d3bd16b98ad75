//! The side of lmc: copies of an encoder on a file's batches, and stacks of the embedded encoder.

use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use lmc::LmcError;
use lmc::encode::Encoded;
use lmc::model::{Classifier, load_finetuned};
use lmc::parallel::{n_threads, run_units};
use lmc::spec::{Adam, Decay, Recipe};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::tch::{self, Tensor};
use lmc::train::{TrainingSet, train_stack};
use serde_json::Value;

use super::Result;

/// The measurements of a training: the examples of the timed updates, their time, and the loss of every
/// update of the first copy.
pub struct Took {
    pub n_examples: usize,
    pub time: Duration,
    pub losses: Vec<f64>,
}

/// Reads the recipe of a file and its examples.
fn read(inputs: &Path) -> Result<(Value, Recipe, Vec<Encoded>)> {
    let spec: Value = serde_json::from_slice(&std::fs::read(inputs)?)?;
    let real = |name: &str| spec[name].as_f64().ok_or_else(|| format!("{name} is not a number"));
    let recipe = Recipe {
        length: Step::Iterations(real("n_updates")? as u32),
        batch_size: real("batch_size")? as usize,
        learning_rate: real("learning_rate")?,
        weight_decay: real("weight_decay")?,
        warmup: real("n_warmup")? / real("n_updates")?,
        clip_norm: Some(1.0),
        dropout: real("dropout")?,
        adam: Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction: true },
        drop_last: true,
        decay: Decay::AfterWarmup,
        trajectory: vec![1.0],
        ..Recipe::mini()
    };
    let examples = spec["examples"].as_array().ok_or("examples are not a list")?.iter().map(|example| {
        Ok(Encoded {
            ids: serde_json::from_value(example["ids"].clone())?,
            segments: serde_json::from_value(example["segments"].clone())?,
            label: serde_json::from_value(example["label"].clone())?,
        })
    });
    let examples = examples.collect::<Result<_>>()?;
    Ok((spec, recipe, examples))
}

/// Trains copies 0, 1, ... side by side, one thread each, or one copy on all threads. `ready` is called once,
/// when every copy has made the updates that are not timed.
pub fn train_copies(inputs: &Path, n_copies: usize, ready: impl Fn() -> Result<()> + Sync) -> Result<Took> {
    let (spec, recipe, examples) = read(inputs)?;
    let n_untimed = spec["n_untimed"].as_u64().ok_or("n_untimed is not a number")? as usize;
    let finetuned = load_finetuned(&inputs.parent().ok_or("no folder")?.join("model"))?;
    let together = Barrier::new(n_copies);
    let copy = |seed: usize, mut theta: Tensor| {
        let (mut losses, mut start) = (Vec::new(), Instant::now());
        let tick = |loss| {
            losses.push(loss);
            if losses.len() == n_untimed {
                if together.wait().is_leader() {
                    ready().map_err(|e| LmcError::Figure(e.to_string()))?;
                }
                together.wait();
                start = Instant::now();
            }
            Ok(())
        };
        let (seeds, set) = ([seed as u64], TrainingSet::Examples(&examples));
        train_stack(&finetuned.classifier, &mut theta, &seeds, set, &recipe, |_| Ok(()), tick)?;
        Ok((start, Instant::now(), losses))
    };
    let thetas = (0..n_copies).map(|_| finetuned.weights.theta().copy().unsqueeze(0)).collect::<Vec<_>>();
    let copies = if n_copies == 1 {
        tch::set_num_threads(n_threads() as i32);
        thetas.into_iter().map(|theta| copy(0, theta)).collect::<lmc::Result<Vec<_>>>()?
    } else {
        run_units(thetas, copy)?
    };
    let start = copies.iter().map(|(start, ..)| *start).min().ok_or("no copy")?;
    let end = copies.iter().map(|(_, end, _)| *end).max().ok_or("no copy")?;
    let n_examples = copies.iter().map(|(.., losses)| (losses.len() - n_untimed) * recipe.batch_size).sum();
    let losses = copies.into_iter().next().map(|(.., losses)| losses).unwrap_or_default();
    Ok(Took { n_examples, time: end - start, losses })
}

/// Trains eight seeds of the embedded encoder for each thread, in stacks of `size`, by the default recipe cut
/// to that many updates.
pub fn train_stacks(size: usize, n_updates: u32, ready: impl Fn() -> Result<()>) -> Result<Took> {
    let folder = tempfile::tempdir()?;
    let study = Study::open_in(StudySpec::mini_nli(0), Store::open(folder.path())?)?;
    let task = study.task();
    let recipe = Recipe { length: Step::Iterations(n_updates), trajectory: vec![1.0], ..Recipe::mini() };
    let seeds: Vec<u64> = (0..8 * n_threads() as u64).collect();
    let stack = |seeds: &[u64]| {
        let head = |&seed| task.encoder()?.with_head(&task.classifier, seed, recipe.head_std);
        let weights = seeds.iter().map(head).collect::<lmc::Result<Vec<_>>>()?;
        let thetas: Vec<_> = weights.iter().map(|weights| weights.theta()).collect();
        Ok((seeds.to_vec(), Tensor::f_stack(&thetas, 0)?))
    };
    let stacks = seeds.chunks(size).map(stack).collect::<Result<Vec<_>>>()?;
    ready()?;
    let start = Instant::now();
    let (classifier, set): (&Classifier, _) = (&task.classifier, TrainingSet::Examples(&task.train));
    let losses = run_units(stacks, |_, (seeds, mut theta)| {
        let mut losses = Vec::new();
        let tick = |loss| {
            losses.push(loss);
            Ok(())
        };
        train_stack(classifier, &mut theta, &seeds, set, &recipe, |_| Ok(()), tick)?;
        Ok(losses)
    })?;
    let n_examples = seeds.len() * n_updates as usize * recipe.batch_size;
    Ok(Took { n_examples, time: start.elapsed(), losses: losses.into_iter().next().unwrap_or_default() })
}
