//! Studies as TOML: what is left out is as the task or the named recipe has it.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::document::Document;
use super::words::in_words;
use super::{StudySpec, paths};
use crate::error::{LmcError, Result};
use crate::spec::{Recipe, TaskSpec};

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
}

/// The same with every field, in the order in which it is printed: tables come last.
#[derive(Serialize)]
struct Written<'a> {
    seeds: &'a [u64],
    stack: usize,
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
    /// The study in a TOML file; see [`StudySpec::from_toml`].
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] if it is not UTF-8; those of [`StudySpec::from_toml`].
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

    /// The study in a TOML text; `path` is what errors call it, and relative paths in it begin at that file's folder.
    ///
    /// `task` is a name of [`TaskSpec::NAMES`] or a table with `name` and what differs from the task of that name; `recipe` likewise,
    /// from [`TaskSpec::recipe_named`], or with all fields under a name of its own; without it, it is the paper's for the task.
    /// `seeds`, `stack`, `data`, `unverified` and `encoder` are the fields of [`StudySpec`]; a `~` at the beginning of a path is
    /// the home folder, and without `encoder` it is that of the recipe. `master_seed` is for `mini-nli` alone: it draws data and
    /// seeds.
    ///
    /// # Errors
    /// [`LmcError::Format`] with file and line for what is no TOML, for an unknown, missing or mistyped key, for the name of a task or
    /// recipe that is not known, and for a value that is there and that [`StudySpec::check`] refuses.
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
        let mut spec = match (&task.spec, read.master_seed) {
            (TaskSpec::MiniNli { .. }, master) => Self::named("mini-nli", master.unwrap_or(0))
                .map_err(|error| document.wrong("master_seed", error.to_string()))?,
            (other, None) => Self::corpus(other.clone(), "bert-base-uncased"),
            (_, Some(_)) => {
                let problem = "`master_seed` is for the task mini-nli; give `seeds`".to_owned();
                return Err(document.wrong("master_seed", problem));
            }
        };
        // A data seed that is written down comes before the one that the master seed draws.
        spec.task = task.spec.with_data_seed(task.data_seed.unwrap_or(spec.task.data_seed()));
        if let Some(written) = &read.recipe {
            spec.recipe = recipe(&document, written, &spec.task)?;
            spec.encoder = spec.task.encoder(&spec.recipe).map(PathBuf::from);
        }
        spec.seeds = read.seeds.unwrap_or(spec.seeds);
        spec.stack = read.stack.unwrap_or(spec.stack);
        if let Some(data) = &read.data {
            spec.data = Some(paths::folder(&document, "data", data)?);
        }
        spec.unverified = read.unverified.unwrap_or(spec.unverified);
        if let Some(encoder) = &read.encoder {
            spec.encoder = Some(paths::encoder(&document, "encoder", encoder)?);
        }
        spec.check().map_err(|error| at_its_line(&document, error))?;
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
        let Self { recipe, seeds, data, unverified, encoder, stack, .. } = self;
        let (data, encoder) = (data.as_deref(), encoder.as_deref());
        toml::to_string(&Written {
            seeds,
            stack: *stack,
            data,
            unverified: *unverified,
            encoder,
            task,
            recipe,
        })
        .map_err(unwritable)
    }
}

/// A task that is written, and the data seed where that is written too.
struct Task {
    spec: TaskSpec,
    data_seed: Option<u64>,
}

fn task(document: &Document<'_>, written: &Value) -> Result<Task> {
    let (name, mut changes) = named(document, "task", written)?;
    let known = TaskSpec::named(&name).map_err(|error| document.wrong("task.name", error.to_string()))?;
    let data_seed = changes.remove("data_seed").map(|seed| unsigned(&seed)).transpose();
    let data_seed = data_seed.map_err(|problem| document.wrong("task.data_seed", problem))?;
    let fields = Table::try_from(&known).unwrap_or_default();
    if let Some(unknown) = changes.keys().find(|key| !fields.contains_key(*key)) {
        let known: Vec<&str> = fields.keys().map(String::as_str).collect();
        let problem = format!("unknown key `{unknown}`, known: {}", known.join(", "));
        return Err(document.wrong(&format!("task.{unknown}"), problem));
    }
    let spec = changed(&known, &changes).map_err(|fault| fault.at(document, "task"))?;
    Ok(Task { spec, data_seed })
}

fn recipe(document: &Document<'_>, written: &Value, task: &TaskSpec) -> Result<Recipe> {
    let (name, changes) = named(document, "recipe", written)?;
    match task.recipe_named(&name) {
        Ok(known) => changed(&known, &changes).map_err(|fault| fault.at(document, "recipe")),
        Err(unknown) if changes.is_empty() => Err(document.wrong("recipe.name", unknown.to_string())),
        // A recipe of one's own has all its fields.
        Err(unknown) => changes.clone().try_into().map_err(|error: toml::de::Error| {
            let told = changed(&Recipe::mini(), &changes).err();
            let fault = told.unwrap_or_else(|| {
                let problem = format!("{}; {unknown}, and a new one has all keys", error.message());
                Fault { key: String::new(), problem, date: None }
            });
            fault.at(document, "recipe")
        }),
    }
}

