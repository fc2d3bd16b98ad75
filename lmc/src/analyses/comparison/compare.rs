//! Intervals and tests of the statistics of groups.

use std::fmt;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::analyses::comparison::{Group, Statistic};
use crate::basin::{BasinCount, Basins, ClusterOptions, cluster};
use crate::error::{LmcError, Result};
use crate::gap::GapMatrix;
use crate::interrupt;
use crate::options::{Options, Valid, in_range, resamples};
use crate::seed::{rng, sub_seed};
use crate::stats::{check_confidence, pearson, permutation_test, quantile};

/// The options for comparing groups.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonOptions {
    /// Resamples of the models of each group.
    pub n_resamples: usize,
    /// The share of resampled statistics inside an interval, in (0, 1).
    pub confidence: f64,
    /// Permutations of each test.
    pub n_permutations: usize,
    /// The seed of resamples and permutations.
    pub seed: u64,
    /// The options that divide the models when gaps are permuted; the same as for the groups.
    pub clusters: ClusterOptions,
}

impl Default for ComparisonOptions {
    /// Returns options for 2,000 resamples, 95 %, 999 permutations, seed 0, clusters with a kernel as wide as
    /// the gaps vary and 10 starts each, since every permutation is clustered.
    fn default() -> Self {
        let clusters = ClusterOptions { n_init: 10, ..ClusterOptions::default() };
        Self { n_resamples: 2_000, confidence: 0.95, n_permutations: 999, seed: 0, clusters }
    }
}

impl Options for ComparisonOptions {
    fn validate(&self) -> Result<()> {
        resamples("n_resamples", self.n_resamples)?;
        in_range("n_permutations", self.n_permutations, 10_000_000)?;
        check_confidence("confidence", self.confidence)?;
        self.clusters.validate()?;
        match self.clusters.basins {
            BasinCount::Exactly(2) => Ok(()),
            other => Err(LmcError::invalid("clusters.basins", other, "2: groups are compared by two basins")),
        }
    }
}

/// One statistic of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The group.
    pub group: String,
    /// Models in the group.
    pub n_models: usize,
    /// The statistic that was computed.
    pub statistic: Statistic,
    /// Its value for all models; `None` if it is undefined.
    pub value: Option<f64>,
    /// The bootstrap interval of the value; `None` for an extreme, and if most resamples have no value.
    pub interval: Option<(f64, f64)>,
    /// The value less that of the first group; `None` for the first group itself.
    pub difference: Option<f64>,
    /// The bootstrap interval of the difference, both groups resampled.
    pub difference_interval: Option<(f64, f64)>,
    /// The p-value of a permutation test, if there is one.
    pub p_value: Option<f64>,
    /// The quantity that the test permutes; empty without a test.
    pub permuted: &'static str,
}

/// Groups compared: one entry for each group and statistic.
#[derive(Clone, PartialEq)]
pub struct Comparison {
    /// The groups in their order, for each the statistics in the order of [`Statistic::ALL`].
    pub rows: Vec<Compared>,
}

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Comparison({})", self.groups().join(", "))
    }
}

impl Comparison {
    /// Returns the names of the groups.
    pub fn groups(&self) -> Vec<&str> {
        let first = self.rows.iter().filter(|row| row.statistic == Statistic::ALL[0]);
        first.map(|row| row.group.as_str()).collect()
    }

    /// Returns the entry of a group and a statistic.
    pub fn get(&self, group: &str, statistic: Statistic) -> Option<&Compared> {
        self.rows.iter().find(|row| row.group == group && row.statistic == statistic)
    }
}

