//! A study on a Slurm cluster: its work is written down as a plan in the store, and tasks of a job array do a
//! share each.

mod evaluations;
mod finetuning;
mod lines;
mod plan;
mod sampled;
mod share;
mod units;

use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

use lmc_base::show::counted;

use finetuning::Finetuning;
use lines::Lines;
use plan::Plan;
pub use share::plan_uses_tf32;
pub(crate) use share::{AnalysisShare, work};
pub(crate) use units::Units;

use super::{Models, Study, Sweep};
use crate::compute::Devices;
use crate::error::{LmcError, Result};
use crate::file::{sha256, write_atomic};
use crate::interrupt;
use crate::options::Options;
use crate::progress::{self, Progress, Unit};
use crate::slurm::{Array, Missing, Script, Slurm, array_in_queue, max_array_size, program};
use crate::sweep::{Grid, SweepPlan};

/// Digits of the hash in a name.
const DIGITS: usize = 10;

/// Work that tasks can share.
trait Shared {
    /// Returns the verb and all facts that decide its result: equal work has equal names.
    fn identity(&self) -> (&'static str, String);
    /// Returns the number of pieces it makes in all, the unit of a piece, and the name of the pieces: "lines
    /// on id".
    fn pieces(&self) -> (usize, Unit, String);
    /// Returns the heading under which progress is shown.
    fn heading(&self) -> String;
    /// Returns how many parts are not in the store, and how long each takes here in seconds, if that is
    /// known.
    fn parts(&self) -> Result<(usize, Option<f64>)>;
    /// Makes the plan of the work that is not in the store for that many tasks, each on those devices of its
    /// machine.
    fn plan(&self, n_tasks: usize, devices: &Devices) -> Result<Plan>;
    /// Returns the work that each share of a plan has left.
    fn missing(&self, plan: &Plan) -> Result<Vec<Missing>>;
}

/// The array that would be submitted: its batch script and the cost of its tasks.
#[derive(Clone, PartialEq)]
pub struct Submission {
    /// The work that is missing in the store: "120 lines on id".
    pub missing: String,
    /// The number of tasks.
    pub n_tasks: usize,
    /// The approximate time that each takes at the speed of this machine, in seconds, if that is known.
    pub seconds: Option<f64>,
    /// The folder of plan, script and logs.
    pub folder: PathBuf,
    /// The batch script.
    pub script: String,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Submission({} in {} tasks)", self.missing, self.n_tasks)
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missing, n_tasks, seconds, script, .. } = self;
        let time = match seconds {
            Some(s) if *s < 120.0 => format!(", about {s:.0} s each at the speed of this machine"),
            Some(s) if *s < 7200.0 => {
                format!(", about {:.0} min each at the speed of this machine", s / 60.0)
            }
            Some(s) => format!(", about {:.1} h each at the speed of this machine", s / 3600.0),
            None => String::new(),
        };
        match n_tasks {
            0 => write!(f, "nothing is missing, nothing would be submitted"),
            n => {
                write!(f, "{missing} in an array of {n} tasks{time}: sbatch --array=0-{}\n\n{script}", n - 1)
            }
        }
    }
}

