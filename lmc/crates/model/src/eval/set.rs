//! An evaluation set, encoded and named by its content.

use std::fmt;

use tch::Device;
use tokenizers::Tokenizer;

use crate::compute::batch_tokens;
use crate::encode::{Batch, Encoded, digest, encode_counted, note_cut, packed_batches};
use lmc_base::error::{LmcError, Result};
use lmc_base::show::counted;
use lmc_data::Dataset;
use lmc_data::labels::LabelMap;

/// An evaluation set, encoded.
pub struct EvaluationSet {
    /// The texts, labels and kinds.
    pub dataset: Dataset,
    /// The tokens of each example.
    pub encoded: Vec<Encoded>,
    /// A digest of the tokens and labels, by which stored evaluations are found again.
    pub key: String,
    /// The map from the classes of the classifier to the labels of the set; `None` if they are the same in
    /// the same order.
    pub label_map: Option<LabelMap>,
}

impl fmt::Debug for EvaluationSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EvaluationSet({}, {} examples)", self.dataset.name, self.encoded.len())
    }
}

impl EvaluationSet {
    /// Makes an encoded set. A note says how many examples are cut, if any are.
    ///
    /// # Errors
    /// The errors of [`encode`](crate::encode::encode); [`LmcError::InvalidParameter`] for an empty set.
    pub fn new(dataset: Dataset, tokenizer: &Tokenizer, max_len: usize) -> Result<Self> {
        if dataset.is_empty() {
            return Err(LmcError::invalid(
                "dataset",
                format!("`{}` with 0 examples", dataset.name),
                "at least one",
            ));
        }
        let (encoded, n_cut) = encode_counted(&dataset, tokenizer, max_len)?;
        note_cut(&dataset.name, n_cut, encoded.len(), max_len);
        let key = key(&dataset, &encoded);
        Ok(Self { dataset, encoded, key, label_map: None })
    }

    /// Returns some of the examples, by number, under the name of the set.
    ///
    /// # Errors
    /// The errors of [`Dataset::new`].
    #[doc(hidden)]
    pub fn subset(&self, numbers: &[usize]) -> Result<Self> {
        let dataset = self.dataset.subset(&self.dataset.name, numbers)?;
        let encoded: Vec<Encoded> = numbers.iter().map(|&i| self.encoded[i].clone()).collect();
        let part = Self { key: key(&dataset, &encoded), dataset, encoded, label_map: None };
        Ok(match &self.label_map {
            Some(map) => part.with_label_map(map.clone()),
            None => part,
        })
    }

    /// Returns the same set for a classifier whose classes become its labels by a map, which is then part of
    /// its key.
    pub fn with_label_map(self, map: LabelMap) -> Self {
        if map.is_identity() {
            return self;
        }
        Self { key: format!("{}-{map}", self.key), label_map: Some(map), ..self }
    }

    /// Checks that a classifier with that many outputs has one for each label, or as many as the map of
    /// labels is for.
    ///
    /// # Errors
    /// [`LmcError::Labels`] with both numbers.
    pub fn check_outputs(&self, n_outputs: i64) -> Result<()> {
        let labels = &self.dataset.labels;
        let got = usize::try_from(n_outputs).unwrap_or(0);
        let expected = self.label_map.as_ref().map_or(labels.len(), LabelMap::n_classes);
        if got == expected {
            return Ok(());
        }
        let (got, labels) = (counted(got, "output"), labels.join(", "));
        let problem = format!("{got}, `{}` with the labels {labels} takes {expected}", self.dataset.name);
        let remedy = "give a classifier with an output for each, or the set the map of its classes".into();
        Err(LmcError::Labels { origin: None, problem, remedy })
    }

    /// Returns the examples in packed batches of the size that suits the CPU.
    pub fn batches(&self) -> Vec<Batch> {
        self.batches_of(batch_tokens(Device::Cpu))
    }

    /// Returns the examples in packed batches of at most `max_tokens` tokens; [`batch_tokens`] gives the
    /// number that suits a device.
    pub fn batches_of(&self, max_tokens: usize) -> Vec<Batch> {
        packed_batches(&self.encoded, max_tokens)
    }

    /// Returns the label of each example.
    pub fn labels(&self) -> Vec<i64> {
        self.encoded.iter().map(|e| e.label).collect()
    }
}

/// Returns the name and number of examples with a digest of their tokens and labels.
fn key(dataset: &Dataset, encoded: &[Encoded]) -> String {
    format!("{}-{}-{}", dataset.name, encoded.len(), &digest(encoded)[..10])
}
