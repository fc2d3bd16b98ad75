//! The facts about models that earlier calls read, which hold as long as no file of a model changes.
//!
//! To know a model's name in the store, all its weights are read and hashed: 44 GB for a hundred models of
//! BERT's size, at every call and in every task of a job array.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::file::{sha256, write_atomic};
use crate::model::load::weight_files;
use crate::store::Store;

/// Files that changed in the last seconds may change again without a new time.
const SETTLED: Duration = Duration::from_secs(2);

/// The facts about a model that its weights tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The names of its outputs in their order.
    pub labels: Vec<String>,
    /// The output that stands for each label of the task.
    pub order: Vec<usize>,
    /// The name in the store.
    pub key: String,
}

/// A file as it was when a model was read. The time of its last change of any kind, `changed`, cannot be set
/// by programs that copy times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FileState {
    path: String,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[derive(Serialize, Deserialize)]
struct Record {
    files: Vec<FileState>,
    seen: Seen,
}

/// The record of one model in a store.
pub(super) struct Known {
    path: PathBuf,
    files: Vec<FileState>,
    /// Whether no file had just changed when its state was taken.
    is_settled: bool,
}

impl Known {
    /// Returns the record of the model in a folder, whose outputs are called `labels` if it names any and are
    /// put in the order of `task_labels`; nothing if its files cannot be seen.
    pub fn of(store: &Store, folder: &Path, labels: &[String], task_labels: &[String]) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let files = files_of(&folder)?;
        let facts = json!([env!("CARGO_PKG_VERSION"), folder.to_str()?, labels, task_labels]);
        let name = &sha256(facts.to_string().as_bytes())[..super::DIGITS];
        let is_settled = files.iter().all(FileState::is_settled);
        Some(Self { path: store.opened_path(name), files, is_settled })
    }

    /// Returns the facts, if they were read from the files as they are now.
    pub fn seen(&self) -> Option<Seen> {
        let record: Record = serde_json::from_slice(&std::fs::read(&self.path).ok()?).ok()?;
        (record.files == self.files).then_some(record.seen)
    }

    /// Keeps the facts that were read from the files after this record was made. Without room or the right to
    /// write they are read again the next time.
    pub fn keep(self, seen: &Seen) {
        let Self { path, files, is_settled } = self;
        if is_settled {
            let record = serde_json::to_vec(&Record { files, seen: seen.clone() }).unwrap_or_default();
            let _not_needed = write_atomic(&path, &record);
        }
    }
}

impl FileState {
    fn of(path: &Path) -> Option<Self> {
        let data = path.metadata().ok()?;
        Some(Self {
            path: path.to_str()?.to_owned(),
            inode: data.ino(),
            bytes: data.len(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
        })
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(SETTLED).as_secs() as i64 > self.changed.0.max(self.modified.0)
    }
}

/// Returns the states of all files of the folders in which a model's weights lie: of its own, and of the base
/// model of an adapter.
fn files_of(folder: &Path) -> Option<Vec<FileState>> {
    let weights = weight_files(folder).ok()?;
    let folders: BTreeSet<&Path> = weights.iter().filter_map(|file| file.parent()).chain([folder]).collect();
    let mut files = BTreeSet::from_iter(weights.iter().cloned());
    for folder in folders {
        for entry in folder.read_dir().ok()? {
            let path = entry.ok()?.path();
            if path.is_file() {
                files.insert(path);
            }
        }
    }
    files.iter().map(|file| FileState::of(file)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{File, write};

    use super::*;

    fn known(store: &Store, folder: &Path) -> Known {
        Known::of(store, folder, &[], &["no".into(), "yes".into()]).unwrap()
    }

    #[test]
    fn facts_hold_until_a_file_changes() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path().join("store")).unwrap();
        let folder = place.path().join("model");
        std::fs::create_dir(&folder).unwrap();
        let (weights, config) = (folder.join("model.safetensors"), folder.join("config.json"));
        write(&weights, "weights").unwrap();
        write(&config, "{}").unwrap();
        let seen = Seen { labels: vec!["no".into()], order: vec![0], key: "model-1".into() };
        // Files that were just written may change again in the same instant.
        known(&store, &folder).keep(&seen);
        assert_eq!(known(&store, &folder).seen(), None);
        std::thread::sleep(SETTLED + Duration::from_secs(1));
        known(&store, &folder).keep(&seen);
        assert_eq!(known(&store, &folder).seen(), Some(seen.clone()));
        assert!(Known::of(&store, &folder, &["a".into()], &[]).unwrap().seen().is_none());

        // A program that copies times cannot hide a change.
        let times = weights.metadata().unwrap().modified().unwrap();
        write(&weights, "WEIGHTS").unwrap();
        File::options().write(true).open(&weights).unwrap().set_modified(times).unwrap();
        assert_eq!(known(&store, &folder).seen(), None);
        // Neither can a new file or a damaged record.
        write(folder.join("vocab.txt"), "").unwrap();
        assert_eq!(known(&store, &folder).seen(), None);
        let record = known(&store, &folder);
        write(&record.path, "not JSON").unwrap();
        assert_eq!(record.seen(), None);
        // Without the right to write, nothing is kept and nothing fails.
        std::fs::remove_file(&record.path).unwrap();
        std::fs::create_dir(&record.path).unwrap();
        Known { files: Vec::new(), ..record }.keep(&seen);
    }
}
