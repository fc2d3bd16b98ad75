//! Scores of models that others evaluated, in the files that people have: JSON of several forms, tables as
//! text, Parquet.

mod cell;
mod check;
mod delimited;
mod json;
mod parquet;
mod records;
mod samples;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, df};

use crate::analyses::published::read_accuracies;
use crate::analyses::replay::number::{METRICS, metric};
use crate::data::parquet::is_parquet;
use crate::data::text::decoded;
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::study::Metric;
use cell::Cell;
pub use check::check_scores;
pub use samples::read_samples;

/// The beginning of the published table of the Feather-BERTs.
const ACCURACIES: &str = "Run,MNLI dev acc.,";

/// The facts that score files do not state themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreOptions {
    /// The set that scores are on, if a file does not name it.
    pub dataset: String,
    /// The metric of a number that has no name.
    pub metric: Metric,
    /// The models, if they are known: a file with the scores of one model is that of the model with which its
    /// name ends.
    pub models: Vec<String>,
}

impl ScoreOptions {
    /// Makes options for accuracies on that set, of models that are not known.
    pub fn new(dataset: &str) -> Self {
        Self { dataset: dataset.to_owned(), metric: Metric::Accuracy, models: Vec::new() }
    }
}

impl Options for ScoreOptions {
    fn validate(&self) -> Result<()> {
        match self.dataset.trim().is_empty() {
            true => Err(LmcError::invalid("dataset", "an empty name", "the name of the set of the scores")),
            false => Ok(()),
        }
    }
}

/// The scores of models.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// One row per model and set: the schema [`EVALUATIONS`](crate::table::EVALUATIONS). Missing values are
    /// empty.
    pub table: DataFrame,
    /// Notes on columns and files that were passed over or interpreted: one sentence each.
    pub notes: Vec<String>,
}

/// Reads the scores of models on one set from a file, as [`read_score_files`] does.
///
/// # Errors
/// The errors of [`read_score_files`].
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// // Columns "model" and "accuracy".
/// let scores = analyses::replay::read_scores("hans.csv".as_ref(), "lo")?;
/// println!("{scores}");
/// # Ok::<(), LmcError>(())
/// ```
pub fn read_scores(path: &Path, dataset: &str) -> Result<DataFrame> {
    Ok(read_score_files(&[path], &ScoreOptions::new(dataset))?.table)
}

/// Reads the scores of models from files, or from all files of folders, together.
///
/// | file | form |
/// |---|---|
/// | JSON | `{"7": {"accuracy": 0.41}}`, `{"7": 0.41}`, `{"accuracy": {"7": 0.41}}`, `{"model": ["7"], "accuracy": [0.41]}`, `{"7": {"lo": {"accuracy": 0.41}}}`, a list of records `[{"model": "7", "accuracy": 0.41}]`, or one record a line |
/// | JSON of one model | `{"eval_accuracy": 0.41}`, or the predictions that [`read_samples`] reads; the name of the file ends with that of the model |
/// | text | a table with a header, values separated by commas, semicolons, tabs or blanks; or two columns without one |
/// | text | the published accuracies of the Feather-BERTs, which [`read_accuracies`] reads |
/// | Parquet | a table of evaluations, or columns of other programs, of any type that says numbers |
///
/// Metrics are `loss`, `accuracy`, `f1`, `mcc` and `ece` under these names and common other ones (`acc`,
/// `eval_accuracy`, `matthews_correlation`), with `n_examples` beside them if that is known; columns for
/// `model` (`name`, `run`, `checkpoint`, `seed`) and `dataset` are recognised by their names; others are
/// passed over with a note. A percentage has its sign: `41%`. DIFFERENCE: the public code of the paper does
/// not use files like these; it computes scores from predictions every time.
///
/// # Errors
/// [`LmcError::Io`] if a file cannot be read; [`LmcError::Format`] (with the line, if there are lines) if it
/// has another form, no models, no metric, a model twice, or a value that a metric cannot have.
///
/// # Examples
/// ```
/// use lmc::analyses::replay::{ScoreOptions, read_score_files};
/// let path = std::env::temp_dir().join(format!("scores-{}.csv", std::process::id()));
/// std::fs::write(&path, "model,acc\n7,41%\n22,38%\n").unwrap();
/// let scores = read_score_files(&[&path], &ScoreOptions::new("lo"))?;
/// assert_eq!(scores.table.column("accuracy")?.f64()?.get(1), Some(0.38));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn read_score_files(paths: &[impl AsRef<Path>], options: &ScoreOptions) -> Result<Scores> {
    let options = &options.check()?;
    let mut all = Collected::default();
    for path in files(paths)? {
        if is_parquet(&path) || path.extension().is_some_and(|extension| extension == "parquet") {
            match parquet::read(&path)? {
                parquet::Read::Own(table) => all.tables.push(table),
                parquet::Read::Records(records) => all.take(&path, records, options)?,
            }
            continue;
        }
        let bytes = crate::data::text::read(&path)?;
        let text = decoded(&bytes);
        let text = std::str::from_utf8(&text).map_err(|_| wrong(&path, None, "not UTF-8".into()))?;
        let at = |(line, problem)| wrong(&path, Some(line), problem);
        if text.starts_with(ACCURACIES) {
            all.tables.push(read_accuracies(&path)?);
            continue;
        }
        if !text.trim_start().starts_with(['{', '[']) {
            all.take(&path, delimited::records(text).map_err(at)?, options)?;
            continue;
        }
        let trees = tree::trees(text).map_err(at)?;
        if trees.len() == 1 && trees[0].get("samples").is_some() && trees[0].get("label_dict").is_some() {
            let model = check::model_of(&path, &options.models);
            all.one(&path, &model, &options.dataset)?;
            all.tables.push(read_samples(&path, &model, &options.dataset)?);
            continue;
        }
        let records = json::of_json(&trees).map_err(|problem| wrong(&path, None, problem))?;
        all.take(&path, records, options)?;
    }
    all.scores()
}

