//! Slots: one folder per running kernel, each a copy of the template, locked while the kernel lives.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::cache::Cache;
use crate::environment;
use crate::tree;

const N_SLOTS: usize = 64;
/// The file of a slot that says which template it is a copy of.
pub const GENERATION: &str = "generation";

/// A slot that belongs to this process as long as the value lives.
#[derive(Debug)]
pub struct Slot {
    pub folder: PathBuf,
    _lock: File,
}

/// Opens (and creates) a file to lock.
pub fn lock_file(path: &Path) -> Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("create folder {}", parent.display()))?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path);
    file.with_context(|| format!("open {}", path.display()))
}

/// Returns a slot that no kernel uses, made a copy of the template for cells that use that clone's `lmc`.
pub fn take_copy(cache: &Cache, template: &Path, stamp: &str, clone: &Path) -> Result<Slot> {
    // Two clones must not share a slot: the compiled `lmc` has the same file name for both.
    let generation = format!("{stamp} {}", clone.display());
    let slot = take(cache, &generation)?;
    if !holds_library_of(&slot.folder, clone) {
        fs::remove_file(slot.folder.join(GENERATION)).ok();
    }
    fill(&slot, template, &generation)?;
    Ok(slot)
}

/// Returns whether the `lmc` that was compiled last in a slot is that of the clone: a notebook may have named
/// another.
fn holds_library_of(slot: &Path, clone: &Path) -> bool {
    let sources = clone.join("lmc/src/lib.rs");
    let targets =
        fs::read_dir(environment::cells_folder(slot).join("target")).into_iter().flatten().flatten();
    let mut lists =
        targets.filter_map(|target| fs::read_to_string(target.path().join("debug/deps/lmc.d")).ok());
    lists.all(|list| list.contains(&*sources.to_string_lossy()))
}

/// Returns a slot that no kernel uses: one that is already a copy of this generation, or else the lowest.
/// Locks end with their process, however it ends.
fn take(cache: &Cache, generation: &str) -> Result<Slot> {
    let folders = (0..N_SLOTS).map(|number| cache.slots().join(number.to_string()));
    let (current, others): (Vec<_>, Vec<_>) = folders.partition(|folder| is_copy_of(folder, generation));
    for folder in current.into_iter().chain(others) {
        let lock = lock_file(&folder.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => return Ok(Slot { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("lock {}.lock", folder.display()));
            }
        }
    }
    bail!("{N_SLOTS} kernels are running; shut some down (Kernel > Shut Down All Kernels)")
}

fn is_copy_of(folder: &Path, generation: &str) -> bool {
    fs::read_to_string(folder.join(GENERATION)).is_ok_and(|copied| copied == generation)
}

/// Makes the slot a copy of this generation of the template, unless it already is one.
fn fill(slot: &Slot, template: &Path, generation: &str) -> Result<()> {
    let folder = &slot.folder;
    if is_copy_of(folder, generation) {
        return remove_old_cells(folder);
    }
    let new = folder.with_extension("new");
    for stale in [&new, folder] {
        if stale.exists() {
            fs::remove_dir_all(stale).with_context(|| format!("remove {}", stale.display()))?;
        }
    }
    tree::copy(template, &new)?;
    fs::write(new.join(GENERATION), generation)?;
    fs::rename(&new, folder).with_context(|| format!("rename {} to {}", new.display(), folder.display()))
}

/// Removes the compiled cells of earlier kernels, and the files that the compiler kept to compile earlier
/// versions of a crate faster.
pub fn remove_old_cells(folder: &Path) -> Result<()> {
    if folder.file_name().is_some_and(|name| name == "incremental") {
        return keep_newest(folder);
    }
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_old_cells(&entry.path())?;
        } else if entry.file_name().to_string_lossy().starts_with("libcode_") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Keeps the newest of the folders `CRATE-HASH` of every crate.
fn keep_newest(folder: &Path) -> Result<()> {
    let mut found: HashMap<String, Vec<(SystemTime, PathBuf)>> = HashMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = name.rsplit_once('-').map_or(name.as_str(), |(name, _)| name).to_owned();
        found.entry(name).or_default().push((entry.metadata()?.modified()?, entry.path()));
    }
    for mut folders in found.into_values() {
        folders.sort();
        folders.pop();
        for (_, older) in folders {
            fs::remove_dir_all(&older).with_context(|| format!("remove {}", older.display()))?;
        }
    }
    Ok(())
}

/// The use of the slots.
#[derive(Debug, PartialEq)]
pub struct Usage {
    /// The number of slots that kernels use.
    pub n_used: usize,
    /// The number of slots.
    pub n_made: usize,
    /// The space that they take beside the templates, in bytes.
    pub own_bytes: u64,
}

