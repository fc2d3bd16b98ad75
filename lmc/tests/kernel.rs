//! The bytes that reach the kernel "Rust (lmc)" on the standard output of the process of its cells.

use std::process::{Command, Output};
use std::rc::Rc;
use std::time::Duration;

use lmc::interrupt;
use lmc::polars::prelude::*;
use lmc::prelude::*;
use lmc::progress::{Progress, Unit};
use serde_json::Value;
use signal_hook::consts::{SIGINT, SIGUSR1};
use signal_hook::low_level::raise;

/// The variable that is set in the processes that the tests start.
const CELL: &str = "LMC_TEST_CELL";

/// Does the work of the cells; in the process of the tests it does nothing.
#[test]
fn cell() {
    match std::env::var(CELL).as_deref() {
        Ok("show") => {
            let table = |x: i64| df!("x" => [x]).unwrap();
            print!("before ");
            table(1).show();
            StudySpec::mini_nli(0).show();
            print!("between ");
            table(2).show();
            table(3).evcxr_display();
        }
        Ok("progress") => {
            let long = Progress::new("long work", Unit::Updates, 13);
            (0..13).for_each(|i| {
                std::thread::sleep(Duration::from_millis(200));
                long.tick(|| format!("loss {i}"));
            });
            let short = Progress::new("short work", Unit::Copies, 3);
            (0..3).for_each(|_| short.tick(String::new));
        }
        Ok("interrupt") => {
            // The kernel makes both signals harmless before that; here the first look at the flag does.
            assert!(!interrupt::requested());
            raise(SIGINT).unwrap();
            assert!(interrupt::requested());
            raise(SIGINT).unwrap();
            raise(SIGUSR1).unwrap();
            assert!(!interrupt::requested());
            println!("still here");
        }
        _ => {}
    }
}

/// Returns the output of a process that does this as the cell of a kernel that sets those variables.
fn output(what: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "cell", "--nocapture"]).env(CELL, what).env_remove("LMC_PROGRESS");
    for name in ["LMC_KERNEL", "EVCXR_IS_RUNTIME"] {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.envs(variables.iter().copied()).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

const KERNEL: &[(&str, &str)] = &[("LMC_KERNEL", "1"), ("EVCXR_IS_RUNTIME", "1")];

/// Returns the records in an output, and the output without them.
fn records(output: &str) -> (Vec<Value>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut parts = output.split("\x1b_lmc;");
    rest += parts.next().unwrap();
    for part in parts {
        let (json, after) = part.split_once("\x1b\\").unwrap();
        found.push(serde_json::from_str(json).unwrap());
        rest += after;
    }
    (found, rest)
}

#[test]
fn every_value_that_a_cell_shows_is_a_record_and_its_last_one_is_the_result() {
    let output = output("show", KERNEL);
    let (records, rest) = records(&output);
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record["type"] == "display_data"));
    let html = |record: &Value| record["content"]["data"]["text/html"].as_str().unwrap().to_owned();
    assert!(html(&records[0]).contains(">1</td>") && html(&records[2]).contains(">2</td>"));
    assert!(html(&records[1]).contains("100 to 115"));
    assert!(rest.contains("before between EVCXR_BEGIN_CONTENT text/html\n<table>"), "{rest}");
    assert_eq!(rest.matches("EVCXR_BEGIN_CONTENT").count(), 2);
}

#[test]
fn another_evcxr_kernel_gets_marker_lines_and_whole_lines() {
    let evcxr = &[("EVCXR_IS_RUNTIME", "1")];
    let shown = output("show", evcxr);
    assert_eq!((shown.matches('\x1b').count(), shown.matches("EVCXR_BEGIN_CONTENT").count()), (0, 8));
    let progress = output("progress", evcxr);
    assert!(!progress.contains('\x1b') && !progress.contains("work"), "{progress}");
}

#[test]
fn progress_is_one_output_that_changes() {
    let output = output("progress", KERNEL);
    let (records, rest) = records(&output);
    assert!(!rest.contains("work"), "{rest}");
    assert!((3..=8).contains(&records.len()), "{}", records.len());
    assert_eq!(records[0]["type"], "display_data");
    assert!(records[1..].iter().all(|record| record["type"] == "update_display_data"));
    let id = |record: &Value| record["content"]["transient"]["display_id"].as_str().unwrap().to_owned();
    assert!(records.iter().all(|record| id(record) == id(&records[0]) && id(record).starts_with("lmc-")));
    let text = |record: &Value| record["content"]["data"]["text/plain"].as_str().unwrap().to_owned();
    assert!(text(&records[0]).contains(" of 13 updates, "), "{}", text(&records[0]));
    let last = text(records.last().unwrap());
    assert!(last.starts_with("long work: 13 updates in ") && last.ends_with("/s), loss 12"), "{last}");
}

#[test]
fn the_stop_button_sets_the_flag_and_the_end_of_the_cell_clears_it() {
    assert!(output("interrupt", KERNEL).contains("still here"));
}

#[test]
fn a_study_and_its_results_show_themselves_in_few_words() {
    let folder = tempfile::tempdir().unwrap();
    let spec = StudySpec {
        task: TaskSpec::mini_nli(1).with_n_train(32).with_counterexample_share(0.0),
        recipe: Recipe { length: Step::Iterations(4), batch_size: 8, ..Recipe::mini() },
        ..StudySpec::mini_nli(0)
    };
    let study: Rc<Study> =
        Study::open_in(spec.with_seeds([1, 2, 3]), Store::open(folder.path()).unwrap()).unwrap();
    let models = study.finetune().unwrap();
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let evaluations = models.evaluate("id").unwrap();
    let text = |forms: Vec<(&str, String)>| forms.last().unwrap().1.clone();
    let shown = [text(study.forms()), text(models.forms()), text(sweep.forms())];
    assert!(
        shown[0].contains("evaluation sets             id (512), id-large (4096), lo (512)"),
        "{}",
        shown[0]
    );
    assert!(shown[1].contains("names                s1, s2, s3\n"), "{}", shown[1]);
    assert!(shown[1].contains("updates              4\n"), "{}", shown[1]);
    assert!(shown[2].contains("lines           3 of 3 points\n"), "{}", shown[2]);
    // The methods that the kernel looks for are there through the Rc, too.
    study.evcxr_display();
    for debug in [
        format!("{study:?}"),
        format!("{models:?}"),
        format!("{sweep:?}"),
        format!("{:?}", sweep.profiles[0]),
        format!("{:?}", evaluations[0]),
        format!("{:?}", models.weights().unwrap()[0]),
        format!("{:?}", study.task().sets[0].dataset),
    ] {
        assert!(debug.len() < 200 && !debug.contains('\n'), "{debug}");
        println!("{debug}");
    }
}
