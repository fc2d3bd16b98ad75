//! Recipes: the settings for finetuning a pretrained encoder.

mod named;

use serde::{Deserialize, Serialize};

use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, below_one, positive};
use lmc_base::step::Step;

/// The most examples in a batch.
const MOST_IN_BATCH: usize = 1_000_000;

/// The constants of Adam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// True if moments are corrected for their start at zero, which Google BERT's optimiser does not do.
    pub bias_correction: bool,
}

/// The settings for finetuning a pretrained encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// True if seeds differ in the head's initial values as well as in the data order.
    pub head_by_seed: bool,
    /// The shares of training after which a checkpoint is kept; the last is 1.
    pub trajectory: Vec<f64>,
    /// True if the rest of an epoch after its last whole batch is dropped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub drop_last: bool,
    /// The most tokens of an example, special ones included, in training and evaluation; none for the
    /// 128 of the paper. Longer examples are cut.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_length: Option<usize>,
    /// The start of the linear decay of the learning rate.
    #[serde(default, skip_serializing_if = "is_default")]
    pub decay: Decay,
    /// The parameters that are trained.
    #[serde(default, skip_serializing_if = "is_default")]
    pub trained: Trained,
    /// The recipe that comes before this one, which starts at the last checkpoint of that recipe with the
    /// same seed. None to start from the pretrained encoder with a fresh head.
    #[serde(default, skip_serializing_if = "is_default")]
    pub after: Option<Box<Recipe>>,
}

/// The start of the linear decay of the learning rate to zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// At the peak, when the warm-up is over.
    #[default]
    AfterWarmup,
    /// With the first update: the warm-up lies over the decay, and the peak is never reached (Google's BERT).
    FromStart,
}

/// The parameters that a recipe trains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trained {
    /// All parameters.
    #[default]
    All,
    /// Only the head; the encoder is frozen and has no dropout.
    Head,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Recipe {
    /// Checks that a training set of that size has a batch for this recipe and for those before, and that
    /// their updates can be counted.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a batch that is larger than the set if partial batches are dropped,
    /// and for more than 4,294,967,295 updates.
    pub fn check_size(&self, n_train: usize) -> Result<()> {
        if self.drop_last && self.batch_size > n_train {
            let expected =
                format!("at most {n_train}, the training examples, since partial batches are dropped");
            return Err(LmcError::invalid("recipe.batch_size", self.batch_size, expected));
        }
        if let Step::Epochs(epochs) = self.length {
            let most = u64::from(u32::MAX) / self.updates_of_epoch(n_train).max(1);
            if u64::from(epochs) > most {
                let expected = format!("at most {most}ep, that is {} updates", u32::MAX);
                return Err(LmcError::invalid("recipe.length", self.length, expected));
            }
        }
        self.after.as_ref().map_or(Ok(()), |before| before.check_size(n_train))
    }

    /// Returns the number of updates on a training set of that size.
    pub fn n_updates(&self, n_train: usize) -> u32 {
        self.length.iterations(u32::try_from(self.updates_of_epoch(n_train)).unwrap_or(u32::MAX))
    }

    fn updates_of_epoch(&self, n_train: usize) -> u64 {
        let (whole, rest) = (n_train / self.batch_size.max(1), n_train % self.batch_size.max(1));
        whole as u64 + u64::from(rest > 0 && !self.drop_last)
    }

    /// Returns the numbers of updates after which a checkpoint is kept, on a training set of that size.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::spec::Recipe;
    /// let recipe = Recipe { trajectory: vec![0.5, 1.0], ..Recipe::mini() };
    /// assert_eq!(recipe.checkpoints(16_000), [75, 150]);
    /// ```
    pub fn checkpoints(&self, n_train: usize) -> Vec<u32> {
        let n = self.n_updates(n_train);
        let mut steps: Vec<u32> =
            self.trajectory.iter().map(|share| (share * f64::from(n)).round().max(1.0) as u32).collect();
        steps.dedup();
        steps
    }
}

