//! What a reader of results has to know beside them.

use std::fmt::Display;

/// Prints notes, a line each.
pub fn say(notes: impl IntoIterator<Item = impl Display>) {
    notes.into_iter().for_each(|note| println!("note: {note}"));
}