/// Returns the statistics of every group with percentile bootstrap intervals, their differences from the
/// first group, and permutation tests.
///
/// Models are resampled with replacement, not pairs: pairs that share a model are not independent.
/// [`Group::statistics`] says what happens to a model that is drawn twice. Groups are resampled independently
/// of each other. The tests ask the following. Means: do the means differ as much if the models are dealt to
/// this group and the first at random? Silhouette: are the clusters as crisp if the gaps are dealt to the
/// pairs at random and clustered again (a low value says that the gaps have structure, not that it is two
/// basins)? Relation of the clusters and of the correlations to the scores: is it as strong, in either
/// direction, if the scores are dealt to the models at random?
///
/// # Errors
/// The errors of [`Group::check`]; [`LmcError::InvalidParameter`] for no groups, a name that comes twice, a
/// confidence outside (0, 1), or no resamples or permutations; [`LmcError::Interrupted`].
///
/// # Examples
/// ```no_run
/// use lmc::analyses::comparison::{Group, compare};
/// use lmc::prelude::*;
/// let mut groups = Vec::new();
/// for name in ["mini-nli", "mini-nli-lp-ft"] {
///     let models = Study::open(StudySpec::named(name, 0)?)?.finetune()?;
///     let s = models.stage("id", "lo", Grid::TENTHS, &ClusterOptions::default())?;
///     groups.push(Group::new(name, &s.sweep, &s.basins, &s.in_domain, &s.scored, Metric::Accuracy)?);
/// }
/// println!("{}", compare(&groups, &ComparisonOptions::default())?.summary()?);
/// # Ok::<(), LmcError>(())
/// ```
///
/// # Reference
/// Efron and Tibshirani 1993, chapter 13; Phipson and Smyth 2010; Mantel 1967 for the correlation over pairs.
pub fn compare(groups: &[Group], options: &ComparisonOptions) -> Result<Comparison> {
    let options = &options.check()?;
    check(groups)?;
    let resampled = groups.iter().map(|group| resampled(group, options)).collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let (values, firsts) = (statistics(group), statistics(&groups[0]));
        for (i, statistic) in Statistic::ALL.into_iter().enumerate() {
            let column = |number: usize| resampled[number].iter().map(move |values| values[i]);
            let is_first = number == 0;
            let difference = values[i].zip(firsts[i]).map(|(a, b)| a - b).filter(|_| !is_first);
            let differences = column(number).zip(column(0)).map(|(a, b)| Some(a? - b?));
            let shown = |defined: bool| defined && statistic.has_interval();
            rows.push(Compared {
                group: group.name.clone(),
                n_models: group.scores.len(),
                statistic,
                value: values[i],
                interval: shown(values[i].is_some())
                    .then(|| interval(column(number), options.confidence))
                    .flatten(),
                difference,
                difference_interval: shown(difference.is_some())
                    .then(|| interval(differences, options.confidence))
                    .flatten(),
                p_value: p_value(group, &groups[0], statistic, values[i], options)?,
                permuted: permuted(statistic, is_first),
            });
        }
    }
    rows.iter_mut().filter(|row| row.p_value.is_none()).for_each(|row| row.permuted = "");
    Ok(Comparison { rows })
}

fn check(groups: &[Group]) -> Result<()> {
    if groups.is_empty() {
        return Err(LmcError::invalid("groups", "no group", "at least one"));
    }
    for (i, group) in groups.iter().enumerate() {
        if groups[..i].iter().any(|earlier| earlier.name == group.name) {
            return Err(LmcError::invalid("groups", format!("`{}` twice", group.name), "names that differ"));
        }
        group.check()?;
    }
    Ok(())
}

type Statistics = [Option<f64>; Statistic::ALL.len()];

/// Returns the statistics of all models of a group.
fn statistics(group: &Group) -> Statistics {
    group.statistics(&(0..group.scores.len()).collect::<Vec<_>>())
}

/// Returns the statistics of every resample of a group.
fn resampled(group: &Group, options: &Valid<ComparisonOptions>) -> Result<Vec<Statistics>> {
    let n = group.scores.len();
    let mut rng = rng(sub_seed(options.seed, &group.name), "bootstrap");
    let mut models = vec![0; n];
    (0..options.n_resamples)
        .map(|_| {
            uninterrupted()?;
            models.iter_mut().for_each(|model| *model = rng.random_range(0..n));
            Ok(group.statistics(&models))
        })
        .collect()
}

/// Returns the percentile interval of resampled values, or `None` if fewer than half are defined.
fn interval(resampled: impl Iterator<Item = Option<f64>>, confidence: f64) -> Option<(f64, f64)> {
    let all: Vec<Option<f64>> = resampled.collect();
    let defined: Vec<f64> = all.iter().copied().flatten().collect();
    let tail = (1.0 - confidence) / 2.0;
    (2 * defined.len() >= all.len())
        .then(|| Some((quantile(&defined, tail).ok()?, quantile(&defined, 1.0 - tail).ok()?)))
        .flatten()
}

fn uninterrupted() -> Result<()> {
    interrupt::check(|| "the comparison is computed again".to_owned())
}

