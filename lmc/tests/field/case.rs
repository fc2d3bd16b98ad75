//! Cases, the folder that each works in, and assertions about a run of the command.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tempfile::TempDir;

static HANDLED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// One input, or a few of one kind.
pub struct Case {
    /// The kind of fault, a short word.
    pub row: &'static str,
    /// A description of the input.
    pub what: &'static str,
    /// The test: makes the input, runs the command and checks its result.
    pub test: fn(&Place),
}

impl Case {
    /// Runs the case in a folder of its own.
    pub fn run(&self) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        (self.test)(&Place { folder });
    }
}

/// Returns how many inputs were tried, and with which results.
pub fn count() -> String {
    let (handled, refused) = (HANDLED.load(Relaxed), REFUSED.load(Relaxed));
    format!("{} inputs tried: {handled} handled, {refused} refused with a reason", handled + refused)
}

/// The folder of a case: `work`, in which the command runs, and a store of its own.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// Returns the path of a file in the working folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// Writes a file, with the folders above it, and returns its path.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Returns the command with arguments, in the working folder, with no model, corpus or setting of the
    /// user's in sight.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
        command.args(arguments);
        self.prepared(command)
    }

    /// Returns a command of another program, prepared as [`Place::command`] does.
    pub fn prepared(&self, mut command: Command) -> Command {
        command.current_dir(self.path("")).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let starts =
                ["HF_", "HUGGING", "TRANSFORMERS_", "PYTORCH_", "SSL_CERT", "REQUESTS_CA", "CURL_CA", "LMC_"];
            if starts.iter().any(|start| text.starts_with(start)) || text.to_lowercase().ends_with("_proxy") {
                command.env_remove(&name);
            }
        }
        command
            .env("LMC_HOME", self.folder.path().join("store"))
            .env("HF_HOME", self.folder.path().join("hub"))
            .env("HF_HUB_OFFLINE", "1")
            .env("LMC_PROGRESS", "off")
            .env("LMC_THREADS", "1");
        command
    }

    /// Runs `lmc` with arguments that are divided at spaces.
    pub fn lmc(&self, arguments: &str) -> Ran {
        self.ran(self.command(arguments.split_whitespace()))
    }

    /// Runs a command that [`Place::command`] made and the case changed.
    pub fn ran(&self, mut command: Command) -> Ran {
        let line = format!("{command:?}");
        Ran { line, output: command.output().unwrap() }
    }

    /// Returns the number of files in the store: 0 says that nothing was computed.
    pub fn n_stored(&self) -> usize {
        fn files(folder: &Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
        }
        files(&self.folder.path().join("store"))
    }
}

/// The result of a command.
pub struct Ran {
    line: String,
    output: Output,
}

impl Ran {
    /// Returns the text on its standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Returns the text on its standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Returns its exit code; none if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Asserts that the input was taken: exit code 0, no panic. Returns what it printed.
    #[track_caller]
    pub fn handled(&self) -> String {
        HANDLED.fetch_add(1, Relaxed);
        assert_eq!(self.output.status.code(), Some(0), "{}\n{}", self.line, self.stderr());
        self.stdout()
    }

    /// Asserts that the input was taken, with a note that has these parts on either output.
    #[track_caller]
    pub fn noted(&self, parts: &[&str]) -> String {
        let printed = self.handled();
        self.says(&format!("{printed}{}", self.stderr()), parts);
        printed
    }

    /// Returns its standard error without the notes: the one line of an error.
    pub fn message(&self) -> String {
        self.stderr().lines().filter(|line| !line.starts_with("note: ")).collect::<Vec<_>>().join("\n")
    }

    /// Asserts that the input was refused by one line with these parts: exit code 1, nothing printed. Notes
    /// may stand above the line.
    #[track_caller]
    pub fn refused(&self, parts: &[&str]) {
        REFUSED.fetch_add(1, Relaxed);
        let message = self.message();
        assert_eq!(self.output.status.code(), Some(1), "{}\n{message}", self.line);
        assert!(message.starts_with("lmc: ") && message.lines().count() == 1, "{}\n{message}", self.line);
        assert_eq!(self.stdout(), "", "{}", self.line);
        self.says(&message, parts);
    }

    /// Asserts that a part of the work failed: exit code 1 and these parts on the standard error. Returns the
    /// output about the rest.
    #[track_caller]
    pub fn failed(&self, parts: &[&str]) -> String {
        REFUSED.fetch_add(1, Relaxed);
        assert_eq!(self.output.status.code(), Some(1), "{}\n{}", self.line, self.stderr());
        self.says(&self.stderr(), parts);
        self.stdout()
    }

    /// Asserts that the command line itself was refused: exit code 2.
    #[track_caller]
    pub fn misused(&self, parts: &[&str]) {
        REFUSED.fetch_add(1, Relaxed);
        let message = self.stderr();
        assert_eq!(self.output.status.code(), Some(2), "{}\n{message}", self.line);
        self.says(&message, parts);
    }

    #[track_caller]
    fn says(&self, text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(part), "{}\n`{part}` is not in\n{text}", self.line);
        }
    }
}
