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
    /// Numbers of examples, from 0 and ascending; rows that are skipped do not count.
    pub listed: Vec<usize>,
    /// True if the split is all examples but these.
    pub is_rest: bool,
}

impl Manifest {
    /// Returns the examples of a split if the splits of its file are drawn.
    pub(super) fn drawn(&self, split: &Split) -> Option<Drawn> {
        let beside: Vec<&Split> = self.beside(split.file.as_deref()?);
        if beside.iter().all(|split| split.draw.is_none()) {
            return None;
        }
        let of = beside.iter().map(|split| split.n_examples).sum();
        let mut taken: Vec<usize> = Vec::new();
        // Drawn splits come first, in the order of the manifest.
        for other in beside.iter().filter(|split| split.draw.is_some()) {
            let mut rng = seed::rng(other.draw.map_or(0, |draw| draw.seed), "split");
            let n_free = of - taken.len();
            let mut places =
                rand::seq::index::sample(&mut rng, n_free, other.n_examples.min(n_free)).into_vec();
            places.sort_unstable();
            let listed = free(&places, &taken);
            if other.name == split.name {
                return Some(Drawn { of, listed, is_rest: false });
            }
            taken.extend(listed);
            taken.sort_unstable();
        }
        Some(Drawn { of, listed: taken, is_rest: true })
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

/// Returns the numbers at some places among those that are not taken; all lists ascend.
fn free(places: &[usize], taken: &[usize]) -> Vec<usize> {
    let mut n_before = 0;
    let number = |place: &usize| {
        while taken.get(n_before).is_some_and(|taken| *taken <= place + n_before) {
            n_before += 1;
        }
        place + n_before
    };
    places.iter().map(number).collect()
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
        let counts = all.each_ref().map(|split| (split.of, split.listed.len(), split.is_rest));
        assert_eq!(counts, [(100, 30, true), (100, 20, false), (100, 10, false)]);
        let drawn: BTreeSet<usize> = all[1..].iter().flat_map(|split| split.listed.iter().copied()).collect();
        assert_eq!(drawn, all[0].listed.iter().copied().collect());
        assert!(drawn.len() == 30 && drawn.iter().all(|number| *number < 100));
        assert!(all.iter().all(|split| split.listed.is_sorted()));
        assert_eq!(of("id"), all[1]);
    }

    #[test]
    fn another_seed_draws_others_and_a_file_without_a_draw_has_none() {
        let of = |text: &str, name: &str| {
            let manifest = manifest(text).unwrap();
            manifest.drawn(manifest.split(name).unwrap())
        };
        let [one, other] = [0, 1].map(|seed| of(&[TRAIN, &drawn("id", 20, seed)].join(", "), "id").unwrap());
        assert_ne!(one.listed, other.listed);
        assert_eq!(of(TRAIN, "train"), None);
    }

    #[test]
    fn places_among_what_is_free() {
        assert_eq!(free(&[0, 1, 2, 3], &[0, 2, 3, 6]), [1, 4, 5, 7]);
        assert_eq!(free(&[0, 5], &[]), [0, 5]);
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
