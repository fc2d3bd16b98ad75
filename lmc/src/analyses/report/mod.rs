//! The findings of a study, as the numbers by which it is judged.

mod table;

use polars::prelude::DataFrame;

use crate::analyses::scores::ConstantScore;
use crate::basin::{Basins, Note};
use crate::error::Result;
use crate::gap::Measure;
use crate::stats::{is_constant, mean, pearson, permutation_test, roc_auc};
use crate::study::{Evaluation, Metric, Sweep, metrics};
use crate::tables::Table;

pub use table::{REPORT, ReportColumns};

/// Resamples of each permutation test.
const N_PERMUTATIONS: usize = 10_000;

/// The relation between the clusters by convexity gap and a score on another set. Undefined values are
/// `None`: results that need two clusters if the models are not divided, and correlations with numbers that
/// are all equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Models in the largest and in the next cluster.
    pub sizes: [usize; 2],
    /// Further clusters.
    pub n_further: usize,
    /// Models in no cluster.
    pub n_outliers: usize,
    /// Mean convexity gap of pairs within a cluster, nats per example.
    pub within: f64,
    /// Mean convexity gap of pairs across clusters, nats per example.
    pub across: Option<f64>,
    /// Mean silhouette of the clusters with the gap as distance.
    pub silhouette: Option<f64>,
    /// Mean score of the largest and of the next cluster.
    pub scores: [Option<f64>; 2],
    /// Two-sided permutation test of the difference of the two means.
    pub p_value: Option<f64>,
    /// Pearson's r of membership score and score, without models in no cluster.
    pub r_membership: Option<f64>,
    /// Pearson's r of in-domain loss and score: a confound, since the in-domain loss may explain the split as
    /// well.
    pub r_id_loss: Option<f64>,
    /// Pearson's r over pairs of convexity gap and difference in score.
    pub r_pairs: Option<f64>,
    /// Pearson's r over pairs of convexity gap and difference in in-domain loss.
    pub r_pairs_id_loss: Option<f64>,
    /// The area under the ROC curve of the convexity gap for pairs whose scores lie on different sides of the
    /// largest jump between neighbouring scores: a check that does not use the clusters.
    pub auc_sides: Option<f64>,
    /// The scores and in-domain losses that all models share.
    pub constant: Vec<ConstantScore>,
}

