//! The checks that the pairs of several logs belong together, and the choice of the line of a pair that
//! counts.

use std::collections::BTreeMap;

use crate::analyses::replay::log::{Entry, LoggedLine, wrong};
use crate::analyses::replay::number::shown;
use crate::analyses::replay::{Missing, Repeated, ReplayOptions};
use crate::error::{LmcError, Result};
use crate::options::Valid;

/// The lines that count, and notes on those that do not.
pub(super) struct Settled {
    pub lines: Vec<LoggedLine>,
    /// All models that the logs name, also those of lines that are not whole.
    pub models: Vec<String>,
    pub notes: Vec<String>,
}

/// Returns the line of each unordered pair after checking that all lines that count agree. If a pair is there
/// in both directions, the first counts; if it is repeated, the options decide.
pub(super) fn settle(mut entries: Vec<Entry>, options: &Valid<ReplayOptions>) -> Result<Settled> {
    mark_other_grids(&mut entries);
    let chosen = match options.repeated {
        Repeated::Error => each_once(&entries, options)?,
        Repeated::First | Repeated::Last => one_of_each(&entries, options)?,
    };
    let mut ends: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for (nth, &i) in chosen.iter().enumerate() {
        let (entry, line) = (&entries[i], &entries[i].line);
        alike(&entries[chosen[0]], entry)?;
        let last = line.losses.len() - 1;
        for (model, loss) in [(line.b.as_str(), line.losses[0]), (line.a.as_str(), line.losses[last])] {
            let &mut (first, before) = ends.entry(model).or_insert((loss, nth));
            if (loss - first).abs() > options.tolerance {
                let problem = format!(
                    "the loss of `{}` is {loss} here and {first} at {}: they were not evaluated on the same examples",
                    shown(model),
                    place(&entries[chosen[before]])
                );
                return Err(entry.wrong(problem));
            }
        }
    }
    let mut models: Vec<String> = Vec::new();
    for name in entries.iter().flat_map(|entry| [&entry.line.a, &entry.line.b]) {
        if !name.is_empty() && !models.contains(name) {
            models.push(name.clone());
        }
    }
    let notes = notes(&entries, &chosen, options);
    let mut counts = vec![false; entries.len()];
    chosen.iter().for_each(|&i| counts[i] = true);
    let lines =
        entries.into_iter().zip(counts).filter(|(_, counts)| *counts).map(|(entry, _)| entry.line).collect();
    Ok(Settled { lines, models, notes })
}

/// Returns the two models of a line in the order of their names.
fn pair(entry: &Entry) -> (&str, &str) {
    let (a, b) = (entry.line.a.as_str(), entry.line.b.as_str());
    if a < b { (a, b) } else { (b, a) }
}

/// Marks the lines that do not have the most common number of points. If several numbers are equally common,
/// the one that comes first counts.
fn mark_other_grids(entries: &mut [Entry]) {
    let whole = |entry: &&Entry| entry.problem.is_none();
    let points = |entry: &Entry| entry.line.losses.len();
    let number = |n: usize| entries.iter().filter(whole).filter(|entry| points(entry) == n).count();
    let best = entries.iter().filter(whole).map(|entry| number(points(entry))).max().unwrap_or_default();
    let Some(first) = entries.iter().filter(whole).find(|entry| number(points(entry)) == best) else {
        return;
    };
    let (expected, at) = (points(first), place(first));
    for entry in entries.iter_mut().filter(|entry| entry.problem.is_none() && points(entry) != expected) {
        let problem = format!("{} points instead of the {expected} of {at}", points(entry));
        entry.problem = Some((entry.number, problem));
    }
}

/// Chooses a line for every pair, each of which may be there once, or alike in both directions.
fn each_once(entries: &[Entry], options: &Valid<ReplayOptions>) -> Result<Vec<usize>> {
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let (a, b) = (entry.line.a.as_str(), entry.line.b.as_str());
        if let Some(problem) = &entry.problem {
            if options.missing == Missing::Error {
                return Err(entry.not_whole(problem));
            }
            continue;
        }
        if let Some(&before) = pairs.get(&(a, b)) {
            return Err(entry.repeated(&entries[before]));
        }
        match pairs.get(&(b, a)) {
            Some(&before) => {
                alike(&entries[before], entry)?;
                reversed(&entries[before], entry, options.tolerance)?;
            }
            None => chosen.push(i),
        }
        pairs.insert((a, b), i);
    }
    Ok(chosen)
}

