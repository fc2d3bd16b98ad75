//! Slurm's programs and their answers: output, a refusal, or silence because the controller is away.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::Slurm;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The answer of a program of Slurm.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Its output.
    Output(String),
    /// Why it refused.
    Refused(String),
    /// The controller did not answer; it may be starting again.
    Away(String),
}

/// The time between two checks for an interrupt while a program runs.
const INTERVAL: Duration = Duration::from_millis(50);

/// The messages of those programs if the controller does not answer in time.
const AWAY: [&str; 5] = [
    "Unable to contact slurm controller",
    "Socket timed out",
    "Zero Bytes were transmitted",
    "standby mode",
    "Connection refused",
];

/// Variables that are kept: the programs would take a job's other variables for requests about the next job.
const KEPT: [&str; 3] = ["SLURM_CONF", "SLURM_CLUSTERS", "SLURM_JWT"];

/// Asks a program that changes something, which is waited for in any case.
///
/// # Errors
/// [`LmcError::Slurm`] if it is not on this machine.
pub(super) fn tell(program: &'static str, arguments: &[impl AsRef<OsStr>]) -> Result<Answer> {
    answer(program, command(program, arguments).output())
}

/// Asks a program that only looks; after an interrupt its answer is not awaited.
///
/// # Errors
/// The errors of [`tell`], and [`LmcError::Interrupted`].
pub(super) fn ask(program: &'static str, arguments: &[impl AsRef<OsStr>]) -> Result<Answer> {
    let mut command = command(program, arguments);
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(command.output()));
    loop {
        match receiver.recv_timeout(INTERVAL) {
            Ok(output) => return answer(program, output),
            Err(RecvTimeoutError::Timeout) => interrupt::check(|| format!("{program} was asked"))?,
            Err(RecvTimeoutError::Disconnected) => return answer(program, Err(ErrorKind::BrokenPipe.into())),
        }
    }
}

/// Returns the command, in a process group of its own: Ctrl-C on a terminal is for `lmc`.
fn command(program: &'static str, arguments: &[impl AsRef<OsStr>]) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command.args(arguments).process_group(0).stdin(std::process::Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("SLURM_") && !KEPT.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
}

fn answer(program: &'static str, output: std::io::Result<std::process::Output>) -> Result<Answer> {
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(LmcError::Slurm {
                program,
                problem: "not found on this machine".to_owned(),
                remedy: "run this where jobs are submitted, with Slurm's programs in PATH, or without Slurm"
                    .to_owned(),
            });
        }
        Err(error) => return Ok(Answer::Refused(error.to_string())),
    };
    if output.status.success() {
        return Ok(Answer::Output(String::from_utf8_lossy(&output.stdout).into_owned()));
    }
    Ok(failure(program, &String::from_utf8_lossy(&output.stderr)))
}

/// Returns the message of a program that failed, in one line.
fn failure(program: &str, said: &str) -> Answer {
    let prefix = format!("{program}: ");
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix(&prefix).unwrap_or(line))
        .map(|line| line.strip_prefix("error: ").unwrap_or(line))
        .collect();
    let text = if lines.is_empty() { "it failed without a word".to_owned() } else { lines.join("; ") };
    if AWAY.iter().any(|sign| text.contains(sign)) { Answer::Away(text) } else { Answer::Refused(text) }
}

impl Slurm {
    /// Returns whether Slurm's programs are on this machine and its controller answers.
    pub fn answers() -> bool {
        matches!(ask("sinfo", &["--noheader"]), Ok(Answer::Output(_)))
    }
}

/// Returns the most tasks that an array may have on this cluster, if it says so.
///
/// # Errors
/// The errors of [`ask`].
#[doc(hidden)]
pub fn max_array_size() -> Result<Option<usize>> {
    Ok(match ask("scontrol", &["show", "config"])? {
        Answer::Output(text) => max_array_size_of(&text),
        Answer::Refused(_) | Answer::Away(_) => None,
    })
}

fn max_array_size_of(config: &str) -> Option<usize> {
    let line = config.lines().find_map(|line| line.trim_start().strip_prefix("MaxArraySize"))?;
    line.trim_start_matches([' ', '=']).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_and_an_absent_controller_is_not_one() {
        let partition = "sbatch: error: invalid partition specified: nope\n\
                         sbatch: error: Batch job submission failed: Invalid partition name specified\n";
        assert_eq!(
            failure("sbatch", partition),
            Answer::Refused(
                "invalid partition specified: nope; Batch job submission failed: Invalid partition name specified"
                    .into()
            )
        );
        let away = [
            ("squeue", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"),
            (
                "sbatch",
                "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n",
            ),
        ];
        for (program, said) in away {
            assert!(matches!(failure(program, said), Answer::Away(_)), "{said}");
        }
        assert_eq!(failure("sbatch", "\n"), Answer::Refused("it failed without a word".into()));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_with_what_to_do() {
        let error = tell("lmc-no-such-program", &["x"]).unwrap_err();
        assert!(matches!(error, LmcError::Slurm { program: "lmc-no-such-program", .. }));
        assert!(
            error.to_string().starts_with("lmc-no-such-program: not found on this machine; run this where")
        );
    }

    #[test]
    fn outputs_come_back() {
        assert_eq!(ask("echo", &["a", "b"]).unwrap(), Answer::Output("a b\n".into()));
        assert!(matches!(ask("false", &[""; 0]).unwrap(), Answer::Refused(_)));
    }

    #[test]
    fn the_most_tasks_are_in_the_configuration() {
        let config = "MailProg                = /bin/mail\nMaxArraySize            = 1001\n\
                      MaxBatchRequeue         = 5\nMaxDBDMsgs              = 20024\n";
        assert_eq!(max_array_size_of(config), Some(1001));
        assert_eq!(max_array_size_of("MailProg = /bin/mail\n"), None);
    }
}
