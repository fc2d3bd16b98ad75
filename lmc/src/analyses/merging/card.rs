//! The card of a merged model: its ingredients, how far apart they lie, and how good it is.

use std::fmt::Write;

use super::{MergeOptions, Merged};
use crate::error::Result;
use crate::gap::Measure;
use crate::study::{Metric, Sweep};
use crate::terminal;

/// The facts on the card of a merged model beside its ingredients.
#[derive(Debug, Clone, Default)]
pub struct MergeCard {
    /// The lines of which the largest convexity gap between two ingredients is told.
    pub sweep: Option<Sweep>,
    /// The evaluation sets and metrics in which the model and its ingredients are told.
    pub scores: Vec<(String, Metric)>,
    /// A sentence about how the ingredients were chosen.
    pub choice: Option<String>,
    /// The command that makes the model.
    pub command: Option<String>,
}

/// The beginning of a card, which model hubs read.
const HEAD: &str = "---
library_name: transformers
pipeline_tag: text-classification
tags:
- lmc
- model-merging
";

/// Everything that stands on a card.
pub(super) struct Facts<'a> {
    /// The task, if the models were merged for one.
    pub task: Option<&'a str>,
    pub options: &'a MergeOptions,
    /// The base, if the method starts from one.
    pub base: Option<&'a str>,
    /// The name of each model, and its name in the store.
    pub ingredients: Vec<(String, String)>,
    /// The scores of each model and of the merged one by name.
    pub columns: Vec<(String, Vec<f64>)>,
    /// Sentences below the table.
    pub remarks: Vec<String>,
    pub command: Option<&'a str>,
}

impl Facts<'_> {
    /// Returns the card as Markdown.
    pub fn text(&self) -> String {
        let (n, method, is_soup) =
            (self.ingredients.len(), self.options.method, self.options.is_uniform_soup());
        let models = if n == 1 { "model" } else { "models" };
        let (title, origin) = match (n, is_soup) {
            (1, true) => {
                ("One model".to_owned(), "those of the model below (a uniform model soup)".to_owned())
            }
            (_, true) => (
                format!("The average of {n} models"),
                "the mean of those of the models below (a uniform model soup)".to_owned(),
            ),
            _ => (
                format!("{n} {models} merged by {method}"),
                format!("made from those of the {models} below by the method {method}"),
            ),
        };
        let tag = if is_soup { "- model-soup\n" } else { "" };
        let task = self.task.map_or_else(String::new, |task| format!(" for the task {task}"));
        let mut text = format!(
            "{HEAD}{tag}---\n# {title}\n\nA text classifier{task}. Its weights are {origin}, made by lmc {}.\n\n",
            env!("CARGO_PKG_VERSION")
        );
        if !is_soup {
            let options = serde_json::to_string(self.options).unwrap_or_default();
            let base = self.base.map_or_else(String::new, |base| format!(" The base is {base}."));
            let _ = write!(text, "Options: `{options}`.{base}\n\n");
        }
        text += &self.table();
        for remark in &self.remarks {
            let _ = write!(text, "\n{remark}\n");
        }
        if let Some(command) = self.command {
            let _ = write!(text, "\nMade by:\n\n```sh\n{command}\n```\n");
        }
        text
    }

    /// Returns a table of the ingredients and the merged model with their scores.
    fn table(&self) -> String {
        let heads: String = self.columns.iter().map(|(head, _)| format!(" {head} |")).collect();
        let mut text =
            format!("| model | name in the store |{heads}\n|---|---|{}\n", "---|".repeat(self.columns.len()));
        let names = self
            .ingredients
            .iter()
            .map(|(name, key)| (terminal::one_line(name).replace('|', "\\|"), key.as_str()));
        let merged = (!self.columns.is_empty()).then(|| ("**this model**".to_owned(), ""));
        for (row, (name, key)) in names.chain(merged).enumerate() {
            let cells: String =
                self.columns.iter().map(|(_, values)| format!(" {:.4} |", values[row])).collect();
            let _ = writeln!(text, "| {name} | {key} |{cells}");
        }
        text
    }
}

impl MergeCard {
    /// Returns the card of a merged model as Markdown.
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`](crate::study::Models::evaluate) and [`Merged::evaluate`].
    pub(super) fn text(&self, merged: &Merged) -> Result<String> {
        let models = &merged.models;
        let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
        for (set, metric) in &self.scores {
            let all = models.scores(set, *metric)?;
            let mut values: Vec<f64> = merged.ingredients.iter().map(|&model| all[model]).collect();
            values.push(merged.evaluate(set)?.metric(*metric)?);
            columns.push((format!("{metric} on {set}"), values));
        }
        let ingredients = merged.ingredients.iter().map(|&model| {
            let model = &models.models()[model];
            (model.name.clone(), model.key())
        });
        let facts = Facts {
            task: Some(models.study().spec().task.name()),
            options: &merged.options,
            base: merged.base.as_deref(),
            ingredients: ingredients.collect(),
            columns,
            remarks: self.largest_gap(merged)?.into_iter().chain(self.choice.clone()).collect(),
            command: self.command.as_deref(),
        };
        Ok(facts.text())
    }

    /// Returns in words the largest convexity gap of two ingredients.
    fn largest_gap(&self, merged: &Merged) -> Result<Option<String>> {
        let Some(sweep) = &self.sweep else { return Ok(None) };
        let (pairs, ingredients) = (merged.models.pairs(sweep)?, &merged.ingredients);
        let mut largest: Option<(f64, usize)> = None;
        for (line, pair) in pairs.iter().enumerate() {
            if pair.iter().all(|model| ingredients.contains(model)) {
                let gap = sweep.profiles[line].measure(Measure::ConvexityGap)?;
                if largest.is_none_or(|(known, _)| gap > known) {
                    largest = Some((gap, line));
                }
            }
        }
        Ok(largest.map(|(gap, line)| {
            let profile = &sweep.profiles[line];
            format!(
                "The largest convexity gap between two of them is {gap:.4} nats per example ({} and {}), on {} at \
                 {} points.",
                profile.a,
                profile.b,
                sweep.dataset,
                profile.alphas.len()
            )
        }))
    }
}
