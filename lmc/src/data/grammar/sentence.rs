//! Sentences as trees, their words, and what they say: the facts they mention and which of them they assert.

use super::lexicon::{AND, BY, ENTAILING, FACTIVE, THAT, WERE, Word};

/// Who did what, and to whom if the verb is transitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// Those who did it.
    pub agent: Word,
    /// What they did.
    pub verb: Word,
    /// Those it was done to.
    pub patient: Option<Word>,
}

impl Fact {
    /// Returns the clause that says just this. An intransitive fact has no passive: `voice` is then ignored.
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
    /// Returns those who take part in what the verb says: one head, or both of a coordination.
    fn heads(self) -> (Word, Option<Word>) {
        match self {
            NounPhrase::Bare(head)
            | NounPhrase::Preposition { head, .. }
            | NounPhrase::SubjectRelative { head, .. }
            | NounPhrase::ObjectRelative { head, .. } => (head, None),
            NounPhrase::Coordinated(first, second) => (first, Some(second)),
        }
    }

    /// Returns what its relative clause says.
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
    /// Those who did it.
    pub agent: NounPhrase,
    /// What they did.
    pub verb: Word,
    /// Those it was done to.
    pub patient: Option<NounPhrase>,
    /// How it is put into words; without a patient always as the active.
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

    fn push(&self, words: &mut Vec<Word>) {
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

    /// Returns what it says: one fact for every pair of heads, and those of its relative clauses.
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
        /// Whether the subordinate clause comes first.
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

    /// Returns the complete clauses, relative clauses not among them (they lack a noun phrase).
    pub fn clauses(&self) -> Vec<Clause> {
        match *self {
            Sentence::Simple(clause) | Sentence::Embedded { clause, .. } => vec![clause],
            Sentence::Subordinate { subordinate, main, .. } => vec![subordinate, main],
            Sentence::Coordinated { left, right, .. } => vec![left, right],
        }
    }

    /// Returns whether the sentence says that its clauses are true: not under "believed", "if" or "or".
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

    /// Returns whether the hypothesis must be true if the sentence is: all that it says, the sentence asserts.
    pub fn entails(&self, hypothesis: &Clause) -> bool {
        let asserted = self.asserted();
        hypothesis.facts().iter().all(|fact| asserted.contains(fact))
    }
}
