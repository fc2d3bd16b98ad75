//! Random directions on the scale of a model (Li et al. 2018).

use std::fmt;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::model::normal_tensor;
use crate::weights::Weights;
use lmc_base::error::Result;

/// The parts of a model whose lengths a random direction takes on. Vectors (biases and norms) stay as they
/// are, as in the figures of Li et al.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectionScale {
    /// Each row of a matrix: the weights into one unit, or the embedding of one token. This is the filter
    /// normalisation of Li et al. (2018), under which pictures of different models can be compared.
    Filter,
    /// Each matrix.
    Layer,
    /// All matrices together.
    Model,
}

impl fmt::Display for DirectionScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl DirectionScale {
    /// All scales.
    pub const ALL: [Self; 3] = [Self::Filter, Self::Layer, Self::Model];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Layer => "layer",
            Self::Model => "model",
        }
    }
}

/// Returns a direction of normal random numbers on the scale of a model; `number` tells apart the directions
/// of one seed.
///
/// # Errors
/// The errors of [`scaled_direction`].
pub fn random_direction(
    weights: &Weights,
    scale: DirectionScale,
    seed: u64,
    number: usize,
) -> Result<Weights> {
    let mut rng = lmc_base::seed::rng(seed, &format!("direction {number}"));
    let n = weights.layout().n_parameters();
    let direction = Weights::new(weights.layout().clone(), normal_tensor(&mut rng, &[n], 1.0))?;
    scaled_direction(&direction, weights, scale)
}

/// Returns a direction whose parts are as long as those of a model. For filters it is `d * |w| / |d|` for
/// each row d of the direction and w of the model (Li et al. 2018, section 4). Vectors become zero.
///
/// # Errors
/// [`LmcError::ShapeMismatch`](lmc_base::error::LmcError::ShapeMismatch) for a direction of another layout;
/// [`LmcError::Torch`](lmc_base::error::LmcError::Torch).
pub fn scaled_direction(direction: &Weights, weights: &Weights, scale: DirectionScale) -> Result<Weights> {
    Weights::same_layout(direction, weights)?;
    let scaled = weights.theta().f_zeros_like()?;
    let matrices = weights.layout().entries().iter().filter(|entry| entry.shape.len() > 1);
    let parts: Vec<(i64, i64, i64)> =
        matrices.map(|entry| (entry.offset, entry.shape[0], entry.shape[1..].iter().product())).collect();
    let part = |of: &Weights, (offset, rows, width): (i64, i64, i64)| -> Result<Tensor> {
        let part = of.theta().f_narrow(0, offset, rows * width)?.f_to_kind(Kind::Double)?;
        let rows = if scale == DirectionScale::Filter { rows } else { 1 };
        Ok(part.f_view([rows, -1])?)
    };
    let squares = |of: &Weights| -> Result<f64> {
        let each = parts
            .iter()
            .map(|&place| Ok(part(of, place)?.f_square()?.f_sum(Kind::Double)?.f_double_value(&[])?));
        each.sum()
    };
    let whole = match scale {
        DirectionScale::Model => Some(ratio(squares(weights)?, squares(direction)?).sqrt()),
        DirectionScale::Filter | DirectionScale::Layer => None,
    };
    for &place in &parts {
        let (d, w) = (part(direction, place)?, part(weights, place)?);
        let factor = match whole {
            Some(factor) => Tensor::from(factor),
            None => {
                let length = |x: &Tensor| x.f_norm_scalaropt_dim(2.0, [1i64].as_slice(), true);
                let lengths = length(&d)?;
                // A row of zeros stays one.
                let is_zero = lengths.f_eq(0.0)?;
                (length(&w)? / lengths.f_masked_fill(&is_zero, 1.0)?).f_masked_fill(&is_zero, 0.0)?
            }
        };
        let mut target = scaled.f_narrow(0, place.0, place.1 * place.2)?;
        target.f_copy_(&(d * factor).f_view([-1])?)?;
    }
    Weights::new(weights.layout().clone(), scaled)
}

/// Returns a / b, or 0 if b is 0.
fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}
