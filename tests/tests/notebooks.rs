//! Runs the notebooks from beginning to end in the real kernel, and checks that errors in cells are noticed.

use std::fs::{self, File};

use lmc::compute::{is_portable, should_become_portable};
use lmc_tests::{notebook, skip};
use serde_json::Value;

#[test]
fn every_notebook_runs_without_error_and_shows_its_figures_and_numbers() {
    let out = tempfile::tempdir().unwrap();
    let paths = notebook::course();
    // Progress goes to the terminal: this takes minutes.
    let mut runner = notebook::runner(out.path());
    // Data that are missing are not fetched.
    runner.env("HF_HUB_OFFLINE", "1");
    let data = notebook::clone_root().join("../shared/data");
    if std::env::var_os("LMC_DATA").is_none() && data.join("feather-berts").is_dir() {
        runner.env("LMC_DATA", &data);
    }
    let status = runner.args(&paths).status().unwrap();
    assert!(status.success(), "a notebook failed, see the output above");
    let reports = notebook::report(out.path());
    assert_eq!(reports.len(), paths.len());
    let mut differences = Vec::new();
    for (report, path) in reports.iter().zip(&paths) {
        let name = report["notebook"].as_str().unwrap();
        if let Some(cause) = report["skipped"].as_str() {
            skip::skipped(format_args!("{name}: {cause}"));
            continue;
        }
        assert_eq!(report["executed"], report["code_cells"], "{name} did not run to its end");
        let executed = notebook::read(&out.path().join(path.file_name().unwrap()));
        let n_figures = notebook::n_figures(&executed);
        assert!(n_figures > 0, "{name} shows no figure");
        let promised = notebook::cells(&executed).filter(|cell| notebook::is_tagged(cell, "figure")).count();
        assert!(n_figures >= promised, "{name} promises {promised} figures and shows {n_figures}");
        if is_portable() || should_become_portable() {
            differences.extend(differences_of(name, &notebook::read(path), &executed));
        } else {
            skip::skipped(format_args!("{name}: this processor cannot compute the numbers of the course"));
        }
    }
    assert!(differences.is_empty(), "other numbers than in the course:\n{}", differences.join("\n"));
}

#[test]
fn claims_are_judged_anew_on_another_draw_of_the_data() {
    let temp = tempfile::tempdir().unwrap();
    let crate_folder = notebook::clone_root().join("lmc");
    let mut names = vec!["01_finetuning", "03_convexity_gaps", "08_confidence"];
    let others = ["02_interpolation", "04_lp_ft_and_roberta", "05_trajectories", "09_convexity_and_soups"];
    if std::env::var_os("LMC_ALL_CLAIMS").is_some() {
        names.extend(others);
    } else {
        let cause = "takes ten minutes; with LMC_ALL_CLAIMS=1 it is done";
        others.iter().for_each(|name| skip::skipped(format_args!("{name} on another draw: {cause}")));
    }
    let mut copies = Vec::new();
    for name in names {
        let path = notebook::clone_root().join(format!("notebooks/{name}.ipynb"));
        let mut text = fs::read_to_string(path).unwrap();
        assert!(text.contains("StudySpec::mini_nli(0)"), "{name}");
        for study in ["mini_nli", "mini_nli_lp_ft", "mini_nli_roberta"] {
            text = text.replace(&format!("StudySpec::{study}(0)"), &format!("StudySpec::{study}(1)"));
        }
        let text = text.replace(r#"path = \"../lmc\""#, &format!(r#"path = \"{}\""#, crate_folder.display()));
        let copy = temp.path().join(format!("{name}.ipynb"));
        fs::write(&copy, text).unwrap();
        copies.push(copy);
    }
    let out = temp.path().join("out");
    assert!(notebook::runner(&out).args(&copies).status().unwrap().success(), "a notebook failed, see above");
    for copy in &copies {
        let executed = notebook::read(&out.join(copy.file_name().unwrap()));
        let (before, now) = (claims(&notebook::read(copy)), claims(&executed));
        assert!(!now.is_empty() && before.len() == now.len(), "{}: {now:?}", copy.display());
        assert_ne!(before, now, "{} says the same of another draw", copy.display());
    }
}

/// Returns what the cells with claims show.
fn claims(notebook: &Value) -> Vec<Value> {
    let makes_claims = |cell: &&Value| cell["source"].to_string().contains("Claims::default()");
    notebook::cells(notebook).filter(makes_claims).flat_map(notebook::results).collect()
}

/// Returns how the results of a notebook's cells differ from those that are stored in it. Cells tagged `machine`
/// show times, places or versions.
fn differences_of(name: &str, stored: &Value, executed: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    for (number, (old, new)) in notebook::cells(stored).zip(notebook::cells(executed)).enumerate() {
        let (old_results, new_results) = (notebook::results(old), notebook::results(new));
        if !notebook::is_tagged(old, "machine") && old_results != new_results {
            let [old, new] =
                [old_results, new_results].map(|results| serde_json::to_string_pretty(&results).unwrap());
            let [old, new]: [Vec<&str>; 2] = [&old, &new].map(|text| text.lines().collect());
            let at =
                old.iter().zip(&new).position(|(old, new)| old != new).unwrap_or(old.len().min(new.len()));
            let line =
                |lines: &[&str]| lines.get(at).unwrap_or(&"nothing").chars().take(300).collect::<String>();
            differences.push(format!("{name}, cell {number}: `{}` is now `{}`", line(&old), line(&new)));
        }
    }
    differences
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
fn a_notebook_whose_data_cannot_be_had_is_skipped_with_the_cause() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("needs_data.ipynb");
    notebook::write(&path, &[(r#"panic!("not run");"#, &[])]);
    let mut source = notebook::read(&path);
    source["metadata"]["lmc"] = serde_json::json!({ "data": ["feather-berts-accuracies"] });
    fs::write(&path, source.to_string()).unwrap();
    let run = |variable: &str, value: &std::path::Path| {
        let mut runner = notebook::runner(temp.path());
        runner.env_remove("LMC_DATA").env("LMC_HOME", temp.path()).env("HF_HUB_OFFLINE", "1");
        let output = runner.env(variable, value).arg(&path).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{shown}");
        (notebook::report(temp.path())[0]["skipped"].as_str().unwrap().to_owned(), shown)
    };
    let (cause, shown) = run("LMC_HOME", temp.path());
    assert!(
        cause.starts_with("needs the network, or LMC_DATA naming a folder that has berts_of_a"),
        "{cause}"
    );
    assert!(shown.contains("needs_data: skipped: needs the network"), "{shown}");
    let (cause, _) = run("LMC_DATA", temp.path());
    assert!(cause.starts_with("LMC_DATA names ") && cause.contains("accuracies_by_run.csv"), "{cause}");
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
