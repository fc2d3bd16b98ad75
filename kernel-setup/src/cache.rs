//! Folders: the cache that all clones share, and the clone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The cache folder: `LMC_CACHE`, else `lmc` in `XDG_CACHE_HOME`, else `~/.cache/lmc`.
#[derive(Debug, Clone)]
pub struct Cache(PathBuf);

impl Cache {
    /// Returns the cache of this user.
    pub fn find() -> Result<Cache> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = variable("LMC_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|base| base.join("lmc")))
            .or_else(|| variable("HOME").map(|home| home.join(".cache/lmc")))
            .context("none of LMC_CACHE, XDG_CACHE_HOME and HOME is set; set LMC_CACHE to a folder")?;
        Ok(Cache(std::path::absolute(root)?))
    }

    #[cfg(test)]
    pub fn at(root: &Path) -> Cache {
        Cache(root.to_owned())
    }

    /// Returns the folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Returns the virtual environment with Jupyter and libtorch.
    pub fn venv(&self) -> PathBuf {
        self.0.join("venv")
    }

    /// Returns the folder of libtorch: `include/` and `lib/`.
    pub fn libtorch(&self) -> PathBuf {
        self.0.join("libtorch")
    }

    /// Returns the folder for everything that belongs to the cells: templates, slots, settings.
    pub fn evcxr(&self) -> PathBuf {
        self.0.join("evcxr")
    }

    /// Returns the folder of templates: one folder per clone, with everything compiled, which slots are
    /// copies of.
    pub fn templates(&self) -> PathBuf {
        self.evcxr().join("templates")
    }

    /// Returns the folder of slots: one folder per running kernel.
    pub fn slots(&self) -> PathBuf {
        self.evcxr().join("slots")
    }

    /// Returns the folder of evcxr's own settings.
    pub fn settings(&self) -> PathBuf {
        self.evcxr().join("settings")
    }
}

/// Returns the clone that holds `folder`: the nearest folder upwards with `Cargo.lock` and `lmc/Cargo.toml`.
pub fn clone_around(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder
        .ancestors()
        .find(|at| at.join("Cargo.lock").is_file() && at.join("lmc/Cargo.toml").is_file())
        .map(Path::to_owned)
}

/// Returns the clone that was named, or else the one around the current folder.
pub fn clone_or_here(clone: Option<PathBuf>) -> Result<PathBuf> {
    let from = clone.map_or_else(std::env::current_dir, Ok)?;
    match clone_around(&from) {
        Some(clone) => Ok(clone),
        None => bail!("{} is not in a clone of lmc; run this there or name it with --clone", from.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_found_from_any_folder_in_it() {
        let temp = tempfile::tempdir().unwrap();
        let clone = temp.path().canonicalize().unwrap().join("clone");
        std::fs::create_dir_all(clone.join("lmc")).unwrap();
        std::fs::create_dir_all(clone.join("notebooks/deep")).unwrap();
        assert_eq!(clone_around(&clone), None);
        std::fs::write(clone.join("Cargo.lock"), "").unwrap();
        std::fs::write(clone.join("lmc/Cargo.toml"), "").unwrap();
        assert_eq!(clone_around(&clone.join("notebooks/deep")), Some(clone.clone()));
        assert_eq!(clone_or_here(Some(clone.join("lmc"))).unwrap(), clone);
        let error = clone_or_here(Some(temp.path().to_owned())).unwrap_err().to_string();
        assert!(error.contains("is not in a clone of lmc"), "{error}");
    }
}
