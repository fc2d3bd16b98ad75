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
    /// Returns the names of the models, in the order in which they are given; of copies, in that of the seeds.
    ///
    /// # Errors
    /// [`LmcError::NoModel`] if the folder of a model from elsewhere is gone.
    pub fn names(&self) -> Result<Vec<String>> {
        match &self.models {
            Some(given) => given.names(),
            None => Ok(self.seeds.iter().map(|&seed| models::name(seed)).collect()),
        }
    }

    /// Returns the numbers of models by their names.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing the models; [`LmcError::InvalidParameter`] for no name or one that
    /// comes twice.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let spec = StudySpec::mini_nli(0).with_seeds(0..4);
    /// assert_eq!(spec.numbers(&["s2".into(), "s0".into()])?, [2, 0]);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn numbers(&self, names: &[String]) -> Result<Vec<usize>> {
        let known = self.names()?;
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
        let field = if self.models.is_some() { "models" } else { "seeds" };
        enough_of(field, self.n_models(), least, what)
    }
}

/// Checks that there are enough models.
pub(crate) fn enough(n: usize, least: usize, what: &str) -> Result<()> {
    enough_of("seeds", n, least, what)
}

fn enough_of(field: &'static str, n: usize, least: usize, what: &str) -> Result<()> {
    if n >= least {
        return Ok(());
    }
    let got = if n == 1 { "1 model".to_owned() } else { format!("{n} models") };
    Err(LmcError::invalid(field, got, format!("at least {least} for {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_models_are_told_with_the_request() {
        let message = enough(2, 3, "basins").unwrap_err().to_string();
        assert_eq!(message, "`seeds`: got 2 models, expected at least 3 for basins");
        assert!(enough(1, 2, "sweep").unwrap_err().to_string().contains("got 1 model,"));
    }
}