/// Returns the first or last whole line of each pair, in either direction.
fn one_of_each(entries: &[Entry], options: &Valid<ReplayOptions>) -> Result<Vec<usize>> {
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (i, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.problem.is_none()) {
        let of = pairs.entry(pair(entry)).or_insert(i);
        if options.repeated == Repeated::Last {
            *of = i;
        }
    }
    let lost = entries.iter().find(|entry| entry.problem.is_some() && !pairs.contains_key(&pair(entry)));
    if let Some((entry, problem)) =
        lost.and_then(|entry| entry.problem.as_ref().map(|problem| (entry, problem)))
        && options.missing == Missing::Error
    {
        return Err(entry.not_whole(problem));
    }
    let mut chosen: Vec<usize> = pairs.into_values().collect();
    chosen.sort_unstable();
    Ok(chosen)
}

/// Returns notes about lines that do not count: lines that are not whole, and repeated lines of a pair.
fn notes(entries: &[Entry], chosen: &[usize], options: &Valid<ReplayOptions>) -> Vec<String> {
    let mut notes: Vec<String> = entries
        .iter()
        .filter_map(|entry| {
            let (line, problem) = entry.problem.as_ref()?;
            let (path, a, b) = (entry.path.display(), shown(&entry.line.a), shown(&entry.line.b));
            if a.is_empty() {
                return Some(format!("{path}:{line}: the last line does not count: {problem}"));
            }
            Some(format!("{path}:{line}: the line between `{a}` and `{b}` does not count: {problem}"))
        })
        .collect();
    if options.repeated != Repeated::Error {
        let of = |i: &usize| {
            let n = entries
                .iter()
                .filter(|entry| entry.problem.is_none() && pair(entry) == pair(&entries[*i]))
                .count();
            let (a, b) = pair(&entries[*i]);
            (n > 1).then(|| format!("`{}` and `{}` ({n} times)", shown(a), shown(b)))
        };
        let again: Vec<String> = chosen.iter().filter_map(of).collect();
        if !again.is_empty() {
            let which = if options.repeated == Repeated::First { "first" } else { "last" };
            notes.push(format!("the {which} line counts between {}", again.join(", ")));
        }
    }
    notes
}

/// Checks that two pairs were run on the same set, with the same metrics.
fn alike(first: &Entry, entry: &Entry) -> Result<()> {
    if let (Some(expected), Some(got)) = (&first.dataset, &entry.dataset)
        && expected != got
    {
        return Err(entry.wrong(format!(
            "interpolated on `{}`, the first pair on `{}`",
            shown(got),
            shown(expected)
        )));
    }
    let names = |entry: &Entry| entry.line.metrics.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let (got, expected) = (names(entry).join(", "), names(first).join(", "));
    if got != expected {
        return Err(entry.wrong(format!("metrics {got} instead of the {expected} of {}", place(first))));
    }
    Ok(())
}

/// Checks that a pair agrees with the same pair in the other direction.
fn reversed(before: &Entry, entry: &Entry, tolerance: f64) -> Result<()> {
    let (one, other) = (&before.line, &entry.line);
    let differ = |a: f64, b: f64| (a - b).abs() > tolerance;
    let mirrored = |a: &[f64], b: &[f64]| a.iter().zip(b.iter().rev()).position(|(a, b)| differ(*a, *b));
    let reversed: Vec<f64> = one.alphas.iter().map(|alpha| 1.0 - alpha).collect();
    let metrics = one.metrics.iter().zip(&other.metrics);
    let problem = if (one.distance - other.distance).abs() > tolerance * one.distance.max(other.distance) {
        Some(format!("distance {} instead of {}", other.distance, one.distance))
    } else if mirrored(&reversed, &other.alphas).is_some() {
        Some("other weights".to_owned())
    } else if let Some(point) = mirrored(&one.losses, &other.losses) {
        let last = one.losses.len() - 1;
        Some(format!(
            "loss {} at point {} instead of {}",
            other.losses[last - point],
            last - point,
            one.losses[point]
        ))
    } else {
        let other_metric = metrics.into_iter().find(|((_, one), (_, other))| mirrored(one, other).is_some());
        other_metric.map(|((name, _), _)| format!("another {name}"))
    };
    let Some(problem) = problem else { return Ok(()) };
    Err(entry.wrong(format!("{problem}, compared with the other direction at {}", place(before))))
}

impl Entry {
    fn wrong(&self, problem: String) -> LmcError {
        wrong(&self.path, self.number, problem)
    }

    /// Returns the error of a repeated pair.
    fn repeated(&self, before: &Entry) -> LmcError {
        let (a, b) = (shown(&self.line.a), shown(&self.line.b));
        LmcError::Format {
            path: self.path.clone(),
            line: Some(self.number),
            problem: format!("`{a}` and `{b}` again after {}", place(before)),
            remedy: "give each pair once, or say which line counts with `repeated` (--repeated last)",
        }
    }
}

fn place(entry: &Entry) -> String {
    format!("{}:{}", entry.path.display(), entry.number)
}
