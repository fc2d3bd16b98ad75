//! Studies as TOML: fields that are left out come from the task or the named recipe.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::document::Document;
use super::words::in_words;
use super::{GivenModels, StudySpec, paths};
use crate::data::changes::{Fault, changed};
use crate::data::fetch::model_words_in;
use crate::data::manifest::Generator;
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::spec::{Embedded, Encoder, Recipe, TaskSpec};

/// A study as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    task: Value,
    recipe: Option<Value>,
    master_seed: Option<u64>,
    seeds: Option<Vec<u64>>,
    data: Option<PathBuf>,
    unverified: Option<bool>,
    encoder: Option<PathBuf>,
    stack: Option<usize>,
    models: Option<Vec<PathBuf>>,
    labels: Option<Vec<String>>,
    tokenizer: Option<PathBuf>,
}

/// A study file with every field, in the order in which it is printed: tables come last.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<&'a [PathBuf]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    labels: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    tokenizer: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seeds: Option<&'a [u64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Path>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unverified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder: Option<&'a Path>,
    task: Table,
    recipe: &'a Recipe,
}

impl StudySpec {
    /// Reads the study in a TOML file; see [`StudySpec::from_toml`].
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] if it is not UTF-8; those of
    /// [`StudySpec::from_toml`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let study = Study::open(StudySpec::read("study.toml".as_ref())?)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
        let text = String::from_utf8(bytes).map_err(|_| LmcError::Format {
            path: path.to_owned(),
            line: None,
            problem: "the text is not in UTF-8".to_owned(),
            remedy: "save it in that encoding",
        })?;
        Self::from_toml(&text, path)
    }

    /// Reads the study in a TOML text. Errors name it `path`, and relative paths in it begin at that file's
    /// folder.
    ///
    /// `task` is a name of [`TaskSpec::names`], or a table with `name` or the `file` of a manifest
    /// ([`TaskSpec::open`]) and the fields that differ from that task; `recipe` works in the same way, from [`TaskSpec::recipe_named`], or has all fields
    /// under a name of its own. `models` are the words for models from elsewhere in place of `seeds`, with their
    /// `labels` and `tokenizer` ([`GivenModels`]). The default recipe is the paper's for the task. `seeds`, `stack`, `data`,
    /// `unverified` and `encoder` are the fields of [`StudySpec`]; a `~` at the beginning of a path is the
    /// home folder, and the default encoder is that of the recipe. `master_seed` is for `mini-nli` alone: it
    /// draws data and seeds.
    ///
    /// # Errors
    /// [`LmcError::Format`] with file and line for invalid TOML, for an unknown, missing or mistyped key, for
    /// an unknown name of a task or recipe, and for a value in the text that [`StudySpec::check`] refuses.
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
        let document = Document::parse(text, path)?;
        let read: Read = document.read()?;
        let task = task(&document, &read.task)?;
        let mut spec = match (task.spec.generator(), read.master_seed) {
            (Some(Generator::MiniNli), master) => {
                let seeded = Self::named("mini-nli", master.unwrap_or(0))
                    .map_err(|error| document.wrong("master_seed", error.to_string()))?;
                let Self { recipe, encoder, .. } = Self::of(task.spec.clone());
                Self { recipe, encoder, ..seeded }
            }
            (None, None) => Self::of(task.spec.clone()),
            (None, Some(_)) => {
                let problem = "`master_seed` is for the task mini-nli; give `seeds`".to_owned();
                return Err(document.wrong("master_seed", problem));
            }
        };
        // A data seed that is written down comes before the one that the master seed draws.
        spec.task = task.spec.with_data_seed(task.data_seed.unwrap_or(spec.task.data_seed()));
        if let Some(written) = &read.recipe {
            spec.recipe = recipe(&document, written, &spec.task)?;
            spec.encoder = spec.task.encoder(&spec.recipe);
        }
        if let Some(models) = &read.models {
            spec.seeds = Vec::new();
            spec.models = Some(models_from(&document, models, &read)?);
        } else if read.labels.is_some() || read.tokenizer.is_some() {
            let key = if read.labels.is_some() { "labels" } else { "tokenizer" };
            return Err(
                document.wrong(key, format!("`{key}` is for `models` from elsewhere; there are none"))
            );
        }
        spec.seeds = read.seeds.clone().unwrap_or(spec.seeds);
        spec.stack = read.stack.unwrap_or(spec.stack);
        if let Some(data) = &read.data {
            spec.data = Some(paths::folder(&document, "data", data)?);
        }
        spec.unverified = read.unverified.unwrap_or(spec.unverified);
        if let Some(encoder) = &read.encoder {
            spec.encoder = paths::encoder(&document, "encoder", encoder)?;
        }
        spec.validate().map_err(|error| at_its_line(&document, error))?;
        Ok(spec)
    }

    /// Returns the study as TOML with every field, which [`StudySpec::from_toml`] reads again.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a number that TOML has no place for, and for a task whose manifest
    /// neither comes with the crate nor was opened from a file: nobody could find it by its name.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let text = StudySpec::mini_nli(0).to_toml()?;
    /// assert_eq!(StudySpec::from_toml(&text, "study.toml".as_ref())?, StudySpec::mini_nli(0));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn to_toml(&self) -> Result<String> {
        let unwritable = |error: toml::ser::Error| {
            LmcError::invalid("spec", error, "numbers below 2^63 and paths in UTF-8")
        };
        let name = self.task.name();
        let file = self.task.file();
        if file.is_none()
            && !TaskSpec::named(name).is_ok_and(|known| known.manifest() == self.task.manifest())
        {
            let known = TaskSpec::names().join(", ");
            let expected = format!("a task that comes with the crate ({known}), or TaskSpec::open");
            return Err(LmcError::invalid("task", name, expected));
        }
        let mut task = Table::try_from(self.task.clone().with_data_seed(0)).map_err(unwritable)?;
        // Seeds are hashes of 64 bits, TOML's integers have a sign.
        let seed = self.task.data_seed();
        let seed = i64::try_from(seed).map_or_else(|_| Value::String(seed.to_string()), Value::Integer);
        task.insert("data_seed".to_owned(), seed);
        if let Some(file) = file {
            task.remove("name");
            task.remove("manifest");
            task.insert("file".to_owned(), Value::try_from(file).map_err(unwritable)?);
        }
        let Self { recipe, seeds, data, unverified, encoder, stack, models: given, .. } = self;
        // The embedded BERT is left out where it is the encoder of the recipe.
        let bert = Encoder::from(Embedded::Bert);
        let is_default = *encoder == bert && self.task.encoder(recipe) == bert;
        let encoder = (!is_default && given.is_none()).then(|| encoder.as_path());
        // Paths in a file begin at its folder, which is not known here.
        let given = given.as_ref().map(GivenModels::absolute).transpose()?;
        let written = Written {
            models: given.as_ref().map(|given| given.models.as_slice()),
            labels: given.as_ref().map_or(&[], |given| &given.labels),
            tokenizer: given.as_ref().and_then(|given| given.tokenizer.as_deref()),
            seeds: given.is_none().then_some(seeds),
            stack: given.is_none().then_some(*stack),
            data: data.as_deref(),
            unverified: *unverified,
            encoder,
            task,
            recipe,
        };
        toml::to_string(&written).map_err(unwritable)
    }
}

