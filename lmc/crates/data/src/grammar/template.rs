//! The forms that a premise can take.

use rand::Rng;

use super::clause::{Clause, NounPhrase, Voice};
use super::lexicon::{
    AND, ENTAILING, FACTIVE, Fresh, NON_ENTAILING, NON_FACTIVE, OR, PREPOSITIONS, Word, any,
};
use super::sentence::Sentence;

/// The form of a premise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Template {
    /// "doctors helped judges"
    Active,
    /// "judges were helped by doctors"
    Passive,
    /// "doctors near actors helped judges"
    SubjectPreposition,
    /// "doctors helped judges near actors"
    ObjectPreposition,
    /// "doctors that called actors helped judges"
    SubjectRelative,
    /// "doctors that actors called helped judges"
    ObjectRelativeOnSubject,
    /// "doctors helped judges that called actors", "doctors helped judges that actors called"
    RelativeOnObject,
    /// "doctors and actors helped judges"
    CoordinatedSubjects,
    /// "doctors helped judges and actors"
    CoordinatedObjects,
    /// "actors knew that doctors helped judges", "actors believed that doctors slept"
    Embedded,
    /// "because actors slept doctors helped judges", "doctors slept if actors laughed"
    Subordinate,
    /// "doctors helped judges and actors slept", "doctors slept or actors laughed"
    Clauses,
}

impl Template {
    /// Every template once.
    pub const ALL: [Template; 12] = [
        Template::Active,
        Template::Passive,
        Template::SubjectPreposition,
        Template::ObjectPreposition,
        Template::SubjectRelative,
        Template::ObjectRelativeOnSubject,
        Template::RelativeOnObject,
        Template::CoordinatedSubjects,
        Template::CoordinatedObjects,
        Template::Embedded,
        Template::Subordinate,
        Template::Clauses,
    ];

    /// Returns the name of the template in the kinds of a dataset.
    pub fn name(self) -> &'static str {
        match self {
            Template::Active => "active",
            Template::Passive => "passive",
            Template::SubjectPreposition => "subject_pp",
            Template::ObjectPreposition => "object_pp",
            Template::SubjectRelative => "subject_relative",
            Template::ObjectRelativeOnSubject => "object_relative_on_subject",
            Template::RelativeOnObject => "relative_on_object",
            Template::CoordinatedSubjects => "coordinated_subjects",
            Template::CoordinatedObjects => "coordinated_objects",
            Template::Embedded => "embedded",
            Template::Subordinate => "subordinate",
            Template::Clauses => "clauses",
        }
    }

    /// Returns a random premise of this form without a repeated word. `veridical` asks for one that asserts
    /// its clauses (true) or does not (false; only the last three forms can); none leaves it to chance. With
    /// `transitive`, the main verb of the form is transitive if the form is about a phrase.
    pub(crate) fn draw(self, veridical: Option<bool>, transitive: bool, rng: &mut impl Rng) -> Sentence {
        let veridical = veridical.unwrap_or_else(|| rng.random());
        let mut fresh = Fresh::new(rng, Vec::with_capacity(8));
        let simple = |agent, verb, patient| {
            Sentence::Simple(Clause { agent, verb, patient: Some(patient), voice: Voice::Active })
        };
        let bare = NounPhrase::Bare;
        match self {
            Template::Active => simple(bare(fresh.noun()), fresh.transitive(), bare(fresh.noun())),
            Template::Passive => Sentence::Simple(Clause {
                agent: bare(fresh.noun()),
                verb: fresh.transitive(),
                patient: Some(bare(fresh.noun())),
                voice: Voice::Passive,
            }),
            Template::SubjectPreposition => {
                let agent = with_preposition(&mut fresh);
                Sentence::Simple(about(agent, transitive, &mut fresh))
            }
            Template::ObjectPreposition => {
                simple(bare(fresh.noun()), fresh.transitive(), with_preposition(&mut fresh))
            }
            Template::SubjectRelative => {
                let agent = with_subject_relative(&mut fresh);
                Sentence::Simple(about(agent, transitive, &mut fresh))
            }
            Template::ObjectRelativeOnSubject => {
                let agent = with_object_relative(&mut fresh);
                Sentence::Simple(about(agent, transitive, &mut fresh))
            }
            Template::RelativeOnObject => {
                let (agent, verb) = (bare(fresh.noun()), fresh.transitive());
                let patient = if fresh.rng.random() {
                    with_subject_relative(&mut fresh)
                } else {
                    with_object_relative(&mut fresh)
                };
                simple(agent, verb, patient)
            }
            Template::CoordinatedSubjects => {
                let agent = NounPhrase::Coordinated(fresh.noun(), fresh.noun());
                Sentence::Simple(about(agent, transitive, &mut fresh))
            }
            Template::CoordinatedObjects => {
                let (agent, verb) = (bare(fresh.noun()), fresh.transitive());
                simple(agent, verb, NounPhrase::Coordinated(fresh.noun(), fresh.noun()))
            }
            Template::Embedded => {
                let verb = one_of(veridical, &FACTIVE, &NON_FACTIVE, fresh.rng);
                Sentence::Embedded { subject: fresh.noun(), verb, clause: plain(&mut fresh) }
            }
            Template::Subordinate => Sentence::Subordinate {
                subordinator: one_of(veridical, &ENTAILING, &NON_ENTAILING, fresh.rng),
                fronted: fresh.rng.random(),
                subordinate: plain(&mut fresh),
                main: plain(&mut fresh),
            },
            Template::Clauses => Sentence::Coordinated {
                left: plain(&mut fresh),
                conjunction: if veridical { AND } else { OR },
                right: plain(&mut fresh),
            },
        }
    }
}

