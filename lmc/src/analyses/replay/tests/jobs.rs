//! Logs of real jobs.

use super::*;

#[test]
fn pairs_that_are_missing_leave_the_fewest_models_out() {
    let all: String =
        [("a", "b"), ("a", "c"), ("b", "c"), ("a", "d")].map(|(a, b)| short(a, b, [0.5, 0.75, 0.5])).concat();
    let with = |text: &str, missing, repeated| {
        let options = ReplayOptions { missing, repeated, ..ReplayOptions::new("id") };
        Replay::parse(text.as_bytes(), Path::new("x.log"), &options)
    };
    let replay = with(&all, Missing::Drop, Repeated::Error).unwrap();
    assert_eq!((replay.models.join(" "), replay.lines.len()), ("a b c".to_owned(), 3));
    assert_eq!(replay.notes, ["left out of 4 models: `d` (no whole line to `b`, `c`)"]);
    assert!(replay.missing().is_empty());
    let strict = parse(&all).unwrap();
    assert_eq!(strict.missing(), [("b", "d"), ("c", "d")]);
    let error = strict.matrix(Measure::ConvexityGap).unwrap_err().to_string();
    assert!(error.starts_with("`logs`: got no line between `b` and `d` and 1 more pairs"), "{error}");
    // The time limit of a job: within the last table, within a line, within the line that opens a pair.
    let whole = &all[..all.rfind("Euclidean").unwrap()];
    let last = &all[whole.len()..];
    for end in [36, last.len() - 40, last.len() - 20, last.len() - 4] {
        let text = format!("{whole}{}", &last[..end]);
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains("--missing drop"), "{end}: {error}");
        let replay = with(&text, Missing::Drop, Repeated::Error).unwrap();
        assert_eq!(replay.models.join(" "), "a b c", "{end}");
        assert!(replay.notes[0].contains("does not count"), "{:?}", replay.notes);
    }
    // A loss that is not a number takes its line with it.
    let nan = all.replacen("0.75", "nan", 1);
    assert!(parse(&nan).unwrap_err().to_string().contains("loss `nan` instead of a finite number"));
    let replay = with(&nan, Missing::Drop, Repeated::Error).unwrap();
    assert_eq!((replay.models.join(" "), replay.lines.len()), ("a c".to_owned(), 1));
    let none =
        with(&short("a", "b", [0.5, f64::NAN, 0.5]), Missing::Drop, Repeated::Error).unwrap_err().to_string();
    assert!(none.starts_with("`missing`: got no pair of models with a whole line"), "{none}");
}

#[test]
fn of_repeated_pairs_the_first_or_last_whole_one_counts() {
    let (first, last) = (short("a", "b", [0.5, 0.75, 0.25]), short("b", "a", [0.5, 1.0, 0.75]));
    let cut = &last[..last.rfind("  point_num").unwrap()];
    let read = |text: &str, repeated| {
        let options = ReplayOptions { repeated, ..ReplayOptions::new("id") };
        Replay::parse(text.as_bytes(), Path::new("x.log"), &options)
    };
    let middle = |repeated| {
        let replay = read(&(first.clone() + &last), repeated).unwrap();
        assert_eq!(replay.lines.len(), 1);
        (replay.lines[0].losses[1], replay.notes)
    };
    assert_eq!(
        middle(Repeated::First),
        (0.75, vec!["the first line counts between `a` and `b` (2 times)".to_owned()])
    );
    assert_eq!(
        middle(Repeated::Last),
        (1.0, vec!["the last line counts between `a` and `b` (2 times)".to_owned()])
    );
    // A job that was stopped within a pair and ran again.
    let requeued = format!("{cut}slurmstepd: error: *** JOB 1 CANCELLED DUE TO PREEMPTION ***\n{last}");
    assert!(read(&requeued, Repeated::Error).unwrap_err().to_string().contains("--repeated last"));
    let replay = read(&requeued, Repeated::Last).unwrap();
    assert_eq!((replay.lines.len(), replay.lines[0].losses[1]), (1, 1.0));
    assert!(
        replay.notes[0].starts_with("x.log:9: the line between `b` and `a` does not count: 2 points"),
        "{:?}",
        replay.notes
    );
    // One that never ran again.
    assert!(read(&(first + cut), Repeated::Last).is_ok());
    assert!(read(&(short("a", "c", [0.5, 0.75, 0.5]) + cut), Repeated::Last).is_err());
}

#[test]
fn what_terminals_and_schedulers_add_changes_nothing() {
    let log = short("a", "b", [0.5, 0.75, 0.25]) + &short("a", "c", [0.5, 0.75, 0.25]);
    let expected = parse(&log).unwrap().lines;
    let bar = "\r 33%|###3      | 1/3 [00:01<00:02,  1.00it/s]";
    let prefixed = |prefix: &str| log.lines().map(|line| format!("{prefix}{line}\n")).collect::<String>();
    for (what, text) in [
        ("CRLF", log.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{log}")),
        (
            "bars",
            log.replace("  point_num", &format!("{bar}  point_num"))
                .replace("Euclidean", &format!("{bar}\rEuclidean")),
        ),
        (
            "bars within tables",
            log.replace("-----------  ", &format!("{bar}\n-----------  "))
                .replace("0  0.5  0.5", &format!("{bar}\r\n0  0.5  0.5")),
        ),
        ("colours", log.replace("Euclidean", "\u{1b}[1mEuclidean").replace(".\n", ".\u{1b}[0m\n")),
        ("srun --label", prefixed("0: ")),
        ("a logger", prefixed("[2023-05-01 10:00:00] INFO:root: ")),
        ("warnings", log.replace("0  0.5", "x.py:3: UserWarning: old\n  warnings.warn(\n0  0.5")),
    ] {
        assert_eq!(parse(&text).unwrap().lines, expected, "{what}");
    }
    // Errors have the line of the file.
    let bars = log.replace("Euclidean", &format!("{bar}{bar}\rEuclidean"));
    assert_eq!(problem(&bars.replacen("0.75", "x", 1)), ":7: loss `x` instead of a number");
    // Two tasks whose lines are mixed.
    let (one, two) = (short("a", "b", [0.5, 0.75, 0.25]), short("a", "c", [0.5, 0.75, 0.25]));
    let mixed: String =
        one.lines().zip(two.lines()).map(|(one, two)| format!("0: {one}\n1: {two}\n")).collect();
    assert_eq!(parse(&mixed).unwrap().lines, expected);
}
