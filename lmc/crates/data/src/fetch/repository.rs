//! Any repository of a model on the hub, which no manifest describes.

use std::path::Path;

use super::adapter::{ADAPTER_CONFIG, ADAPTER_WEIGHTS};
use crate::manifest::{FileEntry, HubSource, Manifest, ManifestKind, RepoType, Revision, Source};

/// The revision that is meant if none is given.
const MAIN: &str = "main";

/// The files that a model may have: the word of the choice that a file belongs to, and whether the model may
/// lack it. Weights come last: where they are, the others were looked for.
const FILES: [(&str, Option<&str>, bool); 13] = [
    ("tokenizer.json", None, true),
    ("tokenizer_config.json", None, true),
    ("vocab.txt", None, true),
    ("vocab.json", None, true),
    ("merges.txt", None, true),
    ("special_tokens_map.json", None, true),
    ("config.json", Some("config"), false),
    (ADAPTER_CONFIG, Some("config"), false),
    ("model.safetensors", Some("weights"), false),
    ("pytorch_model.bin", Some("weights"), false),
    ("flax_model.msgpack", Some("weights"), false),
    (ADAPTER_WEIGHTS[0], Some("weights"), false),
    (ADAPTER_WEIGHTS[1], Some("weights"), false),
];

/// Returns the model that a name such as `owner/name` or `owner/name@revision` means on the hub; `None` for
/// another form, and for a path below a folder that is there.
pub fn any_repository(given: &str) -> Option<Manifest> {
    let (repository, revision) = given.split_once('@').unwrap_or((given, MAIN));
    let (owner, name) = repository.split_once('/')?;
    let is_part = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && part.chars().all(plain) && part.chars().any(|c| c.is_ascii_alphanumeric())
    };
    let is_revision =
        !revision.is_empty() && !revision.contains(|c: char| c.is_whitespace() || c.is_control());
    let is_path = !given.contains('@') && Path::new(owner).exists();
    if !is_part(owner) || !is_part(name) || !is_revision || owner.starts_with('.') || is_path {
        return None;
    }
    let entry = |(path, word, is_optional): (&str, Option<&str>, bool)| FileEntry {
        one_of: word.map(str::to_owned),
        is_optional,
        ..FileEntry::of(Path::new(path))
    };
    let revision = Revision::Named(revision.to_owned());
    let source = HubSource { repository: repository.to_owned(), repo_type: RepoType::Model, revision };
    let files = FILES.map(entry).into();
    Some(Manifest::of_files(given, ManifestKind::Model, Source::Hub(source), files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_told_from_paths() {
        for (given, repository, revision) in [
            ("owner/name", "owner/name", "main"),
            ("owner/name@v1.0", "owner/name", "v1.0"),
            ("o-w/n_a.me@refs/pr/3", "o-w/n_a.me", "refs/pr/3"),
        ] {
            let manifest = any_repository(given).unwrap();
            let Source::Hub(source) = &manifest.source else { panic!("{given}") };
            assert_eq!((manifest.name.as_str(), source.repository.as_str()), (given, repository));
            assert_eq!(source.revision, Revision::Named(revision.into()));
        }
        // `src` is a folder here.
        for path in [
            "name",
            "a/b/c",
            "./name",
            "../name",
            "/owner/name",
            "~/name",
            "owner/",
            "src/name",
            "o w/n",
            "o/n@",
        ] {
            assert!(any_repository(path).is_none(), "{path}");
        }
    }
}
