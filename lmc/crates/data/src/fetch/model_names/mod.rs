//! The meaning of a given model, and names that tell several models apart.

use std::path::{Component, Path, PathBuf};

use super::repository::any_repository;
use crate::manifest::{Manifest, ManifestKind};
use lmc_base::error::{LmcError, Result};

/// The number of near names that are told.
const TOLD: usize = 3;

/// A model that is given: its folder, or a manifest that may still have to be fetched.
pub(super) enum Given {
    /// A folder, with the parts of its path from the root.
    Folder { path: PathBuf, parts: Vec<String> },
    /// The manifest of a model.
    Manifest(Box<Manifest>),
}

impl Given {
    /// Returns the meaning of a path or a name; nothing is fetched.
    pub fn new(given: &Path) -> Result<Self> {
        if given.is_dir() {
            let failed = LmcError::io("read folder", given);
            return Ok(Self::Folder { path: given.to_owned(), parts: parts(given).map_err(failed)? });
        }
        let none = |why: String| LmcError::NoModel { given: given.display().to_string(), why };
        if given.is_file() {
            let folder = match given.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.display().to_string(),
                _ => ".".to_owned(),
            };
            return Err(none(format!("it is a file; give the folder that it is in, {folder}")));
        }
        let name = given.to_string_lossy();
        match Manifest::builtin(&name) {
            Ok(manifest) if is_of_models(&manifest) => Ok(Self::Manifest(Box::new(manifest))),
            Ok(_) => {
                Err(none(format!("it is not a model; those that `lmc manifests` lists are {}", known())))
            }
            Err(LmcError::InvalidParameter { expected, .. }) => {
                let collection = name.rsplit_once('-').map_or(&*name, |(collection, _)| collection);
                Err(none(format!("the models of {collection} are {expected}")))
            }
            Err(error @ LmcError::UnknownName { kind: "step", .. }) => Err(error),
            Err(_) => {
                if let Some(manifest) = any_repository(&name) {
                    return Ok(Self::Manifest(Box::new(manifest)));
                }
                let near = near(&name);
                let names = if near.is_empty() { known() } else { near.join(" or ") };
                let which = if near.is_empty() { "those are" } else { "did you mean" };
                let end = if near.is_empty() { "" } else { "?" };
                Err(none(format!(
                    "there is no such folder, check the path, and `lmc manifests` lists no such name; {which} {names}{end}"
                )))
            }
        }
    }

    /// Returns the last `n` parts of the path of a folder, or the name of a manifest.
    pub fn name(&self, n: usize) -> String {
        match self {
            Self::Folder { parts, .. } if parts.is_empty() => "/".to_owned(),
            Self::Folder { parts, .. } => parts[parts.len().saturating_sub(n)..].join("/"),
            Self::Manifest(manifest) => manifest.name.clone(),
        }
    }

    fn n_parts(&self) -> usize {
        match self {
            Self::Folder { parts, .. } => parts.len().max(1),
            Self::Manifest(_) => 1,
        }
    }

    /// Returns a text that is the same for the same model.
    fn place(&self) -> String {
        match self {
            Self::Folder { path, .. } => {
                path.canonicalize().unwrap_or_else(|_| path.clone()).display().to_string()
            }
            Self::Manifest(manifest) => manifest.name.clone(),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Folder { path, .. } => path.display().to_string(),
            Self::Manifest(manifest) => manifest.name.clone(),
        }
    }
}

/// Returns the shortest end of each path that no other path ends in.
pub(super) fn distinct_names(given: &[Given]) -> Result<Vec<String>> {
    let places: Vec<String> = given.iter().map(Given::place).collect();
    for (i, one) in given.iter().enumerate() {
        if let Some(j) = places[..i].iter().position(|place| *place == places[i]) {
            let [first, second] = [given[j].shown(), one.shown()];
            let got = if first == second {
                format!("{first} twice")
            } else {
                format!("{first} and {second}, one folder")
            };
            return Err(LmcError::invalid("MODEL", got, "each model once"));
        }
    }
    let name = |(i, one): (usize, &Given)| {
        let is_taken =
            |n: usize| given.iter().enumerate().any(|(j, other)| j != i && other.name(n) == one.name(n));
        let n = (1..one.n_parts()).find(|&n| !is_taken(n)).unwrap_or(one.n_parts());
        one.name(n)
    };
    Ok(given.iter().enumerate().map(name).collect())
}

/// Returns the parts of a folder's path from the root, without `.` and `..`; links are followed only if `..`
/// comes after them.
fn parts(folder: &Path) -> std::io::Result<Vec<String>> {
    let goes_up = folder.components().any(|part| part == Component::ParentDir);
    let path = if goes_up { folder.canonicalize()? } else { std::path::absolute(folder)? };
    let part = |part: Component| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    };
    Ok(path.components().filter_map(part).collect())
}

fn is_of_models(manifest: &Manifest) -> bool {
    matches!(manifest.kind, ManifestKind::Model | ManifestKind::Collection)
}

/// Returns the names of models; for a collection those of the first and the last.
fn names() -> Vec<String> {
    let manifests = Manifest::builtin_names().into_iter().filter_map(|name| Manifest::builtin(name).ok());
    let name = |manifest: Manifest| match manifest.members {
        Some(members) => format!("{0}-{1} to {0}-{2}", manifest.name, members.first, members.last),
        None => manifest.name,
    };
    manifests.filter(is_of_models).map(name).collect()
}

fn known() -> String {
    names().join(", ")
}

/// Returns the names of models with a similar spelling, the nearest first: names that contain the given one
/// or are contained in it, and names from which few letters differ.
fn near(given: &str) -> Vec<String> {
    let last = given.trim_end_matches('/').rsplit('/').next().unwrap_or(given).to_lowercase();
    if last.is_empty() {
        return Vec::new();
    }
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphabetic()).collect::<String>();
    let distance = |name: &String| {
        let own = name.split(" to ").next().unwrap_or(name);
        let letters = [plain(own), plain(&last)];
        let is_part = letters.iter().all(|letters| letters.len() > 3)
            && (letters[0].contains(&letters[1]) || letters[1].contains(&letters[0]));
        let distance = strsim::levenshtein(own, &last);
        (is_part || 3 * distance <= own.len().max(last.len())).then_some(distance)
    };
    let mut near: Vec<(usize, String)> =
        names().into_iter().filter_map(|name| Some((distance(&name)?, name))).collect();
    near.sort();
    near.into_iter().take(TOLD).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests;
