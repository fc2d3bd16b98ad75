//! A study on a corpus of one's own: one manifest and its files, and no code.

use std::path::Path;

use lmc::data::manifest::Manifest;
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::Metric;
use lmc::study::{Study, StudySpec};

const MANIFEST: &str = r#"
name = "reviews"
kind = "corpus"
title = "Reviews in the words of the embedded grammar"
licence = "CC0-1.0"
citation = "none"
labels = ["bad", "good", "best"]

[source]
url = "https://example.org/reviews"

[columns]
format = "tsv"
header = true
names = ["text", "about", "label"]
first = "text"
label = "label"
group = "about"
label_by = "name"

[[files]]
path = "train.tsv"

[[files]]
path = "dev.tsv"

[[splits]]
name = "train"
file = "train.tsv"
n_examples = 60

[[splits]]
name = "dev"
file = "dev.tsv"
n_examples = 12

[[subsets]]
name = "doctors"
split = "dev"
group = "doctors"

[[subsets]]
name = "nurses"
split = "dev"
group = "judges"
label = "best"

[task]
scored = "acceptable"
metric = "mcc"
recipe = { name = "google", length = "2it", batch_size = 16 }

[[task.sets]]
name = "id"
split = "dev"

[[task.sets]]
name = "doctors"

[[task.sets]]
name = "nurses"

[[task.sets]]
name = "acceptable"
corpus = "cola"
split = "ood"
labels = { bad = "unacceptable", good = "acceptable", best = "acceptable" }
"#;

/// Writes a file of that many reviews, whose labels alternate; those of judges are never the best.
fn write_reviews(path: &Path, n: usize) {
    let row = |i: usize| match i % 4 {
        0 => "judges slept\tjudges\tbad\n",
        1 => "judges helped doctors\tjudges\tgood\n",
        2 => "doctors slept\tdoctors\tbest\n",
        _ => "doctors helped judges\tdoctors\tbad\n",
    };
    let rows: String = (0..n).map(row).collect();
    std::fs::write(path, format!("text\tabout\tlabel\n{rows}")).unwrap();
}

#[test]
fn one_manifest_is_all_that_a_corpus_needs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("cola")).unwrap();
    std::fs::write(folder.path().join("reviews.toml"), MANIFEST).unwrap();
    write_reviews(&data.join("train.tsv"), 60);
    write_reviews(&data.join("dev.tsv"), 12);
    let row = |label: usize| format!("clc95\t{label}\t\tdoctors slept\n");
    std::fs::write(data.join("cola/out_of_domain_dev.tsv"), [1, 0, 1].map(row).concat()).unwrap();

    let task = TaskSpec::new(Manifest::read(&folder.path().join("reviews.toml")).unwrap()).unwrap();
    assert_eq!((task.n_train(), task.recipe().length), (60, Step::Iterations(2)));
    let mut spec = StudySpec::of(task).with_data(&data).with_seeds([1, 2]);
    assert_eq!(spec.encoder.to_string(), "bert-base-uncased");
    spec.encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmc/assets/mini-bert").into();
    assert_eq!((spec.swept(), spec.scored()), ("id-sample", ("acceptable", Metric::Mcc)));
    let study = Study::open_in(spec, Store::open(folder.path().join("store")).unwrap()).unwrap();
    let sizes: Vec<(&str, usize)> =
        study.task().sets.iter().map(|set| (set.dataset.name.as_str(), set.encoded.len())).collect();
    // The subset without an example is left out, with a note.
    let expected = [
        ("id", 12),
        ("id-sample", 12),
        ("doctors", 6),
        ("doctors-sample", 6),
        ("acceptable", 3),
        ("acceptable-sample", 3),
        ("train-sample", 60),
    ];
    assert_eq!(sizes, expected);
    let models = study.finetune().unwrap();
    assert!(models.names()[0].contains("s1"), "{:?}", models.names());
    for evaluation in models.evaluate("acceptable").unwrap() {
        assert_eq!(*evaluation.labels, [1, 0, 1]);
        assert!(evaluation.outcome.predictions.iter().all(|&class| class < 2));
    }
    let runs: Vec<String> = std::fs::read_dir(folder.path().join("store/runs"))
        .unwrap()
        .map(|run| run.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(runs.len() == 2 && runs.iter().all(|run| run.starts_with("reviews-google-s")), "{runs:?}");
    // A file of a study names a task, and this name stands for no task elsewhere.
    let message = study.spec().to_toml().unwrap_err().to_string();
    assert!(
        message.starts_with("`task`: got reviews, expected a task that comes with the crate"),
        "{message}"
    );
}

#[test]
fn the_set_that_is_scored_has_examples() {
    let folder = tempfile::tempdir().unwrap();
    write_reviews(&folder.path().join("train.tsv"), 60);
    write_reviews(&folder.path().join("dev.tsv"), 12);
    let text = MANIFEST.replace("scored = \"acceptable\"", "scored = \"nurses\"");
    let text = text.split("[[task.sets]]\nname = \"acceptable\"").next().unwrap();
    let task = TaskSpec::new(Manifest::parse(text, Path::new("reviews.toml")).unwrap()).unwrap();
    let encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmc/assets/mini-bert");
    let spec = StudySpec::corpus(task, encoder).with_data(folder.path()).with_recipe(Recipe::google());
    let store = Store::open(folder.path().join("store")).unwrap();
    let message = Study::open_in(spec, store).unwrap_err().to_string();
    assert!(message.starts_with("`data`: got nurses without any example among 12"), "{message}");
}
