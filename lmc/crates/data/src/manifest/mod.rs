//! Manifests: facts about a corpus or a pretrained model that are known before any of it is read,
//! `data-manifests/*.toml`.

mod builtin;
mod collection;
mod columns;
mod drawn;
mod files;
mod form;
mod identity;
mod names;
mod source;
mod subset;
mod task;

use std::path::{Path, PathBuf};

pub use columns::{Columns, Delimiter, Format, LabelBy, ShortRows};
pub use drawn::Drawn;
pub use form::{Form, FormSplit, Place};
use serde::Deserialize;

use lmc_base::error::{LmcError, Result};

pub use collection::Members;
pub use files::FileEntry;
pub(crate) use files::plain;
pub use source::{Generator, HubSource, RepoType, Revision, Source};
pub(crate) use source::{is_commit, is_hexadecimal};
pub use subset::{Part, Subset};
pub use task::{TaskSet, TaskTable};

/// The manifest of one corpus, model or collection of models; `data-manifests/README.md` says what each key
/// means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name in specs and tables.
    pub name: String,
    /// The kind of thing that the manifest describes.
    pub kind: ManifestKind,
    /// The full name.
    pub title: String,
    /// The source of the files.
    pub source: Source,
    /// The SPDX name of the licence, or the statement of the source.
    pub licence: String,
    /// The reference to cite.
    pub citation: String,
    /// The label names in order; for a model those of its classifier, empty if it has none.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The manifest whose tokenizer is used by a model that has none of its own.
    pub tokenizer: Option<String>,
    /// The numbers of the models of a collection.
    pub members: Option<Members>,
    /// The columns of the files of a corpus.
    pub columns: Option<Columns>,
    /// Other forms that the same splits are published in.
    #[serde(default)]
    pub forms: Vec<Form>,
    /// The files, with their sizes and checksums if these are known; empty for generated data.
    #[serde(default)]
    pub files: Vec<FileEntry>,
    /// The splits; empty for a model.
    #[serde(default)]
    pub splits: Vec<Split>,
    /// The subsets of splits that have names of their own.
    #[serde(default)]
    pub subsets: Vec<Subset>,
    /// Other names of folders in which the files of a corpus may lie, in small letters.
    #[serde(default)]
    pub folders: Vec<String>,
    /// The task on a corpus that copies are finetuned on; none if it only evaluates.
    pub task: Option<TaskTable>,
}

/// The kind of thing that a manifest describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManifestKind {
    /// Files of labelled examples.
    Corpus,
    /// Examples drawn from a grammar.
    Generated,
    /// A pretrained encoder with its tokenizer, or a finetuned classifier.
    Model,
    /// Finetuned classifiers that differ in a number.
    Collection,
    /// A published table of results.
    Table,
}

/// One split.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The name of the [`Dataset`](super::Dataset) it becomes.
    pub name: String,
    /// The number of its examples.
    pub n_examples: usize,
    /// The file it is read from; none for generated data.
    pub file: Option<PathBuf>,
    /// The draw of its examples from those of the file; the splits of the file without a draw have the rest.
    pub draw: Option<SplitDraw>,
    /// The columns of its file if they are others than those of the manifest.
    pub columns: Option<Columns>,
}

/// The draw of a split from the examples of a file: as many as the split has, each as likely as any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitDraw {
    /// The seed.
    pub seed: u64,
}

impl Manifest {
    /// Returns the manifest in a file.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be read, otherwise as [`Manifest::parse`].
    pub fn read(path: &Path) -> Result<Manifest> {
        let text = std::fs::read_to_string(path).map_err(LmcError::io("read", path))?;
        Manifest::parse(&text, path)
    }

    /// Returns the manifest in a text; errors call it `path`.
    ///
    /// # Errors
    /// [`LmcError::Format`] with file and line for an unknown, missing or mistyped key, and for keys that do
    /// not fit each other or the kind.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::manifest::Manifest;
    /// let error = Manifest::parse("name = \"cola\"\nlicense = \"\"\n", "cola.toml".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("cola.toml:2: unknown field `license`"));
    /// ```
    pub fn parse(text: &str, path: &Path) -> Result<Manifest> {
        Self::checked(text, path, Self::task_inconsistency)
    }

