//! Copies of the embedded task, and the lines between them, have the bits that other processors gave.

use std::fs;
use std::path::Path;
use std::process::Command;

use lmc::compute::{ARITHMETIC, is_portable, should_become_portable};
use sha2::{Digest, Sha256};

/// The studies whose results `tests/golden/generate_portable` wrote.
const STUDIES: [&str; 3] = ["mini-nli", "mini-nli-lp-ft", "mini-nli-roberta"];

const GOLDEN: &str = include_str!("../../../tests/golden/portable/expected.txt");

/// Runs a study in a new store, and returns the SHA-256 of its copies and what the command prints.
fn run(study: &str, change: impl Fn(&mut Command)) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/golden/portable/{study}.toml"));
    command.arg("sweep").arg(file).args(["--points", "3", "--set", "lo"]);
    change(command.env("LMC_HOME", home.path()).env("LMC_PROGRESS", "off"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lines = digests(&home.path().join("runs"));
    lines.sort();
    lines.push(String::from_utf8(output.stdout).unwrap());
    format!("{study}\n{}", lines.join("\n"))
}

/// Returns the names of all runs with the SHA-256 of the weights at each checkpoint.
fn digests(runs: &Path) -> Vec<String> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries(runs).filter(|run| run.is_dir()).flat_map(|run| entries(&run).collect::<Vec<_>>());
    let checkpoints = files.filter(|file| file.extension().is_some_and(|end| end == "safetensors"));
    let digest = |file: std::path::PathBuf| {
        let bytes = fs::read(&file).unwrap();
        // The header, whose length comes first, has the time that training took.
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let hash: String =
            Sha256::digest(&bytes[8 + header..]).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{} {hash}", file.strip_prefix(runs).unwrap().display())
    };
    checkpoints.map(digest).collect()
}

#[test]
fn copies_have_the_bits_that_other_processors_gave() {
    if !is_portable() && !should_become_portable() {
        println!("skipped: this processor has no AVX2, or the environment holds libtorch to other kernels");
        return;
    }
    let golden = GOLDEN.split("## ").skip(1).collect::<Vec<_>>();
    assert_eq!(golden.len(), STUDIES.len());
    for (study, expected) in STUDIES.iter().zip(golden) {
        assert_eq!(run(study, |_| ()).trim(), expected.trim());
    }
}

#[test]
fn native_copies_are_other_runs() {
    let native = run(STUDIES[0], |command| {
        command.env(ARITHMETIC, "native");
    });
    let name = |text: &str| text.lines().nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert_ne!(name(&native), name(GOLDEN));
}
