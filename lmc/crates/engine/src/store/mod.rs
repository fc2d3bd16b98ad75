//! The store in which results lie: every file name, atomic writes, and the rules for what counts as done.
//!
//! ```text
//! <root>/runs/<run_id>/spec.json              the spec, compared on every opening
//! <root>/runs/<run_id>/checkpoint-800it.safetensors
//! <root>/runs/<run_id>/updates-800it.parquet  the updates up to that checkpoint, since the one before
//! <root>/runs/<run_id>/state.sealed           an interrupted stack, in the folder of its first run
//! <root>/evaluations/<dataset key>/<run_id>-800it.parquet
//! <root>/evaluations/<dataset key>/classifier-<digest>.parquet  of one from elsewhere, by its config and weights
//! <root>/logits/<dataset key>/<run_id>-800it.parquet
//! <root>/sweeps/<dataset key>-<points>/<a>--<b>.parquet
//! <root>/sweeps/<dataset key>-<points>-bf16/precision.json  what a sample of it was off by
//! <root>/sweeps/<dataset key>-<points>/.<a>--<b>.claim    while a process works on that unit
//! <root>/**/.<host>-<pid>-<number>.part       a file that is being written; left by a killed process, it goes after a day
//! <root>/curves/<a>-<b>-<kind>-<hash>.sealed  the control points of a trained curve, finished or not
//! <root>/sharpness/<dataset key>-<hash>/<run_id>-800it.sealed
//! <root>/opened/<hash>.json                   facts about a model from elsewhere, while its files are unchanged
//! <root>/statistics/<kind>-<hash>/<model>.sealed  what texts tell of a model, by the digest of the texts
//! <root>/slurm/<verb>-<hash>/plan.json         what the tasks of a job array do, beside job.sh and logs/<task>-<job>.log
//! ```
//!
//! Any number of processes on any number of hosts may work on one store at a time: see [`Claim`]. Files
//! appear by rename, whole, and the store takes no file-system locks, so NFS and other network file systems
//! will do.

mod checkpoint;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use lmc_base::file::Claim;
#[doc(hidden)]
pub use lmc_base::file::stamp::KEY as STAMP;
pub use lmc_base::frame::{read_frame, write_frame};

use lmc_base::error::{LmcError, Result};
use lmc_base::file::{home, make_folder, read, sha256, writable_folder, write_atomic};
use lmc_data::spec::RunSpec;
use lmc_model::model::load::tensors_from_bytes;
use lmc_model::model::save::to_bytes;
use lmc_model::weights::{Layout, Weights};

/// The most bytes of the name of a sweep's unit: file systems take 255, of which a claim and a temporary file
/// need some.
const LONGEST_NAME: usize = 180;

/// A folder of runs, evaluations and profiles in which finished work is found again.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// The facts that are kept beside a checkpoint's weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointInfo {
    /// Updates made.
    pub step: u32,
    /// The mean training loss since the checkpoint before, in nats per example.
    pub train_loss: f64,
    /// The time from the start of the stack's training, in seconds.
    pub seconds: f64,
    /// The updates that were skipped because gradients in fp16 overflowed; left out if there are none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub skipped: u32,
}

fn is_none(n: &u32) -> bool {
    *n == 0
}

