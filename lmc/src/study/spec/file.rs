//! Studies as TOML: what is left out is as the task or the named recipe has it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Spanned, Table, Value};

use super::StudySpec;
use crate::error::{LmcError, Result};
use crate::spec::{Recipe, TaskSpec};

/// A study as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    task: Spanned<Value>,
    recipe: Option<Spanned<Value>>,
    master_seed: Option<Spanned<u64>>,
    seeds: Option<Vec<u64>>,
    data: Option<PathBuf>,
    encoder: Option<PathBuf>,
    stack: Option<usize>,
}

/// The same with every field, in the order in which it is printed: tables come last.
#[derive(Serialize)]
struct Written<'a> {
    seeds: &'a [u64],
    stack: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder: Option<&'a Path>,
    task: Table,
    recipe: &'a Recipe,
}

impl StudySpec {
    /// The study in a TOML file; see [`StudySpec::from_toml`].
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be read; those of [`StudySpec::from_toml`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(LmcError::io("read", path))?;
        Self::from_toml(&text, path)
    }

    /// The study in a TOML text; `path` is what errors call it.
    ///
    /// `task` is a name of [`TaskSpec::NAMES`] or a table with `name` and what differs from the task of that name; `recipe` likewise,
    /// from [`Recipe::named`], or with all fields under a name of its own; without it, it is the paper's for the task. `seeds`, `stack`, `data` and
    /// `encoder` are the fields of [`StudySpec`]. `master_seed` is for `mini-nli` alone: it draws data and seeds.
    ///
    /// # Errors
    /// [`LmcError::Format`] with file and line for what is no TOML, and for an unknown, missing or mistyped key;
    /// [`LmcError::UnknownName`] for a task or recipe; those of [`StudySpec::check`].
    ///
    /// # Examples
    /// ```
    /// use lmc::study::StudySpec;
    /// let text = r#"
    /// encoder = "bert-base-uncased"
    /// seeds = [0, 1, 2, 3]
    /// task = { name = "cola", n_train = 2000 }
    /// recipe = { name = "hf-cola", length = "3ep" }
    /// "#;
    /// let spec = StudySpec::from_toml(text, "study.toml".as_ref())?;
    /// assert_eq!((spec.recipe.length.to_string().as_str(), spec.recipe.batch_size), ("3ep", 32));
    /// assert_eq!(StudySpec::from_toml(&spec.to_toml()?, "again.toml".as_ref())?, spec);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn from_toml(text: &str, path: &Path) -> Result<Self> {
        let format = |span: Option<Range<usize>>, problem: String| LmcError::Format {
            path: path.to_owned(),
            line: span.and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1),
            problem: in_words(&problem),
            remedy: "`lmc spec TASK` prints a study with all its keys",
        };
        let read: Read =
            toml::from_str(text).map_err(|error| format(error.span(), error.message().to_owned()))?;
        let at = |value: &Spanned<Value>, problem: String| format(Some(value.span()), problem);
        let (name, mut changes) = named(&read.task).map_err(|problem| at(&read.task, problem))?;
        let data_seed = changes.remove("data_seed").map(|seed| unsigned(&seed)).transpose();
        let data_seed = data_seed.map_err(|problem| at(&read.task, problem))?;
        let task: TaskSpec =
            changed(&TaskSpec::named(&name)?, changes, true).map_err(|problem| at(&read.task, problem))?;
        let mut spec = match (&task, &read.master_seed) {
            (TaskSpec::MiniNli { .. }, master) => {
                let named = Self::named("mini-nli", master.as_ref().map_or(0, |m| *m.get_ref()));
                named.map_err(|error| format(master.as_ref().map(Spanned::span), error.to_string()))?
            }
            (_, None) => Self::corpus(task.clone(), "bert-base-uncased"),
            (_, Some(master)) => {
                let problem = "`master_seed` is for the task mini-nli; give `seeds`".to_owned();
                return Err(format(Some(master.span()), problem));
            }
        };
        // A data seed that is written down comes before the one that the master seed draws.
        spec.task = task.with_data_seed(data_seed.unwrap_or(spec.task.data_seed()));
        if let Some(recipe) = &read.recipe {
            let (name, changes) = named(recipe).map_err(|problem| at(recipe, problem))?;
            spec.recipe = match Recipe::named(&name) {
                Ok(known) => changed(&known, changes, false),
                Err(error) if changes.is_empty() => return Err(error),
                // A recipe of one's own has all its fields.
                Err(_) => changes.try_into().map_err(|error: toml::de::Error| error.message().to_owned()),
            }
            .map_err(|problem| at(recipe, problem))?;
        }
        spec.seeds = read.seeds.unwrap_or(spec.seeds);
        spec.stack = read.stack.unwrap_or(spec.stack);
        spec.data = read.data.or(spec.data);
        spec.encoder = read.encoder.or(spec.encoder);
        spec.check()?;
        Ok(spec)
    }

    /// The study as TOML with every field, which [`StudySpec::from_toml`] reads again.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a number that TOML has no place for.
    pub fn to_toml(&self) -> Result<String> {
        let unwritable = |error: toml::ser::Error| {
            LmcError::invalid("spec", error, "numbers below 2^63 and paths in UTF-8")
        };
        let mut task = Table::try_from(self.task.clone().with_data_seed(0)).map_err(unwritable)?;
        // Seeds are hashes of 64 bits, TOML's integers have a sign.
        let seed = self.task.data_seed();
        let seed = i64::try_from(seed).map_or_else(|_| Value::String(seed.to_string()), Value::Integer);
        task.insert("data_seed".to_owned(), seed);
        let Self { recipe, seeds, data, encoder, stack, .. } = self;
        let (data, encoder) = (data.as_deref(), encoder.as_deref());
        toml::to_string(&Written { seeds, stack: *stack, data, encoder, task, recipe }).map_err(unwritable)
    }
}

