//! The task of a corpus, on which copies are finetuned and evaluated: the table `[task]` of a manifest.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use super::names::is_plain;
use super::{Manifest, ManifestKind, Part};
use crate::changes::changed;
use crate::labels::{LabelMap, Merge};
use crate::recipe::Recipe;
use lmc_base::error::{LmcError, Result};
use lmc_base::metric::Metric;
use lmc_base::options::Options;

/// The task of a corpus: the training set, the evaluation sets, and the metric, recipe and encoder of its
/// studies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskTable {
    /// The split that copies are finetuned on.
    #[serde(default = "train")]
    pub train: String,
    /// The evaluation sets; the first is the one in domain and is called [`TaskTable::IN_DOMAIN`].
    pub sets: Vec<TaskSet>,
    /// The name of the set by which generalisation is judged.
    pub scored: String,
    /// The metric by which it is judged.
    pub metric: Metric,
    /// The default recipe.
    #[serde(deserialize_with = "recipe")]
    pub recipe: Recipe,
    /// The default encoder: a name or a folder.
    #[serde(default = "encoder")]
    pub encoder: String,
    /// The encoders of recipes that are for another one, by the name of the recipe.
    #[serde(default)]
    pub encoders: BTreeMap<String, String>,
    /// The share of training examples that are counterexamples, in [0, 0.5]; for examples from a grammar.
    pub counterexample_share: Option<f64>,
}

/// One evaluation set of a task.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSet {
    /// The name of the set in tables and files.
    pub name: String,
    /// The name of the manifest of its corpus; none for the corpus of the task itself.
    pub corpus: Option<String>,
    /// The split or subset of that corpus; none if it is called as the set.
    pub split: Option<String>,
    /// The label of the set for each label of the task; empty if the names say which is which.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The way in which the logits of several labels of the task become that of one label of the set.
    #[serde(default)]
    pub merge: Merge,
}

fn train() -> String {
    "train".to_owned()
}

fn encoder() -> String {
    "bert-base-uncased".to_owned()
}

/// Reads the name of a recipe, a table with a name and the fields that differ from that recipe, or all fields
/// of a new one.
fn recipe<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Recipe, D::Error> {
    let expected = || format!("one of {}", Recipe::NAMES.join(", "));
    let wrong = |key: &str, problem: String| D::Error::custom(format!("`task.recipe{key}`: {problem}"));
    let (name, changes) = match Value::deserialize(deserializer)? {
        Value::String(name) => (name, Table::new()),
        Value::Table(table) => match table.get("name") {
            Some(Value::String(name)) => (name.clone(), table),
            _ => return Err(wrong(".name", format!("got none, expected {}", expected()))),
        },
        other => return Err(wrong("", format!("got {}, expected a name or a table", other.type_str()))),
    };
    let recipe = match Recipe::named(&name) {
        Ok(known) => changed(&known, &changes).map_err(|fault| {
            let key = if fault.key.is_empty() { String::new() } else { format!(".{}", fault.key) };
            wrong(&key, fault.problem)
        })?,
        Err(_) if changes.len() < 2 => {
            return Err(wrong("", format!("got `{name}`, expected {}", expected())));
        }
        Err(_) => changes.try_into().map_err(|error: toml::de::Error| {
            let problem = format!("{}, and a recipe called `{name}` has all keys", error.message());
            wrong("", format!("{problem}; known recipes: {}", Recipe::NAMES.join(", ")))
        })?,
    };
    recipe.validate().map_err(|error| D::Error::custom(format!("`task.recipe`: {error}")))?;
    Ok(recipe)
}

impl TaskTable {
    /// The name of the set in domain.
    pub const IN_DOMAIN: &str = "id";

    /// Returns the encoder for a recipe: a name or a folder.
    pub fn encoder(&self, recipe: &Recipe) -> &str {
        self.encoders.get(&recipe.name).unwrap_or(&self.encoder)
    }
}

impl TaskSet {
    /// Returns the name of the split or subset that the set is.
    pub fn split(&self) -> &str {
        self.split.as_deref().unwrap_or(&self.name)
    }

    /// Returns the map from the labels of the task to those of the set.
    ///
    /// # Errors
    /// [`LmcError::Labels`] for labels that do not fit.
    pub fn label_map(&self, task: &[String], set: &[String]) -> Result<LabelMap> {
        if self.labels.is_empty() && self.corpus.is_none() && task == set {
            return Ok(LabelMap::identity(task.len()));
        }
        if self.labels.is_empty() {
            return LabelMap::new(task, set, self.merge);
        }
        LabelMap::of_names(&self.labels, task, set, self.merge)
    }
}

/// A text that the line at fault contains, and the problem.
type Inconsistency = (String, String);

/// Returns the inconsistency of a key of `[task]` with that value.
fn wrong(key: &str, got: &str, expected: impl std::fmt::Display) -> Option<Inconsistency> {
    let last = key.rsplit('.').next().unwrap_or(key);
    Some((format!("{last} = \"{got}\""), format!("`task.{key}`: got `{got}`, expected {expected}")))
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("one of {}", names.into_iter().collect::<Vec<_>>().join(", "))
}

impl Manifest {
    /// Returns the manifest of the corpus that a set is from, whose own task is not checked.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for a corpus that does not come with the crate.
    pub fn corpus_of(&self, set: &TaskSet) -> Result<Manifest> {
        match &set.corpus {
            Some(name) if *name != self.name => Self::builtin_unchecked(name),
            _ => Ok(self.clone()),
        }
    }

