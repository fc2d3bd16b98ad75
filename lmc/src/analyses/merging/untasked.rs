//! Merging models from elsewhere without a task: nothing is evaluated, so no data are needed.

use std::fmt;
use std::path::Path;

use serde_json::json;

use super::card::Facts;
use super::{MergeBase, MergeOptions, made};
use crate::error::{LmcError, Result};
use crate::file::{resolved, sha256};
use crate::model::{Classifier, Replace, Saved, check_place};
use crate::options::Options;
use crate::study::{GivenModels, OpenedTogether};

/// Models from elsewhere that fit together, to be merged without a task.
pub struct Ingredients {
    opened: OpenedTogether,
    classifier: Classifier,
}

impl fmt::Debug for Ingredients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ingredients({} models)", self.opened.models.len())
    }
}

impl Ingredients {
    /// Opens models; outputs in another order are put in that of the first.
    ///
    /// # Errors
    /// The errors of [`Models::open`](crate::study::Models::open) but for those about the task.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::{Ingredients, MergeMethod, MergeOptions};
    /// use lmc::model::Replace;
    /// use lmc::study::GivenModels;
    /// let models = Ingredients::open(&GivenModels::new(&["runs/a", "runs/b"])?)?;
    /// let half_way = MergeOptions::new(MergeMethod::linear());
    /// models.save("average".as_ref(), &half_way, None, None, Replace::Same)?;
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn open(given: &GivenModels) -> Result<Self> {
        let opened = OpenedTogether::open(given)?;
        let classifier = Classifier::new(&opened.config, opened.labels.len());
        Ok(Self { opened, classifier })
    }

    /// Returns the names of the models, in their order.
    pub fn names(&self) -> Vec<String> {
        self.opened.models.iter().map(|model| model.name().to_owned()).collect()
    }

    /// Opens the base that they started from.
    ///
    /// # Errors
    /// The errors of [`MergeBase::open`].
    pub fn base(&self, base: &Path) -> Result<MergeBase> {
        MergeBase::open_for(base, &self.classifier, &self.opened.labels)
    }

    /// Merges all models and saves the result with labels, tokenizer and model card.
    ///
    /// # Errors
    /// The errors of [`merge`](super::merge); [`LmcError::InvalidParameter`] for a method that reads texts;
    /// [`LmcError::Occupied`](crate::LmcError::Occupied) for a folder that holds something else.
    pub fn save(
        &self,
        folder: &Path,
        options: &MergeOptions,
        base: Option<&MergeBase>,
        command: Option<&str>,
        replace: Replace,
    ) -> Result<()> {
        let options = options.check()?;
        if options.method.statistic().is_some() {
            let expected = "a method that reads no texts; open the models with a task for this one";
            return Err(LmcError::invalid("merge.method", options.method, expected));
        }
        self.check_folder(folder)?;
        let origin = self.origin(&options, base);
        check_place(folder, &origin, replace)?;
        let (layout, models) = (self.classifier.layout(), &self.opened.models);
        let weights = made(&options, models.len(), |model| models[model].load(layout), base, &[])?;
        let ingredients = self.opened.models.iter().map(|m| (m.name().to_owned(), m.key().to_owned()));
        let base = base.filter(|_| options.method.needs_base());
        let facts = Facts {
            task: None,
            options: &options,
            base: base.map(MergeBase::name),
            ingredients: ingredients.collect(),
            columns: Vec::new(),
            remarks: vec!["The model was not evaluated.".to_owned()],
            command,
        };
        let config = self.opened.config.clone().with_labels(&self.opened.labels);
        let files = self.opened.tokenizer_files()?;
        let saved = Saved { config: &config, weights: &weights, files, card: Some(facts.text()) };
        saved.write(folder, &origin, replace)
    }

    /// Returns the description by which the same model may be saved again.
    fn origin(&self, options: &MergeOptions, base: Option<&MergeBase>) -> serde_json::Value {
        let keys: Vec<&str> = self.opened.models.iter().map(|model| model.key()).collect();
        let base = base.filter(|_| options.method.needs_base()).map(MergeBase::sha256);
        json!({ "merge": options, "models": sha256(keys.join("\n").as_bytes()), "base": base })
    }

    /// Checks that a folder is none of those of the models, which are never overwritten.
    fn check_folder(&self, folder: &Path) -> Result<()> {
        let place = resolved(folder);
        match self.opened.models.iter().find(|model| resolved(model.folder()) == place) {
            Some(model) => Err(LmcError::Occupied {
                path: folder.to_owned(),
                holds: format!("{}, one of the models that are merged", model.name()),
                remedy: "choose another folder",
            }),
            None => Ok(()),
        }
    }
}
