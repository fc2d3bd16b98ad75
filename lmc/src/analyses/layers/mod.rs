//! Averages of two models in some layers alone: where models that cannot be averaged part.

mod average;
pub(crate) mod figure;
mod options;
mod rows;
mod table;

use std::fmt;

use serde_json::json;

use crate::error::{LmcError, Result};
use crate::file::sha256;
use crate::model::Part;
use crate::options::{Options, Valid};
use crate::parallel::run_units;
use crate::study::Models;
use crate::weights::Weights;

pub use average::LayerAverage;
pub use figure::layer_dots;
pub use options::{LayerOptions, Moving};
pub use table::{LAYER_KINDS, LAYERS, LayerColumns, LayerKindColumns};

/// The number of digits of the name of weights in the store.
const DIGITS: usize = 20;
/// The places of the two models that are evaluated for each average, as the share of the first model: the
/// second model's layers, and the mean.
const ALPHAS: [f64; 2] = [0.0, 0.5];

/// Averages of pairs of models in some of their parts, on one evaluation set.
#[derive(Clone)]
pub struct Layers {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The evaluation set's name.
    pub dataset: String,
    /// The options by which they were made.
    pub options: Valid<LayerOptions>,
    /// The parts of the models, from the texts to the logits.
    pub parts: Vec<Part>,
    /// The averages: for each pair both ways round, for each part in order.
    pub averages: Vec<LayerAverage>,
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (averages, parts) = (self.averages.len(), self.parts.len());
        write!(f, "Layers({averages} averages of {} models in {parts} parts)", self.models.len())
    }
}

/// The weights of one model with some parts from another.
struct Mixture {
    models: [usize; 2],
    part: usize,
    alpha: f64,
}

impl Models {
    /// Averages pairs of models in some of their parts, while all other parts stay those of the first model,
    /// and evaluates the averages on the set of that name.
    ///
    /// An average is judged by its excess: its loss less the mean of the losses at the two ends, which are the
    /// first model, and the same with the second model's parts. That is the convexity gap of this line from
    /// three points, and below zero where the average is better than its ends. Both models of a pair are the
    /// first one in turn.
    ///
    /// Each pair needs four evaluations for each part. They are kept in the store.
    ///
    /// # Errors
    /// The errors of [`LayerOptions::check`]; [`LmcError::InvalidParameter`] for fewer than two models, or a
    /// pair of models that do not exist; those of [`Models::evaluate`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::layers::{LayerOptions, Moving};
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let basins = models.sweep("id", Grid::TENTHS)?.basins(&ClusterOptions::default())?;
    /// let layers = models.layers("id", &LayerOptions::default())?;
    /// figure::layer_dots(&layers.kinds(&basins)?, "id")?.save("layers.png")?;
    /// // How far up two models can be averaged.
    /// let options = LayerOptions { moving: Moving::UpTo, pairs: vec![[0, 1]], ..LayerOptions::default() };
    /// println!("{}", models.layers("id", &options)?.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    ///
    /// # Reference
    /// Adilova, Andriushchenko, Kamp, Fischer and Jaggi 2024, "Layer-wise Linear Mode Connectivity".
    pub fn layers(&self, dataset: &str, options: &LayerOptions) -> Result<Layers> {
        let options = &options.check()?;
        let pairs = self.pairs_of(options)?;
        let parts = self.study().task().classifier.parts();
        let moving: Vec<Part> = (0..parts.len()).map(|part| options.moving.of(&parts, part)).collect();
        let both = pairs.iter().flat_map(|&[a, b]| [[a, b], [b, a]]);
        let all: Vec<([usize; 2], usize)> =
            both.flat_map(|models| (0..parts.len()).map(move |part| (models, part))).collect();
        let mixtures: Vec<Mixture> = all
            .iter()
            .flat_map(|&(models, part)| ALPHAS.map(|alpha| Mixture { models, part, alpha }))
            .collect();
        let keys: Vec<String> = mixtures.iter().map(|mixture| self.mixed_key(mixture, &moving)).collect();
        let own = self.loader();
        let load = |number: usize| {
            let Mixture { models: [a, b], part, alpha } = mixtures[number];
            Weights::lerp_in(&own(a)?, &own(b)?, alpha, &moving[part].spans)
        };
        let outcomes = self.study().outcomes(dataset, &keys, &load)?;
        let ends = self.ends(dataset)?;
        let distances = self.distances(&pairs, &moving)?;
        let averages =
            all.iter().zip(outcomes.chunks(ALPHAS.len())).enumerate().map(|(i, (of, outcomes))| {
                let &([a, _], part) = of;
                // A pair has the same distance both ways round.
                let distance = distances[i / (2 * parts.len())][part];
                LayerAverage::new(of.0, part, distance, [&ends[a], &outcomes[0]], &outcomes[1])
            });
        Ok(Layers {
            models: self.names(),
            dataset: dataset.to_owned(),
            options: options.clone(),
            averages: averages.collect(),
            parts,
        })
    }

    /// Returns the pairs of the options, all if they name none.
    fn pairs_of(&self, options: &LayerOptions) -> Result<Vec<[usize; 2]>> {
        let n = self.len();
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

    /// Returns the distance of each pair in each of the parts.
    fn distances(&self, pairs: &[[usize; 2]], moving: &[Part]) -> Result<Vec<Vec<f64>>> {
        let load = self.loader();
        run_units(pairs.to_vec(), |_, [a, b]| {
            let (a, b) = (load(a)?, load(b)?);
            moving.iter().map(|part| Weights::distance_in(&a, &b, &part.spans)).collect()
        })
    }

    /// Returns the name in the store of mixed weights: a digest of everything that decides them.
    fn mixed_key(&self, mixture: &Mixture, moving: &[Part]) -> String {
        let [a, b] = mixture.models.map(|model| self.models()[model].key());
        let spans: Vec<[i64; 2]> =
            moving[mixture.part].spans.iter().map(|span| [span.start, span.end]).collect();
        let facts = json!({ "a": a, "b": b, "alpha": mixture.alpha, "spans": spans });
        format!("layers-{}", &sha256(facts.to_string().as_bytes())[..DIGITS])
    }
}
