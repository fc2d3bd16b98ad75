//! The holder of a claim: a process, told apart from all others of its host and of other hosts.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The process that holds a claim, as described in the file of the claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Holder {
    /// The name of the host, for people who look into the file.
    host: String,
    /// The place where the process can be looked for: the boot of the kernel, the namespace of process
    /// numbers, and the user, whose own processes nothing hides. None if the system does not say.
    place: Option<String>,
    pid: u32,
    /// The time when the process started, in ticks of the kernel: process numbers are used again.
    started: Option<u64>,
    /// The number of the claim among the claims of the process.
    number: u64,
    /// The seconds after which a claim without a sign of life is abandoned.
    lease_seconds: u64,
}

impl Holder {
    /// Returns this process as the holder of a new claim of its own.
    pub fn new(lease: Duration) -> Self {
        static CLAIMS: AtomicU64 = AtomicU64::new(0);
        let pid = std::process::id();
        Self {
            host: host(),
            place: place(),
            pid,
            started: started(pid),
            number: CLAIMS.fetch_add(1, Ordering::Relaxed),
            lease_seconds: lease.as_secs(),
        }
    }

    /// Returns how long its claim may go without a sign of life.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// Returns whether it is known to have ended, which is only known of a process that would be visible
    /// here.
    pub fn has_ended(&self) -> bool {
        self.place.is_some()
            && self.started.is_some()
            && self.place == place()
            && started(self.pid) != self.started
    }
}

/// Returns the name of this host, or of the container.
pub(super) fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "host".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns where the processes live that this one sees; none without a `/proc` of its own namespace.
fn place() -> Option<String> {
    let own = fs::read_link("/proc/self").ok()?;
    if own.to_str()?.parse() != Ok(std::process::id()) {
        return None;
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let user = fs::metadata("/proc/self").ok()?.uid();
    Some(format!("{} {} user {user}", boot.trim(), namespace.display()))
}

/// Returns when a process started, in ticks since the boot; none if it is not there, or has ended and only
/// waits for its parent.
fn started(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold anything; the state follows it.
    let mut fields = text[text.rfind(')')? + 1..].split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn of(pid: u32) -> Holder {
        Holder { pid, started: started(pid), ..Holder::new(Duration::from_secs(7)) }
    }

    #[test]
    fn a_process_is_alive_until_it_ends_and_no_longer() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let (own, holder) = (of(std::process::id()), of(child.id()));
        assert!(holder.started.is_some() && holder.place.is_some(), "{holder:?}");
        assert!(holder.started >= own.started, "{holder:?} {own:?}");
        assert!(!own.has_ended() && !holder.has_ended());
        child.kill().unwrap();
        // Dead, but not yet waited for.
        while started(child.id()).is_some() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(holder.has_ended());
        child.wait().unwrap();
        assert!(holder.has_ended());
        let later = Holder { started: own.started.map(|ticks| ticks + 1), ..own.clone() };
        assert!(later.has_ended(), "another process of the same number");
    }

    #[test]
    fn nothing_is_known_of_processes_elsewhere() {
        let gone = Holder { started: Some(1), ..of(std::process::id()) };
        assert!(gone.has_ended());
        for place in [None, Some("another boot".to_owned())] {
            assert!(!Holder { place, ..gone.clone() }.has_ended());
        }
        assert!(!Holder { started: None, ..gone.clone() }.has_ended());
        let text = serde_json::to_string(&gone).unwrap();
        assert_eq!(serde_json::from_str::<Holder>(&text).unwrap(), gone);
        assert_ne!(Holder::new(gone.lease()).number, gone.number);
    }
}
