//! Averages of two models in some layers alone: where models that cannot be averaged part.

mod average;
pub(crate) mod figure;
mod mixtures;
mod on_slurm;
mod options;
mod rows;
mod table;

use std::fmt;

use self::mixtures::{Mixtures, N_POINTS, pairs};
use crate::error::Result;
use crate::model::Part;
use crate::options::{Options, Valid};
use crate::study::Models;

pub use average::LayerAverage;
pub use figure::layer_dots;
pub(crate) use on_slurm::{VERB, work};
pub use options::{LayerOptions, Moving};
pub use table::{LAYER_KINDS, LAYERS, LayerColumns, LayerKindColumns};

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
    /// The errors of [`LayerOptions::check`];
    /// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for fewer than two models, or a pair
    /// of models that do not exist; those of [`Models::evaluate`].
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
        let mixtures = Mixtures::new(self, options)?;
        let numbers: Vec<usize> = (0..mixtures.len()).collect();
        let outcomes = mixtures.outcomes(dataset, &numbers)?;
        let ends = self.ends(dataset)?;
        let distances = mixtures.distances()?;
        let n_parts = mixtures.parts().len();
        let averages = mixtures.averages().zip(outcomes.chunks(N_POINTS)).enumerate().map(
            |(i, ((models, part), outcomes))| {
                // A pair has the same distance both ways round.
                let distance = distances[i / (2 * n_parts)][part];
                LayerAverage::new(models, part, distance, [&ends[models[0]], &outcomes[0]], &outcomes[1])
            },
        );
        Ok(Layers {
            models: self.names(),
            dataset: dataset.to_owned(),
            options: options.clone(),
            averages: averages.collect(),
            parts: mixtures.parts().to_vec(),
        })
    }

    /// Checks that the models of the pairs of the options exist.
    pub(crate) fn check_layers(&self, options: &LayerOptions) -> Result<()> {
        pairs(self, options).map(|_| ())
    }

    /// Returns whether the store has all averages on the set of that name.
    pub(crate) fn has_layers(&self, dataset: &str, options: &LayerOptions) -> Result<bool> {
        let has = |pairs: &[[usize; 2]]| -> Result<bool> {
            let options = LayerOptions { pairs: pairs.to_vec(), ..options.clone() }.check()?;
            let mixtures = Mixtures::new(self, &options)?;
            let files = self.study().outcome_files(dataset, mixtures.keys())?;
            Ok(files.iter().all(|file| file.exists()))
        };
        // The names of all averages take long for many models: those of one pair mostly say that there are none.
        Ok(has(&pairs(self, options)?[..1])? && has(&options.pairs)?)
    }
}
