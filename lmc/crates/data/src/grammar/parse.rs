//! Parsing of text into trees, so that the label of a pair can be derived from its text alone.

use std::str::FromStr;

use super::clause::{Clause, NounPhrase, Voice};
use super::lexicon::{
    AND, BY, ENTAILING, FACTIVE, INTRANSITIVE, NON_ENTAILING, NON_FACTIVE, NOUNS, OR, PREPOSITIONS, THAT,
    TRANSITIVE, WERE, Word, words,
};
use super::sentence::Sentence;
use lmc_base::error::{LmcError, Result};

impl FromStr for Sentence {
    type Err = LmcError;

    /// Returns the tree of a sentence of the grammar, written in lower case with single spaces or more.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for a word that is not in the lexicon, [`LmcError::InvalidParameter`] for
    /// words that do not make a sentence.
    fn from_str(text: &str) -> Result<Sentence> {
        sentence(&lexemes(text)?).ok_or_else(|| {
            LmcError::invalid(
                "sentence",
                format!("\"{text}\""),
                "a sentence of one of the grammar's templates",
            )
        })
    }
}

impl FromStr for Clause {
    type Err = LmcError;

    /// Returns the tree of a clause of the grammar.
    ///
    /// # Errors
    /// The errors of [`Sentence`].
    fn from_str(text: &str) -> Result<Clause> {
        clause(&lexemes(text)?).ok_or_else(|| {
            LmcError::invalid("clause", format!("\"{text}\""), "a clause such as \"doctors helped judges\"")
        })
    }
}

fn lexemes(text: &str) -> Result<Vec<Word>> {
    let lexeme = |token: &str| {
        words().find(|word| *word == token).ok_or_else(|| LmcError::UnknownName {
            kind: "word of the grammar",
            name: token.to_owned(),
            known: words().map(String::from).collect(),
        })
    };
    text.split_whitespace().map(lexeme).collect()
}

fn sentence(words: &[Word]) -> Option<Sentence> {
    let is_subordinator = |word: &Word| ENTAILING.contains(word) || NON_ENTAILING.contains(word);
    if let [subordinator, rest @ ..] = words
        && is_subordinator(subordinator)
    {
        return (1..rest.len()).find_map(|middle| {
            let (subordinate, main) = (clause(&rest[..middle])?, clause(&rest[middle..])?);
            Some(Sentence::Subordinate { subordinator, subordinate, main, fronted: true })
        });
    }
    if let [subject, verb, THAT, rest @ ..] = words
        && NOUNS.contains(subject)
        && (FACTIVE.contains(verb) || NON_FACTIVE.contains(verb))
    {
        return clause(rest).map(|clause| Sentence::Embedded { subject, verb, clause });
    }
    let joined = words.iter().enumerate().find_map(|(middle, &word)| {
        let is_conjunction = word == AND || word == OR;
        if !is_conjunction && !is_subordinator(&word) {
            return None;
        }
        let (left, right) = (clause(&words[..middle])?, clause(&words[middle + 1..])?);
        Some(if is_conjunction {
            Sentence::Coordinated { left, conjunction: word, right }
        } else {
            Sentence::Subordinate { subordinator: word, subordinate: right, main: left, fronted: false }
        })
    });
    joined.or_else(|| clause(words).map(Sentence::Simple))
}

fn clause(words: &[Word]) -> Option<Clause> {
    if let Some(were) = words.iter().position(|&word| word == WERE) {
        let [verb, BY, agent @ ..] = &words[were + 1..] else { return None };
        let (patient, agent) = (noun_phrase(&words[..were])?, noun_phrase(agent)?);
        let is_transitive = TRANSITIVE.contains(verb);
        return is_transitive.then_some(Clause {
            agent,
            verb,
            patient: Some(patient),
            voice: Voice::Passive,
        });
    }
    (1..words.len()).find_map(|at| {
        let verb = words[at];
        let agent = noun_phrase(&words[..at])?;
        let patient = match &words[at + 1..] {
            [] if INTRANSITIVE.contains(&verb) => None,
            rest if TRANSITIVE.contains(&verb) => Some(noun_phrase(rest)?),
            _ => return None,
        };
        Some(Clause { agent, verb, patient, voice: Voice::Active })
    })
}

fn noun_phrase(words: &[Word]) -> Option<NounPhrase> {
    let is_noun = |word: Word| NOUNS.contains(&word);
    let &head = words.first().filter(|word| is_noun(word))?;
    match *words {
        [_] => Some(NounPhrase::Bare(head)),
        [_, AND, noun] if is_noun(noun) => Some(NounPhrase::Coordinated(head, noun)),
        [_, preposition, noun] if PREPOSITIONS.contains(&preposition) && is_noun(noun) => {
            Some(NounPhrase::Preposition { head, preposition, noun })
        }
        [_, THAT, verb, object] if TRANSITIVE.contains(&verb) && is_noun(object) => {
            Some(NounPhrase::SubjectRelative { head, verb, object })
        }
        [_, THAT, subject, verb] if is_noun(subject) && TRANSITIVE.contains(&verb) => {
            Some(NounPhrase::ObjectRelative { head, subject, verb })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Template;
    use lmc_base::seed;

    #[test]
    fn every_premise_is_read_back_as_its_tree() {
        let mut rng = seed::rng(5, "parse");
        for template in Template::ALL {
            for _ in 0..200 {
                let premise = template.draw(None, false, &mut rng);
                assert_eq!(premise.text().parse::<Sentence>().unwrap(), premise);
            }
        }
    }

    #[test]
    fn words_outside_the_lexicon_are_named() {
        let error = "doctors helped zebras".parse::<Sentence>().unwrap_err();
        assert!(
            error.to_string().starts_with("unknown word of the grammar `zebras`; known: doctors, "),
            "{error}"
        );
    }

    #[test]
    fn words_that_make_no_sentence_are_refused() {
        let bad = [
            "",
            "doctors",
            "doctors helped",
            "doctors slept judges",
            "doctors judges helped",
            "judges were helped doctors",
            "judges were slept by doctors",
            "if doctors slept",
            "doctors knew that judges",
            "doctors that near judges slept",
        ];
        for text in bad {
            let error = text.parse::<Sentence>().unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "sentence", .. }), "{text}: {error}");
            let error = text.parse::<Clause>().unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "clause", .. }), "{text}: {error}");
        }
    }
}
