//! Registering the kernel with Jupyter, under its own name: a kernel called `rust` may belong to someone
//! else.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::cache::Cache;
use crate::environment::{this_program, write_if_changed};

/// The logos that launchers show: the drawing, and pictures of it for launchers that show no drawings.
const LOGOS: [(&str, &[u8]); 3] = [
    ("logo-svg.svg", include_bytes!("../assets/logo-svg.svg")),
    ("logo-32x32.png", include_bytes!("../assets/logo-32x32.png")),
    ("logo-64x64.png", include_bytes!("../assets/logo-64x64.png")),
];
/// The folder of the kernel's registration.
const NAME: &str = "lmc";

/// Registers this program as the kernel.
pub fn install(prefix: Option<PathBuf>, user: bool) -> Result<()> {
    let folder = folder(prefix, user)?;
    write(&folder, &this_program()?, Cache::find()?.root())?;
    println!("kernel \"Rust (lmc)\" registered in {}", folder.display());
    Ok(())
}

/// Removes the registration, if there is one.
pub fn uninstall(prefix: Option<PathBuf>, user: bool) -> Result<()> {
    let folder = folder(prefix, user)?;
    if !folder.exists() {
        println!("the kernel was not registered in {}", folder.display());
        return Ok(());
    }
    fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    println!("removed {}; what was compiled is in {}", folder.display(), Cache::find()?.root().display());
    Ok(())
}

/// Returns the folder in which the kernel is registered by default.
pub fn default_folder(cache: &Cache) -> PathBuf {
    kernels(&cache.venv().join("share"))
}

fn folder(prefix: Option<PathBuf>, user: bool) -> Result<PathBuf> {
    match prefix {
        Some(prefix) => Ok(kernels(&prefix.join("share"))),
        None if user => Ok(kernels(&user_data()?)),
        None => Ok(default_folder(&Cache::find()?)),
    }
}

fn kernels(share: &Path) -> PathBuf {
    share.join("jupyter/kernels").join(NAME)
}

fn user_data() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").map(|home| home.join(".local/share"));
    variable("XDG_DATA_HOME").or_else(home).context("HOME is not set; use --prefix")
}

fn write(folder: &Path, program: &Path, cache: &Path) -> Result<()> {
    let kernel = json!({
        "argv": [program, "serve", "--control_file", "{connection_file}"],
        "display_name": "Rust (lmc)",
        "language": "rust",
        "interrupt_mode": "message",
        "env": { "LMC_CACHE": cache },
    });
    write_if_changed(&folder.join("kernel.json"), format!("{kernel:#}\n"))?;
    LOGOS.iter().try_for_each(|(name, logo)| write_if_changed(&folder.join(name), logo))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registration_is_what_jupyter_reads() {
        let temp = tempfile::tempdir().unwrap();
        let folder = kernels(temp.path());
        assert!(folder.ends_with("jupyter/kernels/lmc"));
        write(&folder, Path::new("/cache/bin/lmc-kernel"), Path::new("/cache")).unwrap();
        let text = fs::read_to_string(folder.join("kernel.json")).unwrap();
        let kernel: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            kernel["argv"],
            json!(["/cache/bin/lmc-kernel", "serve", "--control_file", "{connection_file}"])
        );
        assert_eq!(kernel["display_name"], "Rust (lmc)");
        assert_eq!(kernel["env"]["LMC_CACHE"], "/cache");
        // Jupyter takes a spec's files by these names.
        for (name, start) in [("logo-svg.svg", &b"<svg"[..]), ("logo-64x64.png", b"\x89PNG")] {
            assert!(fs::read(folder.join(name)).unwrap().starts_with(start), "{name}");
        }
    }
}