/// An error of the study, with file and line where its field is written there.
fn at_its_line(document: &Document<'_>, error: LmcError) -> LmcError {
    let LmcError::InvalidParameter { field, .. } = &error else { return error };
    let key = [(*field).to_owned(), format!("task.{field}")].into_iter().find(|key| document.has(key));
    // A field that is the recipe's own may not fit what is written beside it.
    let key = key.or_else(|| field.starts_with("recipe.").then(|| "recipe".to_owned()));
    match key.filter(|key| document.has(key)) {
        Some(key) => document.wrong(&key, error.to_string()),
        None => error,
    }
}

/// The name that is written under a key, and what is written beside it.
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
                let problem = "missing key `name`, which says what the other keys differ from";
                Err(document.wrong(key, format!("`{key}`: {problem}")))
            }
        },
        other => wrong(key, other, "a name in quotes or a table"),
    }
}

/// What is wrong with one of several changes.
struct Fault {
    /// The key inside the table, empty if it is not one alone.
    key: String,
    problem: String,
    /// The value, if it is a date.
    date: Option<String>,
}

impl Fault {
    fn at(self, document: &Document<'_>, table: &str) -> LmcError {
        let key = if self.key.is_empty() { table.to_owned() } else { format!("{table}.{}", self.key) };
        document.wrong(&key, in_words(&self.problem, Some(&key), self.date.as_deref()))
    }
}

/// A value with other fields.
fn changed<T: Serialize + DeserializeOwned>(value: &T, changes: &Table) -> std::result::Result<T, Fault> {
    let whole = |problem: String| Fault { key: String::new(), problem, date: None };
    let fields = Table::try_from(value).map_err(|error| whole(error.to_string()))?;
    let with = |mut fields: Table, changes: Table| {
        merge(&mut fields, changes);
        fields.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    };
    with(fields.clone(), changes.clone()).map_err(|problem| {
        // The change at fault is the first that would not do alone. A recipe before this one has fields like it.
        let mut sound = fields.clone();
        if changes.contains_key("after") {
            sound.entry("after").or_insert_with(|| Value::Table(fields));
        }
        let alone = |(key, change): (String, Table)| {
            let date = date_in(&change);
            let problem = with(sound.clone(), change).err()?;
            Some(Fault { key, problem, date })
        };
        single(changes).into_iter().find_map(alone).unwrap_or_else(|| whole(problem))
    })
}

/// Each change alone, with its key.
fn single(changes: &Table) -> Vec<(String, Table)> {
    let of = |(key, value): (&String, &Value)| match value {
        Value::Table(below) if !below.is_empty() => {
            let inside = single(below).into_iter();
            inside
                .map(|(name, change)| {
                    (format!("{key}.{name}"), Table::from_iter([(key.clone(), Value::Table(change))]))
                })
                .collect()
        }
        value => vec![(key.clone(), Table::from_iter([(key.clone(), value.clone())]))],
    };
    changes.iter().flat_map(of).collect()
}

