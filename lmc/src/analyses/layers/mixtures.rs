//! The weights that are evaluated for averages in some layers: those of one model, with some parts from another.

use serde_json::json;

use super::LayerOptions;
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::file::sha256;
use crate::model::Part;
use crate::options::Valid;
use crate::parallel::run_units;
use crate::study::Models;
use crate::weights::Weights;

/// The number of digits of the name of weights in the store.
const DIGITS: usize = 20;

/// The places of the two models that are evaluated for each average, as the share of the first model: the
/// second model's layers, and the mean.
const ALPHAS: [f64; N_POINTS] = [0.0, 0.5];

/// The models that are evaluated for each average.
pub(super) const N_POINTS: usize = 2;

/// All mixtures of some models. Their names in the store are `keys`.
pub(super) struct Mixtures<'a> {
    models: &'a Models,
    pairs: Vec<[usize; 2]>,
    parts: Vec<Part>,
    /// The parameters that are averaged for each part.
    moving: Vec<Part>,
    all: Vec<Mixture>,
    keys: Vec<String>,
}

/// The weights of one model with some parts from another.
struct Mixture {
    models: [usize; 2],
    part: usize,
    alpha: f64,
}

impl<'a> Mixtures<'a> {
    /// Makes the mixtures of the pairs of the options both ways round, for each part in order.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than two models, or a pair of models that do not exist.
    pub fn new(models: &'a Models, options: &Valid<LayerOptions>) -> Result<Self> {
        let pairs = pairs(models, options)?;
        let parts = models.study().task().classifier.parts();
        let moving: Vec<Part> = (0..parts.len()).map(|part| options.moving.of(&parts, part)).collect();
        let mut mixtures = Self { models, pairs, parts, moving, all: Vec::new(), keys: Vec::new() };
        mixtures.all = mixtures
            .averages()
            .flat_map(|(models, part)| ALPHAS.map(|alpha| Mixture { models, part, alpha }))
            .collect();
        mixtures.keys = mixtures.all.iter().map(|mixture| mixtures.key(mixture)).collect();
        Ok(mixtures)
    }

    /// Returns the number of mixtures.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the names of the mixtures in the store.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Returns the parts of the models, from the texts to the logits.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the models and the part of each average, which has [`N_POINTS`] mixtures.
    pub fn averages(&self) -> impl Iterator<Item = ([usize; 2], usize)> {
        let both = self.pairs.iter().flat_map(|&[a, b]| [[a, b], [b, a]]);
        both.flat_map(|models| (0..self.parts.len()).map(move |part| (models, part)))
    }

    /// Returns the outcomes of those mixtures, found in the store or evaluated.
    pub fn outcomes(&self, dataset: &str, numbers: &[usize]) -> Result<Vec<Outcome>> {
        let keys: Vec<String> = numbers.iter().map(|&number| self.keys[number].clone()).collect();
        let (all, moving, own) = (&self.all, &self.moving, self.models.loader());
        let load = |i: usize| {
            let Mixture { models: [a, b], part, alpha } = all[numbers[i]];
            Weights::lerp_in(&own(a)?, &own(b)?, alpha, &moving[part].spans)
        };
        self.models.study().outcomes(dataset, &keys, &load)
    }

    /// Returns the distance of each pair in each of the parts.
    pub fn distances(&self) -> Result<Vec<Vec<f64>>> {
        let (moving, load) = (&self.moving, self.models.loader());
        run_units(self.pairs.clone(), |_, [a, b]| {
            let (a, b) = (load(a)?, load(b)?);
            moving.iter().map(|part| Weights::distance_in(&a, &b, &part.spans)).collect()
        })
    }

    /// Returns the name in the store of mixed weights: a digest of everything that decides them.
    fn key(&self, mixture: &Mixture) -> String {
        let [a, b] = mixture.models.map(|model| self.models.models()[model].key());
        let spans = &self.moving[mixture.part].spans;
        let spans: Vec<[i64; 2]> = spans.iter().map(|span| [span.start, span.end]).collect();
        let facts = json!({ "a": a, "b": b, "alpha": mixture.alpha, "spans": spans });
        format!("layers-{}", &sha256(facts.to_string().as_bytes())[..DIGITS])
    }
}

/// Returns the pairs of the options, all if they name none.
pub(super) fn pairs(models: &Models, options: &LayerOptions) -> Result<Vec<[usize; 2]>> {
    let n = models.len();
    if n < 2 {
        return Err(LmcError::invalid("models", n, "at least 2 to have a pair"));
    }
    if options.pairs.is_empty() {
        return Ok((0..n).flat_map(|a| (a + 1..n).map(move |b| [a, b])).collect());
    }
    match options.pairs.iter().find(|pair| pair.iter().any(|&model| model >= n)) {
        Some(pair) => {
            Err(LmcError::invalid("layers.pairs", format!("{pair:?}"), format!("numbers below {n}")))
        }
        None => Ok(options.pairs.clone()),
    }
}
