//! Runs the benchmark for machines with a GPU in miniature on the CPU: that every section is in the table, and that
//! one which fails or takes too long is reported while the rest goes on.
//!
//! This program is the test and, where [`SECTION`] is set, the program that the script runs.

#[path = "../benches/gpu-parts/mod.rs"]
mod parts;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;

/// The variable that says that this process is a section.
const SECTION: &str = "LMC_GPU_SECTION";

fn main() -> ExitCode {
    if std::env::var_os(SECTION).is_some() {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        return match parts::run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let trials = [
        ("every_section_is_reported_whatever_happens_to_it", every_section as fn()),
        ("a_pack_without_a_program_is_refused", refused),
    ];
    let trials = trials.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn script(folder: &Path, arguments: &[&str]) -> Output {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/gpu");
    let mut command = Command::new(path);
    // The Python of the set-up has a libtorch, which it cannot load; the table takes no more.
    if let Some(python) = std::env::var_os("LMC_PYTHON").filter(|_| reference().is_none()) {
        command.env("LMC_REFERENCE_PYTHON", python);
    }
    command.arg("run").arg(folder).args(arguments).output().unwrap()
}

/// Returns the Python with torch, if the environment names one.
fn reference() -> Option<std::ffi::OsString> {
    std::env::var_os("LMC_REFERENCE_PYTHON").filter(|python| !python.is_empty())
}

fn refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = script(folder.path(), &["--out", folder.path().join("out").to_str().unwrap()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && message.contains("has no program"), "{message}");
}

fn every_section() {
    let folder = tempfile::tempdir().unwrap();
    let (pack, out) = (folder.path().join("pack"), folder.path().join("out"));
    std::fs::create_dir(&pack).unwrap();
    let program = pack.join("program");
    let this = std::env::current_exe().unwrap();
    std::fs::write(&program, format!("#!/bin/sh\n{SECTION}=1 exec '{}' \"$@\"\n", this.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let inputs = pack.join("inputs.json");
    let made = Command::new(&program).arg("inputs").arg(&inputs).status().unwrap();
    assert!(made.success());

    let mut arguments = vec!["--device", "cpu", "--small", "--out", out.to_str().unwrap()];
    arguments.extend([
        "--instead",
        "points-bf16",
        "30",
        "echo '{\"part\": \"torn'; echo on purpose >&2; exit 3",
    ]);
    arguments.extend(["--instead", "torch-points-compiled", "1", "sleep 600"]);
    arguments.extend(["--instead", "torch-finetuning-compiled", "30", "true"]);
    let output = script(&pack, &arguments);
    let table = String::from_utf8(output.stdout).unwrap();
    let said = format!("{table}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(std::fs::read_to_string(out.join("table.md")).unwrap(), table, "{said}");
    for heading in ["## Sections", "## (i) ", "## (ii) ", "## (iii) ", "## (iv) ", "## (v) "] {
        assert!(table.contains(heading), "no {heading}: {said}");
    }
    assert!(table.contains("| points-bf16 | failed with exit code 3 |"), "{said}");
    assert!(table.contains("| on purpose |"), "{said}");
    assert!(table.contains("| torch-points-compiled | stopped: its 1 s were over |"), "{said}");
    for section in ["prepare", "correctness", "points-float32", "finetuning-float32", "finetuning-bf16"] {
        assert!(table.contains(&format!("| {section} | done |")), "{section}: {said}");
    }
    let result: Value = serde_json::from_slice(&std::fs::read(out.join("result.json")).unwrap()).unwrap();
    let rows = |part: &str| -> Vec<Value> {
        let rows = result["rows"].as_array().unwrap();
        rows.iter().filter(|row| row["part"] == part).cloned().collect()
    };
    let checks = rows("check");
    assert_eq!(checks.len(), 13, "{said}");
    for check in &checks {
        assert!(check["difference"].as_f64() <= check["tolerance"].as_f64(), "{check}");
    }
    let is_ours = |row: &&Value| row["who"] == "lmc" && row["precision"] == "float32";
    let points = rows("point");
    let ways: Vec<&Value> = points.iter().filter(is_ours).map(|row| &row["attention"]).collect();
    assert_eq!(ways, ["equal", "padded:8"], "{said}");
    let trained = rows("finetuning");
    let copies: Vec<&Value> = trained.iter().filter(is_ours).map(|row| &row["copies"]).collect();
    assert_eq!(copies, [1, 2], "{said}");
    assert!(trained.iter().all(|row| row["examples_per_second"].as_f64() > Some(0.0)), "{said}");
    for curve in rows("curve") {
        assert_eq!(curve["losses"].as_array().map(Vec::len), Some(5), "{curve}");
    }
    assert!(!table.contains("| NO |"), "{said}");
    // There is no flash kernel on a CPU, which is told and stops nothing.
    assert!(rows("failed").iter().any(|row| row["what"] == "points, attention flash, float32"), "{said}");
    if reference().is_some() {
        assert!(table.contains("| torch-finetuning | done |"), "{said}");
        assert!(trained.iter().any(|row| row["who"] == "transformers"), "{said}");
    }
}
