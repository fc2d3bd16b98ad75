//! Tells the linker where libtorch is, so that programs and tests find it without exported variables.

use std::env;
use std::path::{Path, PathBuf};

const REMEDY: &str =
    "run ./kernel-setup/test once, or set LIBTORCH to a folder with libtorch 2.11's include/ and lib/";

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    match library_folder() {
        Ok(folder) => link(&folder),
        Err(problem) => println!("cargo::error={problem}; {REMEDY}"),
    }
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
