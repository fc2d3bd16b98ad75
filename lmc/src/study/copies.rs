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
            model: models.iter().map(|m| m.name.clone()).collect::<Vec<_>>(),
            run_id: models.iter().map(|m| m.spec.run_id()).collect::<Vec<_>>(),
            seed: models.iter().map(|m| m.spec.seed as i64).collect::<Vec<_>>(),
            task: models.iter().map(|m| m.spec.task.name().to_owned()).collect::<Vec<_>>(),
            recipe: models.iter().map(|m| m.spec.recipe.name.clone()).collect::<Vec<_>>(),
            step: models.iter().map(|m| format!("{}it", m.info.step)).collect::<Vec<_>>(),
            n_parameters: vec![n; models.len()],
            train_loss: models.iter().map(|m| m.info.train_loss).collect::<Vec<_>>(),
            seconds: models.iter().map(|m| m.info.seconds).collect::<Vec<_>>(),
        }
        .frame()
    }
}
