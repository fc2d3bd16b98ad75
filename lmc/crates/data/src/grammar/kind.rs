//! Hypotheses that use only words of the premise but are not entailed, by kind.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::clause::{Clause, Fact, Voice};
use super::sentence::Sentence;
use super::template::Template;
use super::{Pair, lexicon::NOUNS, lexicon::Word};

/// The belief of a model that answers "entailment" to a non-entailed hypothesis (section 2 of McCoy et al.
/// 2019).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heuristic {
    /// A premise entails every hypothesis made of its words.
    LexicalOverlap,
    /// A premise entails every contiguous part of itself.
    Subsequence,
    /// A premise entails every complete clause in it.
    Constituent,
}

/// The kind of a non-entailed hypothesis: the heuristic that it refutes and the construction of the premise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// "doctors helped judges" / "judges helped doctors"
    Swap,
    /// "judges were helped by doctors" / "judges helped doctors"
    PassiveToSwap,
    /// "doctors helped judges" / "doctors were helped by judges". It keeps the order of the nouns, so the
    /// order alone does not refute it.
    SwapToPassive,
    /// "doctors near actors helped judges" / "judges helped actors"
    Preposition,
    /// "doctors that called actors helped judges" / "judges called actors"
    Relative,
    /// "doctors and actors helped judges" / "doctors helped actors"
    Conjunction,
    /// "actors knew that doctors helped judges" / "actors helped judges"
    Embedded,
    /// "because actors slept doctors helped judges" / "actors helped judges"
    Subordinate,
    /// "doctors helped judges and actors slept" / "doctors slept"
    Coordinated,
    /// "doctors near actors helped judges" / "actors helped judges"
    SubsequencePreposition,
    /// "doctors that called actors helped judges" / "actors helped judges"
    SubsequenceRelative,
    /// "actors believed that doctors helped judges" / "doctors helped judges"
    ConstituentEmbedded,
    /// "if actors slept doctors helped judges" / "doctors helped judges"
    ConstituentSubordinate,
    /// "doctors helped judges or actors slept" / "doctors helped judges"
    ConstituentOr,
}

impl Kind {
    /// The lexical overlap kinds of the diagnostic set: the five constructions of HANS (McCoy et al. 2019).
    pub const LEXICAL: [Kind; 5] =
        [Kind::Swap, Kind::PassiveToSwap, Kind::Preposition, Kind::Relative, Kind::Conjunction];

    /// Lexical overlap kinds that HANS does not have, in no set by default.
    pub const MORE_LEXICAL: [Kind; 4] =
        [Kind::SwapToPassive, Kind::Embedded, Kind::Subordinate, Kind::Coordinated];

    /// The subsequence kinds.
    pub const SUBSEQUENCE: [Kind; 2] = [Kind::SubsequencePreposition, Kind::SubsequenceRelative];

    /// The constituent kinds.
    pub const CONSTITUENT: [Kind; 3] =
        [Kind::ConstituentEmbedded, Kind::ConstituentSubordinate, Kind::ConstituentOr];

    /// Returns the heuristic that pairs of this kind refute.
    pub fn heuristic(self) -> Heuristic {
        match self {
            Kind::SubsequencePreposition | Kind::SubsequenceRelative => Heuristic::Subsequence,
            Kind::ConstituentEmbedded | Kind::ConstituentSubordinate | Kind::ConstituentOr => {
                Heuristic::Constituent
            }
            _ => Heuristic::LexicalOverlap,
        }
    }

