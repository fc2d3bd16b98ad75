//! The answer of `squeue` about the tasks of an array.

use std::collections::BTreeMap;

use super::command::{Answer, ask};
use lmc_base::error::{LmcError, Result};

/// States that a job does not leave by itself (squeue(1), "JOB STATE CODES"); in any other it still is, waits
/// or comes back.
const ENDED: [&str; 11] = [
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "LAUNCH_FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
];

/// The fields that are asked for each task: array, number, state, node, reason.
const FORMAT: &str = "%F|%K|%T|%N|%r";

/// A task of an array in Slurm's queue, or one that was there a short while ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The number of the job array.
    pub array: u64,
    /// The state in Slurm's words, such as `TIMEOUT`.
    pub state: String,
    /// The node, empty before there was one.
    pub node: String,
    /// The reason why it waits or ended, in Slurm's words; "None" if there is no reason.
    pub reason: String,
}

impl Record {
    /// Returns whether it runs, waits or will come back.
    pub fn is_active(&self) -> bool {
        !ENDED.contains(&self.state.as_str())
    }

    /// Returns whether it has a node.
    pub fn is_running(&self) -> bool {
        self.is_active() && !self.node.is_empty()
    }
}

/// Returns the latest record of each task of the arrays with that name. If the controller is away, it returns
/// the message of `squeue` instead.
///
/// # Errors
/// [`LmcError::Slurm`] if there is no `squeue` or it refuses to answer; [`LmcError::Interrupted`].
pub(super) fn look(name: &str) -> Result<std::result::Result<BTreeMap<usize, Record>, String>> {
    let name = format!("--name={name}");
    let format = format!("--format={FORMAT}");
    match ask("squeue", &["--noheader", "--array", "--states=all", &name, &format])? {
        Answer::Output(text) => Ok(Ok(latest(&text))),
        Answer::Away(said) => Ok(Err(said)),
        Answer::Refused(problem) => Err(LmcError::Slurm {
            program: "squeue",
            problem,
            remedy: "see whether it works by itself; jobs that were submitted go on".to_owned(),
        }),
    }
}

/// Returns the number of an array with that name that has a running or waiting task, if there is one; the
/// last if there are several.
///
/// # Errors
/// [`LmcError::Slurm`] if there is no `squeue`, or it refuses or fails to answer; [`LmcError::Interrupted`].
#[doc(hidden)]
pub fn array_in_queue(name: &str) -> Result<Option<u64>> {
    match look(name)? {
        Ok(records) => Ok(records.values().filter(|r| r.is_active()).map(|record| record.array).max()),
        Err(problem) => {
            let remedy = "run the same call again when it answers".to_owned();
            Err(LmcError::Slurm { program: "squeue", problem, remedy })
        }
    }
}

/// Returns the record of each task that belongs to the last array, from the output of `squeue`.
fn latest(text: &str) -> BTreeMap<usize, Record> {
    let mut tasks: BTreeMap<usize, Record> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.trim().splitn(5, '|').collect();
        let &[array, task, state, node, reason] = fields.as_slice() else { continue };
        // Jobs that are not arrays have N/A for the number of the task.
        let (Ok(array), Ok(task)) = (array.parse(), task.parse()) else { continue };
        let record = Record { array, state: state.into(), node: node.into(), reason: reason.into() };
        if tasks.get(&task).is_none_or(|known| known.array <= record.array) {
            tasks.insert(task, record);
        }
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by squeue 22.05.8 for arrays of one name.
    const SAID: &str = "\
6|1|PENDING||BeginTime
6|2|CANCELLED||BeginTime
6|3|CANCELLED|node1|None
14|7|FAILED|node3|JobLaunchFailure
16|N/A|PENDING||(Nodes required for job are DOWN, DRAINED)
22|3|COMPLETED|node1|None
22|4|FAILED|node2|JobLaunchFailure
22|2|FAILED|node3|NonZeroExitCode
26|7|RUNNING|node3|None
13|0|TIMEOUT|node1|TimeLimit
28|4|COMPLETING|node2|None
";

    #[test]
    fn the_last_array_of_a_task_counts() {
        let tasks = latest(SAID);
        let state = |task: usize| (tasks[&task].array, tasks[&task].state.as_str(), tasks[&task].is_active());
        assert_eq!(tasks.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 7]);
        assert_eq!(state(0), (13, "TIMEOUT", false));
        assert_eq!(state(1), (6, "PENDING", true));
        assert_eq!(state(2), (22, "FAILED", false));
        assert_eq!(state(3), (22, "COMPLETED", false));
        assert_eq!(state(4), (28, "COMPLETING", true));
        assert_eq!(state(7), (26, "RUNNING", true));
        assert!(tasks[&7].is_running() && !tasks[&1].is_running() && !tasks[&0].is_running());
        assert_eq!((tasks[&2].node.as_str(), tasks[&2].reason.as_str()), ("node3", "NonZeroExitCode"));
        assert!(latest("").is_empty() && latest("slurm_load_jobs error\n").is_empty());
    }
}
