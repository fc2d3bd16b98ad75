//! The recipe for training a curve between two models.

use serde::{Deserialize, Serialize};

use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, below_one, in_range, positive};
use lmc_data::spec::Adam;
use lmc_model::path::CurveKind;

/// The recipe for training the control points of a curve between two models to low loss (Garipov et al. 2018,
/// section 3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveRecipe {
    /// The form of the curve.
    pub kind: CurveKind,
    /// Examples in a batch, all at one point of the curve.
    pub batch_size: usize,
    /// The learning rate, the same in every update.
    pub learning_rate: f64,
    /// The constants of Adam.
    pub adam: Adam,
    /// Updates in a sub-epoch.
    pub sub_epoch: u32,
    /// Sub-epochs.
    pub n_sub_epochs: u32,
    /// The seed of the points and of the order of the examples.
    pub seed: u64,
}

/// Adam as libraries have it.
const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction: true };

impl CurveRecipe {
    /// Returns the paper's recipe for BERT (Juneja et al. 2023, Fig. 10): 6 sub-epochs of 120 updates with
    /// batches of 128 examples and a learning rate of 8e-5, for a chain with one bend. The number of bends
    /// and the constants of Adam are not in the paper; these are the usual ones.
    pub fn paper() -> Self {
        Self {
            kind: CurveKind::Chain { n_bends: 1 },
            batch_size: 128,
            learning_rate: 8e-5,
            adam: ADAM,
            sub_epoch: 120,
            n_sub_epochs: 6,
            seed: 0,
        }
    }

    /// Returns the recipe for the embedded model, with the learning rate that led to the lowest mean training
    /// loss over the last sub-epoch of a chain and a Bezier curve between two copies, of 5e-4, 1e-3 and 2e-3.
    pub fn mini() -> Self {
        Self { learning_rate: 1e-3, ..Self::paper() }
    }

    /// Returns the same recipe for another form of curve.
    pub fn with_kind(self, kind: CurveKind) -> Self {
        Self { kind, ..self }
    }

    /// Returns the number of updates.
    pub fn n_updates(&self) -> usize {
        self.sub_epoch as usize * self.n_sub_epochs as usize
    }

    /// Checks that a training set of that size has at least one batch.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] naming the size of the batch.
    pub fn check_size(&self, n_train: usize) -> Result<()> {
        if self.batch_size > n_train {
            let expected = format!("1 to {n_train}, the training examples");
            return Err(LmcError::invalid("curve.batch_size", self.batch_size, expected));
        }
        Ok(())
    }
}

impl Options for CurveRecipe {
    fn validate(&self) -> Result<()> {
        self.kind.check()?;
        if self.kind.n_inner() == 0 {
            return Err(LmcError::invalid("curve.kind", "a line", "a curve with a control point to train"));
        }
        in_range("curve.batch_size", self.batch_size, 1_000_000)?;
        positive("curve.learning_rate", self.learning_rate, "a positive number")?;
        positive("curve.adam.eps", self.adam.eps, "a positive number")?;
        below_one("curve.adam.beta1", self.adam.beta1)?;
        below_one("curve.adam.beta2", self.adam.beta2)?;
        in_range("curve.sub_epoch", self.sub_epoch as usize, 1_000_000)?;
        in_range("curve.n_sub_epochs", self.n_sub_epochs as usize, 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_recipes_are_refused_by_field() {
        type Change = fn(&mut CurveRecipe);
        let cases: [(&str, Change); 9] = [
            ("`curve.n_bends`", |r| r.kind = CurveKind::Chain { n_bends: 1000 }),
            ("`curve.kind`", |r| r.kind = CurveKind::Chain { n_bends: 0 }),
            ("`curve.batch_size`", |r| r.batch_size = 0),
            ("`curve.batch_size`: got 201", |r| r.batch_size = 201),
            ("`curve.learning_rate`", |r| r.learning_rate = f64::NAN),
            ("`curve.adam.eps`", |r| r.adam.eps = 0.0),
            ("`curve.adam.beta2`", |r| r.adam.beta2 = 1.0),
            ("`curve.sub_epoch`", |r| r.sub_epoch = 0),
            ("`curve.n_sub_epochs`", |r| r.n_sub_epochs = u32::MAX),
        ];
        for (field, change) in cases {
            let mut recipe = CurveRecipe::mini();
            change(&mut recipe);
            let refused = recipe.check().and_then(|recipe| recipe.check_size(200));
            let message = refused.unwrap_err().to_string();
            assert!(message.starts_with(field), "{message}");
        }
        assert!(CurveRecipe::mini().check().unwrap().check_size(128).is_ok());
        assert_eq!(CurveRecipe::paper().n_updates(), 720);
    }
}
