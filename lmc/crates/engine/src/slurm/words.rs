//! Descriptions of the tasks of an array, for people and for `sbatch`.

use std::collections::BTreeMap;

use super::array::Missing;
use super::queue::Record;

/// The number of lines of a log that an error shows.
const TAIL: usize = 5;

/// Returns ascending numbers as a list of ranges: "0-3,7".
pub(super) fn ranges(tasks: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &task in tasks {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == task => *last = task,
            _ => ranges.push((task, task)),
        }
    }
    let text = |(first, last): (usize, usize)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.into_iter().map(text).collect::<Vec<_>>().join(",")
}

/// Returns in words how many tasks with work left run and wait, with the reason of the first that waits.
pub(super) fn in_words(records: &BTreeMap<usize, Record>, left: &[Missing]) -> String {
    let has_left = |task: usize| left.get(task).is_some_and(|missing| missing.total() > 0);
    let open = records.iter().filter(|(task, record)| record.is_active() && has_left(**task));
    let (running, waiting): (Vec<&Record>, Vec<&Record>) =
        open.map(|(_, record)| record).partition(|record| record.is_running());
    let reason = waiting.first().map(|record| record.reason.trim_matches(['(', ')']));
    let reason = reason.filter(|reason| !matches!(*reason, "None" | ""));
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let tasks = |n: usize| if n == 1 { "1 task".to_owned() } else { format!("{n} tasks") };
    match (running.len(), waiting.len()) {
        (0, 0) => String::new(),
        (running, 0) => format!("{} running", tasks(running)),
        (0, waiting) => format!("{} waiting{reason}", tasks(waiting)),
        (running, waiting) => format!("{} running, {waiting} waiting{reason}", tasks(running)),
    }
}

/// Returns the last lines of a log that say something, each indented.
pub(super) fn tail_of(log: &str) -> String {
    let lines: Vec<String> =
        log.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("  {line}")).collect();
    match lines.len() {
        0 => "  (nothing)".to_owned(),
        n => lines[n.saturating_sub(TAIL)..].join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
        assert_eq!(ranges(&[5]), "5");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn tasks_are_counted_as_far_as_they_have_something_left() {
        let record = |state: &str, node: &str, reason: &str| Record {
            array: 7,
            state: state.into(),
            node: node.into(),
            reason: reason.into(),
        };
        let records = BTreeMap::from([
            (0, record("RUNNING", "node1", "None")),
            (1, record("COMPLETING", "node2", "None")),
            (2, record("PENDING", "", "(Resources)")),
            (3, record("FAILED", "node1", "NonZeroExitCode")),
            (4, record("PENDING", "", "Priority")),
        ]);
        let left = |beside: [usize; 5]| beside.map(|beside| Missing { counted: 0, beside });
        assert_eq!(in_words(&records, &left([1, 0, 1, 1, 1])), "1 task running, 2 waiting (Resources)");
        assert_eq!(in_words(&records, &left([1, 1, 0, 1, 0])), "2 tasks running");
        assert_eq!(in_words(&records, &left([0, 0, 0, 1, 1])), "1 task waiting (Priority)");
        assert_eq!(in_words(&records, &left([0; 5])), "");
    }

    #[test]
    fn the_end_of_a_log_is_its_last_lines() {
        assert_eq!(tail_of("1\n2\n\n3\n4\n5\n6\n \n"), "  2\n  3\n  4\n  5\n  6");
        assert_eq!(tail_of("only\n"), "  only");
        assert_eq!(tail_of("\n"), "  (nothing)");
    }
}