fn permuted(statistic: Statistic, is_first: bool) -> &'static str {
    match statistic {
        Statistic::IdAccuracy | Statistic::Score if !is_first => "models over this group and the first",
        Statistic::Silhouette => "gaps over pairs",
        Statistic::ScoreDifference
        | Statistic::MembershipCorrelation
        | Statistic::PairCorrelation
        | Statistic::LossCorrelation => "scores over models",
        _ => "",
    }
}

fn p_value(
    group: &Group,
    first: &Group,
    statistic: Statistic,
    value: Option<f64>,
    options: &Valid<ComparisonOptions>,
) -> Result<Option<f64>> {
    let (Some(value), n) = (value, options.n_permutations) else { return Ok(None) };
    let between = |own: &[f64], of_first: &[f64]| {
        let labels: Vec<usize> = own.iter().map(|_| 1).chain(of_first.iter().map(|_| 0)).collect();
        permutation_test(&labels, &[own, of_first].concat(), n, options.seed).map(Some)
    };
    let among_models = |relation: &dyn Fn(&[f64]) -> Option<f64>| {
        let mut scores = group.scores.clone();
        permuted_at_least(value.abs(), n, rng(options.seed, "scores over models"), |rng| {
            scores.shuffle(rng);
            Ok(relation(&scores).map(f64::abs))
        })
    };
    match statistic {
        Statistic::IdAccuracy if group.name != first.name => between(&group.id_accuracy, &first.id_accuracy),
        Statistic::Score if group.name != first.name => between(&group.scores, &first.scores),
        Statistic::Silhouette => crispness(group, options),
        Statistic::ScoreDifference => {
            permutation_test(&group.basins.cluster, &group.scores, n, options.seed).map(Some)
        }
        Statistic::MembershipCorrelation => {
            among_models(&|scores| pearson(&group.basins.membership, scores).ok())
        }
        Statistic::LossCorrelation => among_models(&|scores| pearson(&group.id_loss, scores).ok()),
        Statistic::PairCorrelation => {
            let pairs = group.gaps.pairs();
            let gaps: Vec<f64> = pairs.iter().map(|&(.., gap)| gap).collect();
            among_models(&|scores| {
                let distances: Vec<f64> =
                    pairs.iter().map(|&(a, b, _)| (scores[a] - scores[b]).abs()).collect();
                pearson(&gaps, &distances).ok()
            })
        }
        _ => Ok(None),
    }
}

/// Returns the share of permutations whose clusters are at least as crisp; each deals the same gaps to the
/// pairs at random.
fn crispness(group: &Group, options: &Valid<ComparisonOptions>) -> Result<Option<f64>> {
    let (pairs, mut dealt) = (group.gaps.pairs(), group.gaps.clone());
    let mut gaps: Vec<f64> = pairs.iter().map(|&(.., gap)| gap).collect();
    let silhouette = |gaps: &GapMatrix| {
        let basins = cluster(gaps, &options.clusters).ok().filter(Basins::is_divided)?;
        Some(basins.silhouette)
    };
    let Some(observed) = silhouette(&group.gaps) else { return Ok(None) };
    permuted_at_least(observed, options.n_permutations, rng(options.seed, "gaps over pairs"), |rng| {
        gaps.shuffle(rng);
        for (&(i, j, _), &gap) in pairs.iter().zip(&gaps) {
            dealt.values[[i, j]] = gap;
            dealt.values[[j, i]] = gap;
        }
        // Gaps that do not say how to divide the models are not as crisp.
        Ok(Some(silhouette(&dealt).unwrap_or(f64::NEG_INFINITY)))
    })
}

/// Returns (b + 1) / (n + 1), where b of n permuted statistics are at least as large as the observed one, up
/// to rounding. It is `None` if a statistic is undefined.
fn permuted_at_least(
    observed: f64,
    n: usize,
    mut rng: ChaCha8Rng,
    mut permuted: impl FnMut(&mut ChaCha8Rng) -> Result<Option<f64>>,
) -> Result<Option<f64>> {
    let mut at_least = 0;
    for _ in 0..n {
        uninterrupted()?;
        let Some(value) = permuted(&mut rng)? else { return Ok(None) };
        at_least += usize::from(value >= observed - 1e-12);
    }
    Ok(Some((at_least + 1) as f64 / (n + 1) as f64))
}
