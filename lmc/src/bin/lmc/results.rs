//! Folders of results: which files lmc wrote there, so that a rerun replaces its own and nothing else.
//!
//! `lmc-results.json` lists the files with the verb that wrote them, their models and their digests. It is
//! written before and after them, so that after a kill it lists at least the files that are there. Folders of
//! lmc 0.1 have no such list; there, the columns of a table show whether lmc wrote it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lmc::figure::Figure;
use lmc::file::{remove, sha256, writable_folder, write_atomic};
use lmc::polars::prelude::DataFrame;
use lmc::table::{self, Schema};
use lmc::{LmcError, Result, terminal};
use lmc_base::show::counted;
use serde::{Deserialize, Serialize};

use crate::output::say;
use crate::result_files::{FILES, TABLES};

/// The file that lists the others.
const RECORD: &str = "lmc-results.json";

/// The verbs that lmc 0.1 did not have.
const SINCE_FIRST_VERSION: [&str; 3] = ["merges", "layers", "surface"];
/// The files that verbs of lmc 0.1 did not write then.
const FILES_SINCE: [&str; 3] = ["training.parquet", "training.png", "planes-3d.png"];

/// The record of the files that lmc wrote into a folder.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    /// The version of lmc that wrote last.
    lmc: String,
    files: BTreeMap<String, Written>,
}

/// A file that lmc wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Written {
    verb: String,
    /// The digest that distinguishes its models from others.
    of: String,
    /// The digest of its content; `None` while it is being written.
    sha256: Option<String>,
}

/// A folder for the results of one run of a verb.
pub struct Results {
    folder: PathBuf,
    verb: &'static str,
    force: bool,
    /// True if this run made the folder.
    made: bool,
    /// The files that this run has written so far.
    written: RefCell<BTreeSet<String>>,
}

impl Results {
    /// Makes the folder and checks that the files of a verb may be written there.
    pub fn open(folder: &Path, verb: &'static str, force: bool) -> Result<Self> {
        let made = !folder.exists();
        writable_folder(folder)?;
        let results = Self { folder: folder.to_owned(), verb, force, made, written: RefCell::default() };
        let names = FILES.iter().filter(|(of, _)| *of == verb).flat_map(|(_, names)| names.iter().copied());
        results.check(&results.record()?, names)?;
        Ok(results)
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes tables and figures, removes leftovers of an earlier run of the verb, and says so.
    pub fn write(
        &self,
        of: &str,
        tables: &[(&Schema, &DataFrame)],
        figures: &[(&str, Figure)],
    ) -> Result<()> {
        let of_tables = tables.iter().map(|(schema, _)| format!("{}.parquet", schema.name));
        let names: Vec<String> =
            of_tables.chain(figures.iter().map(|(name, _)| format!("{name}.png"))).collect();
        let is_known = |name: &String| {
            FILES.iter().any(|(verb, known)| *verb == self.verb && known.contains(&name.as_str()))
        };
        debug_assert!(names.iter().all(is_known), "{names:?} are not all files of {}", self.verb);
        let mut record = self.record()?;
        self.check(&record, names.iter().map(String::as_str))?;
        self.written.borrow_mut().extend(names.iter().cloned());
        let stale = self.stale(&record);
        let mut others = self.others(&record, of);
        others.retain(|name| !stale.contains(name));
        self.enter(&mut record, of, &names, |_| None)?;
        for (schema, frame) in tables {
            table::write_parquet(&self.folder.join(format!("{}.parquet", schema.name)), frame, schema)?;
        }
        for (name, figure) in figures {
            figure.save(self.folder.join(format!("{name}.png")))?;
        }
        // Stale files are removed last: a run that could not write its own files removes nothing.
        for name in &stale {
            remove(&self.folder.join(name))?;
            record.files.remove(name);
        }
        self.enter(&mut record, of, &names, digest)?;
        let folder = terminal::one_line(&self.folder.display().to_string());
        let (n_tables, n_figures) = (counted(tables.len(), "table"), counted(figures.len(), "figure"));
        say(format_args!("{n_tables} and {n_figures} in {folder}"));
        if !stale.is_empty() {
            say(format_args!("removed from {folder}, of an earlier run: {}", stale.join(", ")));
        }
        if !others.is_empty() {
            say(format_args!("also in {folder}, not of this run: {}", others.join(", ")));
        }
        Ok(())
    }

    fn record(&self) -> Result<Record> {
        let path = self.folder.join(RECORD);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(source) => return Err(LmcError::Io { action: "read", path, source }),
        };
        match serde_json::from_slice(&bytes) {
            Ok(record) => Ok(record),
            Err(_) if self.force => Ok(Record::default()),
            Err(error) => Err(LmcError::Format {
                path,
                line: Some(error.line()),
                problem: error.to_string(),
                remedy: "choose another folder, or replace what is in it by --force",
            }),
        }
    }

