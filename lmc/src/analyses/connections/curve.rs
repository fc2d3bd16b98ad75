//! A curve in the store: its file, its control points and their names.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tch::Device;

use super::Connection;
use crate::encode::Encoded;
use crate::error::{LmcError, Result};
use crate::file::{read_sealed, write_sealed};
use crate::model::Classifier;
use crate::path::CurveKind;
use crate::progress::Progress;
use crate::store::Store;
use crate::study::Model;
use crate::train::{CurveRecipe, CurveState, CurveTraining};
use crate::weights::Weights;

/// The facts about the training of a curve.
pub(super) struct Trained {
    /// The loss before each update, in nats per example.
    pub losses: Vec<f32>,
    /// The time that it took, in seconds.
    pub seconds: f64,
}

impl Trained {
    pub fn of(state: CurveState) -> Self {
        Self { losses: state.losses, seconds: state.seconds }
    }
}

/// The parts of a connection that threads may share.
pub(super) struct Curve<'a> {
    store: &'a Store,
    classifier: &'a Classifier,
    ends: &'a [Model; 2],
    kind: CurveKind,
    pub name: &'a str,
    of: &'a Value,
}

impl<'a> Curve<'a> {
    pub fn of(connection: &'a Connection) -> Self {
        let Connection { study, ends, kind, name, of, .. } = connection;
        Self { store: study.store(), classifier: &study.task().classifier, ends, kind: *kind, name, of }
    }

    pub fn path(&self) -> PathBuf {
        self.store.curve_path(self.name)
    }

    /// Reads the curve in its present state, if its training has begun.
    pub fn read(&self) -> Result<Option<CurveState>> {
        let (path, n) = (self.path(), self.classifier.layout().n_parameters());
        let shape = [self.kind.n_inner() as i64, n];
        let found = read_sealed(&path, CurveState::REMEDY)?;
        found.map(|bytes| CurveState::from_bytes(&bytes, &path, self.of, shape)).transpose()
    }

    /// Returns the number of updates that are kept, or 0 if that is unknown.
    pub fn updates_kept(&self) -> u64 {
        self.read().ok().flatten().map_or(0, |state| state.losses.len() as u64)
    }

    /// Trains the curve on a device to its end, or to an interrupt. The state is kept after both.
    pub fn train(
        &self,
        examples: &[Encoded],
        recipe: &CurveRecipe,
        device: Device,
        progress: &Progress,
    ) -> Result<Trained> {
        let end = |control| Ok::<_, LmcError>(self.load(control)?.theta().f_to_device(device)?);
        let (first, last) = (end(0)?, end(self.kind.n_inner() + 1)?);
        let mut training = CurveTraining::new(self.classifier, [&first, &last], examples, recipe)?;
        if let Some(state) = self.read()? {
            progress.found(state.losses.len() as u64);
            training = training.resumed(state);
        }
        let result = training.run(|loss| progress.tick(|| format!("loss {loss:.3}")));
        let state = training.state();
        if matches!(result, Ok(()) | Err(LmcError::Interrupted { .. })) {
            let parts = state.to_parts(self.of)?;
            write_sealed(&self.path(), &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        }
        result.map(|()| Trained::of(state))
    }

    /// Returns the name of a control point in the store.
    pub fn key(&self, control: usize) -> String {
        match control {
            0 => self.ends[0].key(),
            last if last > self.kind.n_inner() => self.ends[1].key(),
            inner => format!("{}-{inner}", self.name),
        }
    }

    /// Returns a short name of a control point among those of its curve: the first stands for the curve.
    pub fn label(&self, control: usize) -> String {
        if control == 0 { self.name.to_owned() } else { control.to_string() }
    }

    /// Loads the weights of a control point.
    pub fn load(&self, control: usize) -> Result<Weights> {
        let layout = self.classifier.layout();
        if control == 0 || control > self.kind.n_inner() {
            let model = &self.ends[usize::from(control > 0)];
            return model.load(self.store, layout);
        }
        let path = self.path();
        let state = self.read()?.filter(CurveState::is_finished).ok_or_else(|| missing(&path))?;
        Weights::new(layout.clone(), state.inner.get(control as i64 - 1).copy())
    }
}

fn missing(path: &Path) -> LmcError {
    LmcError::io("read", path)(std::io::ErrorKind::NotFound.into())
}
