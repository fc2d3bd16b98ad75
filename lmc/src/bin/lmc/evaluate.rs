//! `lmc evaluate`: finetuned classifiers on corpora.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lmc::data::corpus::{Corpus, read_corpus};
use lmc::data::fetch::{Fetcher, ModelFolder};
use lmc::data::labels;
use lmc::study::{evaluate_finetuned, evaluations_table};

#[derive(Args)]
pub struct Evaluate {
    /// Hugging Face folders of finetuned classifiers, or names such as feather-berts-12 that are fetched.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// The corpus: cola, mnli, hans, qqp or paws-qqp.
    #[arg(long)]
    corpus: String,
    /// Its splits, such as id,ood or hans-lo.
    #[arg(long, value_delimiter = ',', required = true)]
    split: Vec<String>,
    /// The folder of the corpus's files; fetched if absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The names of the classifier's outputs in their order, where neither manifest nor config names them.
    #[arg(long, value_delimiter = ',')]
    labels: Option<Vec<String>>,
    /// How the logits of neutral and contradiction become that of non-entailment.
    #[arg(long, default_value = "max")]
    merge: Merge,
}

#[derive(Clone, Copy, ValueEnum)]
enum Merge {
    Max,
    Sum,
}

impl Evaluate {
    pub fn run(self) -> lmc::Result<()> {
        let corpus: Corpus = self.corpus.parse()?;
        let merge = match self.merge {
            Merge::Max => labels::Merge::Max,
            Merge::Sum => labels::Merge::Sum,
        };
        let folder = match self.data {
            Some(folder) => folder,
            None => Fetcher::from_env()?.fetch(&corpus.manifest()?)?,
        };
        let sets = self
            .split
            .iter()
            .map(|split| read_corpus(corpus, &folder, split))
            .collect::<lmc::Result<Vec<_>>>()?;
        let mut evaluations = Vec::new();
        for model in &self.models {
            let mut model = ModelFolder::find(model)?;
            model.labels = self.labels.clone().unwrap_or(model.labels);
            for set in &sets {
                evaluations.push(evaluate_finetuned(&model, set.clone(), merge)?);
            }
        }
        println!("{}", evaluations_table(&evaluations)?);
        Ok(())
    }
}
