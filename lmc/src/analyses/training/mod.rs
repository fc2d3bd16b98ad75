//! Training curves: the loss, the learning rate and the norm of the gradient of every copy while it is
//! finetuned.

pub mod figure;
pub(crate) mod smooth;
mod table;
mod trainer;

use polars::prelude::DataFrame;

pub use figure::training_curves;
pub use table::{TRAINING, TrainingColumns};

use crate::Result;
use crate::study::{Model, Models, Origin, updates};

impl Models {
    /// Returns the updates of every model up to here: the schema [`TRAINING`].
    ///
    /// The store has every update of copies. Of a model from elsewhere the log of transformers' Trainer is read,
    /// `trainer_state.json` in its folder; one without it has no row. Copies that lmc 0.1 finetuned have no
    /// record. Those of up to 2 million parameters are trained once more for it, which leaves their weights
    /// alone, and larger ones have no rows.
    ///
    /// # Errors
    /// [`LmcError::Format`](crate::LmcError::Format) for a damaged file; [`LmcError::Io`](crate::LmcError::Io);
    /// where copies are trained once more, the errors of [`Study::finetune`](crate::study::Study::finetune).
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let training = models.training()?;
    /// figure::training_curves(&training, None)?.save("training.png")?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn training(&self) -> Result<DataFrame> {
        if self.study().spec().models.is_none() {
            self.study().ensure_updates()?;
        }
        let mut all = TrainingColumns::default();
        for model in self.models() {
            match &model.origin {
                Origin::Finetuned { .. } => self.add_copy(&mut all, model)?,
                Origin::Opened(opened) => trainer::add(&mut all, &model.name, opened.folder())?,
            }
        }
        all.frame()
    }

    /// Adds the updates of a copy, from one checkpoint to the next.
    fn add_copy(&self, all: &mut TrainingColumns, model: &Model) -> Result<()> {
        let (study, Some(run)) = (self.study(), model.spec()) else { return Ok(()) };
        let checkpoints = run.recipe.checkpoints(study.task().train.len());
        for step in checkpoints.into_iter().filter(|&step| step <= self.step()) {
            let Some(updates) = updates(study.store(), run, step)? else { continue };
            all.model.extend(std::iter::repeat_n(model.name.clone(), updates.update.len()));
            all.update.extend(updates.update);
            all.learning_rate.extend(updates.learning_rate);
            all.loss.extend(updates.loss);
            all.gradient_norm.extend(updates.gradient_norm);
        }
        Ok(())
    }
}
