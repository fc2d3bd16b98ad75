//! Compares corpora with the results of Python (`golden/generate_corpora.py`), and reads the real files if
//! they are present.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lmc::data::Dataset;
use lmc::data::corpus::{Corpus, read_corpus};
use lmc::data::hans::{Heuristic, Subset};
use lmc::data::manifest::Manifest;
use lmc::data::reader::{Reading, read_file};
use lmc_tests::skip::skipped;
use serde_json::{Value, json};

fn named(corpus: &str) -> Corpus {
    Corpus::named(corpus).unwrap()
}

/// Returns a golden file, read with the columns that the corpus has in files with that name's extension.
fn golden(corpus: &str, split: &str, file: &str) -> Reading {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/corpora").join(file);
    let manifest = Manifest::builtin(corpus).unwrap();
    let places = manifest.places(split).unwrap();
    let place = places.iter().find(|place| place.file.extension() == path.extension()).unwrap();
    read_file(&path, place.columns, &manifest.labels, None, split).unwrap()
}

fn rows(set: &Dataset) -> Value {
    let row = |e: &lmc::data::Example| match &e.second {
        Some(second) => json!([e.first, second, e.label]),
        None => json!([e.first, e.label]),
    };
    set.examples.iter().map(row).collect()
}

#[test]
fn files_are_read_as_python_reads_them() {
    let expected: Value = serde_json::from_str(include_str!("../../golden/corpora/corpora.json")).unwrap();
    for (corpus, split, file, n_skipped) in [
        ("mnli", "train", "mnli.parquet", 1),
        ("qqp", "train", "qqp.parquet", 0),
        ("cola", "id", "cola.parquet", 0),
        ("qqp", "train", "qqp.tsv", 5),
    ] {
        let reading = golden(corpus, split, file);
        assert_eq!(rows(&reading.dataset), expected[file], "{file}");
        assert_eq!(reading.n_skipped, n_skipped, "{file}");
    }
}

/// Returns a folder of real data beside the checkout; says so if it is not there.
fn real(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if !folder.is_dir() {
        skipped(format!("{} is not there", folder.display()));
        return None;
    }
    Some(folder)
}

fn counts(set: &Dataset) -> Vec<usize> {
    let count = |label| set.examples.iter().filter(|e| e.label == label).count();
    (0..set.labels.len() as i64).map(count).collect()
}

#[test]
fn mnli_matched() {
    let Some(folder) = real("mnli") else { return };
    let reading = named("mnli").read(&folder, "validation_matched", false).unwrap();
    assert_eq!((reading.dataset.len(), reading.n_skipped), (9815, 0));
    assert_eq!(reading.dataset.labels, ["entailment", "neutral", "contradiction"]);
    assert_eq!(counts(&reading.dataset), [3479, 3123, 3213]);
    assert!(reading.dataset.examples.iter().all(|e| e.second.as_ref().is_some_and(|text| !text.is_empty())));
    let quoted = reading.dataset.examples.iter().filter(|e| e.second.as_ref().unwrap().starts_with('"'));
    assert!(quoted.count() > 10);
}

#[test]
fn hans_evaluation() {
    let Some(folder) = real("hans") else { return };
    let reading = named("hans").read(&folder, "evaluation", false).unwrap();
    assert_eq!((reading.dataset.len(), reading.n_skipped), (30_000, 0));
    let groups = reading.groups.as_ref().unwrap();
    for heuristic in Heuristic::ALL {
        assert_eq!(groups.iter().filter(|group| *group == heuristic.name()).count(), 10_000, "{heuristic}");
    }
    for subset in Subset::ALL {
        let set = named("hans").manifest().part(subset.name()).unwrap().of(&reading).unwrap();
        assert_eq!(counts(&set), if subset.entailing { [5000, 0] } else { [0, 5000] }, "{subset}");
        let kinds: BTreeSet<&String> = set.kinds.iter().flatten().collect();
        assert_eq!((set.name.as_str(), kinds.len()), (subset.name(), 5));
    }
    let lexical = read_corpus(&named("hans"), &folder, "hans-lo").unwrap();
    assert_eq!(lexical, named("hans").manifest().subsets[0].of(&reading).unwrap());
    assert!(lexical.kinds.unwrap().iter().all(|kind| kind.starts_with("ln_")));
}

#[test]
fn cola_raw() {
    let Some(folder) = real("cola") else { return };
    Manifest::builtin("cola").unwrap().verify(&folder).unwrap();
    for (split, expected) in [("train", [2528, 6023]), ("id", [162, 365]), ("ood", [162, 354])] {
        assert_eq!(counts(&read_corpus(&named("cola"), &folder, split).unwrap()), expected, "{split}");
    }
}

/// GLUE's development set is the two raw ones, one after the other.
#[test]
fn cola_glue() {
    let Some(folder) = real("cola") else { return };
    let glue = tempfile::tempdir().unwrap();
    let raw = |name: &str| std::fs::read(folder.join(name)).unwrap();
    std::fs::write(glue.path().join("train.tsv"), raw("in_domain_train.tsv")).unwrap();
    let joined = [raw("in_domain_dev.tsv"), raw("out_of_domain_dev.tsv")].concat();
    std::fs::write(glue.path().join("dev.tsv"), joined).unwrap();
    for domain in ["id", "ood"] {
        let set = read_corpus(&named("cola"), glue.path(), domain).unwrap();
        assert_eq!(set, read_corpus(&named("cola"), &folder, domain).unwrap(), "{domain}");
    }
    assert_eq!(read_corpus(&named("cola"), glue.path(), "train").unwrap().len(), 8551);
}

#[test]
fn paws_qqp() {
    let Some(folder) = real("paws-qqp") else { return };
    Manifest::builtin("paws-qqp").unwrap().verify(&folder).unwrap();
    for (split, expected) in [("train", [8212, 3776]), ("dev_and_test", [486, 191])] {
        let set = read_corpus(&named("paws-qqp"), &folder, split).unwrap();
        assert_eq!(counts(&set), expected, "{split}");
        let texts = set.examples.iter().flat_map(|e| [&e.first, e.second.as_ref().unwrap()]);
        assert!(texts.clone().all(|text| !text.contains(['"', '\r'])));
        assert!(texts.clone().any(|text| text.starts_with("`` ")));
    }
}
