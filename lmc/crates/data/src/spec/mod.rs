//! The parts of a run: [`TaskSpec`], [`Recipe`], [`RunSpec`] and the identity of a run.

mod draw;
mod encoder;
#[cfg(test)]
mod names;
mod shown;
mod task;

use lmc_base::file::hexadecimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use crate::recipe::{Adam, Decay, Recipe, Trained};
pub use draw::Draw;
pub use encoder::{Embedded, Encoder};
#[doc(hidden)]
pub use shown::{beginning, pooler};
pub use task::TaskSpec;

/// One finetuning run: everything that decides the resulting weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The task with its data.
    pub task: TaskSpec,
    /// The digest of the training set: `lmc::model::digest`.
    pub train_sha256: String,
    /// The pretrained encoder.
    pub model: ModelSpec,
    /// The recipe for finetuning.
    pub recipe: Recipe,
    /// The seed that makes this run differ from its siblings, in head initialisation and data order.
    pub seed: u64,
    /// The seeds of all runs that are trained side by side with this one, including this one, in their order;
    /// empty if it is trained alone. Sums round differently in other company.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<u64>,
    /// The precision of the numbers in which the run is trained: `float32`, `tf32`, `fp16` or `bf16`, or
    /// `portable` for float32 with the same bits on every processor; left out of the JSON if it is `float32`.
    #[serde(default = "float32", skip_serializing_if = "is_float32")]
    pub precision: String,
}

fn float32() -> String {
    RunSpec::FLOAT32.to_owned()
}

fn is_float32(precision: &str) -> bool {
    precision == RunSpec::FLOAT32
}

/// A pretrained encoder: its name and the SHA-256 of its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The name, for tables and file names.
    pub name: String,
    /// SHA-256 of the files of weights one after another, shards in their order, in hexadecimal.
    pub sha256: String,
    /// True for a BERT without a pooler, for which each run draws its own from its seed; left out of the JSON
    /// if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh_pooler: bool,
}

impl RunSpec {
    /// The precision of training without which names say nothing about it.
    pub const FLOAT32: &'static str = "float32";

    /// The precision of copies that were trained on the CPU in arithmetic that has the same bits on every
    /// x86-64 processor with AVX2.
    pub const PORTABLE: &'static str = "portable";

    /// Returns a name for files: task, recipe, seed and a hash of every field.
    ///
    /// If a default changes later, the names change, so runs made with the old default are never taken for
    /// new ones. A field that is added later must be left out of the JSON if it is unset, so that the names
    /// of old runs stay.
    pub fn run_id(&self) -> String {
        // A spec that JSON could not hold would still have a name of its own.
        let fields =
            serde_json::to_value(self).map_or_else(|_| format!("{self:?}"), |fields| fields.to_string());
        let digest = Sha256::digest(fields.as_bytes());
        let hash = hexadecimal(&digest[..5]);
        format!("{}-{}-s{}-{hash}", self.task.name(), self.recipe.name, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> RunSpec {
        RunSpec {
            task: TaskSpec::mini_nli(0),
            train_sha256: "11".into(),
            model: ModelSpec { name: "mini-bert".into(), sha256: "00".into(), fresh_pooler: false },
            recipe: Recipe::mini(),
            seed: 7,
            stack: Vec::new(),
            precision: float32(),
        }
    }

    #[test]
    fn the_id_changes_with_every_field_and_only_then() {
        let id = spec().run_id();
        assert_eq!(id, spec().run_id());
        assert!(id.starts_with("mini-nli-mini-s7-"), "{id}");
        let changes: [fn(&mut RunSpec); 9] = [
            |s| s.train_sha256 = "12".into(),
            |s| s.stack = vec![7, 8],
            |s| s.seed = 8,
            |s| s.task = TaskSpec::mini_nli(1),
            |s| s.recipe.learning_rate = 1e-3,
            |s| s.recipe.trajectory = vec![1.0],
            |s| s.model.sha256 = "01".into(),
            |s| s.model.fresh_pooler = true,
            |s| s.precision = "bf16".into(),
        ];
        for change in changes {
            let mut other = spec();
            change(&mut other);
            assert_ne!(other.run_id(), id);
        }
    }

    #[test]
    fn a_spec_survives_json() {
        let json = serde_json::to_string(&spec()).unwrap();
        assert_eq!(serde_json::from_str::<RunSpec>(&json).unwrap(), spec());
        assert!(!json.contains("fresh_pooler") && !json.contains("precision"), "{json}");
    }
}
