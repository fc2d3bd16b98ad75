//! The greedy soup: models are tried one after the other, and kept if the average of the soup's models does
//! not get worse.

use lmc_base::error::{LmcError, Result};

/// One model that was tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// The model's number.
    pub model: usize,
    /// The score of the soup with it.
    pub score: f64,
    /// True if the model was kept.
    pub kept: bool,
}

/// A greedy soup and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Greedy {
    /// The numbers of the ingredients, in the order in which they came in.
    pub ingredients: Vec<usize>,
    /// The score of the soup, on the examples on which it was made.
    pub score: f64,
    /// Every model that was tried, in order.
    pub trials: Vec<Trial>,
}

/// Returns the greedy soup of models that are tried in that order, best first: each is kept if the score of
/// the average of the ingredients and itself is at least as good as without it.
///
/// `score` gets the numbers of the ingredients of a soup. The first model is always kept, so that on the
/// examples on which `score` is taken the soup is never worse than it; for that reason report it on others.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no models; those of `score`; [`LmcError::NonFiniteLoss`] for a score
/// that is not finite.
///
/// # Reference
/// Wortsman et al. 2022, recipe 1.
///
/// # Examples
/// The second model spoils the average, the third does not.
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod analyses { pub use lmc_model::soup as soups; } }
/// use lmc::analyses::soups::greedy;
/// let models = [1.0, 9.0, 1.5];
/// let loss = |soup: &[usize]| Ok((soup.iter().map(|&i| models[i]).sum::<f64>() / soup.len() as f64 - 1.2).abs());
/// let soup = greedy(&[0, 1, 2], false, loss)?;
/// assert_eq!(soup.ingredients, [0, 2]);
/// assert!((soup.score - 0.05).abs() < 1e-12);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn greedy(
    order: &[usize],
    larger_is_better: bool,
    mut score: impl FnMut(&[usize]) -> Result<f64>,
) -> Result<Greedy> {
    let mut soup = Greedy { ingredients: Vec::new(), score: f64::NAN, trials: Vec::new() };
    for &model in order {
        let mut tried = soup.ingredients.clone();
        tried.push(model);
        let score = score(&tried)?;
        if !score.is_finite() {
            let position = format!("with model {model}");
            return Err(LmcError::NonFiniteLoss { what: "score of a soup".into(), value: score, position });
        }
        let is_no_worse = if larger_is_better { score >= soup.score } else { score <= soup.score };
        let kept = soup.ingredients.is_empty() || is_no_worse;
        soup.trials.push(Trial { model, score, kept });
        if kept {
            (soup.ingredients, soup.score) = (tried, score);
        }
    }
    match soup.ingredients.is_empty() {
        true => Err(LmcError::invalid("soup", "no models to try", "at least one")),
        false => Ok(soup),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of soups by their ingredients, which must be among these.
    fn table<'a>(scores: &'a [(&'a [usize], f64)]) -> impl FnMut(&[usize]) -> Result<f64> + 'a {
        |soup| {
            let found = scores.iter().find(|(ingredients, _)| *ingredients == soup);
            found
                .map(|(_, score)| *score)
                .ok_or_else(|| LmcError::invalid("soup", format!("{soup:?}"), "another"))
        }
    }

    #[test]
    fn a_second_ingredient_that_hurts_is_left_out() {
        let accuracies = [(&[3][..], 0.8), (&[3, 1], 0.7), (&[3, 0], 0.85), (&[3, 0, 2], 0.85)];
        let soup = greedy(&[3, 1, 0, 2], true, table(&accuracies)).unwrap();
        assert_eq!((soup.ingredients.as_slice(), soup.score), (&[3, 0, 2][..], 0.85));
        let kept: Vec<(usize, bool)> = soup.trials.iter().map(|trial| (trial.model, trial.kept)).collect();
        assert_eq!(kept, [(3, true), (1, false), (0, true), (2, true)], "an equal score is kept");
        // The same numbers as losses: now the second one helps.
        let losses = [(&[3][..], 0.8), (&[3, 1], 0.7), (&[3, 1, 0], 0.85), (&[3, 1, 2], 0.71)];
        assert_eq!(greedy(&[3, 1, 0, 2], false, table(&losses)).unwrap().ingredients, [3, 1]);
    }

    #[test]
    fn nothing_to_try_and_bad_scores_are_errors() {
        let none = greedy(&[], true, |_| Ok(1.0));
        assert!(matches!(none, Err(LmcError::InvalidParameter { field: "soup", .. })));
        let nan = greedy(&[4], true, |_| Ok(f64::NAN)).unwrap_err().to_string();
        assert!(nan.contains("with model 4"), "{nan}");
        assert!(greedy(&[0, 1], true, table(&[(&[0], 1.0)])).is_err(), "an error of the score comes through");
    }
}
