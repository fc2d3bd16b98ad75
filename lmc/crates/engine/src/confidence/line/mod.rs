//! Intervals of the measures along a line.

use std::fmt;

use ndarray::{Array2, Axis};
use tch::{Kind, Tensor};

use super::{Interval, Resamples, contrasts};
use lmc_base::error::{LmcError, Result};
use lmc_maths::gap::Measure;
use lmc_maths::stats::{check_confidence, quantile};
use lmc_model::parallel::{n_threads, run_on_workers};

/// The loss of every example at every point of a line.
#[derive(Clone, PartialEq)]
pub struct LineLosses {
    /// The place of each point, ascending, at least 3.
    pub alphas: Vec<f64>,
    /// Cross-entropy in nats, `[n_points, n_examples]`.
    pub losses: Array2<f32>,
    /// The Euclidean distance of the two models: the length of the line in the unit of the area.
    pub distance: f64,
}

impl fmt::Debug for LineLosses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (points, examples) = self.losses.dim();
        write!(f, "LineLosses({points} points, {examples} examples)")
    }
}

/// The measures of a line, with their intervals.
#[derive(Clone, Copy, PartialEq)]
pub struct LineConfidence {
    /// The barrier height, nats per example.
    pub barrier_height: Interval,
    /// The convexity gap, nats per example.
    pub convexity_gap: Interval,
    /// The area under the curve, nats times distance.
    pub auc: Interval,
}

impl LineConfidence {
    /// Returns the interval of a measure, or `None` for the Euclidean distance, which does not depend on
    /// examples.
    pub fn get(&self, measure: Measure) -> Option<Interval> {
        match measure {
            Measure::BarrierHeight => Some(self.barrier_height),
            Measure::ConvexityGap => Some(self.convexity_gap),
            Measure::AreaUnderCurve => Some(self.auc),
            Measure::EuclideanDistance => None,
        }
    }
}

impl fmt::Debug for LineConfidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { barrier_height, convexity_gap, auc } = self;
        write!(f, "LineConfidence(gap {convexity_gap:?}, barrier {barrier_height:?}, area {auc:?})")
    }
}

/// Returns the measures of each of `n_lines` lines with their intervals, from the same draws for all ([the
/// module](super) says how), and the convexity gap of each line in each draw in nats per example,
/// `[n_lines, n_draws]`.
///
/// `line` gives the losses of a line by number, on one of several threads; its result is dropped before that
/// thread asks for the next. `confidence`: the share of samples whose interval shall hold the truth, for
/// example 0.95. The result does not depend on the number of threads. Draws should be those of a bootstrap:
/// draws of fewer examples vary more than the sample does.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for a confidence outside (0, 1) and as [`contrasts`];
/// [`LmcError::ShapeMismatch`] for losses that are not one for each point and example of the draws;
/// [`LmcError::NonFiniteLoss`]; any error of `line`; [`LmcError::Interrupted`].
///
/// # Reference
/// Chernozhukov, Lee and Rosen 2013 and Fang and Santos 2019 on the largest of several parameters; Efron
/// 1979.
pub fn line_confidence(
    n_lines: usize,
    line: impl Fn(usize) -> Result<LineLosses> + Sync,
    resamples: &Resamples,
    confidence: f64,
) -> Result<(Vec<LineConfidence>, Array2<f64>)> {
    check_confidence("confidence", confidence)?;
    let lines = on_lines(n_lines, line, resamples, |curves, losses| {
        let interval = |measure| curves.measure(measure, losses)?.interval(confidence);
        let (barrier_height, auc) = (interval(Measure::BarrierHeight)?, interval(Measure::AreaUnderCurve)?);
        let contrasts = curves.measure(Measure::ConvexityGap, losses)?;
        let convexity_gap = contrasts.interval(confidence)?;
        Ok((LineConfidence { barrier_height, convexity_gap, auc }, contrasts.largest()?))
    })?;
    let (lines, gaps): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
    Ok((lines, matrix(&gaps, resamples)))
}

/// Returns the convexity gap of each line in each draw, nats per example, `[n_lines, n_draws]`.
///
/// # Errors
/// The errors of [`line_confidence`].
pub fn resampled_gaps(
    n_lines: usize,
    line: impl Fn(usize) -> Result<LineLosses> + Sync,
    resamples: &Resamples,
) -> Result<Array2<f64>> {
    let rows = on_lines(n_lines, line, resamples, |curves, losses| {
        curves.measure(Measure::ConvexityGap, losses)?.largest()
    })?;
    Ok(matrix(&rows, resamples))
}

fn matrix(rows: &[Vec<f64>], resamples: &Resamples) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), resamples.n_draws()), |(line, draw)| rows[line][draw])
}

fn on_lines<T: Send>(
    n_lines: usize,
    line: impl Fn(usize) -> Result<LineLosses> + Sync,
    resamples: &Resamples,
    of: impl Fn(&Curves, &LineLosses) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let workers = vec![resamples; n_threads()];
    run_on_workers(
        &workers,
        (0..n_lines).collect(),
        |resamples| {
            let flat: Vec<f64> = resamples.counts().iter().copied().collect();
            tensor(&flat, [resamples.n_examples(), resamples.n_draws()])
        },
        |counts, _, number| {
            let losses = line(number)?;
            losses.check(resamples.n_examples(), number)?;
            of(&Curves::new(&losses, counts, resamples.size())?, &losses)
        },
    )
}

