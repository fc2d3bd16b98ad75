//! Classifiers that were finetuned elsewhere: all of them are looked at, then each is found in the store or
//! evaluated and kept there.

mod evaluated;
mod looked;
mod sets;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use super::Evaluation;
use crate::compute::Compute;
use crate::data::Dataset;
use crate::data::fetch::ModelFolder;
use crate::data::labels::Merge;
use crate::error::{LmcError, Result};
use crate::eval::{EvaluationSet, Outcome};
use crate::interrupt;
use crate::options::{Options, Valid};
use crate::progress::{Progress, Unit};
use crate::store::Store;

pub use evaluated::Evaluated;
use looked::{Looked, Seen};
use sets::Sets;

/// The options for evaluating classifiers from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassifierOptions {
    /// The way in which the logits of neutral and contradiction become that of non-entailment.
    pub merge: Merge,
    /// The most tokens of an example, special ones included; `None` for the number that each model takes,
    /// which [`longest_example`](crate::encode::longest_example) gives. Notes name the sets that have longer
    /// examples.
    pub max_length: Option<usize>,
}

impl Default for ClassifierOptions {
    /// Returns options that take the largest logit, and the length that a model takes, at most 512.
    fn default() -> Self {
        Self { merge: Merge::Max, max_length: None }
    }
}

impl Options for ClassifierOptions {
    fn validate(&self) -> Result<()> {
        match self.max_length {
            Some(0) => Err(LmcError::invalid("max_length", 0, "at least 1 token")),
            _ => Ok(()),
        }
    }
}

/// Classifiers from elsewhere and the sets that they are evaluated on, after everything about both was looked
/// at.
pub struct Classifiers {
    models: Vec<Looked>,
    names: Vec<String>,
    compute: Valid<Compute>,
}

impl fmt::Debug for Classifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Classifiers({} on {})", self.models.len(), self.names.join(", "))
    }
}

impl Classifiers {
    /// Looks at the classifiers and the sets: names, configs, tokenizers, weights, the number of outputs and
    /// their names. It computes nothing.
    ///
    /// The names of a classifier's outputs are those of [`ModelFolder::labels`], or, if there are none, those
    /// of its config.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no model or set, for one that is given twice, and for two models
    /// with the same name; [`LmcError::Labels`] if the outputs, their names and the labels of a set do not
    /// fit; [`LmcError::Format`] for a model without a tokenizer; [`LmcError::InvalidParameter`] for a model
    /// that has no embedding for a token; those of [`load_finetuned_as`](crate::model::load_finetuned_as),
    /// [`load_tokenizer`](crate::encode::load_tokenizer) and [`EvaluationSet::new`]; all of them name the
    /// folder. [`LmcError::Interrupted`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::data::fetch::ModelFolder;
    /// use lmc::data::corpus::{Corpus, read_corpus};
    /// use lmc::store::Store;
    /// use lmc::study::{ClassifierOptions, Classifiers, evaluations_table};
    /// let hans = read_corpus(&Corpus::named("hans")?, "data/hans".as_ref(), "hans-lo")?;
    /// let models = ModelFolder::find_all(&["run0/checkpoint-500", "run1/checkpoint-500"])?;
    /// let classifiers = Classifiers::look(models, vec![hans], &ClassifierOptions::default())?;
    /// let evaluations = classifiers.evaluate(Some(&Store::default_location()?)).all()?;
    /// println!("{}", evaluations_table(&evaluations)?);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn look(models: Vec<ModelFolder>, sets: Vec<Dataset>, options: &ClassifierOptions) -> Result<Self> {
        let options = options.check()?;
        if models.is_empty() {
            return Err(LmcError::invalid("MODEL", "none", "at least one folder or name of a classifier"));
        }
        ModelFolder::check_distinct(&models)?;
        let names: Vec<String> = sets.iter().map(|set| set.name.clone()).collect();
        check_names(&names)?;
        let mut sets = Sets::new(sets, &options)?;
        // Quick checks come first, so that an error in the last of many models does not show only after
        // minutes.
        let heads = each(&models, |_, model| sets.look(model))?;
        let progress = Progress::new("looking at the models", Unit::Models, models.len() as u64);
        let seen = each(&models, |_, model| {
            let seen = Seen::new(model, &sets)?;
            progress.tick(String::new);
            Ok(seen)
        });
        let seen =
            interrupt::settle(seen, |_| "the models were being looked at; nothing is lost".to_owned())?;
        let own = each(&models, |i, _| sets.of(&heads[i], &seen[i]))?;
        let looked = models.into_iter().zip(seen).zip(own);
        let models = looked.map(|((model, seen), sets)| Looked { model, seen, sets }).collect();
        Ok(Self { models, names, compute: Compute::auto().check()? })
    }

    /// Returns the same classifiers on those devices; by default they are evaluated as [`Compute::auto`] says.
    ///
    /// # Errors
    /// The errors of [`Compute::check`](crate::Options::check).
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::data::corpus::{Corpus, read_corpus};
    /// use lmc::data::fetch::ModelFolder;
    /// use lmc::prelude::*;
    /// use lmc::study::{ClassifierOptions, Classifiers};
    /// let hans = read_corpus(&Corpus::named("hans")?, "data/hans".as_ref(), "hans-lo")?;
    /// let models = ModelFolder::find_all(&["run0", "run1"])?;
    /// let classifiers = Classifiers::look(models, vec![hans], &ClassifierOptions::default())?;
    /// let evaluations = classifiers.on(Compute::cpu())?.evaluate(None).all()?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn on(self, compute: Compute) -> Result<Self> {
        Ok(Self { compute: compute.check()?, ..self })
    }

    /// Returns the losses and predictions of every classifier on every set, each as it is found in the store
    /// or evaluated and kept there; without a store nothing is kept.
    ///
    /// A classifier whose losses are not finite, or whose results in the store are damaged, costs only its
    /// own results. Results that were finished before an interrupt or another error are returned, and the
    /// next call finds them again.
    pub fn evaluate(&self, store: Option<&Store>) -> Evaluated {
        evaluated::evaluate(self, store)
    }

    /// Returns the number of results: classifiers times sets.
    fn n_units(&self) -> usize {
        self.models.len() * self.names.len()
    }
}