    /// Returns the inconsistency in the task.
    pub(super) fn task_inconsistency(&self) -> Option<Inconsistency> {
        let task = self.task.as_ref()?;
        let names = || listed(task.sets.iter().map(|set| &*set.name));
        let own_splits = || listed(self.splits.iter().map(|split| &*split.name));
        if self.split(&task.train).is_err() {
            return wrong("train", &task.train, own_splits());
        }
        if let Some(first) = task.sets.first().filter(|set| set.name != TaskTable::IN_DOMAIN) {
            return wrong("sets.name", &first.name, "`id` for the first set, which is the one in domain");
        }
        let hides = task.sets.iter().find(|set| set.split() != set.name && self.split(&set.name).is_ok());
        if let Some(set) = hides.filter(|set| set.corpus.is_none()) {
            return wrong(
                "sets.split",
                set.split(),
                format!("`{}`, a split has the name of the set", set.name),
            );
        }
        if task.sets.is_empty() {
            return Some(("sets".to_owned(), "`task.sets`: got none, expected at least `id`".to_owned()));
        }
        if !task.sets.iter().any(|set| set.name == task.scored) {
            return wrong("scored", &task.scored, names());
        }
        if let Some(other) = task.encoders.keys().find(|name| Recipe::named(name).is_err()) {
            let problem = format!("`task.encoders`: got `{other}`, expected {}", listed(Recipe::NAMES));
            return Some(("encoders".to_owned(), problem));
        }
        self.share_inconsistency(task).or_else(|| {
            task.sets.iter().enumerate().find_map(|(place, set)| {
                if task.sets[..place].iter().any(|other| other.name == set.name) {
                    return wrong("sets.name", &set.name, "a name of its own for each set");
                }
                self.set_inconsistency(set)
            })
        })
    }

    fn share_inconsistency(&self, task: &TaskTable) -> Option<Inconsistency> {
        let generated = self.kind == ManifestKind::Generated;
        let problem = match task.counterexample_share {
            Some(share) if generated && (0.0..=0.5).contains(&share) => return None,
            Some(share) if generated => format!("got {share}, expected a share from 0 to 0.5"),
            Some(share) => format!("got {share}, expected none: the examples are not generated"),
            None if generated => "got none, expected a share from 0 to 0.5".to_owned(),
            None => return None,
        };
        let line = if task.counterexample_share.is_some() { "counterexample_share" } else { "[task]" };
        Some((line.to_owned(), format!("`task.counterexample_share`: {problem}")))
    }

    fn set_inconsistency(&self, set: &TaskSet) -> Option<Inconsistency> {
        if !is_plain(&set.name) || set.name.ends_with("-sample") {
            return wrong(
                "sets.name",
                &set.name,
                "letters, digits, `-`, `_` and `.`, no `-sample` at the end",
            );
        }
        let name = set.corpus.as_deref().unwrap_or(&self.name);
        let is_own = set.corpus.as_ref().is_none_or(|corpus| *corpus == self.name);
        let train = self.task.as_ref().map_or("", |task| &task.train);
        if is_own && self.part(set.split()).is_ok_and(|part| part.split() == train) {
            let key = if set.split.is_some() { "sets.split" } else { "sets.name" };
            let expected = format!("another split than `{train}`, on which copies are finetuned");
            return wrong(key, set.split(), expected);
        }
        let Some(corpus) =
            self.corpus_of(set).ok().filter(|corpus| corpus.columns.is_some() || *corpus == *self)
        else {
            let corpora = Self::builtin_with(|manifest| manifest.kind == ManifestKind::Corpus);
            return wrong("sets.corpus", name, listed(corpora));
        };
        if corpus.part(set.split()).is_err() {
            let key = if set.split.is_some() { "sets.split" } else { "sets.name" };
            return wrong(key, set.split(), format!("{} of {name}", listed(corpus.parts())));
        }
        let unknown = |known: &[String], label: &str, of: &str| {
            let expected = listed(known.iter().map(String::as_str));
            let problem = format!("`task.sets.labels`: got `{label}`, expected {expected} of {of}");
            (!known.iter().any(|known| known == label)).then(|| (label.to_owned(), problem))
        };
        let named = set.labels.iter().find_map(|(own, other)| {
            unknown(&self.labels, own, &self.name).or_else(|| unknown(&corpus.labels, other, name))
        });
        named.or_else(|| {
            let error = set.label_map(&self.labels, &corpus.labels).err()?;
            Some((
                format!("name = \"{}\"", set.name),
                format!("`task.sets.labels` of `{}`: {error}", set.name),
            ))
        })
    }

    /// Returns the names of the splits, then those of the subsets.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let splits = self.splits.iter().map(|split| split.name.as_str());
        splits.chain(self.subsets.iter().map(|subset| subset.name.as_str()))
    }

    /// Returns the split or subset of that name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with the splits and subsets.
    pub fn part(&self, name: &str) -> Result<Part<'_>> {
        let split = self.splits.iter().find(|split| split.name == name).map(Part::Split);
        let subset = || self.subsets.iter().find(|subset| subset.name == name).map(Part::Subset);
        split.or_else(subset).ok_or_else(|| LmcError::UnknownName {
            kind: "split",
            name: name.to_owned(),
            known: self.parts().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
