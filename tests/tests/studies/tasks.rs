//! Tests tasks of the paper on files of the published shape and size, filled with sentences of the embedded
//! grammar: three-way training, two-way diagnosis, and the samples on which models are compared.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use lmc::data::corpus::{Corpus, read_corpus};
use lmc::data::fetch::ModelFolder;
use lmc::data::labels::Merge;
use lmc::model::{Classifier, ModelConfig, save_folder};
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Models, Study, StudySpec, evaluate_finetuned};
use lmc::sweep::Grid;
use lmc::tch::{self, Device, Kind, Tensor};
use lmc::weights::Weights;
use lmc_tests::skip::skipped;

/// Returns the embedded encoder as a Hugging Face folder.
fn encoder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmc/assets/mini-bert")
}

/// Returns a premise and a hypothesis.
fn pair(i: usize) -> (&'static str, &'static str) {
    [
        ("doctors helped judges", "judges were helped by doctors"),
        ("doctors helped judges", "judges helped doctors"),
        ("judges slept", "doctors slept"),
        ("doctors that judges helped slept", "doctors slept"),
    ][i % 4]
}

/// Returns GLUE's `train.tsv` with 12 columns or `dev_matched.tsv` with 16.
fn mnli(n: usize, annotators: usize) -> String {
    let names = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t\
                 sentence2_parse\tsentence1\tsentence2";
    let mut text = names.to_owned();
    (1..=annotators).for_each(|i| write!(text, "\tlabel{i}").unwrap());
    text += "\tgold_label\n";
    for i in 0..n {
        let ((first, second), label) = (pair(i), ["entailment", "neutral", "contradiction"][i % 3]);
        let votes = format!("{label}\t").repeat(annotators);
        writeln!(text, "{i}\t{i}\t{i}\tfiction\t\t\t\t\t{first}\t{second}\t{votes}{label}").unwrap();
    }
    text
}

/// Returns the evaluation set of HANS: 5,000 pairs for each heuristic and label.
fn hans() -> String {
    let mut text =
        "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\t\
                    sentence1\tsentence2\tpairID\theuristic\tsubcase\ttemplate\n"
            .to_owned();
    for heuristic in ["lexical_overlap", "subsequence", "constituent"] {
        for (label, case) in [("non-entailment", "ln"), ("entailment", "le")] {
            for i in 0..5_000 {
                let (first, second) = pair(i);
                writeln!(text, "{label}\t\t\t\t\t{first}\t{second}\tex{i}\t{heuristic}\t{case}\ttemp1")
                    .unwrap();
            }
        }
    }
    text
}

