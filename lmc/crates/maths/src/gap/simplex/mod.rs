//! Convexity for more than two models: the rise of a loss surface above its chords over a simplex.
//!
//! A set of models is an eps-convex basin if L(sum a_k theta_k) <= sum a_k L(theta_k) + eps for all convex
//! combinations of points in their hull (Juneja et al. 2023, Eq. 2). Convex lines between all pairs are
//! necessary for that and not sufficient.

use lmc_base::error::{LmcError, Result};

/// The share of the largest loss below which reduced costs and pivots count as zero.
const ROUNDING: f64 = 1e-11;

/// Returns how far the loss at a convex combination lies above the combination of the losses, in nats per
/// example: L(sum a_k theta_k) - sum a_k L(theta_k), negative if it lies below.
///
/// `weights`: the a_k; `corners`: the loss of each model.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if there is not one weight for each model; [`LmcError::NonFiniteLoss`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::gap::excess_loss;
/// assert_eq!(excess_loss(2.0, &[0.5, 0.25, 0.25], &[1.0, 2.0, 4.0])?, 0.0);
/// assert_eq!(excess_loss(2.5, &[0.5, 0.5], &[1.0, 2.0])?, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn excess_loss(loss: f64, weights: &[f64], corners: &[f64]) -> Result<f64> {
    if weights.len() != corners.len() {
        let (got, expected) = (vec![corners.len()], vec![weights.len()]);
        return Err(LmcError::ShapeMismatch { what: "losses of the corners".into(), got, expected });
    }
    let excess = loss - weights.iter().zip(corners).map(|(weight, corner)| weight * corner).sum::<f64>();
    if excess.is_finite() {
        return Ok(excess);
    }
    let position = "a point of the simplex or one of its corners".to_owned();
    Err(LmcError::NonFiniteLoss { what: "loss surface".into(), value: excess, position })
}

/// Returns how far each sampled point of a simplex lies above the lower convex envelope of all of them, in
/// nats per example and at least 0.
///
/// `points`: the weights of each, `[n_points][n_models]`, including the corners themselves; `losses`: the
/// loss at each. The envelope at a point is the smallest loss of a convex combination of sampled points at
/// that place, found by linear programming. On a line the largest height is the
/// [`convexity_gap`](super::convexity_gap), whose sub-segments become sub-simplices here.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for another number of losses, or of weights in a point;
/// [`LmcError::InvalidParameter`] for weights that are negative or do not sum to 1, or a corner that is
/// missing; [`LmcError::NonFiniteLoss`] naming the point.
///
/// # Reference
/// Juneja et al. 2023, Eq. 2; the simplex method with the rule of Bland 1977.
///
/// # Examples
/// In the example, a hill stands in the middle of a triangle whose sides are level: every line is convex, but
/// the set is not.
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::gap::{convexity_gap, simplex_gap};
/// let loss = |w: &[f64]| 0.5 + 27.0 * w[0] * w[1] * w[2];
/// let corners = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
/// let side = |a: [f64; 3], b: [f64; 3]| {
///     let at = |t: f64| [0, 1, 2].map(|i| t * a[i] + (1.0 - t) * b[i]);
///     convexity_gap(&[0.0, 0.25, 0.5, 0.75, 1.0].map(|t| loss(&at(t))))
/// };
/// assert_eq!(side(corners[0], corners[1])?, 0.0);
/// assert_eq!(side(corners[0], corners[2])?, 0.0);
/// assert_eq!(side(corners[1], corners[2])?, 0.0);
///
/// // The points inside, in steps of a sixth.
/// let inner = (1..5).flat_map(|i| (1..6 - i).map(move |j| [i, j, 6 - i - j].map(|n| f64::from(n) / 6.0)));
/// let all: Vec<[f64; 3]> = corners.into_iter().chain(inner).collect();
/// let points: Vec<&[f64]> = all.iter().map(|w| &w[..]).collect();
/// let losses: Vec<f64> = points.iter().map(|w| loss(w)).collect();
/// assert!((simplex_gap(&points, &losses)? - 1.0).abs() < 1e-12);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn heights_above_envelope(points: &[&[f64]], losses: &[f64]) -> Result<Vec<f64>> {
    heights_from(points, losses, 0)
}

/// Returns the heights of the points from number `first` on.
#[doc(hidden)]
pub fn heights_from(points: &[&[f64]], losses: &[f64], first: usize) -> Result<Vec<f64>> {
    let corners = check(points, losses)?;
    let start = Tableau::new(points, losses, &corners);
    let heights = points.iter().zip(losses).skip(first);
    Ok(heights.map(|(point, loss)| (loss - start.envelope_at(point)).max(0.0)).collect())
}

/// Returns the convexity gap of a loss surface that was sampled on a simplex, in nats per example: the
/// largest of [`heights_above_envelope`]. No eps of an eps-convex basin can lie below it.
///
/// # Errors
/// The errors of [`heights_above_envelope`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // The centre of three models lies 1 above its corners.
/// let (third, corners) = (1.0 / 3.0, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
/// let points = [&corners[0][..], &corners[1], &corners[2], &[third; 3]];
/// assert!((lmc::gap::simplex_gap(&points, &[1.0, 1.0, 1.0, 2.0])? - 1.0).abs() < 1e-12);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn simplex_gap(points: &[&[f64]], losses: &[f64]) -> Result<f64> {
    Ok(heights_above_envelope(points, losses)?.into_iter().fold(0.0, f64::max))
}

