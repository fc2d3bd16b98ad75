//! The recipe for measuring the sharpness of a minimum.

use serde::{Deserialize, Serialize};

use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, in_range, positive};

/// The recipe for measuring eps-sharpness (Keskar et al. 2017, Eqs. 10 and 11; Juneja et al. 2023, F.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SharpnessRecipe {
    /// The size of the box: a parameter x may move by `eps` (|x| + 1).
    pub eps: f64,
    /// The learning rate of the ascent.
    pub learning_rate: f64,
    /// Examples in a batch.
    pub batch_size: usize,
    /// Batches whose gradients are averaged for one update.
    pub accumulation: usize,
    /// Updates, each followed by clamping into the box.
    pub n_updates: u32,
    /// The most examples over which the loss is taken; the first ones of a shuffled set, or all if it has no
    /// more.
    pub n_examples: usize,
    /// The number of random directions to which the search is confined; `None` for the whole space.
    pub n_directions: Option<u32>,
    /// The seed of the order of the examples and of the directions.
    pub seed: u64,
}

impl SharpnessRecipe {
    /// Returns the paper's settings for BERT: eps 1e-5, 8192 updates with a learning rate of 8e-5, each over
    /// 4 batches of 32 examples, in the whole space.
    ///
    /// DIFFERENCE: the paper takes 32,768 examples from MNLI's validation set, which has 9815; here each
    /// counts once.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_base::{LmcError, options::Options}; pub mod analyses { pub use lmc_engine::sharpness; } }
    /// use lmc::Options;
    /// use lmc::analyses::sharpness::SharpnessRecipe;
    /// // A smaller box, everything else as in the paper.
    /// let recipe = SharpnessRecipe { eps: 1e-6, ..SharpnessRecipe::paper() };
    /// let recipe = recipe.check()?;
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn paper() -> Self {
        Self {
            eps: 1e-5,
            learning_rate: 8e-5,
            batch_size: 32,
            accumulation: 4,
            n_updates: 8192,
            n_examples: 32_768,
            n_directions: None,
            seed: 0,
        }
    }

    /// Returns the paper's settings with 64 updates in place of 8192, each as many times as long: a parameter
    /// whose gradient stays the same comes as far.
    pub fn mini() -> Self {
        let paper = Self::paper();
        let n_updates = 64;
        let learning_rate = paper.learning_rate * f64::from(paper.n_updates) / f64::from(n_updates);
        Self { learning_rate, n_updates, ..paper }
    }
}

impl Options for SharpnessRecipe {
    fn validate(&self) -> Result<()> {
        positive("sharpness.eps", self.eps, "a positive number")?;
        positive("sharpness.learning_rate", self.learning_rate, "a positive number")?;
        in_range("sharpness.batch_size", self.batch_size, usize::MAX)?;
        in_range("sharpness.accumulation", self.accumulation, usize::MAX)?;
        in_range("sharpness.n_updates", self.n_updates as usize, usize::MAX)?;
        in_range("sharpness.n_examples", self.n_examples, usize::MAX)?;
        match self.n_directions {
            Some(n) if !(1..=1000).contains(&n) => {
                Err(LmcError::invalid("sharpness.n_directions", n, "1 to 1000, or none for all of the space"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_recipes_are_refused_by_field() {
        type Change = fn(&mut SharpnessRecipe);
        let cases: [(&str, Change); 7] = [
            ("`sharpness.eps`", |r| r.eps = 0.0),
            ("`sharpness.learning_rate`", |r| r.learning_rate = f64::INFINITY),
            ("`sharpness.batch_size`", |r| r.batch_size = 0),
            ("`sharpness.accumulation`", |r| r.accumulation = 0),
            ("`sharpness.n_updates`", |r| r.n_updates = 0),
            ("`sharpness.n_examples`", |r| r.n_examples = 0),
            ("`sharpness.n_directions`", |r| r.n_directions = Some(0)),
        ];
        for (field, change) in cases {
            let mut recipe = SharpnessRecipe::mini();
            change(&mut recipe);
            assert!(recipe.check().unwrap_err().to_string().starts_with(field));
        }
        SharpnessRecipe::paper().validate().unwrap();
        SharpnessRecipe::mini().validate().unwrap();
    }

    #[test]
    fn fewer_updates_come_as_far() {
        let reach = |r: SharpnessRecipe| r.learning_rate * f64::from(r.n_updates) / r.eps;
        assert!((reach(SharpnessRecipe::paper()) - 65_536.0).abs() < 1e-6);
        assert!((reach(SharpnessRecipe::mini()) - 65_536.0).abs() < 1e-6);
    }
}
