//! Planted matrices of gaps: blocks, models that are alone, and noise like that of measured gaps.

use lmc_base::seed::rng;
use lmc_maths::gap::{GapMatrix, Measure};
use ndarray::Array2;
use rand::{Rng, seq::SliceRandom};
use rand_distr::{Distribution, LogNormal};

/// The share of gaps inside a block that are exactly 0, as measured gaps often are.
const ZEROS: f64 = 0.2;
/// The deviation of the logarithm of what one model adds to all its gaps.
const OF_A_MODEL: f64 = 0.15;

/// The plan of planted gaps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The number of models.
    pub n: usize,
    /// The number of blocks, 1 to 5.
    pub blocks: usize,
    /// Whether blocks have the same size; otherwise each has about half of what is left.
    pub equal: bool,
    /// The number of models that are far from all others.
    pub alone: usize,
    /// The mean gap across blocks over that within.
    pub ratio: f64,
    /// The deviation of the logarithm of a gap from its level.
    pub noise: f64,
    /// Whether the models of the only block lie spread along a line, where gaps grow with distance.
    pub line: bool,
}

impl Plan {
    /// Returns whether every block has at least two models, and a quarter of the models at most is alone.
    pub fn is_possible(&self) -> bool {
        let left = self.n - self.alone;
        let enough = match self.equal {
            true => 2 * self.blocks <= left,
            false => self.blocks > 1 && (2 << self.blocks) <= left + 4,
        };
        // At most a quarter is alone, and a line is one block.
        let alone = 4 * self.alone <= self.n;
        enough && alone && (!self.line || (self.blocks == 1 && (self.alone == 0 || self.ratio >= 10.0)))
    }

    /// Returns the block of each model, `None` for a model that is alone, and the gaps.
    pub fn draw(&self, seed: u64) -> (Vec<Option<usize>>, GapMatrix) {
        let mut rng = rng(seed, &format!("{self:?}"));
        let mut block = self.blocks();
        block.shuffle(&mut rng);
        let own = LogNormal::new(0.0, OF_A_MODEL).expect("a deviation");
        let noise = LogNormal::new(-0.5 * self.noise * self.noise, self.noise).expect("a deviation");
        let of_model: Vec<f64> = (0..self.n).map(|_| own.sample(&mut rng)).collect();
        let far: Vec<f64> = (0..self.n).map(|_| self.ratio * rng.random_range(0.8..2.0)).collect();
        let place: Vec<f64> = (0..self.n).map(|_| rng.random_range(0.0..1.0)).collect();
        let between =
            Array2::from_shape_simple_fn((self.blocks, self.blocks), || rng.random_range(0.75..1.5));
        let mut values = Array2::zeros((self.n, self.n));
        for i in 0..self.n {
            for j in 0..i {
                let level = match (block[i], block[j]) {
                    (Some(a), Some(b)) if a == b && self.line => 3.0 * (place[i] - place[j]).abs(),
                    (Some(a), Some(b)) if a == b => f64::from(rng.random_bool(1.0 - ZEROS)),
                    (Some(a), Some(b)) => self.ratio * between[[a.max(b), a.min(b)]],
                    (None, Some(_)) => far[i],
                    (Some(_), None) => far[j],
                    (None, None) => far[i].max(far[j]),
                };
                let gap = 0.01 * level * noise.sample(&mut rng) * (of_model[i] * of_model[j]).sqrt();
                (values[[i, j]], values[[j, i]]) = (gap, gap);
            }
        }
        let models = (0..self.n).map(|i| format!("m{i}")).collect();
        (block, GapMatrix::new(models, Measure::ConvexityGap, values).expect("gaps"))
    }

    fn blocks(&self) -> Vec<Option<usize>> {
        let mut block = vec![None; self.alone];
        for number in 0..self.blocks {
            let left = self.n - block.len();
            let size = match () {
                () if number + 1 == self.blocks => left,
                () if self.equal => left / (self.blocks - number),
                () => (left / 2).min(left - 2 * (self.blocks - number - 1)),
            };
            block.extend(std::iter::repeat_n(Some(number), size));
        }
        block
    }
}
