//! Dropout whose masks come from a seeded generator of its own, so that runs do not depend on thread timing.

mod counted;

use std::cell::RefCell;
use std::collections::VecDeque;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::RngCore;
use tch::Tensor;

pub use counted::{Counted, Masks};

/// Dropout of a forward pass (Srivastava et al. 2014).
#[derive(Debug)]
pub struct Dropout {
    masks: Way,
}

#[derive(Debug)]
enum Way {
    None,
    /// Drawn when they are needed.
    Drawn {
        probability: f64,
        rng: RefCell<Xoshiro256PlusPlus>,
    },
    /// Made before the pass, in the order in which they are needed.
    Made(RefCell<VecDeque<Tensor>>),
}

impl Dropout {
    /// Drops nothing: for evaluation.
    pub const NONE: Self = Self { masks: Way::None };

    /// Drops each element with that probability.
    pub fn new(probability: f64, rng: Xoshiro256PlusPlus) -> Self {
        if probability > 0.0 {
            Self { masks: Way::Drawn { probability, rng: RefCell::new(rng) } }
        } else {
            Self::NONE
        }
    }

    /// Multiplies by masks that were made before, in this order.
    pub(super) fn made(masks: Vec<Tensor>) -> Self {
        Self { masks: Way::Made(RefCell::new(masks.into())) }
    }

    /// Returns whether anything is dropped.
    pub fn is_active(&self) -> bool {
        !matches!(self.masks, Way::None)
    }

    /// Returns the generator of the masks in its present state, or `None` if none is drawn.
    pub fn generator(&self) -> Option<Xoshiro256PlusPlus> {
        match &self.masks {
            Way::Drawn { rng, .. } => Some(rng.borrow().clone()),
            Way::None | Way::Made(_) => None,
        }
    }

    /// Returns the number of masks that were made and not used.
    #[cfg(test)]
    pub(super) fn n_left(&self) -> usize {
        match &self.masks {
            Way::Made(masks) => masks.borrow().len(),
            Way::None | Way::Drawn { .. } => 0,
        }
    }

    /// Returns `x` with elements zeroed with this probability and the others divided by one minus it.
    pub fn apply(&self, x: Tensor) -> Tensor {
        let (probability, rng) = match &self.masks {
            Way::Drawn { probability, rng } => (*probability, rng),
            Way::None => return x,
            Way::Made(masks) => {
                let mask = masks.borrow_mut().pop_front();
                return mask.map_or_else(|| x.shallow_clone(), |mask| &x * mask.view(x.size().as_slice()));
            }
        };
        let dropped = Tensor::from_slice(&dropped(&mut rng.borrow_mut(), x.numel(), probability));
        let kept = 1.0 / (1.0 - probability);
        let mask = Tensor::full([x.numel() as i64], kept, (x.kind(), x.device()));
        let mask = mask.index_fill(0, &dropped.to_device(x.device()), 0.0);
        &x * mask.view(x.size().as_slice())
    }
}

/// Returns the places that are dropped among `n` elements, in order. The gap between two such places has a
/// geometric distribution, so that it takes one draw for each dropped place, not one for each element.
fn dropped(rng: &mut Xoshiro256PlusPlus, n: usize, probability: f64) -> Vec<i64> {
    let per_log = 1.0 / (-probability).ln_1p();
    let mut places = Vec::with_capacity((n as f64 * probability * 1.05) as usize + 64);
    let mut next = 0;
    loop {
        let bits = rng.next_u64();
        for draw in [bits >> 32, bits & 0xffff_ffff] {
            // Uniform in (0, 1]; its logarithm by that of one minus the probability is at least k with chance
            // (1 - p)^k.
            let uniform = (draw + 1) as f64 / 4_294_967_296.0;
            next += (uniform.ln() * per_log) as usize;
            if next >= n {
                return places;
            }
            places.push(next as i64);
            next += 1;
        }
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

    #[test]
    fn every_place_is_dropped_as_often_whatever_was_dropped_before_it() {
        for probability in [0.1, 0.5, 0.9] {
            let (mut rng, n_draws, n) = (Xoshiro256PlusPlus::seed_from_u64(2), 40_000, 6);
            let mut counts = vec![0u32; 1 << n];
            for _ in 0..n_draws {
                let places = dropped(&mut rng, n, probability);
                counts[places.iter().fold(0, |pattern, place| pattern | 1 << place)] += 1;
            }
            // All 64 patterns, each within five standard deviations of the number that independent places
            // give.
            for (pattern, &count) in counts.iter().enumerate() {
                let n_dropped = pattern.count_ones() as i32;
                let chance = probability.powi(n_dropped) * (1.0 - probability).powi(n as i32 - n_dropped);
                let (expected, count) = (chance * f64::from(n_draws), f64::from(count));
                let deviation = (expected * (1.0 - chance)).sqrt();
                assert!((count - expected).abs() < 5.0 * deviation + 1.0, "{pattern:b}: {count}, {expected}");
            }
        }
    }
}
