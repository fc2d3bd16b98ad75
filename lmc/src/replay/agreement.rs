//! Whether the pairs of several logs belong together.

use std::collections::BTreeMap;

use super::log::{Entry, LoggedLine, wrong};
use super::number::shown;
use crate::error::{LmcError, Result};

/// The line of each unordered pair, the first of the two directions, after checking that everything said twice agrees.
pub(super) fn each_pair_once(entries: Vec<Entry>, tolerance: f64) -> Result<Vec<LoggedLine>> {
    let mut ends: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut kept = vec![true; entries.len()];
    for (i, entry) in entries.iter().enumerate() {
        alike(&entries[0], entry)?;
        let line = &entry.line;
        let (a, b) = (line.a.as_str(), line.b.as_str());
        if let Some(&before) = pairs.get(&(a, b)) {
            return Err(entry.wrong(format!(
                "`{}` and `{}` again after {}",
                shown(a),
                shown(b),
                place(&entries[before])
            )));
        }
        if let Some(&before) = pairs.get(&(b, a)) {
            reversed(&entries[before], entry, tolerance)?;
            kept[i] = false;
        }
        pairs.insert((a, b), i);
        let last = line.losses.len() - 1;
        for (model, loss) in [(b, line.losses[0]), (a, line.losses[last])] {
            let &mut (first, before) = ends.entry(model).or_insert((loss, i));
            if (loss - first).abs() > tolerance {
                let problem = format!(
                    "the loss of `{}` is {loss} here and {first} at {}: they were not evaluated on the same examples",
                    shown(model),
                    place(&entries[before])
                );
                return Err(entry.wrong(problem));
            }
        }
    }
    Ok(entries.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(entry, _)| entry.line).collect())
}

/// Whether two pairs were run on the same set and grid, with the same metrics.
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
    let (got, expected) = (entry.line.losses.len(), first.line.losses.len());
    if got != expected {
        return Err(entry.wrong(format!("{got} points instead of the {expected} of {}", place(first))));
    }
    let names = |entry: &Entry| entry.line.metrics.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let (got, expected) = (names(entry).join(", "), names(first).join(", "));
    if got != expected {
        return Err(entry.wrong(format!("metrics {got} instead of the {expected} of {}", place(first))));
    }
    Ok(())
}

/// Whether a pair is the same as the one that is there the other way round.
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
}

fn place(entry: &Entry) -> String {
    format!("{}:{}", entry.path.display(), entry.number)
}