    /// Returns the manifest in a text, as [`Manifest::parse`] does, with `last_check` as its last check.
    fn checked(
        text: &str,
        path: &Path,
        last_check: impl Fn(&Self) -> Option<(String, String)>,
    ) -> Result<Manifest> {
        let format = |line, problem| LmcError::Format {
            path: path.to_owned(),
            line,
            problem,
            remedy: "data-manifests/README.md lists the keys",
        };
        let mut manifest: Manifest = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            format(before.map(|before| before.matches('\n').count() + 1), error.message().to_owned())
        })?;
        manifest.source = manifest.source.seen_from(path);
        let (found, of_task) = match manifest.inconsistency() {
            None => (last_check(&manifest), true),
            found => (found, false),
        };
        let Some((culprit, problem)) = found else { return Ok(manifest) };
        // The mistake is in the last line that contains the culprit: in the task, or in the lines before the
        // task and before other forms.
        let last = |from: usize, to: usize| {
            let lines = text.lines().zip(1..).skip(from).take(to.saturating_sub(from));
            lines.filter(|(line, _)| line.contains(&culprit)).last().map(|(_, n)| n)
        };
        let begin = |table: &str| text.lines().position(|line| line.starts_with(table));
        let (task, forms) = (begin("[task]"), begin("[[forms]]"));
        let all = usize::MAX;
        let first = match of_task {
            true => last(task.unwrap_or(0), forms.filter(|forms| Some(*forms) > task).unwrap_or(all)),
            false => last(0, task.unwrap_or(all).min(forms.unwrap_or(all))),
        };
        Err(format(first.or_else(|| last(0, all)), problem))
    }

    /// Returns the first inconsistency: a text that the line at fault contains, and the problem.
    fn inconsistency(&self) -> Option<(String, String)> {
        let kind = format!("kind = \"{:?}\"", self.kind).to_lowercase();
        let wanted = |key: &str, present: bool, wanted: bool| {
            let problem = if wanted { "is missing" } else { "does not belong" };
            (present != wanted)
                .then(|| (kind.clone(), format!("`{key}` {problem} in a manifest of this kind")))
        };
        let is = |kinds: &[ManifestKind]| kinds.contains(&self.kind);
        let of_examples = is(&[ManifestKind::Corpus, ManifestKind::Generated]);
        let labelled = of_examples || is(&[ManifestKind::Collection]) || !self.labels.is_empty();
        let generator = matches!(self.source, Source::Generated(_));
        let tokenizer = self.tokenizer.is_some() && !of_examples;
        wanted("labels", !self.labels.is_empty(), labelled)
            .or_else(|| wanted("splits", !self.splits.is_empty(), of_examples))
            .or_else(|| wanted("generated", generator, is(&[ManifestKind::Generated])))
            .or_else(|| wanted("tokenizer", self.tokenizer.is_some(), tokenizer))
            .or_else(|| wanted("members", self.members.is_some(), is(&[ManifestKind::Collection])))
            .or_else(|| wanted("files", !self.files.is_empty(), !is(&[ManifestKind::Generated])))
            .or_else(|| wanted("columns", self.columns.is_some(), is(&[ManifestKind::Corpus])))
            .or_else(|| wanted("task", self.task.is_some(), self.task.is_some() && of_examples))
            .or_else(|| wanted("subsets", !self.subsets.is_empty(), !self.subsets.is_empty() && of_examples))
            .or_else(|| wanted("folders", !self.folders.is_empty(), !self.folders.is_empty() && of_examples))
            .or_else(|| self.name_inconsistency())
            .or_else(|| self.member_inconsistency())
            .or_else(|| self.file_inconsistency())
            .or_else(|| self.columns.as_ref().and_then(Columns::inconsistency))
            .or_else(|| self.splits.iter().find_map(|split| self.split_inconsistency(split)))
            .or_else(|| self.draw_inconsistency())
            .or_else(|| {
                let of = |split: &Split| split.columns.as_ref().and_then(Columns::inconsistency);
                self.splits.iter().find_map(of)
            })
            .or_else(|| {
                wanted(
                    "forms",
                    !self.forms.is_empty(),
                    !self.forms.is_empty() && self.kind == ManifestKind::Corpus,
                )
            })
            .or_else(|| self.form_inconsistency())
            .or_else(|| self.subset_inconsistency())
    }

    fn split_inconsistency(&self, split: &Split) -> Option<(String, String)> {
        let culprit = format!("= \"{}\"", split.name);
        if self.splits.iter().filter(|other| other.name == split.name).count() > 1 {
            return Some((culprit, format!("split `{}` is there twice", split.name)));
        }
        match &split.file {
            None if self.kind == ManifestKind::Corpus => {
                Some((culprit, format!("split `{}` has no file", split.name)))
            }
            Some(file) if !self.files.iter().any(|entry| entry.path == *file) => {
                let file = file.display().to_string();
                Some((
                    format!("= \"{file}\""),
                    format!("split `{}` is in {file}, which `files` does not have", split.name),
                ))
            }
            _ => None,
        }
    }

    /// Returns whether the manifest describes data of the user's own: a folder of this machine, or what no
    /// manifest that comes with the crate describes.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.source, Source::Folder(_)) || !Self::builtin_names().contains(&self.name.as_str())
    }

    /// Returns the split of a name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] if there is none.
    pub fn split(&self, name: &str) -> Result<&Split> {
        self.splits.iter().find(|split| split.name == name).ok_or_else(|| LmcError::UnknownName {
            kind: "split",
            name: name.to_owned(),
            known: self.splits.iter().map(|split| split.name.clone()).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
