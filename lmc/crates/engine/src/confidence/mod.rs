//! The uncertainty of gaps and clusters that comes from measuring losses on a sample of examples.
//!
//! A sweep keeps the loss of every example at every point of every line, on the same examples everywhere. The
//! result of another sample can therefore be computed without a model: [`Resamples`] says how often each
//! example is in each of many draws, one matrix product gives the mean losses of all draws
//! ([`line_confidence`]), and each draw is clustered as the sample was ([`recluster`]).
//!
//! **Examples are resampled, not models.** Intervals say how far the numbers of *these models* would move on
//! other examples of the same distribution. They say nothing about other seeds, recipes or distributions.
//!
//! # Intervals of gaps
//! Barrier height, convexity gap and area are each the largest of 0 and some contrasts of the mean losses
//! ([`contrasts`]). The largest of several noisy numbers is too large on average, and a bootstrap adds the
//! same bias once more: with a true gap of 0 on a straight line the percentile interval practically never
//! holds the truth. [`line_confidence`] therefore does not read the interval off the resampled gaps:
//!
//! - the lower end is the estimate less a quantile of the largest excess over all contrasts that may be the
//!   largest, those that lie behind the leading one by at most √(ln n) standard errors of the difference
//!   (Chernozhukov, Lee and Rosen 2013; Fang and Santos 2019);
//! - the upper end is the percentile end of the leading contrast alone, which no choice among contrasts
//!   lifts.
//!
//! Both ends are at least 0. The interval covers at least about as often as it says, and more often if
//! several contrasts compete; `cargo bench -p lmc --profile dev --bench coverage` measures how often, beside
//! the usual intervals.

mod clusters;
mod contrast;
mod interval;
mod line;
mod resamples;

pub use clusters::{ResampledBasins, recluster};
pub use contrast::contrasts;
pub use interval::{Interval, IntervalMethod};
pub use line::{LineConfidence, LineLosses, line_confidence, resampled_gaps};
pub use resamples::Resamples;