    /// Checks that every existing file with one of these names was written by lmc and has not been changed
    /// since.
    fn check<'a>(&self, record: &Record, names: impl Iterator<Item = &'a str>) -> Result<()> {
        if self.force {
            return Ok(());
        }
        let there: Vec<&str> =
            names.filter(|name| self.folder.join(name).symlink_metadata().is_ok()).collect();
        let was_there = !SINCE_FIRST_VERSION.contains(&self.verb);
        let is_old = was_there && record.files.is_empty() && self.is_of_first_version(&there);
        let foreign = there.into_iter().find(|name| match record.files.get(*name) {
            Some(written) => !self.is_unchanged(name, written) && !self.written.borrow().contains(*name),
            None => !is_old || FILES_SINCE.contains(name),
        });
        foreign.map_or(Ok(()), |name| {
            let holds = match record.files.contains_key(name) {
                true => format!("{name}, changed since lmc wrote it"),
                false => format!("{name} (not written by lmc)"),
            };
            let remedy = "choose another folder, or replace it by --force";
            Err(LmcError::Occupied { path: self.folder.clone(), holds, remedy })
        })
    }

    /// Returns whether files are results of lmc 0.1, which kept no list: there are tables among them, and all
    /// have its columns.
    fn is_of_first_version(&self, names: &[&str]) -> bool {
        let schema =
            |name: &str| TABLES.into_iter().find(|schema| name.strip_suffix(".parquet") == Some(schema.name));
        let mut tables = names.iter().filter_map(|name| schema(name)).peekable();
        let fits = |schema: &Schema| {
            table::read_parquet(&self.folder.join(format!("{}.parquet", schema.name)), schema).is_ok()
        };
        tables.peek().is_some() && tables.all(fits)
    }

    fn is_unchanged(&self, name: &str, written: &Written) -> bool {
        written.sha256.as_ref().is_none_or(|sha256| digest(&self.folder.join(name)).as_ref() == Some(sha256))
    }

    /// Returns the files that earlier runs of the verb wrote and this run did not.
    fn stale(&self, record: &Record) -> Vec<String> {
        let written = self.written.borrow();
        let stale = record.files.iter().filter(|(name, entry)| {
            entry.verb == self.verb && !written.contains(*name) && self.is_unchanged(name, entry)
        });
        stale.map(|(name, _)| name.clone()).collect()
    }

    /// Returns files that might be taken for results of this run: those of other models, and files with the
    /// names of results that no list has.
    fn others(&self, record: &Record, of: &str) -> Vec<String> {
        let written = self.written.borrow();
        let known: BTreeSet<&str> = FILES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let listed = record.files.iter().filter(|(_, entry)| entry.of != of || entry.verb == self.verb);
        let unlisted = known.into_iter().filter(|name| !record.files.contains_key(*name));
        let names: BTreeSet<&str> = listed.map(|(name, _)| name.as_str()).chain(unlisted).collect();
        let left =
            names.into_iter().filter(|name| !written.contains(*name) && self.folder.join(name).exists());
        left.map(str::to_owned).collect()
    }

    /// Writes the record with these files in it.
    fn enter(
        &self,
        record: &mut Record,
        of: &str,
        names: &[String],
        sha256: impl Fn(&Path) -> Option<String>,
    ) -> Result<()> {
        record.lmc = env!("CARGO_PKG_VERSION").to_owned();
        for name in names {
            let sha256 = sha256(&self.folder.join(name));
            let written = Written { verb: self.verb.to_owned(), of: of.to_owned(), sha256 };
            record.files.insert(name.clone(), written);
        }
        let path = self.folder.join(RECORD);
        let json = serde_json::to_string_pretty(record).map_err(|error| LmcError::Io {
            action: "write",
            path: path.clone(),
            source: error.into(),
        })?;
        write_atomic(&path, format!("{json}\n").as_bytes())
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        if self.made {
            // Only an empty folder can be removed: one of a run that was refused or failed.
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

fn digest(path: &Path) -> Option<String> {
    std::fs::read(path).ok().map(|bytes| sha256(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc::polars::df;

    fn gaps() -> DataFrame {
        df!(
            "a" => ["s1"], "b" => ["s2"], "dataset" => ["id"], "barrier_height" => [0.0], "convexity_gap" => [0.0],
            "auc" => [0.0], "euclidean_distance" => [1.0]
        )
        .unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_rerun_replaces_its_own_files_and_removes_what_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let table = gaps();
        let tables: &[(&Schema, &DataFrame)] = &[(&table::GAPS, &table)];
        let sweep = |force| Results::open(folder.path(), "sweep", force);
        sweep(false).unwrap().write("one", tables, &[]).unwrap();
        // A kill after the first entry of the record: the file counts as lmc's, whatever it holds.
        let results = sweep(false).unwrap();
        let mut record = results.record().unwrap();
        results.enter(&mut record, "one", &["curves.png".to_owned()], |_| None).unwrap();
        std::fs::write(folder.path().join("curves.png"), b"half").unwrap();
        sweep(false).unwrap().write("two", tables, &[]).unwrap();
        assert_eq!(names(folder.path()), ["gaps.parquet", RECORD]);
        let record = sweep(false).unwrap().record().unwrap();
        assert_eq!((record.files.len(), record.files["gaps.parquet"].of.as_str()), (1, "two"));
        // A file that somebody changed belongs to them.
        std::fs::write(folder.path().join("gaps.parquet"), b"mine").unwrap();
        let error = sweep(false).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("gaps.parquet, changed since lmc wrote it"), "{error}");
        sweep(true).unwrap().write("two", tables, &[]).unwrap();
        assert!(sweep(false).is_ok());
    }

    #[test]
    fn files_of_others_are_kept_and_those_of_the_first_version_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("curves.png"), b"a photograph").unwrap();
        let open = || Results::open(folder.path(), "sweep", false).map(|_| ());
        assert!(open().unwrap_err().to_string().contains("curves.png (not written by lmc)"));
        table::write_parquet(&path("gaps.parquet"), &gaps(), &table::GAPS).unwrap();
        open().unwrap();
        // The first version drew no training curves.
        std::fs::write(path("training.png"), b"a photograph").unwrap();
        let error = Results::open(folder.path(), "figures", false).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("training.png (not written by lmc)"), "{error}");
        std::fs::remove_file(path("training.png")).unwrap();
        std::fs::write(path("gaps.parquet"), b"another table").unwrap();
        assert!(open().is_err());
        // Another verb does not write any of these.
        Results::open(folder.path(), "finetune", false).unwrap();
        std::fs::write(path(RECORD), b"[1]").unwrap();
        let error = Results::open(folder.path(), "finetune", false).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(RECORD) && error.contains("--force"), "{error}");
        Results::open(folder.path(), "finetune", true).unwrap();
        // A folder that stayed empty is removed again.
        drop(Results::open(&path("new"), "sweep", false).unwrap());
        assert!(!path("new").exists());
    }

    #[test]
    fn results_of_other_models_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let table = gaps();
        let tables: &[(&Schema, &DataFrame)] = &[(&table::GAPS, &table)];
        Results::open(folder.path(), "sweep", false).unwrap().write("one", tables, &[]).unwrap();
        std::fs::write(folder.path().join("notes.txt"), b"").unwrap();
        std::fs::write(folder.path().join("histogram.png"), b"").unwrap();
        let others = |of: &str| {
            let results = Results::open(folder.path(), "finetune", false).unwrap();
            results.others(&results.record().unwrap(), of)
        };
        assert_eq!(others("one"), ["histogram.png"]);
        assert_eq!(others("two"), ["gaps.parquet", "histogram.png"]);
    }
}
