//! Averages in some layers as tables.

use polars::prelude::DataFrame;

use super::{LayerAverage, LayerColumns, LayerKindColumns, Layers};
use crate::analyses::excess::mean_in_examples;
use crate::basin::Basins;
use crate::error::{LmcError, Result};
use crate::model::Part;
use crate::stats::{mean, mean_interval};
use crate::tables::Table;

/// The kinds of pairs, in the order of tables.
const KINDS: [&str; 3] = ["within", "across", "alone"];

impl Table for Layers {
    /// Returns one row per average: the schema [`LAYERS`](crate::table::LAYERS).
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let all = &self.averages;
        let name = |model: usize| self.models[model].clone();
        LayerColumns {
            a: all.iter().map(|average| name(average.models[0])).collect(),
            b: all.iter().map(|average| name(average.models[1])).collect(),
            moving: vec![self.options.moving.to_string(); all.len()],
            part: all.iter().map(|average| self.parts[average.part].name.clone()).collect(),
            n_parameters: all.iter().map(|average| self.moving(average.part).n_parameters()).collect(),
            distance: all.iter().map(|average| average.distance).collect(),
            dataset: vec![self.dataset.clone(); all.len()],
            n_examples: all.iter().map(|average| average.excess.len() as i64).collect(),
            loss: all.iter().map(|average| average.loss).collect(),
            loss_swapped: all.iter().map(|average| average.loss_swapped).collect(),
            loss_average: all.iter().map(|average| average.loss_average).collect(),
            excess: all.iter().map(LayerAverage::mean_excess).collect(),
        }
        .frame()
    }
}

impl Layers {
    /// Returns one row per part and kind of pair, means over the averages: the schema
    /// [`LAYER_KINDS`](crate::table::LAYER_KINDS). All basins count as one kind, "within"; pairs with a model in
    /// no basin are "alone".
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for the basins of other models; [`LmcError::Polars`] if polars refuses a
    /// column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::layers::LayerOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let basins = models.sweep("id", Grid::TENTHS)?.basins(&ClusterOptions::default())?;
    /// println!("{}", models.layers("id", &LayerOptions::default())?.kinds(&basins)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn kinds(&self, basins: &Basins) -> Result<DataFrame> {
        if basins.models != self.models {
            let got = format!("basins of {} other models", basins.models.len());
            return Err(LmcError::invalid("basins", got, "those of these models, in their order"));
        }
        let kind_of = |average: &LayerAverage| match average.models.map(|model| basins.basin_of(model)) {
            [Some(a), Some(b)] => KINDS[usize::from(a != b)],
            _ => KINDS[2],
        };
        let mut groups: Vec<(usize, &str, Vec<&LayerAverage>)> = Vec::new();
        for part in 0..self.parts.len() {
            for kind in KINDS {
                let is_own = |average: &&LayerAverage| average.part == part && kind_of(average) == kind;
                let own: Vec<&LayerAverage> = self.averages.iter().filter(is_own).collect();
                if !own.is_empty() {
                    groups.push((part, kind, own));
                }
            }
        }
        let excess: Vec<[f64; 3]> =
            groups.iter().map(|(_, _, averages)| self.excess(averages)).collect::<Result<_>>()?;
        let distance = |averages: &[&LayerAverage]| {
            mean(&averages.iter().map(|average| average.distance).collect::<Vec<_>>())
        };
        LayerKindColumns {
            moving: vec![self.options.moving.to_string(); groups.len()],
            part: groups.iter().map(|(part, _, _)| self.parts[*part].name.clone()).collect(),
            n_parameters: groups.iter().map(|(part, _, _)| self.moving(*part).n_parameters()).collect(),
            kind: groups.iter().map(|(_, kind, _)| (*kind).to_owned()).collect(),
            n_averages: groups.iter().map(|(_, _, averages)| averages.len() as i64).collect(),
            dataset: vec![self.dataset.clone(); groups.len()],
            n_examples: groups.iter().map(|(_, _, averages)| averages[0].excess.len() as i64).collect(),
            distance: groups.iter().map(|(_, _, averages)| distance(averages)).collect::<Result<_>>()?,
            excess: excess.iter().map(|of| of[0]).collect(),
            excess_low: excess.iter().map(|of| of[1]).collect(),
            excess_high: excess.iter().map(|of| of[2]).collect(),
        }
        .frame()
    }

    /// Returns the parameters that are averaged for a part.
    fn moving(&self, part: usize) -> Part {
        self.options.moving.of(&self.parts, part)
    }

    /// Returns the mean excess of averages and the ends of its interval.
    fn excess(&self, averages: &[&LayerAverage]) -> Result<[f64; 3]> {
        let means = mean_in_examples(&averages.iter().map(|average| &average.excess[..]).collect::<Vec<_>>());
        mean_interval(&means, self.options.n_resamples, self.options.confidence, self.options.seed)
    }
}
