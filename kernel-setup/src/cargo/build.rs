//! Compiling a cell: the first time in a kernel through cargo, which takes care of every crate below it, and
//! then by the same call of rustc as long as dependencies and options stay the same.
//!
//! evcxr also has a cell checked if the type of a variable cannot be inferred, mostly because of a mistake in
//! the cell. `cargo check` would first check every crate below it, for minutes; but all of them are compiled,
//! so rustc can check the cell alone.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::message::mended;
use crate::runtime::SOCKET;
use crate::stamp::Stamp;

/// The variable with the file in which the wrapper of rustc keeps the call that compiled the cell.
pub const RECORD: &str = "LMC_KERNEL_RECORD";
/// Variables that are only valid while that cargo runs.
const PASSING: [&str; 4] = [RECORD, "CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"];
/// cargo's word for checking without compiling.
const CHECK: &str = "check";
/// The crate of the cells.
const CRATE: &str = "ctx";

/// A call of rustc.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Call {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Call {
    /// Returns the same call in a form that only checks, and leaves the compiled files as they are.
    fn for_check(&self, folder: &Path) -> Result<Call> {
        std::fs::create_dir_all(folder).with_context(|| format!("create folder {}", folder.display()))?;
        let folder = folder.to_string_lossy();
        let arguments = self.arguments.iter().map(|argument| match argument.as_str() {
            emit if emit.starts_with("--emit=") => "--emit=metadata".to_owned(),
            folder_option if folder_option.starts_with("incremental=") => format!("incremental={folder}"),
            _ => argument.clone(),
        });
        let mut arguments: Vec<String> = arguments.collect();
        if let Some(at) = arguments.iter().position(|argument| argument == "--out-dir") {
            arguments[at + 1] = folder.into_owned();
        }
        let Call { program, folder, variables, .. } = self;
        Ok(Call { program: program.clone(), arguments, folder: folder.clone(), variables: variables.clone() })
    }
}

/// Returns whether these are the arguments with which evcxr compiles or checks a cell.
pub fn applies(words: &[&str]) -> bool {
    words.contains(&"--message-format=json") && words.iter().any(|word| ["build", CHECK].contains(word))
}

/// Compiles or checks the cell and says so as cargo does.
pub fn run(real: &Path, words: &[&str], cells: &Path) -> Result<ExitCode> {
    let target = cells.join("target");
    let (record, stamp_file) = (target.join("lmc-rustc.json"), target.join("lmc-rustc.stamp"));
    let is_check = words.contains(&CHECK);
    let words: Vec<&str> = words.iter().map(|&word| if word == CHECK { "build" } else { word }).collect();
    let stamp = stamp(&words, cells)?;
    if let Some(stamp) = &stamp
        && std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == *stamp)
        && let Some(call) = read(&record)
    {
        return if is_check { again(&call.for_check(&target.join("lmc-check"))?) } else { again(&call) };
    }
    for stale in [&record, &stamp_file] {
        std::fs::remove_file(stale).ok();
    }
    super::lock_versions(cells)?;
    let mut command = Command::new(real);
    command.args(&words);
    if std::env::var_os("RUSTC_WRAPPER").is_none() {
        command.env("RUSTC_WRAPPER", crate::environment::this_program()?).env(RECORD, &record);
    }
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("run {}", real.display()))?;
    let mut output = std::io::stdout().lock();
    for line in BufReader::new(child.stdout.take().context("no pipe")?).lines() {
        let line = line?;
        match serde_json::from_str::<Value>(&line) {
            Ok(mut said) if said["message"].is_object() => {
                said["message"] = mended(said["message"].take());
                writeln!(output, "{said}")?;
            }
            _ => writeln!(output, "{line}")?,
        }
    }
    let status = child.wait()?;
    // The call is there only if all crates below the cell are compiled, whether or not the cell has a
    // mistake.
    if let Some(stamp) = stamp.filter(|_| record.exists()) {
        std::fs::write(&stamp_file, stamp)?;
    }
    Ok(code(status))
}

