//! The text of a manifest for data of one's own.

use std::fmt::Write;

use toml::Value;

use super::place::Places;
use super::survey::Survey;
use super::{DraftSet, NewTask, slashes};
use crate::manifest::Format;
use crate::recipe::Recipe;

/// Everything that a manifest says.
pub(super) struct Plan<'a> {
    pub task: &'a NewTask,
    pub name: String,
    pub labels: &'a [String],
    pub missing: Option<&'a str>,
    /// The training set first.
    pub surveys: &'a [&'a Survey],
    /// The training set first, then the one in domain.
    pub sets: &'a [DraftSet],
    /// The seed of the draw of the set in domain, if it is held out of the training set.
    pub held_out: Option<u64>,
    pub places: &'a Places,
    /// The size of each file in bytes, and its digest.
    pub contents: &'a [(u64, String)],
}

/// Returns a text as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", texts.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

impl Plan<'_> {
    /// Returns the manifest.
    pub fn text(&self) -> String {
        let places = self.places;
        let mut text = String::new();
        let name = &self.name;
        let lines = [
            format!(
                "# The task `{name}`, as `lmc task init` found it. Every key may be changed; data-manifests/README.md"
            ),
            "# of lmc says what each means. `lmc basins --task FILE` and the other verbs take this file."
                .to_owned(),
            format!("name = {}", quoted(name)),
            "kind = \"corpus\"".to_owned(),
            format!("title = {}", quoted(&format!("{name}, data of my own"))),
            "licence = \"not stated\"".to_owned(),
            "citation = \"not stated\"".to_owned(),
            String::new(),
            "# A label is an index into them: the order of a classifier's outputs.".to_owned(),
            format!("labels = {}", list(self.labels.iter().map(String::as_str))),
            String::new(),
        ];
        push(&mut text, lines);
        push(&mut text, places.source.iter().cloned().chain([String::new()]));
        let Some((train, _)) = self.surveys.split_first() else { return text };
        push(&mut text, self.columns("[columns]", train));
        let files: Vec<String> = places.files.iter().map(|path| quoted(&slashes(path))).collect();
        push(&mut text, ["".to_owned(), places.change.to_owned()]);
        for (path, (bytes, sha256)) in files.iter().zip(self.contents) {
            let lines = [
                "[[files]]".to_owned(),
                format!("path = {path}"),
                format!("bytes = {bytes}"),
                format!("sha256 = \"{sha256}\""),
                String::new(),
            ];
            push(&mut text, lines);
        }
        for set in self.sets {
            let place = self.surveys.iter().position(|survey| survey.given == set.file).unwrap_or(0);
            let is_drawn = self.held_out.is_some() && set.name == "id";
            let seed = self.held_out.filter(|_| is_drawn);
            let drawn = seed.map(|seed| {
                format!("# Drawn at random from the examples of the file; the rest are the training set.\ndraw = {{ seed = {seed} }}")
            });
            let lines = [
                "[[splits]]".to_owned(),
                format!("name = {}", quoted(&split_name(set, is_drawn))),
                format!("file = {}", files[place]),
                format!("n_examples = {}", set.n_examples),
            ];
            push(&mut text, lines.into_iter().chain(drawn));
            let survey = self.surveys[place];
            if survey.layout != train.layout {
                push(&mut text, self.columns("[splits.columns]", survey));
            }
            text.push('\n');
        }
        push(&mut text, self.task_table());
        text
    }

    /// Returns the table of the columns of a file.
    fn columns(&self, heading: &str, survey: &Survey) -> Vec<String> {
        let task = self.task;
        let (format, dialect) = (survey.layout.format, survey.layout.dialect);
        let is_csv = format == Format::Csv;
        let names = [Some(&task.text), task.text_pair.as_ref(), Some(&task.label)].into_iter().flatten();
        let mut lines = vec![heading.to_owned()];
        lines.push(match format {
            Format::Csv | Format::Tsv => "format = \"csv\"".to_owned(),
            Format::Jsonl => "format = \"jsonl\"".to_owned(),
            Format::Parquet => "format = \"parquet\"".to_owned(),
        });
        lines.extend(is_csv.then(|| "header = true".to_owned()));
        let delimiter = char::from(dialect.delimiter);
        lines.extend(
            (is_csv && delimiter != ',').then(|| format!("delimiter = {}", quoted(&delimiter.to_string()))),
        );
        lines.extend((is_csv && !dialect.quotes).then(|| "quotes = false # a \" is text".to_owned()));
        lines.push(format!("names = {}", list(names.map(String::as_str))));
        lines.push(format!("first = {}", quoted(&task.text)));
        lines.extend(task.text_pair.as_ref().map(|column| format!("second = {}", quoted(column))));
        lines.push(format!("label = {}", quoted(&task.label)));
        lines.push("label_by = \"name\"".to_owned());
        lines.extend(
            self.missing.map(|missing| format!("no_label = {} # such rows are skipped", quoted(missing))),
        );
        let has_empty = self.surveys.iter().any(|survey| survey.n_empty > 0);
        lines.extend(has_empty.then(|| "empty_texts = true".to_owned()));
        lines
    }

    /// Returns the table of the task.
    fn task_table(&self) -> Vec<String> {
        let evaluated = &self.sets[1.min(self.sets.len())..];
        let scored = evaluated.get(1).or(evaluated.first()).map_or("id", |set| set.name.as_str());
        let recipe = Recipe::google();
        let n_train = self.sets.first().map_or(0, |set| set.n_examples);
        let batch = if n_train < recipe.batch_size { Some(largest_power(n_train)) } else { None };
        let mut lines = vec![
            "# Generalisation is judged by `metric` (loss, accuracy, f1, mcc or ece) on the set `scored`.".to_owned(),
            "# The recipe is that of BERT's authors: 3 epochs of batches of 32, a rate of 2e-5 that falls to 0.".to_owned(),
        ];
        lines.extend(
            batch.map(|_| format!("# Batches are smaller here, as there are {n_train} training examples.")),
        );
        lines.extend([
            "[task]".to_owned(),
            "train = \"train\"".to_owned(),
            format!("scored = {}", quoted(scored)),
            format!("metric = \"{}\"", self.task.metric.column()),
            match batch {
                None => "recipe = \"google\"".to_owned(),
                Some(batch) => format!("recipe = {{ name = \"google\", batch_size = {batch} }}"),
            },
            "encoder = \"bert-base-uncased\"".to_owned(),
            "encoders = { roberta = \"roberta-base\" }".to_owned(),
        ]);
        for set in evaluated {
            let split = split_name(set, self.held_out.is_some() && set.name == "id");
            lines.extend([
                "".to_owned(),
                "[[task.sets]]".to_owned(),
                format!("name = {}", quoted(&set.name)),
            ]);
            lines.extend((split != set.name).then(|| format!("split = {}", quoted(&split))));
        }
        lines
    }
}

/// Returns the largest power of two that is at most `n`, or 1.
fn largest_power(n: usize) -> usize {
    1 << n.max(1).ilog2()
}

/// Returns the name of the split that a set is: a test file is the set in domain.
fn split_name(set: &DraftSet, is_drawn: bool) -> String {
    if set.name == "id" && !is_drawn { "test".to_owned() } else { set.name.clone() }
}

fn push(text: &mut String, lines: impl IntoIterator<Item = String>) {
    for line in lines {
        // A text takes every line.
        let _ = writeln!(text, "{line}");
    }
}
