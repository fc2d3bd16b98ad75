//! A study: one task, one pretrained encoder, many seeds; its verbs find finished work in the store again.

pub(crate) mod checks;
mod classifiers;
mod copies;
mod evaluating;
mod evaluation;
mod finetune;
mod lines;
mod model;
mod models;
mod opened;
mod portable;
mod pretraining;
mod provenance;
mod reading;
mod sampled;
mod scores;
mod slurm;
mod spec;
mod sweep;
mod table;
mod task;
mod tokens;

use std::fmt;
use std::rc::Rc;

pub use classifiers::{ClassifierOptions, Classifiers, Evaluated, evaluate_finetuned};
pub(crate) use evaluation::metrics;
pub use evaluation::{Evaluation, evaluations_table};
pub(crate) use finetune::updates;
pub use lmc_base::metric::Metric;
pub use lmc_base::step::Step;
pub use lmc_engine::slurm::Slurm;
pub use lmc_engine::train::PretrainRecipe;
pub use model::{Model, Origin};
pub use models::Models;
pub use opened::OpenedModel;
pub(crate) use opened::{OpenedTogether, trainer_state};
pub use pretraining::{N_DOCUMENTS, pretrain_mini, pretrain_mini_roberta};
pub use sampled::{Sample, SampleOptions};
pub(crate) use scores::{scores, unknown};
pub use slurm::Submission;
#[doc(hidden)]
pub use slurm::plan_uses_tf32;
pub(crate) use slurm::{AnalysisShare, Units, work};
pub use spec::{GivenModels, StudySpec};
pub use sweep::Sweep;
pub use table::{EVALUATIONS, EvaluationColumns, MODELS, ModelColumns, PROVENANCE, ProvenanceColumns};
pub use task::Task;

use crate::compute::Compute;
use crate::environment;
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::spec::{Recipe, RunSpec};
use crate::store::Store;

/// A study whose data and encoder are loaded, with the store of its results.
pub struct Study {
    spec: StudySpec,
    task: Rc<Task>,
    store: Store,
    compute: Compute,
}

impl fmt::Debug for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (copies, task) = (self.spec.n_models(), &self.task);
        if self.spec.models.is_some() {
            return write!(f, "Study({copies} models from elsewhere, {task:?})");
        }
        write!(f, "Study({copies} copies of {}, recipe {}, {task:?})", task.model.name, self.spec.recipe.name)
    }
}

impl Study {
    /// Opens a study in the default store.
    ///
    /// # Errors
    /// The errors of [`Study::open_in`] and [`Store::default_location`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// // Four copies of the embedded encoder, at another learning rate.
    /// let recipe = Recipe { learning_rate: 1e-3, ..Recipe::mini() };
    /// let study = Study::open(StudySpec::mini_nli(0).with_seeds(0..4).with_recipe(recipe))?;
    /// let models = study.finetune()?; // an hour later: found in the store
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn open(spec: StudySpec) -> Result<Rc<Self>> {
        Self::open_in(spec, Store::default_location()?)
    }

    /// Opens a study in that store.
    ///
    /// # Errors
    /// The errors of [`StudySpec::check`], of loading the task and of [`Recipe::check_size`];
    /// [`LmcError::InvalidParameter`] for a variable of the environment
    /// with a value that is not allowed.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// // Results lie beside the project instead of in the user's cache folder.
    /// let study = Study::open_in(StudySpec::mini_nli(0), Store::open("results/store")?)?;
    /// println!("{study:?}");
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn open_in(spec: StudySpec, store: Store) -> Result<Rc<Self>> {
        environment::check()?;
        spec.validate()?;
        let task = Task::load(&spec, &store)?;
        if spec.models.is_none() {
            spec.recipe.check_size(task.train.len())?;
        }
        let spec = StudySpec { task: task.spec.clone(), ..spec };
        Ok(Rc::new(Self { spec, task: Rc::new(task), store, compute: Compute::auto() }))
    }