/// Returns a digest of everything that must be the same for a call to be made again; nothing outside of a
/// kernel.
fn stamp(words: &[&str], cells: &Path) -> Result<Option<String>> {
    let Some(kernel) = std::env::var_os(SOCKET) else { return Ok(None) };
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let stamp = Stamp::default()
        .text("kernel", &kernel.to_string_lossy())
        .text("arguments", &words.join("\0"))
        .text("flags", &flags)
        .path(cells, &cells.join("Cargo.toml"))?;
    Ok(Some(stamp.finish()))
}

fn read(record: &Path) -> Option<Call> {
    serde_json::from_str(&std::fs::read_to_string(record).ok()?).ok()
}

fn code(status: std::process::ExitStatus) -> ExitCode {
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Makes the call again, and passes on what rustc says in cargo's words.
fn again(call: &Call) -> Result<ExitCode> {
    let mut child = Command::new(&call.program)
        .args(&call.arguments)
        .current_dir(&call.folder)
        .env_clear()
        .envs(&call.variables)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("run {}", call.program.display()))?;
    let mut output = std::io::stdout().lock();
    for line in BufReader::new(child.stderr.take().context("no pipe")?).lines() {
        let line = line?;
        match serde_json::from_str::<Value>(&line) {
            Ok(message) if message["level"].is_string() => {
                writeln!(output, "{}", json!({ "reason": "compiler-message", "message": mended(message) }))?;
            }
            Ok(_) => {}
            Err(_) => eprintln!("{line}"),
        }
    }
    let status = child.wait()?;
    if status.success()
        && let Some(library) = library(call)
    {
        let target = json!({ "name": CRATE });
        let artifact = json!({ "reason": "compiler-artifact", "target": target, "filenames": [library] });
        writeln!(output, "{artifact}")?;
    }
    Ok(code(status))
}

fn argument<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).map(String::as_str)
}

/// Returns the library that a call makes.
fn library(call: &Call) -> Option<PathBuf> {
    let folder = call.folder.join(argument(&call.arguments, "--out-dir")?);
    Some(folder.join(format!("{}{CRATE}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)))
}

/// Acts as the wrapper of rustc: keeps the call if it compiles the cell, and makes it.
pub fn record() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = PathBuf::from(words.next().context("rustc is not named")?);
    let arguments: Vec<_> = words.collect();
    let texts: Option<Vec<String>> = arguments.iter().map(|word| word.to_str().map(str::to_owned)).collect();
    let record = std::env::var_os(RECORD).map(PathBuf::from).context("no file for the call")?;
    if let Some(arguments) = texts.filter(|texts| argument(texts, "--crate-name") == Some(CRATE)) {
        let variables = std::env::vars_os();
        let variables =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let call = Call {
            program: program.clone(),
            arguments,
            folder: std::env::current_dir()?,
            variables: variables.filter(|(name, _)| !PASSING.contains(&name.as_str())).collect(),
        };
        std::fs::write(&record, serde_json::to_string(&call)?)
            .with_context(|| format!("write {}", record.display()))?;
    }
    Err(Command::new(&program).args(&arguments).env_remove(RECORD).exec())
        .with_context(|| format!("run {}", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_evcxrs_builds_are_repeated() {
        assert!(applies(&["build", "--target", "x", "--message-format=json"]));
        assert!(applies(&["--offline", "build", "--message-format=json"]));
        assert!(applies(&["check", "--message-format=json"]));
        assert!(!applies(&["clean", "--message-format=json"]) && !applies(&["build"]));
    }

    #[test]
    fn a_call_knows_its_library() {
        let call = Call {
            program: "rustc".into(),
            arguments: [
                "--crate-name",
                "ctx",
                "--emit=dep-info,link",
                "-C",
                "incremental=/cells/target/incremental",
                "--out-dir",
                "/cells/target/deps",
            ]
            .map(str::to_owned)
            .into(),
            folder: "/cells".into(),
            variables: BTreeMap::new(),
        };
        assert_eq!(library(&call), Some(PathBuf::from("/cells/target/deps/libctx.so")));
        let temp = tempfile::tempdir().unwrap();
        let arguments = call.for_check(temp.path()).unwrap().arguments;
        let expected =
            ["--crate-name", "ctx", "--emit=metadata", "-C", "incremental=HERE", "--out-dir", "HERE"];
        assert_eq!(arguments, expected.map(|word| word.replace("HERE", &temp.path().to_string_lossy())));
        assert_eq!(read(Path::new("/none")), None);
    }
}
