use polars::df;
use polars::prelude::DataFrame;
use rand::Rng;
use serde_json::Value;

use super::*;
use crate::analyses::gaps::{GAPS, GapColumns};
use crate::analyses::profiles::{PROFILES, ProfileColumns};
use crate::basin::{ClusterOptions, cluster};
use crate::gap::Measure;
use crate::tables::Table;

mod jobs;

const ALL_PAIRS: &str = include_str!("../../../../../tests/golden/logs/all_pairs.log");
const WITHOUT_WEIGHTS: &str = include_str!("../../../../../tests/golden/logs/without_weights.log");

fn golden(name: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("../../../../../tests/golden/logs.json")).unwrap();
    golden[name].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn parse(text: &str) -> Result<Replay> {
    Replay::parse(text.as_bytes(), Path::new("x.log"), &ReplayOptions::new("id"))
}

/// A log of one pair of three points, without weights.
fn short(a: &str, b: &str, losses: [f64; 3]) -> String {
    let head = format!("Euclidean distance between {a} and {b}: 2.5.\n");
    let tables = losses.iter().enumerate().map(|(k, loss)| {
        format!("  point_num    loss    accuracy\n-----------  ------  ----------\n{k}  {loss}  0.5\n")
    });
    head + &tables.collect::<String>()
}

/// Returns the problem, without the name of the log and the remedy.
fn problem(text: &str) -> String {
    let error = parse(text).unwrap_err();
    assert!(matches!(error, LmcError::Format { .. }), "{error}");
    let error = error.to_string();
    error
        .strip_prefix("x.log")
        .unwrap()
        .split_once("; this must be")
        .unwrap_or_else(|| panic!("{error}"))
        .0
        .to_owned()
}

#[test]
fn logs_of_the_public_form_become_profiles_and_gaps() {
    for (name, text, metrics) in [
        ("all_pairs", ALL_PAIRS, &["accuracy"][..]),
        ("without_weights", WITHOUT_WEIGHTS, &["accuracy", "f1"]),
    ] {
        let replay = parse(text).unwrap();
        let golden = golden(name);
        assert_eq!((replay.lines.len(), replay.n_points()), (golden.len(), 10));
        let (profiles, gaps) = (replay.table().unwrap(), replay.gaps().unwrap());
        PROFILES.check(&profiles).unwrap();
        GAPS.check(&gaps).unwrap();
        let losses = ProfileColumns::loss(&profiles).unwrap();
        let accuracies = ProfileColumns::accuracies(&profiles).unwrap();
        let alphas = ProfileColumns::alpha(&profiles).unwrap();
        for (i, pair) in golden.iter().enumerate() {
            let line = &replay.lines[i];
            assert_eq!((pair["a"].as_str(), pair["b"].as_str()), (Some(&*line.a), Some(&*line.b)));
            assert_eq!(line.metrics.iter().map(|(name, _)| *name).collect::<Vec<_>>(), metrics);
            let points = 10 * i..10 * (i + 1);
            assert_eq!(losses[points.clone()], numbers(&pair["losses"]));
            assert_eq!(accuracies[points.clone()], numbers(&pair["accuracies"]));
            assert_eq!((alphas[10 * i], alphas[10 * i + 7], alphas[10 * i + 9]), (0.0, 7.0 / 9.0, 1.0));
            for measure in [Measure::BarrierHeight, Measure::ConvexityGap, Measure::AreaUnderCurve] {
                let got = GapColumns::of_measure(&gaps, measure).unwrap()[i];
                let expected = pair[measure.column()].as_f64().unwrap();
                assert!((got - expected).abs() < 1e-12, "{measure:?} of pair {i}");
            }
            assert_eq!(GapColumns::euclidean_distance(&gaps).unwrap()[i], pair["distance"].as_f64().unwrap());
        }
        assert_eq!(profiles.column("f1").is_ok(), metrics.len() == 2);
        assert_eq!(ProfileColumns::n_examples(&profiles).unwrap()[0], 512);
    }
    let debug = format!("{:?}", parse(ALL_PAIRS).unwrap());
    assert_eq!(debug, "Replay(4 models on id, 6 lines of 10 points)");
}

