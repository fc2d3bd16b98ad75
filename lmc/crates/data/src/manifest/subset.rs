//! Subsets: the examples of a split in one group and with one label.

use serde::Deserialize;

use super::{Manifest, Split};

/// The examples of a split that are in one group and have one label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subset {
    /// The name in tables and files.
    pub name: String,
    /// The split that has the examples.
    pub split: String,
    /// Their group, as the column `group` has it; none for all.
    pub group: Option<String>,
    /// The name of their label; none for all.
    pub label: Option<String>,
}

/// A part of a corpus that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A split.
    Split(&'a Split),
    /// A subset of a split.
    Subset(&'a Subset),
}

impl<'a> Part<'a> {
    /// Returns the name of the split that has the examples.
    pub fn split(self) -> &'a str {
        match self {
            Self::Split(split) => &split.name,
            Self::Subset(subset) => &subset.split,
        }
    }
}

impl Manifest {
    /// Returns the inconsistency among the subsets: a text that the line at fault contains, and the problem.
    pub(super) fn subset_inconsistency(&self) -> Option<(String, String)> {
        self.subsets.iter().find_map(|subset| {
            let at = |key: &str, got: &str, expected: String| {
                Some((
                    format!("{key} = \"{got}\""),
                    format!("`subsets.{key}`: got `{got}`, expected {expected}"),
                ))
            };
            if self.parts().filter(|name| *name == subset.name).count() > 1 {
                return at("name", &subset.name, "a name of its own".to_owned());
            }
            if self.split(&subset.split).is_err() {
                let splits: Vec<&str> = self.splits.iter().map(|split| &*split.name).collect();
                return at("split", &subset.split, format!("one of {}", splits.join(", ")));
            }
            let groups = self.columns.as_ref().is_some_and(|columns| columns.group.is_some());
            if let Some(group) = subset.group.as_ref().filter(|_| !groups) {
                return at("group", group, "none: `columns` has no `group`".to_owned());
            }
            let label = subset.label.as_ref().filter(|label| !self.labels.contains(label))?;
            at("label", label, format!("one of {}", self.labels.join(", ")))
        })
    }
}