/// Returns the number of each corner among the points, after checking them.
fn check(points: &[&[f64]], losses: &[f64]) -> Result<Vec<usize>> {
    let n_models = points.first().map_or(0, |point| point.len());
    let shape = |what: &str, got, expected| LmcError::ShapeMismatch { what: what.into(), got, expected };
    if points.len() != losses.len() {
        return Err(shape("losses of the points", vec![losses.len()], vec![points.len()]));
    }
    for (i, (point, &loss)) in points.iter().zip(losses).enumerate() {
        if point.len() != n_models {
            return Err(shape("weights of a point", vec![point.len()], vec![n_models]));
        }
        // NaN fails too.
        let is_inside = point.iter().all(|&w| w >= 0.0) && (point.iter().sum::<f64>() - 1.0).abs() <= 1e-9;
        if !is_inside {
            return Err(LmcError::invalid(
                "weights",
                format!("{point:?}"),
                "numbers of at least 0 that sum to 1",
            ));
        }
        if !loss.is_finite() {
            let (what, position) = ("loss surface".to_owned(), format!("point {i} of {}", points.len()));
            return Err(LmcError::NonFiniteLoss { what, value: loss, position });
        }
    }
    let corner = |model: usize| {
        let found = points
            .iter()
            .position(|point| point.iter().enumerate().all(|(i, &w)| w == f64::from(u8::from(i == model))));
        let got = || format!("no point that is model {model} itself");
        found.ok_or_else(|| LmcError::invalid("points", got(), "all corners of the simplex among them"))
    };
    if n_models == 0 {
        return Err(LmcError::invalid("points", "none", "at least the corners of a simplex"));
    }
    (0..n_models).map(corner).collect()
}

/// The linear program of the envelope: the least sum of a_j L_j over a_j >= 0 with sum a_j p_j = p.
///
/// With the corners as basis, the matrix of their columns is the identity, so every program starts from the
/// same tableau.
#[derive(Clone)]
struct Tableau {
    /// One row for each model, one column for each point.
    rows: Vec<Vec<f64>>,
    /// The loss of each point minus that of the combination of the basis at its place.
    reduced: Vec<f64>,
    /// The loss of each point.
    losses: Vec<f64>,
    /// The point of each row.
    basis: Vec<usize>,
    /// The size up to which a negative number counts as zero.
    rounding: f64,
}

impl Tableau {
    fn new(points: &[&[f64]], losses: &[f64], corners: &[usize]) -> Self {
        let rows: Vec<Vec<f64>> =
            (0..corners.len()).map(|model| points.iter().map(|point| point[model]).collect()).collect();
        let chord =
            |j: usize| corners.iter().zip(&rows).map(|(&corner, row)| losses[corner] * row[j]).sum::<f64>();
        let reduced = losses.iter().enumerate().map(|(j, loss)| loss - chord(j)).collect();
        let rounding = ROUNDING * losses.iter().fold(f64::MIN_POSITIVE, |most, loss| most.max(loss.abs()));
        Self { rows, reduced, losses: losses.to_vec(), basis: corners.to_vec(), rounding }
    }

    /// Returns the least loss of a convex combination of the points at that place.
    fn envelope_at(&self, place: &[f64]) -> f64 {
        let (mut tableau, mut shares) = (self.clone(), place.to_vec());
        // Bland's rule: the first column that is too cheap enters, and of rows that tie, the one of the first
        // point leaves. No basis occurs twice.
        while let Some(entering) = tableau.reduced.iter().position(|&cost| cost < -tableau.rounding) {
            let ratios = (0..shares.len()).filter(|&row| tableau.rows[row][entering] > ROUNDING);
            let ratio = |row: usize| shares[row] / tableau.rows[row][entering];
            let leaving = ratios
                .min_by(|&a, &b| ratio(a).total_cmp(&ratio(b)).then(tableau.basis[a].cmp(&tableau.basis[b])));
            // The shares sum to 1, so some row bounds them.
            let Some(leaving) = leaving else { break };
            tableau.pivot(leaving, entering, &mut shares);
        }
        tableau.basis.iter().zip(&shares).map(|(&point, share)| share * tableau.losses[point]).sum()
    }

    fn pivot(&mut self, leaving: usize, entering: usize, shares: &mut [f64]) {
        let pivot = self.rows[leaving][entering];
        self.rows[leaving].iter_mut().for_each(|value| *value /= pivot);
        shares[leaving] /= pivot;
        let (scaled, share) = (self.rows[leaving].clone(), shares[leaving]);
        for (row, values) in self.rows.iter_mut().enumerate().filter(|&(row, _)| row != leaving) {
            let factor = values[entering];
            values.iter_mut().zip(&scaled).for_each(|(value, by)| *value -= factor * by);
            shares[row] = (shares[row] - factor * share).max(0.0);
        }
        let factor = self.reduced[entering];
        self.reduced.iter_mut().zip(&scaled).for_each(|(cost, by)| *cost -= factor * by);
        self.basis[leaving] = entering;
    }
}

#[cfg(test)]
mod tests;
