//! Folders as tests compare them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Returns the files under a folder by path, without those whose name starts with a dot: these are remains of
/// a killed process.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().starts_with('.') {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Copies a folder with everything under it.
pub fn copy_folder(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let to = to.join(path);
        std::fs::create_dir_all(to.parent().unwrap_or(&to)).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

/// Returns the results in a store: all files but plans and logs of jobs, without the seconds that training
/// took.
pub fn results(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = files(store);
    files.retain(|path, _| !path.starts_with("slurm"));
    for (path, bytes) in &mut files {
        if path.to_string_lossy().ends_with("it.json") {
            let mut info: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            assert!(info.as_object_mut().unwrap().remove("seconds").is_some());
            *bytes = info.to_string().into_bytes();
        }
    }
    files
}

/// Asserts that the same files have the same content; otherwise panics with the first file that differs.
pub fn assert_same(got: &BTreeMap<PathBuf, Vec<u8>>, expected: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(got.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, bytes) in expected {
        assert!(got[path] == *bytes, "{} differs", path.display());
    }
}

/// Returns the number of files with that ending in a folder of a store.
pub fn count(store: &Path, under: &str, ending: &str) -> usize {
    files(&store.join(under)).keys().filter(|path| path.to_string_lossy().ends_with(ending)).count()
}

/// Returns the number of files in a folder and below it, remains of killed processes counted.
pub fn n_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { n_files(&entry.path()) } else { 1 }).sum()
}
