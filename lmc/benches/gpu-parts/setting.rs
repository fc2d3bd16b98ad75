//! How large everything is, where it lies and on what it runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lmc::compute::Compute;
use lmc::encode::Encoded;
use lmc::model::ModelConfig;
use lmc::tch::{Cuda, Device};

use super::{Result, inputs};

/// The sizes of all measurements.
pub struct Size {
    /// The model's name, for the table.
    pub model: &'static str,
    pub layers: i64,
    pub width: i64,
    pub heads: i64,
    /// The tokens that the model knows.
    pub vocabulary: i64,
    /// The pairs that are taken of the pack.
    pub n_inputs: usize,
    /// The pairs of a point.
    pub n_pairs: usize,
    /// The models between which points lie.
    pub n_models: usize,
    /// The batches of the side of PyTorch, in pairs.
    pub batches: [usize; 2],
    /// The pairs of an update of each copy.
    pub batch: usize,
    /// The copies that are finetuned at once.
    pub copies: &'static [usize],
    /// The updates whose losses are compared.
    pub n_compared: u32,
    /// The timed updates of one copy; larger stacks make fewer.
    pub n_updates: u32,
    /// The copies of the embedded model in the check of every verb, their updates, the points of a line between
    /// them and the spacing of planes through them.
    pub n_checked: u64,
    pub n_checked_updates: u32,
    pub n_checked_points: usize,
    pub spacing: f64,
    /// How long matrix products are measured.
    pub products: Duration,
}

impl Size {
    /// BERT base, as the paper has it.
    const FULL: Self = Self {
        model: "BERT base",
        layers: 12,
        width: 768,
        heads: 12,
        vocabulary: 30_522,
        n_inputs: 3072,
        n_pairs: 512,
        n_models: 4,
        batches: [64, 256],
        batch: 32,
        copies: &[1, 4, 8, 16],
        n_compared: 20,
        n_updates: 40,
        n_checked: 4,
        n_checked_updates: 60,
        n_checked_points: 11,
        spacing: 0.5,
        products: Duration::from_millis(500),
    };
    /// A model that a CPU evaluates in no time.
    const SMALL: Self = Self {
        model: "a BERT of two layers of width 64",
        layers: 2,
        width: 64,
        heads: 2,
        vocabulary: 1000,
        n_inputs: 128,
        n_pairs: 32,
        n_models: 3,
        batches: [8, 16],
        batch: 8,
        copies: &[1, 2],
        n_compared: 5,
        n_updates: 4,
        n_checked: 3,
        n_checked_updates: 4,
        n_checked_points: 4,
        spacing: 1.0,
        products: Duration::from_millis(20),
    };

    /// Returns the sizes of that name.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "full" => Ok(Self::FULL),
            "small" => Ok(Self::SMALL),
            other => Err(format!("{other} is neither full nor small").into()),
        }
    }

    /// Returns the shape of the model.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            hidden_size: self.width,
            num_hidden_layers: self.layers,
            num_attention_heads: self.heads,
            intermediate_size: 4 * self.width,
            max_position_embeddings: 512,
            ..ModelConfig::mini(self.vocabulary)
        }
    }
}

/// What a section works with.
pub struct Setting {
    /// The folder of inputs and of what `prepare` made of them.
    pub work: PathBuf,
    pub compute: Compute,
    pub size: Size,
}

impl Setting {
    pub fn new(work: &Path, compute: Compute, size: &str) -> Result<Self> {
        Ok(Self { work: work.to_owned(), compute, size: Size::named(size)? })
    }

    /// Returns the device on which single measurements are made.
    pub fn device(&self) -> Device {
        self.compute.devices[0]
    }

    /// Returns the pairs and what they are.
    pub fn inputs(&self) -> Result<(String, Vec<Encoded>)> {
        inputs::read(&self.work)
    }

    /// Returns the seconds of work on the device, to its end.
    pub fn seconds<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<f64> {
        self.finish();
        let start = Instant::now();
        work()?;
        self.finish();
        Ok(start.elapsed().as_secs_f64())
    }

    /// Waits for the device.
    pub fn finish(&self) {
        if let Device::Cuda(i) = self.device() {
            Cuda::synchronize(i as i64);
        }
    }
}
