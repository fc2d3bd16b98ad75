use super::*;
use crate::study::{EVALUATIONS, EvaluationColumns, scores};

/// Returns the result of reading a file with that text.
pub(super) fn in_file<T>(text: &str, read: impl Fn(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    std::fs::write(&path, text).unwrap();
    read(&path)
}

fn read(text: &str) -> Result<Scores> {
    in_file(text, |path| read_score_files(&[path], &ScoreOptions::new("lo")))
}

fn refused(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn scores_of_models_are_evaluations() {
    let text = r#"{"7": {"accuracy": 0.25, "n_examples": 5000}, "22": {"accuracy": 0.5, "matthews_correlation": -0.5}}"#;
    let table = read(text).unwrap().table;
    EVALUATIONS.check(&table).unwrap();
    let models = ["7", "22"].map(str::to_owned);
    assert_eq!(scores(&table, "lo", Metric::Accuracy, &models).unwrap(), [0.25, 0.5]);
    assert_eq!(table.column("mcc").unwrap().f64().unwrap().iter().collect::<Vec<_>>(), [None, Some(-0.5)]);
    assert_eq!(table.column("n_examples").unwrap().i64().unwrap().get(0), Some(5000));
}

#[test]
fn every_form_says_the_same() {
    for (text, notes) in [
        (r#"{"7": {"accuracy": 0.25}, "22": {"accuracy": 0.5}}"#, &[][..]),
        (r#"{"7": 0.25, "22": "50%"}"#, &[]),
        (r#"{"accuracy": {"7": 0.25, "22": 0.5}}"#, &[]),
        (r#"{"model": ["7", "22"], "accuracy": [0.25, 0.5]}"#, &[]),
        (r#"{"model": {"0": 7, "1": 22}, "accuracy": {"0": 0.25, "1": 0.5}}"#, &[]),
        (r#"{"columns": ["eval_acc"], "index": [7, 22], "data": [[0.25], [0.5]]}"#, &[]),
        (r#"{"7": {"lo": {"accuracy": 0.25}}, "22": {"lo": {"accuracy": 0.5}}}"#, &[]),
        (r#"[{"model": "7", "accuracy": 0.25}, {"model": 22, "accuracy": 0.5}]"#, &[]),
        ("{\"run\": \"7\", \"eval_accuracy\": 0.25}\n{\"run\": \"22\", \"eval_accuracy\": 0.5}\n", &[]),
        ("\u{feff}model,accuracy\r\n7,0.25\r\n22,0.5\r\n", &[]),
        ("name\tacc\tepoch\n7\t25%\t3\n22\t50 %\t3\n", &["passed over: epoch"]),
        (r#"{"results": [{"model": "7", "accuracy": 0.25}, {"model": 22, "accuracy": 0.5}]}"#, &[]),
        (r#"{"scores": {"7": 0.25, "22": 0.5}}"#, &[]),
        (
            r#"{"schema": {"fields": []}, "data": [{"index": 7, "accuracy": 0.25}, {"index": 22, "accuracy": 0.5}]}"#,
            &[],
        ),
        (",model,accuracy\n0,7,0.25\n1,22,0.5\n", &[]),
        ("  accuracy\n7  0.25\n22  0.5\n", &[]),
        (",score\n7,0.25\n22,0.5\n", &["`score` is taken for the accuracy"]),
        ("7 0.25\n22 0.5\n", &[]),
        ("model;dataset;accuracy\n7;lo;0,25\n22;lo;0,5\n", &[]),
    ] {
        let scores = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let names: Vec<String> = EvaluationColumns::model(&scores.table).unwrap();
        let accuracies = EvaluationColumns::accuracy(&scores.table).unwrap();
        assert_eq!(
            (names, accuracies),
            (vec!["7".to_owned(), "22".to_owned()], vec![Some(0.25), Some(0.5)]),
            "{text}"
        );
        let said: Vec<&str> =
            scores.notes.iter().map(|note| note.split_once("x.json: ").unwrap().1).collect();
        assert_eq!(said, notes, "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in [
        ("{}", "x.json: no models"),
        ("[]", "x.json: no models"),
        ("3", "x.json: no models"),
        (
            r#"{"7": {"bleu": 0.5, "rouge": 0.5}}"#,
            "x.json: no metric among bleu, rouge; known: loss, accuracy",
        ),
        (r#"{"7": {"accuracy": 0.5, "n_examples": 0.5}}"#, "model `7` has `n_examples` = 0.5"),
        (
            r#"{"7": {"accuracy": 41}}"#,
            "`accuracy` of model `7` is 41 instead of a number from 0 to 1; a percentage is written with %",
        ),
        (r#"{"7": {"accuracy": -0.1}}"#, "is -0.1 instead of a number from 0 to 1; `lmc"),
        (r#"{"7": {"accuracy": "high"}}"#, "`accuracy` of model `7` is `high` instead of a number"),
        (r#"{"7": {"accuracy": true}}"#, "`accuracy` of model `7` is `true` instead of a number"),
        (r#"{"7": {"accuracy": 0.41"#, "x.json:1: EOF"),
        (r#"{"7": {"accuracy": 0.4}, "7": {"accuracy": 0.5}}"#, "model `7` is there twice on `lo`"),
        (
            r#"{"7": {"accuracy": 0.4, "eval_accuracy": 0.4}}"#,
            "`accuracy` and `eval_accuracy` are both the accuracy",
        ),
        (r#"{"7": {"accuracy": [0.4]}}"#, "model `7`: `accuracy` is no value"),
        (r#"{"7": 0.4, "22": {"accuracy": 0.4}}"#, "an object of values, lists and objects"),
        (r#"[{"model": "7", "accuracy": 0.4}, {"accuracy": 0.5}]"#, "a record without a model"),
        ("model,accuracy\n7,0.4\n22,0.5,1\n", "x.json:3: 3 columns instead of model, accuracy"),
        ("model,accuracy\n7,0.4\n22,high\n", "x.json:3: `accuracy` of model `22` is `high`"),
        ("model,accuracy\n7,0.4\n7,0.5\n", "model `7` is there twice"),
        ("Run,dev acc.,Lexical\nRun 0,0.84,0.3\n", "no metric among Run, dev acc., Lexical"),
        // The beginning of the published table is not the table.
        ("Run,MNLI dev acc.,Lexical\nRun 0,0.84,0.3\n", "x.json:1: "),
    ] {
        let error = refused(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = read_score_files(&[folder.path()], &ScoreOptions::new("lo")).unwrap_err().to_string();
    assert!(error.contains("it has no score files"), "{error}");
}

#[test]
fn missing_scores_are_empty_and_numbers_without_a_name_are_the_wanted_metric() {
    let table =
        read(r#"{"7": {"accuracy": NaN}, "22": {"accuracy": null}, "9": {"accuracy": 0.5}}"#).unwrap().table;
    let accuracies: Vec<_> = table.column("accuracy").unwrap().f64().unwrap().iter().collect();
    assert_eq!(accuracies, [None, None, Some(0.5)]);
    let options = ScoreOptions { metric: Metric::Mcc, ..ScoreOptions::new("ood") };
    let table = in_file(r#"{"7": -0.5}"#, |path| read_score_files(&[path], &options)).unwrap().table;
    assert_eq!(table.column("mcc").unwrap().f64().unwrap().get(0), Some(-0.5));
    assert_eq!(EvaluationColumns::dataset(&table).unwrap(), ["ood"]);
}

#[test]
fn files_of_one_model_are_named_by_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |label: usize| {
        format!(r#"{{"probabilities": [0.75, 0.25], "logits": [1.1, 0.0], "label": {label}}}"#)
    };
    let predictions = |labels: [usize; 2]| {
        format!(
            r#"{{"label_dict": {{"a": 0, "b": 1}}, "samples": [{}, {}]}}"#,
            sample(labels[0]),
            sample(labels[1])
        )
    };
    std::fs::write(folder.path().join("hans_eval_bert_7.json"), predictions([0, 1])).unwrap();
    std::fs::write(folder.path().join("hans_eval_bert_22.json"), predictions([0, 0])).unwrap();
    std::fs::write(folder.path().join("results_9.json"), r#"{"epoch": 3, "eval_accuracy": 0.25}"#).unwrap();
    let options =
        ScoreOptions { models: ["7", "9", "22"].map(str::to_owned).to_vec(), ..ScoreOptions::new("lo") };
    let table = read_score_files(&[folder.path()], &options).unwrap().table;
    assert_eq!(scores(&table, "lo", Metric::Accuracy, &options.models).unwrap(), [0.5, 0.25, 1.0]);
    let again = folder.path().join("hans_eval_bert_7.json");
    let error = read_score_files(&[folder.path(), &again], &options).unwrap_err().to_string();
    assert!(error.contains("hans_eval_bert_7.json: model `7` is there twice on `lo`"), "{error}");
}
