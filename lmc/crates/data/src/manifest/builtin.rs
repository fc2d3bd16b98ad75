//! The manifests that come with the crate.

use std::path::PathBuf;

use super::{Manifest, ManifestKind, Source};
use lmc_base::error::{LmcError, Result};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../data-manifests/", $name, ".toml")))),*]
    };
}

/// The name and text of each, in the order in which they are listed.
const MANIFESTS: [(&str, &str); 21] = embedded![
    "anli",
    "bert-base-uncased",
    "bert-tiny",
    "cola",
    "cola-berts",
    "feather-berts",
    "feather-berts-accuracies",
    "hans",
    "mini-nli",
    "minilm",
    "mnli",
    "mrpc",
    "paws-qqp",
    "qnli",
    "qqp",
    "qqp-berts",
    "roberta-base",
    "rte",
    "snli",
    "sst2",
    "wnli",
];

/// Returns the path by which errors name the manifest of that name.
fn path(name: &str) -> PathBuf {
    format!("data-manifests/{name}.toml").into()
}

impl Manifest {
    /// Returns the names of the manifests that come with the crate, without those of the members of
    /// collections.
    pub fn builtin_names() -> Vec<&'static str> {
        MANIFESTS.iter().map(|(name, _)| *name).collect()
    }

    /// Returns the manifest of that name that comes with the crate: `bert-base-uncased`, the collection
    /// `qqp-berts`, its member `qqp-berts-12`, or that member at a step of training, `qqp-berts-12@15000`.
    /// Models are also found by the name of their repository on the hub: `google-bert/bert-base-uncased`,
    /// `connectivity/bert_ft_qqp-12`.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing the names; the errors of [`Manifest::member`] and
    /// [`Manifest::member_at`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::manifest::Manifest;
    /// assert_eq!(Manifest::builtin("feather-berts")?.labels, ["contradiction", "entailment", "neutral"]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn builtin(name: &str) -> Result<Manifest> {
        if let Some((name, text)) = MANIFESTS.iter().find(|(known, _)| *known == name) {
            return Manifest::parse(text, &path(name));
        }
        let unknown = || LmcError::UnknownName {
            kind: "manifest",
            name: name.to_owned(),
            known: Self::builtin_names().into_iter().map(str::to_owned).collect(),
        };
        if name.contains('/') {
            return Self::of_repository(name)?.ok_or_else(unknown);
        }
        let (collection, number) = name.rsplit_once('-').ok_or_else(unknown)?;
        if !MANIFESTS.iter().any(|(known, _)| *known == collection) {
            return Err(unknown());
        }
        let collection = Manifest::builtin(collection)?;
        let (number, step) = number.split_once('@').map_or((number, None), |(n, step)| (n, Some(step)));
        match (number.parse(), step.map(str::parse)) {
            (Ok(number), None) if collection.kind == ManifestKind::Collection => collection.member(number),
            (Ok(number), Some(Ok(step))) if collection.kind == ManifestKind::Collection => {
                collection.member_at(number, step)
            }
            _ => Err(unknown()),
        }
    }

    /// Returns the manifest of the corpus of that name, without a check of its task.
    pub(super) fn builtin_unchecked(name: &str) -> Result<Manifest> {
        let known = || LmcError::UnknownName {
            kind: "manifest",
            name: name.to_owned(),
            known: Self::builtin_names().into_iter().map(str::to_owned).collect(),
        };
        let (name, text) = MANIFESTS.iter().find(|(known, _)| *known == name).ok_or_else(known)?;
        Self::checked(text, &path(name), |_| None)
    }

    /// Returns the manifests that come with the crate and have a property, by name.
    pub(crate) fn builtin_with(has: impl Fn(&Manifest) -> bool) -> Vec<&'static str> {
        let names = Self::builtin_names().into_iter();
        names.filter(|name| Self::builtin_unchecked(name).is_ok_and(|manifest| has(&manifest))).collect()
    }

    /// Returns the model that comes from that repository of the hub, or the member of a collection.
    fn of_repository(repository: &str) -> Result<Option<Manifest>> {
        for (name, _) in MANIFESTS {
            let manifest = Self::builtin(name)?;
            let Source::Hub(source) = &manifest.source else { continue };
            match (manifest.kind, source.repository.split_once("{}")) {
                (ManifestKind::Model, None) if source.repository == repository => return Ok(Some(manifest)),
                (ManifestKind::Collection, Some((before, after))) => {
                    let number = repository.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                    if let Some(number) = number.and_then(|number| number.parse().ok()) {
                        return manifest.member(number).map(Some);
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}
