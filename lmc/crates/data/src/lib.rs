//! Labelled text, its sources, and the descriptions of tasks and runs. Use it through the crate `lmc`, as its
//! modules `data` and `spec`.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod byte_pairs;
#[doc(hidden)]
pub mod changes;
pub mod corpus;
pub mod csv;
pub mod fetch;
pub mod grammar;
pub mod hans;
pub mod jsonl;
pub mod labels;
pub mod manifest;
pub mod mini_nli;
pub mod parquet;
pub mod pretraining;
pub mod reader;
mod recipe;
mod search;
pub mod spec;
pub mod task_file;
#[doc(hidden)]
pub mod text;
pub mod tsv;

use std::fmt;

pub use corpus::{Corpus, read_corpora, read_corpus};

pub use lmc_base::{LmcError, Result};

/// One example: a text, a second text for pair tasks, and the index of its label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Example {
    /// The first or only text, for example the premise.
    pub first: String,
    /// The second text, for example the hypothesis.
    pub second: Option<String>,
    /// Index into [`Dataset::labels`].
    pub label: i64,
}

/// A named set of labelled examples with one label order.
#[derive(Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The name of the set in tables and files, for example `train`, `id` or `lo`.
    pub name: String,
    /// The label names; a label is an index into them.
    pub labels: Vec<String>,
    /// The examples.
    pub examples: Vec<Example>,
    /// A finer diagnostic kind of each example, if the corpus knows one; as long as `examples`.
    pub kinds: Option<Vec<String>>,
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({}, {} examples, labels {:?})", self.name, self.examples.len(), self.labels)
    }
}

impl Dataset {
    /// Returns a dataset after checking that it is consistent.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if a label is not an index into `labels`; [`LmcError::ShapeMismatch`]
    /// if there is not one kind per example.
    pub fn new(
        name: impl Into<String>,
        labels: &[&str],
        examples: Vec<Example>,
        kinds: Option<Vec<String>>,
    ) -> Result<Dataset> {
        let labels = labels.iter().map(|label| label.to_string()).collect();
        let dataset = Dataset { name: name.into(), labels, examples, kinds };
        dataset.check()?;
        Ok(dataset)
    }

    /// Checks that the labels are in range and that there is one kind per example. The fields are public, so
    /// a dataset may have been put together by hand.
    ///
    /// # Errors
    /// The errors of [`Dataset::new`].
    pub fn check(&self) -> Result<()> {
        let n_labels = self.labels.len();
        for (index, example) in self.examples.iter().enumerate() {
            if !usize::try_from(example.label).is_ok_and(|label| label < n_labels) {
                let got = format!("{} at example {index} of `{}`", example.label, self.name);
                return Err(LmcError::invalid("example.label", got, format!("an index below {n_labels}")));
            }
        }
        match &self.kinds {
            Some(kinds) if kinds.len() != self.examples.len() => Err(LmcError::ShapeMismatch {
                what: format!("kinds of dataset `{}`", self.name),
                got: vec![kinds.len()],
                expected: vec![self.examples.len()],
            }),
            _ => Ok(()),
        }
    }

    /// Returns some of the examples, by number, as a set of that name.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for an example that does not exist; the errors of [`Dataset::new`].
    #[doc(hidden)]
    pub fn subset(&self, name: &str, numbers: &[usize]) -> Result<Dataset> {
        if let Some(&number) = numbers.iter().find(|&&number| number >= self.len()) {
            let expected = format!("numbers below {}, the examples of {}", self.len(), self.name);
            return Err(LmcError::invalid("examples", number, expected));
        }
        let subset = Dataset {
            name: name.to_owned(),
            labels: self.labels.clone(),
            examples: numbers.iter().map(|&i| self.examples[i].clone()).collect(),
            kinds: self.kinds.as_ref().map(|kinds| numbers.iter().map(|&i| kinds[i].clone()).collect()),
        };
        subset.check()?;
        Ok(subset)
    }

    /// Returns the number of examples.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Returns whether an example is a pair of texts.
    pub fn has_pairs(&self) -> bool {
        self.examples.iter().any(|example| example.second.is_some())
    }

    /// Returns whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }
}

/// Returns the one of `all` that is shown as `name`, or the error that lists them.
fn by_name<T: Copy + fmt::Display>(kind: &'static str, all: &[T], name: &str) -> Result<T> {
    all.iter().copied().find(|item| item.to_string() == name).ok_or_else(|| LmcError::UnknownName {
        kind,
        name: name.to_owned(),
        known: all.iter().map(T::to_string).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(label: i64) -> Example {
        Example { first: "doctors slept".into(), second: None, label }
    }

    #[test]
    fn a_label_out_of_range_is_named_with_its_example() {
        for label in [-1, 2] {
            let error =
                Dataset::new("dev", &["no", "yes"], vec![example(1), example(label)], None).unwrap_err();
            let expected =
                format!("`example.label`: got {label} at example 1 of `dev`, expected an index below 2");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn there_is_one_kind_per_example() {
        let examples = vec![example(0), example(1)];
        let error =
            Dataset::new("dev", &["no", "yes"], examples.clone(), Some(vec!["a".into()])).unwrap_err();
        assert!(matches!(error, LmcError::ShapeMismatch { ref got, .. } if got == &[1]), "{error}");
        let dataset =
            Dataset::new("dev", &["no", "yes"], examples, Some(vec!["a".into(), "b".into()])).unwrap();
        assert_eq!((dataset.len(), dataset.is_empty()), (2, false));
    }
}
