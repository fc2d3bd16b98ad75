//! Folders: making them, with a clear message if that is impossible, and replacing them whole.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::unique;
use crate::error::{LmcError, Result};

/// Makes a folder and those above it, unless it is there.
///
/// # Errors
/// [`LmcError::Io`], which says so if a file or a dangling link has the name.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let error = in_the_way(folder).map_or(error, |what| io::Error::new(ErrorKind::NotADirectory, what));
        LmcError::io("create folder", folder)(error)
    })
}

/// Makes a folder unless it is there, and checks that files can be made in it.
///
/// # Errors
/// [`LmcError::Io`].
pub fn writable_folder(folder: &Path) -> Result<()> {
    make_folder(folder)?;
    unique::writable(folder).map_err(LmcError::io("write", folder))
}

/// Returns a description of the file or link that has the name of a folder that cannot be made.
fn in_the_way(folder: &Path) -> Option<String> {
    let attributes = std::fs::symlink_metadata(folder).ok()?;
    if attributes.is_symlink() && !folder.exists() {
        let target = std::fs::read_link(folder).unwrap_or_default();
        return Some(format!("it is a link to {}, which is not there", target.display()));
    }
    (!folder.is_dir()).then(|| "it is a file".to_owned())
}

/// Returns the names in a folder, in order.
///
/// # Errors
/// [`LmcError::Io`].
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let found: io::Result<Vec<String>> =
        std::fs::read_dir(folder).and_then(|entries| entries.map(name).collect());
    let mut names = found.map_err(LmcError::io("read folder", folder))?;
    names.sort();
    Ok(names)
}

/// Returns the path of a folder that need not exist, with links followed and `.` and `..` removed as far as
/// it exists.
pub fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing = Vec::new();
    let mut there = absolute.as_path();
    loop {
        if let Ok(found) = there.canonicalize() {
            return missing.iter().rev().fold(found, |path, name| path.join(name));
        }
        match (there.parent(), there.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name.to_owned());
                there = parent;
            }
            _ => return absolute,
        }
    }
}

/// Writes files into a folder that is missing or empty, or replaces what is in it. All of them appear at
/// once, and a kill leaves the folder either as it was or complete. If the system has no way to do that, the
/// files appear one after the other in their order.
///
/// # Errors
/// [`LmcError::Io`].
pub fn write_folder(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    make_folder(folder)?;
    let place = resolved(folder);
    let is_empty = names(&place)?.is_empty();
    place.parent().into_iter().for_each(unique::tidy);
    let Some(beside) = place.parent().filter(|_| !is_working_folder(&place)).and_then(unique::create_folder)
    else {
        return one_by_one(&place, files);
    };
    let written = one_by_one(&beside, files).and_then(|()| {
        let renamed = if is_empty { std::fs::rename(&beside, &place) } else { exchange(&beside, &place) };
        match renamed {
            Ok(()) => Ok(()),
            // A mount point is not an entry of the folder above it.
            Err(_) if is_empty => one_by_one(&place, files),
            Err(error) => Err(LmcError::io("write", folder)(error)),
        }
    });
    // Now it is gone, holds the replaced files, or is unfinished.
    let _ = std::fs::remove_dir_all(&beside);
    written
}

/// Returns whether this process works in that folder or in one below it: the folder must then keep its place.
pub fn is_working_folder(folder: &Path) -> bool {
    std::env::current_dir().is_ok_and(|current| resolved(&current).starts_with(folder))
}

/// Writes files in their order, each one whole.
pub fn one_by_one(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    files.iter().try_for_each(|(name, bytes)| super::write_atomic(&folder.join(name), bytes))
}

/// Exchanges two folders in one step, or in three if the file system cannot do that.
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).or_else(|_| exchange_by_renames(new, old))
}

fn exchange_by_renames(new: &Path, old: &Path) -> io::Result<()> {
    let aside = new.with_extension("old");
    std::fs::rename(old, &aside)?;
    std::fs::rename(new, old).inspect_err(|_| {
        // The first error says what went wrong.
        let _ = std::fs::rename(&aside, old);
    })?;
    std::fs::rename(&aside, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(content: &str) -> Vec<(String, Vec<u8>)> {
        ["a", "b"].map(|name| (name.to_owned(), content.as_bytes().to_vec())).to_vec()
    }

    #[test]
    fn a_folder_is_made_filled_and_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("deep/model");
        write_folder(&folder, &files("old")).unwrap();
        std::fs::write(folder.join("c"), b"stale").unwrap();
        write_folder(&folder, &files("new")).unwrap();
        assert_eq!(names(&folder).unwrap(), ["a", "b"]);
        assert_eq!(std::fs::read(folder.join("b")).unwrap(), b"new");
        assert_eq!(names(&root.path().join("deep")).unwrap(), ["model"]);
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        write_folder(&link, &files("by a link")).unwrap();
        assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"by a link");
        assert!(link.is_symlink());
    }

    #[test]
    fn folders_are_exchanged_in_one_step_or_by_renames() {
        let root = tempfile::tempdir().unwrap();
        let (new, old) = (root.path().join("new"), root.path().join("old"));
        for folder in [&new, &old] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("name"), folder.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
        for (exchange, expected) in
            [(exchange as fn(&Path, &Path) -> io::Result<()>, b"new"), (exchange_by_renames, b"old")]
        {
            exchange(&new, &old).unwrap();
            assert_eq!(std::fs::read(old.join("name")).unwrap(), expected);
            // A folder that cannot be exchanged stays.
            assert!(exchange(&root.path().join("none"), &old).is_err());
            assert_eq!(std::fs::read(old.join("name")).unwrap(), expected);
        }
        assert_eq!(names(root.path()).unwrap(), ["new", "old"]);
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        std::fs::write(&file, b"").unwrap();
        std::os::unix::fs::symlink("/nowhere/store", &link).unwrap();
        let message = |path: &Path| writable_folder(path).unwrap_err().to_string();
        assert!(message(&file).contains("file: it is a file; choose a folder"), "{}", message(&file));
        assert!(
            message(&link).contains("it is a link to /nowhere/store, which is not there"),
            "{}",
            message(&link)
        );
        assert!(message(&file.join("in")).contains("Not a directory"), "{}", message(&file.join("in")));
        writable_folder(&root.path().join("new/folder")).unwrap();
    }

    #[test]
    fn paths_are_resolved_as_far_as_they_are_there() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(&folder, folder.join("link")).unwrap();
        assert_eq!(resolved(&folder.join("link/new/deep")), folder.join("new/deep"));
        assert_eq!(
            resolved(Path::new("nowhere")),
            std::env::current_dir().unwrap().canonicalize().unwrap().join("nowhere")
        );
    }
}
