//! Tells tests where libtorch is, if it is there. Built alone, these crates need no libtorch; built with the
//! workspace, where the features of `lmc-base` are those that the other crates ask for, their tests load it.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let library = env::var_os("LIBTORCH").map(|folder| PathBuf::from(folder).join("lib"));
    if let Some(library) = library.and_then(|library| library.canonicalize().ok()) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", library.display());
    }
}
