//! `lmc finetune`: copies of a real encoder on a real corpus.

use std::path::PathBuf;

use clap::Args;
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;

use crate::{Interpolation, Output, report};

#[derive(Args)]
pub struct Finetune {
    /// The task: cola, mnli, qqp or paws-qqp.
    task: String,
    /// The folder of the task's files, or one with a subfolder for each corpus; fetched if absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A Hugging Face folder of the encoder, or the name of one that `lmc manifests` lists and that is fetched.
    #[arg(long, default_value = "bert-base-uncased")]
    encoder: PathBuf,
    /// The recipe: google, hf-cola, linear-probe, lp-ft or roberta; the paper's own for the task if absent.
    #[arg(long)]
    recipe: Option<String>,
    /// The seeds, one copy each.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2")]
    seeds: Vec<u64>,
    /// Training examples, a fixed random sample; all if absent.
    #[arg(long)]
    n_train: Option<usize>,
    /// The length, such as 3ep or 500it; the recipe's own if absent.
    #[arg(long)]
    length: Option<Step>,
    /// The peak learning rate; the recipe's own if absent.
    #[arg(long)]
    learning_rate: Option<f64>,
    #[command(flatten)]
    interpolation: Interpolation,
    #[command(flatten)]
    output: Output,
}

impl Finetune {
    pub fn run(self) -> lmc::Result<()> {
        let mut task = TaskSpec::named(&self.task)?;
        if let Some(n_train) = self.n_train {
            task = task.with_n_train(n_train);
        }
        let mut spec = StudySpec::corpus(task, self.encoder).with_seeds(self.seeds);
        spec.data = self.data;
        if let Some(name) = &self.recipe {
            spec.recipe = Recipe::named(name)?;
        }
        spec.recipe.length = self.length.unwrap_or(spec.recipe.length);
        spec.recipe.learning_rate = self.learning_rate.unwrap_or(spec.recipe.learning_rate);
        let study = Study::open(spec)?;
        let sets: Vec<&str> = study.task().sets.iter().map(|set| set.dataset.name.as_str()).collect();
        let whole: Vec<&str> = sets.iter().copied().filter(|name| !name.ends_with("-sample")).collect();
        let compute = self.interpolation.compute();
        report::curves(&study, "id-sample", &whole, Grid::TENTHS, &compute, &self.output.out)
    }
}
