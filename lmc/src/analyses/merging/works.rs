//! The merged models that a comparison evaluates.

use super::statistics::Statistics;
use super::{MergeBase, MergeMethod, MergeOptions, made};
use crate::error::Result;
use crate::eval::Outcome;
use crate::options::{Options, Valid};
use crate::study::Models;

/// Every method on every choice of models whose number it takes. Their names in the store are `keys`.
pub(super) struct Works<'a> {
    models: &'a Models,
    base: Option<&'a MergeBase>,
    choices: &'a [Vec<usize>],
    methods: Vec<(Valid<MergeOptions>, Statistics)>,
    all: Vec<Work>,
    keys: Vec<String>,
}

/// A merged model, as numbers of its method and of its choice of models.
pub(super) struct Work {
    pub method: usize,
    pub choice: usize,
}

impl<'a> Works<'a> {
    /// Makes the merged models of those methods, each with its usual weights.
    ///
    /// # Errors
    /// The errors of [`MergeOptions::check`].
    pub fn new(
        models: &'a Models,
        methods: &[MergeMethod],
        seed: u64,
        choices: &'a [Vec<usize>],
        base: Option<&'a MergeBase>,
    ) -> Result<Self> {
        let with_statistics = |method: &MergeMethod| -> Result<_> {
            let options = MergeOptions { seed, ..MergeOptions::new(*method) }.check()?;
            let statistics = Statistics::new(models, &options);
            Ok((options, statistics))
        };
        let methods: Vec<_> = methods.iter().map(with_statistics).collect::<Result<_>>()?;
        let mut all = Vec::new();
        for (method, (options, _)) in methods.iter().enumerate() {
            let takes = |choice: &usize| options.method.takes(choices[*choice].len());
            all.extend((0..choices.len()).filter(takes).map(|choice| Work { method, choice }));
        }
        let key = |&Work { method, choice }: &Work| {
            let (options, statistics) = &methods[method];
            models.merged_key(&choices[choice], options, base, statistics.texts())
        };
        let keys = all.iter().map(key).collect();
        Ok(Self { models, base, choices, methods, all, keys })
    }

    /// Returns the number of merged models.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the merged models, those of a method together.
    pub fn all(&self) -> &[Work] {
        &self.all
    }

    /// Returns the names of the merged models in the store.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Returns the outcomes of those merged models, found in the store, or merged and evaluated.
    pub fn outcomes(&self, dataset: &str, numbers: &[usize]) -> Result<Vec<Outcome>> {
        let keys: Vec<String> = numbers.iter().map(|&number| self.keys[number].clone()).collect();
        self.gather(dataset, numbers, &keys)?;
        let (all, methods, choices) = (&self.all, &self.methods, self.choices);
        let (base, load) = (self.base, self.models.loader());
        let merged = |i: usize| {
            let Work { method, choice } = all[numbers[i]];
            let ((options, statistics), chosen) = (&methods[method], &choices[choice]);
            made(options, chosen.len(), |k| load(chosen[k]), base, &statistics.of(chosen)?)
        };
        self.models.study().outcomes(dataset, &keys, &merged)
    }

    /// Gathers the statistics of the models of those merges that are not in the store.
    fn gather(&self, dataset: &str, numbers: &[usize], keys: &[String]) -> Result<()> {
        let files = self.models.study().outcome_files(dataset, keys)?;
        let mut needed = vec![Vec::new(); self.methods.len()];
        for (&number, _) in numbers.iter().zip(files).filter(|(_, file)| !file.exists()) {
            let Work { method, choice } = self.all[number];
            needed[method].extend(&self.choices[choice]);
        }
        let gather = |((_, statistics), numbers): (&(Valid<MergeOptions>, Statistics), Vec<usize>)| {
            statistics.gather(self.models, &numbers)
        };
        self.methods.iter().zip(needed).try_for_each(gather)
    }
}
