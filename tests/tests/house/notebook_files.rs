//! Checks the notebooks as files: that Jupyter reads them, that it writes the same bytes, and that tags keep
//! their promise of figures.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use lmc_tests::notebook;
use serde_json::{Value, json};

const VALIDATE: &str = r#"
import json, sys, nbformat
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    try:
        nbformat.validate(json.loads(text))
    except nbformat.ValidationError as error:
        sys.exit(f"{path}: {error}")
    if nbformat.writes(nbformat.reads(text, as_version=4)) + "\n" != text:
        sys.exit(f"{path} is not formatted as Jupyter writes it")
"#;

/// The folders in which a machine's users have theirs: kept outputs say `~`
/// (kernel-setup/notebook_places.py).
const HOMES: [&str; 4] = ["/root/", "/home/", "/Users/", "/work/"];

/// Returns the faults of a notebook, besides those that Jupyter's own validation finds.
fn faults(notebook: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if (&notebook["nbformat"], &notebook["nbformat_minor"]) != (&json!(4), &json!(5)) {
        faults.push("the format is not 4.5".to_owned());
    }
    let kernel = json!({ "name": "lmc", "display_name": "Rust (lmc)", "language": "rust" });
    if notebook["metadata"]["kernelspec"] != kernel {
        faults.push(format!("the kernel is {}", notebook["metadata"]["kernelspec"]));
    }
    let language = &notebook["metadata"]["language_info"];
    if (&language["name"], &language["file_extension"]) != (&json!("rust"), &json!(".rs")) {
        faults.push(format!("the language is {language}"));
    }
    let mut ids = HashSet::new();
    for (index, cell) in notebook::cells(notebook).enumerate() {
        if !cell["id"].as_str().is_some_and(|id| ids.insert(id)) {
            faults.push(format!("cell {index} has no id of its own"));
        }
        let shown = cell["outputs"].to_string();
        if let Some(home) = HOMES.iter().find(|home| shown.contains(**home)) {
            faults.push(format!("cell {index} shows a folder of a machine below {home}"));
        }
        match (notebook::figures(cell), notebook::is_tagged(cell, "figure")) {
            (0, true) => faults.push(format!("cell {index} is tagged `figure` and shows none")),
            (1.., false) => faults.push(format!("cell {index} shows a figure and is not tagged `figure`")),
            _ => {}
        }
    }
    faults
}

#[test]
fn the_course_keeps_to_the_conventions() {
    for path in notebook::course() {
        let faults = faults(&notebook::read(&path));
        assert!(faults.is_empty(), "{}: {faults:#?}", path.display());
    }
}

#[test]
fn every_fault_is_found() {
    let figure = json!({ "data": { "image/png": format!("iVBORw0KGgo{}", "A".repeat(1000)),
                                   "application/vnd.plotly.v1+json": { "data": [{}] } } });
    let notebook = json!({
        "nbformat": 4, "nbformat_minor": 4, "metadata": { "kernelspec": { "name": "rust" } },
        "cells": [
            { "id": "a", "metadata": { "tags": ["figure"] }, "outputs": [] },
            { "id": "a", "metadata": {}, "outputs": [figure] },
            { "metadata": {}, "outputs": [{ "name": "stdout", "text": ["in /home/me/.cache\n"] }] },
            { "id": "b", "metadata": { "tags": ["figure"] }, "outputs": [figure] },
        ],
    });
    let expected = [
        "the format is not 4.5",
        "the kernel is",
        "the language is",
        "cell 0 is tagged",
        "cell 1 has no id",
        "cell 1 shows a figure",
        "cell 2 has no id",
        "cell 2 shows a folder of a machine below /home/",
    ];
    let faults = faults(&notebook);
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(expected) {
        assert!(fault.starts_with(start), "{faults:#?}");
    }
}

/// Returns the verdict of nbformat.
fn validate(paths: &[impl AsRef<Path>]) -> Result<(), String> {
    let python = notebook::cache().join("venv/bin/python");
    let mut command = Command::new(&python);
    command.args(["-c", VALIDATE]).args(paths.iter().map(AsRef::as_ref));
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run ./kernel-setup/test", python.display()));
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn jupyter_finds_the_course_valid_and_would_write_the_same_bytes() {
    assert_eq!(validate(&notebook::course()), Ok(()));
}

#[test]
fn jupyter_finds_faults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.ipynb");
    let mut notebook = notebook::read(&notebook::course()[0]);
    std::fs::write(&path, notebook.to_string()).unwrap();
    assert!(validate(&[&path]).unwrap_err().contains("not formatted"));
    notebook["cells"][0]["cell_type"] = json!("prose");
    std::fs::write(&path, notebook.to_string()).unwrap();
    assert!(validate(&[&path]).unwrap_err().contains("prose"));
}
