//! Commands that start processes of their own, none of which may outlive the test.

use std::fs;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// The variable that marks all processes that a command starts, directly or not.
const MARK: &str = "LMC_TEST_PROCESSES";
/// The time that processes have to end after the one that started them.
const GRACE: Duration = Duration::from_secs(5);

/// Waits for a command; its processes are killed after `limit`, and when this returns or panics.
///
/// # Panics
///
/// If the command does not start, takes too long, or succeeds and leaves processes behind.
pub fn run(command: &mut Command, limit: Duration) -> ExitStatus {
    let family = Family::new();
    let mut child =
        command.env(MARK, &family.mark).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status;
        }
        assert!(start.elapsed() < limit, "{command:?} took more than {} s", limit.as_secs());
        std::thread::sleep(Duration::from_millis(100));
    };
    if status.success() {
        let left = family.wait();
        assert!(left.is_empty(), "{command:?} left processes behind: {left:#?}");
    }
    status
}

struct Family {
    mark: String,
}

impl Family {
    fn new() -> Self {
        let thread = std::thread::current().id();
        Self { mark: format!("{}-{thread:?}", std::process::id()) }
    }

    /// Returns the living processes: id and command line.
    fn members(&self) -> Vec<(u32, String)> {
        let entry = format!("{MARK}={}", self.mark);
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        ids.filter_map(|process| {
            let id = process.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(process.path().join("environ")).ok()?;
            environment.split(|&byte| byte == 0).any(|variable| variable == entry.as_bytes()).then_some(())?;
            let line = fs::read(process.path().join("cmdline")).ok()?;
            Some((id, String::from_utf8_lossy(&line).replace('\0', " ")))
        })
        .collect()
    }

    /// Returns the processes that still live after a while. A process that becomes another program has no
    /// environment for a moment, so none counts only if it is seen twice.
    fn wait(&self) -> Vec<(u32, String)> {
        let start = Instant::now();
        let mut was_empty = false;
        loop {
            let members = self.members();
            if (members.is_empty() && was_empty) || start.elapsed() > GRACE {
                return members;
            }
            was_empty = members.is_empty();
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Family {
    /// Kills the remaining processes, and any that they start meanwhile.
    fn drop(&mut self) {
        for _ in 0..10 {
            let ids: Vec<String> = self.members().iter().map(|(id, _)| id.to_string()).collect();
            if ids.is_empty() {
                return;
            }
            let _ = Command::new("sh").args(["-c", "kill -KILL \"$@\"", "kill"]).args(&ids).status();
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Returns how many processes sleep for that many seconds.
    fn sleepers(seconds: &str) -> usize {
        let line = format!("sleep\0{seconds}\0");
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes.filter(|p| fs::read(p.path().join("cmdline")).is_ok_and(|l| l == line.as_bytes())).count()
    }

    #[test]
    fn the_status_comes_back() {
        assert!(run(&mut shell("exit 0"), GRACE).success());
        assert_eq!(run(&mut shell("exit 3"), GRACE).code(), Some(3));
    }

    #[test]
    fn what_a_failed_command_leaves_is_killed() {
        assert!(!run(&mut shell("setsid sleep 86401 & exit 1"), GRACE).success());
        assert_eq!(sleepers("86401"), 0);
    }

    #[test]
    fn a_command_that_succeeds_must_leave_nothing() {
        let run = || run(&mut shell("setsid sleep 86402 &"), GRACE);
        let message = panic::catch_unwind(run).unwrap_err();
        assert!(message.downcast_ref::<String>().unwrap().contains("sleep 86402"));
        assert_eq!(sleepers("86402"), 0);
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed() {
        let run = || run(&mut shell("sleep 86403"), Duration::from_millis(300));
        assert!(panic::catch_unwind(run).is_err());
        assert_eq!(sleepers("86403"), 0);
    }
}
