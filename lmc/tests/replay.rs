//! Runs `lmc replay` on golden logs: its tables and figures, and the inputs that it refuses.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lmc::table::{
    BASINS, CLUSTER_STATISTICS, CLUSTER_TESTS, EVALUATIONS, GAPS, PROFILES, Schema, read_parquet,
};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/logs")
}

fn lmc(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    command.arg("replay").args(arguments).current_dir(folder).env("LMC_HOME", folder).output().unwrap()
}

/// Returns the message of a failure: one line, exit code 1.
fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = lmc(folder, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("lmc: ") && message.lines().count() == 1, "{message}");
    message
}

const SCORES: &str = r#"{"m-0": {"accuracy": 0.5}, "m-7": {"accuracy": 0.4}, "m-22": {"accuracy": 0.1},
    "m-connectivity/feather_berts_98@36813": {"accuracy": 0.2}}"#;

#[test]
fn logs_become_tables_figures_and_a_report() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    std::fs::copy(golden().join("all_pairs.log"), folder.path().join("logs/0.out")).unwrap();
    std::fs::write(folder.path().join("logs/0.err"), "no log").unwrap();
    std::fs::write(folder.path().join("scores.json"), SCORES).unwrap();
    let arguments = ["logs", "--scores", "scores.json", "--prefix", "m-", "--delta", "auto", "--out", "out"];
    let output = lmc(folder.path(), &arguments);
    let (text, message) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{message}");
    assert!(text.contains("6 tables and 3 figures in out\n4 models on id, 6 lines of 10 points\n"), "{text}");
    assert!(text.contains("clusters of 2 and 2 models, mean gap "), "{text}");
    let out = folder.path().join("out");
    let rows = [
        (PROFILES, 60),
        (GAPS, 6),
        (BASINS, 4),
        (EVALUATIONS, 4),
        (CLUSTER_STATISTICS, 1),
        (CLUSTER_TESTS, 1),
    ];
    for (schema, rows) in rows {
        let table = read_parquet(&out.join(format!("{}.parquet", schema.name)), &schema).unwrap();
        assert_eq!(table.height(), rows, "{}", schema.name);
    }
    let value = |schema: &Schema, column: &str| {
        let table = read_parquet(&out.join(format!("{}.parquet", schema.name)), schema).unwrap();
        table.column(column).unwrap().f64().unwrap().get(0).unwrap()
    };
    assert!((value(&CLUSTER_STATISTICS, "mean_1") - 0.45).abs() < 1e-12);
    assert_eq!(value(&CLUSTER_STATISTICS, "best_2"), 0.2);
    assert_eq!(value(&CLUSTER_TESTS, "overlap"), 0.0);
    for figure in ["heatmap", "membership", "histogram"] {
        let png = std::fs::read(out.join(format!("{figure}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 5000, "{figure}");
    }
    let again =
        ["logs", "--scores", "out/evaluations.parquet", "--prefix", "m-", "--delta", "auto", "--out", "out"];
    assert_eq!(String::from_utf8(lmc(folder.path(), &again).stdout).unwrap(), text);
}

#[test]
fn what_does_not_fit_is_one_line_and_exit_code_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| golden().join(name).to_str().unwrap().to_owned();
    let (all, two) = (path("all_pairs.log"), path("without_weights.log"));
    std::fs::write(folder.path().join("scores.json"), SCORES).unwrap();
    let fails = |arguments: &[&str]| failure(folder.path(), arguments);
    let log = std::fs::read_to_string(&all).unwrap();
    std::fs::write(folder.path().join("cut.log"), &log[..log.len() / 2]).unwrap();
    let message = fails(&["cut.log", "--scores", "scores.json"]);
    assert!(message.starts_with("lmc: cut.log:") && message.contains("must be a whole log"), "{message}");
    let message = fails(&[&all, "--scores", "scores.json"]);
    assert!(
        message.contains("no accuracy on `lo` for 4 of 4 models") && message.contains("--prefix m- gives"),
        "{message}"
    );
    let message = fails(&[&two, "--scores", "scores.json"]);
    assert!(
        message.contains("no line between `7` and `22`") && message.contains("--missing drop"),
        "{message}"
    );
    let message = fails(&[&all, "--scores", "nowhere.json"]);
    assert!(message.contains("read nowhere.json"), "{message}");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let message = fails(&["empty", "--scores", "scores.json"]);
    assert!(message.contains("it has no logs"), "{message}");
    let message = fails(&[&all, "--scores", "scores.json", "--tolerance", "NaN"]);
    assert!(message.contains("`tolerance`: got NaN"), "{message}");
}

#[test]
fn the_help_says_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let output = lmc(folder.path(), &["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in ["LOG", "--scores <FILE>", "--scored-on", "--prefix", "--delta", "--out", "[default: lo]"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for wrong in [&["x.log"][..], &["--scores", "x.json"], &["x.log", "--scores", "x", "--delta", "0"]] {
        assert_eq!(lmc(folder.path(), wrong).status.code(), Some(2), "{wrong:?}");
    }
}
