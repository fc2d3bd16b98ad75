//! The training loop: a stack of models that share data and recipe and differ in head and data order.

use std::time::Instant;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use tch::{Kind, Tensor};

use super::device::{OnDevice, Update};
use super::log::UpdateLog;
use super::optimiser::AdamW;
use super::order::Order;
use super::place::Place;
use super::schedule::Schedule;
use super::set::TrainingSet;
use super::state::{Numbers, TrainingState};
use super::tally::Tally;
use super::window::UpdateNumbers;
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
    /// The updates of each model since the last checkpoint; empty if some of them are not known.
    pub logs: &'a [UpdateLog],
    /// The updates of each model up to here that were skipped because its gradient in fp16 overflowed; empty
    /// in other precisions.
    pub skipped: &'a [u32],
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
    way: Way<'a>,
    orders: Vec<Order>,
    /// Updates made.
    step: u32,
    tally: Tally,
    /// The start of this part of the training, and the seconds that earlier parts took.
    started: Instant,
    earlier: f64,
}

/// The way in which updates are made.
#[derive(Debug)]
enum Way<'a> {
    /// On the CPU in float32: the same bits in every company.
    Exact {
        dropout: Dropout,
        /// The gradient of the last update, kept to reuse its memory.
        gradient: Tensor,
    },
    Device(Box<OnDevice<'a>>),
}

impl<'a> Training<'a> {
    /// Makes a stack before its first update, on the CPU in float32; `theta`, `[seeds.len(), n_parameters]`,
    /// is trained in place, in the part that the set trains.
    ///
    /// # Errors
    /// The errors of [`Training::on`].
    pub fn new(
        classifier: &'a Classifier,
        theta: Tensor,
        seeds: &'a [u64],
        set: TrainingSet<'a>,
        recipe: &'a Recipe,
    ) -> Result<Self> {
        Self::on(classifier, theta, seeds, set, recipe, Place::CPU)
    }

    /// Makes a stack before its first update on a place; `theta`, `[seeds.len(), n_parameters]` f32, is
    /// trained in place if it is on that device, and otherwise a copy of it.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for a theta of other models; [`LmcError::OutsideTable`] if the model has
    /// no row for a token, [`LmcError::InvalidParameter`] for a label that is not one of its classes;
    /// [`LmcError::Torch`].
    pub fn on(
        classifier: &'a Classifier,
        theta: Tensor,
        seeds: &'a [u64],
        set: TrainingSet<'a>,
        recipe: &'a Recipe,
        place: Place,
    ) -> Result<Self> {
        set.check(classifier)?;
        let unsigned = |size: &[i64]| size.iter().map(|&n| n as usize).collect::<Vec<_>>();
        let expected = [seeds.len() as i64, classifier.layout().n_parameters()];
        if theta.size() != expected {
            let (got, expected) = (unsigned(&theta.size()), unsigned(&expected));
            return Err(LmcError::ShapeMismatch { what: "theta".into(), got, expected });
        }
        guarded(|| Self::begun(classifier, theta.to_device(place.device), seeds, set, recipe, place))
    }

    fn begun(
        classifier: &'a Classifier,
        theta: Tensor,
        seeds: &'a [u64],
        set: TrainingSet<'a>,
        recipe: &'a Recipe,
        place: Place,
    ) -> Result<Self> {
        let layout = set.layout(classifier);
        let trained = theta.narrow(1, set.offset(classifier), layout.n_parameters());
        let optimiser = AdamW::new(&trained, layout, recipe.adam, recipe.weight_decay, recipe.clip_norm);
        let way = if place.is_exact() {
            let dropout_seed = seeds.iter().fold(0, |a, &s| lmc_base::seed::sub_seed(a ^ s, "dropout"));
            let generator = Xoshiro256PlusPlus::seed_from_u64(dropout_seed);
            Way::Exact { dropout: Dropout::new(recipe.dropout, generator), gradient: trained.empty_like() }
        } else {
            let device = OnDevice::new(classifier, &set, seeds, recipe.dropout, &trained, place)?;
            Way::Device(Box::new(device))
        };
        Ok(Self {
            orders: seeds.iter().map(|&s| Order::new(s, set.n_examples(), recipe.drop_last)).collect(),
            way,
            tally: Tally::new(seeds.len()),
            step: 0,
            started: Instant::now(),
            earlier: 0.0,
            schedule: Schedule::new(recipe, set.n_examples()),
            classifier,
            seeds,
            set,
            recipe,
            theta,
            trained,
            optimiser,
        })
    }

