//! Splits that are drawn: some examples of a file at random, and the rest of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Manifest, Split};
use lmc_base::seed;

/// The examples of a file that are a split, where a draw says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The number of examples that the file must have.
    pub of: usize,
    /// The numbers of those that belong to the split, from 0 and ascending; rows that are skipped do not
    /// count.
    pub chosen: Vec<usize>,
}

impl Manifest {
    /// Returns the examples of a split if the splits of its file are drawn.
    pub(super) fn drawn(&self, split: &Split) -> Option<Drawn> {
        let beside: Vec<&Split> = self.beside(split.file.as_deref()?);
        if beside.iter().all(|split| split.draw.is_none()) {
            return None;
        }
        let of = beside.iter().map(|split| split.n_examples).sum();
        let mut rest: Vec<usize> = (0..of).collect();
        // Drawn splits come first, in the order of the manifest.
        for other in beside.iter().filter(|split| split.draw.is_some()) {
            let mut rng = seed::rng(other.draw.map_or(0, |draw| draw.seed), "split");
            let n = other.n_examples.min(rest.len());
            let mut places = rand::seq::index::sample(&mut rng, rest.len(), n).into_vec();
            places.sort_unstable();
            if other.name == split.name {
                return Some(Drawn { of, chosen: places.into_iter().map(|place| rest[place]).collect() });
            }
            let mut places = places.into_iter().peekable();
            let mut place = 0;
            rest.retain(|_| {
                place += 1;
                places.next_if_eq(&(place - 1)).is_none()
            });
        }
        Some(Drawn { of, chosen: rest })
    }

    /// Returns the splits that are read from a file.
    fn beside(&self, file: &Path) -> Vec<&Split> {
        self.splits.iter().filter(|split| split.file.as_deref() == Some(file)).collect()
    }

    /// Returns the inconsistency among drawn splits: a text that the line at fault contains, and the problem.
    pub(super) fn draw_inconsistency(&self) -> Option<(String, String)> {
        let mut rests: BTreeMap<&Path, usize> = BTreeMap::new();
        for split in &self.splits {
            let file = split.file.as_deref();
            let culprit = || format!("= \"{}\"", split.name);
            let Some(file) = file else {
                if split.draw.is_some() {
                    return Some((culprit(), format!("`draw` of `{}` needs a `file`", split.name)));
                }
                continue;
            };
            let is_shared = self.beside(file).iter().any(|split| split.draw.is_some());
            let n = rests.entry(file).or_default();
            *n += usize::from(is_shared && split.draw.is_none());
            if *n > 1 {
                let file = file.display();
                let problem =
                    format!("`{}` is a second rest of {file}, of which a split is drawn", split.name);
                return Some((culprit(), problem));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn manifest(draws: &str) -> Result<Manifest, String> {
        let text = format!(
            r#"
name = "x"
kind = "corpus"
title = "X"
licence = "none"
citation = "none"
labels = ["no", "yes"]
files = [{{ path = "train.csv" }}]
splits = [{draws}]

[source]
folder = "."

[columns]
format = "csv"
header = true
names = ["text", "label"]
first = "text"
label = "label"
label_by = "name"
"#
        );
        Manifest::parse(&text, "data/x.toml".as_ref()).map_err(|error| error.to_string())
    }

    const TRAIN: &str = r#"{ name = "train", file = "train.csv", n_examples = 70 }"#;

    fn drawn(name: &str, n: usize, seed: u64) -> String {
        format!(r#"{{ name = "{name}", file = "train.csv", n_examples = {n}, draw = {{ seed = {seed} }} }}"#)
    }

    #[test]
    fn the_splits_of_a_file_share_its_examples_out() {
        let manifest = manifest(&[TRAIN, &drawn("id", 20, 0), &drawn("ood", 10, 0)].join(", ")).unwrap();
        let of = |name: &str| manifest.drawn(manifest.split(name).unwrap()).unwrap();
        let all = ["train", "id", "ood"].map(of);
        assert_eq!(
            all.each_ref().map(|split| (split.of, split.chosen.len())),
            [(100, 70), (100, 20), (100, 10)]
        );
        let together: BTreeSet<usize> = all.iter().flat_map(|split| split.chosen.iter().copied()).collect();
        assert_eq!(together, (0..100).collect());
        assert!(all.iter().all(|split| split.chosen.is_sorted()));
        assert_eq!(of("id"), all[1]);
    }

    #[test]
    fn another_seed_draws_others_and_a_file_without_a_draw_has_none() {
        let of = |text: &str, name: &str| {
            let manifest = manifest(text).unwrap();
            manifest.drawn(manifest.split(name).unwrap())
        };
        let [one, other] = [0, 1].map(|seed| of(&[TRAIN, &drawn("id", 20, seed)].join(", "), "id").unwrap());
        assert_ne!(one.chosen, other.chosen);
        assert_eq!(of(TRAIN, "train"), None);
    }

    #[test]
    fn a_file_has_one_rest() {
        let second = r#"{ name = "other", file = "train.csv", n_examples = 5 }"#;
        let message = manifest(&[TRAIN, second, &drawn("id", 20, 0)].join(", ")).unwrap_err();
        assert!(
            message.contains("`other` is a second rest of train.csv, of which a split is drawn"),
            "{message}"
        );
    }
}
