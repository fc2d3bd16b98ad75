//! Runs the notebooks in JupyterLab and as a web page, and the page of a report, in a real browser, and checks
//! what a person sees.

use std::fs;
use std::path::Path;

use lmc::gap::Measure;
use lmc::model::Outcome;
use lmc::stats::accuracy;
use lmc::study::Sweep;
use lmc::sweep::Grid;
use lmc_tests::browser::Browser;
use lmc_tests::{notebook, small};
use serde_json::{Value, json};
use tempfile::TempDir;

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

/// Returns a folder inside the clone, so that the kernel finds the library, which git ignores.
fn folder_in_clone() -> TempDir {
    let out = notebook::clone_root().join("out");
    fs::create_dir_all(&out).unwrap();
    tempfile::Builder::new().prefix("browser-").tempdir_in(out).unwrap()
}

/// Runs a script with a folder of notebooks and an empty folder.
fn run_in_lab(browser: &Browser, script: &str, notebooks: &Path) {
    let state = tempfile::tempdir().unwrap();
    browser.run(script, &[notebooks, state.path()]);
}

#[test]
fn run_all_draws_the_heatmap_and_the_tables() {
    let Some(browser) = Browser::find("run_all_draws_the_heatmap_and_the_tables", TARGET) else { return };
    let folder = folder_in_clone();
    let mut notebook = notebook::read(&notebook::clone_root().join("notebooks/03_convexity_gaps.ipynb"));
    notebook::clear(&mut notebook);
    let text = notebook.to_string();
    let (before, after) = (r#"path = \"../lmc\""#, r#"path = \"../../lmc\""#);
    assert_eq!(text.matches(before).count(), 1, "the notebook names the library once");
    fs::write(folder.path().join("run_all.ipynb"), text.replace(before, after)).unwrap();
    run_in_lab(&browser, "run_all.py", folder.path());
}

#[test]
fn run_all_stops_at_a_cell_that_fails() {
    let Some(browser) = Browser::find("run_all_stops_at_a_cell_that_fails", TARGET) else { return };
    let folder = folder_in_clone();
    let faults = [
        ("stops-at-question-mark", r#"Err::<(), String>("on purpose".to_owned())?;"#),
        ("stops-at-panic", r#"panic!("on purpose");"#),
        ("stops-at-compile-error", r#"compile_error!("on purpose");"#),
    ];
    for (name, fault) in faults {
        let cells: [(&str, &[&str]); 3] =
            [(r#"println!("first");"#, &[]), (fault, &[]), (r#"println!("third");"#, &[])];
        notebook::write(&folder.path().join(name).with_extension("ipynb"), &cells);
    }
    run_in_lab(&browser, "stops_at_error.py", folder.path());
}

#[test]
fn the_stop_button_interrupts_finetuning_and_keeps_the_variables() {
    let name = "the_stop_button_interrupts_finetuning_and_keeps_the_variables";
    let Some(browser) = Browser::find(name, TARGET) else { return };
    let folder = folder_in_clone();
    let cells: [(&str, &[&str]); 4] = [
        (":dep lmc = { path = \"../../lmc\" }\nuse lmc::prelude::*;", &[]),
        ("let before: i32 = 41;\nlet study: std::rc::Rc<Study> = Study::open(StudySpec::mini_nli(4))?;", &[]),
        ("let models: Models = study.finetune()?;", &[]),
        (r#"println!("before is {before}, {} seeds", study.spec().seeds.len());"#, &[]),
    ];
    notebook::write(&folder.path().join("interrupt.ipynb"), &cells);
    run_in_lab(&browser, "interrupt.py", folder.path());
}

#[test]
fn an_executed_notebook_shows_its_pictures_without_network() {
    let name = "an_executed_notebook_shows_its_pictures_without_network";
    let Some(browser) = Browser::find(name, TARGET) else { return };
    let folder = tempfile::tempdir().unwrap();
    let notebook = notebook::clone_root().join("notebooks/03_convexity_gaps.ipynb");
    browser.run_offline("offline_page.py", &[&notebook, folder.path()]);
}

#[test]
fn a_report_answers_clicks_and_keys_without_network() {
    let name = "a_report_answers_clicks_and_keys_without_network";
    let Some(browser) = Browser::find(name, TARGET) else { return };
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(&folder.path().join("store"), 4);
    let page = folder.path().join("report.html");
    models.report(&page).unwrap();
    let sweeps = ["id", "lo"].map(|set| models.sweep(set, Grid::TENTHS).unwrap());
    let pairs: Vec<Value> = (0..sweeps[0].profiles.len())
        .map(|line| {
            let profile = &sweeps[0].profiles[line];
            let accuracies = |sweep: &Sweep| {
                let share = |outcome: &Outcome| accuracy(&sweep.labels, &outcome.predictions).unwrap();
                sweep.profiles[line].outcomes.iter().map(share).collect::<Vec<f64>>()
            };
            json!({
                "a": profile.a, "b": profile.b,
                "convexity_gap": profile.measure(Measure::ConvexityGap).unwrap(),
                "losses": {"id": profile.losses(), "lo": sweeps[1].profiles[line].losses()},
                "accuracies": {"id": accuracies(&sweeps[0]), "lo": accuracies(&sweeps[1])},
            })
        })
        .collect();
    let expected = json!({"models": models.names(), "pairs": pairs}).to_string();
    fs::write(folder.path().join("expected.json"), expected).unwrap();
    browser.run_offline("report_page.py", &[&page, folder.path()]);
}