    /// Returns the same stack at the point where `state` was taken, which [`Training::state`] returned for
    /// it. From there it comes to the same bits as without a stop, on the same device and in the same
    /// precision; a stack that moves goes on with the masks of dropout of the device on which it is.
    pub fn resumed(mut self, state: TrainingState) -> Self {
        let TrainingState { numbers, theta, first, second } = state;
        self.trained.copy_(&theta);
        let device = self.trained.device();
        let (first, second) = (first.to_device(device), second.to_device(device));
        self.optimiser = self.optimiser.after(numbers.step, first, second);
        for order in &mut self.orders {
            for _ in 0..numbers.step {
                order.batch(self.recipe.batch_size);
            }
        }
        self.tally = Tally::resumed(&numbers.sums, numbers.since, numbers.all_logs());
        match (&mut self.way, numbers.dropout) {
            (Way::Exact { dropout, .. }, Some(generator)) => {
                *dropout = Dropout::new(self.recipe.dropout, generator);
            }
            (Way::Device(device), _) => device.take_up(numbers.scales.as_ref(), numbers.side_by_side),
            (Way::Exact { .. }, None) => {}
        }
        (self.step, self.earlier) = (numbers.step, numbers.seconds);
        self
    }

    /// Returns the state that is needed to go on later.
    ///
    /// # Errors
    /// [`LmcError::Torch`] if numbers cannot be read from the device.
    pub fn state(&self) -> Result<TrainingState> {
        let (first, second) = self.optimiser.moments();
        let (dropout, scales, side_by_side) = match &self.way {
            Way::Exact { dropout, .. } => (dropout.generator(), None, None),
            Way::Device(device) => (None, device.scales()?, Some(device.side_by_side())),
        };
        Ok(TrainingState {
            numbers: Numbers {
                seeds: self.seeds.to_vec(),
                step: self.step,
                since: self.tally.since(),
                sums: self.tally.sums(),
                logs: self.tally.logs().to_vec(),
                dropout,
                seconds: self.seconds(),
                scales,
                side_by_side,
            },
            theta: self.trained.shallow_clone(),
            first: first.shallow_clone(),
            second: second.shallow_clone(),
        })
    }

    /// Returns the time of the training up to now, pauses left out, in seconds.
    fn seconds(&self) -> f64 {
        self.earlier + self.started.elapsed().as_secs_f64()
    }

