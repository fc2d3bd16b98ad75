//! The learning-rate schedule of every recipe: linear warm-up, linear decay to zero.

use lmc_data::spec::{Decay, Recipe};

/// The learning rate of every update of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// The rate that warm-up rises to, reached with [`Decay::AfterWarmup`] only.
    pub peak: f64,
    /// Updates in all.
    pub n_steps: u32,
    /// Updates of the warm-up.
    pub warmup: u32,
    /// The point at which the decay begins.
    pub decay: Decay,
}

impl Schedule {
    /// Makes the schedule of a recipe on a training set of that size.
    pub fn new(recipe: &Recipe, n_train: usize) -> Self {
        let n_steps = recipe.n_updates(n_train);
        let warmup = (recipe.warmup * f64::from(n_steps)).round() as u32;
        Self { peak: recipe.learning_rate, n_steps, warmup, decay: recipe.decay }
    }

    /// Returns the learning rate of update `step`, counted from 0.
    ///
    /// It rises linearly from 0 over the warm-up, then falls linearly to 0 after the last update (Devlin et
    /// al. 2019, A.2): from the peak, or on the line from the peak at the first update (Google's script of
    /// BERT).
    ///
    /// ```
    /// # mod lmc { pub use {lmc_engine::*, lmc_data::spec}; }
    /// use lmc::spec::Decay;
    /// use lmc::train::Schedule;
    /// let schedule = Schedule { peak: 1.0, n_steps: 100, warmup: 10, decay: Decay::AfterWarmup };
    /// assert_eq!([5, 10, 55].map(|step| schedule.rate(step)), [0.5, 1.0, 0.5]);
    /// let google = Schedule { decay: Decay::FromStart, ..schedule };
    /// assert_eq!([5, 10, 55].map(|step| google.rate(step)), [0.5, 0.9, 0.45]);
    /// ```
    pub fn rate(&self, step: u32) -> f64 {
        let &Self { peak, n_steps, warmup, decay } = self;
        if step < warmup {
            return peak * f64::from(step) / f64::from(warmup);
        }
        let fall = match decay {
            Decay::AfterWarmup => n_steps.saturating_sub(warmup),
            Decay::FromStart => n_steps,
        };
        peak * f64::from(n_steps.saturating_sub(step)) / f64::from(fall.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_warm_up_it_starts_at_the_peak_and_ends_above_zero() {
        for decay in [Decay::AfterWarmup, Decay::FromStart] {
            let schedule = Schedule { peak: 2.0, n_steps: 4, warmup: 0, decay };
            assert_eq!([0, 3, 4].map(|step| schedule.rate(step)), [2.0, 0.5, 0.0]);
        }
    }

    #[test]
    fn a_recipe_gives_its_numbers() {
        let expected = Schedule { peak: 2e-5, n_steps: 34_110, warmup: 3_411, decay: Decay::FromStart };
        assert_eq!(Schedule::new(&Recipe::google(), 363_846), expected);
    }
}
