//! Questions to cargo whose answers depend only on manifests and lock files: asked once, then answered from a
//! file.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::view;
use crate::environment::{LOCK, write_if_changed};
use crate::stamp::Stamp;

/// The variable with the folder of answers.
pub const FOLDER: &str = "LMC_KERNEL_ANSWERS";
/// A placeholder for the folder of the cells, which differs from kernel to kernel.
const HERE: &str = "\u{1}cells\u{1}";

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    code: u8,
    stdout: String,
    stderr: String,
}

/// Returns the folder of answers, if this is a question that has one.
pub fn folder(words: &[&str]) -> Option<PathBuf> {
    let is_question =
        words.iter().any(|word| ["metadata", "locate-project", "--version", "config"].contains(word))
            || words.contains(&"rustc") && words.contains(&"--print");
    std::env::var_os(FOLDER).map(PathBuf::from).filter(|_| is_question)
}

/// Answers the question.
pub fn run(real: &Path, words: &[&str], cells: &Path, folder: &Path) -> Result<ExitCode> {
    let here = cells.to_string_lossy();
    let file = folder.join(key(real, words, cells)?);
    let kept = std::fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok());
    let answer = match kept {
        Some(answer) => answer,
        None => {
            super::lock_versions(cells)?;
            let mut answer = ask(real, words)?;
            if view::applies(words, cells) && answer.code == 0 {
                answer.stdout = view::narrow(&answer.stdout)?;
            }
            let general = Answer {
                stdout: answer.stdout.replace(&*here, HERE),
                stderr: answer.stderr.replace(&*here, HERE),
                ..answer
            };
            // A failure may be that of the network.
            if general.code == 0 {
                write_if_changed(&file, &serde_json::to_string(&general)?)?;
            }
            general
        }
    };
    eprint!("{}", answer.stderr.replace(HERE, &here));
    print!("{}", answer.stdout.replace(HERE, &here));
    Ok(ExitCode::from(answer.code))
}

fn ask(real: &Path, words: &[&str]) -> Result<Answer> {
    let output =
        Command::new(real).args(words).output().with_context(|| format!("run {}", real.display()))?;
    Ok(Answer {
        code: output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Returns a name for the question and everything that its answer depends on.
fn key(real: &Path, words: &[&str], cells: &Path) -> Result<String> {
    let here = cells.to_string_lossy();
    let general = |text: &str| text.replace(&*here, HERE);
    let modified = std::fs::metadata(real)?.modified()?.duration_since(UNIX_EPOCH)?;
    let folder = std::env::current_dir()?;
    let mut stamp = Stamp::default()
        .text("launcher", env!("CARGO_PKG_VERSION"))
        .text("cargo", &format!("{} {}", real.display(), modified.as_nanos()))
        .text("folder", &general(&folder.to_string_lossy()));
    for word in without_temporary(words) {
        stamp = stamp.text("argument", &general(word));
    }
    for file in dependencies(cells) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        stamp = stamp.text(&general(&file.to_string_lossy()), &text);
    }
    Ok(format!("{}.json", stamp.finish()))
}

/// Leaves out the path to which rust-analyzer copies a lock file: it is a new folder each time and decides
/// nothing.
fn without_temporary<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let temporary = |at: usize| at > 0 && words[at - 1] == "--lockfile-path";
    (0..words.len()).filter(move |&at| !temporary(at)).map(|at| words[at])
}

/// Returns the manifests and the lock files that answers depend on: those of the cells, of crates that they
/// name by path with the crates below those in `crates`, and of the clone.
fn dependencies(cells: &Path) -> Vec<PathBuf> {
    let manifest = cells.join("Cargo.toml");
    let table: Table = std::fs::read_to_string(&manifest).unwrap_or_default().parse().unwrap_or_default();
    let named = table.get("dependencies").and_then(Value::as_table).into_iter().flatten();
    let paths = named.filter_map(|(_, dependency)| dependency.get("path")?.as_str());
    let mut files: Vec<PathBuf> = paths.flat_map(|path| manifests(&cells.join(path))).collect();
    files.push(manifest);
    match std::env::var_os(LOCK).map(PathBuf::from) {
        // The versions of the cells are those of the clone, whatever evcxr has written meanwhile.
        Some(lock) => files.extend([lock.with_file_name("Cargo.toml"), lock]),
        None => files.push(cells.join("Cargo.lock")),
    }
    files
}

/// Returns the manifest of a crate and those of the crates in its folder `crates`, in order.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let parts = std::fs::read_dir(folder.join("crates")).into_iter().flatten().flatten();
    let mut manifests: Vec<PathBuf> = parts.map(|part| part.path().join("Cargo.toml")).collect();
    manifests.push(folder.join("Cargo.toml"));
    manifests.sort();
    manifests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_depends_on_manifests_and_not_on_the_slot() {
        let temp = tempfile::tempdir().unwrap();
        let lmc = temp.path().join("lmc");
        std::fs::create_dir(&lmc).unwrap();
        std::fs::write(lmc.join("Cargo.toml"), "[package]").unwrap();
        let slot = |name: &str| {
            let cells = temp.path().join(name);
            std::fs::create_dir_all(&cells).unwrap();
            let manifest = format!("[dependencies]\nlmc = {{ path = \"{}\" }}", lmc.display());
            std::fs::write(cells.join("Cargo.toml"), manifest).unwrap();
            cells
        };
        let (first, second) = (slot("1"), slot("2"));
        let real = std::env::current_exe().unwrap();
        let of = |cells: &Path, word: &str| {
            let path = cells.join("Cargo.toml").to_string_lossy().into_owned();
            key(&real, &[word, &path, "--lockfile-path", &format!("/tmp/{word}")], cells).unwrap()
        };
        let kept = of(&first, "metadata");
        assert_eq!(kept, of(&second, "metadata"));
        assert_ne!(kept, of(&first, "config"));
        std::fs::write(lmc.join("Cargo.toml"), "[package]\nname = \"lmc\"").unwrap();
        let renamed = of(&first, "metadata");
        assert_ne!(kept, renamed);
        let part = lmc.join("crates/maths");
        std::fs::create_dir_all(&part).unwrap();
        std::fs::write(part.join("Cargo.toml"), "[package]").unwrap();
        assert_ne!(renamed, of(&first, "metadata"), "a crate below that one changed");
    }

    #[test]
    fn an_answer_is_asked_once_and_has_the_paths_of_its_slot() {
        let temp = tempfile::tempdir().unwrap();
        let real = temp.path().join("cargo");
        let asked = temp.path().join("asked");
        let script = format!("#!/bin/sh\necho x >> {}\necho \"$2\"\n", asked.display());
        std::fs::write(&real, script).unwrap();
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&real, permissions).unwrap();
        let answers = temp.path().join("answers");
        for slot in ["1", "2"] {
            let cells = temp.path().join(slot);
            std::fs::create_dir_all(&cells).unwrap();
            let manifest = cells.join("Cargo.toml").to_string_lossy().into_owned();
            run(&real, &["locate-project", &manifest], &cells, &answers).unwrap();
        }
        assert_eq!(std::fs::read_to_string(asked).unwrap().lines().count(), 1);
        let file = std::fs::read_dir(&answers).unwrap().next().unwrap().unwrap().path();
        let answer: Answer = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(answer.stdout, format!("{HERE}/Cargo.toml\n"));
    }
}
