//! The directions in which a training run moved most (Li et al. 2018, section 7).

use tch::{Device, Kind, Tensor};

use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};

/// The first two principal components of the checkpoints of a training run.
#[derive(Debug)]
pub struct Principal {
    /// The components, each of length 1, `[n_parameters]` f32.
    pub axes: [Tensor; 2],
    /// The share of the variance of the checkpoints along each.
    pub shares: [f64; 2],
    /// The place of each checkpoint before the last along both, seen from the last, in Euclidean distances.
    pub places: Vec<[f64; 2]>,
}

impl Principal {
    /// Returns the components of the differences of `checkpoints`, in the order of training, from `last`. The
    /// first checkpoint lies on the positive side of both axes.
    ///
    /// All checkpoints lie in memory at once, three times.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than three checkpoints before the last, or for checkpoints on
    /// one line; [`LmcError::ShapeMismatch`] for different layouts; [`LmcError::Torch`].
    pub fn of(checkpoints: &[Weights], last: &Weights) -> Result<Self> {
        let few = |got: String| {
            LmcError::invalid(
                "checkpoints",
                got,
                "at least three before the last that are not on one line; keep more of them",
            )
        };
        if checkpoints.len() < 3 {
            return Err(few(format!("{} before the last", checkpoints.len())));
        }
        let n = last.layout().n_parameters();
        let rows = Tensor::f_empty([checkpoints.len() as i64, n], (Kind::Float, Device::Cpu))?;
        for (i, checkpoint) in checkpoints.iter().enumerate() {
            Weights::same_layout(checkpoint, last)?;
            let mut row = rows.f_select(0, i as i64)?;
            row.f_copy_(&checkpoint.theta().f_sub(last.theta())?)?;
        }
        let centred = &rows - rows.f_mean_dim([0].as_slice(), true, Kind::Float)?;
        // The components are combinations of the rows, so a matrix of their products is decomposed, not one
        // of the parameters.
        let (values, vectors) = products(&centred, &centred)?.f_linalg_eigh("U")?;
        let n = checkpoints.len() as i64;
        let total = values.f_clamp_min(0.0)?.f_sum(Kind::Double)?.f_double_value(&[])?;
        let axis = |k: i64| -> Result<(Tensor, f64)> {
            let value = values.f_double_value(&[n - 1 - k])?;
            if value <= total * 1e-9 || !value.is_finite() {
                return Err(few("checkpoints on one line".into()));
            }
            let weights = vectors.f_select(1, n - 1 - k)?.f_to_kind(Kind::Float)?;
            let axis = weights.f_unsqueeze(0)?.f_matmul(&centred)?.f_squeeze_dim(0)?;
            let length = axis.f_norm()?.f_double_value(&[])?;
            let first = products(&rows.f_narrow(0, 0, 1)?, &axis.f_unsqueeze(0)?)?.f_double_value(&[0, 0])?;
            Ok((axis * (if first < 0.0 { -1.0 } else { 1.0 } / length), value / total))
        };
        let ((first, share), (second, other)) = (axis(0)?, axis(1)?);
        let axes = Tensor::f_stack(&[&first, &second], 0)?;
        let along = products(&rows, &axes)?;
        let places =
            (0..n).map(|row| Ok([along.f_double_value(&[row, 0])?, along.f_double_value(&[row, 1])?]));
        Ok(Self { axes: [first, second], shares: [share, other], places: places.collect::<Result<_>>()? })
    }
}

/// Returns the products of each two rows, `[a, n] x [b, n] -> [a, b]` f64.
fn products(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let rows = |of: &Tensor| (0..of.size()[0]).map(|i| of.f_select(0, i)).collect::<Result<Vec<_>, _>>();
    let (a, b) = (rows(a)?, rows(b)?);
    let mut values = Vec::new();
    for x in &a {
        let x = x.f_to_kind(Kind::Double)?;
        for y in &b {
            values.push(x.f_dot(&y.f_to_kind(Kind::Double)?)?.f_double_value(&[])?);
        }
    }
    Ok(Tensor::f_from_slice(&values)?.f_view([a.len() as i64, b.len() as i64])?)
}