#[test]
fn basins_come_from_logs_alone() {
    let matrix = parse(ALL_PAIRS).unwrap().matrix(Measure::ConvexityGap).unwrap();
    let options = ClusterOptions::default();
    assert_eq!(matrix.resolution, 1e-4, "the last of four decimals");
    assert_eq!(parse(ALL_PAIRS).unwrap().matrix(Measure::EuclideanDistance).unwrap().resolution, 0.0);
    assert_eq!(cluster(&matrix, &options).unwrap().cluster, [0, 0, 1, 1]);
    let error = parse(WITHOUT_WEIGHTS).unwrap().matrix(Measure::ConvexityGap).unwrap_err().to_string();
    assert!(error.starts_with("`logs`: got no line between `7` and `22`"), "{error}");
    assert!(
        error.ends_with("every pair of models; `missing` (--missing drop) leaves the fewest models out"),
        "{error}"
    );
}

/// Tables of three pairs whose numbers need all their digits.
fn tables(alphas: [f64; 4]) -> (DataFrame, DataFrame) {
    let (a, b) = (["s0", "s0", "s1"], ["s1", "s2", "s2"]);
    let each =
        |names: [&str; 3]| names.iter().flat_map(|name| vec![(*name).to_owned(); 4]).collect::<Vec<_>>();
    let ends = [0.1 + 0.2, 1.0 / 3.0, 2.0f64.sqrt()];
    let losses =
        [(0, 1), (0, 2), (1, 2)].map(|(first, second)| [ends[second], 1.5e-7, 2.0, ends[first]]).concat();
    let accuracies = losses.iter().map(|loss| 1.0 / (1.0 + loss)).collect::<Vec<_>>();
    let n = losses.len();
    let profiles = df!("a" => each(a), "b" => each(b), "dataset" => vec!["lo"; n],
        "point" => [0_i64, 1, 2, 3].repeat(3), "alpha" => alphas.repeat(3), "loss" => losses, "accuracy" => accuracies,
        "n_examples" => vec![512_i64; n])
    .unwrap();
    let options = ReplayOptions::new("lo");
    let gaps = df!("a" => a, "b" => b, "dataset" => ["lo"; 3], "barrier_height" => [0.0; 3],
        "convexity_gap" => [0.0; 3], "auc" => [0.0; 3], "euclidean_distance" => [8.0, std::f64::consts::PI, 1e-9])
    .unwrap();
    // The gaps of these losses: only their distances are written.
    let text = log_text(&profiles, &gaps, "lo", None).unwrap();
    let gaps = Replay::parse(text.as_bytes(), Path::new("x.log"), &options).unwrap().gaps().unwrap();
    (profiles, gaps)
}

#[test]
fn what_is_written_is_read_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    for alphas in [[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0], [0.0, 0.1, 0.3, 1.0]] {
        let (profiles, gaps) = tables(alphas);
        let path = folder.path().join("x.log");
        write_log(&path, &profiles, &gaps, "lo", None).unwrap();
        let replay = Replay::read(&[&path], &ReplayOptions::new("lo")).unwrap();
        assert!(replay.table().unwrap().equals(&profiles), "{}", replay.table().unwrap());
        assert!(replay.gaps().unwrap().equals(&gaps));
        assert_eq!(replay.models, ["s0", "s1", "s2"]);
        let distances = GapColumns::euclidean_distance(&gaps).unwrap();
        assert_eq!(distances, [8.0, std::f64::consts::PI, 1e-9]);
        let rounded = log_text(&profiles, &gaps, "lo", Some(4)).unwrap();
        let rounded = Replay::parse(rounded.as_bytes(), &path, &ReplayOptions::new("lo")).unwrap();
        for (got, exact) in
            rounded.lines.iter().flat_map(|l| &l.losses).zip(ProfileColumns::loss(&profiles).unwrap())
        {
            assert!((got - exact).abs() <= 5e-5);
        }
    }
}

#[test]
fn with_four_decimals_the_log_is_the_public_one() {
    let replay = parse(ALL_PAIRS).unwrap();
    let written = log_text(&replay.table().unwrap(), &replay.gaps().unwrap(), "id", Some(4)).unwrap();
    let public: Vec<&str> = ALL_PAIRS.lines().skip(2).filter(|line| !line.starts_with("Wrote ")).collect();
    assert_eq!(written.lines().count(), public.len());
    for (line, (got, expected)) in written.lines().zip(public).enumerate() {
        match (point::weights(got), point::weights(expected)) {
            (Some(got), Some(expected)) => assert!((got[0] - expected[0]).abs() < 1e-15, "line {line}"),
            _ => assert_eq!(got.replace(" on id", " on mnli"), expected, "line {line}"),
        }
    }
}

