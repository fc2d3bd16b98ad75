//! Subsets in the reading of their split.

use super::Reading;
use crate::Dataset;
use crate::manifest::{Manifest, Part, Subset};
use lmc_base::error::{LmcError, Result};

impl Part<'_> {
    /// Returns the examples of the part in a reading of its split, in their order, under its name.
    ///
    /// # Errors
    /// The errors of [`Subset::of`].
    pub fn of(self, reading: &Reading) -> Result<Dataset> {
        match self {
            Self::Split(_) => Ok(reading.dataset.clone()),
            Self::Subset(subset) => subset.of(reading),
        }
    }
}

impl Subset {
    /// Returns the examples of a reading that belong to this subset, in their order, under its name.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if the reading has no groups, [`LmcError::UnknownName`] if its labels
    /// do not have that of the subset.
    pub fn of(&self, reading: &Reading) -> Result<Dataset> {
        let set = &reading.dataset;
        let groups = match (&self.group, &reading.groups) {
            (Some(group), Some(groups)) => Some((group, groups)),
            (Some(group), None) => {
                return Err(LmcError::invalid("reading.groups", "none", format!("a column with `{group}`")));
            }
            (None, _) => None,
        };
        let label = match &self.label {
            None => None,
            Some(name) => {
                let index = set.labels.iter().position(|label| label == name);
                let unknown =
                    || LmcError::UnknownName { kind: "label", name: name.clone(), known: set.labels.clone() };
                Some(index.ok_or_else(unknown)?)
            }
        };
        let belongs = |&index: &usize| {
            groups.is_none_or(|(group, groups)| groups.get(index) == Some(group))
                && label.is_none_or(|label| usize::try_from(set.examples[index].label) == Ok(label))
        };
        let chosen: Vec<usize> = (0..set.len()).filter(belongs).collect();
        let kinds = set.kinds.as_ref();
        Ok(Dataset {
            name: self.name.clone(),
            labels: set.labels.clone(),
            examples: chosen.iter().map(|&index| set.examples[index].clone()).collect(),
            kinds: kinds.map(|kinds| chosen.iter().filter_map(|&index| kinds.get(index).cloned()).collect()),
        })
    }
}

impl Manifest {
    /// Checks that every group of a reading is that of a subset, if there are subsets by groups.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with the first other group.
    pub(crate) fn check_groups(&self, reading: &Reading) -> Result<()> {
        let mut known: Vec<&String> = Vec::new();
        for group in self.subsets.iter().filter_map(|subset| subset.group.as_ref()) {
            if !known.contains(&group) {
                known.push(group);
            }
        }
        let mut groups = reading.groups.iter().flatten();
        match groups.find(|group| !known.is_empty() && !known.contains(group)) {
            None => Ok(()),
            Some(other) => Err(LmcError::UnknownName {
                kind: "group",
                name: other.clone(),
                known: known.into_iter().cloned().collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Example;

    fn reading(groups: Option<&[&str]>, n: usize) -> Reading {
        let example = |label| Example { first: "a".into(), second: Some("b".into()), label };
        let examples = (0..n).map(|index| example((index % 2) as i64)).collect();
        let kinds = (0..n).map(|index| format!("kind{index}")).collect();
        let dataset =
            Dataset::new("evaluation", &["entailment", "non-entailment"], examples, Some(kinds)).unwrap();
        let groups = groups.map(|groups| groups.iter().map(|group| group.to_string()).collect());
        Reading { dataset, groups, n_skipped: 0, n_rows: n, n_examples: n, notes: Vec::new() }
    }

    fn hans() -> Manifest {
        Manifest::builtin("hans").unwrap()
    }

    fn of(name: &str, reading: &Reading) -> Result<Dataset> {
        hans().part(name).unwrap().of(reading)
    }

    #[test]
    fn subsets_are_the_examples_of_one_group_and_label() {
        let groups = ["lexical_overlap", "lexical_overlap", "constituent", "lexical_overlap"];
        let reading = reading(Some(&groups), 4);
        let of = |name: &str| {
            let set = of(name, &reading).unwrap();
            set.check().unwrap();
            assert_eq!(set.name, name);
            (set.examples.iter().map(|e| e.label).collect::<Vec<_>>(), set.kinds.unwrap())
        };
        assert_eq!(of("hans-lo"), (vec![1, 1], vec!["kind1".to_owned(), "kind3".to_owned()]));
        assert_eq!(of("hans-lo-entailed"), (vec![0], vec!["kind0".to_owned()]));
        assert_eq!(of("hans-constituent-entailed"), (vec![0], vec!["kind2".to_owned()]));
        assert_eq!(of("hans-subsequence"), (vec![], vec![]));
        let sizes = hans().subsets.iter().map(|subset| subset.of(&reading).unwrap().len()).sum::<usize>();
        assert_eq!(sizes, 4);
    }

    #[test]
    fn the_order_of_the_labels_is_of_no_account() {
        let mut turned = reading(Some(&["subsequence", "subsequence"]), 2);
        turned.dataset.labels.reverse();
        assert_eq!(of("hans-subsequence-entailed", &turned).unwrap().examples[0].label, 1);
    }

    #[test]
    fn readings_without_the_groups_and_labels_are_refused() {
        let error = hans().check_groups(&reading(Some(&["negation"]), 1)).unwrap_err().to_string();
        assert_eq!(error, "unknown group `negation`; known: lexical_overlap, subsequence, constituent");
        let error = of("hans-lo", &reading(None, 1)).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "reading.groups", .. }), "{error}");
        let mut other = reading(Some(&["subsequence"]), 1);
        other.dataset.labels = vec!["no".into(), "yes".into()];
        let error = of("hans-subsequence", &other).unwrap_err();
        assert!(matches!(error, LmcError::UnknownName { kind: "label", .. }), "{error}");
    }
}
