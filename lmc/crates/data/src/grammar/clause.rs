//! Clauses as trees, with their words and the facts they say.

use super::lexicon::{AND, BY, THAT, WERE, Word};

/// A fact: who did what, and to whom if the verb is transitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// The group that did it.
    pub agent: Word,
    /// The action.
    pub verb: Word,
    /// The group it was done to.
    pub patient: Option<Word>,
}

impl Fact {
    /// Returns the clause that says only this fact. An intransitive fact has no passive: `voice` is then
    /// ignored.
    pub fn clause(self, voice: Voice) -> Clause {
        let patient = self.patient.map(NounPhrase::Bare);
        Clause { agent: NounPhrase::Bare(self.agent), verb: self.verb, patient, voice }
    }

    /// Returns the fact with agent and patient exchanged; none if it has no patient.
    pub fn reversed(self) -> Option<Fact> {
        self.patient.map(|patient| Fact { agent: patient, verb: self.verb, patient: Some(self.agent) })
    }
}

/// The voice of a clause with a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// "doctors helped judges"
    Active,
    /// "judges were helped by doctors"
    Passive,
}

/// A noun phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NounPhrase {
    /// "doctors"
    Bare(Word),
    /// "doctors and judges"
    Coordinated(Word, Word),
    /// "doctors near judges"
    Preposition {
        /// "doctors"
        head: Word,
        /// "near"
        preposition: Word,
        /// "judges"
        noun: Word,
    },
    /// "doctors that helped judges": the head is the subject of the relative clause.
    SubjectRelative {
        /// "doctors"
        head: Word,
        /// "helped"
        verb: Word,
        /// "judges"
        object: Word,
    },
    /// "doctors that judges helped": the head is the object of the relative clause.
    ObjectRelative {
        /// "doctors"
        head: Word,
        /// "judges"
        subject: Word,
        /// "helped"
        verb: Word,
    },
}

impl NounPhrase {
    /// Returns the nouns that take part in what the verb says: one head, or both of a coordination.
    fn heads(self) -> (Word, Option<Word>) {
        match self {
            NounPhrase::Bare(head)
            | NounPhrase::Preposition { head, .. }
            | NounPhrase::SubjectRelative { head, .. }
            | NounPhrase::ObjectRelative { head, .. } => (head, None),
            NounPhrase::Coordinated(first, second) => (first, Some(second)),
        }
    }

    /// Returns the fact that its relative clause says.
    fn fact(self) -> Option<Fact> {
        match self {
            NounPhrase::SubjectRelative { head, verb, object } => {
                Some(Fact { agent: head, verb, patient: Some(object) })
            }
            NounPhrase::ObjectRelative { head, subject, verb } => {
                Some(Fact { agent: subject, verb, patient: Some(head) })
            }
            _ => None,
        }
    }

    fn push(self, words: &mut Vec<Word>) {
        match self {
            NounPhrase::Bare(head) => words.push(head),
            NounPhrase::Coordinated(first, second) => words.extend([first, AND, second]),
            NounPhrase::Preposition { head, preposition, noun } => words.extend([head, preposition, noun]),
            NounPhrase::SubjectRelative { head, verb, object } => words.extend([head, THAT, verb, object]),
            NounPhrase::ObjectRelative { head, subject, verb } => words.extend([head, THAT, subject, verb]),
        }
    }
}

/// A clause: a verb with its agent and, if transitive, its patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Clause {
    /// The group that did it.
    pub agent: NounPhrase,
    /// The action.
    pub verb: Word,
    /// The group it was done to.
    pub patient: Option<NounPhrase>,
    /// The voice in which it is put into words; without a patient it is always active.
    pub voice: Voice,
}

impl Clause {
    /// Returns the words in order.
    pub fn words(&self) -> Vec<Word> {
        let mut words = Vec::with_capacity(8);
        self.push(&mut words);
        words
    }

    /// Returns the words joined by spaces.
    pub fn text(&self) -> String {
        self.words().join(" ")
    }

    pub(super) fn push(&self, words: &mut Vec<Word>) {
        match (self.patient, self.voice) {
            (Some(patient), Voice::Passive) => {
                patient.push(words);
                words.extend([WERE, self.verb, BY]);
                self.agent.push(words);
            }
            (patient, _) => {
                self.agent.push(words);
                words.push(self.verb);
                if let Some(patient) = patient {
                    patient.push(words);
                }
            }
        }
    }

    /// Returns the facts it says: one for every pair of heads, and those of its relative clauses.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::with_capacity(2);
        let (agent, other_agent) = self.agent.heads();
        for agent in [Some(agent), other_agent].into_iter().flatten() {
            match self.patient.map(NounPhrase::heads) {
                None => facts.push(Fact { agent, verb: self.verb, patient: None }),
                Some((patient, other_patient)) => {
                    facts.push(Fact { agent, verb: self.verb, patient: Some(patient) });
                    if other_patient.is_some() {
                        facts.push(Fact { agent, verb: self.verb, patient: other_patient });
                    }
                }
            }
        }
        facts.extend(self.agent.fact());
        facts.extend(self.patient.and_then(NounPhrase::fact));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_says_every_pair_of_heads_and_its_relative_clauses() {
        let fact = |agent, verb, patient| Fact { agent, verb, patient };
        let facts = |text: &str| text.parse::<Clause>().unwrap().facts();
        assert_eq!(facts("doctors slept"), [fact("doctors", "slept", None)]);
        assert_eq!(
            facts("doctors and actors helped judges and cooks"),
            [
                fact("doctors", "helped", Some("judges")),
                fact("doctors", "helped", Some("cooks")),
                fact("actors", "helped", Some("judges")),
                fact("actors", "helped", Some("cooks")),
            ]
        );
        assert_eq!(
            facts("doctors that called actors helped judges that cooks warned"),
            [
                fact("doctors", "helped", Some("judges")),
                fact("doctors", "called", Some("actors")),
                fact("cooks", "warned", Some("judges")),
            ]
        );
    }

    #[test]
    fn a_fact_is_told_in_both_voices_and_reversed_twice_is_itself() {
        let fact = Fact { agent: "doctors", verb: "helped", patient: Some("judges") };
        assert_eq!(fact.clause(Voice::Active).text(), "doctors helped judges");
        assert_eq!(fact.clause(Voice::Passive).text(), "judges were helped by doctors");
        assert_eq!(fact.reversed().and_then(Fact::reversed), Some(fact));
        let slept = Fact { agent: "doctors", verb: "slept", patient: None };
        assert_eq!(slept.clause(Voice::Passive).text(), "doctors slept");
        assert_eq!(slept.reversed(), None);
    }
}
