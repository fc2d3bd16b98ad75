//! The models of a study as a table.

use polars::prelude::DataFrame;

use super::Models;
use crate::error::Result;
use crate::spec::RunSpec;
use crate::study::ModelColumns;
use crate::tables::Table;

impl Table for Models {
    /// Returns one row per model: the schema [`MODELS`](crate::table::MODELS).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let models = self.models();
        let n = self.study().task().classifier.layout().n_parameters();
        ModelColumns {
            model: models.iter().map(|m| m.name.clone()).collect(),
            run_id: models.iter().map(|m| m.spec().map_or_else(|| m.key(), RunSpec::run_id)).collect(),
            seed: models.iter().map(|m| m.spec().map(|spec| spec.seed as i64)).collect(),
            task: vec![self.study().spec().task.name().to_owned(); models.len()],
            recipe: models.iter().map(|m| m.spec().map(|spec| spec.recipe.name.clone())).collect(),
            step: models.iter().map(|m| m.step().map(|step| format!("{step}it"))).collect(),
            n_parameters: vec![n; models.len()],
            train_loss: models.iter().map(|m| m.info().map(|info| info.train_loss)).collect(),
            seconds: models.iter().map(|m| m.info().map(|info| info.seconds)).collect(),
        }
        .frame()
    }
}