impl Store {
    /// Opens a store at that folder, which is made if it is missing.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the folder cannot be made or written to.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        writable_folder(&root)?;
        Ok(Self { root })
    }

    /// Returns the default store: `LMC_HOME`, or `lmc/store` under the user's cache folder.
    ///
    /// # Errors
    /// The errors of [`Store::open`]; [`LmcError::InvalidParameter`] if no home folder is known.
    pub fn default_location() -> Result<Self> {
        Self::open(home()?)
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder of a run, made if missing, after comparing the spec that lies in it.
    ///
    /// # Errors
    /// [`LmcError::SpecMismatch`] naming the first field that differs; [`LmcError::Io`],
    /// [`LmcError::Format`].
    pub fn run_folder(&self, spec: &RunSpec) -> Result<PathBuf> {
        let folder = self.root.join("runs").join(spec.run_id());
        make_folder(&folder)?;
        let path = folder.join("spec.json");
        let expected =
            serde_json::to_value(spec).map_err(|e| LmcError::invalid("spec", e, "a serialisable spec"))?;
        if !path.exists() {
            write_atomic(&path, format!("{expected:#}\n").as_bytes())?;
            return Ok(folder);
        }
        let got: Value = serde_json::from_slice(&read(&path)?).map_err(|e| LmcError::Format {
            path: path.clone(),
            line: Some(e.line()),
            problem: e.to_string(),
            remedy: "delete the run folder, it is made again",
        })?;
        match first_difference("", &got, &expected) {
            None => Ok(folder),
            Some((field, got, expected)) => {
                Err(LmcError::SpecMismatch { path: folder, field, got, expected })
            }
        }
    }

    /// Writes a checkpoint: weights with their digest in the same file, then its description, which marks it
    /// as done.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the folder cannot be written.
    pub fn save_checkpoint(&self, spec: &RunSpec, weights: &Weights, info: &CheckpointInfo) -> Result<()> {
        let folder = self.run_folder(spec)?;
        let bytes = checkpoint::stamped(to_bytes(weights)?);
        write_atomic(&folder.join(format!("checkpoint-{}it.safetensors", info.step)), &bytes)?;
        let json = serde_json::to_string_pretty(info)
            .map_err(|e| LmcError::invalid("checkpoint", e, "serialisable"))?;
        write_atomic(&folder.join(format!("checkpoint-{}it.json", info.step)), json.as_bytes())
    }

    /// Returns the facts about a checkpoint, or `None` if it was not finished.
    ///
    /// # Errors
    /// The errors of [`Store::run_folder`]; [`LmcError::Format`] for a damaged description.
    pub fn checkpoint_info(&self, spec: &RunSpec, step: u32) -> Result<Option<CheckpointInfo>> {
        let path = self.run_folder(spec)?.join(format!("checkpoint-{step}it.json"));
        if !path.exists() || !path.with_extension("safetensors").exists() {
            return Ok(None);
        }
        serde_json::from_slice(&read(&path)?).map(Some).map_err(|e| LmcError::Format {
            path,
            line: Some(e.line()),
            problem: e.to_string(),
            remedy: "delete the file, the run is made again",
        })
    }

    /// Loads the weights of a checkpoint.
    ///
    /// # Errors
    /// [`LmcError::Io`] if it is missing, [`LmcError::Format`] if its bytes are not those that were written.
    pub fn load_checkpoint(&self, spec: &RunSpec, step: u32, layout: &Arc<Layout>) -> Result<Weights> {
        let path = self.run_folder(spec)?.join(format!("checkpoint-{step}it.safetensors"));
        let bytes = checkpoint::read_checked(&path)?;
        let named = tensors_from_bytes(&bytes, &path)?;
        Weights::from_named(layout.clone(), named).map_err(|e| e.found_in(&path))
    }

    /// Returns the file with the updates of a run up to a checkpoint, since the one before.
    ///
    /// # Errors
    /// The errors of [`Store::run_folder`].
    pub fn updates_path(&self, spec: &RunSpec, step: u32) -> Result<PathBuf> {
        Ok(self.run_folder(spec)?.join(format!("updates-{step}it.parquet")))
    }

    /// Returns the file of the state of a stack in training: in the folder of its first run, which knows the
    /// whole stack.
    ///
    /// # Errors
    /// The errors of [`Store::run_folder`].
    pub fn state_path(&self, first: &RunSpec) -> Result<PathBuf> {
        Ok(self.run_folder(first)?.join("state.sealed"))
    }

    /// Returns the file of one model's evaluation.
    pub fn evaluation_path(&self, dataset_key: &str, model: &str) -> PathBuf {
        self.root.join("evaluations").join(dataset_key).join(format!("{model}.parquet"))
    }

    /// Returns the file of one model's logits.
    pub fn logits_path(&self, dataset_key: &str, model: &str) -> PathBuf {
        self.root.join("logits").join(dataset_key).join(format!("{model}.parquet"))
    }

    /// Returns the folder of a sweep's units.
    pub fn sweep_folder(&self, sweep_key: &str) -> PathBuf {
        self.root.join("sweeps").join(sweep_key)
    }

    /// Returns the file of a trained curve of that name.
    pub fn curve_path(&self, name: &str) -> PathBuf {
        self.root.join("curves").join(format!("{name}.sealed"))
    }

    /// Returns the file of the facts about a model from elsewhere, by the hash of where it lies.
    pub fn opened_path(&self, name: &str) -> PathBuf {
        self.root.join("opened").join(format!("{name}.json"))
    }

    /// Returns the folder of the sharpness of models on a set, by the hash of how it is measured.
    pub fn sharpness_folder(&self, dataset_key: &str, recipe: &str) -> PathBuf {
        self.root.join("sharpness").join(format!("{dataset_key}-{recipe}"))
    }

    /// Returns the folder of a statistic of models; `texts` is the digest of the texts that it was taken
    /// from.
    pub fn statistics_folder(&self, kind: &str, texts: &str) -> PathBuf {
        self.root.join("statistics").join(format!("{kind}-{}", &texts[..texts.len().min(10)]))
    }

    /// Returns the folder of the plan, the batch script and the logs of work on a Slurm cluster, by the name
    /// of that work.
    pub fn slurm_folder(&self, name: &str) -> PathBuf {
        self.root.join("slurm").join(name)
    }

    /// Returns the file of one unit of a sweep: the losses at points between those models. Where their names
    /// are too long for a file, it has the first one, how many follow and a hash of all.
    pub fn sweep_path(&self, sweep_key: &str, models: &[&str]) -> PathBuf {
        let mut name = models.join("--");
        if name.len() > LONGEST_NAME {
            let digest = sha256(name.as_bytes());
            name = format!("{}--{}more-{}", models[0], models.len() - 1, &digest[..16]);
        }
        self.sweep_folder(sweep_key).join(format!("{name}.parquet"))
    }
}

fn first_difference(at: &str, got: &Value, expected: &Value) -> Option<(String, String, String)> {
    match (got, expected) {
        (Value::Object(g), Value::Object(e)) => {
            e.keys().chain(g.keys().filter(|k| !e.contains_key(*k))).find_map(|key| {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                first_difference(
                    &path,
                    g.get(key).unwrap_or(&Value::Null),
                    e.get(key).unwrap_or(&Value::Null),
                )
            })
        }
        _ if got == expected => None,
        _ => Some((at.to_owned(), got.to_string(), expected.to_string())),
    }
}

#[cfg(test)]
mod tests;