#[test]
fn tables_that_no_log_can_hold_are_refused() {
    let (profiles, gaps) = tables([0.0, 0.25, 0.5, 1.0]);
    let refused = |profiles: &DataFrame, gaps: &DataFrame, set: &str, decimals| {
        log_text(profiles, gaps, set, decimals).unwrap_err().to_string()
    };
    assert_eq!(refused(&profiles, &gaps, "id", None), "unknown dataset in the profiles `id`; known: lo");
    assert!(refused(&profiles, &gaps.head(Some(2)), "lo", None).contains("no row for `s1` and `s2`"));
    assert_eq!(refused(&profiles, &gaps, "lo", Some(18)), "`decimals`: got 18, expected at most 17");
    let mut other = profiles.clone();
    other.with_column(polars::prelude::Column::new("a".into(), vec!["x and y"; 12])).unwrap();
    assert!(refused(&other, &gaps, "lo", None).contains("model `x and y`"));
    assert!(refused(&gaps, &profiles, "lo", None).starts_with("table `gaps`"));
}

#[test]
fn both_directions_must_agree_and_count_once() {
    let there = short("a", "b", [0.5, 0.75, 0.25]);
    let replay = parse(&(there.clone() + &short("b", "a", [0.25, 0.7504, 0.5]))).unwrap();
    assert_eq!((replay.lines.len(), &*replay.lines[0].losses), (1, &[0.5, 0.75, 0.25][..]));
    assert_eq!(
        problem(&(there.clone() + &short("b", "a", [0.25, 0.8, 0.5]))),
        ":11: loss 0.8 at point 1 instead of 0.75, compared with the other direction at x.log:1"
    );
    let farther = short("b", "a", [0.25, 0.75, 0.5]).replace("2.5.", "2.6.");
    assert!(problem(&(there.clone() + &farther)).starts_with(":11: distance 2.6 instead of 2.5"));
    let better = short("b", "a", [0.25, 0.75, 0.5]).replacen("0.75  0.5\n", "0.75  0.6\n", 1);
    assert!(problem(&(there.clone() + &better)).starts_with(":11: another accuracy, compared"));
    let again = parse(&(there.clone() + &there)).unwrap_err().to_string();
    let remedy = "give each pair once, or say which line counts with `repeated` (--repeated last)";
    assert_eq!(again, format!("x.log:11: `a` and `b` again after x.log:1; {remedy}"));
    let third = there.clone() + &short("c", "a", [0.3, 0.4, 0.5]);
    assert_eq!(
        problem(&third),
        ":11: the loss of `a` is 0.3 here and 0.25 at x.log:1: they were not evaluated on the same examples"
    );
    let lenient = ReplayOptions { tolerance: 0.1, ..ReplayOptions::new("id") };
    assert_eq!(Replay::parse(third.as_bytes(), Path::new("x.log"), &lenient).unwrap().lines.len(), 2);
}

#[test]
fn logs_of_several_files_must_fit() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["0.log", "1.log"].map(|name| folder.path().join(name));
    let read = |second: &str| {
        std::fs::write(&paths[0], short("a", "b", [0.5, 0.75, 0.25])).unwrap();
        std::fs::write(&paths[1], second).unwrap();
        Replay::read(&paths, &ReplayOptions::new("id"))
    };
    let replay = read(&short("a", "c", [0.6, 0.7, 0.25])).unwrap();
    assert_eq!((replay.models, replay.lines.len()), (vec!["a".into(), "b".into(), "c".into()], 2));
    let error = read(&short("a", "b", [0.5, 0.75, 0.25])).unwrap_err().to_string();
    assert!(error.contains("1.log:1: `a` and `b` again after") && error.contains("0.log:1;"), "{error}");
    let longer = short("a", "c", [0.6, 0.7, 0.3]) + "point_num loss accuracy\n--- --- ---\n3 0.25 0.5\n";
    let error = read(&longer).unwrap_err().to_string();
    assert!(error.contains("1.log:1: 4 points instead of the 3 of"), "{error}");
    let error = read(&short("a", "c", [0.6, 0.7, 0.25]).replace("accuracy", "f1")).unwrap_err().to_string();
    assert!(error.contains("1.log:1: metrics f1 instead of the accuracy of"), "{error}");
    let missing = Replay::read(&[folder.path().join("2.log")], &ReplayOptions::new("id")).unwrap_err();
    assert!(matches!(missing, LmcError::Io { action: "read", .. }), "{missing}");
    let none: [&Path; 0] = [];
    assert!(Replay::read(&none, &ReplayOptions::new("id")).is_err());
}

