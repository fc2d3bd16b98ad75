//! The figure of training curves, for the verbs that write it.

use std::collections::BTreeSet;

use lmc::Result;
use lmc::figure::{self, Figure};
use lmc::polars::prelude::DataFrame;
use lmc::study::Models;
use lmc::table::TrainingColumns;
use lmc::terminal::tell;
use lmc_base::show::counted;

/// Returns the figure of the updates of models and its name, or nothing if no update is known. Copies without
/// any are told.
pub fn training_figure(
    models: &Models,
    training: &DataFrame,
    basins: Option<&DataFrame>,
) -> Result<Vec<(&'static str, Figure)>> {
    let known: BTreeSet<String> = TrainingColumns::model(training)?.into_iter().collect();
    let n_unknown = models.len() - known.len();
    if n_unknown > 0 && models.study().spec().models.is_none() {
        let copies = counted(n_unknown, "copy");
        tell(&format!("note: the store has no record of the updates of {copies}"));
    }
    match known.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![("training", figure::training_curves(training, basins)?)]),
    }
}