    /// Returns the same study on those devices and in that precision, in which all its verbs compute from
    /// then on. By default a study computes as [`Compute::auto`] says.
    ///
    /// # Errors
    /// The errors of [`Compute::check`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let compute = Compute::cpu().with_precision(Precision::BFloat16);
    /// let study = Study::open(StudySpec::mini_nli(0))?.on(compute)?;
    /// let sweep = study.finetune()?.sweep("id", Grid::TENTHS)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn on(&self, compute: Compute) -> Result<Rc<Self>> {
        compute.validate()?;
        Ok(self.elsewhere(compute))
    }

    /// Returns the same study for work that other machines do on devices that need not be here.
    #[doc(hidden)]
    pub fn elsewhere(&self, compute: Compute) -> Rc<Self> {
        let Self { spec, task, store, .. } = self;
        Rc::new(Self { spec: spec.clone(), task: task.clone(), store: store.clone(), compute })
    }

    /// Returns the devices and the precision.
    pub fn compute(&self) -> &Compute {
        &self.compute
    }

    /// Returns the description.
    pub fn spec(&self) -> &StudySpec {
        &self.spec
    }

    /// Returns the task with its data and encoder.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Returns the store in which results lie.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the models of the study: those from elsewhere, or the finetuned copies.
    ///
    /// # Errors
    /// The errors of [`Study::finetune`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let spec = StudySpec::of_models(TaskSpec::open("stance.toml")?, &["runs/*"])?;
    /// let models = Study::open(spec)?.models()?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn models(self: &Rc<Self>) -> Result<Models> {
        match self.spec.models {
            Some(_) => Ok(Models::opened(self)),
            None => self.finetune(),
        }
    }

    /// Returns the finetuned copies; those that are in the store are not trained again.
    ///
    /// # Errors
    /// [`crate::LmcError::InvalidParameter`] for a study of models from elsewhere, which [`Study::models`]
    /// returns; [`crate::LmcError::NonFiniteLoss`] naming a seed that diverged; those of the store. Finished
    /// stacks are kept. [`crate::LmcError::Interrupted`], after which the same call goes on with the next
    /// update.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let study = Study::open(StudySpec::mini_nli(0).with_seeds(0..4))?;
    /// let models = study.finetune()?;
    /// assert_eq!(models.names(), ["s0", "s1", "s2", "s3"]);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn finetune(self: &Rc<Self>) -> Result<Models> {
        self.check_finetuned()?;
        Models::finetune(self)
    }

    /// Checks that the study finetunes its models.
    fn check_finetuned(&self) -> Result<()> {
        let given = || format!("{} models from elsewhere", self.spec.n_models());
        let expected = "a study with seeds; models from elsewhere are as they are";
        let is_finetuned = self.spec.models.is_none().then_some(());
        is_finetuned.ok_or_else(|| LmcError::invalid("models", given(), expected))
    }

    /// Returns the names in the store of the models without the points of training: of runs, or of models
    /// from elsewhere.
    pub(crate) fn identities(&self) -> Vec<String> {
        match self.spec.models {
            Some(_) => self.task.opened.iter().map(|model| model.key().to_owned()).collect(),
            None => self.runs().iter().map(RunSpec::run_id).collect(),
        }
    }

    /// Returns the runs of all copies, in the order of the seeds.
    pub(crate) fn runs(&self) -> Vec<RunSpec> {
        self.spec.stacks().flat_map(|seeds| self.run_specs(&self.spec.recipe, seeds)).collect()
    }

    /// Returns the runs of one of [`StudySpec::stacks`] by a recipe: the study's own or one that comes before
    /// it.
    fn run_specs(&self, recipe: &Recipe, seeds: &[u64]) -> Vec<RunSpec> {
        let stack = if seeds.len() > 1 { seeds.to_vec() } else { Vec::new() };
        let spec = |&seed| RunSpec {
            task: self.spec.task.clone(),
            train_sha256: self.task.train_sha256.clone(),
            model: self.task.model.clone(),
            recipe: recipe.clone(),
            seed,
            stack: stack.clone(),
            precision: self.training_precision(),
        };
        seeds.iter().map(spec).collect()
    }
}
