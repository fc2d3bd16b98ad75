//! `lmc evaluate`: copies of a study, or classifiers that were finetuned elsewhere.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, ValueEnum};
use lmc::data::corpus::{Corpus, read_corpora};
use lmc::data::fetch::{Fetcher, ModelFolder, model_words};
use lmc::data::labels;
use lmc::store::Store;
use lmc::study::{ClassifierOptions, Classifiers, Evaluated, Study, StudySpec, evaluations_table};
use lmc::{LmcError, Result, progress, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, Place, identity, identity_of, print};
use crate::study::Changes;

static CORPUS: LazyLock<String> = LazyLock::new(|| {
    format!("The corpus on which classifiers are evaluated: {}", Corpus::names().join(", "))
});

#[derive(Args)]
pub struct Evaluate {
    /// A study, as in the other verbs, mini-nli if absent; or with --task or --corpus Hugging Face folders of
    /// finetuned classifiers, names such as feather-berts-12 that are fetched, and patterns of them.
    #[arg(value_name = "STUDY or MODEL")]
    what: Vec<PathBuf>,
    /// The evaluation sets of a study, such as id,lo; all but samples if absent.
    #[arg(long, value_delimiter = ',', value_name = "SET,...", conflicts_with = "corpus")]
    set: Vec<String>,
    #[arg(long, requires = "split", value_name = "CORPUS", help = CORPUS.as_str())]
    corpus: Option<String>,
    /// Its splits: id, the one in domain, of every corpus but hans, or names such as ood of cola and hans-lo
    /// of hans; a wrong name lists them all.
    #[arg(long, value_delimiter = ',', requires = "corpus", value_name = "SPLIT,...")]
    split: Vec<String>,
    /// The names of a classifier's outputs in their order, if neither manifest nor config names them, or
    /// names them wrongly; the same for every model.
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    labels: Option<Vec<String>>,
    /// The folder, or the name that `lmc manifests` lists, of a model whose tokenizer is that of the
    /// classifiers: for those without one of their own, and instead of theirs.
    #[arg(long, value_name = "FOLDER or NAME")]
    tokenizer: Option<PathBuf>,
    /// The way in which the logits of neutral and contradiction become that of non-entailment.
    #[arg(long, default_value = "max", requires = "corpus")]
    merge: Merge,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Merge {
    Max,
    Sum,
}

impl From<Merge> for labels::Merge {
    fn from(merge: Merge) -> Self {
        match merge {
            Merge::Max => labels::Merge::Max,
            Merge::Sum => labels::Merge::Sum,
        }
    }
}

impl Computing for Evaluate {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.changes.of(&self.what, self.labels.as_deref(), self.tokenizer.as_deref())
    }
}

impl Evaluate {
    pub fn check(&self) -> Result<()> {
        if let Some(set) = twice(&self.set).or(twice(&self.split)) {
            let (got, expected) = (format!("{set} twice"), "each once".to_owned());
            return Err(LmcError::InvalidParameter { field: "set", got, expected });
        }
        self.compute.check()?;
        match &self.corpus {
            None => self.spec().map(|_| ()),
            Some(_) => Ok(()),
        }
    }

    pub fn run(self) -> Result<()> {
        match &self.corpus {
            Some(corpus) => self.finetuned(&corpus.parse()?),
            None => self.copies(),
        }
    }

    /// Evaluates the copies of a study on its sets.
    fn copies(&self) -> Result<()> {
        let study = Study::open(self.spec()?)?.on(self.compute.compute()?)?;
        let all = study.task().sets.iter().map(|set| set.dataset.name.as_str());
        let sets: Vec<&str> = match self.set.as_slice() {
            [] => all.filter(|name| !name.ends_with("-sample")).collect(),
            sets => sets.iter().map(String::as_str).collect(),
        };
        sets.iter().try_for_each(|set| study.task().set(set).map(|_| ()))?;
        let out = self.output.open("evaluate")?;
        let models = study.models()?;
        let evaluations = models.evaluations(&sets)?;
        print(&evaluations)?;
        out.write(&identity(&models), &[(&table::EVALUATIONS, &evaluations)], &[])
    }

    /// Evaluates classifiers from elsewhere on splits of a corpus.
    fn finetuned(&self, corpus: &Corpus) -> Result<()> {
        if self.what.is_empty() {
            let expected =
                "a model: folders of classifiers, or names such as feather-berts-12, before --corpus";
            return Err(LmcError::InvalidParameter {
                field: "MODEL",
                got: "none".into(),
                expected: expected.into(),
            });
        }
        if let Some(option) = self.changes.beside_corpus() {
            let (got, expected) =
                (format!("{option} beside --corpus"), "one of them: --corpus evaluates models as they are");
            return Err(LmcError::InvalidParameter { field: "OPTION", got, expected: expected.into() });
        }
        let models = self.models()?;
        let folder = match self.changes.data() {
            Some(folder) => folder.to_owned(),
            None => Fetcher::from_env()?.fetch(corpus.manifest())?,
        };
        let out = self.output.open("evaluate")?;
        let sets = read_corpora(corpus, &folder, &self.split, self.changes.unverified())?;
        let options = ClassifierOptions { merge: self.merge.into(), max_length: self.changes.max_length() };
        let classifiers = Classifiers::look(models, sets, &options)?.on(self.compute.compute()?)?;
        let store = Store::default_location();
        if let Err(error) = &store {
            progress::note(&format!("results are printed and not kept: {error}"));
        }
        self.tell(&out, classifiers.evaluate(store.as_ref().ok()))
    }

    /// Returns the models, with the labels and the tokenizer that they are given.
    fn models(&self) -> Result<Vec<ModelFolder>> {
        let mut models = ModelFolder::find_all(&model_words(&self.what)?)?;
        let tokenizer = self.tokenizer.as_deref().map(ModelFolder::find_tokenizer).transpose()?;
        for model in &mut models {
            model.labels = self.labels.clone().unwrap_or(std::mem::take(&mut model.labels));
            if let Some(tokenizer) = &tokenizer {
                if model.has_tokenizer()
                    && model.tokenizer.canonicalize().ok() != tokenizer.canonicalize().ok()
                {
                    let (name, folder) = (&model.name, tokenizer.display());
                    progress::note(&format!("{name} has a tokenizer; that of {folder} is taken instead"));
                }
                model.tokenizer.clone_from(tokenizer);
            }
        }
        Ok(models)
    }

    /// Prints and writes the finished results, and then reports the others.
    fn tell(&self, out: &Place, evaluated: Evaluated) -> Result<()> {
        let Evaluated { evaluations, mut errors } = evaluated;
        if !evaluations.is_empty() {
            let table = evaluations_table(&evaluations)?;
            print(&table)?;
            let of = identity_of(self.what.iter().map(|what| what.display()));
            let written = out.write(&of, &[(&table::EVALUATIONS, &table)], &[]);
            errors.splice(0..0, written.err());
        }
        let last = errors.pop();
        errors.iter().for_each(|error| progress::note(&error.to_string()));
        last.map_or(Ok(()), Err)
    }
}

/// Returns the first name that comes twice.
fn twice(names: &[String]) -> Option<&String> {
    names.iter().enumerate().find_map(|(i, name)| names[..i].contains(name).then_some(name))
}
