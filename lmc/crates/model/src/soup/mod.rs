//! Model soups: averages of the weights of several finetuned models (Wortsman et al. 2022).
//!
//! A uniform soup is the centre of the simplex of its ingredients,
//! [`Combination::centre`](crate::path::Combination::centre), and its loss less the mean of theirs is the
//! excess of that point.

mod greedy;

use tch::{Kind, Tensor};

pub use greedy::{Greedy, Trial, greedy};

use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};

/// Returns the uniform soup: the mean of the weights of `n_models` over all parameters, heads included;
/// `load` brings each model.
///
/// No more than two models are in memory besides the sum, which is taken in float64.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no models or models of different layouts; those of `load`.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::soup as soups; } }
/// use std::sync::Arc;
/// use lmc::analyses::soups::uniform;
/// use lmc::model::{Layout, Weights};
/// let mut layout = Layout::default();
/// layout.push("w", &[2]);
/// let layout = Arc::new(layout);
/// let models: [[f32; 2]; 2] = [[4.0, 0.0], [0.0, 3.0]];
/// let soup = uniform(2, |i| Weights::new(layout.clone(), tch::Tensor::from_slice(&models[i])))?;
/// assert_eq!(Vec::<f32>::try_from(soup.theta()).unwrap(), [2.0, 1.5]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Wortsman et al. 2022, section 2 ("uniform soup").
pub fn uniform(n_models: usize, mut load: impl FnMut(usize) -> Result<Weights>) -> Result<Weights> {
    if n_models == 0 {
        return Err(LmcError::invalid("soup", "no ingredients", "at least one"));
    }
    let first = load(0)?;
    let mut sum: Tensor = first.theta().to_kind(Kind::Double);
    for model in 1..n_models {
        let other = load(model)?;
        Weights::same_layout(&first, &other)?;
        sum += other.theta();
    }
    Weights::new(first.layout().clone(), (sum / n_models as f64).to_kind(Kind::Float))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Classifier;
    use crate::model::fixture::{classifier, roberta, weights};
    use crate::path::Combination;

    #[test]
    fn a_uniform_soup_is_the_mean_of_every_parameter() {
        let classifier = classifier();
        let ingredients: Vec<Weights> = (1..=5).map(|seed| weights(&classifier, seed)).collect();
        let soup = uniform(5, |i| Ok(ingredients[i].clone())).unwrap();
        let values = |weights: &Weights| Vec::<f32>::try_from(weights.theta()).unwrap();
        let all: Vec<Vec<f32>> = ingredients.iter().map(values).collect();
        for (i, got) in values(&soup).into_iter().enumerate() {
            let expected = all.iter().map(|theta| f64::from(theta[i])).sum::<f64>() / 5.0;
            assert_eq!(got, expected as f32, "parameter {i}");
        }
        assert_eq!(uniform(1, |_| Ok(ingredients[2].clone())).unwrap().theta(), ingredients[2].theta());
    }

    #[test]
    fn a_uniform_soup_is_the_centre_of_the_simplex() {
        let classifier = classifier();
        for n in 2..=6 {
            let thetas: Vec<Tensor> = (0..n).map(|seed| weights(&classifier, seed).theta().copy()).collect();
            let centre = thetas[0].zeros_like();
            Combination::centre(thetas.len()).write(&centre, &thetas).unwrap();
            let soup = uniform(thetas.len(), |i| Weights::new(classifier.layout().clone(), thetas[i].copy()))
                .unwrap();
            let off = (soup.theta() - centre).abs().max().double_value(&[]);
            assert!(off < 1e-6, "{n} models: {off}");
        }
    }

    #[test]
    fn nothing_and_unlike_models_are_refused() {
        let none = uniform(0, |_| Ok(weights(&classifier(), 0)));
        assert!(matches!(none, Err(LmcError::InvalidParameter { field: "soup", .. })));
        let (bert, roberta) = (classifier(), Classifier::new(&roberta(), 2));
        let mixed = uniform(2, |i| Ok(weights(if i == 0 { &bert } else { &roberta }, 1)));
        assert!(matches!(mixed, Err(LmcError::InvalidParameter { field: "weights", .. })));
    }
}
