//! Processes that seem to themselves to be on different hosts, and a folder that they share over a network
//! protocol.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The program of the protocol's other end.
const SERVERS: [&str; 3] =
    ["/usr/lib/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/openssh/sftp-server"];
const LIMIT: Duration = Duration::from_secs(180);

/// Returns a command for a program on a host of that name, with process numbers, a host name and a network of
/// its own. The program ends when the command is killed.
pub fn on_host(name: &str, program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--pid",
        "--uts",
        "--net",
        "--mount-proc",
        "--fork",
        "--kill-child=KILL",
        "--",
        "sh",
        "-c",
    ]);
    command.args(["hostname \"$1\" && shift && exec \"$@\"", "sh", name]).arg(program).stdin(Stdio::null());
    command
}

/// Returns whether there can be such hosts here: the system allows them to few users.
pub fn can_have_hosts() -> bool {
    succeeds(&mut on_host("node1", Path::new("true")))
}

/// A folder on a server, mounted by SFTP. It is a network file system without locks between its clients, and
/// each client caches writes and names for a while.
pub struct NetworkFolder {
    /// The folder of the server.
    pub server: PathBuf,
    script: PathBuf,
}

/// One client's view of the folder; it is removed at the end.
pub struct Mount(pub PathBuf);

impl NetworkFolder {
    /// Returns the folder `server` below `at`, or none if a program that it needs is missing.
    pub fn new(at: &Path) -> Option<Self> {
        let program = SERVERS.iter().find(|program| Path::new(program).exists())?;
        let (server, script) = (at.join("server"), at.join("connect"));
        std::fs::create_dir(&server).unwrap();
        std::fs::write(&script, format!("#!/bin/sh\nexec {program}\n")).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
        Some(Self { server, script })
    }

    /// Mounts it at a new folder.
    pub fn mount(&self, at: &Path, options: &[&str]) -> Option<Mount> {
        std::fs::create_dir(at).unwrap();
        let mut sshfs = Command::new("sshfs");
        sshfs.arg("-o").arg(format!("ssh_command={}", self.script.display()));
        sshfs.args(options).arg(format!("server:{}", self.server.display())).arg(at);
        succeeds(&mut sshfs).then(|| Mount(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Waits until a condition holds.
///
/// # Panics
///
/// If that takes too long.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what} takes more than {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
