//! The options of a merge.

use serde::{Deserialize, Serialize};

use super::MergeMethod;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::Options;

/// A method with the weights of the models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergeOptions {
    /// The method.
    #[serde(flatten)]
    pub method: MergeMethod,
    /// The weight of each model; one over their number if absent. Methods that do not weigh models refuse
    /// them.
    pub weights: Option<Vec<f64>>,
    /// Seeds the draws of DARE and DELLA, and those of the texts that a method reads.
    pub seed: u64,
}

impl MergeOptions {
    /// Returns options for a method with equal weights and seed 0.
    pub fn new(method: MergeMethod) -> Self {
        Self { method, weights: None, seed: 0 }
    }

    /// Returns whether these make the mean of models that all have the same weight.
    pub fn is_uniform_soup(&self) -> bool {
        self.method == MergeMethod::linear() && self.weights.is_none()
    }

    /// Returns the weight of each of `n` models.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a number of models that the method does not take, or another number
    /// of weights.
    pub fn shares(&self, n: usize) -> Result<Vec<f64>> {
        let (fewest, most) = self.method.n_models();
        if n < fewest || n > most {
            let expected = match (fewest, most) {
                (2, 2) => "two models".to_owned(),
                (fewest, _) => format!("at least {fewest} for {}", self.method),
            };
            return Err(LmcError::invalid("merge.models", n, expected));
        }
        match &self.weights {
            // A mean divides by the number itself, so that it has the bits of a uniform soup.
            None if self.is_uniform_soup() => Ok(vec![1.0; n]),
            None => Ok(vec![1.0 / n as f64; n]),
            Some(weights) if weights.len() == n => Ok(weights.clone()),
            Some(weights) => {
                let got = format!("{} weights", weights.len());
                Err(LmcError::invalid("merge.weights", got, format!("{n}, one for each model")))
            }
        }
    }
}

impl Options for MergeOptions {
    fn validate(&self) -> Result<()> {
        self.method.validate()?;
        let Some(weights) = &self.weights else { return Ok(()) };
        if matches!(self.method, MergeMethod::Slerp { .. } | MergeMethod::ModelStock(_)) {
            let expected = format!("none, {} does not weigh models", self.method);
            return Err(LmcError::invalid("merge.weights", format!("{weights:?}"), expected));
        }
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return Err(LmcError::invalid("merge.weights", weight, "finite numbers"));
        }
        if self.method.statistic().is_some()
            && let Some(weight) = weights.iter().find(|&&weight| weight < 0.0)
        {
            let expected = format!("0 or more, {} divides by weighted statistics", self.method);
            return Err(LmcError::invalid("merge.weights", weight, expected));
        }
        let divides = match self.method {
            MergeMethod::Linear { normalize } => normalize,
            _ => true,
        };
        if divides && weights.iter().sum::<f64>().abs() < 1e-8 {
            return Err(LmcError::invalid(
                "merge.weights",
                format!("{weights:?}"),
                "weights whose sum is not 0",
            ));
        }
        Ok(())
    }
}
