//! Finetuned copies and the questions they can answer.

use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::metrics;
use super::{Evaluation, Metric, Model, Origin, Study, StudySpec};
use crate::compute::Compute;
use crate::error::{LmcError, Result};
use crate::eval::{Logits, Outcome};
use crate::spec::TaskSpec;
use crate::weights::Weights;

/// Returns the name of the copy of a seed.
pub(crate) fn name(seed: u64) -> String {
    format!("s{seed}")
}

/// The models of a study in order: its copies at one checkpoint by their seeds, or models from elsewhere as they
/// were given.
#[derive(Clone)]
pub struct Models {
    study: Rc<Study>,
    step: u32,
    models: Vec<Model>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (task, recipe) = (self.study.spec.task.name(), &self.study.spec.recipe.name);
        if self.study.spec.models.is_some() {
            return write!(f, "Models({} from elsewhere on {task})", self.models.len());
        }
        write!(f, "Models({} copies on {task}, recipe {recipe}, {} updates)", self.models.len(), self.step)
    }
}

impl Models {
    /// Returns a function that loads the weights of a model by its number; threads may share it.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let load = models.loader();
    /// println!("distance {}", Weights::distance(&load(0)?, &load(1)?)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn loader(&self) -> impl Fn(usize) -> Result<Weights> + Sync + '_ {
        let (store, layout, models) =
            (self.study.store(), self.study.task().classifier.layout(), &self.models);
        move |model| models[model].load(store, layout)
    }

    /// Opens models from elsewhere on a task, in the default store: folders of classifiers, names such as
    /// `feather-berts-12`, and patterns of them ([`model_words`](crate::data::fetch::model_words)). They are
    /// used as the copies of a study are.
    ///
    /// All are looked at first: they must have one architecture and the same tokens, and their outputs must be
    /// the labels of the task, in any order. They are named by the ends of their paths, and in the store by the
    /// digest of their weights.
    ///
    /// # Errors
    /// The errors of [`StudySpec::of_models`] and [`Study::open`]; [`LmcError::InvalidParameter`] for models
    /// that do not fit together, saying which do, and for two with the same weights; [`LmcError::Labels`] for
    /// outputs that are not the labels of the task.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Models::open(&["runs/*/checkpoint-500"], TaskSpec::open("stance.toml")?)?;
    /// let basins = models.sweep("id-sample", Grid::TENTHS)?.basins(&ClusterOptions::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn open(words: &[impl AsRef<Path>], task: TaskSpec) -> Result<Self> {
        Study::open(StudySpec::of_models(task, words)?)?.models()
    }

    pub(super) fn new(study: &Rc<Study>, step: u32, models: Vec<Model>) -> Self {
        Self { study: study.clone(), step, models }
    }

    /// Returns the same copies on those devices and in that precision, as [`Study::on`] does.
    ///
    /// # Errors
    /// The errors of [`Compute::check`](crate::Options::check).
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let models = models.on(Compute::cpu().with_precision(Precision::BFloat16))?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn on(&self, compute: Compute) -> Result<Self> {
        Ok(Self { study: self.study.on(compute)?, ..self.clone() })
    }

    /// Loads the copies at the checkpoint after that many updates.
    pub(crate) fn load(study: &Rc<Study>, step: u32) -> Result<Self> {
        if study.spec.models.is_some() {
            return Self::opened_at(study, step);
        }
        let models = study
            .runs()
            .into_iter()
            .map(|spec| {
                let info = study.store.checkpoint_info(&spec, step)?.ok_or_else(|| {
                    let kept = study.spec.recipe.checkpoints(study.task.train.len());
                    LmcError::invalid("step", step, format!("one of the checkpoints {kept:?}"))
                })?;
                let name = name(spec.seed);
                Ok(Model { name, origin: Origin::Finetuned { spec: Box::new(spec), info } })
            })
            .collect::<Result<_>>()?;
        Ok(Self { study: study.clone(), step, models })
    }

    /// Returns the study they belong to.
    pub fn study(&self) -> &Rc<Study> {
        &self.study
    }

    /// Returns the updates made when these checkpoints were kept; 0 if models from elsewhere do not all tell
    /// the same number.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Returns the copies.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the number of copies.
    pub fn len(&self) -> usize {
        self.models.len()
    }

    /// Returns whether there is no copy.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// Returns the names of the copies, in their order.
    pub fn names(&self) -> Vec<String> {
        self.models.iter().map(|model| model.name.clone()).collect()
    }

    /// Returns the value of a metric for every copy, in their order, on the evaluation set of that name.
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`]; [`LmcError::InvalidParameter`] for a metric that is not defined on
    /// the set.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let accuracies = models.scores("lo", Metric::Accuracy)?;
    /// assert_eq!(accuracies.len(), models.len());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn scores(&self, dataset: &str, metric: Metric) -> Result<Vec<f64>> {
        metrics(&self.evaluate(dataset)?, metric)
    }

    /// Returns the number of the copy of that name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing the copies.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0).with_seeds(0..4))?.finetune()?;
    /// assert_eq!(models.number("s3")?, 3);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn number(&self, name: &str) -> Result<usize> {
        self.models.iter().position(|model| model.name == name).ok_or_else(|| LmcError::UnknownName {
            kind: "copy",
            name: name.to_owned(),
            known: self.models.iter().map(|model| model.name.clone()).collect(),
        })
    }

    /// Returns the same models at every checkpoint, earliest first: those of the recipe or, of training runs from
    /// elsewhere, the folders `checkpoint-*` that all of them have.
    ///
    /// # Errors
    /// The errors of reading the store.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// for stage in models.stages()? {
    ///     println!("{} updates: {} copies", stage.step(), stage.len());
    /// }
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn stages(&self) -> Result<Vec<Models>> {
        if self.study.spec.models.is_some() {
            return self.opened_stages();
        }
        let steps = self.study.spec.recipe.checkpoints(self.study.task.train.len());
        steps.into_iter().map(|step| Self::load(&self.study, step)).collect()
    }

    /// Returns these copies and after them those `rows` of `others`, another point of the same training,
    /// named by it.
    pub(crate) fn beside(&self, others: &Models, rows: &[usize]) -> Result<Models> {
        let n = others.models.len();
        let mut both = self.clone();
        for &row in rows {
            let other = others.models.get(row);
            let other =
                other.ok_or_else(|| LmcError::invalid("landmarks", row, format!("rows below {n}")))?;
            let step = other.step().map_or_else(|| "the end".to_owned(), |step| format!("{step}it"));
            let name = format!("{} at {step}", other.name);
            both.models.push(Model { name, ..other.clone() });
        }
        Ok(both)
    }

    /// Returns the weights of one copy.
    ///
    /// # Errors
    /// [`LmcError::Format`] naming a damaged checkpoint.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let weights = models.weights_of(&models.models()[0])?;
    /// println!("{} parameters", weights.layout().n_parameters());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn weights_of(&self, model: &Model) -> Result<Weights> {
        let layout = self.study.task.classifier.layout();
        model.load(&self.study.store, layout)
    }

    /// Returns the weights of every copy.
    ///
    /// # Errors
    /// The errors of [`Models::weights_of`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let weights = models.weights()?;
    /// println!("distance {}", Weights::distance(&weights[0], &weights[1])?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn weights(&self) -> Result<Vec<Weights>> {
        self.models.iter().map(|model| self.weights_of(model)).collect()
    }

    /// Returns every copy's results on the evaluation set of that name; finished ones are read from the
    /// store.
    ///
    /// No more weights are in memory than there are workers.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for an unknown set; [`LmcError::NonFiniteLoss`]; [`LmcError::Interrupted`];
    /// those of the store.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// for evaluation in models.evaluate("lo")? {
    ///     println!("{} {:.3}", evaluation.model, evaluation.metric(Metric::Accuracy)?);
    /// }
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn evaluate(&self, dataset: &str) -> Result<Vec<Evaluation>> {
        let set = self.study.task.set(dataset)?;
        let (labels, n_labels) = (Arc::new(set.labels()), set.dataset.labels.len());
        let outcomes = self.study.outcomes(dataset, &self.keys(), &self.loader())?;
        let evaluation = |(model, outcome): (&Model, Outcome)| Evaluation {
            model: model.name.clone(),
            dataset: dataset.to_owned(),
            outcome,
            labels: labels.clone(),
            n_labels,
        };
        Ok(self.models.iter().zip(outcomes).map(evaluation).collect())
    }

    /// Returns every copy's logits on the evaluation set of that name, in its labels, for [`Logits::mean`];
    /// finished ones are read from the store.
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::model::Logits;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let logits = models.logits("lo")?;
    /// let ensemble = Logits::mean(&[&logits[0], &logits[1]])?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn logits(&self, dataset: &str) -> Result<Vec<Logits>> {
        self.study.logits(dataset, &self.keys(), &self.loader())
    }

    fn keys(&self) -> Vec<String> {
        self.models.iter().map(Model::key).collect()
    }
}
