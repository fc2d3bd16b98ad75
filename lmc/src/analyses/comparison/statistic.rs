//! The statistics of a group, from all its models or from a resample of them.

use crate::analyses::comparison::Group;
use crate::stats::{mean, pearson, quantile, standard_deviation};

/// A number that describes a group of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Mean accuracy in domain.
    IdAccuracy,
    /// Mean score out of domain.
    Score,
    /// Lowest score.
    LowestScore,
    /// Highest score.
    HighestScore,
    /// Standard deviation of the scores, with divisor n.
    ScoreDeviation,
    /// Median convexity gap over pairs, nats per example.
    MedianGap,
    /// From the 5th to the 95th percentile of the convexity gaps over pairs, nats per example.
    GapRange,
    /// Largest convexity gap, nats per example.
    LargestGap,
    /// Mean silhouette of the clusters with the gap as distance, -1 to 1.
    Silhouette,
    /// Mean gap of pairs across clusters over that of pairs within one.
    AcrossWithin,
    /// Distance of the mean scores of the two clusters.
    ScoreDifference,
    /// Pearson's r of membership score and score.
    MembershipCorrelation,
    /// Pearson's r over pairs of convexity gap and distance of scores.
    PairCorrelation,
    /// Pearson's r of in-domain loss and score: a confound, since the in-domain loss may explain the scores
    /// as well.
    LossCorrelation,
}

impl Statistic {
    /// All, in the order of tables.
    pub const ALL: [Statistic; 14] = [
        Self::IdAccuracy,
        Self::Score,
        Self::LowestScore,
        Self::HighestScore,
        Self::ScoreDeviation,
        Self::MedianGap,
        Self::GapRange,
        Self::LargestGap,
        Self::Silhouette,
        Self::AcrossWithin,
        Self::ScoreDifference,
        Self::MembershipCorrelation,
        Self::PairCorrelation,
        Self::LossCorrelation,
    ];

    /// Returns the name, for tables and axes.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdAccuracy => "in-domain accuracy, mean",
            Self::Score => "score, mean",
            Self::LowestScore => "score, lowest",
            Self::HighestScore => "score, highest",
            Self::ScoreDeviation => "score, standard deviation",
            Self::MedianGap => "CG, median (nats)",
            Self::GapRange => "CG, 5th to 95th percentile (nats)",
            Self::LargestGap => "CG, largest (nats)",
            Self::Silhouette => "silhouette of the clusters",
            Self::AcrossWithin => "CG across / within clusters",
            Self::ScoreDifference => "score, difference of the clusters",
            Self::MembershipCorrelation => "r of membership and score",
            Self::PairCorrelation => "r over pairs: CG and score difference",
            Self::LossCorrelation => "r of in-domain loss and score",
        }
    }

    /// Returns whether a resample of the models says how uncertain the statistic is. For an extreme it does
    /// not, since no resample goes beyond it.
    pub fn has_interval(self) -> bool {
        !matches!(self, Self::LowestScore | Self::HighestScore | Self::LargestGap)
    }
}

impl Group {
    /// Returns each statistic of a resample of the models, in the order of [`Statistic::ALL`]: `models` are
    /// indices, with repetitions.
    ///
    /// A pair of a model with itself is left out: its gap is 0 only because of the resampling. Clusters and
    /// membership scores stay those of all models. A statistic that is undefined is `None`, such as the
    /// silhouette of one cluster. The indices `0..n_models` give the statistics of the group itself.
    pub fn statistics(&self, models: &[usize]) -> [Option<f64>; Statistic::ALL.len()] {
        let of = |values: &[f64]| models.iter().map(|&model| values[model]).collect::<Vec<f64>>();
        let (scores, membership) = (of(&self.scores), of(&self.basins.membership));
        let pairs: Vec<(usize, usize)> = models
            .iter()
            .enumerate()
            .flat_map(|(i, &a)| models[i + 1..].iter().map(move |&b| (a, b)))
            .filter(|(a, b)| a != b)
            .collect();
        let gaps: Vec<f64> = pairs.iter().map(|&(a, b)| self.gaps.values[[a, b]]).collect();
        let distances: Vec<f64> =
            pairs.iter().map(|&(a, b)| (self.scores[a] - self.scores[b]).abs()).collect();
        let cluster = &self.basins.cluster;
        let mean_gap = |same: bool| {
            let chosen = pairs.iter().zip(&gaps).filter(|&(&(a, b), _)| (cluster[a] == cluster[b]) == same);
            mean(&chosen.map(|(_, &gap)| gap).collect::<Vec<f64>>()).ok()
        };
        let mean_score = |which: usize| {
            let members = models.iter().filter(|&&model| cluster[model] == which);
            mean(&members.map(|&model| self.scores[model]).collect::<Vec<f64>>()).ok()
        };
        let both = |a: Option<f64>, b: Option<f64>, f: fn(f64, f64) -> f64| {
            a.zip(b).map(|(a, b)| f(a, b)).filter(|value| value.is_finite())
        };
        let extreme = |larger: fn(f64, f64) -> f64, values: &[f64]| values.iter().copied().reduce(larger);
        let range = quantile(&gaps, 0.95).and_then(|high| Ok(high - quantile(&gaps, 0.05)?));
        Statistic::ALL.map(|statistic| match statistic {
            Statistic::IdAccuracy => mean(&of(&self.id_accuracy)).ok(),
            Statistic::Score => mean(&scores).ok(),
            Statistic::LowestScore => extreme(f64::min, &scores),
            Statistic::HighestScore => extreme(f64::max, &scores),
            Statistic::ScoreDeviation => standard_deviation(&scores).ok(),
            Statistic::MedianGap => quantile(&gaps, 0.5).ok(),
            Statistic::GapRange => range.as_ref().ok().copied(),
            Statistic::LargestGap => extreme(f64::max, &gaps),
            Statistic::Silhouette => self.silhouette(models),
            Statistic::AcrossWithin => {
                both(mean_gap(false), mean_gap(true), |across, within| across / within)
            }
            Statistic::ScoreDifference => both(mean_score(0), mean_score(1), |a, b| (a - b).abs()),
            Statistic::MembershipCorrelation => pearson(&membership, &scores).ok(),
            Statistic::PairCorrelation => pearson(&gaps, &distances).ok(),
            Statistic::LossCorrelation => pearson(&of(&self.id_loss), &scores).ok(),
        })
    }

    /// Returns the [`silhouette`](crate::stats::silhouette) of a resample, in which no model is compared with
    /// itself, or `None` for a single cluster.
    fn silhouette(&self, models: &[usize]) -> Option<f64> {
        let cluster = &self.basins.cluster;
        let of_model = |&a: &usize| -> Option<f64> {
            let mean_gap = |which: usize| {
                let others = models.iter().filter(|&&b| b != a && cluster[b] == which);
                mean(&others.map(|&b| self.gaps.values[[a, b]]).collect::<Vec<f64>>()).ok()
            };
            let outside = mean_gap(1 - cluster[a])?;
            let Some(inside) = mean_gap(cluster[a]) else { return Some(0.0) };
            let larger = inside.max(outside);
            Some(if larger == 0.0 { 0.0 } else { (outside - inside) / larger })
        };
        let all: Vec<f64> = models.iter().map(of_model).collect::<Option<_>>()?;
        mean(&all).ok()
    }
}
