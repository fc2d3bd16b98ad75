//! Soups of copies inside clusters and across them, against single copies and against ensembles of the same
//! copies.

mod choices;
pub(crate) mod figure;
mod part;
mod result;
mod rows;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::basin::Basins;
use crate::error::{LmcError, Result};
use crate::eval::{Logits, Outcome};
use crate::options::{Options, Valid, in_range, resamples};
use crate::path::Combination;
use crate::stats::check_confidence;
use crate::study::{Metric, Models, metrics};
use crate::sweep::SweepPlan;
use crate::weights::Weights;
use choices::choices;
use part::Part;

pub use crate::soup::{Greedy, Trial, greedy, uniform};
pub use choices::Choice;
pub use figure::soup_dots;
pub use result::SoupResult;
pub use table::{SOUP_KINDS, SOUPS, SoupColumns, SoupKindColumns};

/// The most subsets of each kind and size.
const MOST_SUBSETS: usize = 10_000;

/// The options for making soups and judging them.
#[derive(Debug, Clone, PartialEq)]
pub struct SoupOptions {
    /// The numbers of models that are averaged, besides the sizes of the clusters: subsets within each cluster,
    /// across clusters (of two, half from each) and of any models. Models in no basin are in those of any
    /// models alone.
    pub sizes: Vec<usize>,
    /// The most subsets of each kind and size.
    pub n_subsets: usize,
    /// The metric by which the best single model and a greedy soup are chosen, and that tables of kinds show;
    /// another greedy soup is made by the loss.
    pub metric: Metric,
    /// Bootstrap resamples of the examples.
    pub n_resamples: usize,
    /// The share of resamples between the ends of an interval.
    pub confidence: f64,
    /// Draws subsets, the half of the examples on which models are chosen, and resamples.
    pub seed: u64,
}

impl SoupOptions {
    /// Returns options for 2 and 4 models besides the sizes of the clusters, up to 12 subsets of each kind
    /// and size, 1000 resamples, 95 %.
    pub fn new(metric: Metric) -> Self {
        Self { sizes: vec![2, 4], n_subsets: 12, metric, n_resamples: 1000, confidence: 0.95, seed: 0 }
    }
}

impl Options for SoupOptions {
    fn validate(&self) -> Result<()> {
        if let Some(size) = self.sizes.iter().find(|&&size| size < 2) {
            return Err(LmcError::invalid("soups.sizes", size, "at least 2 models to average"));
        }
        in_range("soups.n_subsets", self.n_subsets, MOST_SUBSETS)?;
        resamples("soups.n_resamples", self.n_resamples)?;
        check_confidence("soups.confidence", self.confidence)
    }
}

/// Soups of the copies of a study on one in-domain set and one other.
#[derive(Clone)]
pub struct Soups {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The options by which they were made.
    pub options: Valid<SoupOptions>,
    /// The number of in-domain examples on which models were chosen, which no result counts.
    pub n_choosing: usize,
    /// The greedy soups, with the metric by which each was made.
    pub greedy: Vec<(Metric, Greedy)>,
    /// The results of every choice of models on every set.
    pub results: Vec<SoupResult>,
}

impl fmt::Debug for Soups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let choices: BTreeSet<&Vec<usize>> =
            self.results.iter().map(|result| &result.choice.models).collect();
        write!(f, "Soups({} choices of {} models)", choices.len(), self.models.len())
    }
}

