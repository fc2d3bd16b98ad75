//! Logs of interpolations as jobs leave them, and scores in the files that people have.

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
];

pub const MODELS: [&str; 4] = ["m-7", "m-22", "m-98", "m-1"];

/// Returns the tables of a pair as the public code prints them, of 3 points.
pub fn pair(a: &str, b: &str, middle: &str) -> String {
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

/// Returns the tables of every pair of [`MODELS`]; the first two and the last two models are connected.
pub fn pairs() -> Vec<String> {
    let basin = |i: usize| i / 2;
    let middle = |i, j| if basin(i) == basin(j) { "0.4000" } else { "0.9000" };
    (0..4)
        .flat_map(|i| (i + 1..4).map(move |j| (i, j)))
        .map(|(i, j)| pair(MODELS[i], MODELS[j], middle(i, j)))
        .collect()
}

pub fn scores(place: &Place) {
    place.write("scores.json", r#"{"m-7": 0.7, "m-22": 0.7, "m-98": 0.3, "m-1": 0.3}"#);
}

/// Asserts that the order of the pairs changes nothing about the clusters, which are equally large here.
fn orders(place: &Place) {
    let statistics = |pairs: Vec<String>| {
        scores(place);
        let out = place.path("out");
        if out.exists() {
            std::fs::remove_dir_all(&out).unwrap();
        }
        let printed = replay(place, pairs.concat(), "--out out").handled();
        // These are the numbers, the means and the better cluster of the first table.
        printed.lines().find(|line| line.starts_with("lo ")).unwrap().to_owned()
    };
    let expected = statistics(pairs());
    assert!(expected.contains("0.3") && expected.contains("0.7"), "{expected}");
    assert_eq!(statistics(pairs().into_iter().rev().collect()), expected);
    assert_eq!(statistics([3, 5, 0, 2, 1, 4].map(|i: usize| pairs()[i].clone()).to_vec()), expected);
}

pub fn replay(place: &Place, log: impl AsRef<[u8]>, options: &str) -> Ran {
    place.write("logs/0.out", log);
    place.lmc(&format!("replay logs --scores scores.json {options}"))
}

/// Returns the output for the log as it is.
pub fn control(place: &Place) -> String {
    scores(place);
    let printed = replay(place, pairs().concat(), "").handled();
    assert!(printed.contains("clusters of 2 and 2 models, mean gap "), "{printed}");
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
    // The lines of two tasks alternate.
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
    // The pair is in two files, in the second one turned round.
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
    assert!(printed.contains("3 models on id, 3 lines of 3 points"), "{printed}");
    // Two pairs have no model in common: take one model of each.
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
        assert!(printed.contains("3 models on id, 3 lines"), "cut at {end}: {printed}");
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
