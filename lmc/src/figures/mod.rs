//! The parts that figures of the analyses share: axes, panels, the look.

pub(crate) mod axes;
pub(crate) mod panels;
pub(crate) mod scatter;
pub(crate) mod theme;

pub use lmc_figure::Figure;

/// Returns a text that begins with a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}
