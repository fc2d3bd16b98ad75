//! What all sides share: a model with random weights, the order of the examples, and the size of the work.

use std::path::Path;

use lmc::data::spec::Adam;
use lmc::model::{Classifier, EvaluationSet, PackedTokens, save_folder};
use lmc::spec::{Decay, Recipe, TaskSpec};
use lmc::step::Step;
use lmc::study::StudySpec;
use lmc::sweep::{Grid, SweepPlan};
use lmc::tch::{self, Device, Kind, Tensor};
use lmc::train::Order;
use lmc::weights::Weights;
use serde_json::json;

use super::inputs::{self, LABELS};
use super::setting::Size;
use super::{Result, rows};

/// The models and copies of the paper's MNLI.
const N_PAPER: usize = 100;
/// The updates in which the learning rate rises.
const N_WARMUP: u32 = 1;

/// Writes the model and the plan of the measurements, and prints the size of the work.
pub fn prepare(work: &Path, size: &Size) -> Result<()> {
    let (what, mut pairs) = inputs::read(work)?;
    pairs.truncate(size.n_inputs);
    pairs.iter_mut().flat_map(|pair| &mut pair.ids).for_each(|id| *id %= size.vocabulary);
    inputs::write(&work.join("inputs.json"), (what.clone(), pairs.clone()))?;
    let (config, set) = (size.config().with_labels(LABELS), inputs::evaluation_set(&pairs, size.n_pairs)?);
    let classifier = Classifier::new(&config, LABELS.len());
    let layout = classifier.layout();
    tch::manual_seed(0);
    let drawn = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)) * 0.02;
    let theta = drawn + layout.mask(|name| name.ends_with("LayerNorm.weight"));
    save_folder(&work.join("model"), &config, &Weights::new(layout.clone(), theta)?)?;
    let mut order = Order::new(0, pairs.len(), true);
    let orders: Vec<Vec<usize>> =
        (0..size.n_compared.max(size.n_updates)).map(|_| order.batch(size.batch).to_vec()).collect();
    let recipe = recipe(size, size.n_compared, 0.0);
    let plan = json!({
        "n_pairs": size.n_pairs, "batches": size.batches, "orders": orders, "n_compared": size.n_compared,
        "recipe": {
            "learning_rate": recipe.learning_rate, "weight_decay": recipe.weight_decay,
            "n_updates": size.n_compared, "n_warmup": N_WARMUP,
        },
    });
    std::fs::write(work.join("plan.json"), plan.to_string())?;
    let n_tokens: usize = set.encoded.iter().map(|pair| pair.ids.len()).sum();
    let paper = StudySpec::corpus(TaskSpec::mnli(), "bert-base-uncased");
    let n_updates = paper.recipe.n_updates(paper.task.n_train()) as usize;
    rows::print(&json!({
        "part": "work",
        "model": format!("{}, {} pairs, {n_tokens} tokens", size.model, set.encoded.len()),
        "inputs": what,
        "tflop": n_flop(&classifier, &set) / 1e12,
        "n_points": SweepPlan::lines(N_PAPER, Grid::TENTHS)?.n_interior() + N_PAPER,
        "n_examples": N_PAPER * n_updates * paper.recipe.batch_size,
    }))
}

/// Returns the operations of a point.
fn n_flop(classifier: &Classifier, set: &EvaluationSet) -> f64 {
    classifier.packed_flop(&PackedTokens::new(&set.encoded))
}

/// Returns the recipe of both sides: AdamW, a linear schedule, gradients clipped to a norm of 1.
pub fn recipe(size: &Size, n_updates: u32, dropout: f64) -> Recipe {
    Recipe {
        length: Step::Iterations(n_updates),
        batch_size: size.batch,
        learning_rate: 2e-5,
        weight_decay: 0.01,
        warmup: f64::from(N_WARMUP) / f64::from(n_updates),
        clip_norm: Some(1.0),
        dropout,
        adam: Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction: true },
        drop_last: true,
        decay: Decay::AfterWarmup,
        trajectory: vec![1.0],
        ..Recipe::mini()
    }
}
