//! The pretrained model that merged models started from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use tch::Tensor;

use crate::data::fetch::ModelFolder;
use crate::error::{LmcError, Result};
use crate::model::{Classifier, Pretrained, load_folder};
use crate::study::Models;
use crate::weights::{Layout, Weights};

/// The encoder from which task vectors are counted.
pub struct MergeBase {
    name: String,
    /// Tensors of libtorch may be used by one thread at a time; each takes views of its own.
    pretrained: Mutex<Pretrained>,
    sha256: String,
}

impl fmt::Debug for MergeBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MergeBase({})", self.name)
    }
}

impl MergeBase {
    /// Opens the encoder in a folder, or one by its name in a manifest or on a hub.
    ///
    /// # Errors
    /// The errors of finding and reading a model; [`LmcError::InvalidParameter`] for one of another family.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::MergeBase;
    /// use lmc::prelude::*;
    /// let models = Models::open(&["runs"], TaskSpec::open("stance.toml")?)?;
    /// let base = MergeBase::open("bert-base-uncased", &models)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn open(base: impl AsRef<Path>, models: &Models) -> Result<Self> {
        Self::open_for(base.as_ref(), &models.study().task().classifier)
    }

    /// Opens it for the models of a classifier.
    pub(super) fn open_for(base: &Path, classifier: &Classifier) -> Result<Self> {
        let found = ModelFolder::find(base)?;
        let pretrained = load_folder(&found.folder).map_err(|error| error.in_model(&found.folder))?;
        let mut layout = Layout::default();
        pretrained.tensors.iter().for_each(|(name, tensor)| {
            layout.push(name.as_str(), &tensor.size());
        });
        let tensors = pretrained.shallow_clone().tensors;
        let sha256 = Weights::from_named(layout.into(), tensors)?.sha256()?;
        let family = &pretrained.config.model_type;
        if *family != classifier.config().model_type {
            let got = format!("{}, a {family}", found.name);
            let expected = format!("the {} that the models started from", classifier.config().model_type);
            return Err(LmcError::invalid("merge.base", got, expected));
        }
        Ok(Self { name: found.name, pretrained: Mutex::new(pretrained), sha256 })
    }

    /// Returns the encoder that the copies of a study started from; `None` for models from elsewhere.
    pub(super) fn of_study(models: &Models) -> Option<Self> {
        let task = models.study().task();
        let pretrained = task.pretrained.as_ref()?.shallow_clone();
        let (name, sha256) = (task.model.name.clone(), task.model.sha256.clone());
        Some(Self { name, pretrained: Mutex::new(pretrained), sha256 })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the digest of its weights.
    pub(super) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns its tensors by name, without a copy.
    pub(super) fn tensors(&self) -> BTreeMap<String, Tensor> {
        let pretrained = self.pretrained.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pretrained.shallow_clone().tensors
    }
}
