//! Training curves as means over neighbouring updates.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::TrainingColumns;
use crate::Result;

/// The most points of a curve; each is the mean of equally many updates in a row.
pub(crate) const POINTS: usize = 50;

/// The updates of one model, in their order.
#[derive(Default)]
pub(crate) struct Curve(Vec<Update>);

/// One update: its loss, the norm of its gradient and its learning rate.
struct Update {
    number: f64,
    values: [Option<f64>; 3],
}

/// Returns the curve of each model in a table of updates.
pub(crate) fn curves(training: &DataFrame) -> Result<BTreeMap<String, Curve>> {
    let columns = TrainingColumns::read(training)?;
    let mut curves: BTreeMap<String, Curve> = BTreeMap::new();
    for (i, model) in columns.model.into_iter().enumerate() {
        let values = [Some(columns.loss[i]), columns.gradient_norm[i], Some(columns.learning_rate[i])];
        curves.entry(model).or_default().0.push(Update { number: columns.update[i] as f64, values });
    }
    curves.values_mut().for_each(|curve| curve.0.sort_by(|a, b| a.number.total_cmp(&b.number)));
    Ok(curves)
}

impl Curve {
    /// Returns the number of updates.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the points of the loss, the norm or the rate, 0, 1 or 2: means of updates, and of the values
    /// that are known of them.
    pub fn points(&self, value: usize) -> (Vec<f64>, Vec<f64>) {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let point = |part: &[Update]| {
            let known: Vec<(f64, f64)> =
                part.iter().filter_map(|update| Some((update.number, update.values[value]?))).collect();
            let (x, y): (Vec<f64>, Vec<f64>) = known.into_iter().unzip();
            (!x.is_empty()).then(|| (mean(&x), mean(&y)))
        };
        self.0.chunks(self.len().div_ceil(POINTS).max(1)).filter_map(point).unzip()
    }
}
