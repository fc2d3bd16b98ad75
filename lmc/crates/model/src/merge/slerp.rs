//! Spherical linear interpolation of two models (Shoemake 1985), tensor by tensor.

use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// Above this cosine two tensors count as parallel, and the straight line is taken.
const PARALLEL: f64 = 0.9995;
/// Tensors that are shorter have no direction.
const SHORTEST: f64 = 1e-8;

/// Returns the point at `t` between `first` (at 0) and `second` (at 1): the coefficients of the two come from
/// the angle between them, and are applied to the tensors as they are, whatever their norms.
pub(super) fn slerp(first: &Tensor, second: &Tensor, t: f64) -> Result<Tensor> {
    let flat = |tensor: &Tensor| -> Result<Tensor> { Ok(tensor.f_to_kind(Kind::Double)?.f_reshape([-1])?) };
    let (a, b) = (flat(first)?, flat(second)?);
    let norm = |tensor: &Tensor| {
        let norm = tensor.norm().double_value(&[]);
        if norm > SHORTEST { norm } else { 1.0 }
    };
    let cosine = (a.f_dot(&b)?.double_value(&[]) / (norm(&a) * norm(&b))).clamp(-1.0, 1.0);
    let (of_a, of_b) = if cosine.abs() > PARALLEL {
        (1.0 - t, t)
    } else {
        let angle = cosine.acos();
        (((1.0 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin())
    };
    Ok((a * of_a + b * of_b).f_view_as(first)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(a: &[f64], b: &[f64], t: f64) -> Vec<f64> {
        Vec::try_from(slerp(&Tensor::from_slice(a), &Tensor::from_slice(b), t).unwrap()).unwrap()
    }

    #[test]
    fn points_on_a_circle_stay_on_it() {
        for (t, angle) in [(0.0, 0.0), (1.0 / 3.0, 30.0), (0.5, 45.0), (1.0, 90.0)] {
            let point = at(&[1.0, 0.0], &[0.0, 1.0], t);
            let expected = [f64::to_radians(angle).cos(), f64::to_radians(angle).sin()];
            for (x, y) in point.iter().zip(expected) {
                assert!((x - y).abs() < 1e-12, "{t}: {point:?}");
            }
        }
    }

    #[test]
    fn parallel_opposite_and_empty_tensors_take_the_line() {
        assert_eq!(at(&[2.0, 0.0], &[4.0, 0.0], 0.25), [2.5, 0.0]);
        assert_eq!(at(&[2.0, 0.0], &[-2.0, 0.0], 0.75), [-1.0, 0.0]);
        // A tensor of zeros is orthogonal to everything.
        let half = std::f64::consts::FRAC_1_SQRT_2;
        assert!((at(&[0.0, 0.0], &[0.0, 8.0], 0.5)[1] - 8.0 * half).abs() < 1e-12);
    }
}
