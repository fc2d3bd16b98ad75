//! The labels of a task: their order, and what cannot be a set of labels.

use std::collections::BTreeMap;
use std::path::Path;

use super::survey::{Count, Survey};
use lmc_base::error::{LmcError, Result};

/// The most labels of a task.
pub(super) const MOST: usize = 1000;
/// The number of labels from which a label for almost every example is a text.
const MANY: usize = 10;
/// The spellings of a label that is not there. `none` and `NA` are not among them: they are labels too.
const MISSING: [&str; 9] = ["", "nan", "NaN", "NAN", "null", "NULL", "Null", "<NA>", "#N/A"];

/// The remedy for labels that are numbers on a scale.
const REGRESSION: &str =
    "lmc studies classifiers: make a few classes of the numbers, such as pandas.cut, and give that column";
/// The remedy for a column with texts.
const FREE_TEXT: &str = "give the column of the label with --label";
/// The remedy for labels that are not spelt in one way.
const SPELL: &str = "spell the labels in one way in all files";

/// Returns whether a label says that there is none.
pub(super) fn is_missing(label: &str) -> bool {
    MISSING.contains(&label)
}

/// Returns the number that a label is.
fn number(label: &str) -> Option<f64> {
    label.parse().ok().filter(|number: &f64| number.is_finite())
}

fn are_numbers<'a>(mut labels: impl Iterator<Item = &'a String>) -> bool {
    labels.all(|label| is_missing(label) || number(label).is_some())
}

/// Checks that there are not too many labels after some rows.
pub(super) fn check_number(
    path: &Path,
    column: &str,
    labels: &BTreeMap<String, Count>,
    n_rows: usize,
) -> Result<()> {
    if labels.len() <= MOST + 1 {
        return Ok(());
    }
    let (like, remedy) = match are_numbers(labels.keys()) {
        true => ("this looks like regression", REGRESSION),
        false => ("this looks like free text", FREE_TEXT),
    };
    let problem = format!(
        "column `{column}` has more than {MOST} labels in {n_rows} rows, the most there may be: {like}"
    );
    Err(LmcError::Format { path: path.to_owned(), line: None, problem, remedy })
}

/// The labels of a task.
#[derive(Debug)]
pub(super) struct Labels {
    /// Their names in order.
    pub names: Vec<String>,
    /// The spelling of a label that is not there, if there are such rows.
    pub missing: Option<String>,
    /// Notes on them.
    pub notes: Vec<String>,
}

impl Labels {
    /// Returns the labels of the training set, the first survey; the others must have no other ones.
    pub fn of(surveys: &[&Survey], column: &str) -> Result<Self> {
        let Some((train, others)) = surveys.split_first() else {
            return Err(LmcError::invalid("train", "no file", "a file of examples"));
        };
        let missing = missing(surveys, column)?;
        let mut names: Vec<String> =
            train.labels.keys().filter(|label| !is_missing(label)).cloned().collect();
        let n: usize =
            train.labels.iter().filter(|(label, _)| !is_missing(label)).map(|(_, count)| count.n).sum();
        check(train, column, &names, n)?;
        order(&mut names);
        for other in others {
            let unknown = other.labels.iter().find(|(label, _)| !is_missing(label) && !names.contains(label));
            if let Some((label, count)) = unknown {
                let known = shown(&names);
                let problem = format!(
                    "label `{label}` ({} rows) is not in the training set, which has {known}",
                    count.n
                );
                return Err(other.wrong(Some(count.line), problem, SPELL));
            }
        }
        let mut notes = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let like = names[..place].iter().find(|other| other.to_lowercase() == name.to_lowercase());
            if let Some(other) = like {
                notes.push(format!("labels `{other}` and `{name}` differ only in case: they are two labels"));
            }
        }
        Ok(Self { names, missing, notes })
    }
}

/// Returns the one spelling of labels that are missing.
fn missing(surveys: &[&Survey], column: &str) -> Result<Option<String>> {
    let mut found: Vec<(&str, &Survey, usize)> = Vec::new();
    for survey in surveys {
        for (label, count) in survey.labels.iter().filter(|(label, _)| is_missing(label)) {
            if !found.iter().any(|(other, ..)| other == label) {
                found.push((label, survey, count.line));
            }
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [(one, ..)] => Ok(Some((*one).to_owned())),
        [(one, ..), (other, survey, line), ..] => {
            let problem = format!("column `{column}` spells a missing label as `{one}` and as `{other}`");
            Err(survey.wrong(Some(*line), problem, SPELL))
        }
    }
}

/// Checks that the labels of a training set are those of classes.
fn check(train: &Survey, column: &str, names: &[String], n_examples: usize) -> Result<()> {
    match names {
        [] => {
            let problem = format!("no row has a label in column `{column}`");
            return Err(train.wrong(None, problem, FREE_TEXT));
        }
        [one] => {
            let problem = format!("all {n_examples} rows have the label `{one}`, a classifier needs two");
            return Err(train.wrong(None, problem, FREE_TEXT));
        }
        _ => {}
    }
    let fraction = names.iter().find(|name| number(name).is_some_and(|number| number.fract() != 0.0));
    if let Some(fraction) = fraction.filter(|_| are_numbers(names.iter())) {
        let line = train.labels.get(fraction).map(|count| count.line);
        let problem = format!("column `{column}` has real numbers such as {fraction}: this is regression");
        return Err(train.wrong(line, problem, REGRESSION));
    }
    if names.len() > MANY && 2 * names.len() > n_examples {
        let problem = format!(
            "column `{column}` has {} labels in {n_examples} rows: this looks like free text",
            names.len()
        );
        return Err(train.wrong(None, problem, FREE_TEXT));
    }
    Ok(())
}

/// Sorts labels: numbers by size, false before true, others by their letters.
fn order(names: &mut [String]) {
    if names.iter().all(|name| number(name).is_some()) {
        names.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)).then(a.cmp(b)));
    } else {
        names.sort();
    }
}

/// Returns labels in few words.
fn shown(names: &[String]) -> String {
    let few = names.iter().take(10).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 10 { format!("{few}, … ({})", names.len()) } else { few }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_by_size_and_names_by_letters() {
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            order(&mut names);
            names
        };
        assert_eq!(sorted(&["10", "2", "-1"]), ["-1", "2", "10"]);
        assert_eq!(sorted(&["true", "false"]), ["false", "true"]);
        assert_eq!(sorted(&["b", "10", "a"]), ["10", "a", "b"]);
    }

    #[test]
    fn what_is_missing_is_not_what_is_called_none() {
        assert!(is_missing("") && is_missing("NaN") && !is_missing("NONE") && !is_missing("NA"));
    }
}
