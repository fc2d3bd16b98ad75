//! The names in a manifest: they become names of folders and files in the store.

use super::Manifest;

/// The most letters of a name.
const LONGEST: usize = 100;

impl Manifest {
    /// Returns the first name that cannot be part of the name of a file, or the first label that is empty or
    /// there twice: a text that the line at fault contains, and the problem.
    pub(super) fn name_inconsistency(&self) -> Option<(String, String)> {
        let splits = self.splits.iter().map(|split| ("split", &split.name));
        let subsets = self.subsets.iter().map(|subset| ("subset", &subset.name));
        let names = std::iter::once(("name", &self.name)).chain(splits).chain(subsets);
        let bad = names.into_iter().find(|(_, name)| !is_plain(name)).map(|(what, name)| {
            let expected =
                format!("letters, digits, `-`, `_` and `.`, at most {LONGEST}, a letter or digit first");
            (format!("= \"{name}\""), format!("{what} `{name}` is no name: expected {expected}"))
        });
        bad.or_else(|| {
            let twice = |(i, label): (usize, &String)| label.is_empty() || self.labels[..i].contains(label);
            let label = self.labels.iter().enumerate().find(|&label| twice(label))?.1;
            Some(("labels".to_owned(), format!("label `{label}` is empty or there twice")))
        })
    }
}

/// Returns whether a name can be part of the name of a file.
pub(super) fn is_plain(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.len() <= LONGEST && name.chars().all(known) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const COLA: &str = include_str!("../../data-manifests/cola.toml");

    fn message(from: &str, to: &str) -> String {
        assert!(COLA.contains(from), "{from}");
        Manifest::parse(&COLA.replacen(from, to, 1), Path::new("m.toml")).unwrap_err().to_string()
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_refused_with_their_line() {
        let long = "a".repeat(LONGEST + 1);
        for name in ["../../x", "/tmp/x", "a b", "", ".hidden", "a\u{e9}", long.as_str()] {
            let message = message("name = \"cola\"", &format!("name = \"{name}\""));
            assert!(message.starts_with("m.toml:1: name `"), "{name}: {message}");
            assert!(message.contains("is no name: expected letters, digits"), "{message}");
        }
        let message = message("name = \"train\"\nfile", "name = \"../t\"\nfile");
        assert!(message.contains("split `../t` is no name"), "{message}");
    }

    #[test]
    fn labels_that_are_empty_or_there_twice_are_refused() {
        for label in ["", "unacceptable"] {
            let message = message("\"acceptable\"]", &format!("\"{label}\"]"));
            assert!(message.contains(&format!("label `{label}` is empty or there twice")), "{message}");
        }
    }
}