fn with_preposition(fresh: &mut Fresh<impl Rng>) -> NounPhrase {
    NounPhrase::Preposition {
        head: fresh.noun(),
        preposition: any(&PREPOSITIONS, fresh.rng),
        noun: fresh.noun(),
    }
}

fn with_subject_relative(fresh: &mut Fresh<impl Rng>) -> NounPhrase {
    NounPhrase::SubjectRelative { head: fresh.noun(), verb: fresh.transitive(), object: fresh.noun() }
}

fn with_object_relative(fresh: &mut Fresh<impl Rng>) -> NounPhrase {
    NounPhrase::ObjectRelative { head: fresh.noun(), subject: fresh.noun(), verb: fresh.transitive() }
}

/// Returns a clause about `agent`; its verb is drawn from both classes together unless it must be transitive.
fn about(agent: NounPhrase, transitive: bool, fresh: &mut Fresh<impl Rng>) -> Clause {
    if !transitive && fresh.is_intransitive() {
        return Clause { agent, verb: fresh.intransitive(), patient: None, voice: Voice::Active };
    }
    let patient = Some(NounPhrase::Bare(fresh.noun()));
    Clause { agent, verb: fresh.transitive(), patient, voice: Voice::Active }
}

/// Returns a clause without modifiers.
pub(super) fn plain(fresh: &mut Fresh<impl Rng>) -> Clause {
    let agent = NounPhrase::Bare(fresh.noun());
    about(agent, false, fresh)
}

fn one_of(first: bool, one: &[Word; 2], other: &[Word; 2], rng: &mut impl Rng) -> Word {
    any(if first { one } else { other }, rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_base::seed;
    use std::collections::BTreeSet;

    #[test]
    fn veridical_premises_assert_their_facts_and_others_none() {
        let mut rng = seed::rng(3, "template");
        for template in Template::ALL {
            for _ in 0..100 {
                let premise = template.draw(Some(true), false, &mut rng);
                assert!(premise.is_veridical());
                assert!(!premise.asserted().is_empty());
            }
        }
        for template in [Template::Embedded, Template::Subordinate, Template::Clauses] {
            for _ in 0..100 {
                let premise = template.draw(Some(false), false, &mut rng);
                assert_eq!(premise.asserted(), []);
                assert!(!premise.mentioned().is_empty());
            }
        }
    }

    #[test]
    fn no_content_word_repeats_and_the_longest_premise_has_seven_words() {
        let mut rng = seed::rng(4, "template");
        let mut longest = 0;
        for template in Template::ALL {
            for _ in 0..200 {
                let words = template.draw(None, false, &mut rng).words();
                longest = longest.max(words.len());
                let distinct: BTreeSet<_> = words.iter().collect();
                assert_eq!(words.len(), distinct.len(), "{words:?}");
            }
        }
        assert_eq!(longest, 7);
    }

    #[test]
    fn names_are_distinct() {
        let names: BTreeSet<_> = Template::ALL.map(Template::name).into();
        assert_eq!(names.len(), Template::ALL.len());
    }
}
