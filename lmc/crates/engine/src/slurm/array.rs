//! A job array: submitted, followed, and submitted again if something is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::Slurm;
use super::command::{Answer, tell};
use super::ending::ending;
use super::queue::{Record, look};
use super::script::{Script, quoted};
use super::words::{in_words, ranges, tail_of};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{make_folder, write_atomic};
use lmc_base::interrupt;
use lmc_base::progress::Progress;

/// The times between two looks at the queue: short at first, for small work.
const LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));
/// The longest time until files can be seen here after a task on another node has said that they are written.
const LAG: Duration = Duration::from_secs(90);
/// The longest time that the controller may be away.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The work that a task has left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[doc(hidden)]
pub struct Missing {
    /// The number of pieces that the progress counts.
    pub counted: usize,
    /// Pieces of other things.
    pub beside: usize,
}

impl Missing {
    pub(super) fn total(self) -> usize {
        self.counted + self.beside
    }
}

/// An array and the facts about the work that it has to do.
#[doc(hidden)]
pub struct Array<'a> {
    /// The script, with the name of the jobs.
    pub script: Script<'a>,
    /// Returns the work that each task has left, judging by the store.
    pub missing: &'a dyn Fn() -> Result<Vec<Missing>>,
    /// The progress, which counts the pieces that are there, earlier ones included.
    pub progress: &'a Progress,
    /// The number of pieces there will be, and their name: "lines on id".
    pub pieces: (u64, String),
}

/// A task as far as this run of the follower knows it.
#[derive(Default)]
struct Task {
    /// The number of times it was submitted without making progress, the first time included.
    attempts: usize,
    /// The work that was left when it was last submitted.
    left: usize,
    /// The array that it was last seen in.
    array: Option<u64>,
    /// When Slurm first said that it was complete.
    complete: Option<Instant>,
    /// The reason, if it has failed for good.
    failed: Option<String>,
}

/// The decision about a task that has work left and is not in the queue.
enum Verdict {
    Submit,
    Wait,
    Again(String),
    Failed(String),
}