    /// Returns the name of the kind in the kinds of a dataset.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Swap => "lo_swap",
            Kind::PassiveToSwap => "lo_passive_to_swap",
            Kind::SwapToPassive => "lo_swap_to_passive",
            Kind::Preposition => "lo_pp",
            Kind::Relative => "lo_relative",
            Kind::Conjunction => "lo_conjunction",
            Kind::Embedded => "lo_embedded",
            Kind::Subordinate => "lo_subordinate",
            Kind::Coordinated => "lo_coordinated",
            Kind::SubsequencePreposition => "sub_pp",
            Kind::SubsequenceRelative => "sub_relative",
            Kind::ConstituentEmbedded => "con_embedded",
            Kind::ConstituentSubordinate => "con_subordinate",
            Kind::ConstituentOr => "con_or",
        }
    }

    fn templates(self) -> &'static [Template] {
        match self {
            Kind::Swap | Kind::SwapToPassive => &[Template::Active],
            Kind::PassiveToSwap => &[Template::Passive],
            Kind::Preposition => &[Template::SubjectPreposition, Template::ObjectPreposition],
            Kind::SubsequencePreposition => &[Template::SubjectPreposition],
            Kind::Relative => {
                &[Template::SubjectRelative, Template::ObjectRelativeOnSubject, Template::RelativeOnObject]
            }
            Kind::SubsequenceRelative => &[Template::SubjectRelative],
            Kind::Conjunction => &[Template::CoordinatedSubjects, Template::CoordinatedObjects],
            Kind::Embedded | Kind::ConstituentEmbedded => &[Template::Embedded],
            Kind::Subordinate | Kind::ConstituentSubordinate => &[Template::Subordinate],
            Kind::Coordinated | Kind::ConstituentOr => &[Template::Clauses],
        }
    }

    /// Returns the hypotheses of this kind for a premise of one of its templates.
    pub(crate) fn hypotheses(self, premise: &Sentence) -> Vec<Clause> {
        match (self, self.heuristic()) {
            (Kind::Swap | Kind::PassiveToSwap, _) => reversed(premise, Voice::Active),
            (Kind::SwapToPassive, _) => reversed(premise, Voice::Passive),
            (_, Heuristic::Constituent) if premise.is_veridical() => Vec::new(),
            (_, Heuristic::Constituent) => premise.clauses(),
            (_, heuristic) => {
                let words = premise.words();
                let contiguous = heuristic == Heuristic::Subsequence;
                let clauses = misassigned(premise).map(|fact| fact.clause(Voice::Active));
                clauses.filter(|clause| is_contiguous(&clause.words(), &words) == contiguous).collect()
            }
        }
    }

    /// Returns a random pair of this kind; its label is non-entailment.
    pub fn draw(self, rng: &mut impl Rng) -> Pair {
        let veridical = (self.heuristic() == Heuristic::Constituent).then_some(false);
        let transitive = self.heuristic() == Heuristic::LexicalOverlap;
        loop {
            let Some(template) = self.templates().choose(rng) else { continue };
            let premise = template.draw(veridical, transitive, rng);
            if let Some(&hypothesis) = self.hypotheses(&premise).choose(rng) {
                return Pair { premise, hypothesis };
            }
        }
    }
}

/// Returns the clauses of a premise with their agent and patient exchanged.
fn reversed(premise: &Sentence, voice: Voice) -> Vec<Clause> {
    premise.mentioned().into_iter().filter_map(Fact::reversed).map(|fact| fact.clause(voice)).collect()
}

/// Returns the facts that can be told with the premise's nouns and verbs but are not mentioned in it, neither
/// as they are nor reversed: someone takes part in an action that was told of others.
fn misassigned(premise: &Sentence) -> impl Iterator<Item = Fact> {
    let mentioned = premise.mentioned();
    let nouns: Vec<Word> = premise.words().into_iter().filter(|word| NOUNS.contains(word)).collect();
    let mut verbs: Vec<(Word, bool)> =
        mentioned.iter().map(|fact| (fact.verb, fact.patient.is_some())).collect();
    verbs.dedup();
    let mut facts = Vec::new();
    for &(verb, transitive) in &verbs {
        for &agent in &nouns {
            if transitive {
                let patients = nouns.iter().filter(|&&noun| noun != agent);
                facts.extend(patients.map(|&patient| Fact { agent, verb, patient: Some(patient) }));
            } else {
                facts.push(Fact { agent, verb, patient: None });
            }
        }
    }
    facts.into_iter().filter(move |fact| {
        !mentioned.contains(fact) && !fact.reversed().is_some_and(|reversed| mentioned.contains(&reversed))
    })
}

