//! The forms that a corpus is published in, and the places of its splits.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Columns, Drawn, Manifest};
use lmc_base::error::Result;

/// Another form of the same splits: other files, or other columns.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The name of the form, for people.
    pub name: String,
    /// The columns of its files.
    pub columns: Columns,
    /// The places of the splits in this form.
    pub splits: Vec<FormSplit>,
}

/// The place of one split in another form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormSplit {
    /// A name of one of the manifest's splits.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// The first row and the one after the last, counted from 0 without the header; none if the split is the
    /// whole file, or if the kinds say which rows belong to it.
    pub rows: Option<[usize; 2]>,
    /// The kinds whose rows are the split, if the file has more than one.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// A place where a split may lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file, inside the folder of the corpus.
    pub file: &'a Path,
    /// Its columns.
    pub columns: &'a Columns,
    /// The rows that are the split, counted from 0 without the header; none for all.
    pub rows: Option<Range<usize>>,
    /// The number of rows of the whole file, if the split is given by rows.
    pub n_rows: Option<usize>,
    /// The kinds whose rows are the split; none for all.
    pub kinds: &'a [String],
    /// The kinds of the other splits in the file.
    pub other_kinds: Vec<&'a str>,
    /// The examples that are the split, if they are drawn from those of the file.
    pub drawn: Option<Drawn>,
}

impl Manifest {
    /// Returns the places where a split may lie: that of the manifest itself first, then those of its other
    /// forms.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`](lmc_base::error::LmcError::UnknownName) if there is no split of that name.
    pub fn places(&self, split: &str) -> Result<Vec<Place<'_>>> {
        let split = self.split(split)?;
        let own = split.columns.as_ref().or(self.columns.as_ref()).zip(split.file.as_deref());
        let own = own.map(|(columns, file)| Place {
            file,
            columns,
            rows: None,
            n_rows: None,
            kinds: &[],
            other_kinds: Vec::new(),
            drawn: self.drawn(split),
        });
        let others = self.forms.iter().flat_map(|form| {
            form.splits.iter().filter(|other| other.name == split.name).map(|other| {
                let beside = || form.splits.iter().filter(|beside| beside.file == other.file);
                let end = beside().filter_map(|beside| beside.rows.map(|[_, end]| end)).max();
                let others =
                    beside().filter(|beside| beside.name != other.name).flat_map(|beside| &beside.kinds);
                Place {
                    file: &other.file,
                    columns: &form.columns,
                    rows: other.rows.map(|[start, end]| start..end),
                    n_rows: other.rows.and(end),
                    kinds: &other.kinds,
                    other_kinds: others.map(String::as_str).collect(),
                    drawn: None,
                }
            })
        });
        Ok(own.into_iter().chain(others).collect())
    }

    /// Returns the first inconsistency in the other forms: a text that the line at fault contains, and the
    /// problem.
    pub(super) fn form_inconsistency(&self) -> Option<(String, String)> {
        self.forms.iter().find_map(|form| {
            let columns = form.columns.inconsistency().map(|(_, problem)| problem);
            let problem =
                columns.or_else(|| form.splits.iter().find_map(|split| self.misplaced(form, split)))?;
            Some((format!("= \"{}\"", form.name), format!("form `{}`: {problem}", form.name)))
        })
    }

    fn misplaced(&self, form: &Form, split: &FormSplit) -> Option<String> {
        let Ok(whole) = self.split(&split.name) else {
            return Some(format!("`splits` does not have `{}`", split.name));
        };
        if !split.kinds.is_empty() && (form.columns.kind.is_none() || split.rows.is_some()) {
            return Some(format!(
                "`kinds` of `{}` need a column `kind`, and no `rows` beside them",
                split.name
            ));
        }
        let [start, end] = split.rows?;
        (end.checked_sub(start) != Some(whole.n_examples)).then(|| {
            format!("rows {start} to {end} are not the {} examples of `{}`", whole.n_examples, split.name)
        })
    }
}
