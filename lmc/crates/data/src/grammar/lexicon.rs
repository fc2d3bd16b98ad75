//! The words of the grammar by class, about seventy. Every participle has the form of its past tense, so a
//! passive uses the token of its active; no word is in two classes.

use rand::Rng;

/// A word of the lexicon.
pub type Word = &'static str;

/// Bare plural nouns.
pub const NOUNS: [Word; 30] = [
    "doctors", "judges", "lawyers", "actors", "bakers", "pilots", "farmers", "singers", "teachers",
    "students", "nurses", "writers", "painters", "tailors", "sailors", "dancers", "bankers", "drivers",
    "guards", "monks", "poets", "scholars", "tourists", "waiters", "cooks", "clerks", "senators", "miners",
    "hunters", "athletes",
];

/// Transitive verbs, past tense and participle alike.
pub const TRANSITIVE: [Word; 16] = [
    "helped", "called", "visited", "admired", "thanked", "followed", "trusted", "praised", "blamed",
    "hugged", "invited", "watched", "avoided", "advised", "warned", "greeted",
];

/// Intransitive verbs in the past tense.
pub const INTRANSITIVE: [Word; 8] =
    ["slept", "laughed", "danced", "waited", "arrived", "shouted", "smiled", "sneezed"];

/// Prepositions that put one group beside another without saying that either did anything.
pub const PREPOSITIONS: [Word; 4] = ["near", "behind", "beside", "opposite"];

/// Verbs whose complement clause is true.
pub const FACTIVE: [Word; 2] = ["knew", "remembered"];

/// Verbs whose complement clause may be false.
pub const NON_FACTIVE: [Word; 2] = ["believed", "claimed"];

/// Subordinators under which both clauses are true.
pub const ENTAILING: [Word; 2] = ["because", "after"];

/// Subordinators under which neither clause need be true.
pub const NON_ENTAILING: [Word; 2] = ["if", "unless"];

/// The word that joins noun phrases, and clauses that are both true.
pub const AND: Word = "and";
/// The word that joins clauses of which one may be false.
pub const OR: Word = "or";
/// The word that opens a relative or a complement clause.
pub const THAT: Word = "that";
/// The auxiliary of the passive.
pub const WERE: Word = "were";
/// The word that marks the agent of the passive.
pub const BY: Word = "by";

/// Returns every word once, in the order of the vocabulary.
pub fn words() -> impl Iterator<Item = Word> {
    let open = NOUNS.into_iter().chain(TRANSITIVE).chain(INTRANSITIVE).chain(PREPOSITIONS);
    let verbs = FACTIVE.into_iter().chain(NON_FACTIVE);
    let closed = ENTAILING.into_iter().chain(NON_ENTAILING).chain([AND, OR, THAT, WERE, BY]);
    open.chain(verbs).chain(closed)
}

/// Returns a random word of a class.
pub(super) fn any<const N: usize>(class: &[Word; N], rng: &mut impl Rng) -> Word {
    class[rng.random_range(0..N)]
}

/// A source of words that never repeats one, so that no sentence says anything twice.
pub(crate) struct Fresh<'a, R> {
    pub(crate) rng: &'a mut R,
    used: Vec<Word>,
}

impl<'a, R: Rng> Fresh<'a, R> {
    /// Returns a source of words that are not among `used`. Each class must have words left, which a sentence
    /// of sixteen tokens cannot exhaust.
    pub(crate) fn new(rng: &'a mut R, used: Vec<Word>) -> Self {
        Fresh { rng, used }
    }

    fn of<const N: usize>(&mut self, class: &[Word; N]) -> Word {
        loop {
            let word = any(class, self.rng);
            if !self.used.contains(&word) {
                self.used.push(word);
                return word;
            }
        }
    }

    pub(crate) fn noun(&mut self) -> Word {
        self.of(&NOUNS)
    }

    pub(crate) fn transitive(&mut self) -> Word {
        self.of(&TRANSITIVE)
    }

    pub(crate) fn intransitive(&mut self) -> Word {
        self.of(&INTRANSITIVE)
    }

    /// Returns whether a verb that is drawn from both classes together is intransitive.
    pub(super) fn is_intransitive(&mut self) -> bool {
        self.rng.random_range(0..TRANSITIVE.len() + INTRANSITIVE.len()) < INTRANSITIVE.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_base::seed;
    use std::collections::BTreeSet;

    #[test]
    fn no_word_is_in_two_classes() {
        let all: Vec<Word> = words().collect();
        let distinct: BTreeSet<Word> = all.iter().copied().collect();
        assert_eq!((all.len(), distinct.len()), (71, 71));
        assert!(all.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn fresh_words_never_repeat() {
        let mut rng = seed::rng(1, "fresh");
        let mut fresh = Fresh::new(&mut rng, vec!["slept", "doctors"]);
        let mut drawn: BTreeSet<Word> = BTreeSet::from(["slept", "doctors"]);
        for _ in 0..7 {
            assert!(drawn.insert(fresh.noun()));
            assert!(drawn.insert(fresh.transitive()));
            assert!(drawn.insert(fresh.intransitive()));
        }
    }
}
