//! Tells the linker where libtorch is, so that programs and tests find it without exported variables, and keeps what the
//! provenance of results tells of the build: the locked dependencies and the compiler.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const REMEDY: &str =
    "run ./kernel-setup/test once, or set LIBTORCH to a folder with libtorch 2.11's include/ and lib/";

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    if env::var_os("CARGO_FEATURE_DOC_ONLY").is_none() {
        match library_folder() {
            Ok(folder) => link(&folder),
            Err(problem) => println!("cargo::error={problem}; {REMEDY}"),
        }
    }
    if let Err(problem) = keep_provenance() {
        println!("cargo::error={problem}");
    }
}

/// Copies Cargo.lock, the workspace's or that of the published package, to where the crate includes it (empty, if there is
/// none), and names the compiler.
fn keep_provenance() -> Result<(), String> {
    let variable = |name: &str| env::var_os(name).ok_or_else(|| format!("{name} is not set"));
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let locks = ["../Cargo.lock", "../../../Cargo.lock", "Cargo.lock"].map(|lock| folder.join(lock));
    let mut content = Vec::new();
    if let Some(lock) = locks.iter().find(|lock| lock.exists()) {
        println!("cargo::rerun-if-changed={}", lock.display());
        content = std::fs::read(lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    }
    let copy = PathBuf::from(variable("OUT_DIR")?).join("Cargo.lock");
    std::fs::write(&copy, content).map_err(|error| format!("{}: {error}", copy.display()))?;
    let rustc = Command::new(variable("RUSTC")?).arg("--version").output();
    let rustc = rustc.map_err(|error| format!("rustc: {error}"))?.stdout;
    println!("cargo::rustc-env=LMC_RUSTC={}", String::from_utf8_lossy(&rustc).trim());
    Ok(())
}

fn library_folder() -> Result<PathBuf, String> {
    let libtorch = PathBuf::from(env::var_os("LIBTORCH").ok_or("LIBTORCH is not set")?);
    let library = libtorch.join("lib");
    println!("cargo::rerun-if-changed={}", library.display());
    if !library.join("libtorch_cpu.so").exists() {
        return Err(format!("libtorch is not in {}", libtorch.display()));
    }
    library.canonicalize().map_err(|error| format!("{}: {error}", library.display()))
}

fn link(folder: &Path) {
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    // Nothing refers to the CUDA part by name: it registers itself when it is loaded, so it must be kept.
    let cuda = folder.join("libtorch_cuda.so");
    if cuda.exists() {
        println!("cargo::rustc-link-arg=-Wl,--push-state,--no-as-needed");
        println!("cargo::rustc-link-arg={}", cuda.display());
        println!("cargo::rustc-link-arg=-Wl,--pop-state");
    }
}
