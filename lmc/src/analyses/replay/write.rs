//! A log from the tables of a sweep.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use polars::prelude::DataFrame;

use crate::analyses::gaps::GapColumns;
use crate::analyses::profiles::ProfileColumns;
use crate::analyses::replay::point::OPENING;
use crate::error::{LmcError, Result};
use crate::file::write_atomic;

/// The least width of a number with fixed decimals.
const WIDTH: usize = 8;

/// Writes a log of the lines on one set to `path`, whole or not at all; see [`log_text`].
///
/// # Errors
/// The errors of [`log_text`]; [`LmcError::Io`].
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let (profiles, gaps) = (sweep.table()?, sweep.gaps()?);
/// analyses::replay::write_log("id.out".as_ref(), &profiles, &gaps, "id", Some(4))?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn write_log(
    path: &Path,
    profiles: &DataFrame,
    gaps: &DataFrame,
    dataset: &str,
    decimals: Option<usize>,
) -> Result<()> {
    write_atomic(path, log_text(profiles, gaps, dataset, decimals)?.as_bytes())
}

/// Returns the log of the lines on one set, as the public code of the paper prints it and
/// [`Replay::read`](crate::analyses::replay::Replay::read) reads it.
///
/// `profiles` is a [`PROFILES`](crate::table::PROFILES) table, `gaps` a [`GAPS`](crate::table::GAPS) table
/// with the distances. `decimals` is the number of decimals of losses and accuracies, 4 in the public code;
/// without a number there are as many as it takes to read the very same numbers again.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema or without accuracies, [`LmcError::UnknownName`] for a
/// set that is not in `profiles`, [`LmcError::InvalidParameter`] for a pair that is not in `gaps`, a name
/// that a log cannot hold, or more than 17 decimals.
pub fn log_text(
    profiles: &DataFrame,
    gaps: &DataFrame,
    dataset: &str,
    decimals: Option<usize>,
) -> Result<String> {
    if let Some(decimals) = decimals.filter(|decimals| *decimals > 17) {
        return Err(LmcError::invalid("decimals", decimals, "at most 17"));
    }
    let distances = distances(gaps, dataset)?;
    let mut log = String::new();
    for ((a, b), points) in lines(profiles, dataset)? {
        let Some(distance) = distances.get(&(a.clone(), b.clone())) else {
            let got = format!("no row for `{a}` and `{b}`");
            return Err(LmcError::invalid("gaps", got, "every pair of the profiles"));
        };
        let point = if distance.fract() == 0.0 { ".0" } else { "" };
        say(&mut log, format_args!("{OPENING}{a} and {b}: {distance}{point}."));
        say(&mut log, format_args!("Interpolating between {a} and {b} on {dataset}"));
        for (k, [alpha, loss, accuracy]) in points.into_iter().enumerate() {
            say(&mut log, format_args!("[{alpha:?}, {:?}]", 1.0 - alpha));
            let number = |value: f64| match decimals {
                Some(decimals) => format!("{value:WIDTH$.decimals$}"),
                None => value.to_string(),
            };
            let cells =
                [("point_num", k.to_string()), ("loss", number(loss)), ("accuracy", number(accuracy))];
            // A column is wider than its header by two, as tabulate's format `simple` has it.
            let widths = cells.each_ref().map(|(name, text)| (name.len() + 2).max(text.len()));
            let row = |texts: [&str; 3]| {
                let cells = texts.iter().zip(widths).map(|(text, width)| format!("{text:>width$}"));
                cells.collect::<Vec<_>>().join("  ")
            };
            say(&mut log, format_args!("{}", row(cells.each_ref().map(|(name, _)| *name))));
            let rules = widths.map(|width| "-".repeat(width));
            say(&mut log, format_args!("{}", row(rules.each_ref().map(String::as_str))));
            say(&mut log, format_args!("{}", row(cells.each_ref().map(|(_, text)| text.as_str()))));
        }
        say(&mut log, format_args!("Completed interpolation from {a} to {b}"));
    }
    Ok(log)
}

/// Adds a line; writing to a string cannot fail.
fn say(log: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = writeln!(log, "{what}");
}

/// Returns the distance of each pair on a set.
fn distances(gaps: &DataFrame, dataset: &str) -> Result<BTreeMap<(String, String), f64>> {
    let (a, b, sets) = (GapColumns::a(gaps)?, GapColumns::b(gaps)?, GapColumns::dataset(gaps)?);
    let distances = GapColumns::euclidean_distance(gaps)?;
    let rows = a.into_iter().zip(b).zip(sets).zip(distances);
    Ok(rows.filter(|((_, set), _)| set == dataset).map(|((pair, _), distance)| (pair, distance)).collect())
}

/// A pair of models.
type Pair = (String, String);

/// Returns the alpha, loss and accuracy of the points of each pair on a set, pairs as they first come.
fn lines(profiles: &DataFrame, dataset: &str) -> Result<Vec<(Pair, Vec<[f64; 3]>)>> {
    let (a, b, sets) =
        (ProfileColumns::a(profiles)?, ProfileColumns::b(profiles)?, ProfileColumns::dataset(profiles)?);
    let (alpha, loss, accuracy) = (
        ProfileColumns::alpha(profiles)?,
        ProfileColumns::loss(profiles)?,
        ProfileColumns::accuracies(profiles)?,
    );
    if !sets.iter().any(|set| set == dataset) {
        return Err(crate::study::unknown("dataset in the profiles", dataset, sets));
    }
    let mut lines: Vec<(Pair, Vec<[f64; 3]>)> = Vec::new();
    let mut places: BTreeMap<Pair, usize> = BTreeMap::new();
    for (i, pair) in a.into_iter().zip(b).enumerate().filter(|(i, _)| sets[*i] == dataset) {
        for name in [&pair.0, &pair.1] {
            if name.trim() != name || name.is_empty() || name.contains(" and ") || name.contains(['\n', '\r'])
            {
                let expected = "a name without ` and `, line breaks and blanks at its ends";
                return Err(LmcError::invalid("profiles", format!("model `{name}`"), expected));
            }
        }
        let place = *places.entry(pair.clone()).or_insert(lines.len());
        if place == lines.len() {
            lines.push((pair, Vec::new()));
        }
        lines[place].1.push([alpha[i], loss[i], accuracy[i]]);
    }
    for (_, points) in &mut lines {
        points.sort_by(|one, other| one[0].total_cmp(&other[0]));
    }
    Ok(lines)
}