/// A problem without the names that types have in Rust.
fn in_words(problem: &str) -> String {
    let whole = ["usize", "u32", "u64"].map(|name| (format!("expected {name}"), "expected a whole number"));
    let real = [("expected f64".to_owned(), "expected a number")];
    let words = |text: String, (name, words): (String, &str)| text.replace(&name, words);
    whole.into_iter().chain(real).fold(problem.to_owned(), words)
}

/// The name that is written, and what is written beside it.
fn named(written: &Spanned<Value>) -> std::result::Result<(String, Table), String> {
    match written.get_ref() {
        Value::String(name) => Ok((name.clone(), Table::new())),
        Value::Table(table) => match table.get("name").and_then(Value::as_str) {
            Some(name) => Ok((name.to_owned(), table.clone())),
            None => Err("missing key `name`, which says what the other keys differ from".to_owned()),
        },
        other => Err(format!("expected a name or a table, not {}", other.type_str())),
    }
}

/// A value with other fields; `strict` allows only such as it has already.
fn changed<T: Serialize + DeserializeOwned>(
    value: &T,
    changes: Table,
    strict: bool,
) -> std::result::Result<T, String> {
    let mut fields = Table::try_from(value).map_err(|error| error.to_string())?;
    if let Some(unknown) = changes.keys().find(|key| strict && !fields.contains_key(*key)) {
        let known: Vec<&str> = fields.keys().map(String::as_str).collect();
        return Err(format!("unknown key `{unknown}`, known: {}", known.join(", ")));
    }
    merge(&mut fields, changes);
    fields.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// Writes fields over others, tables field by field.
fn merge(fields: &mut Table, changes: Table) {
    for (key, change) in changes {
        match (fields.get_mut(&key), change) {
            (Some(Value::Table(field)), Value::Table(change)) => merge(field, change),
            (_, change) => {
                fields.insert(key, change);
            }
        }
    }
}

fn unsigned(value: &Value) -> std::result::Result<u64, String> {
    let number = match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        format!("`data_seed` is {value}, expected a whole number from 0, in quotes if above 2^63")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<StudySpec> {
        StudySpec::from_toml(text, Path::new("study.toml"))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let with_seed = TaskSpec::mini_nli(u64::MAX);
        let specs = [
            StudySpec::mini_nli(0),
            StudySpec::mini_nli(3).with_recipe(Recipe::lp_ft()),
            StudySpec { task: with_seed, ..StudySpec::mini_nli(1) },
            StudySpec::corpus(TaskSpec::qqp().with_n_train(9), "roberta-base").with_data("some where"),
        ];
        for spec in specs {
            let text = spec.to_toml().unwrap();
            assert_eq!(read(&text).unwrap(), spec, "{text}");
        }
    }

    #[test]
    fn what_is_left_out_is_the_default() {
        assert_eq!(read("task = 'mini-nli'").unwrap(), StudySpec::mini_nli(0));
        assert_eq!(read("task = 'mini-nli'\nmaster_seed = 2").unwrap(), StudySpec::mini_nli(2));
        assert_eq!(read("task = 'cola'").unwrap(), StudySpec::corpus(TaskSpec::cola(), "bert-base-uncased"));
        let spec = read("task = 'mini-nli'\n[recipe]\nname = 'google'\nadam = { eps = 0.5 }").unwrap();
        let google = Recipe::google();
        assert_eq!(spec.recipe, Recipe { adam: crate::spec::Adam { eps: 0.5, ..google.adam }, ..google });
        let spec = read("task = { name = 'mini-nli', n_train = 640 }\nseeds = [5]").unwrap();
        assert_eq!((spec.task, spec.seeds), (StudySpec::mini_nli(0).task.with_n_train(640), vec![5]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("task = 'cola'\nsed = 1", "study.toml:2: unknown field `sed`"),
            ("task = 'cola'\nmaster_seed = 1", "study.toml:2: `master_seed` is for the task mini-nli"),
            ("seeds = [1]\ntask = 7", "study.toml:2: expected a name or a table, not integer"),
            ("\ntask = { n_train = 7 }", "study.toml:2: missing key `name`"),
            ("task = { name = 'cola', n = 7 }", "unknown key `n`, known: data_seed, n_train, name"),
            (
                "task = { name = 'cola', n_train = 'x' }",
                "invalid type: string \"x\", expected a whole number;",
            ),
            ("task = { name = 'cola', data_seed = -1 }", "`data_seed` is -1"),
            ("task = 'snli'", "unknown task `snli`"),
            ("task = 'cola'\nrecipe = 'sgd'", "unknown recipe `sgd`; known: mini"),
            ("task = 'cola'\n[recipe]\nname = 'sgd'\nwarmup = 0.5", "study.toml:2: missing field"),
            ("task = 'cola'\n[recipe]\nname = 'google'\nrate = 0.5", "unknown field `rate`"),
            ("task = 'cola'\nrecipe = { name = 'google', length = '3' }", "3ep"),
            ("task = 'cola'\nseeds = [1, 1]", "`seeds`: got 1 twice"),
            ("seeds = [1]", "missing field `task`"),
            (
                "task = 'mini-nli'\nmaster_seed = 9223372036854775807",
                "study.toml:2: `master_seed`: got 9223372036854775807",
            ),
            (
                "task = { name = 'mini-nli', n_train = 9223372036854775807 }",
                "`n_train`: got 9223372036854775807",
            ),
            (
                "task = 'cola'\nrecipe = { name = 'google', length = '99999999999ep' }",
                "expected at most 4294967295",
            ),
            (
                "task = 'cola'\nrecipe = { name = 'google', learning_rate = 1e400 }",
                "study.toml:2: floating-point number overflowed",
            ),
            ("task = 'cola'\nrecipe = { name = 'google', learning_rate = nan }", "learning_rate"),
            ("task", "study.toml:1: "),
        ];
        for (text, expected) in cases {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
