//! The training loop: a stack of models that share data and recipe and differ in head and data order.

use std::time::Instant;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use tch::{Kind, Tensor};

use super::optimiser::AdamW;
use super::order::Order;
use super::schedule::Schedule;
use super::set::TrainingSet;
use super::state::{Numbers, TrainingState};
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;
use lmc_data::spec::Recipe;
use lmc_model::guard::guarded;
use lmc_model::model::{Classifier, Dropout};
use lmc_model::weights::Parameters;

/// The state of a stack at a checkpoint.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// Updates made so far.
    pub step: u32,
    /// The weights, `[stack, n_parameters]`.
    pub theta: &'a Tensor,
    /// The mean training loss of each model since the last checkpoint, in nats per example.
    pub train_loss: &'a [f64],
    /// The time of the training up to here, pauses left out, in seconds.
    pub seconds: f64,
}

/// A stack of models in training; it can be put aside between two updates and taken up again later.
#[derive(Debug)]
pub struct Training<'a> {
    classifier: &'a Classifier,
    seeds: &'a [u64],
    set: TrainingSet<'a>,
    recipe: &'a Recipe,
    schedule: Schedule,
    theta: Tensor,
    /// The part of theta that is trained, a view.
    trained: Tensor,
    optimiser: AdamW,
    /// The gradient of the last update, kept to reuse its memory.
    gradient: Tensor,
    orders: Vec<Order>,
    dropout: Dropout,
    /// Updates made.
    step: u32,
    /// The sum of each model's losses since the last checkpoint, and the updates since then.
    sums: Vec<f64>,
    since: u32,
    /// The start of this part of the training, and the seconds that earlier parts took.
    started: Instant,
    earlier: f64,
}

impl<'a> Training<'a> {
    /// Makes a stack before its first update; `theta`, `[seeds.len(), n_parameters]`, is trained in place, in
    /// the part that the set trains.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for a theta of other models; [`LmcError::OutsideTable`] if the model has
    /// no row for a token, [`LmcError::InvalidParameter`] for a label that is not one of its classes;
    /// [`LmcError::Torch`].
    pub fn new(
        classifier: &'a Classifier,
        theta: Tensor,
        seeds: &'a [u64],
        set: TrainingSet<'a>,
        recipe: &'a Recipe,
    ) -> Result<Self> {
        set.check(classifier)?;
        let unsigned = |size: &[i64]| size.iter().map(|&n| n as usize).collect::<Vec<_>>();
        let expected = [seeds.len() as i64, classifier.layout().n_parameters()];
        if theta.size() != expected {
            let (got, expected) = (unsigned(&theta.size()), unsigned(&expected));
            return Err(LmcError::ShapeMismatch { what: "theta".into(), got, expected });
        }
        guarded(|| Ok(Self::begun(classifier, theta, seeds, set, recipe)))
    }

    fn begun(
        classifier: &'a Classifier,
        theta: Tensor,
        seeds: &'a [u64],
        set: TrainingSet<'a>,
        recipe: &'a Recipe,
    ) -> Self {
        let layout = set.layout(classifier);
        let trained = theta.narrow(1, set.offset(classifier), layout.n_parameters());
        let optimiser = AdamW::new(&trained, layout, recipe.adam, recipe.weight_decay, recipe.clip_norm);
        let dropout_seed = seeds.iter().fold(0, |a, &s| lmc_base::seed::sub_seed(a ^ s, "dropout"));
        Self {
            orders: seeds.iter().map(|&s| Order::new(s, set.n_examples(), recipe.drop_last)).collect(),
            dropout: Dropout::new(recipe.dropout, Xoshiro256PlusPlus::seed_from_u64(dropout_seed)),
            sums: vec![0.0; seeds.len()],
            step: 0,
            since: 0,
            started: Instant::now(),
            earlier: 0.0,
            schedule: Schedule::new(recipe, set.n_examples()),
            classifier,
            seeds,
            set,
            recipe,
            theta,
            gradient: trained.empty_like(),
            trained,
            optimiser,
        }
    }

    /// Returns the same stack at the point where `state` was taken, which [`Training::state`] returned for
    /// it. From there it comes to the same bits as without a stop.
    pub fn resumed(mut self, state: TrainingState) -> Self {
        let TrainingState { numbers, theta, first, second } = state;
        self.trained.copy_(&theta);
        self.optimiser = self.optimiser.after(numbers.step, first, second);
        for order in &mut self.orders {
            for _ in 0..numbers.step {
                order.batch(self.recipe.batch_size);
            }
        }
        if let Some(generator) = numbers.dropout {
            self.dropout = Dropout::new(self.recipe.dropout, generator);
        }
        self.sums = numbers.sums.into_iter().map(f64::from_bits).collect();
        (self.step, self.since, self.earlier) = (numbers.step, numbers.since, numbers.seconds);
        self
    }

