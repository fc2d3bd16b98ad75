//! Ways to merge the copies of a study: what they give, how they are kept, and the folders that they make.

use std::path::PathBuf;

use lmc::LmcError;
use lmc::analyses::merging::{
    Fisher, Ingredients, MergeBase, MergeCard, MergeFolder, MergeMethod, MergeOptions, Merges,
    MergingOptions, RegMean, TaskVectors,
};
use lmc::basin::{Basins, ClusterOptions};
use lmc::figure::merge_scatter;
use lmc::model::{Replace, load_finetuned, save_folder};
use lmc::store::Store;
use lmc::study::{GivenModels, Models, Study, StudySpec};
use lmc::sweep::Grid;
use lmc::table::{MERGE_KINDS, MERGE_PREDICTIONS, MERGES, Metric, Table};
use lmc::weights::Weights;
use lmc_tests::files::files;
use lmc_tests::small;

fn task_vectors() -> TaskVectors {
    match MergeMethod::task_arithmetic() {
        MergeMethod::TaskVectors(vectors) => vectors,
        other => panic!("{other} has no task vectors"),
    }
}

fn merges(models: &Models) -> Merges {
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let basins = Basins { cluster: vec![0, 0, 1, 1], ..sweep.basins(&ClusterOptions::default()).unwrap() };
    let options = MergingOptions { n_resamples: 50, ..MergingOptions::new(Metric::Accuracy) };
    models.merges(&sweep, &basins, &["id", "lo"], None, &options).unwrap()
}

#[test]
fn three_models_have_a_correlation_and_no_interval() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let basins =
        Basins { n_basins: 2, cluster: vec![0, 0, 1], ..sweep.basins(&ClusterOptions::default()).unwrap() };
    let methods = vec![MergeMethod::linear()];
    let options = MergingOptions { methods, n_resamples: 50, ..MergingOptions::new(Metric::Accuracy) };
    let merges = models.merges(&sweep, &basins, &["id"], None, &options).unwrap();
    let predictions = merges.predictions().unwrap();
    let column = |name: &str| predictions.column(name).unwrap().f64().unwrap().get(0);
    assert!(column("r").is_some());
    assert_eq!((column("r_low"), column("r_high")), (None, None));
    let figure = merge_scatter(&merges.table().unwrap(), &predictions, "linear", "id").unwrap();
    assert!(figure.to_svg().unwrap().contains("too few models for an interval"));
}

#[test]
fn an_average_of_two_is_the_middle_of_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 4);
    let merges = merges(&models);
    // Two pairs within and four across, each by 14 methods on two sets.
    assert_eq!(merges.results.len(), 6 * 14 * 2);
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let linear = |result: &&lmc::analyses::merging::MergeResult| {
        result.method == MergeMethod::linear() && result.dataset() == "id"
    };
    for result in merges.results.iter().filter(linear) {
        let pair: Vec<&str> =
            result.ingredients.iter().map(|&model| models.models()[model].name.as_str()).collect();
        let line = sweep.profiles.iter().find(|line| [&*line.a, &*line.b] == pair[..]).unwrap();
        let middle = line.outcomes[1].mean_loss();
        let loss = result.merged.metric(Metric::Loss).unwrap();
        assert!((loss - middle).abs() < 1e-5, "{pair:?}: {loss}, expected {middle}");
        assert!(result.gap >= result.mean_excess() - 1e-5, "the gap is at least the excess in the middle");
    }
    let (all, kinds, predictions) =
        (merges.table().unwrap(), merges.kinds().unwrap(), merges.predictions().unwrap());
    MERGES.check(&all).unwrap();
    MERGE_KINDS.check(&kinds).unwrap();
    MERGE_PREDICTIONS.check(&predictions).unwrap();
    assert_eq!((all.height(), kinds.height(), predictions.height()), (168, 14 * 2 * 2, 14 * 2));
    let column =
        |name: &str| kinds.column(name).unwrap().f64().unwrap().into_no_null_iter().collect::<Vec<f64>>();
    for ((low, mean), high) in column("excess_low").iter().zip(column("excess")).zip(column("excess_high")) {
        assert!(*low <= mean && mean <= high);
    }
    // Task arithmetic with weights that sum to 1 is the average.
    let losses = |name: &str| -> Vec<f64> {
        let of = |r: &&lmc::analyses::merging::MergeResult| r.method.name() == name;
        merges.results.iter().filter(of).map(|r| r.merged.outcome.mean_loss()).collect()
    };
    for (a, b) in losses("linear").iter().zip(losses("task_arithmetic")) {
        assert!((a - b).abs() < 1e-4, "{a} and {b}");
    }
    assert_ne!(losses("linear"), losses("ties"));
    let again = self::merges(&models);
    assert!(again.table().unwrap().equals(&all), "what is in the store is found again");
}

