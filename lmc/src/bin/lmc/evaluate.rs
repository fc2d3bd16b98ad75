//! `lmc evaluate`: copies of a study, or classifiers that were finetuned elsewhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lmc::data::corpus::{Corpus, read_corpus};
use lmc::data::fetch::{Fetcher, ModelFolder};
use lmc::data::labels;
use lmc::polars::prelude::DataFrame;
use lmc::study::{Study, evaluate_finetuned, evaluations_table};
use lmc::{LmcError, Result, table};

use crate::output::{Output, print};
use crate::study::Changes;

#[derive(Args)]
pub struct Evaluate {
    /// A study, as in the other verbs; or with --corpus Hugging Face folders of finetuned classifiers, or names such as
    /// feather-berts-12 that are fetched.
    #[arg(default_value = "mini-nli", value_name = "STUDY or MODEL")]
    what: Vec<PathBuf>,
    /// The evaluation sets of a study, such as id,lo; all but samples if absent.
    #[arg(long, value_delimiter = ',', value_name = "SET,...", conflicts_with = "corpus")]
    set: Vec<String>,
    /// The corpus on which classifiers are evaluated: cola, mnli, hans, qqp or paws-qqp.
    #[arg(long, requires = "split")]
    corpus: Option<String>,
    /// Its splits, such as id,ood or hans-lo.
    #[arg(long, value_delimiter = ',', requires = "corpus", value_name = "SPLIT,...")]
    split: Vec<String>,
    /// The names of a classifier's outputs in their order, where neither manifest nor config names them.
    #[arg(long, value_delimiter = ',', requires = "corpus", value_name = "LABEL,...")]
    labels: Option<Vec<String>>,
    /// How the logits of neutral and contradiction become that of non-entailment.
    #[arg(long, default_value = "max", requires = "corpus")]
    merge: Merge,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Merge {
    Max,
    Sum,
}

impl Evaluate {
    pub fn run(self) -> Result<()> {
        let evaluations = match &self.corpus {
            Some(corpus) => self.finetuned(corpus.parse()?)?,
            None => self.copies()?,
        };
        print(&evaluations)?;
        self.output.write(&[(&table::EVALUATIONS, &evaluations)], &[])
    }

    /// The copies of a study on its sets.
    fn copies(&self) -> Result<DataFrame> {
        let [study] = self.what.as_slice() else {
            let (got, expected) =
                (format!("{} names", self.what.len()), "one study; --corpus evaluates classifiers");
            return Err(LmcError::InvalidParameter { field: "STUDY", got, expected: expected.into() });
        };
        let study = Study::open(self.changes.spec(study)?)?;
        let all = study.task().sets.iter().map(|set| set.dataset.name.as_str());
        let sets: Vec<&str> = match self.set.as_slice() {
            [] => all.filter(|name| !name.ends_with("-sample")).collect(),
            sets => sets.iter().map(String::as_str).collect(),
        };
        sets.iter().try_for_each(|set| study.task().set(set).map(|_| ()))?;
        study.finetune()?.evaluations(&sets)
    }

    /// Classifiers from elsewhere on splits of a corpus.
    fn finetuned(&self, corpus: Corpus) -> Result<DataFrame> {
        let merge = match self.merge {
            Merge::Max => labels::Merge::Max,
            Merge::Sum => labels::Merge::Sum,
        };
        let folder = match self.changes.data() {
            Some(folder) => folder.to_owned(),
            None => Fetcher::from_env()?.fetch(&corpus.manifest()?)?,
        };
        let read = |split: &String| read_corpus(corpus, &folder, split);
        let sets = self.split.iter().map(read).collect::<Result<Vec<_>>>()?;
        let mut evaluations = Vec::new();
        for model in &self.what {
            let mut model = ModelFolder::find(model)?;
            model.labels = self.labels.clone().unwrap_or(model.labels);
            for set in &sets {
                evaluations.push(evaluate_finetuned(&model, set.clone(), merge, self.changes.max_length())?);
            }
        }
        evaluations_table(&evaluations)
    }
}
