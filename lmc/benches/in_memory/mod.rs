//! Sweeps over models that are in memory and in no store, for benchmarks.

use std::path::PathBuf;
use std::sync::Mutex;

use lmc::compute::Compute;
use lmc::encode::Placement;
use lmc::eval::{EvaluationSet, Outcome, Tile, evaluate};
use lmc::model::Classifier;
use lmc::store::Store;
use lmc::sweep::{Sampled, SweepJob, SweepPlan, execute};
use lmc::weights::Weights;
use tch::Tensor;

/// Models with their own evaluations, and a store of results that goes with them.
pub struct InMemory<'a> {
    classifier: &'a Classifier,
    set: &'a EvaluationSet,
    /// The models' names.
    pub names: Vec<String>,
    // tch's tensors may be sent to another thread but not shared by two.
    thetas: Vec<Mutex<Tensor>>,
    ends: Vec<Outcome>,
    folder: PathBuf,
}

impl<'a> InMemory<'a> {
    /// Evaluates the models on the first device.
    pub fn new(
        classifier: &'a Classifier,
        set: &'a EvaluationSet,
        models: Vec<Weights>,
        compute: &Compute,
    ) -> lmc::Result<Self> {
        let device = compute.devices[0];
        let mut tile = Tile::new(set, Placement::new(device, compute.precision, compute.attention))?;
        let ends = models.iter().map(|model| {
            let theta = model.theta().to_device(device).to_kind(compute.precision.kind());
            tile.fitting(|batches| evaluate(classifier, &theta, batches, set.encoded.len()))
        });
        Ok(Self {
            classifier,
            set,
            names: (0..models.len()).map(|i| format!("m{i}")).collect(),
            ends: ends.collect::<lmc::Result<_>>()?,
            thetas: models.into_iter().map(|model| Mutex::new(model.theta().shallow_clone())).collect(),
            folder: std::env::temp_dir().join(format!("lmc-bench-{}", std::process::id())),
        })
    }

    /// Returns the results of a plan; units that an earlier plan of the same points left are found.
    pub fn execute(&self, plan: &SweepPlan, compute: &Compute) -> lmc::Result<Vec<Sampled>> {
        let load = |model: usize| {
            let theta = self.thetas[model].lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            Weights::new(self.classifier.layout().clone(), theta.shallow_clone())
        };
        execute(&SweepJob {
            store: &Store::open(&self.folder)?,
            classifier: self.classifier,
            set: self.set,
            models: &self.names,
            load: &load,
            ends: &self.ends,
            plan,
            compute,
        })
    }
}

impl Drop for InMemory<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
