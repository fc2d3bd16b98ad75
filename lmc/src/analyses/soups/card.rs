//! The card of a saved soup: its ingredients, how far apart they lie, and how good it is.

use std::fmt::Write;

use crate::error::Result;
use crate::gap::Measure;
use crate::path::Combination;
use crate::study::{Metric, Models, Sweep, metrics};
use crate::sweep::SweepPlan;
use crate::terminal;

/// The facts on the card of a saved soup beside its ingredients.
#[derive(Debug, Clone, Default)]
pub struct SoupCard {
    /// The lines of which the largest convexity gap between two ingredients is told.
    pub sweep: Option<Sweep>,
    /// The evaluation sets and metrics in which the soup and its ingredients are told.
    pub scores: Vec<(String, Metric)>,
    /// A sentence about how the ingredients were chosen.
    pub choice: Option<String>,
    /// The command that makes the soup.
    pub command: Option<String>,
}

/// The beginning of a card, which model hubs read.
const HEAD: &str = "---
library_name: transformers
pipeline_tag: text-classification
tags:
- lmc
- model-merging
- model-soup
---
";

impl SoupCard {
    /// Returns the card of a soup of models, given by number, as Markdown.
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`] and [`Models::sample`].
    pub(super) fn text(&self, models: &Models, ingredients: &[usize]) -> Result<String> {
        let n = ingredients.len();
        let title = if n == 1 { "One model".to_owned() } else { format!("The average of {n} models") };
        let task = models.study().spec().task.name();
        let mut text = format!("{HEAD}# {title}\n\n");
        let mean = if n == 1 { "those of the model" } else { "the mean of those of the models" };
        let _ = write!(
            text,
            "A text classifier for the task {task}. Its weights are {mean} below (a uniform model soup), \
             made by lmc {}.\n\n",
            env!("CARGO_PKG_VERSION")
        );
        text += &self.table(models, ingredients)?;
        if let Some(gap) = self.largest_gap(models, ingredients)? {
            let _ = write!(text, "\n{gap}\n");
        }
        if let Some(choice) = &self.choice {
            let _ = write!(text, "\n{choice}\n");
        }
        if let Some(command) = &self.command {
            let _ = write!(text, "\nMade by:\n\n```sh\n{command}\n```\n");
        }
        Ok(text)
    }

    /// Returns a table of the ingredients and the soup with their scores.
    fn table(&self, models: &Models, ingredients: &[usize]) -> Result<String> {
        let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
        for (set, metric) in &self.scores {
            let all = models.scores(set, *metric)?;
            let mut values: Vec<f64> = ingredients.iter().map(|&model| all[model]).collect();
            values.push(soup_score(models, ingredients, set, *metric)?);
            columns.push((format!("{metric} on {set}"), values));
        }
        let heads: String = columns.iter().map(|(head, _)| format!(" {head} |")).collect();
        let mut text =
            format!("| model | name in the store |{heads}\n|---|---|{}\n", "---|".repeat(columns.len()));
        let names = ingredients.iter().map(|&model| {
            let model = &models.models()[model];
            (terminal::one_line(&model.name).replace('|', "\\|"), model.key())
        });
        for (row, (name, key)) in names.chain([("**this model**".to_owned(), String::new())]).enumerate() {
            let cells: String = columns.iter().map(|(_, values)| format!(" {:.4} |", values[row])).collect();
            let _ = writeln!(text, "| {name} | {key} |{cells}");
        }
        Ok(text)
    }

    /// Returns in words the largest convexity gap of two ingredients.
    fn largest_gap(&self, models: &Models, ingredients: &[usize]) -> Result<Option<String>> {
        let Some(sweep) = &self.sweep else { return Ok(None) };
        let pairs = models.pairs(sweep)?;
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

/// Returns the score of the uniform soup of models on a set.
fn soup_score(models: &Models, ingredients: &[usize], set: &str, metric: Metric) -> Result<f64> {
    if let [model] = ingredients {
        return Ok(models.scores(set, metric)?[*model]);
    }
    let mut members = ingredients.to_vec();
    members.sort_unstable();
    let plan = SweepPlan::new(models.len(), vec![members], vec![Combination::centre(ingredients.len())])?;
    let outcome = models.sample(set, &plan)?.swap_remove(0).outcomes.swap_remove(0);
    let mut evaluation = models.evaluate(set)?.swap_remove(0);
    evaluation.outcome = outcome;
    Ok(metrics(&[evaluation], metric)?[0])
}
