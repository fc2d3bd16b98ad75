//! A real Slurm cluster on this machine, of a few nodes that share it: nothing of it is left at the end.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The time that the cluster may take to start, and a part of it to end.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);
/// The options of `setpriv` that end a daemon with a test that is killed.
const WITH_THE_TEST: [&str; 2] = ["--pdeathsig", "KILL"];
/// The programs of a cluster.
const PROGRAMS: [&str; 8] =
    ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "sinfo", "setpriv"];

/// A controller and nodes `node1`, `node2`, ... of one processor each, with their own key, ports and folders.
pub struct Cluster {
    folder: TempDir,
    munged: Child,
    controller: Option<Child>,
    nodes: Vec<Child>,
}

impl Cluster {
    /// Starts a cluster of that many nodes and waits until all are idle. Returns the cause if Slurm is not
    /// installed.
    ///
    /// # Panics
    ///
    /// If it is installed and does not start.
    pub fn start(n_nodes: usize) -> Result<Self, String> {
        for program in PROGRAMS {
            if find(program).is_none() {
                return Err(format!("no {program} on this machine (apt-get install slurm-wlm munge)"));
            }
        }
        let folder = tempfile::Builder::new()
            .prefix("lmc-slurm-")
            // Anyone must be able to reach the socket of munged.
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .expect("a temporary folder can be made");
        let root = folder.path();
        for name in ["state", "spool", "log"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        fs::write(root.join("slurm.conf"), configuration(root, n_nodes)).unwrap();
        let munged = start_munged(root);
        let mut cluster = Self { folder, munged, controller: None, nodes: Vec::new() };
        cluster.start_controller();
        for node in 1..=n_nodes {
            let name = format!("node{node}");
            fs::create_dir(cluster.path().join("spool").join(&name)).unwrap();
            let started = cluster.daemon("slurmd", &["-D", "-N", &name]);
            cluster.nodes.push(started);
        }
        cluster.wait("all nodes are idle", |cluster| {
            cluster.said("sinfo", &["-h", "-N", "-o", "%t"]).lines().filter(|state| *state == "idle").count()
                == n_nodes
        });
        Ok(cluster)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder of the cluster, which tests may use as the folder that all nodes share.
    pub fn folder(&self) -> PathBuf {
        self.path().to_owned()
    }

    /// Returns a command that finds this cluster and no other.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SLURM_") || name.to_string_lossy().starts_with("SBATCH_") {
                command.env_remove(name);
            }
        }
        command.env("SLURM_CONF", self.path().join("slurm.conf")).stdin(Stdio::null());
        command
    }

    /// Returns the output of a program of Slurm, empty while the controller is away.
    pub fn said(&self, program: &str, arguments: &[&str]) -> String {
        let output: Output = self.command(program).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Changes something by `scontrol`.
    ///
    /// # Panics
    ///
    /// If it refuses.
    pub fn scontrol(&self, arguments: &[&str]) {
        let output = self.command("scontrol").args(arguments).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "scontrol {arguments:?}: {out}{err}");
    }

    /// Kills the controller; jobs go on.
    pub fn kill_controller(&mut self) {
        self.controller.take().into_iter().for_each(end);
    }

    /// Starts the controller, which finds its state again.
    pub fn start_controller(&mut self) {
        self.controller = Some(self.daemon("slurmctld", &["-D"]));
        self.wait("the controller answers", |cluster| !cluster.said("sinfo", &["-h"]).is_empty());
    }

    /// Returns the processes of jobs whose command line has that text.
    pub fn processes(&self, text: &str) -> Vec<u32> {
        let is_job = |process: &Process| process.variables.iter().any(|v| v.starts_with("SLURM_JOB_ID="));
        let jobs =
            self.members().into_iter().filter(|process| is_job(process) && process.line.contains(text));
        jobs.map(|process| process.id).collect()
    }

    /// Returns all processes that know this cluster: daemons, jobs and commands.
    fn members(&self) -> Vec<Process> {
        let entry = format!("SLURM_CONF={}", self.path().join("slurm.conf").display());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|process| {
            let id: u32 = process.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(process.path().join("environ")).ok()?;
            let line = text(&fs::read(process.path().join("cmdline")).ok()?).replace('\0', " ");
            Some(Process { id, line, variables: environment.split(|&byte| byte == 0).map(text).collect() })
        });
        processes.filter(|process| process.variables.contains(&entry)).collect()
    }

    /// Waits until a condition holds.
    ///
    /// # Panics
    ///
    /// If that takes a minute; the last lines of the daemons' logs are printed.
    pub fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            if start.elapsed() > LIMIT {
                panic!("{what}: not so after {} s\n{}", LIMIT.as_secs(), self.logs());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Returns the last lines of the daemons' logs.
    pub fn logs(&self) -> String {
        let mut text = String::new();
        for entry in fs::read_dir(self.path().join("log")).into_iter().flatten().flatten() {
            let log = fs::read(entry.path()).unwrap_or_default();
            let log = String::from_utf8_lossy(&log);
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(20)..].join("\n");
            text += &format!("== {}\n{last}\n", entry.path().display());
        }
        text
    }

    /// Starts a daemon in the foreground; its output goes to a file.
    fn daemon(&self, program: &str, arguments: &[&str]) -> Child {
        let name = arguments.last().filter(|name| name.starts_with("node")).unwrap_or(&program);
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path().join("log").join(name))
            .unwrap();
        let mut command = self.command("setpriv");
        command.args(WITH_THE_TEST).arg(find(program).unwrap());
        command.args(arguments).stdout(log.try_clone().unwrap()).stderr(log);
        command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let start = Instant::now();
        while self.controller.is_some()
            && !self.said("squeue", &["-h", "-o", "%i"]).is_empty()
            && start.elapsed() < Duration::from_secs(10)
        {
            self.said("scancel", &["--me", "--full", "--signal=KILL"]);
            self.said("scancel", &["--me"]);
            std::thread::sleep(PAUSE);
        }
        self.nodes.drain(..).chain(self.controller.take()).for_each(end);
        // The remains of jobs may start something while they are killed.
        while !self.members().is_empty() && start.elapsed() < LIMIT {
            let ids = self.members().into_iter().map(|process| process.id.to_string());
            let _ = Command::new("sh").args(["-c", "kill -KILL \"$@\"", "kill"]).args(ids).status();
            std::thread::sleep(PAUSE);
        }
        let _ = self.munged.kill();
        let _ = self.munged.wait();
    }
}

