//! Checks the guide in `lmc/docs`: its chapters, its messages, and the links that leave it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lmc_tests::notebook::{self, clone_root};

use crate::links::guide;

const DOCS: &str = "lmc/docs";
/// Pieces of a message that are shorter may stand anywhere.
const SHORTEST: usize = 6;

fn read(path: impl AsRef<Path>) -> String {
    let path = clone_root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_page_is_a_chapter_once() {
    let list = read(format!("{DOCS}/SUMMARY.md"));
    let chapters: Vec<&str> =
        list.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)).collect();
    let once: BTreeSet<&str> = chapters.iter().copied().collect();
    assert_eq!(once.len(), chapters.len(), "a chapter comes twice: {chapters:?}");
    let pages = guide();
    let names = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap());
    let expected: BTreeSet<&str> = names.filter(|name| *name != "SUMMARY.md").collect();
    assert_eq!(once, expected, "{DOCS}/SUMMARY.md lists other pages than there are");
    assert_eq!(chapters[0], "start.md");
}

/// Returns the files below a folder that end in `.rs`.
fn sources(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(path),
            false => Vec::from_iter(path.extension().is_some_and(|end| end == "rs").then_some(path)),
        })
        .collect()
}

/// Returns a source with every string in one line.
fn joined(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.trim_start())
}

/// Returns the messages of a page: lines of boxes of text, and the first column of the table under *Set-up*.
fn messages(page: &str) -> Vec<&str> {
    let boxes = page.split("```text\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let set_up = page.split("\n## ").find(|part| part.starts_with("Set-up\n")).unwrap();
    let rows = set_up.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0));
    boxes.flat_map(|(text, _)| text.lines()).chain(rows).collect()
}

#[test]
fn messages_of_troubleshooting_are_real() {
    let folders = ["lmc/src", "lmc/crates"].map(|folder| sources(clone_root().join(folder)));
    let files = folders.concat().into_iter().map(|path| joined(&read(path)));
    // What bad-input.md shows is compared with the command.
    let known = files.chain([read("kernel-setup/common.sh"), read(format!("{DOCS}/bad-input.md"))]);
    let known = known.collect::<Vec<_>>().join("\n");
    let page = read(format!("{DOCS}/troubleshooting.md"));
    let messages = messages(&page);
    assert!(messages.len() > 30, "{messages:?}");
    for message in messages {
        let pieces = message.split('…').map(str::trim).filter(|piece| piece.len() >= SHORTEST);
        let pieces: Vec<&str> = pieces.collect();
        assert!(!pieces.is_empty(), "`{message}` says nothing");
        for piece in pieces {
            assert!(known.contains(piece), "no message has `{piece}` of `{message}`");
        }
    }
}

/// Runs the preprocessor of the book on a page.
fn preprocessed(content: &str, base: Option<&str>) -> String {
    let docs = clone_root().join(DOCS);
    let options = serde_json::json!({ "preprocessor": { "outside": { "base": base } } });
    let context = serde_json::json!({ "root": docs, "config": options });
    let chapter = |inner: serde_json::Value| serde_json::json!({ "Chapter": { "content": content, "sub_items": inner } });
    let book = serde_json::json!({ "items": [chapter(serde_json::json!([chapter(serde_json::json!([]))]))] });
    let mut command = Command::new(notebook::cache().join("venv/bin/python"));
    command.arg("outside.py").current_dir(&docs).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = serde_json::json!([context, book]).to_string();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let book: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |pointer: &str| book.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let inner = text("/items/0/Chapter/sub_items/0/Chapter/content");
    assert_eq!(text("/items/0/Chapter/content"), inner);
    inner
}

#[test]
fn links_that_leave_the_book_lead_to_the_clone() {
    let page = "[a](../src/lib.rs) [b](start.md#set-up) [c](../../README.md#start) ![d](gallery/bar.png)";
    let there = preprocessed(page, Some("https://host/lmc/"));
    let expected = "[a](https://host/lmc/lmc/src/lib.rs) [b](start.md#set-up) \
                    [c](https://host/lmc/README.md#start) ![d](gallery/bar.png)";
    assert_eq!(there, expected);
    let here = preprocessed(page, None);
    let root = clone_root();
    assert!(here.contains(&format!("[c](file://{}/README.md#start)", root.display())), "{here}");
}