impl Options for Recipe {
    fn validate(&self) -> Result<()> {
        if self.batch_size == 0 {
            return Err(LmcError::invalid("recipe.batch_size", 0, "at least 1"));
        }
        if self.max_length == Some(0) {
            return Err(LmcError::invalid(
                "recipe.max_length",
                0,
                "at least one token beside the special ones",
            ));
        }
        if let Some(before) = &self.after
            && before.max_length.is_some_and(|length| Some(length) != self.max_length)
        {
            let expected = "none, a recipe that comes before another has the same examples";
            return Err(LmcError::invalid(
                "recipe.after.max_length",
                before.max_length.unwrap_or(0),
                expected,
            ));
        }
        if self.batch_size > MOST_IN_BATCH {
            let expected = format!("at most {MOST_IN_BATCH}");
            return Err(LmcError::invalid("recipe.batch_size", self.batch_size, expected));
        }
        if matches!(self.length, Step::Epochs(0) | Step::Iterations(0)) {
            return Err(LmcError::invalid("recipe.length", self.length, "at least one update"));
        }
        positive("recipe.learning_rate", self.learning_rate, "a positive number")?;
        positive("recipe.adam.eps", self.adam.eps, "a positive number")?;
        positive("recipe.clip_norm", self.clip_norm.unwrap_or(1.0), "a positive number")?;
        below_one("recipe.warmup", self.warmup)?;
        below_one("recipe.dropout", self.dropout)?;
        below_one("recipe.adam.beta1", self.adam.beta1)?;
        below_one("recipe.adam.beta2", self.adam.beta2)?;
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
        if self.trained == Trained::Head && self.dropout != 0.0 {
            return Err(LmcError::invalid(
                "recipe.dropout",
                self.dropout,
                "0 where the head alone is trained",
            ));
        }
        if let (Trained::Head, Some(before)) = (self.trained, &self.after) {
            let expected = "none where the head alone is trained, that is done on the pretrained encoder";
            return Err(LmcError::invalid("recipe.after", &before.name, expected));
        }
        self.after.as_ref().map_or(Ok(()), |before| before.validate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_fall_at_thirds() {
        assert_eq!(Recipe::mini().checkpoints(16_000), [50, 100, 150]);
        let short = Recipe { length: Step::Iterations(1), ..Recipe::mini() };
        assert_eq!(short.checkpoints(16_000), [1]);
    }

    #[test]
    fn impossible_recipes_are_refused_by_field() {
        type Change = fn(&mut Recipe);
        let cases: [(&str, Change); 11] = [
            ("recipe.max_length", |r| r.max_length = Some(0)),
            ("recipe.after.max_length", |r| {
                r.after = Some(Box::new(Recipe { max_length: Some(64), ..Recipe::google() }));
            }),
            ("recipe.batch_size", |r| r.batch_size = 0),
            ("recipe.length", |r| r.length = Step::Epochs(0)),
            ("recipe.learning_rate", |r| r.learning_rate = f64::NAN),
            ("recipe.warmup", |r| r.warmup = 1.0),
            ("recipe.weight_decay", |r| r.weight_decay = -1.0),
            ("recipe.trajectory", |r| r.trajectory = vec![0.5]),
            ("recipe.dropout", |r| (r.trained, r.dropout) = (Trained::Head, 0.1)),
            ("recipe.after", |r| *r = Recipe { trained: Trained::Head, dropout: 0.0, ..Recipe::lp_ft() }),
            ("recipe.adam.eps", |r| {
                let mut before = r.clone();
                before.adam.eps = 0.0;
                r.after = Some(Box::new(before));
            }),
        ];
        for (field, change) in cases {
            let mut recipe = Recipe::mini();
            change(&mut recipe);
            let message = recipe.check().unwrap_err().to_string();
            assert!(message.contains(field), "{message}");
        }
    }

    #[test]
    fn a_training_set_has_at_least_one_batch() {
        let recipe = Recipe { after: Some(Box::new(Recipe::google())), ..Recipe::mini() };
        recipe.check_size(32).unwrap();
        let message = recipe.check_size(31).unwrap_err().to_string();
        assert!(message.starts_with("`recipe.batch_size`: got 32, expected at most 31"), "{message}");
    }

    #[test]
    fn a_partial_batch_counts_unless_it_is_dropped() {
        let recipe = Recipe { length: Step::Epochs(2), batch_size: 32, ..Recipe::mini() };
        assert_eq!(recipe.n_updates(65), 6);
        assert_eq!(Recipe { drop_last: true, ..recipe.clone() }.n_updates(65), 4);
        assert_eq!(recipe.n_updates(64), 4);
        let forever = Recipe { length: Step::Epochs(u32::MAX), ..recipe };
        assert_eq!(forever.n_updates(65), u32::MAX);
    }

    /// The names of runs are digests of this text.
    #[test]
    fn fields_at_their_defaults_are_not_written() {
        let json = serde_json::to_value(Recipe::mini()).unwrap();
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "adam",
            "batch_size",
            "clip_norm",
            "dropout",
            "head_by_seed",
            "head_std",
            "learning_rate",
            "length",
            "name",
            "trajectory",
            "warmup",
            "weight_decay",
        ];
        assert_eq!(keys, expected);
        for name in Recipe::NAMES {
            // A number that a careless reader gets wrong in its last bit.
            let recipe = Recipe { learning_rate: 1e-30, ..Recipe::named(name).unwrap() };
            let back: Recipe = serde_json::from_str(&serde_json::to_string(&recipe).unwrap()).unwrap();
            assert_eq!(back, recipe);
        }
    }
}
