//! The notes that a reader of results has to know.

use std::fmt::Display;

use crate::output;

/// Prints notes, a line each.
pub fn say(notes: impl IntoIterator<Item = impl Display>) {
    notes.into_iter().for_each(|note| output::say(format_args!("note: {note}")));
}

/// Returns the notes on clusters and those on scores, for a figure.
pub fn lines<A: Display, B: Display>(
    clusters: impl IntoIterator<Item = A>,
    scores: impl IntoIterator<Item = B>,
) -> Vec<String> {
    let clusters = clusters.into_iter().map(|note| note.to_string());
    clusters.chain(scores.into_iter().map(|note| note.to_string())).collect()
}
