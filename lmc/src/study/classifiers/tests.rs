use std::path::{Path, PathBuf};

use tch::Device;

use super::*;
use crate::data::Example;
use crate::eval::{evaluate_mapped, read_outcome, write_outcome};
use crate::model::fixture::{config, weights};
use crate::model::{Classifier, Finetuned, ModelConfig, load_finetuned, save_folder};
use crate::weights::Weights;

const WORDS: [&str; 20] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "doctors", "judges", "actors", "helped", "saw",
    "slept", "by", "near", "that", "who", ".", "were", "and", "or",
];
const GLUE: [&str; 3] = ["entailment", "neutral", "contradiction"];

/// A set in the labels of HANS with sentences of several lengths.
fn set(name: &str, n: usize) -> Dataset {
    let example = |i: usize| Example {
        first: WORDS[5 + i % 12..9 + i % 12].join(" "),
        second: Some(WORDS[6 + i % 5..7 + i % 5 + i % 3].join(" ")),
        label: (i % 2) as i64,
    };
    Dataset::new(name, &["entailment", "non-entailment"], (0..n).map(example).collect(), None).unwrap()
}

/// A folder with a classifier over those labels, its weights drawn from a seed.
fn save(folder: &Path, config: &ModelConfig, labels: &[&str], seed: u64) -> ModelFolder {
    let weights = weights(&Classifier::new(config, labels.len()), seed);
    save_weights(folder, config, labels, &weights)
}

fn save_weights(folder: &Path, config: &ModelConfig, labels: &[&str], weights: &Weights) -> ModelFolder {
    save_folder(folder, &config.clone().with_labels(labels.iter().copied()), weights).unwrap();
    std::fs::write(folder.join("vocab.txt"), WORDS.map(|word| format!("{word}\n")).concat()).unwrap();
    ModelFolder::find(folder).unwrap()
}

/// A model whose losses are not finite.
fn save_broken(folder: &Path) -> ModelFolder {
    let weights = weights(&Classifier::new(&config(), 3), 9);
    let n = weights.theta().size()[0];
    let _ = weights.theta().narrow(0, n - 1, 1).fill_(f64::NAN);
    save_weights(folder, &config(), &GLUE, &weights)
}

fn look(models: &[ModelFolder], sets: &[Dataset]) -> Result<Classifiers> {
    Classifiers::look(models.to_vec(), sets.to_vec(), &ClassifierOptions::default())
}

fn stored(store: &Store) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(store.root().join("evaluations")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()))
        .collect();
    files.sort();
    files
}

struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        Self { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn results_are_those_of_each_model_and_are_found_again() {
    let place = Place::new();
    let models = [
        save(&place.path("a"), &config(), &GLUE, 1),
        save(&place.path("b"), &config(), &["contradiction", "entailment", "neutral"], 2),
        save(&place.path("c"), &config(), &["entailment", "not_entailment"], 3),
    ];
    let sets = [set("few", 20), set("more", 33)];
    let classifiers = look(&models, &sets).unwrap();
    let first = classifiers.evaluate(Some(&place.store)).all().unwrap();
    let names: Vec<(&str, &str)> = first.iter().map(|e| (e.model.as_str(), e.dataset.as_str())).collect();
    assert_eq!(
        names,
        [("a", "few"), ("a", "more"), ("b", "few"), ("b", "more"), ("c", "few"), ("c", "more")]
    );
    for (model, results) in classifiers.models.iter().zip(first.chunks(2)) {
        let Finetuned { classifier, weights, .. } = load_finetuned(&model.model.folder).unwrap();
        for (set, result) in model.sets.iter().zip(results) {
            let (batches, n) = (set.batches(), set.encoded.len());
            let map = set.label_map.as_ref();
            let expected = evaluate_mapped(&classifier, weights.theta(), &batches, n, map).unwrap();
            assert_eq!(result.outcome.predictions, expected.predictions);
            let losses = result.outcome.losses.iter().zip(&expected.losses);
            assert!(losses.map(|(a, b)| (a - b).abs()).all(|off| off < 1e-5));
            assert_eq!((result.n_labels, &*result.labels), (2, &set.labels()));
        }
    }
    // Results are read from the store, and nothing is computed again: another result in its place is
    // believed.
    let files = stored(&place.store);
    assert_eq!(files.len(), 6);
    let path =
        place.store.evaluation_path(&classifiers.models[1].sets[0].key, &classifiers.models[1].seen.key);
    let mut other = read_outcome(&path, 20).unwrap();
    other.losses[3] = 7.5;
    write_outcome(&path, &other).unwrap();
    let again = look(&models, &sets).unwrap().evaluate(Some(&place.store)).all().unwrap();
    assert_eq!(again[2].outcome, other);
    assert!(again.iter().zip(&first).enumerate().all(|(i, (a, b))| i == 2 || a.outcome == b.outcome));
    assert_eq!(stored(&place.store), files);
    // The library's function for one model says the same and keeps nothing.
    let one = evaluate_finetuned(&models[2], sets[1].clone(), Merge::Max).unwrap();
    assert_eq!(one.outcome.predictions, first[5].outcome.predictions);
    assert_eq!(stored(&place.store), files);
}

#[test]
fn results_are_named_by_all_that_decided_them() {
    let place = Place::new();
    let base = save(&place.path("a"), &config(), &GLUE, 1);
    let keys = |model: &ModelFolder, set: Dataset, options: ClassifierOptions| {
        let looked = Classifiers::look(vec![model.clone()], vec![set], &options).unwrap();
        format!("{}/{}", looked.models[0].sets[0].key, looked.models[0].seen.key)
    };
    let plain = ClassifierOptions::default();
    let key = keys(&base, set("few", 20), plain);
    // The same content under another name is the same model.
    let copy = save(&place.path("copy"), &config(), &GLUE, 1);
    assert_eq!(keys(&copy, set("few", 20), plain), key);
    let longer = ClassifierOptions { max_length: Some(config().max_len()), ..plain };
    assert_eq!(keys(&base, set("few", 20), longer), key);
    let norm = ModelConfig { layer_norm_eps: 1e-5, ..config() };
    let lower = save(&place.path("other words"), &config(), &GLUE, 1);
    std::fs::write(
        lower.folder.join("vocab.txt"),
        WORDS.map(|word| format!("{word}\n")).concat().replace("saw", "met"),
    )
    .unwrap();
    let renamed = ModelFolder {
        labels: ["neutral", "entailment", "contradiction"].map(String::from).into(),
        ..base.clone()
    };
    let others = [
        keys(&save(&place.path("weights"), &config(), &GLUE, 2), set("few", 20), plain),
        keys(&save(&place.path("config"), &norm, &GLUE, 1), set("few", 20), plain),
        keys(&lower, set("few", 20), plain),
        keys(&renamed, set("few", 20), plain),
        keys(&base, set("few", 21), plain),
        keys(&base, set("few", 20), ClassifierOptions { merge: Merge::Sum, ..plain }),
        keys(&base, set("few", 20), ClassifierOptions { max_length: Some(6), ..plain }),
    ];
    for (i, other) in others.iter().enumerate() {
        assert!(*other != key && !others[..i].contains(other), "{i}: {other}");
    }
}

#[test]
fn a_model_that_fails_costs_itself_alone() {
    let place = Place::new();
    let models = [
        save(&place.path("a"), &config(), &GLUE, 1),
        save_broken(&place.path("broken")),
        save(&place.path("c"), &config(), &GLUE, 3),
    ];
    let run = || look(&models, &[set("few", 20), set("more", 30)]).unwrap().evaluate(Some(&place.store));
    for _ in 0..2 {
        let Evaluated { evaluations, errors } = run();
        let names: Vec<&str> = evaluations.iter().map(|e| e.model.as_str()).collect();
        assert_eq!(names, ["a", "a", "c", "c"]);
        let messages: Vec<String> = errors.iter().map(LmcError::to_string).collect();
        assert!(
            messages[0].starts_with("broken on few: evaluation: loss is NaN at example 0"),
            "{messages:?}"
        );
        assert!(messages.len() == 2 && messages[1].starts_with("broken on more: "), "{messages:?}");
        assert_eq!(stored(&place.store).len(), 4);
    }
    assert!(run().all().unwrap_err().to_string().starts_with("broken on more"));
    // A damaged result is named, and the others are there.
    let damaged = &stored(&place.store)[0];
    std::fs::write(damaged, "nothing").unwrap();
    let Evaluated { evaluations, errors } = run();
    assert_eq!((evaluations.len(), errors.len()), (3, 3));
    assert!(errors.iter().any(|error| error.to_string().contains("delete the file")), "{errors:?}");
}

#[test]
fn a_folder_that_changes_meanwhile_is_not_evaluated_under_its_old_name() {
    let place = Place::new();
    let models = [save(&place.path("a"), &config(), &GLUE, 1), save(&place.path("b"), &config(), &GLUE, 2)];
    let classifiers = look(&models, &[set("few", 20)]).unwrap();
    std::fs::remove_dir_all(place.path("a")).unwrap();
    save(&place.path("a"), &config(), &GLUE, 5);
    let Evaluated { evaluations, errors } = classifiers.evaluate(Some(&place.store));
    assert_eq!(evaluations.iter().map(|e| e.model.as_str()).collect::<Vec<_>>(), ["b"]);
    let message = errors[0].to_string();
    assert!(message.contains("/a: its files changed after they were looked at"), "{message}");
    assert_eq!(stored(&place.store).len(), 1);
}

#[test]
fn a_store_that_takes_nothing_costs_no_result() {
    let place = Place::new();
    let models = [save(&place.path("a"), &config(), &GLUE, 1)];
    std::fs::write(place.store.root().join("evaluations"), "in the way").unwrap();
    let Evaluated { evaluations, errors } =
        look(&models, &[set("few", 20)]).unwrap().evaluate(Some(&place.store));
    assert!(evaluations.is_empty());
    assert!(matches!(errors.as_slice(), [LmcError::Io { .. }]), "{errors:?}");
    assert_eq!(look(&models, &[set("few", 20)]).unwrap().evaluate(None).all().unwrap().len(), 1);
}

#[test]
fn two_at_once_share_a_store() {
    let place = Place::new();
    let names = ["a", "b", "c", "d"];
    let models: Vec<ModelFolder> =
        names.iter().zip(1..).map(|(name, seed)| save(&place.path(name), &config(), &GLUE, seed)).collect();
    let run = || {
        look(&models, &[set("few", 40), set("more", 60)]).unwrap().evaluate(Some(&place.store)).all().unwrap()
    };
    let both = std::thread::scope(|scope| {
        let runs = [scope.spawn(run), scope.spawn(run)];
        runs.map(|run| run.join().unwrap())
    });
    assert!(both[0].len() == 8 && both[0].iter().zip(&both[1]).all(|(a, b)| a.outcome == b.outcome));
    assert_eq!(stored(&place.store).len(), 8);
}

#[test]
fn everything_is_looked_at_before_anything_is_computed() {
    let place = Place::new();
    let good = save(&place.path("good"), &config(), &GLUE, 1);
    let message =
        |other: ModelFolder| look(&[good.clone(), other], &[set("few", 20)]).unwrap_err().to_string();
    let saved = |name: &str, labels: &[&str]| save(&place.path(name), &config(), labels, 2);
    let named = |name: &str, labels: &[&str], names: &[&str]| {
        let labels = save(&place.path(name), &config(), labels, 2);
        ModelFolder { labels: names.iter().map(|name| (*name).to_owned()).collect(), ..labels }
    };
    let no_tokenizer = saved("no-tokenizer", &GLUE);
    std::fs::remove_file(no_tokenizer.folder.join("vocab.txt")).unwrap();
    let no_weights = saved("no-weights", &GLUE);
    std::fs::remove_file(no_weights.folder.join("model.safetensors")).unwrap();
    let gone = ModelFolder {
        folder: place.path("gone"),
        tokenizer: place.path("gone"),
        name: "gone".into(),
        ..good.clone()
    };
    let many_words = saved("many-words", &GLUE);
    let words: String =
        WORDS.iter().chain(&["x", "y", "z", "w"]).rev().map(|word| format!("{word}\n")).collect();
    std::fs::write(many_words.folder.join("vocab.txt"), words).unwrap();
    for (model, parts) in [
        (gone, ["/gone/config.json: ", "check the path"]),
        (no_tokenizer, ["/no-tokenizer: there is no tokenizer", "--tokenizer"]),
        (no_weights, ["/no-weights: no weights", "model.safetensors"]),
        (many_words, ["/many-words: ", "`vocab_size`"]),
        (
            saved("five", &["a", "b", "c", "d", "e"]),
            ["/five: the set has no label `a`", "entailment, non-entailment"],
        ),
        (saved("one", &["entailment"]), ["/one: ", "1 output"]),
        (saved("nameless", &["LABEL_0", "LABEL_1", "LABEL_2"]), ["/nameless: the 3 outputs", "--labels"]),
        (
            named("two of three", &GLUE, &["entailment", "not_entailment"]),
            ["3 outputs", "2 labels (entailment, not_entailment)"],
        ),
        (
            named("other", &GLUE, &["yes", "no", "perhaps"]),
            ["/other: the set has no label `yes`", "known: entailment"],
        ),
    ] {
        let message = message(model);
        assert!(parts.iter().all(|part| message.contains(part)) && message.lines().count() == 1, "{message}");
    }
    assert!(stored(&place.store).is_empty());
    let empty = Dataset { examples: Vec::new(), ..set("few", 1) };
    let of = |models: &[ModelFolder], sets: &[Dataset]| look(models, sets).unwrap_err().to_string();
    assert!(of(std::slice::from_ref(&good), &[empty]).contains("`few` with 0 examples"));
    assert!(of(&[], &[set("few", 1)]).starts_with("`MODEL`: got none"));
    assert!(of(std::slice::from_ref(&good), &[]).starts_with("`sets`: got none"));
    assert!(
        of(std::slice::from_ref(&good), &[set("few", 1), set("few", 2)]).starts_with("`sets`: got few twice")
    );
    assert!(of(&[good.clone(), good], &[set("few", 1)]).contains("twice, expected each model once"));
}

#[test]
fn labels_that_are_given_win_over_the_config() {
    let place = Place::new();
    let turned = save(&place.path("turned"), &config(), &["contradiction", "entailment", "neutral"], 4);
    let expected =
        look(std::slice::from_ref(&turned), &[set("few", 20)]).unwrap().evaluate(None).all().unwrap();
    for (name, stale) in
        [("nameless", &["LABEL_0", "LABEL_1", "LABEL_2"]), ("wrong", &GLUE), ("odd", &["x", "y", "z"])]
    {
        let weights = load_finetuned(&turned.folder).unwrap().weights;
        let model = save_weights(&place.path(name), &config(), stale, &weights);
        let labels = ["Contradiction", "ENTAILMENT", "neutral"].map(String::from).into();
        let model = ModelFolder { labels, ..model };
        let got = look(&[model], &[set("few", 20)]).unwrap().evaluate(None).all().unwrap();
        assert_eq!(got[0].outcome, expected[0].outcome, "{name}");
    }
}

#[test]
fn classifiers_are_evaluated_on_the_devices_that_they_are_given() {
    let place = Place::new();
    let models =
        [save(&place.path("one"), &config(), &GLUE, 1), save(&place.path("two"), &config(), &GLUE, 2)];
    let classifiers = || look(&models, &[set("few", 20)]).unwrap();
    let on_its_own = classifiers().evaluate(None).all().unwrap();
    let on_cpu = classifiers().on(Compute::cpu()).unwrap().evaluate(None).all().unwrap();
    assert!(on_its_own.iter().zip(&on_cpu).all(|(a, b)| a.outcome == b.outcome));
    let both = Compute { devices: vec![Device::Cpu; 2], ..Compute::cpu() };
    let on_both = classifiers().on(both).unwrap().evaluate(None).all().unwrap();
    assert!(on_its_own.iter().zip(&on_both).all(|(a, b)| a.outcome == b.outcome));
    let absent = Compute { devices: vec![Device::Cuda(99)], ..Compute::cpu() };
    let message = classifiers().on(absent).unwrap_err().to_string();
    assert!(message.starts_with("`compute.devices`: got Cuda(99)"), "{message}");
}
