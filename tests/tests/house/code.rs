//! Rules of the house that a reader would otherwise have to watch: where modules may import from, how long
//! files are, and how modules lie in folders.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lmc_tests::notebook::clone_root;

/// The largest number of lines of a file.
const LONGEST: usize = 400;
/// The largest number of characters in a line of a page.
const WIDEST: usize = 110;

/// Returns the Rust files below a folder of the clone, with their text.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![clone_root().join(folder)]);
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let is_rust = path.extension().is_some_and(|extension| extension == "rs");
            match path.is_dir() {
                true if !path.ends_with("target") => folders.push(path),
                false if is_rust => found.push((path.clone(), std::fs::read_to_string(&path).unwrap())),
                _ => {}
            }
        }
    }
    assert!(found.len() > 3, "{folder} has no Rust files");
    found
}

/// Returns a text without its comments and without the parts that only tests see.
fn code(path: &Path, text: &str) -> String {
    let inside = path.strip_prefix(clone_root()).unwrap();
    let is_test = inside.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|name| name == "tests" || name == "fixture");
    let text = if is_test { "" } else { text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default() };
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Returns the first names behind `crate::`, in a path or in a group of imports.
fn imports(code: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(rest.chars().take_while(|c| is_name(*c)).collect());
            continue;
        };
        let (mut depth, mut at_start, mut name) = (0, true, String::new());
        for character in group.chars() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                c if is_name(c) && depth == 0 && at_start => name.push(c),
                c if c.is_whitespace() => {}
                _ => at_start = false,
            }
            if (!at_start || character == ',') && !name.is_empty() {
                found.insert(std::mem::take(&mut name));
            }
        }
        found.insert(name);
    }
    found.remove("");
    found
}

/// Returns the order of the modules of a crate, as CONTRIBUTING.md has it.
fn order(of: &str) -> Vec<String> {
    let text = std::fs::read_to_string(clone_root().join("CONTRIBUTING.md")).unwrap();
    let (_, list) = text.split_once(&format!("\n- `{of}`: ")).unwrap();
    let end = list.find("\n-").into_iter().chain(list.find("\n\n")).min().unwrap();
    list[..end].split(',').map(|name| name.trim().to_owned()).collect()
}

#[test]
fn modules_import_from_those_before_them() {
    for of in ["base", "maths", "figure", "data", "model", "engine", "lmc"] {
        let folder = if of == "lmc" { "lmc/src".to_owned() } else { format!("lmc/crates/{of}/src") };
        let (order, mut seen) = (order(of), BTreeSet::new());
        for (path, text) in rust_files(&folder) {
            let inside = path.strip_prefix(clone_root().join(&folder)).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
            let module = first.trim_end_matches(".rs");
            if ["lib", "bin"].contains(&module) {
                continue;
            }
            let place = order.iter().position(|other| other == module);
            let place = place.unwrap_or_else(|| panic!("`{module}` is not in the list of `{of}`"));
            seen.insert(module.to_owned());
            for name in imports(&code(&path, &text)) {
                if let Some(other) = order.iter().position(|other| *other == name) {
                    assert!(other <= place, "{}: `{name}` comes after `{module}`", path.display());
                }
            }
        }
        assert_eq!(seen, order.into_iter().collect(), "the list of `{of}` names other modules");
    }
}

#[test]
fn imports_are_found_in_paths_and_in_groups() {
    let code = "use crate::{\n    LmcError, basin::{Delta, cluster},\n    gap,\n};\nlet x = crate::stats::mean(&[1.0]);";
    assert_eq!(imports(code), ["LmcError", "basin", "gap", "stats"].map(String::from).into());
}

#[test]
fn lines_of_pages_are_short() {
    let root = clone_root();
    let mut pages =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "kernel-setup/README.md", "data-manifests/README.md"]
            .map(|page| root.join(page))
            .to_vec();
    let docs = std::fs::read_dir(root.join("lmc/docs")).unwrap().map(|entry| entry.unwrap().path());
    pages.extend(docs.filter(|page| page.extension().is_some_and(|end| end == "md")));
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let page = page.display();
        let mut in_code = false;
        for (number, line) in (1..).zip(text.lines()) {
            in_code ^= line.starts_with("```");
            let n = line.chars().count();
            // Tables, commands and the text of a picture may be longer.
            let is_prose = !in_code && !line.starts_with('|') && !line.starts_with("![");
            assert!(!is_prose || n <= WIDEST, "{page}:{number}: {n} characters");
        }
    }
}

#[test]
fn files_are_short_and_modules_lie_in_one_way() {
    for folder in ["lmc/src", "lmc/crates", "lmc/tests", "lmc/benches", "kernel-setup/src", "tests"] {
        for (path, text) in rust_files(folder) {
            let n_lines = text.lines().count();
            assert!(n_lines <= LONGEST, "{}: {n_lines} lines", path.display());
            let sibling = path.with_extension("");
            let is_module = !folder.ends_with("tests") && !folder.ends_with("benches");
            assert!(
                !(is_module && sibling.is_dir()),
                "{0}.rs has a folder beside it: make it {0}/mod.rs",
                sibling.display()
            );
        }
    }
}
