//! Dropout whose masks come from a seeded generator of its own, so that runs do not depend on thread timing.

use std::cell::RefCell;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::RngCore;
use tch::Tensor;

/// Dropout of a forward pass (Srivastava et al. 2014).
#[derive(Debug)]
pub struct Dropout {
    probability: f64,
    rng: Option<RefCell<Xoshiro256PlusPlus>>,
}

impl Dropout {
    /// Drops nothing: for evaluation.
    pub const NONE: Self = Self { probability: 0.0, rng: None };

    /// Drops each element with that probability.
    pub fn new(probability: f64, rng: Xoshiro256PlusPlus) -> Self {
        Self { probability, rng: (probability > 0.0).then(|| RefCell::new(rng)) }
    }

    /// Whether anything is dropped.
    pub fn is_active(&self) -> bool {
        self.rng.is_some()
    }

    /// The generator of the masks as it is now; none when nothing is dropped.
    pub fn generator(&self) -> Option<Xoshiro256PlusPlus> {
        self.rng.as_ref().map(|rng| rng.borrow().clone())
    }

    /// `x` with elements zeroed with this probability and the others divided by one minus it.
    pub fn apply(&self, x: Tensor) -> Tensor {
        let Some(rng) = &self.rng else { return x };
        let mut rng = rng.borrow_mut();
        let threshold = (self.probability * 65536.0).round() as u64;
        let scale = (1.0 / (1.0 - self.probability)) as f32;
        let n = x.numel();
        let mut mask = Vec::with_capacity(n + 3);
        while mask.len() < n {
            let bits = rng.next_u64();
            mask.extend((0..4).map(|i| if (bits >> (16 * i)) & 0xffff < threshold { 0.0 } else { scale }));
        }
        mask.truncate(n);
        &x * Tensor::from_slice(&mask).view(x.size().as_slice()).to_device(x.device())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::rand_core::SeedableRng;
    use tch::{Device, Kind};

    #[test]
    fn a_generator_taken_in_between_goes_on_alike() {
        let ones = || Tensor::ones([3, 7], (Kind::Float, Device::Cpu));
        let first = Dropout::new(0.5, Xoshiro256PlusPlus::seed_from_u64(1));
        let _ = first.apply(ones());
        let second = Dropout::new(0.5, first.generator().unwrap());
        assert_eq!(first.apply(ones()), second.apply(ones()));
        assert!(Dropout::NONE.generator().is_none());
    }

    #[test]
    fn keeps_the_mean_and_the_share() {
        let ones = || Tensor::ones([1000, 101], (Kind::Float, Device::Cpu));
        let dropout = Dropout::new(0.1, Xoshiro256PlusPlus::seed_from_u64(1));
        let x = dropout.apply(ones());
        assert!((x.mean(Kind::Float).double_value(&[]) - 1.0).abs() < 0.01);
        let zeros = x.eq(0.0).to_kind(Kind::Float).mean(Kind::Float).double_value(&[]);
        assert!((zeros - 0.1).abs() < 0.005, "{zeros}");
        assert_eq!(Dropout::NONE.apply(ones()), ones());
    }
}