struct Process {
    id: u32,
    line: String,
    variables: Vec<String>,
}

/// Ends a daemon, if need be by force.
fn end(mut daemon: Child) {
    let _ = Command::new("kill").arg(daemon.id().to_string()).status();
    let start = Instant::now();
    while matches!(daemon.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(PAUSE);
    }
    let _ = daemon.kill();
    let _ = daemon.wait();
}

/// Returns the file of a program; daemons lie where users do not look.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Starts authentication among the daemons, with a key of its own.
fn start_munged(root: &Path) -> Child {
    let mut key = fs::read("/proc/sys/kernel/random/uuid").unwrap();
    key.extend(fs::read("/proc/sys/kernel/random/uuid").unwrap());
    fs::write(root.join("munge.key"), key).unwrap();
    fs::set_permissions(root.join("munge.key"), Permissions::from_mode(0o600)).unwrap();
    let path = |name: &str| root.join(name).display().to_string();
    let mut command = Command::new("setpriv");
    command.args(WITH_THE_TEST).arg(find("munged").unwrap());
    command.arg("--foreground").args([
        format!("--key-file={}", path("munge.key")),
        format!("--socket={}", path("munge.socket")),
        format!("--pid-file={}", path("munged.pid")),
        format!("--seed-file={}", path("munged.seed")),
        format!("--log-file={}", path("log/munged")),
    ]);
    let log = fs::File::create(root.join("log/munged.out")).unwrap();
    let munged = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let start = Instant::now();
    while !root.join("munge.socket").exists() && start.elapsed() < LIMIT {
        std::thread::sleep(PAUSE);
    }
    munged
}

/// Returns the content of `slurm.conf`: no accounting, no control groups, jobs of one processor.
fn configuration(root: &Path, n_nodes: usize) -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = host.trim().split('.').next().unwrap_or_default();
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    let user = String::from_utf8_lossy(&user).trim().to_owned();
    // All sockets are held until all are known, so that they differ.
    let listeners: Vec<TcpListener> =
        (0..=n_nodes).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    let nodes = (1..=n_nodes).map(|node| {
        format!(
            "NodeName=node{node} NodeHostname={host} NodeAddr=127.0.0.1 Port={} CPUs=1 State=UNKNOWN\n",
            ports[node]
        )
    });
    let root = root.display();
    format!(
        "ClusterName=lmc\n\
         SlurmctldHost={host}(127.0.0.1)\n\
         SlurmctldPort={}\n\
         SlurmUser={user}\n\
         SlurmdUser={user}\n\
         AuthType=auth/munge\n\
         AuthInfo=socket={root}/munge.socket\n\
         CredType=cred/munge\n\
         StateSaveLocation={root}/state\n\
         SlurmdSpoolDir={root}/spool/%n\n\
         SlurmctldPidFile={root}/slurmctld.pid\n\
         SlurmdPidFile={root}/slurmd-%n.pid\n\
         ProctrackType=proctrack/linuxproc\n\
         TaskPlugin=task/none\n\
         JobAcctGatherType=jobacct_gather/none\n\
         AccountingStorageType=accounting_storage/none\n\
         SelectType=select/cons_tres\n\
         SelectTypeParameters=CR_Core\n\
         MpiDefault=none\n\
         ReturnToService=2\n\
         MessageTimeout=5\n\
         KillWait=5\n\
         {}PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n",
        ports[0],
        nodes.collect::<String>(),
    )
}
