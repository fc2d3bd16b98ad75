//! Helpers that the figures of the analyses share: basins, rows of tables, scores of models.

pub(crate) mod basins;
pub(crate) mod dots;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod relief;
pub(crate) mod rows;
pub(crate) mod scores;
#[cfg(test)]
pub(crate) mod snapshot;
pub(crate) mod surface;

pub use lmc_figure::Figure;

/// Returns a text that begins with a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}