    /// Makes the updates that are left; calls `keep` at every checkpoint of the recipe and `tick` after every
    /// update with the mean loss that was last read, on the CPU in float32 that of the update.
    ///
    /// # Errors
    /// [`LmcError::Interrupted`], after which [`Training::state`] is that after the last whole update;
    /// [`LmcError::NonFiniteLoss`] naming the seed and the update; whatever `keep` or `tick` return.
    pub fn run(
        &mut self,
        keep: impl FnMut(Snapshot<'_>) -> Result<()>,
        tick: impl FnMut(f64) -> Result<()>,
    ) -> Result<()> {
        let run = self.updates(keep, tick);
        if matches!(run, Err(LmcError::Interrupted { .. })) {
            self.read_losses()?;
        }
        run
    }

    fn updates(
        &mut self,
        mut keep: impl FnMut(Snapshot<'_>) -> Result<()>,
        mut tick: impl FnMut(f64) -> Result<()>,
    ) -> Result<()> {
        let checkpoints = self.recipe.checkpoints(self.set.n_examples());
        while self.step < self.schedule.n_steps {
            self.check_interrupt()?;
            let is_full = guarded(|| self.update())?;
            let is_checkpoint = checkpoints.contains(&self.step);
            if is_full || is_checkpoint || self.tally.last_loss().is_nan() {
                self.read_losses()?;
            }
            if is_checkpoint {
                check_finite(&self.theta, self.seeds, self.step)?;
                let (train_loss, skipped) = (self.tally.means(), self.skipped()?);
                keep(Snapshot {
                    step: self.step,
                    theta: &self.theta,
                    train_loss: &train_loss,
                    logs: self.tally.whole_logs(),
                    skipped: &skipped,
                    seconds: self.seconds(),
                })?;
                self.tally.clear();
            }
            tick(self.tally.last_loss())?;
        }
        Ok(())
    }

    /// Returns the updates of each model that were skipped; it is empty if none can be.
    fn skipped(&self) -> Result<Vec<u32>> {
        Ok(match &self.way {
            Way::Exact { .. } => Vec::new(),
            Way::Device(device) => device.scales()?.map_or_else(Vec::new, |s| s.skipped(self.step)),
        })
    }

    /// Counts the losses that are still on the device.
    fn read_losses(&mut self) -> Result<()> {
        let Way::Device(device) = &mut self.way else { return Ok(()) };
        let rows = device.window().read()?;
        let first = self.step - rows.len() as u32;
        for (numbers, update) in rows.into_iter().zip(first + 1..) {
            self.check_losses(&numbers.losses, update)?;
            self.tally.count(&numbers);
        }
        Ok(())
    }

    /// Checks that the losses of an update are finite.
    fn check_losses(&self, losses: &[f32], update: u32) -> Result<()> {
        let Some(i) = losses.iter().position(|loss| !loss.is_finite()) else { return Ok(()) };
        Err(LmcError::NonFiniteLoss {
            what: format!("finetuning of seed {}", self.seeds[i]),
            value: f64::from(losses[i]),
            position: format!("update {update}"),
        })
    }

    fn check_interrupt(&self) -> Result<()> {
        check_interrupt(self.step, self.schedule.n_steps)
    }

    /// Makes one update and returns whether losses must be read before the next one. An interrupt leaves the
    /// state as it was before the update.
    fn update(&mut self) -> Result<bool> {
        let is_full = match &self.way {
            Way::Exact { .. } => self.update_exactly().map(|()| false)?,
            Way::Device(_) => self.update_on_device()?,
        };
        for order in &mut self.orders {
            order.batch(self.recipe.batch_size);
        }
        self.step += 1;
        self.tally.end_update();
        Ok(is_full)
    }

    fn update_on_device(&mut self) -> Result<bool> {
        let (step, n_steps) = (self.step, self.schedule.n_steps);
        let Way::Device(device) = &mut self.way else { return Ok(false) };
        let batches: Vec<&[usize]> =
            self.orders.iter_mut().map(|order| order.peek(self.recipe.batch_size)).collect();
        let update = Update {
            number: step,
            learning_rate: self.schedule.rate(step),
            batches: &batches,
            check: &|| check_interrupt(step, n_steps),
        };
        device.update(&self.trained, &mut self.optimiser, &update)?;
        Ok(device.window().end_update())
    }

    fn update_exactly(&mut self) -> Result<()> {
        let (recipe, step) = (self.recipe, self.step);
        let Way::Exact { dropout, gradient } = &mut self.way else { return Ok(()) };
        let masks = dropout.generator();
        let batch: Vec<&[usize]> = self.orders.iter_mut().map(|o| o.peek(recipe.batch_size)).collect();
        let leaves = Parameters::leaves(&self.trained, self.set.layout(self.classifier))?;
        let (logits, labels) = self.set.logits(self.classifier, &leaves, &batch, dropout)?;
        // The way back takes twice as long as the way there.
        if let Err(interrupted) = check_interrupt(step, self.schedule.n_steps) {
            *dropout = masks.map_or(Dropout::NONE, |masks| Dropout::new(recipe.dropout, masks));
            return Err(interrupted);
        }
        let losses =
            -logits.log_softmax(-1, Kind::Float).gather(-1, &labels.unsqueeze(-1), false).squeeze_dim(-1);
        let per_model = losses.mean_dim([1i64].as_slice(), false, Kind::Float);
        leaves.gradient_into(&per_model.sum(Kind::Float), gradient)?;
        let gradient = gradient.shallow_clone();
        let losses = Vec::<f32>::try_from(&per_model)?;
        self.check_losses(&losses, step + 1)?;
        let rate = self.schedule.rate(step);
        let norms = tch::no_grad(|| self.optimiser.step(&mut self.trained, &gradient, rate));
        let gradient_norms = Vec::<f32>::try_from(norms.squeeze_dim(1))?;
        self.tally.count(&UpdateNumbers { losses, gradient_norms });
        Ok(())
    }
}

fn check_interrupt(made: u32, n_steps: u32) -> Result<()> {
    interrupt::check(|| format!("{made} of {n_steps} updates were made"))
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