/// Returns the use of the slots.
pub fn usage(cache: &Cache) -> Result<Usage> {
    let mut usage = Usage { n_used: 0, n_made: 0, own_bytes: 0 };
    for entry in fs::read_dir(cache.slots()).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "lock") {
            usage.n_made += 1;
            usage.n_used +=
                usize::from(matches!(lock_file(&path)?.try_lock(), Err(TryLockError::WouldBlock)));
        } else if path.is_dir() {
            usage.own_bytes += tree::own_bytes(&path)?;
        }
    }
    Ok(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(root: &Path) -> PathBuf {
        let template = root.join("template");
        fs::create_dir_all(template.join("deps")).unwrap();
        fs::write(template.join("deps/serde.d"), "first").unwrap();
        template
    }

    #[test]
    fn slots_are_exclusive_and_free_again_afterwards() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        let first = take(&cache, "1").unwrap();
        let second = take(&cache, "1").unwrap();
        assert_ne!(first.folder, second.folder);
        let used_and_made = || usage(&cache).map(|usage| (usage.n_used, usage.n_made)).unwrap();
        assert_eq!(used_and_made(), (2, 2));
        let folder = first.folder.clone();
        drop(first);
        assert_eq!(used_and_made(), (1, 2));
        assert_eq!(take(&cache, "1").unwrap().folder, folder);
    }

    #[test]
    fn a_slot_that_is_up_to_date_is_preferred() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        let (_low, high) = (take(&cache, "1").unwrap(), take(&cache, "1").unwrap());
        fill(&high, &template(temp.path()), "1").unwrap();
        let folder = high.folder.clone();
        drop((_low, high));
        assert_eq!(take(&cache, "1").unwrap().folder, folder);
        assert_ne!(take(&cache, "2").unwrap().folder, folder);
    }

    #[test]
    fn a_slot_follows_the_template() {
        let temp = tempfile::tempdir().unwrap();
        let template = template(temp.path());
        let slot = take(&Cache::at(temp.path()), "1").unwrap();
        fill(&slot, &template, "1").unwrap();
        assert!(usage(&Cache::at(temp.path())).unwrap().own_bytes > 0);
        let copied = slot.folder.join("deps/serde.d");
        assert_eq!(fs::read_to_string(&copied).unwrap(), "first");

        fs::write(&copied, "compiled here").unwrap();
        fs::write(slot.folder.join("deps/libcode_1.so"), "").unwrap();
        fill(&slot, &template, "1").unwrap();
        assert_eq!(fs::read_to_string(&copied).unwrap(), "compiled here");
        assert!(!slot.folder.join("deps/libcode_1.so").exists());

        fill(&slot, &template, "2").unwrap();
        assert_eq!(fs::read_to_string(&copied).unwrap(), "first");
    }

    #[test]
    fn what_was_kept_for_older_versions_of_a_crate_goes() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("debug/incremental");
        for (name, seconds) in [("lmc-1", 10), ("lmc-2", 30), ("lmc-3", 20), ("ctx-1", 5)] {
            fs::create_dir_all(folder.join(name)).unwrap();
            let modified = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            File::open(folder.join(name)).unwrap().set_modified(modified).unwrap();
        }
        remove_old_cells(temp.path()).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["ctx-1", "lmc-2"]);
    }

    #[test]
    fn a_slot_in_which_another_clones_library_was_compiled_is_copied_anew() {
        let temp = tempfile::tempdir().unwrap();
        let (cache, template) = (Cache::at(temp.path()), template(temp.path()));
        let list = Path::new("cells/target/x86_64/debug/deps/lmc.d");
        fs::create_dir_all(template.join(list).parent().unwrap()).unwrap();
        fs::write(template.join(list), "lib.so: /a/lmc/src/lib.rs").unwrap();
        let take = || take_copy(&cache, &template, "1", Path::new("/a")).unwrap();
        let slot = take();
        let (mark, list) = (slot.folder.join("mark"), slot.folder.join(list));
        fs::write(&mark, "").unwrap();
        drop(slot);
        assert!(take().folder.join("mark").exists());
        fs::write(&list, "lib.so: /b/lmc/src/lib.rs").unwrap();
        drop(take());
        assert!(!mark.exists());
        assert_eq!(fs::read_to_string(&list).unwrap(), "lib.so: /a/lmc/src/lib.rs");
    }

    #[test]
    fn a_slot_left_half_copied_is_healed() {
        let temp = tempfile::tempdir().unwrap();
        let template = template(temp.path());
        let slot = take(&Cache::at(temp.path()), "1").unwrap();
        fs::create_dir_all(slot.folder.join("deps")).unwrap();
        fs::create_dir_all(slot.folder.with_extension("new").join("rest")).unwrap();
        fill(&slot, &template, "1").unwrap();
        assert!(slot.folder.join("deps/serde.d").exists());
        assert!(!slot.folder.join("rest").exists());
        assert!(!slot.folder.with_extension("new").exists());
    }
}
