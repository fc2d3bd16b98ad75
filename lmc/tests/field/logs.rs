//! Logs of interpolations as jobs leave them, and scores in the files that people have.

use std::path::{Path, PathBuf};

use crate::case::{Case, Place, Ran};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "logs", what: "progress bars, colours, CRLF, a byte order mark, UTF-16", test: terminals },
    Case { row: "logs", what: "lines with the number of the task, or of a logger", test: prefixes },
    Case { row: "logs", what: "a job that ran again", test: requeued },
    Case { row: "logs", what: "a job that was stopped within a pair and ran again", test: stopped },
    Case { row: "logs", what: "pairs that are missing", test: missing },
    Case { row: "logs", what: "a log that a time limit cut off, anywhere in the last pair", test: cut },
    Case { row: "logs", what: "losses that are no numbers", test: nan },
    Case { row: "logs", what: "pairs in both directions", test: both_directions },
    Case { row: "logs", what: "the line of an error in a file with carriage returns", test: line_numbers },
    Case { row: "logs", what: "pairs in any order", test: orders },
    Case { row: "logs", what: "files that are no logs", test: no_logs },
    Case { row: "scores", what: "JSON of every form", test: json },
    Case { row: "scores", what: "tables as text", test: tables },
    Case { row: "scores", what: "Parquet of DuckDB, pandas and polars", test: parquet },
    Case { row: "scores", what: "predictions as the public code stores them", test: predictions },
    Case { row: "scores", what: "models without scores, and scores of other models", test: names },
    Case { row: "scores", what: "values that are no scores", test: values },
];

const MODELS: [&str; 4] = ["m-7", "m-22", "m-98", "m-1"];

/// The tables of a pair as the public code prints them, of 3 points.
fn pair(a: &str, b: &str, middle: &str) -> String {
    let mut text =
        format!("Euclidean distance between {a} and {b}: 10.5.\nInterpolating between {a} and {b} on mnli\n");
    for (k, loss) in ["0.4000", middle, "0.4000"].into_iter().enumerate() {
        let (first, second) = (k as f64 / 2.0, 1.0 - k as f64 / 2.0);
        text += &format!(
            "[{first:?}, {second:?}]\n  point_num      loss    accuracy\n-----------  --------  ----------\n{k:11}  {loss:>8}    0.8000\n"
        );
    }
    text + &format!("Completed interpolation from {a} to {b}\n")
}

/// Every pair of [`MODELS`]; the first two and the last two are connected.
fn pairs() -> Vec<String> {
    let basin = |i: usize| i / 2;
    let middle = |i, j| if basin(i) == basin(j) { "0.4000" } else { "0.9000" };
    (0..4)
        .flat_map(|i| (i + 1..4).map(move |j| (i, j)))
        .map(|(i, j)| pair(MODELS[i], MODELS[j], middle(i, j)))
        .collect()
}

