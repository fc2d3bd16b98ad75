use super::Note;
use crate::gap::GapMatrix;
use crate::stats::standard_deviation;
use lmc_base::error::{LmcError, Result};
use ndarray::Array2;
use std::{fmt, str::FromStr};

/// The gap at which similarity has fallen to exp(-1/2): the width of the Gaussian kernel in [`affinity`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Delta {
    /// 1 nat per example, as in the paper. This is right for gaps near or above 1. If all gaps are small,
    /// every pair becomes almost equally similar.
    Paper,
    /// A given width, finite and above 0.
    Fixed(f64),
    /// The population standard deviation of the off-diagonal gaps, so that the scale of the losses does not
    /// matter, but at least a quarter of the smallest gap. Otherwise, gaps that differ by a few per cent
    /// would all be many deviations wide, and no two models would be similar.
    #[default]
    Auto,
}

impl FromStr for Delta {
    type Err = LmcError;

    /// Returns the width that is written as `paper`, `auto` or a number.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`].
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || LmcError::invalid("delta", text, "paper, auto or a number above 0");
        match text {
            "paper" => Ok(Self::Paper),
            "auto" => Ok(Self::Auto),
            number => match number.parse() {
                Ok(width) if width > 0.0 && f64::is_finite(width) => Ok(Self::Fixed(width)),
                _ => Err(wrong()),
            },
        }
    }
}

/// Similarities of all pairs of models and the width that gave them.
#[derive(Clone, PartialEq)]
pub struct Affinity {
    /// The width of the kernel, in the unit of the gaps.
    pub delta: f64,
    /// exp(-gap^2 / (2 delta^2)), \[n_models, n_models\]: 1 on the diagonal, from 0 to 1 elsewhere.
    pub values: Array2<f64>,
}

impl fmt::Debug for Affinity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Affinity({} models, delta {})", self.values.nrows(), self.delta)
    }
}

/// Returns the similarities exp(-gap^2 / (2 delta^2)) of all pairs of models.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if the fixed width is not a finite number above 0, if [`Delta::Auto`] finds
/// all gaps equal, or if `gaps` would not pass [`GapMatrix::new`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{Delta, affinity};
/// use lmc::gap::{GapMatrix, Measure};
/// let models = ["a", "b"].map(String::from).to_vec();
/// let gaps = GapMatrix::new(models, Measure::ConvexityGap, ndarray::array![[0.0, 0.2], [0.2, 0.0]])?;
/// let similar = affinity(&gaps, Delta::Fixed(0.2))?.values[[0, 1]];
/// assert!((similar - (-0.5_f64).exp()).abs() < 1e-12);
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Juneja et al. 2023, section 4.1.
pub fn affinity(gaps: &GapMatrix, delta: Delta) -> Result<Affinity> {
    gaps.check()?;
    let off_diagonal: Vec<f64> = gaps.pairs().into_iter().map(|(_, _, gap)| gap).collect();
    if delta == Delta::Auto && off_diagonal.iter().all(|gap| *gap == off_diagonal[0]) {
        let expected = "gaps that differ, or a fixed width: equal gaps have no standard deviation";
        return Err(LmcError::invalid("delta", format!("auto, all gaps {}", off_diagonal[0]), expected));
    }
    let (delta, _) = kernel_width(&off_diagonal, delta)?;
    Ok(Affinity { delta, values: similarities(&gaps.values, delta) })
}

/// The largest gap, in widths, that [`Delta::Auto`] allows the pair with the smallest gap: its similarity is
/// then 0.0003.
const MOST_WIDTHS: f64 = 4.0;

/// Returns the checked width of the kernel, and a note about it if there is one. `gaps` holds the gaps of
/// different models, each pair once. If all gaps are 0, the width of [`Delta::Auto`] is 0.
pub(super) fn kernel_width(gaps: &[f64], delta: Delta) -> Result<(f64, Option<Note>)> {
    let delta = match delta {
        Delta::Paper => 1.0,
        Delta::Fixed(width) => width,
        Delta::Auto => {
            let deviation = standard_deviation(gaps)?;
            let least = gaps.iter().copied().fold(f64::INFINITY, f64::min) / MOST_WIDTHS;
            let note = Note::Widened { deviation, delta: least };
            return Ok(if least > deviation { (least, Some(note)) } else { (deviation, None) });
        }
    };
    if !delta.is_finite() || delta <= 0.0 {
        return Err(LmcError::invalid("delta", delta, "a finite number above 0"));
    }
    Ok((delta, None))
}

