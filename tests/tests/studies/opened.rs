//! Models from elsewhere: the copies of a study, saved as folders, give the results of the study.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::analyses::soups::SoupOptions;
use lmc::basin::ClusterOptions;
use lmc::gap::Measure;
use lmc::model::{ModelConfig, Replace, load_finetuned, reordered, save_folder};
use lmc::path::{CurveKind, PlaneOptions};
use lmc::sharpness::SharpnessRecipe;
use lmc::spec::TaskSpec;
use lmc::store::Store;
use lmc::study::{Metric, Models, Study, StudySpec};
use lmc::sweep::Grid;
use lmc::table::{MODELS, Table};
use lmc::train::CurveRecipe;
use lmc::weights::Weights;
use lmc::{LmcError, Result};
use lmc_tests::files::{copy_folder, files};
use lmc_tests::small;

/// The copies of a small study, each saved in a folder with its tokenizer.
struct Saved {
    root: tempfile::TempDir,
    models: Models,
}

impl Saved {
    fn new(n: usize) -> Self {
        let root = tempfile::tempdir().unwrap();
        let models = small::models(&root.path().join("study"), n);
        let saved = Self { root, models };
        for (number, name) in saved.models.names().iter().enumerate() {
            save(&saved.models, number, &saved.path(&format!("copies/{name}")));
        }
        saved
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn task(&self) -> TaskSpec {
        self.models.study().spec().task.clone()
    }

    /// Opens models in a store of their own.
    fn open(&self, words: &[PathBuf]) -> Result<Models> {
        let store = Store::open(self.path("opened"))?;
        Study::open_in(StudySpec::of_models(self.task(), words)?, store)?.models()
    }

    fn problem(&self, words: &[PathBuf]) -> String {
        self.open(words).unwrap_err().to_string()
    }
}

/// Saves one copy as a folder.
fn save(models: &Models, number: usize, folder: &Path) {
    let place = MergeFolder::new(models.study(), folder, "one copy", Replace::Same).unwrap();
    place.save(models, &[number], &MergeCard::default()).unwrap();
}

/// Saves the model of a folder again with its outputs turned round.
fn turn(folder: &Path, labels: [&str; 2]) {
    let found = load_finetuned(folder).unwrap();
    let config: ModelConfig = found.classifier.config().clone();
    let turned = reordered(&config, &found.weights, &[1, 0]).unwrap();
    std::fs::remove_file(folder.join("config.json")).unwrap();
    let other = tempfile::tempdir().unwrap();
    save_folder(other.path(), &config.with_labels(labels), &turned).unwrap();
    copy_folder(other.path(), folder);
}

fn losses(models: &Models) -> Vec<Vec<f64>> {
    models.sweep("id", Grid::TENTHS).unwrap().profiles.iter().map(|profile| profile.losses()).collect()
}

/// Returns what was computed in a store, without the digests that it remembers of folders.
fn kept(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut kept = files(store);
    kept.retain(|path, _| !path.starts_with("opened"));
    kept
}

#[test]
fn saved_copies_have_the_lines_of_their_study() {
    let saved = Saved::new(3);
    turn(&saved.path("copies/s2"), ["Non-Entailment", "ENTAILMENT"]);
    // A folder of models is the models.
    let opened = saved.open(&[saved.path("copies")]).unwrap();
    assert_eq!(opened.names(), ["s1", "s2", "s3"]);
    assert_eq!(losses(&opened), losses(&saved.models));
    let [own, theirs] = [&saved.models, &opened].map(|models| models.scores("lo", Metric::Accuracy).unwrap());
    assert_eq!(own, theirs);
    let weights =
        |models: &Models| models.weights().unwrap().iter().map(|w| w.sha256().unwrap()).collect::<Vec<_>>();
    assert_eq!(weights(&opened), weights(&saved.models));
    // They are named by their weights, whatever the folders are called: all is found again.
    let before = kept(&saved.path("opened"));
    std::fs::rename(saved.path("copies"), saved.path("other")).unwrap();
    std::fs::rename(saved.path("other/s2"), saved.path("other/second")).unwrap();
    let again = saved.open(&["s1", "second", "s3"].map(|name| saved.path("other").join(name))).unwrap();
    assert_eq!(again.names(), ["s1", "second", "s3"]);
    losses(&again);
    assert!(kept(&saved.path("opened")) == before, "nothing is computed again");
    let table = again.table().unwrap();
    MODELS.check(&table).unwrap();
    assert_eq!((table.height(), table.column("seed").unwrap().null_count()), (3, 3));
    let origin = again.study().provenance().unwrap().to_string();
    assert!(!origin.contains("recipe"), "{origin}");
}

#[test]
fn every_analysis_takes_models_from_elsewhere() {
    let saved = Saved::new(3);
    let opened = saved.open(&[saved.path("copies/*")]).unwrap();
    let sweep = opened.sweep("id", Grid::TENTHS).unwrap();
    let basins = sweep.basins(&ClusterOptions::default()).unwrap();
    assert_eq!(sweep.matrix(Measure::ConvexityGap).unwrap().values.dim(), (3, 3));
    let soups = opened.soups("id", "lo", &basins, &SoupOptions::new(Metric::Accuracy)).unwrap();
    assert!(!soups.results.is_empty());
    let options =
        PlaneOptions { spacing: 0.5, range: Some([(0.0, 1.0), (0.0, 1.0)]), ..PlaneOptions::default() };
    assert_eq!(opened.plane("id", [0, 1, 2], &options).unwrap().outcomes.len(), 9);
    let recipe = CurveRecipe {
        batch_size: 32,
        sub_epoch: 5,
        n_sub_epochs: 2,
        ..CurveRecipe::mini().with_kind(CurveKind::Bezier)
    };
    let [own, theirs] =
        [&saved.models, &opened].map(|models| models.connect(0, 1, &recipe).unwrap().train_losses);
    assert_eq!(own, theirs);
    let recipe = SharpnessRecipe { n_updates: 2, n_examples: 64, ..SharpnessRecipe::mini() };
    let [own, theirs] = [&saved.models, &opened].map(|models| models.sharpness(&recipe).unwrap());
    assert_eq!(own.column("sharpness").unwrap(), theirs.column("sharpness").unwrap());
    assert!(opened.align(0, 1).is_ok());
    // A soup of theirs is saved as one of copies is, and never over a model that was given.
    let study = opened.study();
    let taken = MergeFolder::new(study, &saved.path("copies/s1"), "all", Replace::Models).unwrap_err();
    assert!(taken.to_string().contains("holds the models of this study"), "{taken}");
    let place = MergeFolder::new(study, &saved.path("soup"), "all", Replace::Same).unwrap();
    let card = MergeCard {
        sweep: Some(sweep),
        scores: vec![("lo".into(), Metric::Accuracy)],
        choice: Some("By hand.".into()),
        command: Some("lmc soup".into()),
    };
    place.save(&opened, &[0, 1, 2], &card).unwrap();
    let text = std::fs::read_to_string(saved.path("soup/README.md")).unwrap();
    let key = opened.models()[0].key();
    for part in
        [&key, "| **this model** |", "accuracy on lo", "largest convexity gap", "By hand.", "lmc soup"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let soup = load_finetuned(&saved.path("soup")).unwrap();
    assert_eq!(soup.weights.theta(), saved.models.soup(&[0, 1, 2]).unwrap().theta());
    let error = study.finetune().unwrap_err().to_string();
    assert!(error.contains("models from elsewhere are as they are"), "{error}");
}

#[test]
fn checkpoints_of_runs_are_stages() {
    let saved = Saved::new(2);
    let stages = saved.models.stages().unwrap();
    let steps: Vec<u32> = stages.iter().map(Models::step).collect();
    assert!(steps.len() > 1, "{steps:?}");
    for stage in &stages {
        for (number, name) in stage.names().iter().enumerate() {
            save(stage, number, &saved.path(&format!("runs/{name}/checkpoint-{}", stage.step())));
        }
    }
    std::fs::create_dir(saved.path("runs/logs")).unwrap();
    let opened = saved.open(&[saved.path("runs")]).unwrap();
    assert_eq!((opened.names(), opened.step()), (saved.models.names(), saved.models.step()));
    let found = opened.stages().unwrap();
    assert_eq!(found.iter().map(Models::step).collect::<Vec<_>>(), steps);
    for (own, theirs) in stages.iter().zip(&found) {
        assert_eq!(losses(own), losses(theirs));
    }
    // A checkpoint that one run lacks is no stage, and a note says so.
    std::fs::remove_dir_all(saved.path(&format!("runs/s1/checkpoint-{}", steps[0]))).unwrap();
    let fewer = saved.open(&[saved.path("runs/s1"), saved.path("runs/s2")]).unwrap().stages().unwrap();
    assert_eq!(fewer.iter().map(Models::step).collect::<Vec<_>>(), steps[1..]);
}

#[test]
fn models_that_do_not_fit_are_told_before_anything_is_computed() {
    let saved = Saved::new(2);
    let [one, two] = ["copies/s1", "copies/s2"].map(|name| saved.path(name));
    let copy = |name: &str| {
        copy_folder(&one, &saved.path(name));
        saved.path(name)
    };
    let twin = saved.problem(&[one.clone(), two.clone(), copy("twin")]);
    assert!(twin.contains("got s1 and twin, which have the same weights"), "{twin}");
    let found = load_finetuned(&one).unwrap();
    let odd = copy("odd");
    let config = found.classifier.config().clone();
    let act = ModelConfig { hidden_act: "relu".into(), ..config.clone() };
    std::fs::remove_file(odd.join("config.json")).unwrap();
    let other = tempfile::tempdir().unwrap();
    save_folder(other.path(), &act.with_labels(["entailment", "non-entailment"]), &found.weights).unwrap();
    copy_folder(other.path(), &odd);
    let groups = saved.problem(&[one.clone(), odd, two.clone()]);
    assert!(groups.contains("s1, s2 (activation gelu); odd (activation relu)"), "{groups}");
    let words = copy("words");
    let text = std::fs::read_to_string(words.join("tokenizer.json")).unwrap();
    let other = text.replacen("\"doctors\"", "\"Doctors\"", 1);
    assert_ne!(other, text);
    std::fs::write(words.join("tokenizer.json"), other).unwrap();
    let tokens = saved.problem(&[one.clone(), words]);
    assert!(tokens.contains("s1 (tokenizer ") && tokens.contains("; words (tokenizer "), "{tokens}");
    let labels = copy("labels");
    let text = std::fs::read_to_string(labels.join("config.json")).unwrap();
    std::fs::write(labels.join("config.json"), text.replace("\"entailment\"", "\"yes\"")).unwrap();
    let named = saved.problem(&[labels]);
    assert!(named.contains("the set has no label `yes`") && named.contains("labels: "), "{named}");
    let broken = copy("broken");
    let theta = found.weights.theta().copy();
    let _ = theta.narrow(0, 5, 1).fill_(f64::NAN);
    let weights = Weights::new(found.weights.layout().clone(), theta).unwrap();
    std::fs::remove_file(broken.join("config.json")).unwrap();
    let other = tempfile::tempdir().unwrap();
    save_folder(other.path(), &config.with_labels(["entailment", "non-entailment"]), &weights).unwrap();
    copy_folder(other.path(), &broken);
    let diverged = saved.problem(&[one.clone(), broken.clone()]);
    assert!(
        diverged.starts_with(&format!("{}: there are weights that are not finite", broken.display())),
        "{diverged}"
    );
    let empty = saved.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let nothing = saved.problem(&[empty]);
    assert!(nothing.contains("the folder holds no model"), "{nothing}");
    let gone = saved.problem(&[one.clone(), saved.path("gone")]);
    assert!(gone.contains("gone"), "{gone}");
    assert!(files(&saved.path("opened")).is_empty());
    // Weights that change after they were looked at are not taken for the old ones.
    let opened = saved.open(&[one.clone(), two.clone()]).unwrap();
    turn(&two, ["entailment", "non-entailment"]);
    let error = opened.sweep("id", Grid::TENTHS).unwrap_err();
    assert!(matches!(&error, LmcError::Format { path, .. } if *path == two), "{error}");
    assert!(error.to_string().contains("changed after they were looked at"), "{error}");
}

#[test]
fn models_from_elsewhere_survive_the_file_of_a_study() {
    let saved = Saved::new(2);
    let spec =
        StudySpec::of_models(saved.task(), &[saved.path("copies/s1"), saved.path("copies/s2")]).unwrap();
    let text = spec.to_toml().unwrap();
    let path = saved.path("study.toml");
    assert_eq!(StudySpec::from_toml(&text, &path).unwrap(), spec);
    // Words in a file begin at its folder, and labels may be given.
    let task = "task = { name = \"mini-nli\", data_seed = 1, n_train = 256, counterexample_share = 0.03 }\n";
    let written = |more: &str| StudySpec::from_toml(&format!("models = [\"copies/*\"]\n{more}{task}"), &path);
    let read = written("labels = [\"entailment\", \"non-entailment\"]\n").unwrap();
    let given = read.models.as_ref().unwrap();
    assert_eq!(given.models, spec.models.as_ref().unwrap().models);
    assert_eq!(given.labels, ["entailment", "non-entailment"]);
    assert_eq!((read.n_models(), read.names().unwrap()), (2, vec!["s1".into(), "s2".into()]));
    for (more, told) in [
        ("seeds = [1]\n", "1 beside models from elsewhere"),
        ("models = []\n", "duplicate key"),
        ("master_seed = 0\nseeds = [3]\n", "3 beside models"),
    ] {
        let error = written(more).unwrap_err().to_string();
        assert!(error.contains(told), "{more}: {error}");
    }
    let error = StudySpec::from_toml(&format!("labels = [\"a\"]\n{task}"), &path).unwrap_err().to_string();
    assert!(error.contains("`labels` is for `models` from elsewhere"), "{error}");
    let error = StudySpec::from_toml(&format!("models = [\"none\"]\n{task}"), &path).unwrap_err().to_string();
    assert!(error.contains("study.toml:1: no model `none`"), "{error}");
}
