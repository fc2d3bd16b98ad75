//! Compiling a cell: the first time in a kernel through cargo, which sees to every crate below it, then by the same call
//! of rustc as long as dependencies and options stay the same.

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

/// Whether these are the arguments with which evcxr compiles a cell.
pub fn applies(words: &[&str]) -> bool {
    words.contains(&"build") && words.contains(&"--message-format=json")
}

/// Compiles the cell and says so as cargo does.
pub fn run(real: &Path, words: &[&str], cells: &Path) -> Result<ExitCode> {
    let target = cells.join("target");
    let (record, stamp_file) = (target.join("lmc-rustc.json"), target.join("lmc-rustc.stamp"));
    let stamp = stamp(words, cells)?;
    if let Some(stamp) = &stamp
        && std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == *stamp)
        && let Some(call) = read(&record)
    {
        return again(&call);
    }
    for stale in [&record, &stamp_file] {
        std::fs::remove_file(stale).ok();
    }
    let mut command = Command::new(real);
    command.args(words);
    if std::env::var_os("RUSTC_WRAPPER").is_none() {
        command.env("RUSTC_WRAPPER", std::env::current_exe()?).env(RECORD, &record);
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
    if let Some(stamp) = stamp.filter(|_| status.success()) {
        std::fs::write(&stamp_file, stamp)?;
    }
    Ok(code(status))
}

/// What must be the same for a call to be made again; nothing outside of a kernel.
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

/// The library that a call makes.
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
            variables: variables.filter(|(name, _)| name != RECORD).collect(),
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
        assert!(!applies(&["check", "--message-format=json"]) && !applies(&["build"]));
    }

    #[test]
    fn a_call_knows_its_library() {
        let call = Call {
            program: "rustc".into(),
            arguments: ["--crate-name", "ctx", "--out-dir", "/cells/target/deps"].map(str::to_owned).into(),
            folder: "/cells".into(),
            variables: BTreeMap::new(),
        };
        assert_eq!(library(&call), Some(PathBuf::from("/cells/target/deps/libctx.so")));
        assert_eq!(read(Path::new("/none")), None);
    }
}
