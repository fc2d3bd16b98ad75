//! Published results of the models of the paper, as tables: nothing is computed, no model is loaded.
//!
//! [`feather_berts`] gives the accuracies of the 100 models finetuned on MNLI by McCoy et al. (2020),
//! [`clusters`] the clusters that Juneja et al. (2023) found. Together they make Table 1 and Figs. 5 and 11.

mod accuracies;
mod clusters;

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use crate::data::fetch::Fetcher;
use crate::data::manifest::Manifest;
use crate::error::{LmcError, Result};

pub use accuracies::read_accuracies;
pub use clusters::clusters;

/// The manifest of the table of accuracies.
const ACCURACIES: &str = "feather-berts-accuracies";
/// The variable that names a folder with local data.
const DATA: &str = "LMC_DATA";

/// Returns the accuracies of the 100 Feather-BERTs on 8 sets: an [`EVALUATIONS`](crate::table::EVALUATIONS)
/// table whose other metrics are empty, because they are not published; see [`read_accuracies`].
///
/// The file is taken from the folder that the variable `LMC_DATA` names, or from its subfolders
/// `feather-berts` and `feather-berts-accuracies`. Without the variable it is fetched, once, as
/// [`Manifest::builtin`]`("feather-berts-accuracies")` describes.
///
/// # Errors
/// The errors of [`Fetcher::fetch`], [`Fetcher::local`] and [`read_accuracies`];
/// [`LmcError::InvalidParameter`] if the folder of `LMC_DATA` does not have the file.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let evaluations = analyses::published::feather_berts()?;
/// assert_eq!(evaluations.height(), 800); // 100 models on 8 sets
/// # Ok::<(), LmcError>(())
/// ```
///
/// # Reference
/// McCoy et al. 2020, BERTs of a feather do not generalize together.
pub fn feather_berts() -> Result<DataFrame> {
    let folder = std::env::var_os(DATA).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let fetcher = Fetcher::from_env()?;
    match folder {
        Some(folder) => feather_berts_at(&fetcher, &folder),
        None => feather_berts_by(&fetcher),
    }
}

/// Returns the table of [`feather_berts`] by a given fetcher; an offline one finds only files that were
/// fetched before.
///
/// # Errors
/// The errors of [`Fetcher::fetch`] and [`read_accuracies`].
pub fn feather_berts_by(fetcher: &Fetcher) -> Result<DataFrame> {
    let manifest = Manifest::builtin(ACCURACIES)?;
    let folder = fetcher.fetch(&manifest).map_err(with_variable)?;
    read_accuracies(&file_in(&manifest, &folder)?)
}

/// Returns the table of [`feather_berts`] from a local folder.
fn feather_berts_at(fetcher: &Fetcher, folder: &Path) -> Result<DataFrame> {
    let manifest = Manifest::builtin(ACCURACIES)?;
    let places = [folder.to_owned(), folder.join("feather-berts"), folder.join(ACCURACIES)];
    let Some((place, file)) = places.iter().find_map(|place| Some((place, file_in(&manifest, place).ok()?)))
    else {
        let names: Vec<_> = manifest.files.iter().map(|entry| entry.path.display().to_string()).collect();
        let expected = format!(
            "a folder with {}, or with a subfolder feather-berts that has it; unset {DATA} to fetch it",
            names.join(" or ")
        );
        return Err(LmcError::invalid(DATA, folder.display(), expected));
    };
    fetcher.local(&manifest, place)?;
    read_accuracies(&file)
}

/// Returns the file of a manifest that a folder has.
fn file_in(manifest: &Manifest, folder: &Path) -> Result<PathBuf> {
    let mut paths = manifest.files.iter().map(|entry| folder.join(&entry.path));
    let missing = || LmcError::io("read", folder)(std::io::ErrorKind::NotFound.into());
    paths.find(|path| path.is_file()).ok_or_else(missing)
}

/// Returns the same error, with the variable added to the advice.
fn with_variable(error: LmcError) -> LmcError {
    match error {
        LmcError::Network { url, status, problem, remedy } => {
            let remedy = format!("{remedy}, or set {DATA} to a folder that has the file");
            LmcError::Network { url, status, problem, remedy }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
