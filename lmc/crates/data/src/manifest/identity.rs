//! The identity of a manifest that does not come with the crate: what it says about training examples.

use serde_json::{Value, json};

use super::{Manifest, Source};
use lmc_base::file::sha256;

/// The digits of an identity.
const DIGITS: usize = 16;

impl Manifest {
    /// Returns a digest of everything here that decides a finetuned copy: labels, the file of the training
    /// set with its content, and its draw. None for a manifest that comes with the crate, whose name is
    /// enough. Evaluation sets, titles and places do not count.
    pub(crate) fn identity(&self) -> Option<String> {
        if Self::builtin(&self.name).is_ok_and(|known| known == *self) {
            return None;
        }
        let train = self.task.as_ref().and_then(|task| self.split(&task.train).ok());
        let file = train.and_then(|split| split.file.as_ref());
        let entry = self.files.iter().find(|entry| Some(&entry.path) == file);
        let content = match entry.map(|entry| (&entry.sha256, entry)) {
            None => Value::Null,
            Some((Some(sha256), _)) => json!(sha256),
            Some((None, entry)) => json!([entry.path.display().to_string(), entry.bytes]),
        };
        let beside = self.splits.iter().filter(|split| file.is_some() && split.file.as_ref() == file);
        let draws: Vec<Value> = beside
            .map(|split| {
                let is_train = train.is_some_and(|train| train.name == split.name);
                json!([is_train, split.n_examples, split.draw.map(|draw| draw.seed)])
            })
            .collect();
        let columns = train.and_then(|split| split.columns.as_ref()).or(self.columns.as_ref());
        let columns = columns.map(|columns| json!([columns.roles(), columns.no_label]));
        let generator = match &self.source {
            Source::Generated(generator) => Some(generator.to_string()),
            _ => None,
        };
        // A list has one order on every machine.
        let all = json!([self.labels, generator, columns, content, draws]);
        Some(sha256(all.to_string().as_bytes()).chars().take(DIGITS).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../data-manifests/cola.toml");

    fn identity(text: &str) -> Option<String> {
        Manifest::parse(text, "cola.toml".as_ref()).unwrap().identity()
    }

    #[test]
    fn what_comes_with_the_crate_has_its_name() {
        for name in Manifest::builtin_names() {
            assert_eq!(Manifest::builtin(name).unwrap().identity(), None, "{name}");
        }
    }

    #[test]
    fn only_what_decides_a_copy_counts() {
        let own = identity(&TEXT.replace("title = ", "title = \"My own\" # ")).unwrap();
        assert_eq!(own.len(), DIGITS);
        let same = identity(&TEXT.replace("scored = \"ood\"", "scored = \"id\"")).unwrap();
        assert_eq!(same, own);
        let digest = "f320a10f92d3bce6b29152fde322a362eac39238e50d8de0c8815457fdf4fc12";
        let other_file = identity(&TEXT.replace(digest, &"0".repeat(64))).unwrap();
        let other_labels = identity(&TEXT.replace("[\"unacceptable\", ", "[\"bad\", ")).unwrap();
        assert_ne!(other_file, own);
        assert_ne!(other_labels, own);
    }
}
