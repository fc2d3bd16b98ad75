//! The random numbers of methods that drop parts of task vectors at random.

use rand::Rng;
use tch::Tensor;

/// A source of random masks.
pub trait Draw {
    /// Returns a mask of the shape of `kept`, 1 with the probability that `kept` has at that place and else
    /// 0, for the tensor of that name in the model of that number.
    fn mask(&self, model: usize, name: &str, kept: &Tensor) -> Tensor;
}

/// Masks that depend on a seed, the number of the model and the name of the tensor alone.
#[derive(Debug, Clone, Copy)]
pub struct SeededDraw {
    /// The seed.
    pub seed: u64,
}

impl Draw for SeededDraw {
    fn mask(&self, model: usize, name: &str, kept: &Tensor) -> Tensor {
        let mut rng = lmc_base::seed::rng(self.seed, &format!("merge {model} {name}"));
        let drawn: Vec<f32> = (0..kept.numel()).map(|_| rng.random()).collect();
        Tensor::from_slice(&drawn).view_as(kept).lt_tensor(kept).to_kind(kept.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_share_that_it_is_given_and_depends_on_its_place() {
        let kept = Tensor::full([100, 100], 0.3, (tch::Kind::Float, tch::Device::Cpu));
        let draw = SeededDraw { seed: 1 };
        let mask = draw.mask(0, "w", &kept);
        let share = mask.mean(tch::Kind::Double).double_value(&[]);
        // Four standard deviations of the mean of 10,000 draws.
        assert!((share - 0.3).abs() < 4.0 * (0.3f64 * 0.7 / 10_000.0).sqrt(), "{share}");
        assert_eq!(mask, draw.mask(0, "w", &kept));
        for other in
            [draw.mask(1, "w", &kept), draw.mask(0, "v", &kept), SeededDraw { seed: 2 }.mask(0, "w", &kept)]
        {
            assert_ne!(mask, other);
        }
        assert_eq!(draw.mask(0, "w", &kept.ones_like()), kept.ones_like());
        assert_eq!(draw.mask(0, "w", &kept.zeros_like()), kept.zeros_like());
    }
}