impl Study {
    /// Returns the finetuned copies. Those that are not in the store are trained by tasks of a Slurm array;
    /// stacks stay whole.
    ///
    /// The store must lie on a file system that all nodes share. If such an array is already in the queue, it
    /// is followed. Tasks that fail or run into their time limit are submitted again; an interrupted stack
    /// goes on with its next update.
    ///
    /// # Errors
    /// [`LmcError::Slurm`] if Slurm is not there or refuses; [`LmcError::SlurmTask`] for a task that failed
    /// for good; [`LmcError::Interrupted`], after which jobs go on and the same call follows them; those of
    /// [`Slurm::check`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let slurm = Slurm { gres: Some("gpu:1".into()), time: Some("4:00:00".into()), ..Slurm::default() };
    /// let study = Study::open(StudySpec::corpus(TaskSpec::cola(), "bert-base-uncased").with_seeds(0..48))?;
    /// let models = study.finetune_on(&slurm)?;
    /// let sweep = models.sweep_on(&slurm, "id-sample", Grid::TENTHS)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn finetune_on(self: &Rc<Self>, slurm: &Slurm) -> Result<Models> {
        self.check_finetuned()?;
        self.bring_about(&Finetuning::new(self), slurm)?;
        self.finetune()
    }

    /// Returns the models of the study: those from elsewhere, or copies that [`Study::finetune_on`] trains.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let spec = StudySpec::of_models(TaskSpec::mnli(), &["feather-berts-{0..99}"])?;
    /// let slurm = Slurm { gres: Some("gpu:1".into()), ..Slurm::default() };
    /// let models = Study::open(spec)?.models_on(&slurm)?;
    /// let sweep = models.sweep_on(&slurm, "id-sample", Grid::TENTHS)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn models_on(self: &Rc<Self>, slurm: &Slurm) -> Result<Models> {
        match self.spec.models {
            Some(_) => self.models(),
            None => self.finetune_on(slurm),
        }
    }

    /// Returns the array that [`Study::finetune_on`] would submit now.
    ///
    /// # Errors
    /// The errors of [`Slurm::check`] and of the store.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let slurm = Slurm { gres: Some("gpu:1".into()), time: Some("4:00:00".into()), ..Slurm::default() };
    /// let study = Study::open(StudySpec::corpus(TaskSpec::cola(), "bert-base-uncased").with_seeds(0..48))?;
    /// println!("{}", study.finetune_submission(&slurm)?); // the batch script, before anything is submitted
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn finetune_submission(self: &Rc<Self>, slurm: &Slurm) -> Result<Submission> {
        self.submission(&Finetuning::new(self), slurm)
    }

    /// Checks that all of the work is in the store.
    fn bring_about(&self, work: &dyn Shared, slurm: &Slurm) -> Result<()> {
        slurm.validate()?;
        interrupt::settle(self.follow(work, slurm), |said| said)
    }

    fn follow(&self, work: &dyn Shared, slurm: &Slurm) -> Result<()> {
        let mut followed = None;
        loop {
            let (n_parts, seconds) = work.parts()?;
            if n_parts == 0 {
                return Ok(());
            }
            let Place { name, folder, store } = self.place(work)?;
            let job = format!("lmc-{name}");
            let path = folder.join(Script::PLAN);
            // Work that is missing when all shares of an array are done was not in its plan.
            let plan = match array_in_queue(&job)?.filter(|array| followed != Some(*array)) {
                Some(array) => {
                    followed = Some(array);
                    progress::say(&format!("job {array} is in the queue as {job}: it is followed"));
                    Plan::read(&path)?
                }
                None => {
                    let n_tasks = slurm.n_tasks(n_parts, seconds, max_array_size()?)?;
                    let plan = work.plan(n_tasks, &slurm.devices)?;
                    write_atomic(&path, plan.to_json()?.as_bytes())?;
                    plan
                }
            };
            let program = program(slurm)?;
            let (total, unit, pieces) = work.pieces();
            let missing = || work.missing(&plan);
            let left: usize = missing()?.iter().map(|missing| missing.counted).sum();
            let heading = format!("{} in {}", work.heading(), counted(plan.n_shares(), "Slurm task"));
            let progress = Progress::new(heading, unit, total as u64);
            progress.found(total.saturating_sub(left) as u64);
            let script = Script { slurm, name: &job, folder: &folder, store: &store, program: &program };
            let pieces = (total as u64, pieces);
            Array { script, missing: &missing, progress: &progress, pieces }.run()?;
        }
    }

    fn submission(&self, work: &dyn Shared, slurm: &Slurm) -> Result<Submission> {
        slurm.validate()?;
        let (n_parts, seconds) = work.parts()?;
        let n_tasks = if n_parts == 0 { 0 } else { slurm.n_tasks(n_parts, seconds, None)? };
        let plan = work.plan(n_tasks.max(1), &slurm.devices)?;
        let left: usize = work.missing(&plan)?.iter().map(|missing| missing.counted).sum();
        let Place { name, folder, store } = self.place(work)?;
        // If the command does not exist yet, the user fills in its place.
        let program = program(slurm).unwrap_or_else(|_| PathBuf::from("lmc"));
        let script =
            Script { slurm, name: &format!("lmc-{name}"), folder: &folder, store: &store, program: &program };
        Ok(Submission {
            missing: format!("{left} {}", work.pieces().2),
            n_tasks,
            seconds: seconds.map(|seconds| seconds * n_parts as f64 / n_tasks.max(1) as f64),
            script: script.text(),
            folder,
        })
    }

    /// Returns the place where the plan of some work lies; equal work on another store has another name.
    fn place(&self, work: &dyn Shared) -> Result<Place> {
        let root = self.store.root();
        let store = std::path::absolute(root).map_err(LmcError::io("read", root))?;
        let (verb, identity) = work.identity();
        let hash = sha256(format!("{}\n{identity}", store.display()).as_bytes());
        let name = format!("{verb}-{}", &hash[..DIGITS]);
        let folder = store.join(self.store.slurm_folder(&name).strip_prefix(root).unwrap_or(root));
        Ok(Place { folder, name, store })
    }
}

struct Place {
    name: String,
    folder: PathBuf,
    store: PathBuf,
}

impl Models {
    /// Does the same as [`Models::sweep`] by tasks of a Slurm array, which compute the lines and the copies'
    /// own evaluations that are not in the store.
    ///
    /// Precision and tolerance are those of the study; devices are those of [`Slurm::devices`] that Slurm gives
    /// each task. As for [`Study::finetune_on`], the store is shared by all nodes and an array that is in the queue is
    /// followed.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`] and [`Models::sweep`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let sweep = models.sweep_on(&slurm, "id", Grid::TENTHS)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_on(&self, slurm: &Slurm, dataset: &str, grid: Grid) -> Result<Sweep> {
        let plan = SweepPlan::lines(self.len(), grid)?;
        self.study().bring_about(&Lines::new(self, dataset, plan, grid)?, slurm)?;
        self.sweep(dataset, grid)
    }

    /// Does the same as [`Models::sweep_to`] by tasks of a Slurm array.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`] and [`Models::sweep_to`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let landmarks = basin::choose_landmarks(models.len(), 4, 0)?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let sweep = models.sweep_to_on(&slurm, &landmarks, "id", Grid::TENTHS)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_to_on(
        &self,
        slurm: &Slurm,
        landmarks: &[usize],
        dataset: &str,
        grid: Grid,
    ) -> Result<Sweep> {
        let plan = SweepPlan::lines_to(self.len(), landmarks, grid)?;
        self.study().bring_about(&Lines::new(self, dataset, plan, grid)?, slurm)?;
        self.sweep_to(landmarks, dataset, grid)
    }

    /// Returns the array that [`Models::sweep_on`] would submit now.
    ///
    /// # Errors
    /// The errors of [`Slurm::check`], of the store and of [`Models::cost`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// println!("{}", models.sweep_submission(&slurm, "id", Grid::TENTHS)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_submission(&self, slurm: &Slurm, dataset: &str, grid: Grid) -> Result<Submission> {
        let plan = SweepPlan::lines(self.len(), grid)?;
        self.study().submission(&Lines::new(self, dataset, plan, grid)?, slurm)
    }
}
