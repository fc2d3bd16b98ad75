//! What a reader of results has to know beside them.

use std::fmt::Display;

use crate::output;

/// Prints notes, a line each.
pub fn say(notes: impl IntoIterator<Item = impl Display>) {
    notes.into_iter().for_each(|note| output::say(format_args!("note: {note}")));
}
