//! Curves between two models whose control points are trained to low loss (Garipov et al. 2018).

mod recipe;
mod state;
#[cfg(test)]
mod tests;

use std::time::Instant;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Tensor};

pub use recipe::CurveRecipe;
pub use state::CurveState;

use super::gradient::loss_gradient;
use super::optimiser::AdamW;
use super::order::Order;
use super::set::TrainingSet;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;
use lmc_base::options::Options;
use lmc_model::encode::Encoded;
use lmc_model::guard::guarded;
use lmc_model::model::Classifier;

/// A curve in training; it can be put aside between two updates and taken up again later.
///
/// Each update draws t uniformly from [0, 1], takes the gradient of the loss of a batch at the point at t,
/// and passes it on to each control point between the models, multiplied by the weight of that one in the
/// point. The two models do not move.
#[derive(Debug)]
pub struct CurveTraining<'a> {
    classifier: &'a Classifier,
    examples: &'a [Encoded],
    recipe: &'a CurveRecipe,
    /// The first model, the control points (views of `inner`), the second model.
    controls: Vec<Tensor>,
    inner: Tensor,
    optimiser: AdamW,
    /// The gradient of the last update, and the point at which it was taken; kept to reuse their memory.
    gradient: Tensor,
    point: Tensor,
    order: Order,
    draws: ChaCha8Rng,
    losses: Vec<f32>,
    started: Instant,
    earlier: f64,
}

impl<'a> CurveTraining<'a> {
    /// Makes a curve between the models `a` and `b`, `[n_parameters]` each, before its first update: the
    /// straight line. It is trained on the models' device.
    ///
    /// # Errors
    /// The errors of [`Options::validate`] and [`CurveRecipe::check_size`]; [`LmcError::OutsideTable`] if the
    /// models have no row for a token; [`LmcError::InvalidParameter`] for a label that is not one of their
    /// classes; [`LmcError::Torch`] for models of another layout than the classifier's.
    pub fn new(
        classifier: &'a Classifier,
        [a, b]: [&Tensor; 2],
        examples: &'a [Encoded],
        recipe: &'a CurveRecipe,
    ) -> Result<Self> {
        recipe.validate()?;
        recipe.check_size(examples.len())?;
        TrainingSet::Examples(examples).check(classifier)?;
        guarded(|| Self::begun(classifier, [a, b], examples, recipe))
    }

    fn begun(
        classifier: &'a Classifier,
        [a, b]: [&Tensor; 2],
        examples: &'a [Encoded],
        recipe: &'a CurveRecipe,
    ) -> Result<Self> {
        let layout = classifier.layout();
        let ends = [a.shallow_clone(), b.shallow_clone()];
        let inner =
            Tensor::f_zeros([recipe.kind.n_inner() as i64, layout.n_parameters()], (a.kind(), a.device()))?;
        for (i, start) in recipe.kind.starts().iter().enumerate() {
            start.write(&inner.get(i as i64), &ends)?;
        }
        let [first, last] = ends;
        let mut controls = vec![first];
        controls.extend((0..inner.size()[0]).map(|i| inner.get(i)));
        controls.push(last);
        Ok(Self {
            optimiser: AdamW::new(&inner, layout, recipe.adam, 0.0, None),
            gradient: inner.zeros_like(),
            point: a.f_empty_like()?,
            order: Order::new(recipe.seed, examples.len(), true),
            draws: lmc_base::seed::rng(recipe.seed, "curve"),
            losses: Vec::new(),
            started: Instant::now(),
            earlier: 0.0,
            classifier,
            examples,
            recipe,
            controls,
            inner,
        })
    }

    /// Returns the same curve at the point where `state` was taken, which [`CurveTraining::state`] returned
    /// for it. From there it comes to the same bits as without a stop.
    pub fn resumed(mut self, state: CurveState) -> Self {
        self.inner.copy_(&state.inner);
        let n_updates = state.losses.len();
        if let Some([first, second]) = state.moments {
            let device = self.inner.device();
            let [first, second] = [first, second].map(|moment| moment.to_device(device));
            self.optimiser = self.optimiser.after(n_updates as u32, first, second);
        }
        for _ in 0..n_updates {
            self.order.batch(self.recipe.batch_size);
            self.draws.random::<f64>();
        }
        (self.losses, self.earlier) = (state.losses, state.seconds);
        self
    }

    /// Returns the state that is needed to go on later, or to use the curve, in the host's memory.
    pub fn state(&self) -> CurveState {
        let (first, second) = self.optimiser.moments();
        let is_finished = self.losses.len() >= self.recipe.n_updates();
        CurveState {
            losses: self.losses.clone(),
            seconds: self.earlier + self.started.elapsed().as_secs_f64(),
            inner: self.inner.to_device(Device::Cpu),
            moments: (!is_finished).then(|| [first, second].map(|moment| moment.to_device(Device::Cpu))),
        }
    }

    /// Makes the updates that are left and calls `tick` with the loss before each of them.
    ///
    /// # Errors
    /// [`LmcError::Interrupted`], after which [`CurveTraining::state`] is that after the last whole update;
    /// [`LmcError::NonFiniteLoss`]; [`LmcError::Torch`].
    pub fn run(&mut self, mut tick: impl FnMut(f64)) -> Result<()> {
        let n_updates = self.recipe.n_updates();
        while self.losses.len() < n_updates {
            interrupt::check(|| format!("{} of {n_updates} updates were made", self.losses.len()))?;
            tick(guarded(|| self.update())?);
        }
        Ok(())
    }

    /// Makes one update and returns the loss before it.
    fn update(&mut self) -> Result<f64> {
        let weights = self.recipe.kind.at(self.draws.random::<f64>());
        weights.write(&self.point, &self.controls)?;
        let batch = self.order.batch(self.recipe.batch_size);
        let (loss, gradient) = loss_gradient(self.classifier, &self.point, self.examples, batch)?;
        if !loss.is_finite() {
            return Err(LmcError::NonFiniteLoss {
                what: "training of a curve".into(),
                value: loss,
                position: format!("update {}", self.losses.len() + 1),
            });
        }
        let n_inner = self.recipe.kind.n_inner();
        tch::no_grad(|| -> Result<()> {
            for (i, &weight) in weights.weights()[1..=n_inner].iter().enumerate() {
                self.gradient.get(i as i64).f_copy_(&(&gradient * weight))?;
            }
            let _ = self.optimiser.step(&mut self.inner, &self.gradient, self.recipe.learning_rate);
            Ok(())
        })?;
        self.losses.push(loss as f32);
        Ok(loss)
    }
}
