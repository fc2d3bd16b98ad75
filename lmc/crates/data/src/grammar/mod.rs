//! A small grammar of English whose sentences say which facts hold. The label of every pair of premise and
//! hypothesis is therefore derived and never written down.
//!
//! A sentence is a tree ([`Sentence`]); it mentions facts (who did what to whom) and asserts them or, under
//! "believed", "if" or "or", does not. A hypothesis is one plain clause, and it is entailed exactly if the
//! premise asserts its facts. The kinds of non-entailed hypotheses follow McCoy et al. (2019), section 3.

mod clause;
mod kind;
pub mod lexicon;
mod parse;
mod sentence;
mod template;
mod vocabulary;

use rand::Rng;
use rand::seq::IndexedRandom;

pub use clause::{Clause, Fact, NounPhrase, Voice};
pub use kind::{Heuristic, Kind};
pub(crate) use lexicon::Fresh;
pub use sentence::Sentence;
pub use template::Template;
pub use vocabulary::{CLS, MASK, MAX_TOKENS, PAD, SEP, UNK, tokenizer};

/// A premise with a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The sentence taken to be true.
    pub premise: Sentence,
    /// The clause that follows from it or does not.
    pub hypothesis: Clause,
}

impl Pair {
    /// Returns whether the premise entails the hypothesis.
    pub fn is_entailed(&self) -> bool {
        self.premise.entails(&self.hypothesis)
    }
}

/// Returns a random clause that says one of the facts, active or passive; none if there is no fact.
fn tell(facts: &[Fact], rng: &mut impl Rng) -> Option<Clause> {
    facts.choose(rng).map(|fact| fact.clause(if rng.random() { Voice::Active } else { Voice::Passive }))
}

/// Returns a random premise of the template that asserts its facts, with a hypothesis that says one of them.
pub fn entailed_pair(template: Template, rng: &mut impl Rng) -> Pair {
    loop {
        let premise = template.draw(Some(true), false, rng);
        if let Some(hypothesis) = tell(&premise.asserted(), rng) {
            return Pair { premise, hypothesis };
        }
    }
}

/// Returns a random premise of the template with a non-entailed hypothesis: one of its clauses in which 1 to
/// 3 of the content words are replaced by words of the same class that the premise does not have. The premise
/// asserts its facts if `veridical` is true, does not if false (only [`Template::Embedded`],
/// [`Template::Subordinate`] and [`Template::Clauses`] can), and either if it is none.
pub fn replaced_pair(template: Template, veridical: Option<bool>, rng: &mut impl Rng) -> Pair {
    loop {
        let premise = template.draw(veridical, false, rng);
        if let Some(clause) = tell(&premise.mentioned(), rng)
            && let Some(&fact) = clause.facts().first()
        {
            return Pair { premise, hypothesis: replace(fact, &premise, rng).clause(clause.voice) };
        }
    }
}

/// Replaces 1 to 3 of the content words of a fact by fresh ones.
fn replace(mut fact: Fact, premise: &Sentence, rng: &mut impl Rng) -> Fact {
    let n_slots = if fact.patient.is_some() { 3 } else { 2 };
    let n_replaced = rng.random_range(1..=n_slots);
    let slots = rand::seq::index::sample(rng, n_slots, n_replaced);
    let mut fresh = Fresh::new(rng, premise.words());
    for slot in slots {
        match (slot, &mut fact.patient) {
            (0, _) => fact.agent = fresh.noun(),
            (1, Some(_)) => fact.verb = fresh.transitive(),
            (1, None) => fact.verb = fresh.intransitive(),
            (_, patient) => *patient = Some(fresh.noun()),
        }
    }
    fact
}

/// Returns a random clause without modifiers, about nothing in particular.
pub fn unrelated(rng: &mut impl Rng) -> Clause {
    let clause = template::plain(&mut Fresh::new(rng, Vec::with_capacity(3)));
    let voice = if rng.random() { Voice::Active } else { Voice::Passive };
    Clause { voice, ..clause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_base::seed;
    use std::collections::BTreeSet;

    #[test]
    fn entailed_pairs_follow_and_add_no_content_word() {
        let mut rng = seed::rng(8, "pairs");
        for template in Template::ALL {
            let mut texts = BTreeSet::new();
            for _ in 0..200 {
                let pair = entailed_pair(template, &mut rng);
                assert!(pair.is_entailed());
                let premise = pair.premise.words();
                let added = |word: &&lexicon::Word| !premise.contains(word);
                assert!(
                    pair.hypothesis.words().iter().filter(added).all(|word| ["were", "by"].contains(word))
                );
                texts.insert(pair.hypothesis.text().contains(" were "));
            }
            assert_eq!(texts.len(), 2, "active and passive forms of {}", template.name());
        }
    }

    #[test]
    fn replaced_pairs_do_not_follow_and_have_one_to_three_new_words() {
        let mut rng = seed::rng(9, "pairs");
        let mut n_new = [0; 4];
        for template in Template::ALL {
            for _ in 0..200 {
                let pair = replaced_pair(template, None, &mut rng);
                assert!(!pair.is_entailed());
                let premise = pair.premise.words();
                let words = pair.hypothesis.words();
                let new =
                    words.iter().filter(|word| !premise.contains(word) && !["were", "by"].contains(word));
                n_new[new.count()] += 1;
                assert!(pair.hypothesis.text().parse::<Clause>().is_ok());
            }
        }
        assert_eq!(n_new[0], 0);
        assert!(n_new[1..].iter().all(|&n| n > 400), "{n_new:?}");
    }

    #[test]
    fn replaced_premises_assert_as_asked() {
        let mut rng = seed::rng(10, "pairs");
        for veridical in [false, true] {
            let pair = replaced_pair(Template::Clauses, Some(veridical), &mut rng);
            assert_eq!(pair.premise.is_veridical(), veridical);
        }
    }

    #[test]
    fn a_replaced_word_is_of_the_same_class() {
        let mut rng = seed::rng(11, "pairs");
        let premise: Sentence = "doctors knew that judges slept".parse().unwrap();
        for _ in 0..50 {
            let fact = replace(Fact { agent: "judges", verb: "slept", patient: None }, &premise, &mut rng);
            assert!(lexicon::NOUNS.contains(&fact.agent) && fact.agent != "doctors");
            assert!(lexicon::INTRANSITIVE.contains(&fact.verb) && fact.patient.is_none());
            assert!(fact.agent != "judges" || fact.verb != "slept");
        }
    }

    #[test]
    fn unrelated_clauses_are_clauses() {
        let mut rng = seed::rng(12, "pairs");
        assert!((0..100).all(|_| unrelated(&mut rng).text().parse::<Clause>().is_ok()));
    }
}
