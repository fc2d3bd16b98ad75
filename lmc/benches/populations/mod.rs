//! Populations of per-example losses along a line, whose gaps are known, to draw samples from.

use lmc::confidence::{LineLosses, contrasts};
use lmc::gap::Measure;
use lmc::ndarray::{Array1, Array2, Axis};
use lmc::seed::rng;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// The number of points of a line.
pub const N_POINTS: usize = 11;
/// The number of examples of a synthetic population.
const N: usize = 20_000;

/// The losses of every example of a population at every point of a line.
pub struct Population {
    /// The name, which says what the population is like.
    pub name: String,
    /// Cross-entropy in nats, `[n_points, n_examples]`.
    pub losses: Array2<f32>,
}

/// Returns the places of the points.
pub fn tenths() -> Vec<f64> {
    (0..N_POINTS).map(|k| k as f64 / (N_POINTS - 1) as f64).collect()
}

impl Population {
    /// Returns the mean loss at each point.
    pub fn means(&self) -> Array1<f64> {
        let mean = |row: lmc::ndarray::ArrayView1<f32>| {
            row.iter().map(|&loss| f64::from(loss)).sum::<f64>() / row.len() as f64
        };
        self.losses.axis_iter(Axis(0)).map(mean).collect()
    }

    /// Returns the true value of a measure, over a line of length 1.
    pub fn truth(&self, measure: Measure) -> f64 {
        let contrasts = contrasts(measure, &tenths(), 1.0).expect("tenths");
        contrasts.dot(&self.means()).fold(0.0, |a: f64, b| a.max(*b))
    }

    /// Returns `n` examples drawn with replacement, as a line of length 1.
    pub fn sample(&self, n: usize, seed: u64, number: usize) -> LineLosses {
        let mut rng = rng(seed, &format!("sample {number}"));
        let rows: Vec<usize> = (0..n).map(|_| rng.random_range(0..self.losses.ncols())).collect();
        LineLosses { alphas: tenths(), losses: self.losses.select(Axis(1), &rows), distance: 1.0 }
    }

    /// Returns synthetic populations of many shapes. Losses are logistic. Their margins move from one model's
    /// to the other's, with bends and a loss of confidence in between that each example has of its own. So
    /// many losses are near 0, few are large, and neighbouring points are alike. Where the shape of the mean
    /// curve is given, each point's losses are moved by a constant.
    pub fn synthetic() -> Vec<Population> {
        let at = |k: usize| k as f64 / 10.0;
        let hill = |height: f64| move |k: usize| 0.05 + height * 4.0 * at(k) * (1.0 - at(k));
        let humps = |height: f64| {
            move |k: usize| if k == 0 || k == 10 { 0.06 } else { 0.05 + height * ((k + 1) % 2) as f64 }
        };
        let plateau = |k: usize| 0.05 + 0.008 * (5.0 * at(k).min(1.0 - at(k))).min(1.0);
        let moved = |name: &str, curve: &dyn Fn(usize) -> f64| {
            Population::logistic(name, 0.6, 1.0, 4.0).with_means(curve)
        };
        vec![
            Population::logistic("a high hill", 0.6, 1.0, 3.0),
            Population::logistic("a low hill of well trained models", 0.4, 0.3, 5.0),
            Population::rare(),
            moved("a hill of 0.014", &hill(0.014)),
            moved("a hill of 0.004", &hill(0.004)),
            moved("a straight line, no gap", &|k| 0.05 + 0.01 * at(k)),
            moved("a bowl, no gap", &|k| 0.05 + 0.05 * (at(k) - 0.5).powi(2)),
            moved("four equal humps of 0.008", &humps(0.008)),
            moved("four equal humps of 0.003", &humps(0.003)),
            moved("a plateau of 0.008", &plateau),
        ]
    }

    fn logistic(name: &str, bends: f64, dip: f64, margin: f64) -> Population {
        let mut rng = rng(0, "population");
        let mut normal = move || -> f64 { StandardNormal.sample(&mut rng) };
        let mut losses = Array2::zeros((N_POINTS, N));
        for mut example in losses.columns_mut() {
            let a = margin + 2.2 * normal();
            let b = 0.8 * a + 0.36 * (margin + 2.2 * normal()) + 0.3;
            let bend = [normal(), normal(), normal()];
            let lost = dip * normal().abs();
            for (k, loss) in example.iter_mut().enumerate() {
                let t = k as f64 / 10.0;
                let waves = bend.iter().enumerate();
                let waves: f64 =
                    waves.map(|(q, w)| w * (std::f64::consts::PI * (q + 1) as f64 * t).sin()).sum();
                let margin = t * a + (1.0 - t) * b + bends * waves - lost * 4.0 * t * (1.0 - t);
                *loss = softplus(-margin) as f32;
            }
        }
        Population { name: name.to_owned(), losses }
    }

    /// Returns a population with a hill that one example in a hundred makes.
    fn rare() -> Population {
        let mut rng = rng(0, "rare");
        let mut losses = Array2::zeros((N_POINTS, N));
        for mut example in losses.columns_mut() {
            let margin = 6.0 + 1.5 * Distribution::<f64>::sample(&StandardNormal, &mut rng);
            let lost = if rng.random_bool(0.01) {
                8.0 + 2.0 * Distribution::<f64>::sample(&StandardNormal, &mut rng)
            } else {
                0.0
            };
            for (k, loss) in example.iter_mut().enumerate() {
                let t = k as f64 / 10.0;
                *loss = softplus(lost * 4.0 * t * (1.0 - t) - margin) as f32;
            }
        }
        Population { name: "a hill that 1 % of the examples make".to_owned(), losses }
    }

    fn with_means(mut self, curve: &dyn Fn(usize) -> f64) -> Population {
        let means = self.means();
        for (k, mut point) in self.losses.axis_iter_mut(Axis(0)).enumerate() {
            let by = (curve(k) - means[k]) as f32;
            point.mapv_inplace(|loss| loss + by);
        }
        self
    }
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