#[test]
fn a_log_cut_anywhere_is_refused_or_ends_between_pairs() {
    let mut accepted = 0;
    for end in (0..ALL_PAIRS.len()).step_by(3) {
        match parse(&ALL_PAIRS[..end]) {
            Ok(replay) => {
                accepted += 1;
                assert!(replay.lines.iter().all(|line| line.losses.len() == 10), "cut at {end}");
            }
            Err(error) => assert!(matches!(error, LmcError::Format { line: Some(_), .. }), "{error}"),
        }
    }
    // After the last table of each pair come up to four lines without a table.
    assert!(accepted > 0 && accepted < ALL_PAIRS.len() / 10, "{accepted}");
}

#[test]
fn a_changed_byte_is_refused_or_changes_a_number_or_a_name() {
    let bytes = WITHOUT_WEIGHTS.as_bytes();
    let mut rng = crate::seed::rng(1, "bytes");
    for _ in 0..1000 {
        let mut bytes = bytes.to_vec();
        let place = rng.random_range(0..bytes.len());
        bytes[place] = rng.random();
        match Replay::parse(&bytes, Path::new("x.log"), &ReplayOptions::new("id")) {
            Ok(replay) => assert!(replay.lines.iter().flat_map(|line| &line.losses).all(|loss| *loss >= 0.0)),
            Err(error) => assert!(matches!(error, LmcError::Format { line: Some(_), .. }), "{error}"),
        }
    }
}

#[test]
fn damaged_logs_are_refused_with_the_line() {
    let log = short("a", "b", [0.5, 0.75, 0.25]);
    let changed = |from: &str, to: &str| {
        assert!(log.contains(from), "{from}");
        problem(&log.replacen(from, to, 1))
    };
    let loss = "loss `%` instead of a finite number of at least 0";
    for wrong in ["NaN", "nan", "inf", "-0.5", "1e999"] {
        assert_eq!(changed("0.75", wrong), format!(":7: {}", loss.replace('%', wrong)));
    }
    assert_eq!(changed("0.75", "x"), ":7: loss `x` instead of a number");
    assert_eq!(changed("0.75  0.5", "0.75  1.5"), ":7: accuracy `1.5` instead of a number from 0 to 1");
    assert_eq!(changed("0.75  0.5", "0.75"), ":7: 2 columns instead of 3");
    assert_eq!(changed("1  0.75", "one  0.75"), ":7: point_num `one` instead of a number");
    assert_eq!(changed("1  0.75", "2  0.75"), ":7: point 2 instead of 1");
    assert_eq!(changed("1  0.75", "0  0.75"), ":7: point 0 instead of 1");
    let table = "  point_num    loss    accuracy\n-----------  ------  ----------\n1  0.75  0.5\n";
    assert_eq!(changed(table, ""), ":7: point 2 instead of 1");
    assert_eq!(
        changed("loss    accuracy", "accuracy    loss"),
        ":2: header `point_num    accuracy    loss` instead of point_num, loss and a metric"
    );
    assert_eq!(
        changed("    accuracy", ""),
        ":2: header `point_num    loss` instead of point_num, loss and a metric"
    );
    assert!(changed("accuracy", "bleu").starts_with(":2: unknown metric `bleu`; known: accuracy, "));
    assert_eq!(changed("accuracy", "accuracy metric"), ":2: metric `metric` is there twice");
    assert!(changed("  point_num", "  pointnum").starts_with(":3: a rule without a header"));
    assert_eq!(changed("-----------  ------  ", ""), ":3: `----------` instead of a rule of 3 columns");
    let last = log.rfind("accuracy").unwrap();
    let other = format!("{}f1{}", &log[..last], &log[last + 8..]);
    assert_eq!(problem(&other), ":8: header `point_num    loss    f1` is not that of the first table");
    assert!(changed("2.5.", "2.5").contains("instead of `Euclidean distance between A and B: x.`"));
    assert_eq!(changed("2.5.", "NaN."), ":1: distance `NaN` instead of a finite number of at least 0");
    assert_eq!(changed("2.5.", "far."), ":1: distance `far` instead of a number");
    assert!(changed("a and b", "a, b").starts_with(":1: `Euclidean distance between a, b"));
    assert!(changed("a and b", "a and b and c").starts_with(":1: `Euclidean distance"));
    assert_eq!(changed("a and b", "a and a"), ":1: a line from `a` to itself");
    assert!(changed("Euclidean", "euclidean").starts_with(":2: a table before the first"));
    assert_eq!(problem("nothing\n"), ":1: no line `Euclidean distance between A and B: x.`");
    assert_eq!(problem(""), ":1: no line `Euclidean distance between A and B: x.`");
    assert_eq!(problem(log.trim_end()), ":10: the file ends in the middle of a line");
    assert_eq!(problem(&log[..log.rfind("2  0.25").unwrap()]), ":9: the file ends within a table");
    let two = &log[..log.rfind("  point_num").unwrap()];
    assert_eq!(problem(two), ":7: 2 points between `a` and `b` instead of at least 3");
    let error = Replay::parse(
        b"Euclidean distance between \xff and b: 1.\n",
        Path::new("x.log"),
        &ReplayOptions::new("id"),
    )
    .unwrap_err();
    assert!(error.to_string().starts_with("x.log:1: not UTF-8"), "{error}");
}

