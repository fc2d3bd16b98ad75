//! The `lmc` command on bad input: exit code 1 and one line that says what is wrong.

use std::path::Path;
use std::process::{Command, Output};

fn lmc(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    command.args(arguments).env("LMC_HOME", home).env("LMC_PROGRESS", "off").output().unwrap()
}

/// Checks that the command fails with one line that has those parts, and returns nothing on its output.
fn assert_fails(home: &Path, arguments: &[&str], parts: &[&str]) {
    let output = lmc(home, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
    assert!(message.starts_with("lmc: ") && message.lines().count() == 1, "{message}");
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}

#[test]
fn bad_input_is_one_line_and_exit_code_one() {
    let home = tempfile::tempdir().unwrap();
    let cola = |seeds| ["cola", "--data", "/nowhere/data", "--encoder", "/nowhere/bert", "--seeds", seeds];
    assert_fails(home.path(), &["study", "snli"], &["unknown task `snli`", "known: mini-nli"]);
    assert_fails(home.path(), &["study", "--encoder", "/nowhere"], &["/nowhere/", "check the path"]);
    assert_fails(home.path(), &cola("1,2,1"), &["`seeds`: got 1 twice"]);
    assert_fails(home.path(), &cola("1,2"), &["/nowhere/data"]);
    let rate = [&cola("1,2")[..], &["--learning-rate", "0"]].concat();
    assert_fails(home.path(), &rate, &["`recipe.learning_rate`: got 0"]);
    let file = home.path().join("file");
    std::fs::write(&file, b"").unwrap();
    assert_fails(&file.join("store"), &["study"], &["file/store", "LMC_HOME"]);
}

#[test]
fn usage_errors_are_claps() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&["walk"][..], &["study", "--master-seed", "x"], &["cola"]] {
        let output = lmc(home.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("--help"));
    }
    let version = lmc(home.path(), &["--version"]);
    assert!(version.status.success() && version.stdout.starts_with(b"lmc "));
}
