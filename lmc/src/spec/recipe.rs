//! How a pretrained encoder is finetuned.

use serde::{Deserialize, Serialize};

use crate::error::{LmcError, Result};
use crate::step::Step;

/// The constants of Adam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Whether moments are corrected for their start at zero; Google BERT's optimiser does not.
    pub bias_correction: bool,
}

/// How a pretrained encoder is finetuned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The name, for tables.
    pub name: String,
    /// The length of training.
    pub length: Step,
    /// Examples in a batch.
    pub batch_size: usize,
    /// The peak learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay of matrices; biases and layer norms are not decayed.
    pub weight_decay: f64,
    /// The share of training over which the learning rate rises.
    pub warmup: f64,
    /// The largest global gradient norm; none for no clipping.
    pub clip_norm: Option<f64>,
    /// The dropout probability.
    pub dropout: f64,
    /// The constants of Adam.
    pub adam: Adam,
    /// The standard deviation of a fresh head.
    pub head_std: f64,
    /// Whether seeds differ in the head's initial values as well as in the data order.
    pub head_by_seed: bool,
    /// The shares of training after which a checkpoint is kept; the last is 1.
    pub trajectory: Vec<f64>,
}

impl Recipe {
    /// The recipe of the embedded task: 300 updates of 64 examples, checkpoints at 1/3, 2/3 and the end.
    ///
    /// The head starts near zero: at this width the usual 0.02 fixes the signs of the pooler's units before these have
    /// learnt anything, each seed other signs, and then averaging two copies costs confidence and little else.
    pub fn mini() -> Self {
        Self {
            name: "mini".into(),
            length: Step::Iterations(300),
            batch_size: 64,
            learning_rate: 2e-3,
            weight_decay: 0.01,
            warmup: 0.1,
            clip_norm: Some(1.0),
            dropout: 0.0,
            adam: Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction: true },
            head_std: 1e-4,
            head_by_seed: true,
            trajectory: vec![1.0 / 3.0, 2.0 / 3.0, 1.0],
        }
    }

    /// The paper's recipe for CoLA: 6 epochs at 2e-5, no warm-up, no decay, seeds differ in data order only (A.1).
    pub fn hf_cola() -> Self {
        Self {
            name: "hf-cola".into(),
            length: Step::Epochs(6),
            batch_size: 32,
            learning_rate: 2e-5,
            weight_decay: 0.0,
            warmup: 0.0,
            clip_norm: Some(1.0),
            dropout: 0.1,
            adam: Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction: true },
            head_std: 0.02,
            head_by_seed: false,
            trajectory: vec![1.0],
        }
    }

    /// Nothing, when every field has a value it can have.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] naming the first field that has not.
    pub fn check(&self) -> Result<()> {
        let positive = |field, value: f64| {
            (value > 0.0 && value.is_finite())
                .then_some(())
                .ok_or_else(|| LmcError::invalid(field, value, "a positive number"))
        };
        let share = |field, value: f64| {
            (0.0..1.0)
                .contains(&value)
                .then_some(())
                .ok_or_else(|| LmcError::invalid(field, value, "0 to below 1"))
        };
        if self.batch_size == 0 {
            return Err(LmcError::invalid("recipe.batch_size", 0, "at least 1"));
        }
        if matches!(self.length, Step::Epochs(0) | Step::Iterations(0)) {
            return Err(LmcError::invalid("recipe.length", self.length, "at least one update"));
        }
        positive("recipe.learning_rate", self.learning_rate)?;
        positive("recipe.adam.eps", self.adam.eps)?;
        positive("recipe.clip_norm", self.clip_norm.unwrap_or(1.0))?;
        share("recipe.warmup", self.warmup)?;
        share("recipe.dropout", self.dropout)?;
        share("recipe.adam.beta1", self.adam.beta1)?;
        share("recipe.adam.beta2", self.adam.beta2)?;
        for (field, value) in [("recipe.weight_decay", self.weight_decay), ("recipe.head_std", self.head_std)]
        {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(LmcError::invalid(field, value, "zero or a positive number"));
            }
        }
        let ascending = self.trajectory.windows(2).all(|w| w[0] < w[1]);
        let inside = self.trajectory.iter().all(|&s| s > 0.0 && s <= 1.0);
        if !ascending || !inside || self.trajectory.last() != Some(&1.0) {
            return Err(LmcError::invalid(
                "recipe.trajectory",
                format!("{:?}", self.trajectory),
                "ascending shares of training in (0, 1], the last 1",
            ));
        }
        Ok(())
    }

    /// The numbers of updates after which a checkpoint is kept, on a training set of that size.
    pub fn checkpoints(&self, n_train: usize) -> Vec<u32> {
        let n = self.length.iterations(n_train, self.batch_size);
        let mut steps: Vec<u32> =
            self.trajectory.iter().map(|share| (share * f64::from(n)).round().max(1.0) as u32).collect();
        steps.dedup();
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_fall_at_thirds() {
        assert_eq!(Recipe::mini().checkpoints(16_000), [100, 200, 300]);
        assert_eq!(Recipe::hf_cola().checkpoints(2_000), [378]);
        let short = Recipe { length: Step::Iterations(1), ..Recipe::mini() };
        assert_eq!(short.checkpoints(16_000), [1]);
    }

    #[test]
    fn impossible_recipes_are_refused_by_field() {
        type Change = fn(&mut Recipe);
        let cases: [(&str, Change); 6] = [
            ("recipe.batch_size", |r| r.batch_size = 0),
            ("recipe.length", |r| r.length = Step::Epochs(0)),
            ("recipe.learning_rate", |r| r.learning_rate = f64::NAN),
            ("recipe.warmup", |r| r.warmup = 1.0),
            ("recipe.weight_decay", |r| r.weight_decay = -1.0),
            ("recipe.trajectory", |r| r.trajectory = vec![0.5]),
        ];
        for (field, change) in cases {
            let mut recipe = Recipe::mini();
            change(&mut recipe);
            let message = recipe.check().unwrap_err().to_string();
            assert!(message.contains(field), "{message}");
        }
        Recipe::mini().check().unwrap();
        Recipe::hf_cola().check().unwrap();
    }
}