impl Array<'_> {
    /// Runs until all tasks' shares are in the store. Tasks that are not in the queue and have work left are
    /// submitted. After a failure they are submitted again, as often as [`Slurm::retries`] says.
    ///
    /// # Errors
    /// [`LmcError::Slurm`] if Slurm is not there, refuses or is away for long; [`LmcError::SlurmTask`] if a
    /// task failed for good and no other is in the queue; [`LmcError::Interrupted`], after which jobs go on.
    pub fn run(&self) -> Result<()> {
        let left = (self.missing)()?;
        let mut tasks: Vec<Task> = left.iter().map(|_| Task::default()).collect();
        let result = self.follow(&mut tasks, left);
        interrupt::settle(result, |_| self.interrupted(&tasks))
    }

    fn follow(&self, tasks: &mut [Task], mut left: Vec<Missing>) -> Result<()> {
        let counted = |left: &[Missing]| left.iter().map(|missing| missing.counted).sum::<usize>();
        let (mut pause, mut away) = (LOOKS.0, None);
        loop {
            let looked = look(self.script.name)?;
            // The files that an ended task wrote are visible now.
            let before = counted(&left);
            left = (self.missing)()?;
            let come = before.saturating_sub(counted(&left)) as u64;
            let note = |note: String| self.progress.advance(come, || note);
            match looked {
                Err(said) => {
                    note("Slurm's controller is away".to_owned());
                    if away.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                        return Err(away_for_long("squeue", said));
                    }
                }
                Ok(records) => {
                    away = None;
                    note(in_words(&records, &left));
                    if left.iter().all(|missing| missing.total() == 0) {
                        return Ok(());
                    }
                    if !self.attend(tasks, &left, &records)? {
                        return Err(self.failure(tasks));
                    }
                }
            }
            sleep(pause)?;
            pause = (pause * 5 / 4).min(LOOKS.1);
        }
    }

    /// Looks after every task that has something left, and says whether one may still come further.
    fn attend(
        &self,
        tasks: &mut [Task],
        left: &[Missing],
        records: &BTreeMap<usize, Record>,
    ) -> Result<bool> {
        let (mut submitted, mut told, mut hope) = (Vec::new(), Vec::new(), false);
        for (number, (task, missing)) in tasks.iter_mut().zip(left).enumerate() {
            if missing.total() == 0 || task.failed.is_some() {
                continue;
            }
            let record = records.get(&number);
            if let Some(record) = record.filter(|record| record.is_active()) {
                if task.array != Some(record.array) {
                    (task.array, task.left) = (Some(record.array), missing.total());
                    task.attempts = task.attempts.max(1);
                }
                hope = true;
                continue;
            }
            match self.judge(number, task, missing.total(), record)? {
                Verdict::Wait => hope = true,
                Verdict::Submit => submitted.push(number),
                Verdict::Again(ended) => {
                    let nth = match task.attempts {
                        0 => "it came further".to_owned(),
                        n => format!("{n} of {}", self.slurm().retries),
                    };
                    told.push(format!("task {number} ended {ended}; submitted again ({nth})"));
                    submitted.push(number);
                }
                Verdict::Failed(ended) => {
                    self.progress.say(&format!("task {number} ended {ended}; it is not submitted again"));
                    task.failed = Some(ended);
                }
            }
        }
        if submitted.is_empty() {
            return Ok(hope);
        }
        let begun = tasks.iter().any(|task| task.array.is_some());
        if let Some(array) = self.submit(&submitted, begun)? {
            told.push(format!(
                "submitted job {array} as {}: {}",
                self.script.name,
                match submitted.as_slice() {
                    [task] => format!("task {task}"),
                    several => format!("tasks {}", ranges(several)),
                }
            ));
            told.iter().for_each(|text| self.progress.say(text));
            for number in submitted {
                let task = &mut tasks[number];
                let left = left[number].total();
                *task = Task { attempts: task.attempts + 1, left, array: Some(array), ..Task::default() };
            }
        }
        Ok(true)
    }

    /// Decides what to do about a task with work left whose last array has ended.
    fn judge(&self, number: usize, task: &mut Task, left: usize, record: Option<&Record>) -> Result<Verdict> {
        // An array that ended before this follower began does not count as a failure.
        let Some(array) = task.array else { return Ok(Verdict::Submit) };
        let record = record.filter(|record| record.array == array);
        if record.is_some_and(|record| record.state == "COMPLETED") {
            let since = task.complete.get_or_insert_with(Instant::now);
            return Ok(match since.elapsed() < LAG {
                true => Verdict::Wait,
                false => Verdict::Failed(format!(
                    "COMPLETED, but {left} pieces of its share are not in {} as it is seen here: all nodes must share it",
                    self.script.store.display()
                )),
            });
        }
        let ended = ending(array, number, record)?;
        let state = record.map_or("", |record| record.state.as_str());
        // A task that made progress or had to make room for others has not failed.
        if left < task.left || state == "PREEMPTED" {
            task.attempts = 0;
        }
        Ok(match state == "CANCELLED" || task.attempts > self.slurm().retries {
            true => Verdict::Failed(ended),
            false => Verdict::Again(ended),
        })
    }

    /// Submits those tasks, and returns the number of the array. It returns `None` if the work has `begun`
    /// and the controller is away.
    fn submit(&self, tasks: &[usize], begun: bool) -> Result<Option<u64>> {
        let Script { folder, .. } = self.script;
        let logs = folder.join(Script::LOGS);
        make_folder(&logs)?;
        let script = folder.join("job.sh");
        write_atomic(&script, self.script.text().as_bytes())?;
        let at_once = self.slurm().at_once.map(|n| format!("%{n}")).unwrap_or_default();
        let array = format!("--array={}{at_once}", ranges(tasks));
        let problem = match tell("sbatch", &["--parsable".as_ref(), array.as_ref(), script.as_os_str()])? {
            Answer::Output(text) => {
                // In a federation the name of the cluster follows.
                let number = text.trim().split(';').next().and_then(|number| number.parse().ok());
                if number.is_some() {
                    return Ok(number);
                }
                format!("answered {text:?} instead of the number of a job")
            }
            // It may have come through all the same: then the queue shows it at the next look.
            Answer::Away(_) if begun => return Ok(None),
            Answer::Away(said) => return Err(away_for_long("sbatch", said)),
            Answer::Refused(problem) => problem,
        };
        let script = quoted(&script.display().to_string());
        let remedy = format!("mend what is asked for; `sbatch {array} {script}` tries it by hand");
        Err(LmcError::Slurm { program: "sbatch", problem, remedy })
    }

    fn slurm(&self) -> &Slurm {
        self.script.slurm
    }

    /// Returns the error of the first task that failed for good.
    fn failure(&self, tasks: &[Task]) -> LmcError {
        let failed: Vec<(usize, &Task)> =
            tasks.iter().enumerate().filter(|(_, t)| t.failed.is_some()).collect();
        let (task, first) = failed.first().copied().unwrap_or((0, &tasks[0]));
        let array = first.array.unwrap_or_default();
        let log = self.script.folder.join(Script::LOGS).join(format!("{task}-{array}.log"));
        let tail = std::fs::read(&log).map(|bytes| tail_of(&String::from_utf8_lossy(&bytes)));
        LmcError::SlurmTask {
            job: array,
            task,
            ended: first.failed.clone().unwrap_or_default(),
            others: failed.len().saturating_sub(1),
            tail: tail.unwrap_or_else(|error| format!("(it cannot be read: {error})")),
            log,
        }
    }

    /// Returns the message about the work that an interrupt leaves behind.
    fn interrupted(&self, tasks: &[Task]) -> String {
        let arrays: BTreeSet<u64> = tasks.iter().filter_map(|task| task.array).collect();
        let arrays: Vec<String> = arrays.iter().map(u64::to_string).collect();
        let ((total, pieces), name) = (&self.pieces, self.script.name);
        let done = format!("{} of {total} {pieces} are in the store", self.progress.done());
        if arrays.is_empty() {
            return format!("{done}; nothing was submitted");
        }
        let jobs = format!("{} {}", if arrays.len() == 1 { "job" } else { "jobs" }, arrays.join(", "));
        format!(
            "{done}; Slurm goes on with {jobs}: run the same call again to follow, or `scancel --name={name}` to end it"
        )
    }
}

fn away_for_long(program: &'static str, problem: String) -> LmcError {
    let remedy = "what was submitted goes on; run the same call again to follow it".to_owned();
    LmcError::Slurm { program, problem, remedy }
}

/// Sleeps, unless there is an interrupt.
fn sleep(time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        interrupt::check(String::new)?;
        std::thread::sleep(Duration::from_millis(50).min(time));
    }
    interrupt::check(String::new)
}