impl Report {
    /// Makes the report on a sweep of in-domain losses, its clusters, the models' own in-domain evaluations
    /// and a score on another set.
    ///
    /// # Errors
    /// The errors of [`Sweep::matrix`] and [`Evaluation::metric`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let s = models.stage("id", "lo", Grid::TENTHS, &ClusterOptions::default())?;
    /// let report = Report::new(&s.sweep, &s.basins, &s.in_domain, &s.scored, Metric::Accuracy)?;
    /// println!("{}", report.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn new(
        sweep: &Sweep,
        basins: &Basins,
        in_domain: &[Evaluation],
        scored: &[Evaluation],
        metric: Metric,
    ) -> Result<Self> {
        let scores = metrics(scored, metric)?;
        let id_losses = metrics(in_domain, Metric::Loss)?;
        let gaps = sweep.matrix(Measure::ConvexityGap)?.pairs();
        let gap_values: Vec<f64> = gaps.iter().map(|&(.., gap)| gap).collect();
        let differences =
            |of: &[f64]| gaps.iter().map(|&(a, b, _)| (of[a] - of[b]).abs()).collect::<Vec<f64>>();
        let high = above_largest_jump(&scores);
        let sides: Vec<bool> = gaps.iter().map(|&(a, b, _)| high[a] != high[b]).collect();
        let divided = basins.is_divided();
        let inside: Vec<usize> = (0..scores.len()).filter(|&row| basins.basin_of(row).is_some()).collect();
        let of = |rows: &[usize], values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        // Numbers that differ only by rounding correlate with nothing but rounding.
        let gaps_differ = !basins.notes.iter().any(|note| matches!(note, Note::EqualGaps { .. }));
        let constant = |metric, of: &[Evaluation], values: &[f64]| {
            ConstantScore::of(metric, of.first().map_or("", |evaluation| &evaluation.dataset), values)
        };
        let constant_score = constant(metric, scored, &scores);
        let constant_loss = constant(Metric::Loss, in_domain, &id_losses);
        let (scores_differ, losses_differ) = (constant_score.is_none(), constant_loss.is_none());
        let r = |differ: bool, x: &[f64], y: &[f64]| match !differ || is_constant(x) || is_constant(y) {
            true => Ok(None),
            false => pearson(x, y).map(Some),
        };
        Ok(Self {
            sizes: [basins.sizes()[0], basins.sizes()[1]],
            n_further: basins.n_basins.saturating_sub(2),
            n_outliers: basins.outliers().len(),
            within: basins.within,
            across: divided.then_some(basins.across),
            silhouette: divided.then_some(basins.silhouette),
            scores: [mean_of(basins, &scores, 0)?, mean_of(basins, &scores, 1)?],
            p_value: match divided {
                true => {
                    let rows: Vec<usize> = (0..scores.len()).filter(|&row| basins.cluster[row] < 2).collect();
                    let two: Vec<usize> = rows.iter().map(|&row| basins.cluster[row]).collect();
                    Some(permutation_test(&two, &of(&rows, &scores), N_PERMUTATIONS, 0)?)
                }
                false => None,
            },
            r_membership: r(
                divided && scores_differ,
                &of(&inside, &basins.membership),
                &of(&inside, &scores),
            )?,
            r_id_loss: r(losses_differ && scores_differ, &id_losses, &scores)?,
            r_pairs: r(gaps_differ && scores_differ, &gap_values, &differences(&scores))?,
            r_pairs_id_loss: r(gaps_differ && losses_differ, &gap_values, &differences(&id_losses))?,
            auc_sides: match gaps_differ && scores_differ && sides.contains(&false) {
                true => Some(roc_auc(&sides, &gap_values)?),
                false => None,
            },
            constant: constant_score.into_iter().chain(constant_loss).collect(),
        })
    }

    /// Returns the mean gap across clusters over that within, or `None` if it is not defined.
    pub fn ratio(&self) -> Option<f64> {
        self.across.map(|across| across / self.within).filter(|ratio| ratio.is_finite())
    }

    /// Returns how far the mean scores of the largest and of the next cluster lie apart.
    pub fn difference(&self) -> Option<f64> {
        let [first, second] = self.scores;
        first.zip(second).map(|(first, second)| (first - second).abs())
    }

    /// Returns the names and values, in the order of the table.
    pub fn rows(&self) -> Vec<(&'static str, Option<f64>)> {
        let [first, second] = self.scores;
        let mut rows = vec![
            ("models in cluster 1", Some(self.sizes[0] as f64)),
            ("models in cluster 2", Some(self.sizes[1] as f64)),
        ];
        for (name, number) in
            [("further clusters", self.n_further), ("models in no cluster", self.n_outliers)]
        {
            if number > 0 {
                rows.push((name, Some(number as f64)));
            }
        }
        rows.extend([
            ("mean CG within clusters (nats)", Some(self.within)),
            ("mean CG across clusters (nats)", self.across),
            ("CG across / within", self.ratio()),
            ("silhouette", self.silhouette),
            ("mean score of cluster 1", first),
            ("mean score of cluster 2", second),
            ("difference of mean scores", self.difference()),
            ("permutation p of the difference", self.p_value),
            ("r of membership and score", self.r_membership),
            ("r of in-domain loss and score", self.r_id_loss),
            ("r over pairs: CG and score difference", self.r_pairs),
            ("r over pairs: CG and in-domain loss difference", self.r_pairs_id_loss),
            ("AUC of CG for pairs on different sides", self.auc_sides),
        ]);
        rows
    }
}

impl Table for Report {
    /// Returns one row per number: the schema [`REPORT`](crate::table::REPORT).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let rows = self.rows();
        let (figure, value) = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).unzip();
        ReportColumns { figure, value }.frame()
    }
}

/// Returns the mean score of a cluster, or `None` without models.
fn mean_of(basins: &Basins, scores: &[f64], cluster: usize) -> Result<Option<f64>> {
    let members = (0..scores.len()).filter(|&model| basins.basin_of(model) == Some(cluster));
    let members: Vec<f64> = members.map(|model| scores[model]).collect();
    if members.is_empty() { Ok(None) } else { mean(&members).map(Some) }
}

/// Returns for each score whether it lies above the largest jump between neighbours of the sorted scores.
fn above_largest_jump(scores: &[f64]) -> Vec<bool> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let jump = sorted.windows(2).max_by(|x, y| (x[1] - x[0]).total_cmp(&(y[1] - y[0])));
    let threshold = jump.map_or(f64::INFINITY, |w| w[1]);
    scores.iter().map(|&s| s >= threshold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_split_at_the_largest_jump() {
        assert_eq!(above_largest_jump(&[0.3, 0.9, 0.25, 0.8]), [false, true, false, true]);
    }
}
