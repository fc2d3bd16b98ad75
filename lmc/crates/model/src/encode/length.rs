//! The number of tokens that an example may have, and the warning about examples that have more.

use tokenizers::Tokenizer;

use super::model_max_length;
use lmc_base::error::{LmcError, Result};
use lmc_base::progress::note;

/// The default for the most tokens of an example: the number that BERT and RoBERTa take, and that the paper's
/// public code takes for evaluation.
pub const LONGEST: usize = 512;

/// Returns the number of tokens that an example may have, special ones included, for a model that takes
/// `positions`: the number that is given, or else as many as the model takes, by its positions and by its
/// tokenizer's `model_max_length`, but at most [`LONGEST`].
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming `field` if the number that is given leaves no room for a token
/// beside the special ones, or the model has fewer positions.
///
/// # Examples
/// ```no_run
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
/// use lmc::model::{LONGEST, longest_example, load_tokenizer};
/// let tokenizer = load_tokenizer("bert-base-uncased".as_ref())?;
/// assert_eq!(longest_example("max_length", None, 512, &tokenizer, false)?, LONGEST);
/// assert_eq!(longest_example("max_length", Some(128), 512, &tokenizer, false)?, 128);
/// assert!(longest_example("max_length", Some(513), 512, &tokenizer, false).is_err());
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn longest_example(
    field: &'static str,
    given: Option<usize>,
    positions: usize,
    tokenizer: &Tokenizer,
    is_pair: bool,
) -> Result<usize> {
    let own = model_max_length(tokenizer).unwrap_or(LONGEST).min(LONGEST).min(positions);
    let Some(length) = given else { return Ok(own) };
    let least = 1 + super::n_special(tokenizer, is_pair);
    if (least..=positions).contains(&length) {
        return Ok(length);
    }
    let expected = format!(
        "{least} to {positions} tokens: {} special ones and one more, up to the positions of the model",
        least - 1
    );
    Err(LmcError::invalid(field, length, expected))
}

/// Says, once in a process, how many examples of a set are cut, if any are. It says nothing about a sample:
/// the set that the sample is a part of speaks for it.
#[doc(hidden)]
pub fn note_cut(set: &str, n_cut: usize, n: usize, length: usize) {
    if let Some(text) = cut(set, n_cut, n, length).filter(|_| !set.ends_with("-sample")) {
        note(&text);
    }
}

fn cut(set: &str, n_cut: usize, n: usize, length: usize) -> Option<String> {
    let (have, are) = if n_cut == 1 { ("has", "is") } else { ("have", "are") };
    let told = format!(
        "{set}: {n_cut} of {n} examples {have} more than {length} tokens and {are} cut; --max-length sets another number, up to the \
         positions of the model"
    );
    (n_cut > 0).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_data::grammar::tokenizer;
    use tokenizers::TruncationParams;

    #[test]
    fn as_long_as_the_model_takes() {
        let mut tokenizer = tokenizer().unwrap();
        let longest = |given, positions, tokenizer: &Tokenizer| {
            longest_example("max_length", given, positions, tokenizer, false)
                .map_err(|error| error.to_string())
        };
        for (given, positions, expected) in
            [(None, 16, 16), (None, 512, 512), (None, 4096, 512), (Some(3), 16, 3), (Some(4096), 4096, 4096)]
        {
            assert_eq!(longest(given, positions, &tokenizer), Ok(expected));
        }
        let problem =
            "expected 3 to 16 tokens: 2 special ones and one more, up to the positions of the model";
        for given in [0, 2, 17] {
            let message = longest(Some(given), 16, &tokenizer).unwrap_err();
            assert_eq!(message, format!("`max_length`: got {given}, {problem}"));
        }
        let own = TruncationParams { max_length: 12, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(own)).unwrap();
        assert_eq!(longest(None, 16, &tokenizer), Ok(12));
        assert_eq!(longest(None, 8, &tokenizer), Ok(8));
        assert_eq!(longest(Some(16), 16, &tokenizer), Ok(16));
    }

    #[test]
    fn what_is_said_of_examples_that_are_cut() {
        assert_eq!(cut("id", 0, 9, 128), None);
        let told = "id: 1 of 9 examples has more than 128 tokens and is cut; --max-length sets another number, up to the positions of \
                    the model";
        assert_eq!(cut("id", 1, 9, 128).as_deref(), Some(told));
        assert!(cut("id", 3, 9, 8).unwrap().contains("3 of 9 examples have more than 8 tokens and are cut"));
    }
}