/// Returns the files, and those in folders that are neither hidden nor folders, in the order of their names.
fn files(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if !path.is_dir() {
            files.push(path.to_owned());
            continue;
        }
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(LmcError::io("read folder", path))? {
            let file = entry.map_err(LmcError::io("read folder", path))?.path();
            let hidden = file.file_name().is_some_and(|name| {
                name.as_encoded_bytes().starts_with(b".") || name.as_encoded_bytes().starts_with(b"_")
            });
            if file.is_file() && !hidden {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            let none = std::io::Error::new(std::io::ErrorKind::NotFound, "it has no score files");
            return Err(LmcError::io("read folder", path)(none));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// One row of a file: a model and its values.
#[derive(Clone, Debug, PartialEq)]
struct Record {
    /// The line of the file, counted from 1, if the format has lines.
    at: Option<usize>,
    /// The model, if the form gives it without a column.
    model: Option<String>,
    /// The set, likewise.
    dataset: Option<String>,
    fields: Vec<(String, Cell)>,
}

impl Record {
    /// Returns the names of the fields.
    fn names(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().map(|(name, _)| name)
    }
}

/// A model's scores on a set.
struct Row {
    model: String,
    dataset: String,
    n_examples: Option<i64>,
    values: BTreeMap<&'static str, f64>,
}

#[derive(Default)]
struct Collected {
    rows: Vec<Row>,
    tables: Vec<DataFrame>,
    known: BTreeMap<(String, String), PathBuf>,
    notes: Vec<String>,
}

impl Collected {
    /// Takes the records of a file.
    fn take(&mut self, path: &Path, records: Vec<Record>, options: &ScoreOptions) -> Result<()> {
        let columns =
            records::Roles::of(&records, options.metric).map_err(|problem| wrong(path, None, problem))?;
        for record in &records {
            let wrong = |problem| wrong(path, record.at, problem);
            let model = match columns.model(record) {
                Some(model) => model,
                None if records.len() == 1 && columns.is_one_model() => {
                    check::model_of(path, &options.models)
                }
                None => return Err(wrong("a record without a model".to_owned())),
            };
            let dataset = columns.dataset(record).unwrap_or_else(|| options.dataset.clone());
            let (n_examples, values) = columns.values(record, &model).map_err(wrong)?;
            self.one(path, &model, &dataset)?;
            self.rows.push(Row { model, dataset, n_examples, values });
        }
        self.notes.extend(columns.notes().into_iter().map(|note| format!("{}: {note}", path.display())));
        Ok(())
    }

    /// Refuses a model that has scores on that set already.
    fn one(&mut self, path: &Path, model: &str, dataset: &str) -> Result<()> {
        match self.known.insert((model.to_owned(), dataset.to_owned()), path.to_owned()) {
            Some(before) if before == path => {
                Err(wrong(path, None, format!("model `{model}` is there twice on `{dataset}`")))
            }
            Some(before) => Err(wrong(
                path,
                None,
                format!("model `{model}` on `{dataset}` is in {} too", before.display()),
            )),
            None => Ok(()),
        }
    }

    fn scores(self) -> Result<Scores> {
        let rows = &self.rows;
        let column = |name: &'static str| -> Vec<Option<f64>> {
            rows.iter().map(|row| row.values.get(name).copied()).collect()
        };
        let mut table = df!(
            "model" => rows.iter().map(|row| row.model.clone()).collect::<Vec<_>>(),
            "dataset" => rows.iter().map(|row| row.dataset.clone()).collect::<Vec<_>>(),
            "n_examples" => rows.iter().map(|row| row.n_examples).collect::<Vec<_>>(),
            "loss" => column("loss"), "accuracy" => column("accuracy"), "f1" => column("f1"), "mcc" => column("mcc"),
            "ece" => column("ece"),
        )?;
        for more in &self.tables {
            table.vstack_mut(more)?;
        }
        Ok(Scores { table, notes: self.notes })
    }
}

fn wrong(path: &Path, line: Option<usize>, problem: String) -> LmcError {
    let remedy = "`lmc::analyses::replay::read_score_files` describes the forms of score files";
    LmcError::Format { path: path.to_owned(), line, problem, remedy }
}

#[cfg(test)]
mod tests;
