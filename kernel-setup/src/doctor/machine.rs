//! Findings about the machine.

use std::path::Path;
use std::process::Command;

use super::finding::Finding;
use crate::cache::Cache;

/// The space that a set-up and a few kernels need, in GiB.
const DISK: u64 = 2;

/// Returns the findings about programs, sources and space.
pub fn findings(cache: &Cache, clone: Option<&Path>) -> Vec<Finding> {
    let folder = clone.unwrap_or(Path::new("."));
    let rustup = "install Rust with rustup (rustup.rs)";
    vec![
        program("rustc", folder, rustup),
        program("cargo", folder, rustup),
        sources(folder),
        program("c++", folder, "install a C++ compiler, for example apt-get install g++"),
        disk(cache.root()),
    ]
}

/// Returns the first line that a program prints, if it succeeds.
pub fn first_line(program: &Path, arguments: &[&str], folder: &Path) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

fn program(name: &'static str, folder: &Path, remedy: &str) -> Finding {
    match first_line(Path::new(name), &["--version"], folder) {
        Some(version) => Finding::good(name, version),
        None => Finding::bad(name, "does not run", remedy),
    }
}

fn sources(folder: &Path) -> Finding {
    let what = "rust-src";
    let sysroot = first_line(Path::new("rustc"), &["--print", "sysroot"], folder).unwrap_or_default();
    let library = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    if library.is_dir() {
        return Finding::good(what, library.display().to_string());
    }
    let found = "the sources of the standard library are missing: types of variables are not inferred";
    Finding::bad(what, found, "rustup component add rust-src")
}

fn disk(folder: &Path) -> Finding {
    let what = "free disk";
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let remedy = "free some space, or set LMC_CACHE to a folder on a larger disk";
    match rustix::fs::statvfs(existing) {
        Ok(disk) => {
            let free = disk.f_bavail * disk.f_frsize;
            let found = format!("{:.1} GiB", free as f64 / (1u64 << 30) as f64);
            if free >> 30 >= DISK { Finding::good(what, found) } else { Finding::bad(what, found, remedy) }
        }
        Err(error) => Finding::bad(what, format!("{}: {error}", existing.display()), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_has_a_remedy() {
        let finding = program("no-such-program", Path::new("."), "install it");
        assert_eq!(finding, Finding::bad("no-such-program", "does not run", "install it"));
    }

    #[test]
    fn the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent() {
        let temp = tempfile::tempdir().unwrap();
        assert!(disk(&temp.path().join("a/b")).found.ends_with(" GiB"));
    }
}
