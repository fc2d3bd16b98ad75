//! The notebooks run from beginning to end in the real kernel, and what goes wrong in a cell is noticed.

use std::fs::{self, File};

use lmc_tests::notebook;

#[test]
fn every_notebook_runs_without_error_and_shows_its_figures() {
    let out = tempfile::tempdir().unwrap();
    let paths = notebook::course();
    // Progress goes to the terminal: this takes minutes.
    let status = notebook::runner(out.path()).args(&paths).status().unwrap();
    assert!(status.success(), "a notebook failed, see the output above");
    let reports = notebook::report(out.path());
    assert_eq!(reports.len(), paths.len());
    for (report, path) in reports.iter().zip(&paths) {
        let name = report["notebook"].as_str().unwrap();
        assert_eq!(report["executed"], report["code_cells"], "{name} did not run to its end");
        let executed = notebook::read(&out.path().join(path.file_name().unwrap()));
        let n_figures = notebook::n_figures(&executed);
        assert!(n_figures > 0, "{name} shows no figure");
        let promised = notebook::cells(&executed).filter(|cell| notebook::is_tagged(cell, "figure")).count();
        assert!(n_figures >= promised, "{name} promises {promised} figures and shows {n_figures}");
    }
}

#[test]
fn a_cell_that_fails_fails_the_run() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("faults.ipynb");
    notebook::write(
        &path,
        &[
            (r#"let n: i32 = "seven".parse()?;"#, &[]),
            (r#"panic!("on purpose");"#, &[]),
            (r#"let text: i32 = "text";"#, &[]),
            (r#"println!("fine");"#, &[]),
            (r#"println!("no figure here");"#, &["figure"]),
            (r#"panic!("expected");"#, &["raises-exception"]),
            (r#"println!("no panic");"#, &["raises-exception"]),
            (r#"eprintln!("a warning is no failure");"#, &[]),
        ],
    );
    let log = temp.path().join("log");
    let file = File::create(&log).unwrap();
    let status = notebook::runner(temp.path())
        .arg("--keep-going")
        .arg(&path)
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .status()
        .unwrap();
    let log = fs::read_to_string(&log).unwrap();
    assert!(!status.success(), "{log}");
    let report = &notebook::report(temp.path())[0];
    assert_eq!(report["executed"], 8, "{log}");
    let failures: Vec<(u64, &str)> = report["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| (failure["cell"].as_u64().unwrap(), failure["error"].as_str().unwrap()))
        .collect();
    let expected = [
        (0, "invalid digit found in string"),
        (1, "on purpose"),
        (2, "mismatched types"),
        (4, "shows none"),
        (6, "did not fail"),
    ];
    assert_eq!(failures.len(), expected.len(), "{failures:?}");
    for ((cell, error), (expected_cell, text)) in failures.iter().zip(expected) {
        assert_eq!(*cell, expected_cell, "{failures:?}");
        assert!(error.contains(text), "cell {cell}: {error}");
    }
}

#[test]
fn a_run_ends_at_the_first_cell_that_fails() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("stops.ipynb");
    let cells = [r#"println!("first");"#, r#"panic!("on purpose");"#, r#"println!("third");"#];
    notebook::write(&path, &cells.map(|source| (source, [].as_slice())));
    let output = notebook::runner(temp.path()).arg(&path).output().unwrap();
    assert!(!output.status.success());
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains(r#"| panic!("on purpose");"#) && shown.contains("! Panic: on purpose"), "{shown}");
    let report = &notebook::report(temp.path())[0];
    assert_eq!((&report["executed"], &report["code_cells"]), (&2.into(), &3.into()), "{shown}");
    assert_eq!(report["failures"][0]["cell"], 1, "{shown}");
    let executed = notebook::read(&temp.path().join("stops.ipynb"));
    let third = notebook::cells(&executed).last().unwrap();
    assert!(third["execution_count"].is_null() && third["outputs"] == serde_json::json!([]), "{third}");
}

#[test]
fn a_kernel_that_is_not_installed_is_named_with_its_remedy() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("any.ipynb");
    notebook::write(&path, &[("1", &[])]);
    let output =
        notebook::runner(temp.path()).args(["--kernel", "no-such-kernel"]).arg(&path).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        stderr.contains("`no-such-kernel` is not installed") && stderr.contains("./kernel-setup/test"),
        "{stderr}"
    );
}