/// Returns whether `part` occurs in `whole` word by word.
pub(crate) fn is_contiguous(part: &[Word], whole: &[Word]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::lexicon::{BY, WERE};
    use lmc_base::seed;
    use std::collections::BTreeSet;

    const ALL: [(&[Kind], Heuristic); 4] = [
        (&Kind::LEXICAL, Heuristic::LexicalOverlap),
        (&Kind::MORE_LEXICAL, Heuristic::LexicalOverlap),
        (&Kind::SUBSEQUENCE, Heuristic::Subsequence),
        (&Kind::CONSTITUENT, Heuristic::Constituent),
    ];

    /// Every hypothesis of a kind for a premise, worked out by hand.
    #[test]
    fn worked_examples() {
        let cases: [(Kind, &str, &[&str]); 15] = [
            (Kind::Swap, "doctors helped judges", &["judges helped doctors"]),
            (Kind::PassiveToSwap, "judges were helped by doctors", &["judges helped doctors"]),
            (Kind::SwapToPassive, "doctors helped judges", &["doctors were helped by judges"]),
            (
                Kind::Preposition,
                "doctors near actors helped judges",
                &["actors helped doctors", "doctors helped actors", "judges helped actors"],
            ),
            (Kind::SubsequencePreposition, "doctors near actors helped judges", &["actors helped judges"]),
            (Kind::SubsequencePreposition, "doctors near actors slept", &["actors slept"]),
            (
                Kind::Relative,
                "doctors that called actors helped judges",
                &[
                    "actors called judges",
                    "actors helped doctors",
                    "doctors called judges",
                    "doctors helped actors",
                    "judges called actors",
                    "judges called doctors",
                    "judges helped actors",
                ],
            ),
            (
                Kind::SubsequenceRelative,
                "doctors that called actors helped judges",
                &["actors helped judges"],
            ),
            (
                Kind::Conjunction,
                "doctors and actors helped judges",
                &["actors helped doctors", "doctors helped actors"],
            ),
            (Kind::Embedded, "actors knew that doctors slept", &["actors slept"]),
            (Kind::Subordinate, "because doctors slept actors laughed", &["actors slept", "doctors laughed"]),
            (Kind::Coordinated, "doctors slept or actors laughed", &["actors slept", "doctors laughed"]),
            (Kind::ConstituentEmbedded, "actors claimed that doctors slept", &["doctors slept"]),
            (
                Kind::ConstituentSubordinate,
                "actors laughed unless doctors slept",
                &["actors laughed", "doctors slept"],
            ),
            (Kind::ConstituentOr, "doctors slept or actors laughed", &["actors laughed", "doctors slept"]),
        ];
        for (kind, premise, expected) in cases {
            let mut hypotheses: Vec<String> =
                kind.hypotheses(&premise.parse().unwrap()).iter().map(Clause::text).collect();
            hypotheses.sort();
            assert_eq!(hypotheses, expected, "{} of {premise}", kind.name());
        }
        let factive = "actors knew that doctors slept".parse().unwrap();
        assert_eq!(Kind::ConstituentEmbedded.hypotheses(&factive), []);
    }

    /// Returns whether every word of a hypothesis can be struck off the premise's words; passives may bring
    /// "were" and "by".
    fn uses_only_words_of(premise: &[Word], hypothesis: &[Word]) -> bool {
        let mut left = premise.to_vec();
        hypothesis.iter().all(|word| match left.iter().position(|other| other == word) {
            Some(at) => left.remove(at) == *word,
            None => *word == WERE || *word == BY,
        })
    }

    #[test]
    fn every_pair_is_not_entailed_and_refutes_its_heuristic() {
        let mut rng = seed::rng(6, "kind");
        for (kinds, heuristic) in ALL {
            for &kind in kinds {
                assert_eq!(kind.heuristic(), heuristic);
                for _ in 0..300 {
                    let pair = kind.draw(&mut rng);
                    let (premise, hypothesis) = (pair.premise.words(), pair.hypothesis.words());
                    let text =
                        format!("{}: {} / {}", kind.name(), pair.premise.text(), pair.hypothesis.text());
                    assert!(!pair.is_entailed(), "{text}");
                    assert!(uses_only_words_of(&premise, &hypothesis), "{text}");
                    let is_clause = pair.premise.clauses().iter().any(|clause| clause.words() == hypothesis);
                    let is_part = is_contiguous(&hypothesis, &premise);
                    assert_eq!(is_part, heuristic != Heuristic::LexicalOverlap, "{text}");
                    assert_eq!(is_clause, heuristic == Heuristic::Constituent, "{text}");
                }
            }
        }
    }

    #[test]
    fn both_asserting_and_other_premises_mislead_by_their_words() {
        let mut rng = seed::rng(7, "kind");
        for kind in [Kind::Embedded, Kind::Subordinate, Kind::Coordinated] {
            let asserting = (0..200).filter(|_| kind.draw(&mut rng).premise.is_veridical()).count();
            assert!((70..130).contains(&asserting), "{} of 200 {}", asserting, kind.name());
        }
    }

    #[test]
    fn names_begin_with_the_set_they_belong_to_and_are_distinct() {
        let mut names = BTreeSet::new();
        for ((kinds, _), prefix) in ALL.into_iter().zip(["lo_", "lo_", "sub_", "con_"]) {
            for kind in kinds {
                assert!(kind.name().starts_with(prefix) && names.insert(kind.name()));
            }
        }
        assert_eq!(names.len(), 14);
    }
}