impl LineLosses {
    fn check(&self, n_examples: usize, number: usize) -> Result<()> {
        let expected = [self.alphas.len(), n_examples];
        if self.losses.shape() != expected {
            return Err(LmcError::ShapeMismatch {
                what: format!("losses of line {number}"),
                got: self.losses.shape().to_vec(),
                expected: expected.to_vec(),
            });
        }
        match self.losses.indexed_iter().find(|(_, loss)| !loss.is_finite()) {
            Some(((point, example), &loss)) => Err(LmcError::NonFiniteLoss {
                what: format!("losses of line {number}"),
                value: f64::from(loss),
                position: format!("point {point}, example {example}"),
            }),
            None => Ok(()),
        }
    }
}

/// The mean losses along a line, less those of its first point: contrasts do not see the difference, and
/// values that are constant along the line are exactly 0.
struct Curves {
    n_examples: usize,
    /// Of all examples, `[n_points, 1]`.
    mean: Tensor,
    /// Of each draw, `[n_points, n_draws]`.
    resampled: Tensor,
    /// The covariance of the means over samples, `[n_points, n_points]`.
    covariance: Tensor,
}

impl Curves {
    fn new(line: &LineLosses, counts: &Tensor, size: usize) -> Result<Self> {
        let first = line.losses.index_axis(Axis(0), 0).to_owned();
        let flat: Vec<f64> = line
            .losses
            .rows()
            .into_iter()
            .flat_map(|row| {
                row.into_iter().zip(&first).map(|(loss, first)| f64::from(*loss) - f64::from(*first))
            })
            .collect();
        let (n_points, n) = line.losses.dim();
        let losses = tensor(&flat, [n_points, n])?;
        let mean = losses.f_mean_dim(-1, true, Kind::Double)?;
        let centred = losses.f_sub(&mean)?;
        Ok(Self {
            n_examples: n,
            resampled: losses.f_matmul(counts)?.f_div_scalar(size as f64)?,
            covariance: centred.f_matmul(&centred.tr())?.f_div_scalar((n * n) as f64)?,
            mean,
        })
    }

    fn measure(&self, measure: Measure, line: &LineLosses) -> Result<Contrasts> {
        let weights = contrasts(measure, &line.alphas, line.distance)?;
        let flat: Vec<f64> = weights.iter().copied().collect();
        let weights = tensor(&flat, [weights.nrows(), weights.ncols()])?;
        let values = weights.f_matmul(&self.mean)?;
        let leading = values.f_argmax(None, false)?.int64_value(&[]);
        let differences = weights.f_sub(&weights.get(leading))?;
        let variances = differences.f_matmul(&self.covariance)?.f_mul(&differences)?;
        let errors = variances.f_sum_dim_intlist(-1, true, Kind::Double)?.f_clamp_min(0.0)?.f_sqrt()?;
        let reach = errors.f_mul_scalar((self.n_examples as f64).ln().sqrt())?;
        let behind = values.get(leading).f_sub(&values)?;
        Ok(Contrasts {
            resampled: weights.f_matmul(&self.resampled)?,
            out_of_reach: behind.f_gt_tensor(&reach)?,
            values,
            leading,
        })
    }
}

/// The contrasts of which a measure is the largest.
struct Contrasts {
    /// Of all examples, `[n_contrasts, 1]`.
    values: Tensor,
    /// Of each draw, `[n_contrasts, n_draws]`.
    resampled: Tensor,
    /// The index of the largest contrast.
    leading: i64,
    /// The contrasts that are unlikely to be the largest of the population, `[n_contrasts, 1]`.
    out_of_reach: Tensor,
}

impl Contrasts {
    /// Returns the measure of each draw.
    fn largest(&self) -> Result<Vec<f64>> {
        Ok(Vec::try_from(self.resampled.f_amax([0], false)?.f_clamp_min(0.0)?)?)
    }

    fn interval(&self, confidence: f64) -> Result<Interval> {
        let end = 1.0 - (1.0 - confidence) / 2.0;
        let excess = self.resampled.f_sub(&self.values)?;
        let of_leading = Vec::<f64>::try_from(excess.get(self.leading))?;
        let most = excess.f_masked_fill(&self.out_of_reach, f64::NEG_INFINITY)?.f_amax([0], false)?;
        let leading = self.values.double_value(&[self.leading, 0]);
        let value = leading.max(0.0);
        Ok(Interval {
            value,
            low: (leading - quantile(&Vec::<f64>::try_from(most)?, end)?).clamp(0.0, value),
            high: (leading + quantile(&of_leading, end)?).max(value),
        })
    }
}

fn tensor(flat: &[f64], shape: [usize; 2]) -> Result<Tensor> {
    Ok(Tensor::f_from_slice(flat)?.f_view(shape.map(|side| side as i64))?)
}

#[cfg(test)]
mod tests;