    /// Returns the state that is needed to go on later.
    pub fn state(&self) -> TrainingState {
        let (first, second) = self.optimiser.moments();
        TrainingState {
            numbers: Numbers {
                seeds: self.seeds.to_vec(),
                step: self.step,
                since: self.since,
                sums: self.sums.iter().map(|sum| sum.to_bits()).collect(),
                dropout: self.dropout.generator(),
                seconds: self.seconds(),
            },
            theta: self.trained.shallow_clone(),
            first: first.shallow_clone(),
            second: second.shallow_clone(),
        }
    }

    /// Returns the time of the training up to now, pauses left out, in seconds.
    fn seconds(&self) -> f64 {
        self.earlier + self.started.elapsed().as_secs_f64()
    }

    /// Makes the updates that are left; calls `keep` at every checkpoint of the recipe and `tick` with the
    /// mean loss after every update.
    ///
    /// # Errors
    /// [`LmcError::Interrupted`], after which [`Training::state`] is that after the last whole update;
    /// [`LmcError::NonFiniteLoss`] naming the seed and the update; whatever `keep` or `tick` return.
    pub fn run(
        &mut self,
        mut keep: impl FnMut(Snapshot<'_>) -> Result<()>,
        mut tick: impl FnMut(f64) -> Result<()>,
    ) -> Result<()> {
        let checkpoints = self.recipe.checkpoints(self.set.n_examples());
        while self.step < self.schedule.n_steps {
            self.check_interrupt()?;
            let losses = guarded(|| self.update())?;
            if checkpoints.contains(&self.step) {
                check_finite(&self.theta, self.seeds, self.step)?;
                let train_loss: Vec<f64> = self.sums.iter().map(|s| s / f64::from(self.since)).collect();
                let (step, theta, seconds) = (self.step, &self.theta, self.seconds());
                keep(Snapshot { step, theta, train_loss: &train_loss, seconds })?;
                self.sums.fill(0.0);
                self.since = 0;
            }
            tick(f64::from(losses.iter().sum::<f32>()) / losses.len() as f64)?;
        }
        Ok(())
    }

    fn check_interrupt(&self) -> Result<()> {
        interrupt::check(|| format!("{} of {} updates were made", self.step, self.schedule.n_steps))
    }

    /// Makes one update and returns the loss of each model before it. An interrupt leaves the state as it was
    /// before the update.
    fn update(&mut self) -> Result<Vec<f32>> {
        let recipe = self.recipe;
        let masks = self.dropout.generator();
        let batch: Vec<&[usize]> = self.orders.iter_mut().map(|o| o.peek(recipe.batch_size)).collect();
        let leaves = Parameters::leaves(&self.trained, self.set.layout(self.classifier))?;
        let (logits, labels) = self.set.logits(self.classifier, &leaves, &batch, &self.dropout)?;
        // The way back takes twice as long as the way there.
        if let Err(interrupted) = self.check_interrupt() {
            self.dropout = masks.map_or(Dropout::NONE, |masks| Dropout::new(recipe.dropout, masks));
            return Err(interrupted);
        }
        let losses =
            -logits.log_softmax(-1, Kind::Float).gather(-1, &labels.unsqueeze(-1), false).squeeze_dim(-1);
        let per_model = losses.mean_dim([1i64].as_slice(), false, Kind::Float);
        leaves.gradient_into(&per_model.sum(Kind::Float), &self.gradient)?;
        let values = Vec::<f32>::try_from(&per_model)?;
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(LmcError::NonFiniteLoss {
                what: format!("finetuning of seed {}", self.seeds[i]),
                value: f64::from(values[i]),
                position: format!("update {}", self.step + 1),
            });
        }
        let rate = self.schedule.rate(self.step);
        tch::no_grad(|| self.optimiser.step(&mut self.trained, &self.gradient, rate));
        self.sums.iter_mut().zip(&values).for_each(|(sum, &v)| *sum += f64::from(v));
        for order in &mut self.orders {
            order.batch(recipe.batch_size);
        }
        self.step += 1;
        self.since += 1;
        Ok(values)
    }
}

/// Trains a stack in place from its start and calls `keep` at every checkpoint of the recipe and `tick` after
/// every update.
///
/// `theta` is `[seeds.len(), n_parameters]`; model `i` sees the examples in the order of `seeds[i]`. The
/// result depends on the stack's composition (padding and rounding, and which masks of dropout fall to which
/// model), not on the number of threads.
///
/// # Errors
/// The errors of [`Training::new`] and [`Training::run`].
pub fn train_stack(
    classifier: &Classifier,
    theta: &mut Tensor,
    seeds: &[u64],
    set: TrainingSet<'_>,
    recipe: &Recipe,
    keep: impl FnMut(Snapshot<'_>) -> Result<()>,
    tick: impl FnMut(f64) -> Result<()>,
) -> Result<()> {
    Training::new(classifier, theta.shallow_clone(), seeds, set, recipe)?.run(keep, tick)
}

/// Checks that all weights are finite; the last update of a run may overflow without a loss to show it.
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
