//! The search for the files of a corpus: in the given folder, or below it under the names that are common for
//! its folders.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, Source};
use super::reader::{Reading, find, none_of, read_place};
use lmc_base::error::{LmcError, Result};

/// Folders that hold the folders of several corpora.
const COLLECTIONS: [&str; 2] = ["glue_data", "glue"];

/// The depth below the given folder up to which files are looked for.
const DEPTH: usize = 3;

/// Returns the names of the folders of a corpus, in small letters; the first is its own.
fn names(manifest: &Manifest) -> Vec<&str> {
    std::iter::once(&manifest.name).chain(&manifest.folders).map(String::as_str).collect()
}

/// Returns a split from the first folder that has one of its files: a folder below `data` with one of the
/// corpus's names, in upper or lower case, or `data` itself. `data` may be the folder of the corpus or one
/// that contains it, such as GLUE's `glue_data`.
///
/// # Errors
/// [`LmcError::Io`] with the files and folders that were looked for if there is none; the errors of
/// [`read_split`](super::reader::read_split).
///
/// The folder of a manifest of the user's own is taken as it is. Of the examples of the split, only those with
/// the numbers `kept` need be in the reading.
pub(super) fn read(
    manifest: &Manifest,
    data: &Path,
    split: &str,
    unverified: bool,
    kept: Option<&[usize]>,
) -> Result<Reading> {
    let places = manifest.places(split)?;
    let folders = match &manifest.source {
        Source::Folder(own) if own == data => vec![data.to_owned()],
        _ => folders(manifest, data)?,
    };
    for folder in &folders {
        if let Some((path, place)) = find(folder, &places) {
            return read_place(manifest, &path, place, split, unverified, kept);
        }
    }
    let below: Vec<String> = folders
        .iter()
        .filter_map(|folder| folder.strip_prefix(data).ok())
        .filter(|below| !below.as_os_str().is_empty())
        .map(|below| below.display().to_string())
        .collect();
    let others = match below.as_slice() {
        [] => format!("and no folder {}", manifest.name),
        [one] => format!("nor has its folder {one}"),
        several => format!("nor have its folders {}", several.join(", ")),
    };
    Err(LmcError::io("read", data)(Error::new(
        ErrorKind::NotFound,
        format!("{}, {others}", none_of(&places)),
    )))
}

/// Returns the folders in which files of a corpus may be, the best first; the last is `data` itself.
fn folders(manifest: &Manifest, data: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if data.is_file() {
        let file = Error::new(ErrorKind::InvalidInput, "it is a file, give the folder that has it");
        return Err(LmcError::io("read", data)(file));
    }
    walk(&names(manifest), data, DEPTH, &mut found)?;
    Ok(found)
}

fn walk(names: &[&str], folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let rank = |name: &str| {
        let small = name.to_lowercase();
        let known = names.iter().chain(&COLLECTIONS).position(|known| *known == small)?;
        Some((known, name != small, name.to_owned()))
    };
    let mut below = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(LmcError::io("read", folder))? {
        let entry = entry.map_err(LmcError::io("read", folder))?;
        let name = entry.file_name().to_str().and_then(rank);
        below.extend(name.filter(|_| depth > 0 && entry.path().is_dir()));
    }
    below.sort();
    for (_, _, name) in below {
        walk(names, &folder.join(name), depth - 1, found)?;
    }
    found.push(folder.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "gj04\t1\t\tHe left.\n";

    fn data(folders: &[&str]) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        folders.iter().for_each(|folder| std::fs::create_dir_all(data.path().join(folder)).unwrap());
        data
    }

    fn cola(data: &Path, split: &str) -> Result<Reading> {
        read(&Manifest::builtin("cola")?, data, split, false, None)
    }

    #[test]
    fn names_of_others_are_found_in_any_case() {
        for folder in [".", "cola", "CoLA", "COLA", "glue_data/CoLA", "GLUE/cola", "cola_public/raw"] {
            let data = data(&[folder]);
            std::fs::write(data.path().join(folder).join("in_domain_dev.tsv"), ROW).unwrap();
            let reading = cola(data.path(), "id").unwrap();
            assert_eq!(reading.dataset.len(), 1, "{folder}");
            assert!(reading.notes[0].contains("in_domain_dev.tsv: 1 examples, a part of the published 527"));
        }
    }

    #[test]
    fn the_own_name_comes_first_and_an_empty_folder_does_not_count() {
        let data = data(&["cola", "CoLA", "glue_data/CoLA"]);
        let write = |folder: &str, code: &str| {
            std::fs::write(data.path().join(folder).join("in_domain_dev.tsv"), ROW.replace("gj04", code))
                .unwrap();
        };
        let kind = || cola(data.path(), "id").unwrap().dataset.kinds.unwrap()[0].clone();
        write(".", "a");
        assert_eq!(kind(), "a");
        write("glue_data/CoLA", "b");
        assert_eq!(kind(), "b");
        write("CoLA", "c");
        assert_eq!(kind(), "c");
        write("cola", "d");
        assert_eq!(kind(), "d");
    }

    #[test]
    fn what_was_looked_for_is_listed() {
        let files = "it has none of in_domain_dev.tsv, dev.tsv, cola/validation-00000-of-00001.parquet";
        for (folders, expected) in [
            (&[][..], "and no folder cola"),
            (&["CoLA"], "nor has its folder CoLA"),
            (&["glue_data/CoLA"], "nor have its folders glue_data/CoLA, glue_data"),
        ] {
            let data = data(folders);
            let error = cola(data.path(), "id").unwrap_err().to_string();
            let expected = format!("read {}: {files}, {expected}; check the path", data.path().display());
            assert_eq!(error, expected);
        }
        let error = cola(Path::new("/nowhere"), "id").unwrap_err().to_string();
        assert_eq!(error, "read /nowhere: No such file or directory (os error 2); check the path");
    }
}
