//! The corpus that the small encoder is pretrained on: pairs of segments from the grammar of the mini-NLI task.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::grammar::{Template, entailed_pair, replaced_pair, unrelated};
use crate::seed;

/// Two segments for next-sentence prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The first segment, of any template.
    pub first: String,
    /// The second segment, one clause.
    pub second: String,
    /// Whether the second segment really is the next one.
    pub is_next: bool,
}

/// Returns `n` documents. The second segment is really the next one in 80 %; of those, 80 % restate something that
/// the first asserts (see [`entailed_pair`]) and the others are about something else, as are those of the 20 % that
/// are not next. The same `seed` gives the same text, and the first documents do not depend on `n`.
pub fn pretraining_documents(seed: u64, n: usize) -> Vec<Document> {
    let mut rng = seed::rng(seed, "pretraining documents");
    (0..n).map(|_| document(&mut rng)).collect()
}

fn document(rng: &mut impl Rng) -> Document {
    let is_next = rng.random_bool(0.5);
    let template = *Template::ALL.choose(rng).unwrap_or(&Template::Active);
    let pair = if is_next {
        if !rng.random_bool(0.8) {
            let first = template.draw(None, false, rng);
            return Document { first: first.text(), second: unrelated(rng).text(), is_next };
        }
        entailed_pair(template, rng)
    } else {
        match rng.random_range(0..3) {
            0 => {
                let first = template.draw(None, false, rng);
                return Document { first: first.text(), second: unrelated(rng).text(), is_next };
            }
            1 => replaced_pair(template, None, rng),
            _ => super::grammar::Kind::LEXICAL.choose(rng).unwrap().draw(rng),
        }
    };
    Document { first: pair.premise.text(), second: pair.hypothesis.text(), is_next }
}