/// Returns the models from elsewhere that a file names.
fn models_from(document: &Document<'_>, words: &[PathBuf], read: &Read) -> Result<GivenModels> {
    let base = document.path().parent().unwrap_or(Path::new(""));
    // A path that is only there from the working folder is another model's.
    let below = |model: PathBuf| {
        let is_elsewhere = model.is_relative() && model.is_dir() && !model.starts_with(base);
        if is_elsewhere { base.join(model) } else { model }
    };
    let given = model_words_in(base, words)
        .and_then(|models| GivenModels::new(&models.into_iter().map(below).collect::<Vec<_>>()));
    let given = given.map_err(|error| document.wrong("models", error.to_string()))?;
    let tokenizer = read.tokenizer.as_ref().map(|word| paths::folder(document, "tokenizer", word));
    // A name is no folder beside the file.
    let tokenizer = tokenizer.transpose()?.map(|path| match (path.is_dir(), &read.tokenizer) {
        (false, Some(name)) => name.clone(),
        _ => path,
    });
    Ok(GivenModels { labels: read.labels.clone().unwrap_or_default(), tokenizer, ..given })
}

/// Returns the error for a change of a table, with the line of the key.
fn wrong(fault: Fault, document: &Document<'_>, table: &str) -> LmcError {
    let key = if fault.key.is_empty() { table.to_owned() } else { format!("{table}.{}", fault.key) };
    document.wrong(&key, in_words(&fault.problem, Some(&key), fault.date.as_deref()))
}

/// A task in a file, and the data seed if the file has that too.
struct Task {
    spec: TaskSpec,
    data_seed: Option<u64>,
}

