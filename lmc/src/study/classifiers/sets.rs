//! The sets in the tokens of each model: models with one tokenizer and one map of labels share them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokenizers::Tokenizer;

use super::ClassifierOptions;
use super::looked::Seen;
use crate::data::Dataset;
use crate::data::fetch::ModelFolder;
use crate::data::labels::LabelMap;
use crate::encode::{Extent, longest_example};
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::model::ConfigFile;
use crate::model::load::config_file;
use crate::study::task::check_length;
use crate::study::tokens::tokens_of;

/// The facts about a model that do not need its weights.
pub(super) struct Head {
    /// The digest of its tokenizer.
    tokenizer: String,
    max_len: usize,
}

/// Tokenizer, longest example, map of labels and number of the set.
type Key = (String, usize, String, usize);

/// The sets, encoded once for all models that see the same tokens and labels.
pub(super) struct Sets {
    datasets: Vec<Dataset>,
    options: ClassifierOptions,
    tokenizers: BTreeMap<String, Tokenizer>,
    encoded: BTreeMap<Key, Arc<EvaluationSet>>,
}

impl Sets {
    pub fn new(datasets: Vec<Dataset>, options: &ClassifierOptions) -> Result<Self> {
        for dataset in &datasets {
            dataset.check()?;
            if dataset.is_empty() {
                let got = format!("`{}` with 0 examples", dataset.name);
                return Err(LmcError::invalid("dataset", got, "at least one"));
            }
        }
        Ok(Self { datasets, options: *options, tokenizers: BTreeMap::new(), encoded: BTreeMap::new() })
    }

    /// Reads config and tokenizer of a model, and compares the labels that it is given with those of every
    /// set.
    pub fn look(&mut self, model: &ModelFolder) -> Result<Head> {
        // Its own names for its outputs do not matter if names are given.
        let config = ConfigFile::read(&config_file(&model.folder)?)?.config;
        if !model.labels.is_empty() {
            for set in &self.datasets {
                LabelMap::new(&model.labels, &set.labels, self.options.merge)?;
            }
        }
        let (tokenizer, digest) = tokens_of(model)?;
        check_length(&config, &tokenizer, &model.folder)?;
        let is_pair = self.datasets.iter().any(Dataset::has_pairs);
        let positions = config.max_len();
        let max_len = longest_example("max_length", self.options.max_length, positions, &tokenizer, is_pair)?;
        self.tokenizers.entry(digest.clone()).or_insert(tokenizer);
        Ok(Head { tokenizer: digest, max_len })
    }

    /// Returns the map for each set to the labels of a model with that many outputs with those names.
    pub fn maps(&self, n_outputs: usize, labels: &[String]) -> Result<Vec<LabelMap>> {
        let map = |set: &Dataset| LabelMap::of_outputs(n_outputs, labels, &set.labels, self.options.merge);
        self.datasets.iter().map(map).collect()
    }

    /// Returns the sets in the tokens and labels of a model, which must have an embedding for each of them.
    pub fn of(&mut self, head: &Head, seen: &Seen) -> Result<Vec<Arc<EvaluationSet>>> {
        let sets: Vec<Arc<EvaluationSet>> = seen
            .maps
            .iter()
            .enumerate()
            .map(|(number, map)| self.set(head, number, map))
            .collect::<Result<_>>()?;
        sets.iter().try_for_each(|set| seen.config.check_extent(&Extent::of(&set.encoded), None))?;
        Ok(sets)
    }

    fn set(&mut self, head: &Head, number: usize, map: &LabelMap) -> Result<Arc<EvaluationSet>> {
        let key = (head.tokenizer.clone(), head.max_len, map.to_string(), number);
        if let Some(set) = self.encoded.get(&key) {
            return Ok(set.clone());
        }
        let (dataset, tokenizer) = (self.datasets[number].clone(), &self.tokenizers[&head.tokenizer]);
        let set = Arc::new(EvaluationSet::new(dataset, tokenizer, head.max_len)?.with_label_map(map.clone()));
        self.encoded.insert(key, set.clone());
        Ok(set)
    }
}