/// The date that is the only value of a table.
fn date_in(change: &Table) -> Option<String> {
    match change.values().next()? {
        Value::Datetime(date) => Some(date.to_string()),
        Value::Table(below) => date_in(below),
        _ => None,
    }
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
            StudySpec { unverified: true, ..StudySpec::corpus(TaskSpec::cola(), "roberta-base") },
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
            (
                "seeds = [1]\ntask = 7",
                "study.toml:2: `task`: got integer `7`, expected a name in quotes or a table",
            ),
            ("\ntask = { n_train = 7 }", "study.toml:2: `task`: missing key `name`"),
            (
                "[task]\nname = 2020-01-01",
                "study.toml:2: `task.name`: got datetime `2020-01-01`, expected a name in quotes",
            ),
            ("task = { name = 'cola', n = 7 }", "unknown key `n`, known: data_seed, n_train, name"),
            (
                "task = { name = 'cola', n_train = 'x' }",
                "study.toml:1: `task.n_train`: got string \"x\", expected a whole number;",
            ),
            ("task = { name = 'cola', data_seed = -1 }", "`data_seed` is -1"),
            ("\n\ntask = 'snli'", "study.toml:3: unknown task `snli`"),
            ("[task]\nn_train = 1\nname = 'snli'", "study.toml:3: unknown task `snli`"),
            ("task = 'cola'\nrecipe = 'sgd'", "study.toml:2: unknown recipe `sgd`; known: mini"),
            ("task = 'cola'\n[recipe]\nname = 'sgd'\nwarmup = 0.5", "study.toml:2: missing field"),
            (
                "task = 'cola'\n[recipe]\nname = 'sgd'\nwarmup = 'x'",
                "study.toml:4: `recipe.warmup`: got string",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\nrate = 0.5",
                "study.toml:4: unknown field `rate` of `recipe`",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\n# a comment\nlength = 3",
                "study.toml:5: `recipe.length`: got integer `3`, expected a length in quotes, such as \"3ep\"",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\n[recipe.adam]\neps = 'x'",
                "study.toml:5: `recipe.adam.eps`: got",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'lp-ft'\nafter.warmup = true",
                "study.toml:4: `recipe.after.warmup`: got",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\ndecay = 'late'",
                "study.toml:4: `recipe.decay`: unknown variant `late`",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\nlength = 2020-01-01",
                "`recipe.length`: got the date 2020-01-01",
            ),
            (
                "task = 'cola'\nrecipe.name = 'google'\nrecipe.batch_size = 0",
                "study.toml:3: `recipe.batch_size`: got 0",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\n[recipe.adam]\nbeta1 = 2",
                "study.toml:5: `recipe.adam.beta1`: got 2",
            ),
            (
                "task = 'cola'\n[recipe]\nname = 'google'\ntrained = 'head'",
                "study.toml:2: `recipe.dropout`: got 0.1",
            ),
            ("task = 'cola'\nstack = 0", "study.toml:2: `stack`: got 0"),
            ("task = 'cola'\nseeds = '1,2'", "study.toml:2: `seeds`: got string \"1,2\", expected a list"),
            (
                "task = 'cola'\ndata = 2020-01-01",
                "study.toml:2: `data`: got the date 2020-01-01, expected a path in quotes",
            ),
            ("task = 'cola'\ndata = ''", "study.toml:2: `data`: got an empty text"),
            ("task = 'cola'\nstack = 1\nstack = 2", "study.toml:3: duplicate key"),
            ("\u{feff}task = 'cola'\r\nstack = 'x'\r\n", "study.toml:2: `stack`: got string"),
            ("task = 'cola'\nrecipe = { name = 'google', length = '3' }", "3ep"),
            ("task = 'cola'\nseeds = [1, 1]", "study.toml:2: `seeds`: got 1 twice"),
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
            ("task = 'cola'\nrecipe = { name = 'google', learning_rate = 1e400 }", "learning_rate"),
            ("task = 'cola'\nrecipe = { name = 'google', learning_rate = nan }", "learning_rate"),
            ("task", "study.toml:1: "),
        ];
        for (text, expected) in cases {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn byte_order_mark_and_carriage_returns_are_no_part_of_a_study() {
        let plain = "task = 'cola'\nseeds = [5]\n[recipe]\nname = 'google'\n";
        let marked = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
        assert_eq!(read(&marked).unwrap(), read(plain).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.toml");
        std::fs::write(&path, "task = 'cola'".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
            .unwrap();
        std::fs::write(&path, [&[0xff, 0xfe][..], &std::fs::read(&path).unwrap()].concat()).unwrap();
        let message = StudySpec::read(&path).unwrap_err().to_string();
        assert!(
            message.ends_with("study.toml: the text is not in UTF-8; save it in that encoding"),
            "{message}"
        );
    }

    #[test]
    fn paths_begin_at_the_folder_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.toml");
        let paths = |text: &str| {
            let spec = StudySpec::from_toml(&format!("task = 'cola'\n{text}"), &path).unwrap();
            (spec.data, spec.encoder.unwrap())
        };
        let (data, encoder) = paths("data = 'glue'\nencoder = 'enc'");
        assert_eq!((data, encoder), (Some(folder.path().join("glue")), folder.path().join("enc")));
        assert_eq!(
            paths("data = '/glue'\nencoder = 'roberta-base'"),
            (Some("/glue".into()), "roberta-base".into())
        );
        std::fs::create_dir(folder.path().join("roberta-base")).unwrap();
        assert_eq!(paths("encoder = 'roberta-base'").1, folder.path().join("roberta-base"));
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        assert_eq!(paths("data = '~/glue'\nencoder = '~'"), (Some(home.join("glue")), home));
        assert_eq!(paths("data = 'a~b'").0, Some(folder.path().join("a~b")));
        let text = "task = 'cola'\ndata = '$HOME/glue'";
        let message = StudySpec::from_toml(text, &path).unwrap_err().to_string();
        assert!(
            message.contains("study.toml:2: `data`: got $HOME/glue, expected a path: no variable but `~`"),
            "{message}"
        );
        std::fs::create_dir_all(folder.path().join("$HOME/glue")).unwrap();
        assert!(StudySpec::from_toml(text, &path).is_ok());
    }

    #[test]
    fn a_recipe_brings_its_encoder_unless_one_is_named() {
        let encoder = |text: &str| read(text).unwrap().encoder;
        assert_eq!(encoder("task = 'mnli'\nrecipe = 'roberta'"), Some("roberta-base".into()));
        assert_eq!(encoder("task = 'mnli'\nrecipe = 'google'"), Some("bert-base-uncased".into()));
        assert_eq!(encoder("task = 'mini-nli'\nrecipe = 'roberta'"), Some(StudySpec::MINI_ROBERTA.into()));
        assert_eq!(encoder("task = 'mini-nli'\nrecipe = 'mini-lp-ft'"), None);
        let named = "task = 'mnli'\nrecipe = 'roberta'\nencoder = 'bert-base-uncased'";
        assert_eq!(encoder(named), Some("bert-base-uncased".into()));
    }
}
