//! The processes that an interrupt reaches.

use std::collections::HashMap;
use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Stops the compilers of a cell: everything below a relay except evcxr's kernel itself and the process of
/// the cells.
pub fn stop_compilers(relay: u32, cells: Option<i32>) {
    let (parents, relay) = (parents(), relay as i32);
    for &pid in parents.keys() {
        let line: Vec<i32> = ancestry(pid, &parents).collect();
        let is_deep = line.iter().skip(2).any(|&at| at == relay);
        if is_deep && !line.iter().any(|&at| Some(at) == cells) {
            send(pid, Signal::TERM);
        }
    }
}

/// Ends everything below a relay.
pub fn end_all(relay: u32) {
    let (parents, relay) = (parents(), relay as i32);
    let below = parents.keys().filter(|&&pid| ancestry(pid, &parents).skip(1).any(|at| at == relay));
    below.for_each(|&pid| send(pid, Signal::KILL));
}

fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // A process that has ended meanwhile needs no signal.
        kill_process(pid, signal).ok();
    }
}

/// Returns a process, its parent, and so on.
fn ancestry(pid: i32, parents: &HashMap<i32, i32>) -> impl Iterator<Item = i32> {
    std::iter::successors(Some(pid), |pid| parents.get(pid).copied())
}

/// Returns the parent of every process.
fn parents() -> HashMap<i32, i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let status = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name, in brackets, may hold anything; the state follows, then the parent.
            let parent = status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn only_what_is_below_evcxrs_kernel_is_stopped() {
        // Stand-ins: a relay, below it a kernel, below that a compiler and the process of the cells.
        let kernel = "sleep 60 & echo $!; sleep 61 & echo $!; wait";
        let mut relay = Command::new("sh")
            .args(["-c", &format!("(echo $$; exec sh -c '{kernel}') & echo $!; wait")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(relay.stdout.take().unwrap()).lines();
        let mut pids: Vec<i32> = (0..4).map(|_| lines.next().unwrap().unwrap().parse().unwrap()).collect();
        pids.sort_unstable();
        let [_relay, kernel, compiler, cells] = pids[..] else { panic!("{pids:?}") };
        stop_compilers(relay.id(), Some(cells));
        assert!(is_gone(compiler));
        assert!(parents().contains_key(&cells) && parents().contains_key(&kernel));
        end_all(relay.id());
        assert!(is_gone(cells) && is_gone(kernel));
        relay.wait().unwrap();
    }

    fn is_gone(pid: i32) -> bool {
        (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        })
    }
}
