//! Scores of models in the files that people have.

use std::path::{Path, PathBuf};

use crate::case::{Case, Place, Ran};
use crate::logs::{MODELS, control, pairs};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "scores", what: "JSON of every form", test: json },
    Case { row: "scores", what: "tables as text", test: tables },
    Case { row: "scores", what: "Parquet of DuckDB, pandas and polars", test: parquet },
    Case { row: "scores", what: "predictions as the public code stores them", test: predictions },
    Case { row: "scores", what: "models without scores, and scores of other models", test: names },
    Case { row: "scores", what: "values that are no scores", test: values },
];

/// Runs the control with other scores.
fn scored(place: &Place, name: &str, content: impl AsRef<[u8]>, options: &str) -> Ran {
    place.write("logs/0.out", pairs().concat());
    place.write(name, content);
    place.lmc(&format!("replay logs --scores {name} {options}"))
}

fn json(place: &Place) {
    let expected = control(place);
    for text in [
        r#"{"m-7": {"accuracy": 0.7}, "m-22": {"accuracy": "70%"}, "m-98": {"accuracy": 0.3}, "m-1": {"accuracy": 0.3}}"#,
        r#"{"accuracy": {"m-7": 0.7, "m-22": 0.7, "m-98": 0.3, "m-1": 0.3}}"#,
        r#"{"model": ["m-7", "m-22", "m-98", "m-1"], "acc": [0.7, 0.7, 0.3, 0.3]}"#,
        r#"{"m-7": {"lo": {"accuracy": 0.7}}, "m-22": {"lo": {"accuracy": 0.7}}, "m-98": {"lo": {"accuracy": 0.3}}, "m-1": {"lo": {"accuracy": 0.3}}}"#,
        r#"[{"name": "m-7", "accuracy": 0.7}, {"name": "m-22", "accuracy": 0.7}, {"name": "m-98", "accuracy": 0.3}, {"name": "m-1", "accuracy": 0.3}]"#,
        "{\"run\": \"m-7\", \"eval_accuracy\": 0.7}\n{\"run\": \"m-22\", \"eval_accuracy\": 0.7}\n{\"run\": \"m-98\", \"eval_accuracy\": 0.3}\n{\"run\": \"m-1\", \"eval_accuracy\": 0.3}\n",
    ] {
        assert_eq!(scored(place, "s.json", text, "").handled(), expected, "{text}");
        assert_eq!(scored(place, "s.txt", format!("\u{feff}{text}"), "").handled(), expected, "{text}");
    }
    scored(place, "s.json", r#"{"m-7": {"accuracy": 0.7}, "m-7": {"accuracy": 0.3}}"#, "")
        .refused(&["s.json: model `m-7` is there twice on `lo`"]);
    scored(place, "s.json", "{\"m-7\": 0.7,\n\"m-22\": }", "").refused(&["s.json:2: expected value"]);
    scored(place, "s.json", "", "").refused(&["s.json: no models"]);
    scored(place, "s.json", r#"{"m-7": {"bleu": 0.7}}"#, "")
        .refused(&["s.json: no metric among bleu; known: loss, accuracy"]);
}

fn tables(place: &Place) {
    let expected = control(place);
    for (name, text) in [
        ("s.csv", "model,accuracy\nm-7,0.7\nm-22,0.7\nm-98,0.3\nm-1,0.3\n"),
        ("s.csv", "\u{feff}\"model\";\"accuracy\"\r\nm-7;0,7\r\nm-22;0,7\r\nm-98;0,3\r\nm-1;0,3\r\n"),
        ("s.tsv", "checkpoint\tAccuracy\nm-7\t70%\nm-22\t70 %\nm-98\t30%\nm-1\t30%\n\n"),
        ("s.txt", "m-7 0.7\nm-22 0.7\nm-98 0.3\nm-1 0.3\n"),
        ("s.csv", "m-7,0.7\nm-22,0.7\nm-98,0.3\nm-1,0.3"),
    ] {
        assert_eq!(scored(place, name, text, "").handled(), expected, "{text}");
    }
    let text = ",score\nm-7,0.7\nm-22,0.7\nm-98,0.3\nm-1,0.3\n";
    assert_eq!(
        scored(place, "s.csv", text, "").noted(&["note: s.csv: `score` is taken for the accuracy"]),
        expected
    );
    let text = "model,accuracy,epoch\nm-7,0.7,3\nm-22,0.7,3\nm-98,0.3,3\nm-1,0.3,3\n";
    assert_eq!(scored(place, "s.csv", text, "").noted(&["note: s.csv: passed over: epoch"]), expected);
    scored(place, "s.csv", "model,accuracy\nm-7,0.7\nm-22\n", "")
        .refused(&["s.csv:3: 1 columns instead of model, accuracy"]);
    scored(place, "s.csv", "model,a,b\nm-7,0.7,0.3\n", "")
        .refused(&["s.csv: no metric among model, a, b; known: loss, accuracy"]);
    for (name, text, problem) in [
        ("s.csv", "model,accuracy,accuracy\nm-7,0.7,0.1\n", "`accuracy` is there twice"),
        ("s.csv", "model,model,accuracy\nm-7,m-22,0.1\n", "`model` is there twice"),
        (
            "s.json",
            r#"{"m-7": {"accuracy": 0.7, "accuracy": 0.1}}"#,
            "`accuracy` of model `m-7` is there twice",
        ),
        ("s.csv", "model,score,score\nm-7,0.7,0.1\n", "`score` is there twice"),
        ("s.csv", "model,value,value\nm-7,0.7,0.1\n", "`value` is there twice"),
        (
            "s.json",
            r#"{"columns": ["accuracy"], "index": ["m-7"], "data": [[0.7]], "data": [[0.1]]}"#,
            "`data` is there twice",
        ),
        ("s.jsonl", "{\"model\": \"m-7\", \"loss\": 0.7, \"loss\": 0.1}\n", "`loss` is there twice"),
    ] {
        scored(place, name, text, "").refused(&[problem]);
    }
    // Columns that are not read may be there twice.
    let text = "model,accuracy,x,x\nm-7,0.7,1,2\nm-22,0.7,1,2\nm-98,0.3,1,2\nm-1,0.3,1,2\n";
    assert_eq!(scored(place, "s.csv", text, "").noted(&["passed over: x"]), expected);
    // A table of evaluations that the command wrote.
    place.lmc("replay logs --scores scores.json --out out").handled();
    assert_eq!(place.lmc("replay logs --scores out/evaluations.parquet").handled(), expected);
}

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/parquet").join(file)
}

fn parquet(place: &Place) {
    let three = [0, 1, 3].map(|i| pairs()[i].clone()).concat();
    place.write("logs/0.out", three);
    // The same models, whatever the types of their names and scores, beside columns of types that are not
    // read.
    for file in ["duckdb.parquet", "pandas.parquet", "polars.parquet"] {
        std::fs::copy(golden(file), place.path("s.parquet")).unwrap();
        let printed = place.lmc("replay logs --scores s.parquet").handled();
        assert!(printed.contains("3 models on id"), "{file}: {printed}");
        // The name of the file does not matter, nor does a folder around it.
        std::fs::rename(place.path("s.parquet"), place.path("s.json")).unwrap();
        assert_eq!(place.lmc("replay logs --scores s.json").handled(), printed);
        place.write("parts/_SUCCESS", "");
        std::fs::rename(place.path("s.json"), place.path("parts/part-00000.parquet")).unwrap();
        assert_eq!(place.lmc("replay logs --scores parts").handled(), printed);
    }
    let refused = |content: &[u8], parts: &[&str]| {
        place.write("s.parquet", content);
        place.lmc("replay logs --scores s.parquet").refused(parts);
    };
    let bytes = std::fs::read(golden("duckdb.parquet")).unwrap();
    refused(b"", &["s.parquet: an empty file instead of Parquet"]);
    refused(b"model,accuracy\nm-7,0.5\n", &["s.parquet: no Parquet file"]);
    refused(&bytes[..bytes.len() - 20], &["s.parquet: the end of the Parquet file is missing"]);
    refused(&[b"PARE", &bytes[4..bytes.len() - 4], b"PARE"].concat(), &["s.parquet: encrypted Parquet"]);
    refused(&std::fs::read(golden("no-rows.parquet")).unwrap(), &["s.parquet: "]);
    refused(&std::fs::read(golden("codecs.parquet")).unwrap(), &["no metric among"]);
}

fn predictions(place: &Place) {
    let expected = control(place);
    let file = |right: usize| {
        let sample = |label| {
            format!(
                r#"{{"probabilities": [0.75, 0.25], "logits": [1.1, 0.0], "label": {label}, "sentence": "[CLS] a"}}"#
            )
        };
        let samples: Vec<String> = (0..10).map(|i| sample(usize::from(i >= right))).collect();
        format!(
            r#"{{"label_dict": {{"entailment": 0, "non-entailment": 1}}, "samples": [{}]}}"#,
            samples.join(", ")
        )
    };
    for (model, right) in MODELS.into_iter().zip([7, 7, 3, 3]) {
        place.write(format!("evaluated/hans_eval_bert_{model}.json"), file(right));
    }
    assert_eq!(place.lmc("replay logs --scores evaluated").handled(), expected);
    let each: String =
        MODELS.iter().map(|model| format!(" --scores evaluated/hans_eval_bert_{model}.json")).collect();
    assert_eq!(place.lmc(&format!("replay logs{each}")).handled(), expected);
    place
        .lmc("replay logs --scores evaluated/hans_eval_bert_m-7.json")
        .refused(&["no accuracy on `lo` for 3 of 4 models: `m-22`, `m-98`, `m-1`"]);
    place.write("evaluated/hans_eval_bert_m-1.json", file(3).replace("0.75", "0.85"));
    place
        .lmc("replay logs --scores evaluated")
        .refused(&["hans_eval_bert_m-1.json: sample 0 has label 0 and 2 probabilities with sum 1.1"]);
}

fn names(place: &Place) {
    let expected = control(place);
    let all = |prefix: &str| MODELS.map(|model| format!("{prefix}{model},0.5\n")).concat();
    scored(place, "s.csv", all("feather-"), "").refused(&[
        "no accuracy on `lo` for 4 of 4 models",
        "--prefix feather- gives the models of the logs",
    ]);
    let printed = scored(place, "s.csv", all("feather-"), "--prefix feather-").handled();
    assert!(printed.starts_with("4 models on "), "{printed}");
    scored(place, "s.csv", "a,0.5\nb,0.5\n", "")
        .refused(&["for 4 of 4 models: `m-7`, `m-22`, `m-98`, `m-1`", "they have `a`, `b`"]);
    scored(place, "s.csv", "m-7,0.5\nm-22,0.5\nm-98,0.5\n", "").refused(&["for 1 of 4 models: `m-1`"]);
    let more = "m-7,0.7\nm-22,0.7\nm-98,0.3\nm-1,0.3\nm-5,\nm-6,0.9\n";
    let printed = scored(place, "s.csv", more, "")
        .noted(&["note: scores that do not count, because the logs have no such models: `m-5`, `m-6`"]);
    assert_eq!(printed, expected);
    let other = "model,dataset,accuracy\nm-7,id,0.7\nm-22,id,0.7\nm-98,id,0.3\nm-1,id,0.3\n";
    scored(place, "s.csv", other, "").refused(&["unknown set in the scores `lo`; known: id"]);
    scored(place, "s.csv", other, "--scored-on id").handled();
    scored(place, "s.csv", other, "--scored-on id --metric mcc")
        .refused(&["no mcc on `id` for 4 of 4 models"]);
}

fn values(place: &Place) {
    control(place);
    let with = |value: &str| format!("model,accuracy\nm-7,0.7\nm-22,{value}\nm-98,0.3\nm-1,0.3\n");
    for value in ["", "nan", "NA", "null"] {
        scored(place, "s.csv", with(value), "").refused(&["no accuracy on `lo` for 1 of 4 models: `m-22`"]);
    }
    scored(place, "s.csv", with("70"), "").refused(&["s.csv:3: `accuracy` of model `m-22` is 70 instead of a number from 0 to 1; a percentage is written with %"]);
    scored(place, "s.csv", with("170%"), "")
        .refused(&["`accuracy` of model `m-22` is 1.7 instead of a number from 0 to 1"]);
    scored(place, "s.csv", with("high"), "")
        .refused(&["s.csv:3: `accuracy` of model `m-22` is `high` instead of a number"]);
    scored(place, "s.csv", with("1"), "").handled();
    scored(place, "s.json", r#"{"m-7": NaN, "m-22": 0.5, "m-98": null, "m-1": 0.5}"#, "")
        .refused(&["for 2 of 4 models: `m-7`, `m-98`"]);
}