#[test]
fn a_merged_model_is_saved_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(&folder.path().join("study"), 3);
    let options = MergeOptions::new(MergeMethod::ties(0.3));
    let merged = models.merge(&[0, 2], &options, None).unwrap();
    let place = folder.path().join("merged");
    let saved = MergeFolder::new(models.study(), &place, "ties", Replace::Same).unwrap();
    let card = MergeCard { scores: vec![("lo".into(), Metric::Accuracy)], ..MergeCard::default() };
    saved.save_merged(&merged, &card).unwrap();
    let found = load_finetuned(&place).unwrap();
    assert_eq!(Weights::distance(&found.weights, &merged.weights).unwrap(), 0.0);
    let text = std::fs::read_to_string(place.join("README.md")).unwrap();
    let score = merged.evaluate("lo").unwrap().metric(Metric::Accuracy).unwrap();
    for told in ["# 2 models merged by ties", "\"density\":0.3", "The base is mini", &format!("{score:.4}")] {
        assert!(text.contains(told), "{told} in {text}");
    }
    // The folder is a model of the task like any other.
    let spec = StudySpec::of_models(models.study().spec().task.clone(), &[&place]).unwrap();
    let store = Store::open(folder.path().join("opened")).unwrap();
    let opened = Study::open_in(spec, store).unwrap().models().unwrap();
    assert_eq!(opened.scores("lo", Metric::Accuracy).unwrap(), [score]);
}

#[test]
fn what_texts_tell_is_kept_and_the_same_for_models_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(&folder.path().join("study"), 3);
    let folders: Vec<PathBuf> = models.names().iter().map(|name| folder.path().join(name)).collect();
    for (number, place) in folders.iter().enumerate() {
        let one = MergeFolder::new(models.study(), place, "one copy", Replace::Same).unwrap();
        one.save(&models, &[number], &MergeCard::default()).unwrap();
    }
    let spec = StudySpec::of_models(models.study().spec().task.clone(), &folders).unwrap();
    let store = Store::open(folder.path().join("opened")).unwrap();
    let opened = Study::open_in(spec, store).unwrap().models().unwrap();
    let methods = [
        MergeMethod::Fisher(Fisher { n_texts: 20, ..Fisher::default() }),
        MergeMethod::RegMean(RegMean { n_texts: 20, ..RegMean::default() }),
    ];
    let mean = models.merge(&[0, 2], &MergeOptions::new(MergeMethod::linear()), None).unwrap();
    for method in methods {
        let options = MergeOptions::new(method);
        let merged = models.merge(&[0, 2], &options, None).unwrap();
        assert!(Weights::distance(&merged.weights, &mean.weights).unwrap() > 1e-3, "{method}");
        let elsewhere = opened.merge(&[0, 2], &options, None).unwrap();
        assert_eq!(Weights::distance(&merged.weights, &elsewhere.weights).unwrap(), 0.0, "{method}");
        let other = models.merge(&[0, 2], &MergeOptions { seed: 1, ..options.clone() }, None).unwrap();
        assert_ne!(other.key(), merged.key(), "other texts make another model");

        // One file for each model that is merged; a damaged one is named.
        let kind = options.method.statistic().unwrap().0.name();
        let root = models.study().store().root().join("statistics");
        let of_kind = |path: &PathBuf| path.to_str().unwrap().contains(kind);
        let found: Vec<PathBuf> =
            files(&root).into_keys().filter(of_kind).map(|path| root.join(path)).collect();
        assert_eq!(found.len(), 2 * 2, "{found:?}");
        let bytes: Vec<Vec<u8>> = found.iter().map(|path| std::fs::read(path).unwrap()).collect();
        found.iter().for_each(|path| std::fs::write(path, b"damaged").unwrap());
        let error = models.merge(&[0, 2], &options, None).unwrap_err().to_string();
        assert!(error.contains(".sealed") && error.contains("delete the file"), "{error}");
        found.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        let again = models.merge(&[0, 2], &options, None).unwrap();
        assert_eq!(Weights::distance(&merged.weights, &again.weights).unwrap(), 0.0, "{method}");
        models.merge(&[0, 2], &MergeOptions { seed: 1, ..options.clone() }, None).unwrap();
        let made_again: Vec<Vec<u8>> = found.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(bytes, made_again, "the same bytes are gathered again");

        // Without a task there are no texts.
        let ingredients = Ingredients::open(&GivenModels::new(&folders).unwrap()).unwrap();
        let place = folder.path().join("without");
        let error = ingredients.save(&place, &options, None, None, Replace::Same).unwrap_err().to_string();
        assert!(error.starts_with("`merge.method`: got ") && !place.exists(), "{error}");
    }
}

