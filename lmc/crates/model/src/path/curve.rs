//! Curves between two models with control points of their own (Garipov et al. 2018, section 3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Combination;
use lmc_base::error::{LmcError, Result};

/// The form of a curve between two models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveKind {
    /// A polygonal chain with that many bends; without a bend it is the straight line.
    Chain {
        /// The number of control points between the models.
        n_bends: u32,
    },
    /// A quadratic Bezier curve, which has one control point.
    Bezier,
}

impl fmt::Display for CurveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl CurveKind {
    /// The most bends of a chain.
    pub const MOST_BENDS: u32 = 20;

    /// Returns the name in tables: "line", "chain" or "bezier".
    pub fn name(&self) -> &'static str {
        match self {
            Self::Chain { n_bends: 0 } => "line",
            Self::Chain { .. } => "chain",
            Self::Bezier => "bezier",
        }
    }

    /// Returns the control points between the two models.
    pub fn n_inner(&self) -> usize {
        match self {
            Self::Chain { n_bends } => *n_bends as usize,
            Self::Bezier => 1,
        }
    }

    /// Checks that there are not too many bends.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`].
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::Chain { n_bends } if n_bends > Self::MOST_BENDS => {
                Err(LmcError::invalid("curve.n_bends", n_bends, format!("at most {}", Self::MOST_BENDS)))
            }
            _ => Ok(()),
        }
    }

    /// Returns the point at `t` in [0, 1] as a combination of the control points: the first model, which is
    /// the point at 1, then those between, then the second model, the point at 0.
    pub fn at(&self, t: f64) -> Combination {
        match self {
            Self::Chain { n_bends } => {
                let n_segments = *n_bends + 1;
                let place = t.clamp(0.0, 1.0) * f64::from(n_segments);
                let from_end = (place.floor() as u32).min(*n_bends) as usize;
                let share = place - from_end as f64;
                let start = n_segments as usize - from_end;
                let mut weights = vec![0.0; n_segments as usize + 1];
                weights[start] = 1.0 - share;
                weights[start - 1] = share;
                Combination(weights)
            }
            Self::Bezier => Combination(vec![t * t, 2.0 * t * (1.0 - t), (1.0 - t) * (1.0 - t)]),
        }
    }

    /// Returns the points at which the control points between the models start: equally spaced on the
    /// straight line, as weights of the two.
    pub fn starts(&self) -> Vec<Combination> {
        let n = self.n_inner();
        (1..=n).map(|i| Combination::on_line(1.0 - i as f64 / (n + 1) as f64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_the_models_and_weights_sum_to_one() {
        for kind in [CurveKind::Chain { n_bends: 0 }, CurveKind::Chain { n_bends: 3 }, CurveKind::Bezier] {
            assert_eq!(kind.at(1.0).vertex(), Some(0), "{kind:?}");
            assert_eq!(kind.at(0.0).vertex(), Some(kind.n_inner() + 1), "{kind:?}");
            for k in 0..=50 {
                let point = kind.at(f64::from(k) / 50.0);
                assert_eq!(point.weights().len(), kind.n_inner() + 2);
                Combination::new(point.weights().to_vec()).unwrap();
            }
        }
    }

    #[test]
    fn a_chain_passes_its_bends_and_is_the_chain_of_steps() {
        let kind = CurveKind::Chain { n_bends: 1 };
        assert_eq!(kind.at(0.5).vertex(), Some(1));
        assert_eq!(kind.at(0.25).weights(), [0.0, 0.5, 0.5]);
        assert_eq!(kind.at(0.875).weights(), [0.75, 0.25, 0.0]);
        let steps: Vec<Combination> = (0..=8).map(|k| kind.at(f64::from(k) / 8.0)).collect();
        assert_eq!(steps, Combination::chain(3, 4));
        assert_eq!(CurveKind::Chain { n_bends: 0 }.at(0.25), Combination::on_line(0.25));
    }

    #[test]
    fn a_bezier_curve_by_hand() {
        assert_eq!(CurveKind::Bezier.at(0.5).weights(), [0.25, 0.5, 0.25]);
        assert_eq!(CurveKind::Bezier.at(0.25).weights(), [0.0625, 0.375, 0.5625]);
    }

    #[test]
    fn every_curve_starts_as_the_straight_line() {
        for kind in [CurveKind::Chain { n_bends: 2 }, CurveKind::Bezier] {
            // Positions of the control points on the line, from 1 at the first model to 0 at the second.
            let mut places = vec![1.0];
            places.extend(kind.starts().iter().map(|start| start.weights()[0]));
            places.push(0.0);
            for k in 0..=20 {
                let t = f64::from(k) / 20.0;
                let place: f64 = kind.at(t).weights().iter().zip(&places).map(|(w, p)| w * p).sum();
                assert!((place - t).abs() < 1e-12, "{kind:?} at {t}: {place}");
            }
        }
    }

    #[test]
    fn names_and_limits() {
        let chain = |n_bends| CurveKind::Chain { n_bends };
        assert_eq!([chain(0), chain(2), CurveKind::Bezier].map(|k| k.name()), ["line", "chain", "bezier"]);
        assert!(chain(21).check().unwrap_err().to_string().starts_with("`curve.n_bends`: got 21"));
        assert!(chain(20).check().is_ok() && CurveKind::Bezier.check().is_ok());
    }
}