/// Returns what `make` returns for each model by its number; errors name the model's folder.
fn each<T>(models: &[ModelFolder], mut make: impl FnMut(usize, &ModelFolder) -> Result<T>) -> Result<Vec<T>> {
    let make =
        |(i, model): (usize, &ModelFolder)| make(i, model).map_err(|error| error.in_model(&model.folder));
    models.iter().enumerate().map(make).collect()
}

fn check_names(names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Err(LmcError::invalid("sets", "none", "at least one"));
    }
    match (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
        Some(i) => Err(LmcError::invalid("sets", format!("{} twice", names[i]), "each set once")),
        None => Ok(()),
    }
}

/// Returns the losses and predictions of a finetuned classifier on a set, in the set's labels; nothing is
/// kept. [`Classifiers`] does it for many, and keeps their results.
///
/// # Errors
/// The errors of [`Classifiers::look`]; [`LmcError::NonFiniteLoss`], [`LmcError::OutOfMemory`],
/// [`LmcError::Interrupted`].
///
/// # Examples
/// ```no_run
/// use lmc::data::corpus::{Corpus, read_corpus};
/// use lmc::data::fetch::ModelFolder;
/// use lmc::data::labels::Merge;
/// let hans = read_corpus(&Corpus::named("hans")?, "data/hans".as_ref(), "hans-lo")?;
/// let model = ModelFolder::find("feather-berts-12".as_ref())?;
/// let evaluation = lmc::study::evaluate_finetuned(&model, hans, Merge::Max)?;
/// println!("{:.3}", evaluation.outcome.mean_loss());
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn evaluate_finetuned(model: &ModelFolder, set: Dataset, merge: Merge) -> Result<Evaluation> {
    let options = ClassifierOptions { merge, ..ClassifierOptions::default() };
    let classifiers = Classifiers::look(vec![model.clone()], vec![set], &options)?;
    Ok(classifiers.evaluate(None).all()?.swap_remove(0))
}

/// Returns the outcome of a model on a set as an evaluation.
fn evaluation(model: &ModelFolder, set: &EvaluationSet, outcome: Outcome) -> Evaluation {
    Evaluation {
        model: model.name.clone(),
        dataset: set.dataset.name.clone(),
        outcome,
        labels: Arc::new(set.labels()),
        n_labels: set.dataset.labels.len(),
    }
}
