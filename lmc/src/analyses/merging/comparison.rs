//! The comparison of ways to merge, within basins and across.

use std::collections::BTreeMap;
use std::fmt;

use super::works::Works;
use super::{MergeBase, MergeMethod, MergeResult, MergingOptions};
use crate::basin::{Basins, Membership, subsets_of_basins};
use crate::error::{LmcError, Result};
use crate::gap::Measure;
use crate::options::{Options, Valid};
use crate::study::{Evaluation, Models, Sweep};

/// Merged models of several methods, with their ingredients.
#[derive(Clone)]
pub struct Merges {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The options by which they were made.
    pub options: Valid<MergingOptions>,
    /// The results of every method for every choice of models on every set.
    pub results: Vec<MergeResult>,
}

impl fmt::Debug for Merges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = self.options.methods.len();
        write!(
            f,
            "Merges({} results of {methods} methods on {} models)",
            self.results.len(),
            self.models.len()
        )
    }
}

/// Models that are merged.
pub(super) struct Choice {
    kind: Membership,
    pub models: Vec<usize>,
    gap: f64,
}

impl Models {
    /// Merges models of one basin and of several by every method, and evaluates the merged models on
    /// `datasets`.
    ///
    /// `sweep` has the lines between all pairs, from which the gap of a choice of models is taken: the
    /// largest between two of them. A merged model is one unit of work, found in the store the next time.
    ///
    /// # Errors
    /// The errors of [`MergingOptions::check`] and [`Models::merge`]; [`LmcError::InvalidParameter`] for the
    /// basins of other models, or if no basin has enough models.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::{MergeMethod, MergingOptions};
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let methods = vec![MergeMethod::linear(), MergeMethod::ties(0.5)];
    /// let options = MergingOptions { methods, ..MergingOptions::new(Metric::Accuracy) };
    /// let merges = models.merges(&sweep, &basins, &["id", "lo"], None, &options)?;
    /// println!("{}", merges.kinds()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn merges(
        &self,
        sweep: &Sweep,
        basins: &Basins,
        datasets: &[&str],
        base: Option<&MergeBase>,
        options: &MergingOptions,
    ) -> Result<Merges> {
        let options = &options.check()?;
        let own = MergeBase::of_study(self);
        let base = base.or(own.as_ref());
        let choices = self.choices(sweep, basins, datasets, base, options)?;
        let chosen: Vec<Vec<usize>> = choices.iter().map(|choice| choice.models.clone()).collect();
        let works = Works::new(self, &options.methods, options.seed, &chosen, base)?;
        let all: Vec<usize> = (0..works.len()).collect();
        let mut results = Vec::new();
        for dataset in datasets {
            let outcomes = works.outcomes(dataset, &all)?;
            let singles = self.evaluate(dataset)?;
            for ((work, outcome), key) in works.all().iter().zip(outcomes).zip(works.keys()) {
                let choice = &choices[work.choice];
                let members: Vec<&Evaluation> = choice.models.iter().map(|&model| &singles[model]).collect();
                let merged = Evaluation { model: key.clone(), outcome, ..members[0].clone() };
                results.push(MergeResult::new(
                    options.methods[work.method],
                    choice.kind.to_string(),
                    choice.models.clone(),
                    choice.gap,
                    merged,
                    &members,
                    options.metric,
                )?);
            }
        }
        Ok(Merges { models: self.names(), options: options.clone(), results })
    }

    /// Checks what is merged, and draws the models of each merge.
    pub(super) fn choices(
        &self,
        sweep: &Sweep,
        basins: &Basins,
        datasets: &[&str],
        base: Option<&MergeBase>,
        options: &Valid<MergingOptions>,
    ) -> Result<Vec<Choice>> {
        self.check_basins(basins)?;
        if let Some(method) = options.methods.iter().find(|method| method.needs_base() && base.is_none()) {
            let expected = format!("the pretrained model that {method} starts from");
            return Err(LmcError::invalid("merge.base", "none", expected));
        }
        for dataset in datasets {
            self.study().task().set(dataset)?;
        }
        choices(sweep, basins, options)
    }
}

/// Draws models within each basin and across, with the largest gap between two of them.
fn choices(sweep: &Sweep, basins: &Basins, options: &Valid<MergingOptions>) -> Result<Vec<Choice>> {
    let gaps = &sweep.matrix(Measure::ConvexityGap)?.values;
    let mut choices = Vec::new();
    let mut kinds = Membership::kinds(basins.n_basins);
    kinds.retain(|kind| *kind != Membership::Any);
    for &size in &options.sizes {
        for &kind in &kinds {
            for models in subsets_of_basins(basins, kind, size, options.n_subsets, options.seed) {
                let pairs = models.iter().flat_map(|&a| models.iter().map(move |&b| gaps[[a, b]]));
                let gap = pairs.fold(0.0, f64::max);
                choices.push(Choice { kind, models, gap });
            }
        }
    }
    if choices.is_empty() {
        let got = format!("{:?}", options.sizes);
        return Err(LmcError::invalid("merging.sizes", got, "numbers of models that a basin has, or fewer"));
    }
    Ok(choices)
}

impl Merges {
    /// Returns the names of the models of a result, with spaces between.
    pub(super) fn names(&self, result: &MergeResult) -> String {
        let names: Vec<&str> = result.ingredients.iter().map(|&model| self.models[model].as_str()).collect();
        names.join(" ")
    }

    /// Returns the results in groups, in the order in which they come; a group is what `of` says.
    pub(super) fn grouped<K: Ord>(&self, of: impl Fn(&MergeResult) -> K) -> Vec<Vec<&MergeResult>> {
        let mut places: BTreeMap<K, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<&MergeResult>> = Vec::new();
        for result in &self.results {
            let place = *places.entry(of(result)).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(result);
        }
        groups
    }
}

/// Returns the position of a method among those that are compared, by which tables are ordered.
pub(super) fn place(methods: &[MergeMethod], method: &MergeMethod) -> usize {
    methods.iter().position(|known| known == method).unwrap_or(methods.len())
}
