//! Models from elsewhere that fit together, without a task.

use std::path::PathBuf;

use super::{Opened, OpenedModel, look, read};
use crate::data::fetch::ModelFolder;
use crate::error::{LmcError, Result};
use crate::model::ModelConfig;
use crate::study::GivenModels;
use crate::study::task::files_in;

/// Models from elsewhere that fit together; outputs are in the order of the first model's.
pub(crate) struct OpenedTogether {
    pub models: Vec<OpenedModel>,
    /// The architecture of all.
    pub config: ModelConfig,
    /// The labels of all.
    pub labels: Vec<String>,
    /// The folder of the tokenizer.
    tokens: PathBuf,
}

impl OpenedTogether {
    /// Looks at models, which must fit together.
    ///
    /// # Errors
    /// The errors of [`look`].
    pub fn open(given: &GivenModels) -> Result<Self> {
        let first = ModelFolder::find_all(&given.models)?.into_iter().next();
        let first = first.ok_or_else(|| LmcError::invalid("MODEL", "none", "at least one model"))?;
        let (_, labels) = read(&first.folder, &given.labels, &[])?;
        let Opened { models, config, tokens, .. } = look(given, &labels, None)?;
        Ok(Self { models, config, labels, tokens })
    }

    /// Returns the files of the tokenizer by name.
    pub fn tokenizer_files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        files_in(&self.tokens)
    }
}