fn task(document: &Document<'_>, written: &Value) -> Result<Task> {
    let (known, mut changes) = match written.get("file") {
        Some(file) => in_file(document, file, written)?,
        None => {
            let (name, changes) = named(document, "task", written)?;
            let known = TaskSpec::named(&name);
            (known.map_err(|error| document.wrong("task.name", error.to_string()))?, changes)
        }
    };
    let data_seed = changes.remove("data_seed").map(|seed| unsigned(&seed)).transpose();
    let data_seed = data_seed.map_err(|problem| document.wrong("task.data_seed", problem))?;
    let mut fields = Table::try_from(known.draw()).unwrap_or_default();
    fields.remove("manifest");
    if let Some(unknown) = changes.keys().find(|key| !fields.contains_key(*key)) {
        let known: Vec<&str> = fields.keys().map(String::as_str).collect();
        let problem = format!("unknown key `{unknown}`, known: {}", known.join(", "));
        return Err(document.wrong(&format!("task.{unknown}"), problem));
    }
    let draw = changed(known.draw(), &changes).map_err(|fault| wrong(fault, document, "task"))?;
    Ok(Task { spec: known.with_draw(draw), data_seed })
}

/// Returns the task of a manifest that the table of a task names, and the fields beside its path.
fn in_file(document: &Document<'_>, file: &Value, written: &Value) -> Result<(TaskSpec, Table)> {
    let Value::String(file) = file else {
        let problem = format!("`task.file`: got {} `{file}`, expected a path in quotes", file.type_str());
        return Err(document.wrong("task.file", problem));
    };
    let mut changes = written.as_table().cloned().unwrap_or_default();
    changes.remove("file");
    if changes.contains_key("name") {
        return Err(
            document.wrong("task.name", "`task.name`: got a name beside `file`, expected one".to_owned())
        );
    }
    let path = paths::folder(document, "task.file", Path::new(file))?;
    Ok((TaskSpec::open(path)?, changes))
}

fn recipe(document: &Document<'_>, written: &Value, task: &TaskSpec) -> Result<Recipe> {
    let (name, changes) = named(document, "recipe", written)?;
    match task.recipe_named(&name) {
        Ok(known) => changed(&known, &changes).map_err(|fault| wrong(fault, document, "recipe")),
        Err(unknown) if changes.is_empty() => Err(document.wrong("recipe.name", unknown.to_string())),
        // A recipe under a new name has all its fields.
        Err(unknown) => changes.clone().try_into().map_err(|error: toml::de::Error| {
            let told = changed(&Recipe::mini(), &changes).err();
            let fault = told.unwrap_or_else(|| {
                let problem = format!("{}; {unknown}, and a new one has all keys", error.message());
                Fault { key: String::new(), problem, date: None }
            });
            wrong(fault, document, "recipe")
        }),
    }
}

/// Returns an error of the study, with file and line if the file has the field at fault.
fn at_its_line(document: &Document<'_>, error: LmcError) -> LmcError {
    let LmcError::InvalidParameter { field, .. } = &error else { return error };
    let key = [(*field).to_owned(), format!("task.{field}")].into_iter().find(|key| document.has(key));
    // A field that is the recipe's own may not fit the fields written beside it.
    let key = key.or_else(|| field.starts_with("recipe.").then(|| "recipe".to_owned()));
    match key.filter(|key| document.has(key)) {
        Some(key) => document.wrong(&key, error.to_string()),
        None => error,
    }
}

/// Returns the name that is written under a key, and the fields beside it.
fn named(document: &Document<'_>, key: &str, written: &Value) -> Result<(String, Table)> {
    let wrong = |key: &str, value: &Value, expected: &str| {
        Err(document.wrong(key, format!("`{key}`: got {} `{value}`, expected {expected}", value.type_str())))
    };
    match written {
        Value::String(name) => Ok((name.clone(), Table::new())),
        Value::Table(table) => match table.get("name") {
            Some(Value::String(name)) => Ok((name.clone(), table.clone())),
            Some(other) => wrong(&format!("{key}.name"), other, "a name in quotes"),
            None => {
                let problem = match key {
                    "task" => "missing key `name` or `file`, which says what the other keys differ from",
                    _ => "missing key `name`, which says what the other keys differ from",
                };
                Err(document.wrong(key, format!("`{key}`: {problem}")))
            }
        },
        other => wrong(key, other, "a name in quotes or a table"),
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
mod tests;
