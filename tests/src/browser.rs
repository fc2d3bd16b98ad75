//! Scripts of `tests/browser`, which drive headless Chromium, and the programs that they need.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::notebook::cache;
use crate::script;
use crate::skip::say;

/// Chromium, the Python of the set-up with Playwright, and a folder for pictures.
#[derive(Debug)]
pub struct Browser {
    chromium: PathBuf,
    python: PathBuf,
    screenshots: PathBuf,
}

impl Browser {
    /// Returns the programs that `test` needs; if one is missing, says so on the terminal and returns `None`.
    /// Pictures go to the folder `LMC_SCREENSHOTS` or else to `screenshots` in `target`.
    ///
    /// # Panics
    ///
    /// If one is missing in continuous integration (`CI` is set), where nothing is skipped.
    pub fn find(test: &str, target: &str) -> Option<Self> {
        let python = cache().join("venv/bin/python");
        let (chromium, missing) = (chromium(), missing_package(&python));
        let chromium = match (chromium, missing) {
            (Some(chromium), None) => chromium,
            (None, _) => {
                return skip(
                    test,
                    "Chromium was not found",
                    "install it ('apt-get install chromium') or set LMC_CHROMIUM to it",
                );
            }
            (_, Some(missing)) => return skip(test, &missing, "run ./kernel-setup/test, which installs it"),
        };
        let screenshots =
            variable("LMC_SCREENSHOTS").map_or_else(|| Path::new(target).join("screenshots"), PathBuf::from);
        fs::create_dir_all(&screenshots).unwrap_or_else(|error| panic!("{}: {error}", screenshots.display()));
        Some(Self { chromium, python, screenshots: screenshots.canonicalize().expect("just made") })
    }

    /// Runs a script of `tests/browser` to its end; its output goes to the terminal.
    ///
    /// # Panics
    ///
    /// If the script fails or leaves processes behind.
    pub fn run(&self, name: &str, arguments: &[&Path]) {
        self.run_under(&[], name, arguments);
    }

    /// Runs a script without network: in an empty network namespace, or where that is not allowed with
    /// proxies that do not answer.
    ///
    /// # Panics
    ///
    /// As [`Browser::run`].
    pub fn run_offline(&self, name: &str, arguments: &[&Path]) {
        let ways: [&[&str]; 2] = [&["unshare", "--net"], &["unshare", "--map-root-user", "--net"]];
        let allowed = |way: &&&[&str]| {
            let status = Command::new(way[0]).args(&way[1..]).arg("true").stderr(Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        };
        let way = ways.iter().find(allowed).copied();
        if way.is_none() {
            say(
                "note: no network namespace may be made here: closed proxies take the place of an absent network",
            );
        }
        self.run_under(way.unwrap_or(&["env", "LMC_CLOSED_PROXY=127.0.0.1:9"]), name, arguments);
    }

    fn run_under(&self, wrapper: &[&str], name: &str, arguments: &[&Path]) {
        let mut command = script::command(wrapper, &self.python, &format!("browser/{name}"));
        command.args(arguments);
        command.env("LMC_CHROMIUM", &self.chromium).env("LMC_SCREENSHOTS", &self.screenshots);
        script::run(&mut command);
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn chromium() -> Option<PathBuf> {
    if let Some(named) = variable("LMC_CHROMIUM") {
        return Some(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser"].map(OsStr::new);
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

fn missing_package(python: &Path) -> Option<String> {
    let output = Command::new(python).args(["-c", "import playwright"]).output();
    let found = output.is_ok_and(|output| output.status.success());
    (!found).then(|| format!("{} has no Playwright", python.display()))
}

fn skip<T>(test: &str, cause: &str, remedy: &str) -> Option<T> {
    let line = format!("SKIPPED: {test} because {cause}; to run it: {remedy}");
    assert!(variable("CI").is_none(), "in continuous integration nothing may be skipped. {line}");
    say(&line);
    None
}
