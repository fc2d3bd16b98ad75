//! Sentences as trees: the facts they mention, and those of them that they assert.

use super::clause::{Clause, Fact};
use super::lexicon::{AND, ENTAILING, FACTIVE, THAT, Word};

/// A sentence: one clause, or clauses of which the sentence may or may not say that they are true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sentence {
    /// "doctors helped judges"
    Simple(Clause),
    /// "actors knew that doctors helped judges"
    Embedded {
        /// "actors"
        subject: Word,
        /// "knew"
        verb: Word,
        /// "doctors helped judges"
        clause: Clause,
    },
    /// "because doctors slept judges laughed", "judges laughed because doctors slept"
    Subordinate {
        /// "because"
        subordinator: Word,
        /// "doctors slept"
        subordinate: Clause,
        /// "judges laughed"
        main: Clause,
        /// True if the subordinate clause comes first.
        fronted: bool,
    },
    /// "doctors slept and judges laughed"
    Coordinated {
        /// "doctors slept"
        left: Clause,
        /// "and"
        conjunction: Word,
        /// "judges laughed"
        right: Clause,
    },
}

impl Sentence {
    /// Returns the words in order.
    pub fn words(&self) -> Vec<Word> {
        let mut words = Vec::with_capacity(8);
        match self {
            Sentence::Simple(clause) => clause.push(&mut words),
            Sentence::Embedded { subject, verb, clause } => {
                words.extend([subject, verb, THAT]);
                clause.push(&mut words);
            }
            Sentence::Subordinate { subordinator, subordinate, main, fronted: true } => {
                words.push(subordinator);
                subordinate.push(&mut words);
                main.push(&mut words);
            }
            Sentence::Subordinate { subordinator, subordinate, main, fronted: false } => {
                main.push(&mut words);
                words.push(subordinator);
                subordinate.push(&mut words);
            }
            Sentence::Coordinated { left, conjunction, right } => {
                left.push(&mut words);
                words.push(conjunction);
                right.push(&mut words);
            }
        }
        words
    }

    /// Returns the words joined by spaces.
    pub fn text(&self) -> String {
        self.words().join(" ")
    }

    /// Returns the complete clauses; relative clauses are not among them, since they lack a noun phrase.
    pub fn clauses(&self) -> Vec<Clause> {
        match *self {
            Sentence::Simple(clause) | Sentence::Embedded { clause, .. } => vec![clause],
            Sentence::Subordinate { subordinate, main, .. } => vec![subordinate, main],
            Sentence::Coordinated { left, right, .. } => vec![left, right],
        }
    }

    /// Returns whether the sentence says that its clauses are true, which it does not under "believed", "if"
    /// or "or".
    pub fn is_veridical(&self) -> bool {
        match self {
            Sentence::Simple(_) => true,
            Sentence::Embedded { verb, .. } => FACTIVE.contains(verb),
            Sentence::Subordinate { subordinator, .. } => ENTAILING.contains(subordinator),
            Sentence::Coordinated { conjunction, .. } => *conjunction == AND,
        }
    }

    /// Returns every fact that the sentence mentions, asserted or not.
    pub fn mentioned(&self) -> Vec<Fact> {
        self.clauses().iter().flat_map(Clause::facts).collect()
    }

    /// Returns the facts that the sentence says are true.
    pub fn asserted(&self) -> Vec<Fact> {
        if self.is_veridical() { self.mentioned() } else { Vec::new() }
    }

    /// Returns whether the hypothesis must be true if the sentence is: the sentence asserts all that the
    /// hypothesis says.
    pub fn entails(&self, hypothesis: &Clause) -> bool {
        let asserted = self.asserted();
        hypothesis.facts().iter().all(|fact| asserted.contains(fact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Premises and hypotheses, and whether one follows from the other, written by hand.
    #[test]
    fn what_follows_and_what_does_not() {
        let cases = [
            ("doctors helped judges", "doctors helped judges", true),
            ("doctors helped judges", "judges were helped by doctors", true),
            ("doctors helped judges", "judges helped doctors", false),
            ("doctors helped judges", "doctors were helped by judges", false),
            ("judges were helped by doctors", "doctors helped judges", true),
            ("judges were helped by doctors", "judges helped doctors", false),
            ("doctors near actors slept", "doctors slept", true),
            ("doctors near actors slept", "actors slept", false),
            ("doctors helped judges behind actors", "doctors helped judges", true),
            ("doctors helped judges behind actors", "doctors helped actors", false),
            ("doctors that called actors helped judges", "doctors called actors", true),
            ("doctors that called actors helped judges", "doctors helped judges", true),
            ("doctors that called actors helped judges", "actors helped judges", false),
            ("doctors that actors called helped judges", "actors called doctors", true),
            ("doctors that actors called helped judges", "doctors called actors", false),
            ("doctors helped judges that called actors", "judges called actors", true),
            ("doctors helped judges that actors called", "judges were called by actors", true),
            ("doctors helped judges that actors called", "judges called actors", false),
            ("doctors and actors helped judges", "actors helped judges", true),
            ("doctors and actors helped judges", "doctors helped actors", false),
            ("doctors helped judges and actors", "doctors helped actors", true),
            ("doctors helped judges and actors", "judges helped actors", false),
            ("actors knew that doctors slept", "doctors slept", true),
            ("actors believed that doctors slept", "doctors slept", false),
            ("actors knew that doctors slept", "actors slept", false),
            ("because doctors slept actors laughed", "actors laughed", true),
            ("after doctors slept actors laughed", "doctors slept", true),
            ("actors laughed because doctors slept", "doctors laughed", false),
            ("if doctors slept actors laughed", "doctors slept", false),
            ("actors laughed unless doctors slept", "actors laughed", false),
            ("doctors slept and actors laughed", "actors laughed", true),
            ("doctors slept or actors laughed", "actors laughed", false),
            ("doctors slept and actors laughed", "actors slept", false),
            ("doctors slept and actors laughed", "judges slept", false),
        ];
        for (premise, hypothesis, follows) in cases {
            let premise: Sentence = premise.parse().unwrap();
            let hypothesis: Clause = hypothesis.parse().unwrap();
            assert_eq!(premise.entails(&hypothesis), follows, "{} / {}", premise.text(), hypothesis.text());
        }
    }
}
