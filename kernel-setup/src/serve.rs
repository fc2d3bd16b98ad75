//! What Jupyter calls: takes a slot and becomes the kernel.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::io::FdFlags;

use crate::cache::{self, Cache};
use crate::environment;
use crate::pool::{self, Slot};
use crate::template;

/// Jupyter gives a kernel 60 seconds to answer.
const PATIENCE: Duration = Duration::from_secs(40);
const REMEDY: &str = "run ./kernel-setup/walkthrough in the clone of lmc";

/// Replaces this process by the kernel; returns only if that fails.
pub fn serve(control_file: &Path) -> Result<()> {
    let cache = Cache::find()?;
    let (slot, clone) = prepare(&cache)?;
    // The lock stays open across exec, so it is held for exactly as long as the kernel lives.
    rustix::io::fcntl_setfd(&slot.lock, FdFlags::empty()).context("keep the lock of the slot")?;
    let error = environment::command(&cache, clone.as_deref(), &slot.folder)?
        .arg("--control_file")
        .arg(control_file)
        .exec();
    Err(error).context("start the kernel")
}

fn prepare(cache: &Cache) -> Result<(Slot, Option<PathBuf>)> {
    if !cache.libtorch().join("lib").is_dir() {
        bail!("libtorch is not in {}; {REMEDY}", cache.libtorch().display());
    }
    let templates = template::lock_file(cache)?;
    let start = Instant::now();
    while templates.try_lock_shared().is_err() {
        if start.elapsed() > PATIENCE {
            bail!(
                "the kernel's dependencies are being compiled just now; start the notebook again when that is done"
            );
        }
        thread::sleep(Duration::from_millis(200));
    }
    let clone = cache::clone_around(&std::env::current_dir()?);
    let Some(template) = template::best(cache, clone.as_deref()) else {
        bail!("the kernel's dependencies are not compiled; {REMEDY}");
    };
    let clone = clone.or_else(|| Some(template.clone.clone()).filter(|clone| clone.is_dir()));
    let slot = pool::take(cache, &template.stamp)?;
    pool::fill(&slot, &template.folder, &template.stamp)?;
    if let Some(clone) = &clone {
        environment::write_settings(cache, clone, &slot.folder)?;
    }
    Ok((slot, clone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_remedy() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        let error = prepare(&cache).unwrap_err().to_string();
        assert!(error.contains("libtorch") && error.contains(REMEDY), "{error}");
        std::fs::create_dir_all(cache.libtorch().join("lib")).unwrap();
        let error = prepare(&cache).unwrap_err().to_string();
        assert!(error.contains("not compiled") && error.contains(REMEDY), "{error}");
    }
}
