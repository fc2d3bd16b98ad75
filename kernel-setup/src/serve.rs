//! The program that Jupyter calls: takes a slot and serves notebooks from it.

use std::path::Path;

use anyhow::{Result, bail};

use crate::cache::{self, Cache};
use crate::environment;
use crate::pool;
use crate::relay::{self, Prepared};
use crate::template;

const REMEDY: &str = "run ./kernel-setup/walkthrough in the clone of lmc";

/// Serves Jupyter until it asks for an end.
pub fn serve(control_file: &Path) -> Result<()> {
    relay::serve(control_file, |tell| prepare(&Cache::find()?, tell))
}

/// Returns a slot that is a copy of the newest template, and the command that runs cells in it. `tell` is
/// told why it takes long.
fn prepare(cache: &Cache, tell: &dyn Fn(&str)) -> Result<Prepared> {
    if !cache.libtorch().join("lib").is_dir() {
        bail!("libtorch is not in {}; {REMEDY}", cache.libtorch().display());
    }
    // A template cannot be copied while it is being changed.
    let templates = template::lock_file(cache)?;
    if templates.try_lock_shared().is_err() {
        tell("what notebooks use is being compiled by another process; cells run when that is done\n");
        templates.lock_shared()?;
    }
    let clone = cache::clone_around(&std::env::current_dir()?);
    let Some(template) = template::best(cache, clone.as_deref()) else {
        bail!("the kernel's dependencies are not compiled; {REMEDY}");
    };
    let clone = clone.or_else(|| Some(template.clone.clone()).filter(|clone| clone.is_dir()));
    let slot = pool::take_copy(
        cache,
        &template.folder,
        &template.stamp,
        clone.as_deref().unwrap_or(&template.clone),
    )?;
    if let Some(clone) = &clone {
        environment::write_settings(cache, clone, &slot.folder)?;
    }
    Ok(Prepared { command: environment::command(cache, clone.as_deref(), &slot.folder)?, _slot: slot })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_remedy() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        let error = prepare(&cache, &|_| ()).err().unwrap().to_string();
        assert!(error.contains("libtorch") && error.contains(REMEDY), "{error}");
        std::fs::create_dir_all(cache.libtorch().join("lib")).unwrap();
        let error = prepare(&cache, &|_| ()).err().unwrap().to_string();
        assert!(error.contains("not compiled") && error.contains(REMEDY), "{error}");
    }
}