#[test]
fn models_from_elsewhere_are_merged_with_a_base_and_without_a_task() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(&folder.path().join("study"), 3);
    let mut folders = Vec::new();
    for (number, name) in models.names().iter().enumerate() {
        let place = folder.path().join(name);
        MergeFolder::new(models.study(), &place, "one copy", Replace::Same)
            .unwrap()
            .save(&models, &[number], &MergeCard::default())
            .unwrap();
        folders.push(place);
    }
    // The encoder of the study as a folder: any head will do, it is left out.
    let base = folder.path().join("base");
    let task = models.study().task();
    let start = task.encoder().unwrap().with_head(&task.classifier, 9, 0.02).unwrap();
    save_folder(&base, task.classifier.config(), &start).unwrap();
    let options = MergeOptions::new(MergeMethod::ties(0.3));
    let expected = models.merge(&[0, 1, 2], &options, None).unwrap().weights;
    let given = GivenModels::new(&folders).unwrap();
    let ingredients = Ingredients::open(&given).unwrap();
    let opened_base = ingredients.base(&base).unwrap();
    let place = folder.path().join("merged");
    ingredients.save(&place, &options, Some(&opened_base), Some("lmc merge"), Replace::Same).unwrap();
    let found = load_finetuned(&place).unwrap();
    assert_eq!(Weights::distance(&found.weights, &expected).unwrap(), 0.0);
    assert_eq!(found.labels, task.labels);
    // The same model may be saved again, another one may not.
    ingredients.save(&place, &options, Some(&opened_base), None, Replace::Same).unwrap();
    let other = MergeOptions::new(MergeMethod::linear());
    let occupied = ingredients.save(&place, &other, None, None, Replace::Same).unwrap_err();
    assert!(matches!(occupied, LmcError::Occupied { .. }), "{occupied}");
    // A model that is merged is never overwritten.
    let own = ingredients.save(&folders[0], &other, None, None, Replace::Models).unwrap_err().to_string();
    assert!(own.contains("one of the models that are merged"), "{own}");
    // With a task, and a base that is named.
    let spec = StudySpec::of_models(models.study().spec().task.clone(), &folders).unwrap();
    let store = Store::open(folder.path().join("opened")).unwrap();
    let opened = Study::open_in(spec, store).unwrap().models().unwrap();
    let error = opened.merge(&[0, 1], &options, None).unwrap_err().to_string();
    assert!(error.starts_with("`merge.base`: got none, expected the pretrained model"), "{error}");
    let base = MergeBase::open(&base, &opened).unwrap();
    let merged = opened.merge(&[0, 1, 2], &options, Some(&base)).unwrap();
    assert_eq!(Weights::distance(&merged.weights, &expected).unwrap(), 0.0);
    // A base with the labels of the task in another order brings its head.
    let mut other_way = task.labels.clone();
    other_way.reverse();
    let config = task.classifier.config().clone().with_labels(other_way);
    let place = folder.path().join("classifier");
    save_folder(&place, &config, &start).unwrap();
    let base = MergeBase::open(&place, &opened).unwrap();
    let none = MergeMethod::TaskVectors(TaskVectors { lambda: 0.0, ..task_vectors() });
    let start_again = opened.merge(&[0, 1], &MergeOptions::new(none), Some(&base)).unwrap().weights;
    for ((name, got), (_, saved)) in start_again.named().into_iter().zip(start.named()) {
        let expected = if name.starts_with("classifier.") { saved.flip([0]) } else { saved };
        assert!((got - expected).abs().max().double_value(&[]) < 1e-7, "{name}");
    }
    let twice = opened.merge(&[0, 0], &options, Some(&base)).unwrap_err().to_string();
    assert!(twice.starts_with("`ingredients`: got 0 twice"), "{twice}");
}
