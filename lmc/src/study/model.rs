//! One model of a study and the origin of its weights.

use std::fmt;
use std::sync::Arc;

use super::OpenedModel;
use crate::error::Result;
use crate::spec::RunSpec;
use crate::store::{CheckpointInfo, Store};
use crate::weights::{Layout, Weights};

/// One model of a study: a finetuned copy at one checkpoint, or a model from elsewhere.
#[derive(Clone)]
pub struct Model {
    /// The name in tables, such as `s100`.
    pub name: String,
    /// The origin of its weights.
    pub origin: Origin,
}

/// The origin of a model's weights.
#[derive(Clone)]
pub enum Origin {
    /// A copy that the study finetuned.
    Finetuned {
        /// All facts that decided its weights.
        spec: Box<RunSpec>,
        /// The checkpoint.
        info: CheckpointInfo,
    },
    /// A model from elsewhere.
    Opened(Arc<OpenedModel>),
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({}, {})", self.name, self.key())
    }
}

impl Model {
    /// Returns the name in the store: run and checkpoint, or the digest of its weights.
    pub fn key(&self) -> String {
        match &self.origin {
            Origin::Finetuned { spec, info } => format!("{}-{}it", spec.run_id(), info.step),
            Origin::Opened(model) => model.key().to_owned(),
        }
    }

    /// Returns the number of updates of its training; `None` if that is not known of a model from elsewhere.
    pub fn step(&self) -> Option<u32> {
        match &self.origin {
            Origin::Finetuned { info, .. } => Some(info.step),
            Origin::Opened(model) => model.step(),
        }
    }

    /// Returns the facts that decided the weights of a finetuned copy.
    pub fn spec(&self) -> Option<&RunSpec> {
        match &self.origin {
            Origin::Finetuned { spec, .. } => Some(spec),
            Origin::Opened(_) => None,
        }
    }

    /// Returns the facts about the checkpoint of a finetuned copy.
    pub fn info(&self) -> Option<&CheckpointInfo> {
        match &self.origin {
            Origin::Finetuned { info, .. } => Some(info),
            Origin::Opened(_) => None,
        }
    }

    /// Loads the weights.
    pub(crate) fn load(&self, store: &Store, layout: &Arc<Layout>) -> Result<Weights> {
        match &self.origin {
            Origin::Finetuned { spec, info } => store.load_checkpoint(spec, info.step, layout),
            Origin::Opened(model) => model.load(layout),
        }
    }
}
