//! Running notebooks in the real kernel, as the walkthrough does, and reading what came out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const REMEDY: &str = "run ./kernel-setup/test, which sets it up";
const PLOTLY: &str = "application/vnd.plotly.v1+json";

/// The root of this clone.
pub fn clone_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the clone exists")
}

/// The cache folder of the set-up.
pub fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("LMC_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|base| base.join("lmc")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/lmc")))
        .expect("HOME is set")
}

/// A command that runs notebooks in the kernel and writes the executed copies and `report.json` into `out`.
///
/// # Panics
///
/// If the kernel is not installed.
pub fn runner(out: &Path) -> Command {
    let venv = cache().join("venv");
    let kernel = venv.join("share/jupyter/kernels/lmc/kernel.json");
    assert!(kernel.is_file(), "the kernel is not installed ({} is missing): {REMEDY}", kernel.display());
    let mut command = Command::new(venv.join("bin/python"));
    command
        .arg(clone_root().join("kernel-setup/run_notebooks.py"))
        .arg("--out")
        .arg(out)
        .stdin(Stdio::null());
    command
}

/// The report of a run: one object per notebook.
pub fn report(out: &Path) -> Vec<Value> {
    match read(&out.join("report.json")) {
        Value::Array(reports) => reports,
        other => panic!("a report is a list, not {other}"),
    }
}

/// A JSON file, such as a notebook.
pub fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a notebook of code cells, each with its tags.
pub fn write(path: &Path, cells: &[(&str, &[&str])]) {
    let cells: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(index, (source, tags))| {
            json!({ "cell_type": "code", "id": format!("cell-{index}"), "metadata": { "tags": tags }, "source": source,
                    "execution_count": null, "outputs": [] })
        })
        .collect();
    let kernel = json!({ "kernelspec": { "name": "lmc", "display_name": "Rust (lmc)", "language": "rust" } });
    let notebook = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells });
    std::fs::write(path, notebook.to_string()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// The outputs of a notebook that are figures: an interactive one with traces, and the same as a PNG.
pub fn n_figures(notebook: &Value) -> usize {
    let cells = notebook["cells"].as_array().into_iter().flatten();
    cells
        .flat_map(|cell| cell["outputs"].as_array().into_iter().flatten())
        .filter(|output| is_figure(output))
        .count()
}

fn is_figure(output: &Value) -> bool {
    let data = &output["data"];
    // The first bytes of every PNG, in Base64.
    let png =
        data["image/png"].as_str().is_some_and(|png| png.starts_with("iVBORw0KGgo") && png.len() > 1000);
    png && data[PLOTLY]["data"].as_array().is_some_and(|traces| !traces.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_needs_both_forms() {
        let png = format!("iVBORw0KGgo{}", "A".repeat(1000));
        let notebook =
            |data: Value| json!({ "cells": [{ "outputs": [{ "data": data }] }, { "source": "text" }] });
        let plot = json!({ "data": [{ "y": [1] }] });
        assert_eq!(n_figures(&notebook(json!({ "image/png": png, PLOTLY: plot }))), 1);
        assert_eq!(n_figures(&notebook(json!({ "image/png": png }))), 0);
        assert_eq!(n_figures(&notebook(json!({ "image/png": png, PLOTLY: { "data": [] } }))), 0);
        assert_eq!(n_figures(&notebook(json!({ "image/png": "iVBORw0KGgo", PLOTLY: plot }))), 0);
    }
}
