//! The cargo that compiles a kernel's cells: the real one, made fast for the work that a notebook repeats.
//!
//! - A cell after the first is compiled by the same call of rustc as the one before, without asking cargo
//!   whether any of the several hundred crates below it has changed ([`build`]).
//! - Questions about the crates are answered from earlier answers ([`answers`]).
//! - rust-analyzer is only shown the crates whose types cells meet ([`view`]).
//!
//! A toolchain folder links to the real one, except for this cargo; rustup takes its path for a toolchain's
//! name.

mod answers;
mod build;
mod message;
mod view;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::environment::{CELLS, LOCK, this_program};

/// The variable with the path of the real cargo.
const REAL: &str = "LMC_KERNEL_CARGO";

/// Acts as cargo, or as a wrapper of rustc, if this program was started as such.
pub fn hook() -> Option<Result<ExitCode>> {
    if std::env::var_os(build::RECORD).is_some() && std::env::var_os(REAL).is_some() && !is_cargo() {
        return Some(build::record());
    }
    is_cargo().then(run)
}

fn is_cargo() -> bool {
    let name = std::env::args_os().next().map(PathBuf::from);
    name.is_some_and(|name| name.file_stem().is_some_and(|stem| stem == "cargo"))
}

fn run() -> Result<ExitCode> {
    let real = PathBuf::from(std::env::var_os(REAL).with_context(|| format!("{REAL} is not set"))?);
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let all_text = words.len() == arguments.len();
    if let Some(cells) = std::env::var_os(CELLS).map(PathBuf::from).filter(|_| all_text) {
        if build::applies(&words) {
            return build::run(&real, &words, &cells);
        }
        if let Some(folder) = answers::folder(&words) {
            return answers::run(&real, &words, &cells, &folder);
        }
    }
    Err(Command::new(&real).args(&arguments).exec()).with_context(|| format!("run {}", real.display()))
}

/// Gives the cells the versions of the clone. evcxr first compiles a cell without dependencies, after which
/// cargo has forgotten them.
fn lock_versions(cells: &Path) -> Result<()> {
    let Some(lock) = std::env::var_os(LOCK) else { return Ok(()) };
    std::fs::copy(&lock, cells.join("Cargo.lock")).with_context(|| format!("copy {}", lock.display()))?;
    Ok(())
}

/// Returns a folder that is the toolchain of this compiler but has this program as its cargo, and the real
/// cargo.
pub fn toolchain(cache: &Cache, sysroot: &Path) -> Result<(PathBuf, PathBuf)> {
    let folder = cache.evcxr().join("toolchain");
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).with_context(|| format!("create folder {}", bin.display()))?;
    for (from, to) in [(sysroot.to_owned(), folder.clone()), (sysroot.join("bin"), bin.clone())] {
        for entry in std::fs::read_dir(&from).with_context(|| format!("read {}", from.display()))? {
            let name = entry?.file_name();
            if name != "bin" && name != "cargo" {
                link(&from.join(&name), &to.join(&name))?;
            }
        }
    }
    link(&this_program()?, &bin.join("cargo"))?;
    Ok((folder, sysroot.join("bin/cargo")))
}

/// Returns the variables that make cells use that toolchain.
pub fn variables(folder: &Path, real: &Path, answers: &Path) -> Vec<(&'static str, OsString)> {
    vec![("RUSTUP_TOOLCHAIN", folder.into()), (REAL, real.into()), (answers::FOLDER, answers.into())]
}

/// Makes a symbolic link, which is replaced in one step if it leads elsewhere.
fn link(to: &Path, at: &Path) -> Result<()> {
    if std::fs::read_link(at).is_ok_and(|old| old == to) {
        return Ok(());
    }
    let new = at.with_extension(format!("new-{}", std::process::id()));
    std::os::unix::fs::symlink(to, &new)
        .and_then(|()| std::fs::rename(&new, at))
        .with_context(|| format!("link {} to {}", at.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_the_real_one_but_for_its_cargo() {
        let temp = tempfile::tempdir().unwrap();
        let sysroot = temp.path().join("real");
        for file in ["bin/cargo", "bin/rustc", "lib/librustc_driver.so"] {
            let path = sysroot.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        let cache = Cache::at(&temp.path().join("cache"));
        let (folder, real) = toolchain(&cache, &sysroot).unwrap();
        assert_eq!(real, sysroot.join("bin/cargo"));
        assert_eq!(std::fs::read_to_string(folder.join("bin/rustc")).unwrap(), "bin/rustc");
        assert!(folder.join("lib/librustc_driver.so").exists());
        assert_eq!(std::fs::read_link(folder.join("bin/cargo")).unwrap(), std::env::current_exe().unwrap());
        // A new compiler takes the place of the old one.
        let other = temp.path().join("other");
        std::fs::rename(&sysroot, &other).unwrap();
        toolchain(&cache, &other).unwrap();
        assert!(folder.join("bin/rustc").exists());
    }
}
