//! The training loop: a stack of models that share data and recipe and differ in head and data order.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use tch::{Kind, Tensor};

use super::optimiser::AdamW;
use super::order::Order;
use super::schedule::learning_rate;
use crate::encode::Encoded;
use crate::error::{LmcError, Result};
use crate::model::{Classifier, Dropout, Tokens};
use crate::spec::Recipe;
use crate::weights::Parameters;

/// The state of a stack at a checkpoint.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// Updates made so far.
    pub step: u32,
    /// The weights, `[stack, n_parameters]`.
    pub theta: &'a Tensor,
    /// The mean training loss of each model since the last checkpoint, in nats per example.
    pub train_loss: &'a [f64],
}

/// Trains a stack in place and calls `keep` at every checkpoint of the recipe and `tick` after every update.
///
/// `theta` is `[seeds.len(), n_parameters]`; model `i` sees the examples in the order of `seeds[i]`. The result
/// depends on the stack's composition (padding and rounding, and which masks of dropout fall to which model), not on
/// the number of threads.
///
/// # Errors
/// [`LmcError::NonFiniteLoss`] naming the seed and the update; whatever `keep` or `tick` return.
pub fn train_stack(
    classifier: &Classifier,
    theta: &mut Tensor,
    seeds: &[u64],
    examples: &[Encoded],
    recipe: &Recipe,
    mut keep: impl FnMut(Snapshot<'_>) -> Result<()>,
    mut tick: impl FnMut(f64) -> Result<()>,
) -> Result<()> {
    let n_steps = recipe.length.iterations(examples.len(), recipe.batch_size);
    let warmup = (recipe.warmup * f64::from(n_steps)).round() as u32;
    let checkpoints = recipe.checkpoints(examples.len());
    let mut orders: Vec<Order> = seeds.iter().map(|&s| Order::new(s, examples.len())).collect();
    let mut optimiser =
        AdamW::new(theta, classifier.layout(), recipe.adam, recipe.weight_decay, recipe.clip_norm);
    let dropout_seed = seeds.iter().fold(0, |a, &s| crate::seed::sub_seed(a ^ s, "dropout"));
    let dropout = Dropout::new(recipe.dropout, Xoshiro256PlusPlus::seed_from_u64(dropout_seed));
    let mut sums = vec![0.0; seeds.len()];
    let mut since = 0u32;
    for step in 0..n_steps {
        let batch: Vec<&[usize]> = orders.iter_mut().map(|o| o.batch(recipe.batch_size)).collect();
        let (tokens, labels) = stacked_batch(examples, &batch);
        let leaves = Parameters::leaves(theta, classifier.layout());
        let logits = classifier.logits(&leaves, &tokens, &dropout);
        let losses =
            -logits.log_softmax(-1, Kind::Float).gather(-1, &labels.unsqueeze(-1), false).squeeze_dim(-1);
        let per_model = losses.mean_dim([1i64].as_slice(), false, Kind::Float);
        let gradient = leaves.gradient(&per_model.sum(Kind::Float))?;
        let values = Vec::<f32>::try_from(&per_model)?;
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(LmcError::NonFiniteLoss {
                what: format!("finetuning of seed {}", seeds[i]),
                value: f64::from(values[i]),
                position: format!("update {}", step + 1),
            });
        }
        tch::no_grad(|| {
            optimiser.step(theta, &gradient, learning_rate(recipe.learning_rate, step, n_steps, warmup))
        });
        sums.iter_mut().zip(&values).for_each(|(sum, &v)| *sum += f64::from(v));
        since += 1;
        if checkpoints.contains(&(step + 1)) {
            check_finite(theta, seeds, step + 1)?;
            let train_loss: Vec<f64> = sums.iter().map(|s| s / f64::from(since)).collect();
            keep(Snapshot { step: step + 1, theta, train_loss: &train_loss })?;
            sums.fill(0.0);
            since = 0;
        }
        tick(f64::from(values.iter().sum::<f32>()) / values.len() as f64)?;
    }
    Ok(())
}

/// Nothing, when all weights are finite; the last update of a run may overflow without a loss to show it.
fn check_finite(theta: &Tensor, seeds: &[u64], update: u32) -> Result<()> {
    let finite = Vec::<bool>::try_from(theta.isfinite().all_dim(1, false))?;
    match finite.iter().position(|f| !f) {
        None => Ok(()),
        Some(i) => Err(LmcError::NonFiniteLoss {
            what: format!("finetuning of seed {}", seeds[i]),
            value: f64::NAN,
            position: format!("the weights after update {update}"),
        }),
    }
}

/// Padded tokens `[stack, batch, seq]` and labels `[stack, batch]`, for one list of examples per model.
fn stacked_batch(examples: &[Encoded], batch: &[&[usize]]) -> (Tokens, Tensor) {
    let (stack, size) = (batch.len(), batch.first().map_or(0, |b| b.len()));
    let seq = batch.iter().flat_map(|b| b.iter()).map(|&i| examples[i].ids.len()).max().unwrap_or(0);
    let mut ids = vec![0i64; stack * size * seq];
    let mut segments = vec![0i64; stack * size * seq];
    let (mut labels, mut lengths) = (Vec::new(), Vec::new());
    for (row, &i) in batch.iter().flat_map(|b| b.iter()).enumerate() {
        let example = &examples[i];
        ids[row * seq..][..example.ids.len()].copy_from_slice(&example.ids);
        segments[row * seq..][..example.ids.len()].copy_from_slice(&example.segments);
        labels.push(example.label);
        lengths.push(example.ids.len() as i64);
    }
    let (s, b, t) = (stack as i64, size as i64, seq as i64);
    let shape = |v: &[i64]| Tensor::from_slice(v).view([s, b, t]);
    let lengths = Tensor::from_slice(&lengths).view([s, b]);
    (Tokens::padded(shape(&ids), shape(&segments), &lengths), Tensor::from_slice(&labels).view([s, b]))
}
