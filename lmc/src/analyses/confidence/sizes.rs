//! The results that fewer examples would have given (Juneja et al. 2023, appendix F.2).

use std::fmt;

use ndarray::ArrayView1;

use crate::analyses::confidence::ConfidenceOptions;
use crate::basin::Basins;
use crate::confidence::{ResampledBasins, Resamples, recluster, resampled_gaps};
use crate::error::{LmcError, Result};
use crate::gap::Measure;
use crate::options::Options;
use crate::stats::{adjusted_rand_index, mean, pearson};
use crate::study::Sweep;

/// The results of one draw of fewer examples.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleDraw {
    /// The examples in the draw.
    pub n_examples: usize,
    /// The number of the draw among those of its size.
    pub draw: usize,
    /// The clusters, named as those of all examples.
    pub basins: ResampledBasins,
    /// The adjusted Rand index with the clusters of as many other examples; `None` if there are not that
    /// many, or they have no clusters.
    pub adjusted_rand_disjoint: Option<f64>,
    /// The mean convexity gap of all pairs, nats per example.
    pub mean_gap: f64,
    /// Pearson's r over pairs of the convexity gap and that of all examples; `None` if all are equal.
    pub gap_correlation: Option<f64>,
}

/// Draws of several sizes. Draws that do not fall into two clusters are left out; if all examples do not
/// divide the models, all draws are.
#[derive(Clone)]
pub struct SampleSizes {
    /// The evaluation set's name.
    pub dataset: String,
    /// The clusters of all examples.
    pub basins: Basins,
    /// The draws, in the order of the sizes.
    pub draws: Vec<SampleDraw>,
}

impl fmt::Debug for SampleSizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SampleSizes({} draws from {}, {:?})", self.draws.len(), self.dataset, self.basins)
    }
}

impl Sweep {
    /// Returns the clusters and gaps that fewer examples would have given. For each size it makes
    /// `options.n_resamples` draws of that many different examples, or the one draw of all. No model is
    /// evaluated.
    ///
    /// A draw and the whole share examples, so that they agree better than two samples do;
    /// [`SampleDraw::adjusted_rand_disjoint`] says how well two samples of a size agree that share no
    /// examples. Seeds of draws do not depend on the other sizes.
    ///
    /// # Errors
    /// The errors of [`Sweep::basins`]; [`LmcError::InvalidParameter`] for no sizes, a size of 0 or above the
    /// number of examples, and no draws; [`LmcError::Interrupted`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let sizes = sweep.sample_sizes(&[32, 64, 128], &ConfidenceOptions::default())?;
    /// println!("{}", sizes.table(&models.scores("lo", Metric::Accuracy)?)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    ///
    /// # Reference
    /// Juneja et al. 2023, appendix F.2, who compare 256 examples with 512.
    pub fn sample_sizes(&self, sizes: &[usize], options: &ConfidenceOptions) -> Result<SampleSizes> {
        if sizes.is_empty() {
            return Err(LmcError::invalid("sizes", "none", "at least one number of examples"));
        }
        let options = options.check()?;
        Resamples::check(self.labels.len(), options.n_resamples)?;
        if let Some(size) = sizes.iter().find(|&&size| size == 0 || size > self.labels.len()) {
            let expected = format!("1 to {}, the number of examples", self.labels.len());
            return Err(LmcError::invalid("size", size, expected));
        }
        let (basins, pairs, n) = (self.basins(&options.clusters)?, self.numbers()?, self.labels.len());
        let whole =
            self.profiles.iter().map(|p| p.measure(Measure::ConvexityGap)).collect::<Result<Vec<f64>>>()?;
        let mut draws = Vec::new();
        let compared_with = if basins.is_divided() { sizes } else { &[] };
        for &size in compared_with {
            let n_draws = if size == n { options.n_resamples.min(1) } else { options.n_resamples };
            let clustered = |resamples: &Resamples| {
                let gaps = resampled_gaps(pairs.len(), |line| self.losses(line), resamples)?;
                Ok::<_, LmcError>((recluster(&basins, &pairs, &gaps, &options.clusters)?, gaps))
            };
            let (found, gaps) = clustered(&Resamples::subsamples(n, size, n_draws, options.seed)?)?;
            let others = match 2 * size <= n {
                true => clustered(&Resamples::disjoint(n, size, n_draws, options.seed)?)?.0,
                false => vec![None; n_draws],
            };
            for (draw, (basins, other)) in found.into_iter().zip(others).enumerate() {
                let Some(basins) = basins else { continue };
                let agreement =
                    |other: &ResampledBasins| adjusted_rand_index(&basins.cluster, &other.cluster);
                let adjusted_rand_disjoint = other.as_ref().map(agreement).transpose()?;
                let (mean_gap, gap_correlation) = compared(gaps.column(draw), &whole)?;
                draws.push(SampleDraw {
                    n_examples: size,
                    draw,
                    basins,
                    adjusted_rand_disjoint,
                    mean_gap,
                    gap_correlation,
                });
            }
        }
        Ok(SampleSizes { dataset: self.dataset.clone(), basins, draws })
    }
}

/// Returns the mean of gaps, and their correlation with those of all examples.
fn compared(gaps: ArrayView1<f64>, whole: &[f64]) -> Result<(f64, Option<f64>)> {
    let gaps = gaps.to_vec();
    Ok((mean(&gaps)?, pearson(&gaps, whole).ok()))
}