#[test]
fn weights_and_repeated_pairs_are_checked() {
    let changed = |from: &str, to: &str| {
        assert!(ALL_PAIRS.contains(from), "{from}");
        problem(&ALL_PAIRS.replacen(from, to, 1))
    };
    assert_eq!(changed("[0.0, 1.0]", "[0.5, 1.0]"), ":5: weights 0.5 and 1 instead of two whose sum is 1");
    assert_eq!(changed("[0.0, 1.0]", "weights"), ":12: weights are said of some points and not of others");
    assert_eq!(changed("[0.0, 1.0]", "[0.0, 1.0]\n[0.0, 1.0]"), ":6: the point of line 5 has no table");
    let ascend =
        ":3: the weights of the first model do not ascend from 0 to 1: a point is missing or cut off";
    assert_eq!(changed("[0.0, 1.0]", "[0.05, 0.95]"), ascend);
    assert_eq!(changed("[0.2222222222222222, 0.7777777777777778]", "[0.1, 0.9]"), ascend);
    assert_eq!(
        changed("Interpolating between 0 and 7", "Interpolating between 0 and 8"),
        ":4: `0` and `8` in the tables of `0` and `7`"
    );
    assert_eq!(
        changed("0 and 22 on mnli", "0 and 22 on hans"),
        ":47: interpolated on `hans`, the first pair on `mnli`"
    );
}

#[test]
fn models_take_other_names_that_must_differ() {
    let replay = parse(ALL_PAIRS).unwrap();
    let named = replay.clone().renamed(|name| format!("feather-berts-{name}")).unwrap();
    assert_eq!((&*named.models[2], &*named.lines[1].b), ("feather-berts-22", "feather-berts-22"));
    assert_eq!(GapColumns::a(&named.gaps().unwrap()).unwrap()[0], "feather-berts-0");
    let error = replay.renamed(|_| "x".into()).unwrap_err().to_string();
    assert_eq!(error, "`rename`: got `x` for `0` and for `7`, expected another name for each model");
}

#[test]
fn options_are_checked() {
    for (options, field) in [
        (ReplayOptions { tolerance: f64::NAN, ..ReplayOptions::new("id") }, "tolerance"),
        (ReplayOptions { tolerance: -1.0, ..ReplayOptions::new("id") }, "tolerance"),
        (ReplayOptions { n_examples: 0, ..ReplayOptions::new("id") }, "n_examples"),
    ] {
        let error = Replay::parse(ALL_PAIRS.as_bytes(), Path::new("x.log"), &options).unwrap_err();
        assert!(matches!(&error, LmcError::InvalidParameter { field: got, .. } if *got == field), "{error}");
    }
}
