//! The updates of a copy, which are kept beside its checkpoints.

use lmc_base::declare_table;
use lmc_base::frame::{read_frame, write_frame};

use crate::error::{LmcError, Result};
use crate::spec::RunSpec;
use crate::store::Store;
use crate::train::{Schedule, UpdateLog};

declare_table! {
    /// One row per update of a copy up to a checkpoint, since the one before.
    UPDATES, UpdateColumns = "updates" {
        update: i64 = "number of the update, from 1",
        learning_rate: f64 = "learning rate of the update",
        loss: f64 = "mean cross-entropy of its batch, nats per example",
        gradient_norm: Option<f64> = "Euclidean norm of the gradient before it is clipped, empty where it overflowed",
    }
}

/// Keeps the updates of a run that end with update `step`; an empty log says that they are not known.
pub(super) fn save(
    store: &Store,
    run: &RunSpec,
    step: u32,
    log: &UpdateLog,
    schedule: &Schedule,
) -> Result<()> {
    let numbers: Vec<u32> = (0..step).skip((step as usize).saturating_sub(log.len())).collect();
    let norm = |norm: f32| Some(f64::from(norm)).filter(|norm| norm.is_finite());
    let columns = UpdateColumns {
        update: numbers.iter().map(|&number| i64::from(number) + 1).collect(),
        learning_rate: numbers.iter().map(|&number| schedule.rate(number)).collect(),
        loss: log.losses().map(f64::from).collect(),
        gradient_norm: log.gradient_norms().map(norm).collect(),
    };
    write_frame(&store.updates_path(run, step)?, &mut columns.frame()?)
}

/// Returns the updates of a run up to one of its checkpoints, since the one before; `None` if they were not
/// kept, as by lmc 0.1.
///
/// # Errors
/// [`LmcError::Format`] for a damaged file, [`LmcError::Io`].
pub(crate) fn read(store: &Store, run: &RunSpec, step: u32) -> Result<Option<UpdateColumns>> {
    let path = store.updates_path(run, step)?;
    if !path.exists() {
        return Ok(None);
    }
    let damaged = |problem| LmcError::Format {
        path: path.clone(),
        line: None,
        problem,
        remedy: "delete the file: a copy of up to 2 million parameters is then trained once more for it, a larger one has no curve there",
    };
    UpdateColumns::read(&read_frame(&path, damaged)?).map(Some)
}
