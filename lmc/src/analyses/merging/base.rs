//! The pretrained model that merged models started from. A classifier for the same labels brings its head.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tch::Tensor;

use crate::data::fetch::ModelFolder;
use crate::data::labels::output_order;
use crate::error::{LmcError, Result};
use crate::model::{Classifier, Finetuned, Pretrained, load_finetuned, load_folder, reordered};
use crate::study::Models;
use crate::weights::{Layout, Weights};

/// The model from which task vectors are counted: an encoder, or a classifier for the labels of the models.
pub struct MergeBase {
    name: String,
    /// The folder or the name by which it was opened, with folders named from the root; none for the encoder of
    /// a study.
    opened: Option<PathBuf>,
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
    /// Opens the model in a folder, or one by its name in a manifest or on a hub.
    ///
    /// Of a classifier with the same labels, in any order, the head is taken too. Of any other model the encoder
    /// alone is, and heads are averaged.
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
        let task = models.study().task();
        Self::open_for(base.as_ref(), &task.classifier, &task.labels)
    }

    /// Opens it for the models of a classifier with those labels.
    pub(super) fn open_for(base: &Path, classifier: &Classifier, labels: &[String]) -> Result<Self> {
        let found = ModelFolder::find(base)?;
        let mut pretrained = load_folder(&found.folder).map_err(|error| error.in_model(&found.folder))?;
        pretrained.tensors.extend(head(&found.folder, labels));
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
        let opened = match base.is_dir() {
            true => std::path::absolute(base).map_err(LmcError::io("read", base))?,
            false => base.to_owned(),
        };
        Ok(Self { name: found.name, opened: Some(opened), pretrained: Mutex::new(pretrained), sha256 })
    }

    /// Returns the encoder that the copies of a study started from; `None` for models from elsewhere.
    pub(super) fn of_study(models: &Models) -> Option<Self> {
        let task = models.study().task();
        let pretrained = task.pretrained.as_ref()?.shallow_clone();
        let (name, sha256) = (task.model.name.clone(), task.model.sha256.clone());
        Some(Self { name, opened: None, pretrained: Mutex::new(pretrained), sha256 })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the folder or the name by which it was opened; `None` for the encoder of a study.
    pub(super) fn opened(&self) -> Option<&Path> {
        self.opened.as_deref()
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

/// Returns the head of a classifier that has those labels, with its outputs in their order; nothing for another
/// model.
fn head(folder: &Path, labels: &[String]) -> Vec<(String, Tensor)> {
    let in_order = || {
        let Finetuned { classifier, weights, labels: own } = load_finetuned(folder)?;
        let order = output_order(own.len(), &own, labels)?;
        reordered(classifier.config(), &weights, &order)
    };
    // A model without such a head is an encoder for this purpose, whatever the reason.
    let tensors = in_order().map(|weights| weights.named()).unwrap_or_default();
    tensors.into_iter().filter(|(name, _)| Classifier::is_head(name)).collect()
}
