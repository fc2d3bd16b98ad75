//! What a study found, in the figures by which it is judged.

use polars::prelude::{DataFrame, df};

use super::tables::metrics;
use super::{Evaluation, Sweep};
use crate::basin::Basins;
use crate::error::Result;
use crate::gap::Measure;
use crate::stats::{mean, pearson, permutation_test, roc_auc};
use crate::table::Metric;

/// Resamples of each permutation test.
const N_PERMUTATIONS: usize = 10_000;

/// Whether the clusters by convexity gap say anything about a score on another set.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Models in the larger and in the smaller cluster.
    pub sizes: [usize; 2],
    /// Mean convexity gap of pairs within a cluster, nats per example.
    pub within: f64,
    /// Mean convexity gap of pairs across clusters, nats per example.
    pub across: f64,
    /// Mean silhouette of the clusters with the gap as distance.
    pub silhouette: f64,
    /// Mean score of each cluster.
    pub scores: [f64; 2],
    /// Two-sided permutation test of the difference of the two means.
    pub p_value: f64,
    /// Pearson's r of membership score and score.
    pub r_membership: f64,
    /// Pearson's r of in-domain loss and score: a confound, since the in-domain loss may explain the split as well.
    pub r_id_loss: f64,
    /// Pearson's r over pairs of convexity gap and difference in score.
    pub r_pairs: f64,
    /// Pearson's r over pairs of convexity gap and difference in in-domain loss.
    pub r_pairs_id_loss: f64,
    /// The area under the ROC curve of the convexity gap for pairs whose scores lie on different sides of the
    /// largest jump between neighbouring scores: a check that does not use the clusters.
    pub auc_sides: f64,
}

impl Report {
    /// The report on a sweep of in-domain losses, its clusters, the models' own in-domain evaluations and a score on
    /// another set.
    ///
    /// # Errors
    /// Those of [`crate::stats`], such as scores that are all the same.
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
        Ok(Self {
            sizes: basins.sizes(),
            within: basins.within,
            across: basins.across,
            silhouette: basins.silhouette,
            scores: [mean_of(basins, &scores, 0)?, mean_of(basins, &scores, 1)?],
            p_value: permutation_test(&basins.cluster, &scores, N_PERMUTATIONS, 0)?,
            r_membership: pearson(&basins.membership, &scores)?,
            r_id_loss: pearson(&id_losses, &scores)?,
            r_pairs: pearson(&gap_values, &differences(&scores))?,
            r_pairs_id_loss: pearson(&gap_values, &differences(&id_losses))?,
            auc_sides: roc_auc(&sides, &gap_values)?,
        })
    }

    /// One row per figure: name and value.
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) when polars refuses a column.
    pub fn table(&self) -> Result<DataFrame> {
        let rows = self.rows();
        Ok(df!(
            "figure" => rows.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            "value" => rows.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
        )?)
    }

    /// Names and values, in the order of the table.
    pub fn rows(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("models in cluster 1", self.sizes[0] as f64),
            ("models in cluster 2", self.sizes[1] as f64),
            ("mean CG within clusters (nats)", self.within),
            ("mean CG across clusters (nats)", self.across),
            ("CG across / within", self.across / self.within),
            ("silhouette", self.silhouette),
            ("mean score of cluster 1", self.scores[0]),
            ("mean score of cluster 2", self.scores[1]),
            ("difference of mean scores", (self.scores[0] - self.scores[1]).abs()),
            ("permutation p of the difference", self.p_value),
            ("r of membership and score", self.r_membership),
            ("r of in-domain loss and score", self.r_id_loss),
            ("r over pairs: CG and score difference", self.r_pairs),
            ("r over pairs: CG and in-domain loss difference", self.r_pairs_id_loss),
            ("AUC of CG for pairs on different sides", self.auc_sides),
        ]
    }
}

fn mean_of(basins: &Basins, scores: &[f64], cluster: usize) -> Result<f64> {
    let members = basins.cluster.iter().zip(scores).filter(|&(&c, _)| c == cluster);
    mean(&members.map(|(_, &score)| score).collect::<Vec<_>>())
}

/// For each score whether it lies above the largest jump between neighbours of the sorted scores.
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