/// Files of MNLI and HANS in a folder.
fn write_mnli_and_hans(data: &Path) {
    for (file, text) in [
        ("mnli/train.tsv", mnli(392_702, 1)),
        ("mnli/dev_matched.tsv", mnli(9_815, 5)),
        ("hans/heuristics_evaluation_set.txt", hans()),
    ] {
        let path = data.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn mnli_with_hans() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_mnli_and_hans(&data);
    let recipe = Recipe { length: Step::Iterations(2), ..Recipe::google() };
    let spec =
        StudySpec::corpus(TaskSpec::mnli().with_n_train(64), encoder()).with_data(&data).with_recipe(recipe);
    let store = Store::open(folder.path().join("store")).unwrap();
    let study = Study::open_in(spec.with_seeds([1, 2]), store).unwrap();
    let sizes: Vec<(&str, usize)> =
        study.task().sets.iter().map(|set| (set.dataset.name.as_str(), set.encoded.len())).collect();
    assert_eq!(sizes[..4], [("id", 9_815), ("id-sample", 512), ("hans-lo", 5_000), ("hans-lo-sample", 512)]);
    assert_eq!(sizes.len(), 15);
    assert_eq!(sizes[14], ("train-sample", study.task().train.len().min(512)));
    let models = study.finetune().unwrap();
    assert_eq!(study.task().classifier.n_labels(), 3);
    // Two classes come from three: the labels are those of HANS.
    let outcomes = models.evaluate("hans-lo-sample").unwrap();
    assert!(outcomes.iter().all(|e| e.labels.iter().all(|&label| label == 1)));
    assert!(outcomes.iter().all(|e| e.outcome.predictions.iter().all(|&class| class < 2)));
    assert_published_alike(&models, &data, &folder.path().join("published"));
    let sweep = models.sweep("hans-lo-sample", Grid::new(3).unwrap()).unwrap();
    assert_eq!(sweep.profiles.len(), 1);
    assert_eq!(sweep.profiles[0].losses().len(), 3);
}

/// Asserts that a copy gives the same losses when it is written as a Hugging Face folder and evaluated as one
/// that was finetuned elsewhere.
fn assert_published_alike(models: &Models, data: &Path, published: &Path) {
    let task = models.study().task();
    let config = task.classifier.config().clone().with_labels(["entailment", "neutral", "contradiction"]);
    save_folder(published, &config, &models.weights().unwrap()[1]).unwrap();
    std::fs::copy(encoder().join("tokenizer.json"), published.join("tokenizer.json")).unwrap();
    let model = ModelFolder::find(published).unwrap();
    let hans = read_corpus(&Corpus::named("hans").unwrap(), &data.join("hans"), "hans-constituent").unwrap();
    let elsewhere = evaluate_finetuned(&model, hans, Merge::Max).unwrap();
    let here = models.evaluate("hans-constituent").unwrap().swap_remove(1);
    assert_eq!((elsewhere.outcome.predictions, elsewhere.labels), (here.outcome.predictions, here.labels));
    // A matrix product on another number of threads may round differently.
    let losses = elsewhere.outcome.losses.iter().zip(&here.outcome.losses);
    assert!(losses.map(|(a, b)| (a - b).abs()).all(|difference| difference < 1e-5));
}

/// Writes a small RoBERTa with random weights and a byte-level tokenizer, as a Hugging Face folder.
fn write_roberta(folder: &Path) {
    let config = r#"{"model_type": "roberta", "vocab_size": 561, "hidden_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 66, "type_vocab_size": 1,
        "hidden_act": "gelu", "layer_norm_eps": 1e-5, "initializer_range": 0.02, "pad_token_id": 1}"#;
    let described = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(described.path(), config).unwrap();
    let config = ModelConfig::read(described.path()).unwrap();
    let layout = Classifier::new(&config, 3).layout().clone();
    tch::manual_seed(1);
    let noise = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)) * 0.1;
    let norms = layout.mask(|name| name.ends_with("LayerNorm.weight"));
    save_folder(folder, &config, &Weights::new(layout, noise + norms).unwrap()).unwrap();
    for file in ["vocab.json", "merges.txt"] {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/tiny-bpe").join(file);
        std::fs::copy(golden, folder.join(file)).unwrap();
    }
}

#[test]
fn roberta_learns_mnli_with_its_own_tokenizer() {
    let folder = tempfile::tempdir().unwrap();
    let (data, roberta) = (folder.path().join("data"), folder.path().join("roberta"));
    write_mnli_and_hans(&data);
    write_roberta(&roberta);
    let recipe = Recipe { length: Step::Iterations(40), learning_rate: 1e-2, ..Recipe::roberta() };
    let spec = StudySpec::corpus(TaskSpec::mnli().with_n_train(120), &roberta).with_data(&data);
    let store = Store::open(folder.path().join("store")).unwrap();
    let study = Study::open_in(spec.with_recipe(recipe).with_seeds([1, 2]), store).unwrap();
    assert!(study.task().train.iter().all(|example| example.segments.iter().all(|&s| s == 0)));
    let models = study.finetune().unwrap();
    // There are four pairs of sentences under labels that go round in threes: nothing but their frequencies
    // can be learnt.
    let entropy = 3f64.ln();
    for evaluation in models.evaluate("id-sample").unwrap() {
        assert!((evaluation.outcome.mean_loss() - entropy).abs() < 0.2, "{evaluation:?}");
    }
    assert_eq!(models.sweep("hans-lo-sample", Grid::new(3).unwrap()).unwrap().profiles.len(), 1);
}

/// The paper's corpora themselves are read, if they are present.
#[test]
fn cola_and_paws_as_published() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !data.is_dir() {
        skipped(format!("the corpora are not in {}", data.display()));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (task, sets) in [
        (TaskSpec::cola(), &[("id", 527), ("id-sample", 512), ("ood", 516), ("ood-sample", 512)][..]),
        (TaskSpec::paws_qqp(), &[("id", 677), ("id-sample", 512)]),
    ] {
        let n_train = task.n_train();
        // The embedded encoder knows few of the words; this test is only about the files that are read.
        let spec = StudySpec::corpus(task, encoder()).with_data(data.clone());
        let study = Study::open_in(spec, Store::open(folder.path()).unwrap()).unwrap();
        let sizes: Vec<(&str, usize)> =
            study.task().sets.iter().map(|set| (set.dataset.name.as_str(), set.encoded.len())).collect();
        let sets = [sets, &[("train-sample", 512)]].concat();
        assert_eq!((study.task().train.len(), sizes), (n_train, sets));
    }
}
