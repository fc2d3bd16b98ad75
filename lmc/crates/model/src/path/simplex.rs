//! Points of a simplex: convex combinations of several models, none of whose weights is negative.

use rand_distr::{Distribution, Gamma};

use super::Combination;
use lmc_base::error::{LmcError, Result};

/// Concentrations beyond these draw nothing but corners or nothing but the centre, up to rounding.
const CONCENTRATIONS: std::ops::RangeInclusive<f64> = 0.01..=1000.0;

impl Combination {
    /// Returns the point with equal weights: the centre of the simplex of that many models, their uniform
    /// average.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Combination;
    /// assert_eq!(Combination::centre(4).weights(), [0.25; 4]);
    /// ```
    pub fn centre(n_models: usize) -> Self {
        Self(vec![1.0 / n_models as f64; n_models])
    }

    /// Returns `n_points` independent draws from the symmetric Dirichlet distribution over the simplex of
    /// `n_models`.
    ///
    /// A `concentration` of 1 is flat: every part of the simplex is as likely as its volume says. Below 1
    /// points come near faces and corners, above 1 near the centre. The same arguments give the same points,
    /// and a longer draw begins with the shorter one.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than 2 models or a concentration outside \[0.01, 1000\].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Combination;
    /// let points = Combination::dirichlet(3, 100, 1.0, 0)?;
    /// assert!(points.iter().all(|point| (point.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn dirichlet(n_models: usize, n_points: usize, concentration: f64, seed: u64) -> Result<Vec<Self>> {
        if n_models < 2 {
            return Err(LmcError::invalid("models", n_models, "at least 2 to lie between them"));
        }
        let expected = || format!("{} to {}", CONCENTRATIONS.start(), CONCENTRATIONS.end());
        let refused = || LmcError::invalid("concentration", concentration, expected());
        if !CONCENTRATIONS.contains(&concentration) {
            return Err(refused());
        }
        // Independent gammas over their sum.
        let gamma = Gamma::new(concentration, 1.0).map_err(|_| refused())?;
        let mut rng = lmc_base::seed::rng(seed, &format!("dirichlet over {n_models}"));
        let mut points = Vec::new();
        while points.len() < n_points {
            let draws: Vec<f64> = (0..n_models).map(|_| gamma.sample(&mut rng)).collect();
            let sum: f64 = draws.iter().sum();
            // With a small concentration all draws may be too small for a float: no direction is left in
            // them.
            if sum > f64::MIN_POSITIVE {
                points.push(Self(draws.into_iter().map(|draw| draw / sum).collect()));
            }
        }
        Ok(points)
    }

    /// Returns the points inside the simplex of `n_models` whose weights are whole multiples of `1 /
    /// n_steps`, none of them 0; their number is (`n_steps` - 1) over (`n_models` - 1).
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Combination;
    /// let points = Combination::lattice(3, 4);
    /// let weights: Vec<&[f64]> = points.iter().map(Combination::weights).collect();
    /// assert_eq!(weights, [[0.25, 0.25, 0.5], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]]);
    /// ```
    pub fn lattice(n_models: usize, n_steps: usize) -> Vec<Self> {
        let mut begun: Vec<Vec<usize>> = vec![Vec::new()];
        for left in (0..n_models).rev() {
            begun = begun
                .into_iter()
                .flat_map(|counts| {
                    let rest = n_steps.saturating_sub(counts.iter().sum());
                    // The last weight is the rest; each one before leaves at least one step for each after
                    // it.
                    let choices = if left == 0 { rest.max(1)..=rest } else { 1..=rest.saturating_sub(left) };
                    choices.map(move |count| counts.iter().copied().chain([count]).collect::<Vec<usize>>())
                })
                .collect();
        }
        let weight = |count: usize| count as f64 / n_steps as f64;
        begun.into_iter().map(|counts| Self(counts.into_iter().map(weight).collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_maths::stats::mean;

    #[test]
    fn draws_are_points_of_the_simplex_and_the_same_every_time() {
        for (n_models, concentration) in [(2, 1.0), (3, 0.01), (8, 1.0), (16, 30.0)] {
            let points = Combination::dirichlet(n_models, 60, concentration, 4).unwrap();
            assert_eq!(points.len(), 60);
            for point in &points {
                Combination::new(point.weights().to_vec()).unwrap();
                assert!(point.weights().len() == n_models && point.weights().iter().all(|&w| w >= 0.0));
            }
            let again = |n, seed| Combination::dirichlet(n_models, n, concentration, seed).unwrap();
            assert_eq!(again(60, 4), points);
            assert_eq!(again(7, 4), points[..7]);
            assert_ne!(again(60, 5), points);
        }
    }

    /// A weight of a symmetric Dirichlet draw over k models has mean 1/k and variance (k - 1) / (k^2 (k c +
    /// 1)).
    #[test]
    fn draws_have_the_moments_of_the_distribution() {
        for (k, c) in [(3usize, 1.0), (5, 0.5), (4, 6.0)] {
            let points = Combination::dirichlet(k, 20_000, c, 0).unwrap();
            let first: Vec<f64> = points.iter().map(|point| point.weights()[0]).collect();
            let centre = 1.0 / k as f64;
            let variance = mean(&first.iter().map(|w| (w - centre).powi(2)).collect::<Vec<_>>()).unwrap();
            let expected = (k - 1) as f64 / ((k * k) as f64 * (k as f64 * c + 1.0));
            assert!((mean(&first).unwrap() - centre).abs() < 0.01, "k {k}");
            assert!((variance / expected - 1.0).abs() < 0.05, "k {k}: {variance}, expected {expected}");
        }
    }

    #[test]
    fn a_lattice_has_every_inner_point_once() {
        for (n_models, n_steps, expected) in
            [(2, 10, 9), (3, 6, 10), (4, 6, 10), (5, 5, 1), (3, 2, 0), (1, 3, 1)]
        {
            let points = Combination::lattice(n_models, n_steps);
            assert_eq!(points.len(), expected, "{n_models} models, {n_steps} steps");
            for (i, point) in points.iter().enumerate() {
                Combination::new(point.weights().to_vec()).unwrap();
                assert!(point.weights().iter().all(|&w| w > 0.0) && !points[..i].contains(point));
            }
        }
        assert!(Combination::lattice(3, 6).contains(&Combination::new(vec![2.0 / 6.0; 3]).unwrap()));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let message = |k, c| Combination::dirichlet(k, 1, c, 0).unwrap_err().to_string();
        assert!(message(1, 1.0).starts_with("`models`: got 1"));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.001] {
            assert!(message(3, bad).starts_with("`concentration`: got"), "{bad}");
        }
    }
}
