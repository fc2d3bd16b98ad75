//! eps-sharpness: how far the loss rises in a small box around a model (Keskar et al. 2017, section 2.2.2).

mod objective;
mod recipe;
mod region;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tch::Tensor;

pub use objective::{ClassifierLoss, Objective};
pub use recipe::SharpnessRecipe;
use region::Region;

use crate::train::Order;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;
use lmc_base::options::{Options, Valid};
use lmc_model::guard::guarded;

/// The sharpness of a minimum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sharpness {
    /// 100 (`max_loss` - `loss`) / (1 + `loss`), no unit.
    pub sharpness: f64,
    /// The value at the point itself, for a classifier in nats per example.
    pub loss: f64,
    /// The largest value that was found in the box, in the same unit.
    pub max_loss: f64,
}

/// Measures how far `objective` rises in the box around `x`, `[n]` f32, by gradient ascent on batches,
/// clamped into the box after every update (Juneja et al. 2023, F.4); `tick` is called after every update.
///
/// The box is C = {y : |y_i| <= eps (|(A⁺ x)_i| + 1)} and the value there that of x + A y. A is the identity,
/// or has random directions of length 1 as columns; A⁺ is its pseudo-inverse. The largest value is the one at
/// the end of the ascent, unless the ascent has led down.
///
/// DIFFERENCE: the public code's box is |y_i| <= eps |x_i + 1|, so that a parameter near -1 may hardly move;
/// here it is the paper's. The code sums the gradients of the batches of an update, which is a learning rate
/// [`SharpnessRecipe::accumulation`] times as large; here their mean counts. Dropout is on during its ascent;
/// here it is off. Its random directions are axes, parameters drawn at random; here they are random vectors.
/// It goes through the examples once, in their order; here they are shuffled, as often as all have been used.
/// It takes the value at the end of the ascent even if that has led down.
///
/// # Errors
/// The errors of [`SharpnessRecipe::check`]; [`LmcError::InvalidParameter`] for more directions than
/// dimensions or an objective without examples; [`LmcError::NonFiniteLoss`]; [`LmcError::Interrupted`], and
/// then nothing is kept; those of the objective.
pub fn sharpness(
    objective: &impl Objective,
    x: &Tensor,
    recipe: &SharpnessRecipe,
    tick: impl Fn(),
) -> Result<Sharpness> {
    let recipe = recipe.check()?;
    if objective.n_examples() == 0 {
        return Err(LmcError::invalid("objective", "no examples", "at least one"));
    }
    guarded(|| ascend(objective, x, &recipe, tick))
}

fn ascend(
    objective: &impl Objective,
    x: &Tensor,
    recipe: &Valid<SharpnessRecipe>,
    tick: impl Fn(),
) -> Result<Sharpness> {
    let region = Region::new(x, recipe)?;
    let finite = |value: f64, position: &str| match value.is_finite() {
        true => Ok(value),
        false => {
            Err(LmcError::NonFiniteLoss { what: "sharpness".into(), value, position: position.to_owned() })
        }
    };
    let loss = finite(objective.value(x)?, "the model itself")?;
    let mut order = Order::new(recipe.seed, objective.n_examples(), false);
    let mut y = region.centre();
    for update in 0..recipe.n_updates {
        interrupt::check(|| format!("{update} of {} updates of the ascent were made", recipe.n_updates))?;
        let point = region.point(x, &y)?;
        let mut slope = point.f_zeros_like()?;
        for _ in 0..recipe.accumulation {
            slope += objective.gradient(&point, order.batch(recipe.batch_size))?;
        }
        let step = region.project(&slope)? * (recipe.learning_rate / recipe.accumulation as f64);
        y = region.clamp(&(y + step))?;
        tick();
    }
    let end = finite(objective.value(&region.point(x, &y)?)?, "the end of the ascent")?;
    let max_loss = end.max(loss);
    Ok(Sharpness { sharpness: 100.0 * (max_loss - loss) / (1.0 + loss), loss, max_loss })
}
