//! The checks of a study before anything is computed: numbers of copies, names of copies, folders that are
//! written.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Study, StudySpec, models};
use crate::error::{LmcError, Result};
use crate::file::resolved;

impl Study {
    /// Checks that a folder may be written without harm to the files that the study reads and keeps.
    ///
    /// # Errors
    /// [`LmcError::Occupied`] for a folder of its encoder, tokenizer or data, and for the store or a folder
    /// in it.
    pub fn check_place(&self, folder: &Path) -> Result<()> {
        let place = resolved(folder);
        let occupied = |what: &str| LmcError::Occupied {
            path: folder.to_owned(),
            holds: format!("the {what} of this study"),
            remedy: "choose another folder",
        };
        if let Some((what, _)) = self.task.sources.folders().find(|(_, source)| resolved(source) == place) {
            return Err(occupied(what));
        }
        if place.starts_with(resolved(self.store.root())) {
            return Err(occupied("store"));
        }
        Ok(())
    }
}

impl StudySpec {
    /// Returns the names of the copies, in the order of the seeds.
    pub fn copies(&self) -> Vec<String> {
        self.seeds.iter().map(|&seed| models::name(seed)).collect()
    }

    /// Returns the numbers of copies by their names.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing the copies; [`LmcError::InvalidParameter`] for no name or one that
    /// comes twice.
    pub fn numbers(&self, names: &[String]) -> Result<Vec<usize>> {
        let known = self.copies();
        if names.is_empty() {
            return Err(LmcError::invalid("ingredients", "none", "at least one copy"));
        }
        let mut seen = BTreeSet::new();
        names
            .iter()
            .map(|name| name.trim())
            .map(|name| {
                if !seen.insert(name) {
                    return Err(LmcError::invalid("ingredients", format!("{name} twice"), "each copy once"));
                }
                known.iter().position(|copy| copy == name).ok_or_else(|| LmcError::UnknownName {
                    kind: "copy",
                    name: name.to_owned(),
                    known: known.clone(),
                })
            })
            .collect()
    }

    /// Checks that the study has enough copies for the request.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] naming the number and `what` needs more.
    pub fn check_count(&self, least: usize, what: &str) -> Result<()> {
        enough(self.seeds.len(), least, what)
    }
}

/// Checks that there are enough models.
pub(crate) fn enough(n: usize, least: usize, what: &str) -> Result<()> {
    if n >= least {
        return Ok(());
    }
    let got = if n == 1 { "1 model".to_owned() } else { format!("{n} models") };
    Err(LmcError::invalid("seeds", got, format!("at least {least} for {what}")))
}

/// Checks a number of resamples: their statistics must fit into memory.
pub(crate) fn check_resamples(field: &'static str, n: usize) -> Result<()> {
    in_range(field, n, MOST_RESAMPLES)
}

/// The most resamples of anything.
pub(crate) const MOST_RESAMPLES: usize = 100_000;

/// Checks that a number is at least 1 and at most that.
pub(crate) fn in_range(field: &'static str, n: usize, most: usize) -> Result<()> {
    match n {
        0 => Err(LmcError::invalid(field, 0, "at least 1")),
        n if n > most => Err(LmcError::invalid(field, n, format!("1 to {most}"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_be_are_told_with_their_field() {
        assert!(in_range("n", 1, 3).is_ok() && in_range("n", 3, 3).is_ok());
        assert_eq!(in_range("n", 0, 3).unwrap_err().to_string(), "`n`: got 0, expected at least 1");
        assert_eq!(in_range("n", 4, 3).unwrap_err().to_string(), "`n`: got 4, expected 1 to 3");
        let message = enough(2, 3, "basins").unwrap_err().to_string();
        assert_eq!(message, "`seeds`: got 2 models, expected at least 3 for basins");
        assert!(enough(1, 2, "sweep").unwrap_err().to_string().contains("got 1 model,"));
    }
}
