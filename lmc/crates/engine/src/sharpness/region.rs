//! The box around a model, in the whole space or in one spanned by random directions.

use tch::{Kind, Tensor};

use super::SharpnessRecipe;
use lmc_base::error::{LmcError, Result};
use lmc_model::model::normal_tensor;

/// C = {y : |y_i| <= eps (|(A⁺ x)_i| + 1)}, with the directions A.
pub(super) struct Region {
    /// A, `[n, p]`; `None` for the identity.
    directions: Option<Tensor>,
    /// The largest distance of each coordinate of y from zero, `[p]` or `[n]`.
    reach: Tensor,
}

impl Region {
    /// Makes the box around `x`, `[n]`.
    pub fn new(x: &Tensor, recipe: &SharpnessRecipe) -> Result<Self> {
        let _no_grad = tch::no_grad_guard();
        let directions = recipe.n_directions.map(|p| directions(x, p, recipe.seed)).transpose()?;
        let inside = match &directions {
            None => x.shallow_clone(),
            Some(a) => pseudo_inverse_times(a, x)?,
        };
        Ok(Self { directions, reach: (inside.abs() + 1.0) * recipe.eps })
    }

    /// Returns y = 0.
    pub fn centre(&self) -> Tensor {
        self.reach.zeros_like()
    }

    /// Returns x + A y.
    pub fn point(&self, x: &Tensor, y: &Tensor) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        Ok(match &self.directions {
            None => x.f_add(y)?,
            Some(a) => x.f_add(&a.f_mv(y)?)?,
        })
    }

    /// Returns the gradient by y of a value whose gradient by x + A y is `slope`: Aᵀ `slope`.
    pub fn project(&self, slope: &Tensor) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        Ok(match &self.directions {
            None => slope.shallow_clone(),
            Some(a) => a.f_tr()?.f_mv(slope)?,
        })
    }

    /// Returns the point of the box that is nearest to y.
    pub fn clamp(&self, y: &Tensor) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        Ok(y.f_minimum(&self.reach)?.f_maximum(&self.reach.f_neg()?)?)
    }
}

/// Returns `p` random directions of length 1 in the space of `x`, `[n, p]`.
fn directions(x: &Tensor, p: u32, seed: u64) -> Result<Tensor> {
    let n = x.size()[0];
    if i64::from(p) > n {
        return Err(LmcError::invalid("sharpness.n_directions", p, format!("at most {n}, the dimensions")));
    }
    let mut rng = lmc_base::seed::rng(seed, "directions");
    let drawn = normal_tensor(&mut rng, &[i64::from(p), n], 1.0);
    let unit = &drawn / drawn.norm_scalaropt_dim(2, [1i64].as_slice(), true);
    Ok(unit.f_tr()?.contiguous().to_device(x.device()))
}

/// Returns A⁺ x = (Aᵀ A)⁻¹ Aᵀ x, for an A with independent columns.
fn pseudo_inverse_times(a: &Tensor, x: &Tensor) -> Result<Tensor> {
    let wide = a.to_kind(Kind::Double);
    let transposed = wide.f_tr()?;
    let gram = transposed.f_matmul(&wide)?;
    let right = transposed.f_mv(&x.to_kind(Kind::Double))?;
    Ok(Tensor::f_linalg_solve(&gram, &right, true)?.to_kind(x.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(t: &Tensor) -> Vec<f32> {
        Vec::try_from(t).unwrap()
    }

    #[test]
    fn the_box_in_the_whole_space_by_hand() {
        let recipe = SharpnessRecipe { eps: 0.5, ..SharpnessRecipe::mini() };
        let x = Tensor::from_slice(&[0.0f32, -3.0, 1.0]);
        let region = Region::new(&x, &recipe).unwrap();
        assert_eq!(values(&region.reach), [0.5, 2.0, 1.0]);
        let clamped = region.clamp(&Tensor::from_slice(&[0.7f32, -5.0, 0.25])).unwrap();
        assert_eq!(values(&clamped), [0.5, -2.0, 0.25]);
        assert_eq!(values(&region.point(&x, &clamped).unwrap()), [0.5, -5.0, 1.25]);
    }

    #[test]
    fn directions_are_unit_vectors_and_the_box_is_in_their_coordinates() {
        let recipe = SharpnessRecipe { eps: 0.5, n_directions: Some(3), ..SharpnessRecipe::mini() };
        // x lies in the space of the directions, at known coordinates: A⁺ x are these.
        let a = directions(&Tensor::zeros([40], (Kind::Float, tch::Device::Cpu)), 3, recipe.seed).unwrap();
        let lengths = a.norm_scalaropt_dim(2, [0i64].as_slice(), false);
        assert!((lengths - 1.0).abs().max().double_value(&[]) < 1e-5);
        let x = a.mv(&Tensor::from_slice(&[2.0f32, 0.0, -1.0]));
        let region = Region::new(&x, &recipe).unwrap();
        let expected = Tensor::from_slice(&[1.5f32, 0.5, 1.0]);
        assert!(
            (&region.reach - expected).abs().max().double_value(&[]) < 1e-4,
            "{:?}",
            values(&region.reach)
        );
        // The part that is orthogonal to the directions does not count.
        let slope = Tensor::ones([40], (Kind::Float, tch::Device::Cpu));
        assert!((region.project(&slope).unwrap() - a.tr().mv(&slope)).abs().max().double_value(&[]) < 1e-5);
    }

    #[test]
    fn more_directions_than_dimensions_are_refused() {
        let recipe = SharpnessRecipe { n_directions: Some(3), ..SharpnessRecipe::mini() };
        let message = Region::new(&Tensor::from_slice(&[1.0f32, 2.0]), &recipe).err().unwrap().to_string();
        assert!(message.starts_with("`sharpness.n_directions`: got 3, expected at most 2"), "{message}");
    }
}
