//! The corpus for pretraining the small encoder: pairs of segments from the grammar of the mini-NLI task.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::grammar::{Template, entailed_pair, unrelated};
use lmc_base::seed;

/// The forms with two clauses. Only in these must a masked word be looked up by the words beside it, not by
/// its place alone. An encoder that rarely meets them does not learn to compare words across segments.
const TWO_CLAUSES: [Template; 5] = [
    Template::Clauses,
    Template::Subordinate,
    Template::SubjectRelative,
    Template::ObjectRelativeOnSubject,
    Template::RelativeOnObject,
];

/// The share of documents whose first segment is drawn from [`TWO_CLAUSES`]; the others are of any form.
const TWO_CLAUSE_SHARE: f64 = 0.6;

/// Two segments for next-sentence prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The first segment, of any template.
    pub first: String,
    /// The second segment, one clause.
    pub second: String,
    /// True if the second segment really is the next one.
    pub is_next: bool,
}

/// Returns `n` documents. The second segment is really the next one in 80 %. Of those, 80 % restate something
/// that the first asserts (see [`entailed_pair`]), and the others are about something else, like all of the
/// 20 % that are not next. The same `seed` gives the same text, and the first documents do not depend on `n`.
pub fn pretraining_documents(seed: u64, n: usize) -> Vec<Document> {
    let mut rng = seed::rng(seed, "pretraining documents");
    (0..n).map(|_| document(&mut rng)).collect()
}

fn document(rng: &mut impl Rng) -> Document {
    let is_next = rng.random_bool(0.8);
    let forms: &[Template] = if rng.random_bool(TWO_CLAUSE_SHARE) { &TWO_CLAUSES } else { &Template::ALL };
    let template = *forms.choose(rng).unwrap_or(&Template::Active);
    if is_next && rng.random_bool(0.8) {
        let pair = entailed_pair(template, rng);
        Document { first: pair.premise.text(), second: pair.hypothesis.text(), is_next }
    } else {
        let first = template.draw(None, false, rng);
        Document { first: first.text(), second: unrelated(rng).text(), is_next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::{Clause, MAX_TOKENS, Sentence};

    #[test]
    fn shares_of_next_and_restating_segments() {
        let documents = pretraining_documents(1, 5_000);
        let next = documents.iter().filter(|document| document.is_next).count();
        let restating = documents.iter().filter(|document| {
            let premise: Sentence = document.first.parse().unwrap();
            premise.entails(&document.second.parse::<Clause>().unwrap())
        });
        let restating: Vec<_> = restating.collect();
        assert!(next.abs_diff(4_000) < 120, "{next}");
        assert!(restating.len().abs_diff(3_200) < 140, "{}", restating.len());
        assert!(restating.iter().filter(|document| !document.is_next).count() < 5);
    }

    #[test]
    fn the_same_seed_gives_the_same_text_and_the_number_only_cuts_it() {
        let documents = pretraining_documents(2, 100);
        assert_eq!(documents[..40], pretraining_documents(2, 40));
        assert_ne!(documents, pretraining_documents(3, 100));
    }

    #[test]
    fn documents_fit_the_longest_sequence() {
        let n_words = |text: &str| text.split(' ').count();
        let longest =
            pretraining_documents(4, 5_000).iter().map(|d| n_words(&d.first) + n_words(&d.second) + 3).max();
        assert!(longest <= Some(MAX_TOKENS), "{longest:?}");
    }

    /// A stored pretrained encoder has seen this text: if the text changes, the encoder must be made again.
    #[test]
    fn the_text_of_a_seed_never_changes() {
        let documents = pretraining_documents(0, 3);
        let expected = [
            ("singers hugged sailors after dancers arrived", "dancers arrived", true),
            ("doctors called monks that greeted sailors", "judges admired miners", false),
            ("poets arrived or pilots praised athletes", "judges greeted lawyers", true),
        ];
        for (document, (first, second, is_next)) in documents.iter().zip(expected) {
            assert_eq!(
                (document.first.as_str(), document.second.as_str(), document.is_next),
                (first, second, is_next)
            );
        }
    }
}
