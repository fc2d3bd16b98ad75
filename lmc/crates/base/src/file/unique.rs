//! Files with unique names, whatever hosts share the folder, and the removal of those that were left behind.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::holder::host;

/// The ending of the names of unfinished files.
const ENDING: &str = ".part";
/// An age that no write reaches: an older file was left by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes a new file in that folder, for bytes that are to be renamed into place.
///
/// The name is made of the host, the process and a counter. The file is only made if no other has the name,
/// so hosts and processes with equal names never write into the same file.
pub(super) fn create(folder: &Path) -> io::Result<(File, PathBuf)> {
    fresh(folder, |path| File::options().write(true).create_new(true).open(path))
}

/// Makes a new folder beside another, whose content is to be renamed into place; none if it cannot be made.
pub(super) fn create_folder(folder: &Path) -> Option<PathBuf> {
    fresh(folder, |path| std::fs::create_dir(path)).ok().map(|((), path)| path)
}

/// Returns what `make` makes under a unique name, and its path.
fn fresh<T>(folder: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static HOST: OnceLock<String> = OnceLock::new();
    let host = HOST
        .get_or_init(|| host().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(24).collect());
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".{host}-{}-{number}{ENDING}", std::process::id()));
        match make(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|made| (made, path)),
        }
    }
}

/// Checks that files can be made in that folder.
pub(super) fn writable(folder: &Path) -> io::Result<()> {
    let (_, probe) = create(folder)?;
    std::fs::remove_file(probe)
}

/// Removes the unfinished files of processes that were killed more than a day ago from a folder.
///
/// Ages are measured from a file that is made there now, so that they follow the clock of the file system. A
/// file that cannot be removed stays and does no harm.
pub fn tidy(folder: &Path) {
    let unfinished: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_unfinished(path))
        .collect();
    if unfinished.is_empty() {
        return;
    }
    let Ok((file, probe)) = create(folder) else { return };
    let now = file.metadata().and_then(|attributes| attributes.modified());
    drop(file);
    let old = |path: &PathBuf| {
        let written = std::fs::metadata(path).and_then(|attributes| attributes.modified());
        let (Ok(now), Ok(written)) = (&now, written) else { return false };
        now.duration_since(written).is_ok_and(|age| age > ABANDONED)
    };
    for path in unfinished.iter().filter(|path| old(path)).chain([&probe]) {
        let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir_all(path));
    }
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.ends_with(ENDING)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::file::names;

    #[test]
    fn no_two_files_have_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let (_, first) = create(folder.path()).unwrap();
        let name = first.file_name().unwrap().to_string_lossy().into_owned();
        let number: u64 = name.trim_end_matches(ENDING).rsplit('-').next().unwrap().parse().unwrap();
        // Another process with an equal name has the next names.
        for next in number + 1..number + 4 {
            let taken = name.replace(&format!("-{number}{ENDING}"), &format!("-{next}{ENDING}"));
            std::fs::write(folder.path().join(taken), b"taken").unwrap();
        }
        let (_, second) = create(folder.path()).unwrap();
        assert_ne!(first, second);
        assert_eq!(std::fs::read(&second).unwrap(), b"");
        assert_eq!(names(folder.path()).unwrap().len(), 5);
    }

    #[test]
    fn only_what_was_left_long_ago_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let aged = |name: &str, hours: u64| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        };
        aged(".node7-12-3.part", 25);
        aged(".node7-12-4.part", 23);
        let unfinished = folder.path().join(".node7-12-5.part");
        std::fs::create_dir(&unfinished).unwrap();
        std::fs::write(unfinished.join("config.json"), b"{}").unwrap();
        let old = SystemTime::now() - Duration::from_secs(25 * 3600);
        File::open(&unfinished).unwrap().set_modified(old).unwrap();
        aged("result.parquet", 1000);
        aged(".a--b.claim", 1000);
        aged("mine.part", 1000);
        tidy(folder.path());
        assert_eq!(
            names(folder.path()).unwrap(),
            [".a--b.claim", ".node7-12-4.part", "mine.part", "result.parquet"]
        );
        tidy(&folder.path().join("missing"));
    }
}
