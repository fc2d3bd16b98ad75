//! The gallery: one picture of every figure, from the notebook that has it, and the cell that makes it.
//!
//! `LMC_WRITE_GALLERY=1 cargo test -p lmc-tests --test house gallery` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lmc::figure::{self, Figure};
use lmc::polars::df;
use lmc_tests::notebook::{clone_root, course};
use serde_json::Value;

use crate::surface::reexported;

const PAGE: &str = "lmc/docs/gallery.md";
const FOLDER: &str = "lmc/docs/gallery";
/// Functions of `lmc::figure` that return no figure.
const HELPERS: [&str; 4] = ["by", "groups_by_basin", "groups_by_score", "parts"];
const INTRODUCTION: &str = "# Gallery

One picture of every figure of `lmc::figure`, with the cell that makes it and the notebook that has it. In a
notebook they are interactive: hover shows a model and its numbers. `figure.save(\"name.png\")` writes a
picture; `.svg`, `.html` and `.json` work too.
";
const OWN: &str = "## Tables of your own

These take any table and the names of its columns.
";

/// A picture of a figure.
struct Picture {
    png: Vec<u8>,
    title: String,
    /// The code that makes it.
    code: String,
}

/// The text of a member of a cell, which notebooks have as a list of lines.
fn text(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// The functions that return a figure.
fn functions() -> Vec<String> {
    let names = reexported(&std::fs::read_to_string(clone_root().join("lmc/src/figure.rs")).unwrap());
    let is_function =
        |name: &String| name.starts_with(char::is_lowercase) && !HELPERS.contains(&name.as_str());
    names.into_iter().filter(is_function).collect()
}

/// The first picture of each function in a notebook.
fn pictures(notebook: &Value, functions: &[String]) -> Vec<(String, Picture)> {
    let mut found = Vec::new();
    for cell in notebook["cells"].as_array().unwrap() {
        let code = text(&cell["source"]);
        let outputs = cell["outputs"].as_array().map_or(&[][..], Vec::as_slice);
        let Some(data) =
            outputs.iter().map(|output| &output["data"]).find(|data| data.get("image/png").is_some())
        else {
            continue;
        };
        // A cell shows its last expression.
        let place = |name: &String| code.rfind(&format!("figure::{name}(")).map(|at| (at, name.clone()));
        if let Some((_, name)) = functions.iter().filter_map(place).max() {
            let png = STANDARD.decode(text(&data["image/png"]).replace('\n', "")).unwrap();
            let title = text(&data["text/plain"]).split('"').nth(1).unwrap_or_default().to_owned();
            found.push((name, Picture { png, title, code: code.clone() }));
        }
    }
    found
}

/// Figures of tables that no notebook has.
fn of_tables() -> Vec<(String, Picture)> {
    let losses = df!("updates" => [1, 10, 100], "loss" => [1.1, 0.7, 0.2]).unwrap();
    let scores = df!("model" => ["s1", "s2", "s3"], "accuracy" => [0.61, 0.84, 0.58]).unwrap();
    let gaps =
        df!("a" => ["s1", "s1", "s2"], "b" => ["s2", "s3", "s3"], "gap" => [0.12, 0.01, 0.15]).unwrap();
    let picture = |name: &str, figure: Figure, code: &str| {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("figure.png");
        figure.save(&file).unwrap();
        let (png, title) = (std::fs::read(file).unwrap(), name.to_owned());
        (name.to_owned(), Picture { png, title, code: code.to_owned() })
    };
    vec![
        picture(
            "line",
            figure::line(&losses, "updates", "loss").unwrap(),
            "let losses = df!(\"updates\" => [1, 10, 100], \"loss\" => [1.1, 0.7, 0.2])?;\n\
             figure::line(&losses, \"updates\", \"loss\")?",
        ),
        picture(
            "bar",
            figure::bar(&scores, "model", "accuracy").unwrap(),
            "let scores = df!(\"model\" => [\"s1\", \"s2\", \"s3\"], \"accuracy\" => [0.61, 0.84, 0.58])?;\n\
             figure::bar(&scores, \"model\", \"accuracy\")?",
        ),
        picture(
            "heatmap",
            figure::heatmap(&gaps, "a", "b", "gap").unwrap(),
            "let gaps = df!(\"a\" => [\"s1\", \"s1\", \"s2\"], \"b\" => [\"s2\", \"s3\", \"s3\"],\n    \
             \"gap\" => [0.12, 0.01, 0.15])?;\nfigure::heatmap(&gaps, \"a\", \"b\", \"gap\")?",
        ),
    ]
}

/// The page and the pictures of the gallery, by their paths in the project.
fn gallery() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut left = functions();
    let (mut page, mut files) = (INTRODUCTION.to_owned(), BTreeMap::new());
    let mut add = |page: &mut String, (name, picture): (String, Picture)| {
        let Picture { png, title, code } = picture;
        write!(page, "\n### `{name}`\n![{title}](gallery/{name}.png)\n\n```rust\n{}\n```\n", code.trim_end())
            .unwrap();
        files.insert(PathBuf::from(format!("{FOLDER}/{name}.png")), png);
    };
    for path in course() {
        let notebook: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut found = pictures(&notebook, &left);
        found.retain(|(name, _)| {
            left.iter().position(|other| other == name).map(|at| left.remove(at)).is_some()
        });
        if !found.is_empty() {
            let file = path.file_name().unwrap().to_string_lossy();
            let heading = text(&notebook["cells"][0]["source"]);
            let heading = heading.lines().next().unwrap().trim_start_matches("# ").to_owned();
            write!(page, "\n## [{heading}](../../notebooks/{file})\n").unwrap();
        }
        found.into_iter().for_each(|one| add(&mut page, one));
    }
    write!(page, "\n{OWN}").unwrap();
    for one in of_tables() {
        left.retain(|name| *name != one.0);
        add(&mut page, one);
    }
    assert!(left.is_empty(), "no notebook has a picture of {left:?}");
    files.insert(PathBuf::from(PAGE), page.into_bytes());
    files
}

#[test]
fn the_gallery_has_every_figure_as_the_notebooks_have_it() {
    let expected = gallery();
    if std::env::var_os("LMC_WRITE_GALLERY").is_some() {
        let _ = std::fs::remove_dir_all(clone_root().join(FOLDER));
        std::fs::create_dir_all(clone_root().join(FOLDER)).unwrap();
        expected.iter().for_each(|(path, bytes)| std::fs::write(clone_root().join(path), bytes).unwrap());
    }
    let remedy = "write the gallery anew by LMC_WRITE_GALLERY=1 cargo test -p lmc-tests --test house gallery";
    for (path, bytes) in &expected {
        let found = std::fs::read(clone_root().join(path)).unwrap_or_default();
        assert!(found == *bytes, "{} is not that of the notebooks: {remedy}", path.display());
    }
    let n = std::fs::read_dir(clone_root().join(FOLDER)).unwrap().count();
    assert_eq!(n + 1, expected.len(), "a picture of no figure is in {FOLDER}: {remedy}");
}
