//! Ways to merge models, and which of them helps within a basin and across.

mod base;
mod card;
mod comparison;
pub(crate) mod figure;
mod folder;
mod merged;
mod on_slurm;
mod options;
mod result;
mod rows;
mod statistics;
mod table;
mod untasked;
mod works;

use std::collections::BTreeMap;

use serde_json::json;
use tch::Tensor;

use self::statistics::Statistics;
use crate::error::{LmcError, Result};
use crate::file::sha256;
use crate::options::{Options, Valid};
use crate::soup::uniform;
use crate::study::Models;
use crate::weights::Weights;

#[doc(hidden)]
pub use crate::merge::{Draw, merge_drawn};
pub use crate::merge::{
    Fisher, MergeConfig, MergeMethod, MergeOptions, ModelStock, RegMean, Statistic, TaskVectors, Trim, merge,
};
pub use base::MergeBase;
pub use card::MergeCard;
pub use comparison::Merges;
pub use figure::{merge_dots, merge_scatter};
pub use folder::MergeFolder;
pub use merged::Merged;
pub(crate) use on_slurm::{VERB, work};
pub use options::MergingOptions;
pub use result::MergeResult;
pub use table::{
    MERGE_KINDS, MERGE_PREDICTIONS, MERGES, MergeColumns, MergeKindColumns, MergePredictionColumns,
};
pub use untasked::Ingredients;

/// The number of digits of a merged model's name.
const DIGITS: usize = 20;

impl Models {
    /// Returns the model that a method makes of models, given by number.
    ///
    /// Task vectors are counted from `base`; without one, from the encoder that the copies of a study started
    /// from. Models from elsewhere have none. There is no task vector of heads, which such a base lacks: they
    /// are averaged. Methods with a [`Statistic`] read texts of the training set; what they tell of each
    /// model is kept in the store.
    ///
    /// # Errors
    /// The errors of [`merge`], of [`MergeOptions::check`] and of [`Statistic::gather`];
    /// [`LmcError::InvalidParameter`] for a number that is not a model or comes twice.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::{MergeMethod, MergeOptions};
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let merged = models.merge(&[0, 1, 2], &MergeOptions::new(MergeMethod::ties(0.5)), None)?;
    /// println!("{:.4} nats", merged.evaluate("id")?.metric(Metric::Loss)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn merge(
        &self,
        ingredients: &[usize],
        options: &MergeOptions,
        base: Option<&MergeBase>,
    ) -> Result<Merged> {
        let options = options.check()?;
        self.check_ingredients(ingredients)?;
        options.shares(ingredients.len())?;
        let own = MergeBase::of_study(self);
        let base = base.or(own.as_ref());
        let statistics = Statistics::new(self, &options);
        statistics.gather(self, ingredients)?;
        let load = |i: usize| self.weights_of(&self.models()[ingredients[i]]);
        let weights = made(&options, ingredients.len(), load, base, &statistics.of(ingredients)?)?;
        let key = self.merged_key(ingredients, &options, base, statistics.texts());
        let base = base.filter(|_| options.method.needs_base()).map(|base| base.name().to_owned());
        Ok(Merged { models: self.clone(), ingredients: ingredients.to_vec(), options, base, weights, key })
    }

    /// Checks that these are numbers of models, each once.
    pub(crate) fn check_ingredients(&self, ingredients: &[usize]) -> Result<()> {
        let n = self.len();
        for (i, &model) in ingredients.iter().enumerate() {
            if model >= n {
                return Err(LmcError::invalid("model", model, format!("a number below {n}")));
            }
            if ingredients[..i].contains(&model) {
                return Err(LmcError::invalid("ingredients", format!("{model} twice"), "each model once"));
            }
        }
        Ok(())
    }

    /// Returns the name in the store of a merged model: a digest of everything that decides its weights; `texts`
    /// is that of the texts that its method read.
    fn merged_key(
        &self,
        ingredients: &[usize],
        options: &MergeOptions,
        base: Option<&MergeBase>,
        texts: Option<&str>,
    ) -> String {
        let keys: Vec<String> = ingredients.iter().map(|&model| self.models()[model].key()).collect();
        let base = base.filter(|_| options.method.needs_base()).map(MergeBase::sha256);
        let mut facts = json!({ "ingredients": keys, "options": options, "base": base });
        if let Some(texts) = texts {
            facts["texts"] = texts.into();
        }
        format!("merge-{}", &sha256(facts.to_string().as_bytes())[..DIGITS])
    }
}

/// Returns the weights of a merge of `n` models; `load` brings each by its number. Of a uniform soup, few
/// models are in memory at a time.
fn made(
    options: &Valid<MergeOptions>,
    n: usize,
    load: impl Fn(usize) -> Result<Weights>,
    base: Option<&MergeBase>,
    statistics: &[BTreeMap<String, Tensor>],
) -> Result<Weights> {
    if options.is_uniform_soup() {
        return uniform(n, load);
    }
    let models = (0..n).map(load).collect::<Result<Vec<_>>>()?;
    merge(options, &models, base.map(MergeBase::tensors).as_ref(), statistics)
}

#[cfg(test)]
mod tests;
