//! The copies of a study as a table.

use polars::prelude::DataFrame;

use super::Models;
use crate::error::Result;
use crate::study::ModelColumns;
use crate::tables::Table;

impl Table for Models {
    /// Returns one row per copy: the schema [`MODELS`](crate::table::MODELS).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let models = self.models();
        let n = self.study().task().classifier.layout().n_parameters();
        ModelColumns {
            model: models.iter().map(|m| m.name.clone()).collect(),
            run_id: models.iter().map(|m| m.spec.run_id()).collect(),
            seed: models.iter().map(|m| m.spec.seed as i64).collect(),
            task: models.iter().map(|m| m.spec.task.name().to_owned()).collect(),
            recipe: models.iter().map(|m| m.spec.recipe.name.clone()).collect(),
            step: models.iter().map(|m| format!("{}it", m.info.step)).collect(),
            n_parameters: vec![n; models.len()],
            train_loss: models.iter().map(|m| m.info.train_loss).collect(),
            seconds: models.iter().map(|m| m.info.seconds).collect(),
        }
        .frame()
    }
}
