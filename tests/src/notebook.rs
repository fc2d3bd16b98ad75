//! Runs notebooks in the real kernel, as the walkthrough does, and reads their outputs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const REMEDY: &str = "run ./kernel-setup/test, which sets it up";
const PLOTLY: &str = "application/vnd.plotly.v1+json";

/// Returns the root of this clone.
pub fn clone_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the clone exists")
}

/// Returns the cache folder of the set-up.
pub fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("LMC_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|base| base.join("lmc")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/lmc")))
        .expect("HOME is set")
}

/// Returns the notebooks of the course, in their order.
pub fn course() -> Vec<PathBuf> {
    let folder = clone_root().join("notebooks");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ipynb"));
    paths.sort();
    assert!(!paths.is_empty(), "there are no notebooks in {}", folder.display());
    paths
}

/// Returns the Python of the set-up, in whose environment the kernel is installed.
///
/// # Panics
///
/// If the kernel is not installed.
pub fn python() -> PathBuf {
    let venv = cache().join("venv");
    let kernel = venv.join("share/jupyter/kernels/lmc/kernel.json");
    assert!(kernel.is_file(), "the kernel is not installed ({} is missing): {REMEDY}", kernel.display());
    venv.join("bin/python")
}

/// Returns a command that runs notebooks in the kernel and writes the executed copies and `report.json` into
/// `out`.
///
/// # Panics
///
/// If the kernel is not installed.
pub fn runner(out: &Path) -> Command {
    let mut command = Command::new(python());
    command
        .arg(clone_root().join("kernel-setup/run_notebooks.py"))
        .arg("--out")
        .arg(out)
        .stdin(Stdio::null());
    command
}

/// Returns the report of a run: one object per notebook.
pub fn report(out: &Path) -> Vec<Value> {
    match read(&out.join("report.json")) {
        Value::Array(reports) => reports,
        other => panic!("a report is a list, not {other}"),
    }
}

/// Returns the content of a JSON file, such as a notebook.
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

/// Returns the cells of a notebook.
pub fn cells(notebook: &Value) -> impl Iterator<Item = &Value> {
    notebook["cells"].as_array().into_iter().flatten()
}

/// Returns whether a cell has that tag.
pub fn is_tagged(cell: &Value, tag: &str) -> bool {
    cell["metadata"]["tags"].as_array().is_some_and(|tags| tags.contains(&tag.into()))
}

/// Returns the number of outputs of a cell that are figures: an interactive one with traces, and the same as
/// a PNG.
pub fn figures(cell: &Value) -> usize {
    cell["outputs"].as_array().into_iter().flatten().filter(|output| is_figure(output)).count()
}

/// Returns what a cell printed and returned: texts, tables and the numbers behind figures. What it told on the
/// way, such as progress, notes and forecasts of time, is left out.
pub fn results(cell: &Value) -> Vec<Value> {
    let outputs = cell["outputs"].as_array().into_iter().flatten();
    let result = |output: &Value| match output["output_type"].as_str() {
        Some("stream") if output["name"] == "stdout" => printed(&output["text"]),
        Some("execute_result") => {
            let mut data = output["data"].clone();
            data.as_object_mut()?.remove("image/png");
            Some(data)
        }
        _ => None,
    };
    outputs.filter_map(result).collect()
}

/// Returns the lines of a stream that a cell printed itself, if there are any.
fn printed(text: &Value) -> Option<Value> {
    let whole = match text {
        Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect(),
        text => text.as_str()?.to_owned(),
    };
    let is_told = |line: &&str| line.starts_with("note: ") || line.contains("FLOP, about ");
    let lines: Vec<&str> = whole.lines().filter(|line| !is_told(line) && !line.is_empty()).collect();
    (!lines.is_empty()).then(|| json!(lines))
}

/// Returns the number of figures of a notebook.
pub fn n_figures(notebook: &Value) -> usize {
    cells(notebook).map(figures).sum()
}

/// Removes everything that a run left in a notebook.
pub fn clear(notebook: &mut Value) {
    let cells = notebook["cells"].as_array_mut().into_iter().flatten();
    for cell in cells.filter(|cell| cell["cell_type"] == "code") {
        cell["outputs"] = json!([]);
        cell["execution_count"] = Value::Null;
    }
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

    #[test]
    fn a_cleared_notebook_keeps_its_sources() {
        let text = json!({ "cell_type": "markdown", "source": "text" });
        let code = |outputs: Value, count: Value| json!({ "cell_type": "code", "source": "1", "outputs": outputs, "execution_count": count });
        let mut notebook = json!({ "cells": [text, code(json!([{ "data": {} }]), json!(7))] });
        clear(&mut notebook);
        assert_eq!(notebook, json!({ "cells": [text, code(json!([]), Value::Null)] }));
    }
}
