//! The packages that a registry would get: each has all that building it takes.

use lmc_tests::notebook::clone_root;

use crate::cargo::cargo;

/// The packages in the order in which they would be published, each after those that it uses.
const PACKAGES: [&str; 7] =
    ["lmc-base", "lmc-maths", "lmc-figure", "lmc-data", "lmc-model", "lmc-engine", "lmc"];

/// Returns the files of a package.
fn files(package: &str) -> Vec<String> {
    let arguments = ["package", "--list", "--allow-dirty", "--offline", "-p", package];
    let output = cargo().args(arguments).output().unwrap();
    assert!(output.status.success(), "{package}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn every_package_has_its_build_script_and_licences() {
    for package in PACKAGES {
        let files = files(package);
        for needed in ["Cargo.toml", "build.rs", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs"] {
            assert!(files.iter().any(|file| file == needed), "{package} lacks {needed}: {files:?}");
        }
        let manifests = files.iter().filter(|file| file.starts_with("data-manifests/")).count();
        assert_eq!(manifests > 10, package == "lmc-data", "{package}: {manifests} manifests");
    }
}

#[test]
fn no_other_crate_is_published() {
    for (folder, name) in [("tests", "lmc-tests"), ("kernel-setup", "kernel-setup")] {
        let manifest = std::fs::read_to_string(clone_root().join(folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("publish = false") && manifest.contains(name), "{folder}");
    }
}

#[test]
fn the_citation_names_the_version() {
    let read = |name: &str| std::fs::read_to_string(clone_root().join(name)).unwrap();
    let version = format!("version: {}", env!("CARGO_PKG_VERSION"));
    assert!(read("CITATION.cff").lines().any(|line| line == version), "CITATION.cff has no line `{version}`");
}
