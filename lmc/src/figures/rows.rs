//! Rows of tables as figures take them.

use std::collections::BTreeSet;

use crate::study::unknown;
use crate::{LmcError, Result};

/// Returns the values that occur, in order.
pub(crate) fn distinct(values: &[i64]) -> Vec<i64> {
    values.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the texts that occur, in the order in which they first do.
pub(crate) fn named<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<&'a String> {
    let mut found: Vec<&String> = Vec::new();
    for text in texts {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// Returns the names that are asked for, or all that are known if none is.
pub(crate) fn chosen(kind: &'static str, known: &[&String], asked: &[&str]) -> Result<Vec<String>> {
    let all = || known.iter().map(|name| (*name).clone()).collect::<Vec<String>>();
    match asked.iter().find(|name| !known.iter().any(|known| known.as_str() == **name)) {
        Some(name) => Err(unknown(kind, name, all())),
        None if asked.is_empty() => Ok(all()),
        None => Ok(asked.iter().map(|name| (*name).to_owned()).collect()),
    }
}

/// Returns the rows for which a condition holds.
pub(crate) fn rows_where(n: usize, holds: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..n).filter(|&row| holds(row)).collect()
}

/// Returns the values of some rows.
pub(crate) fn pick<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row].clone()).collect()
}

/// Returns the least and the greatest of some numbers.
pub(crate) fn ends(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

/// Checks that a figure can have that many panels.
pub(crate) fn check_panels(n: usize, most: usize, field: &'static str, of: &str) -> Result<()> {
    if (1..=most).contains(&n) {
        Ok(())
    } else {
        Err(LmcError::invalid(field, n, format!("1 to {most}{of}")))
    }
}

/// Returns a correlation with two decimals and a true minus sign.
pub(crate) fn signed(r: f64) -> String {
    // A value that rounds to zero has no sign.
    let rounded = (r * 100.0).round() / 100.0 + 0.0;
    format!("{rounded:.2}").replace('-', "−")
}
