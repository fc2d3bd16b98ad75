//! The options that share a verb's work among the tasks of a Slurm array.

use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;
use lmc::Result;
use lmc::compute::Devices;
use lmc::options::Options;
use lmc::slurm::Slurm;
use lmc::study::{Models, Study, Submission};

use crate::compute::ComputeArgs;
use crate::output::say;
use crate::study::StudyArgs;

/// Options of Slurm; options that are left out take the cluster's defaults.
#[derive(Args)]
#[command(next_help_heading = "On a Slurm cluster")]
pub struct SlurmArgs {
    /// Share the work among the tasks of a job array, follow it, and submit missing work again; the store
    /// must lie where all nodes see it. After Ctrl-C jobs go on, and the same command follows them again.
    #[arg(long)]
    slurm: bool,
    /// Print the batch script and the approximate cost of each task, and submit nothing.
    #[arg(long, requires = "slurm")]
    dry_run: bool,
    /// The partition.
    #[arg(long, requires = "slurm", value_name = "NAME")]
    partition: Option<String>,
    /// The account that is charged.
    #[arg(long, requires = "slurm", value_name = "NAME")]
    account: Option<String>,
    /// The quality of service.
    #[arg(long, requires = "slurm", value_name = "NAME")]
    qos: Option<String>,
    /// Features that nodes must have.
    #[arg(long, requires = "slurm", value_name = "FEATURES")]
    constraint: Option<String>,
    /// Generic resources of each task, such as gpu:1.
    #[arg(long, requires = "slurm", value_name = "GRES")]
    gres: Option<String>,
    /// Processors of each task.
    #[arg(long, requires = "slurm", value_name = "N")]
    cpus: Option<usize>,
    /// Memory of each task, such as 16G.
    #[arg(long, requires = "slurm", value_name = "SIZE")]
    memory: Option<String>,
    /// The time limit of each task, such as 4:00:00.
    #[arg(long, requires = "slurm", value_name = "TIME")]
    time: Option<String>,
    /// A further argument of sbatch, such as --sbatch=--exclude=node7; may be given again.
    #[arg(long, requires = "slurm", value_name = "ARGUMENT", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// A line of shell that each task runs first, such as "module load cuda"; may be given again.
    #[arg(long, requires = "slurm", value_name = "LINE")]
    setup: Vec<String>,
    /// The lmc that nodes run; this one if absent.
    #[arg(long, requires = "slurm", value_name = "FILE")]
    program: Option<PathBuf>,
    /// The number of tasks; by default one for each stack of copies, and for all else as many as make half an
    /// hour each at the speed of this machine (half of the time limit, if there is one), at most 100.
    #[arg(long, requires = "slurm", value_name = "N")]
    tasks: Option<usize>,
    /// The most tasks that run at the same time.
    #[arg(long, requires = "slurm", value_name = "N")]
    at_once: Option<usize>,
    /// The number of times that a task that failed without progress is submitted again.
    #[arg(long, requires = "slurm", value_name = "N", default_value_t = 2)]
    retries: usize,
}

impl SlurmArgs {
    /// Returns the options that were given, if Slurm is to be used.
    /// Each task computes on those devices of its machine.
    pub fn slurm(&self, devices: &Devices) -> Option<Slurm> {
        self.slurm.then(|| Slurm {
            devices: devices.clone(),
            partition: self.partition.clone(),
            account: self.account.clone(),
            qos: self.qos.clone(),
            constraint: self.constraint.clone(),
            gres: self.gres.clone(),
            cpus: self.cpus,
            memory: self.memory.clone(),
            time: self.time.clone(),
            arguments: self.sbatch.clone(),
            setup: self.setup.clone(),
            program: self.program.clone(),
            tasks: self.tasks,
            at_once: self.at_once,
            retries: self.retries,
        })
    }

    /// Checks what was asked for, if Slurm is to be used.
    pub fn check(&self) -> Result<()> {
        self.slurm(&Devices::Auto).map_or(Ok(()), |slurm| slurm.validate())
    }

    /// Returns whether Slurm is to be used.
    pub fn is_used(&self) -> bool {
        self.slurm
    }

    /// Returns whether this is a dry run, which submits nothing.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Opens a study on the devices here, or for work that tasks do on theirs.
    pub fn open(&self, study: &StudyArgs, compute: &ComputeArgs) -> Result<Rc<Study>> {
        let study = study.open()?;
        if self.is_used() { Ok(study.elsewhere(compute.elsewhere())) } else { study.on(compute.compute()?) }
    }

    /// Checks what was asked for, and the devices here or those of the tasks.
    pub fn check_with(&self, compute: &ComputeArgs) -> Result<()> {
        match self.is_used() {
            true => compute.check_elsewhere()?,
            false => compute.check()?,
        }
        self.check()
    }
}

/// Returns the models of a study, by tasks of an array if there are options of Slurm.
pub fn models(study: &Rc<Study>, slurm: Option<&Slurm>) -> Result<Models> {
    slurm.map_or_else(|| study.models(), |slurm| study.models_on(slurm))
}

/// Prints the array of the copies that would be submitted first, and returns whether there is one; `then` is what
/// follows.
pub fn say_missing_copies(study: &Rc<Study>, slurm: &Slurm, then: &str) -> Result<bool> {
    if study.spec().models.is_some() {
        return Ok(false);
    }
    Ok(say_if_missing(&study.finetune_submission(slurm)?, &format!("{then} when the copies are there.")))
}

/// Prints an array and what follows, if anything is missing, and returns whether it is.
pub fn say_if_missing(submission: &Submission, then: &str) -> bool {
    if submission.n_tasks > 0 {
        say(format_args!("{submission}\n{then}"));
    }
    submission.n_tasks > 0
}