/// Returns exp(-gap^2 / (2 delta^2)) of every gap.
pub(super) fn similarities(gaps: &Array2<f64>, delta: f64) -> Array2<f64> {
    gaps.mapv(|gap| (-0.5 * (gap / delta).powi(2)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gap::Measure;
    use ndarray::array;

    fn gaps(values: Array2<f64>) -> GapMatrix {
        let models = (0..values.nrows()).map(|i| format!("m{i}")).collect();
        GapMatrix::new(models, Measure::ConvexityGap, values).unwrap()
    }

    #[test]
    fn hand_computed() {
        let gaps = gaps(array![[0.0, 2.0, 4.0], [2.0, 0.0, 3.0], [4.0, 3.0, 0.0]]);
        let paper = affinity(&gaps, Delta::Paper).unwrap();
        assert_eq!(paper.values[[0, 1]], (-2.0f64).exp());
        assert_eq!(paper.values.diag(), array![1.0, 1.0, 1.0]);
        assert_eq!(affinity(&gaps, Delta::Fixed(2.0)).unwrap().values[[0, 2]], (-2.0f64).exp());
        // Mean 3, deviations -1, 1, 0.
        let auto = affinity(&gaps, Delta::Auto).unwrap();
        assert!((auto.delta - (2.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(format!("{paper:?}"), "Affinity(3 models, delta 1)");
    }

    #[test]
    fn auto_does_not_depend_on_the_scale_of_the_losses() {
        let values = array![[0.0, 2.0, 4.0], [2.0, 0.0, 3.0], [4.0, 3.0, 0.0]];
        let one = affinity(&gaps(values.clone()), Delta::Auto).unwrap();
        let other = affinity(&gaps(values * 1e-3), Delta::Auto).unwrap();
        assert!((one.values - other.values).iter().all(|difference| difference.abs() < 1e-12));
    }

    #[test]
    fn gaps_of_one_size_do_not_leave_every_model_alone() {
        // Deviations of 0.01 from 1: by themselves a hundred of them make a similarity of exp(-5000).
        let near = gaps(array![[0.0, 0.99, 1.01], [0.99, 0.0, 1.01], [1.01, 1.01, 0.0]]);
        let auto = affinity(&near, Delta::Auto).unwrap();
        assert_eq!(auto.delta, 0.99 / 4.0);
        assert_eq!(auto.values[[0, 1]], (-8.0f64).exp());
        let (delta, note) = kernel_width(&[0.99, 1.01, 1.01], Delta::Auto).unwrap();
        assert!(
            matches!(note, Some(Note::Widened { delta: width, deviation }) if width == delta && deviation < 0.01)
        );
        assert_eq!(kernel_width(&[1.0, 2.0], Delta::Auto).unwrap(), (0.5, None));
        assert_eq!(kernel_width(&[0.0, 0.0], Delta::Auto).unwrap(), (0.0, None));
    }

    #[test]
    fn bad_widths_are_typed_errors() {
        let gaps = gaps(array![[0.0, 0.1, 0.1], [0.1, 0.0, 0.1], [0.1, 0.1, 0.0]]);
        for delta in [Delta::Fixed(0.0), Delta::Fixed(-1.0), Delta::Fixed(f64::NAN), Delta::Auto] {
            let result = affinity(&gaps, delta);
            assert!(matches!(result, Err(LmcError::InvalidParameter { field: "delta", .. })), "{delta:?}");
        }
        let mut changed = gaps.clone();
        changed.values[[0, 1]] = 9.0;
        assert!(matches!(
            affinity(&changed, Delta::Paper),
            Err(LmcError::InvalidParameter { field: "values", .. })
        ));
    }
}