fn scores(place: &Place) {
    place.write("scores.json", r#"{"m-7": 0.7, "m-22": 0.7, "m-98": 0.3, "m-1": 0.3}"#);
}

/// The order of the pairs changes nothing that is said of the clusters, which are equally large here.
fn orders(place: &Place) {
    let statistics = |pairs: Vec<String>| {
        scores(place);
        let out = place.path("out");
        if out.exists() {
            std::fs::remove_dir_all(&out).unwrap();
        }
        let printed = replay(place, pairs.concat(), "--out out").handled();
        printed
            .lines()
            .filter(|line| line.contains("best_") || line.contains("mean"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let expected = statistics(pairs());
    assert!(expected.contains("0.3") && expected.contains("0.7"), "{expected}");
    assert_eq!(statistics(pairs().into_iter().rev().collect()), expected);
    assert_eq!(statistics([3, 5, 0, 2, 1, 4].map(|i: usize| pairs()[i].clone()).to_vec()), expected);
}

fn replay(place: &Place, log: impl AsRef<[u8]>, options: &str) -> Ran {
    place.write("logs/0.out", log);
    place.lmc(&format!("replay logs --scores scores.json {options}"))
}

/// What comes of the log as it is.
fn control(place: &Place) -> String {
    scores(place);
    let printed = replay(place, pairs().concat(), "").handled();
    assert!(printed.contains("Basins(2 + 2 models"), "{printed}");
    printed
}

fn terminals(place: &Place) {
    let (expected, log) = (control(place), pairs().concat());
    let bar = "\r 33%|███▎      | 1/3 [00:01<00:02,  1.00it/s]";
    let utf_16: Vec<u8> = format!("\u{feff}{log}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(replay(place, utf_16, "").handled(), expected);
    for (what, text) in [
        ("CRLF", log.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{log}")),
        ("old Mac", log.replace('\n', "\r")),
        (
            "bars that end in a carriage return",
            log.replace(
                "Euclidean",
                "Downloading: 50%|#####     |\rDownloading: 100%|##########|\rEuclidean",
            ),
        ),
        ("bars in front of a table", log.replace("  point_num", &format!("{bar}  point_num"))),
        ("bars in front of weights", log.replace("\n[", &format!("\n{bar}["))),
        ("bars within a table", log.replace("\n-----", &format!("\n{bar}\n-----"))),
        ("colours", log.replace("Euclidean", "\u{1b}[1;32mEuclidean").replace("10.5.", "10.5.\u{1b}[0m")),
        ("cleared lines", log.replace("  point_num", "\u{1b}[2K\r  point_num")),
        ("warnings", log.replace("\n-----", "\nx.py:3: FutureWarning: `a` is old\n  warnings.warn(\n-----")),
    ] {
        assert_eq!(replay(place, text, "").handled(), expected, "{what}");
    }
}

fn prefixes(place: &Place) {
    let (expected, log) = (control(place), pairs().concat());
    let with = |prefix: &str| log.lines().map(|line| format!("{prefix}{line}\n")).collect::<String>();
    for prefix in ["0: ", "12: ", "[node01] ", "2023-05-01 10:00:00,123 - INFO - ", "INFO:root:"] {
        assert_eq!(replay(place, with(prefix), "").handled(), expected, "{prefix}");
    }
    // The lines of two tasks in turn.
    let (one, two) = (pairs()[..3].concat(), pairs()[3..].concat());
    let mixed: String =
        one.lines().zip(two.lines()).map(|(one, two)| format!(" 3: {one}\n10: {two}\n")).collect();
    assert_eq!(replay(place, mixed, "").handled(), expected);
}

fn requeued(place: &Place) {
    let expected = control(place);
    let (first, rest) = (pairs()[0].clone(), pairs()[1..].concat());
    let other = first.replace("0.4000    0.8000\n[1.0", "0.9000    0.8000\n[1.0");
    assert_ne!(other, first);
    let log = format!("{other}{first}{rest}");
    let again = "logs/0.out:16: `m-7` and `m-22` again after logs/0.out:1";
    replay(place, &log, "").refused(&[again, "--repeated last"]);
    let noted = replay(place, &log, "--repeated last")
        .noted(&["note: the last line counts between `m-22` and `m-7` (2 times)"]);
    assert_eq!(noted, expected);
    let with_first = replay(place, &log, "--repeated first").handled();
    assert_ne!(with_first, expected);
    // In two files, and turned round in the second.
    place.write("logs/1.out", pair("m-22", "m-7", "0.5000"));
    replay(place, first + &rest, "")
        .refused(&["logs/1.out:", "compared with the other direction at logs/0.out:1"]);
    place.write("logs/1.out", pair("m-22", "m-7", "0.4000"));
    assert_eq!(place.lmc("replay logs --scores scores.json").handled(), expected);
}

fn stopped(place: &Place) {
    let expected = control(place);
    let log = pairs().concat();
    let cut = &pairs()[2][..pairs()[2].rfind("  point_num").unwrap()];
    let text = format!("{cut}slurmstepd: error: *** JOB 7 ON node01 CANCELLED DUE TO PREEMPTION ***\n{log}");
    replay(place, &text, "").refused(&["logs/0.out:", "--repeated last"]);
    let parts = ["the line between `m-7` and `m-1` does not count: this point has no table"];
    assert_eq!(replay(place, &text, "--repeated last").noted(&parts), expected);
}

fn missing(place: &Place) {
    scores(place);
    // m-1 has a line to m-7 alone.
    let some = [0, 1, 2, 3].map(|i| pairs()[i].clone()).concat();
    let refused = "`logs`: got no line between `m-22` and `m-1` and 1 more pairs";
    replay(place, &some, "").refused(&[refused, "--missing drop"]);
    let parts = [
        "note: left out of 4 models: `m-1` (no whole line to `m-22`, `m-98`)",
        "note: scores that do not count, because the logs have no such models: `m-1`",
    ];
    let printed = replay(place, &some, "--missing drop").noted(&parts);
    assert!(printed.contains("Replay(3 models on id, 3 lines of 3 points)"), "{printed}");
    // Two pairs without a model in common: one model of each.
    let some = [1, 2, 3, 4].map(|i| pairs()[i].clone()).concat();
    replay(place, &some, "--missing drop").refused(&["2 models"]);
}

fn cut(place: &Place) {
    scores(place);
    let log = pairs().concat();
    let last = log.len() - pairs()[5].len();
    for end in [last + 30, last + 60, last + 110, last + 170, log.len() - 70, log.len() - 60] {
        let text = &log[..end];
        replay(place, text, "").refused(&["logs/0.out:", "--missing drop"]);
        let printed = replay(place, text, "--missing drop")
            .noted(&["does not count", "left out of 4 models: `m-1` (no whole line to `m-98`)"]);
        assert!(printed.contains("Replay(3 models on id, 3 lines"), "cut at {end}: {printed}");
    }
    let limit =
        format!("{}slurmstepd: error: *** JOB 7 CANCELLED DUE TO TIME LIMIT ***\n", &log[..last + 175]);
    replay(place, limit, "--missing drop").noted(&["left out of 4 models"]);
}

fn nan(place: &Place) {
    scores(place);
    let log = pairs().concat();
    for value in ["nan", "inf", "-0.5", "NaN"] {
        let text = log.replacen("  0.9000", &format!("  {value:>6}"), 1);
        replay(place, &text, "")
            .refused(&[&format!("loss `{value}` instead of a finite number"), "--missing drop"]);
        replay(place, &text, "--missing drop")
            .noted(&["the line between `m-7` and `m-98` does not count", "left out of 4 models: `m-98`"]);
    }
}

fn both_directions(place: &Place) {
    let expected = control(place);
    let turned: String = pairs().concat() + &pair("m-98", "m-7", "0.9000");
    assert_eq!(replay(place, turned, "").handled(), expected);
    let other: String = pairs().concat() + &pair("m-98", "m-7", "0.8000");
    replay(place, &other, "")
        .refused(&["loss 0.8 at point 1 instead of 0.9, compared with the other direction at logs/0.out:16"]);
    replay(place, &other, "--repeated first").noted(&["the first line counts between `m-7` and `m-98`"]);
}

fn line_numbers(place: &Place) {
    scores(place);
    let log = pairs().concat();
    let bars = log.replace("Euclidean", "\r 10%|# |\r 20%|## |\rEuclidean").replacen("0.8000", "high", 1);
    replay(place, bars, "").refused(&["logs/0.out:6: accuracy `high` instead of a number"]);
    let before = "\r 10%|# |\rabc\n".to_owned() + &log[log.find("  point_num").unwrap()..];
    replay(place, before, "").refused(&["logs/0.out:2: a table before the first `Euclidean"]);
}

fn no_logs(place: &Place) {
    scores(place);
    replay(place, "", "").refused(&["logs/0.out:1: no line `Euclidean distance between A and B: x.`"]);
    replay(place, "\r\r\n\n", "--missing drop").refused(&["logs/0.out:", "no line `Euclidean"]);
    replay(place, [0u8, 159, 146, 150], "").refused(&["no line `Euclidean"]);
    replay(place, "Euclidean distance between a and a: 1.\n", "").refused(&["a line from `a` to itself"]);
    place.lmc("replay logs --scores scores.json --missing some").misused(&["--missing", "error, drop"]);
}

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
        ("s.jsonl", "{\"model\": \"m-7\", \"loss\": 0.7, \"loss\": 0.1}\n", "`loss` is there twice"),
    ] {
        scored(place, name, text, "").refused(&[problem]);
    }
    // What nobody reads may be there twice.
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
    // The same models, whatever the types of their names and scores, beside columns of types that are not read.
    for file in ["duckdb.parquet", "pandas.parquet", "polars.parquet"] {
        std::fs::copy(golden(file), place.path("s.parquet")).unwrap();
        let printed = place.lmc("replay logs --scores s.parquet").handled();
        assert!(printed.contains("Replay(3 models on id"), "{file}: {printed}");
        // The name of the file does not matter, nor that it is in a folder.
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
    assert!(printed.contains("Replay(4 models"), "{printed}");
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
