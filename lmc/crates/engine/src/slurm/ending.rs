//! The end of a task, as Slurm's accounting knows it or, if there is no accounting, its controller.

use super::command::{Answer, ask};
use super::queue::Record;
use lmc_base::error::Result;

/// Returns in words how a task ended: "TIMEOUT (TimeLimit), signal 9, on node2 after 01:00:07".
///
/// `sacct` is asked first; it says nothing if accounting is disabled. `scontrol` forgets a job some minutes
/// after its end (`MinJobAge`); after that, only the answer of `squeue` is left, or nothing.
///
/// # Errors
/// [`LmcError::Interrupted`](lmc_base::error::LmcError::Interrupted).
pub(super) fn ending(array: u64, task: usize, record: Option<&Record>) -> Result<String> {
    let job = format!("{array}_{task}");
    let format = "--format=State,ExitCode,NodeList,Elapsed";
    let accounted = match ask("sacct", &["-X", "--noheader", "--parsable2", "--jobs", &job, format]) {
        Ok(Answer::Output(text)) => of_accounting(&text),
        Err(interrupted @ lmc_base::error::LmcError::Interrupted { .. }) => return Err(interrupted),
        _ => None,
    };
    let known = match accounted {
        Some(known) => Some(known),
        None => match ask("scontrol", &["show", "job", "--oneliner", &job])? {
            Answer::Output(text) => of_controller(&text),
            _ => None,
        },
    };
    let reason = record.map(|record| record.reason.as_str()).filter(|reason| !matches!(*reason, "None" | ""));
    let known = known.or_else(|| {
        let Record { state, node, .. } = record?.clone();
        Some(Known { state, node, ..Known::default() })
    });
    Ok(known.map_or_else(|| "in a way that Slurm no longer knows".to_owned(), |known| known.told(reason)))
}

/// The facts about a job that ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    state: String,
    /// Exit code and signal, such as `0:9`.
    exit: String,
    node: String,
    elapsed: String,
}

impl Known {
    fn told(&self, reason: Option<&str>) -> String {
        let Self { state, exit, node, elapsed } = self;
        let mut text = state.clone();
        text += &reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        text += &match exit.split_once(':') {
            Some(("0", "0")) | None => String::new(),
            // Slurm's own number for a job whose files it could not open.
            Some(("0", "53")) => {
                ", signal 53: its log or folder could not be opened on the node, which must share them"
                    .to_owned()
            }
            Some((code, "0")) => format!(", exit code {code}"),
            Some((_, signal)) => format!(", signal {signal}"),
        };
        if !node.is_empty() {
            text += &format!(", on {node}");
        }
        if !elapsed.is_empty() {
            text += &format!(" after {elapsed}");
        }
        text
    }
}

/// Reads the output of `sacct --parsable2`; returns `None` while accounting has not heard of the end.
fn of_accounting(text: &str) -> Option<Known> {
    let fields: Vec<&str> = text.lines().last()?.split('|').collect();
    let &[state, exit, node, elapsed] = fields.as_slice() else { return None };
    let known = Known { state: state.into(), exit: exit.into(), node: node.into(), elapsed: elapsed.into() };
    (!matches!(state, "RUNNING" | "PENDING" | "REQUEUED")).then_some(known)
}

/// Reads the output of `scontrol show job --oneliner`.
fn of_controller(text: &str) -> Option<Known> {
    let line = text.lines().next()?;
    let field = |name: &str| {
        let value = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.filter(|value| *value != "(null)").unwrap_or_default().to_owned()
    };
    let known = Known {
        state: field("JobState"),
        exit: field("ExitCode"),
        node: field("NodeList"),
        elapsed: field("RunTime"),
    };
    (!known.state.is_empty()).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by scontrol 22.05.8 of a job that was killed.
    const SHOWN: &str = "JobId=5 ArrayJobId=1 ArrayTaskId=4 JobName=j.sh UserId=root(0) GroupId=root(0) MCS_label=N/A \
        Priority=4294901759 Nice=0 Account=(null) QOS=(null) JobState=FAILED Reason=JobLaunchFailure Dependency=(null) \
        Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:9 RunTime=00:00:03 TimeLimit=UNLIMITED TimeMin=N/A \
        SubmitTime=2026-11-25T22:19:22 EligibleTime=2026-11-25T22:19:23 Partition=main AllocNode:Sid=localhost:3605 \
        ReqNodeList=(null) ExcNodeList=(null) NodeList=node2 BatchHost=node2 NumNodes=1 NumCPUs=1 NumTasks=1 \
        Command=/tmp/slab/j.sh WorkDir=/tmp/slab StdErr=/tmp/slab/log/1_4.log StdIn=/dev/null Power= \n";

    #[test]
    fn accounting_says_how_a_task_ended() {
        // Printed by sacct 22.05.8 with a database.
        let told = |text| of_accounting(text).map(|known| known.told(None));
        assert_eq!(
            told("FAILED|3:0|node3|00:00:00\n").unwrap(),
            "FAILED, exit code 3, on node3 after 00:00:00"
        );
        assert_eq!(
            told("TIMEOUT|0:9|node1|00:01:07\n").unwrap(),
            "TIMEOUT, signal 9, on node1 after 00:01:07"
        );
        assert_eq!(
            told("CANCELLED by 0|0:0|node1|00:00:02\n").unwrap(),
            "CANCELLED by 0, on node1 after 00:00:02"
        );
        assert_eq!(told("RUNNING|0:0|node1|00:01:08\n"), None);
        assert_eq!(told(""), None);
    }

    #[test]
    fn so_does_the_controller() {
        let known = of_controller(SHOWN).unwrap();
        assert_eq!(
            known.told(Some("JobLaunchFailure")),
            "FAILED (JobLaunchFailure), signal 9, on node2 after 00:00:03"
        );
        assert_eq!(of_controller("slurm_load_jobs error: Invalid job id specified\n"), None);
        let unopened = Known { exit: "0:53".into(), ..known };
        assert!(unopened.told(None).contains("could not be opened on the node"));
    }
}
