//! The line between two models, over all parameters or some of them.

use std::ops::Range;

use tch::{Kind, Tensor};

use super::Weights;
use lmc_base::error::Result;

impl Weights {
    /// Returns `alpha * a + (1 - alpha) * b` over all parameters, head included (Juneja et al. 2023, Eq. 1).
    ///
    /// # Errors
    /// [`InvalidParameter`](lmc_base::error::LmcError::InvalidParameter) if the two have different layouts.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use std::sync::Arc;
    /// use lmc::model::{Layout, Weights};
    /// use tch::Tensor;
    /// let mut layout = Layout::default();
    /// layout.push("w", &[2]);
    /// let layout = Arc::new(layout);
    /// let weights = |values: [f32; 2]| Weights::new(layout.clone(), Tensor::from_slice(&values));
    /// let (a, b) = (weights([4.0, 0.0])?, weights([0.0, 3.0])?);
    /// let point = Weights::lerp(&a, &b, 0.25)?;
    /// assert_eq!(Vec::<f32>::try_from(point.theta()).unwrap(), [1.0, 2.25]);
    /// assert_eq!(Weights::distance(&a, &b)?, 5.0);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn lerp(a: &Self, b: &Self, alpha: f64) -> Result<Self> {
        Self::same_layout(a, b)?;
        let theta = match alpha {
            1.0 => a.theta.copy(),
            0.0 => b.theta.copy(),
            _ => b.theta.lerp(&a.theta, alpha),
        };
        Ok(Self { layout: a.layout.clone(), theta })
    }

    /// Returns `a` with `alpha * a + (1 - alpha) * b` in some places of theta alone, such as those of a
    /// [`Part`](crate::model::Part).
    ///
    /// # Errors
    /// The error of [`Weights::lerp`], and one of libtorch for places beyond the end.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use std::sync::Arc;
    /// use lmc::model::{Layout, Weights};
    /// use tch::Tensor;
    /// let mut layout = Layout::default();
    /// layout.push("w", &[4]);
    /// let layout = Arc::new(layout);
    /// let weights = |values: [f32; 4]| Weights::new(layout.clone(), Tensor::from_slice(&values));
    /// let (a, b) = (weights([1.0, 2.0, 3.0, 4.0])?, weights([5.0, 6.0, 7.0, 8.0])?);
    /// let point = Weights::lerp_in(&a, &b, 0.5, &[0..1, 2..3])?;
    /// assert_eq!(Vec::<f32>::try_from(point.theta()).unwrap(), [3.0, 2.0, 5.0, 4.0]);
    /// assert_eq!(Weights::distance_in(&a, &b, &[0..1])?, 4.0);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn lerp_in(a: &Self, b: &Self, alpha: f64, spans: &[Range<i64>]) -> Result<Self> {
        Self::same_layout(a, b)?;
        let theta = a.theta.copy();
        for span in spans {
            let [own, other] = a.both(b, span)?;
            let moved = if alpha == 0.0 { other } else { other.f_lerp(&own, alpha)? };
            theta.f_narrow(0, span.start, span.end - span.start)?.f_copy_(&moved)?;
        }
        Ok(Self { layout: a.layout.clone(), theta })
    }

    /// Returns the Euclidean distance of the two vectors over some places of theta alone.
    ///
    /// # Errors
    /// The errors of [`Weights::lerp_in`].
    pub fn distance_in(a: &Self, b: &Self, spans: &[Range<i64>]) -> Result<f64> {
        Self::same_layout(a, b)?;
        let mut squares = 0.0;
        for span in spans {
            let [own, other] = a.both(b, span)?.map(|part| part.to_kind(Kind::Double));
            squares += (own - other).norm().double_value(&[]).powi(2);
        }
        Ok(squares.sqrt())
    }

    /// Returns the same places of the two vectors.
    fn both(&self, other: &Self, span: &Range<i64>) -> Result<[Tensor; 2]> {
        let part = |weights: &Self| weights.theta.f_narrow(0, span.start, span.end - span.start);
        Ok([part(self)?, part(other)?])
    }

    /// Returns the Euclidean distance of the two vectors over all parameters.
    ///
    /// # Errors
    /// [`InvalidParameter`](lmc_base::error::LmcError::InvalidParameter) if the two have different layouts.
    pub fn distance(a: &Self, b: &Self) -> Result<f64> {
        Self::same_layout(a, b)?;
        let difference = a.theta.to_kind(Kind::Double) - b.theta.to_kind(Kind::Double);
        Ok(difference.norm().double_value(&[]))
    }
}