impl Models {
    /// Returns the weights of the uniform soup of copies, given by number.
    ///
    /// # Errors
    /// The errors of [`uniform`]; [`LmcError::InvalidParameter`] for a number that is not a copy or comes
    /// twice.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let average = models.soup(&[0, 1, 2])?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn soup(&self, ingredients: &[usize]) -> Result<Weights> {
        self.check_ingredients(ingredients)?;
        uniform(ingredients.len(), |i| self.weights_of(&self.models()[ingredients[i]]))
    }

    /// Makes uniform soups within each cluster, across both and of any copies, greedy soups, and the
    /// ensembles of the same copies, on the set of that name in domain and on the one that is scored.
    ///
    /// Half of the in-domain examples, drawn at random, are used for choosing the best single copy, the order
    /// in which greedy soups try copies, and the copies that they keep. Results are over the other half, and
    /// over the examples of the scored set that are not among those for choosing. The clusters themselves may
    /// come from gaps on all in-domain examples. An ensemble averages logits. Soups are the centres of
    /// simplices of copies, kept in the store as points of a sweep.
    ///
    /// # Errors
    /// The errors of [`SoupOptions::check`]; [`LmcError::InvalidParameter`] for the clusters of other models
    /// or a set with too few examples; those of [`Models::sample`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let soups = models.soups("id", "lo", &basins, &SoupOptions::new(Metric::Accuracy))?;
    /// println!("{}", soups.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn soups(
        &self,
        in_domain: &str,
        scored: &str,
        basins: &Basins,
        options: &SoupOptions,
    ) -> Result<Soups> {
        let options = &options.check()?;
        self.check_basins(basins)?;
        let task = self.study().task();
        task.set(scored)?;
        let choosing = Part::for_choosing(task.set(in_domain)?, options.seed)?;
        let ends = self.ends(in_domain)?;
        let plain = |metric| metrics(&choosing.evaluations(&ends), metric);
        let (scores, losses) = (plain(options.metric)?, plain(Metric::Loss)?);
        let mut by_loss: Vec<usize> = (0..self.len()).collect();
        by_loss.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
        // Best first; of equal scores the one with the lower loss.
        let mut by_score = by_loss.clone();
        by_score.sort_by(|&a, &b| match options.metric.larger_is_better() {
            true => scores[b].total_cmp(&scores[a]),
            false => scores[a].total_cmp(&scores[b]),
        });
        let mut greedy_soups = Vec::new();
        for (metric, order) in [(options.metric, &by_score), (Metric::Loss, &by_loss)] {
            if greedy_soups.iter().any(|(other, _)| *other == metric) {
                continue;
            }
            let score = |ingredients: &[usize]| {
                let outcomes = self.averaged(in_domain, &[ingredients.to_vec()], &ends)?;
                let [outcome] = outcomes.as_slice() else { return Ok(f64::NAN) };
                choosing.evaluation(outcome).metric(metric)
            };
            greedy_soups.push((metric, greedy(order, metric.larger_is_better(), score)?));
        }
        let choices = choices(basins, by_score[0], &greedy_soups, options);
        let mut datasets = vec![in_domain];
        datasets.extend((scored != in_domain).then_some(scored));
        let mut results = Vec::new();
        for dataset in datasets {
            let part = Part::without(task.set(dataset)?, &choosing)?;
            let (ends, logits) = (self.ends(dataset)?, self.logits(dataset)?);
            let averages = self.averages(dataset, &choices, &ends)?;
            for choice in &choices {
                let members: Vec<&Logits> = choice.models.iter().map(|&model| &logits[model]).collect();
                let ensemble = Logits::mean(&members)?.outcome(&task.set(dataset)?.labels())?;
                let soup = &averages[&sorted(&choice.models)];
                results.push(SoupResult::new(choice, &part, &ends, soup, &ensemble)?);
            }
        }
        Ok(Soups {
            models: self.names(),
            options: options.clone(),
            n_choosing: choosing.n_examples(),
            greedy: greedy_soups,
            results,
        })
    }

    /// Returns the outcome of the average of every choice, by its models in ascending order.
    fn averages(
        &self,
        dataset: &str,
        choices: &[Choice],
        ends: &[Outcome],
    ) -> Result<BTreeMap<Vec<usize>, Outcome>> {
        let mut by_size: BTreeMap<usize, BTreeSet<Vec<usize>>> = BTreeMap::new();
        for choice in choices {
            by_size.entry(choice.models.len()).or_default().insert(sorted(&choice.models));
        }
        let mut averages = BTreeMap::new();
        for units in by_size.into_values() {
            let units: Vec<Vec<usize>> = units.into_iter().collect();
            let outcomes = self.averaged(dataset, &units, ends)?;
            averages.extend(units.into_iter().zip(outcomes));
        }
        Ok(averages)
    }

    /// Returns the outcome of the average of each of these, which have equally many models.
    fn averaged(&self, dataset: &str, units: &[Vec<usize>], ends: &[Outcome]) -> Result<Vec<Outcome>> {
        let units: Vec<Vec<usize>> = units.iter().map(|unit| sorted(unit)).collect();
        if units.iter().all(|unit| unit.len() == 1) {
            return Ok(units.iter().flatten().map(|&model| ends[model].clone()).collect());
        }
        let centre = vec![Combination::centre(units.first().map_or(0, Vec::len))];
        let plan = SweepPlan::new(self.len(), units, centre)?;
        let sampled = self.sample_between(dataset, &plan, ends)?;
        Ok(sampled.into_iter().flat_map(|unit| unit.outcomes).collect())
    }
}

/// Returns the same models in ascending order, so that each soup has one name in the store.
fn sorted(models: &[usize]) -> Vec<usize> {
    let mut sorted = models.to_vec();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_options_are_refused_by_field() {
        type Change = fn(&mut SoupOptions);
        let cases: [(&str, Change); 7] = [
            ("`soups.sizes`: got 1", |o| o.sizes = vec![1]),
            ("`soups.n_subsets`", |o| o.n_subsets = 0),
            ("`soups.n_resamples`", |o| o.n_resamples = 0),
            ("`soups.confidence`", |o| o.confidence = 0.0),
            ("`soups.confidence`", |o| o.confidence = f64::NAN),
            ("`soups.n_resamples`", |o| o.n_resamples = usize::MAX),
            ("`soups.n_subsets`", |o| o.n_subsets = usize::MAX),
        ];
        for (field, change) in cases {
            let mut options = SoupOptions::new(Metric::Accuracy);
            change(&mut options);
            assert!(options.check().unwrap_err().to_string().starts_with(field));
        }
        SoupOptions::new(Metric::Loss).validate().unwrap();
    }
}
