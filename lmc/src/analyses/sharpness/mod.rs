//! The sharpness of every copy on the in-domain set.

pub(crate) mod figure;
mod predictors;
mod table;

use std::path::{Path, PathBuf};

use lmc_engine::kept::Kept;
use polars::prelude::DataFrame;
use rand::seq::SliceRandom;
use tch::Device;

use crate::encode::Encoded;
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::file::{read_sealed, sha256, write_sealed};
use crate::options::Options;
use crate::progress::{Progress, Unit};
use crate::study::Models;

pub use crate::sharpness::{ClassifierLoss, Objective, Sharpness, SharpnessRecipe, sharpness};
pub use figure::sharpness_scatter;
pub use predictors::compare_predictors;
pub use table::{PREDICTORS, PredictorColumns, SHARPNESS, SharpnessColumns};

/// The advice for a damaged file.
const REMEDY: &str = "delete the file and run the same call again, only this copy is measured again";

impl Models {
    /// Returns the eps-sharpness of every copy on the study's first evaluation set, the in-domain one: the
    /// schema [`SHARPNESS`](crate::table::SHARPNESS) (Juneja et al. 2023, F.4). Copies that were measured are
    /// read from the store; threads, and processes that share the store, measure the others side by side,
    /// in float32 on the study's devices.
    ///
    /// # Errors
    /// The errors of [`sharpness`]; [`LmcError::InvalidParameter`] for a set with other labels than the
    /// classifier's classes; [`LmcError::Interrupted`], after which the same call goes on with the copies
    /// that are missing; those of the store.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// println!("{}", models.sharpness(&SharpnessRecipe::mini())?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sharpness(&self, recipe: &SharpnessRecipe) -> Result<DataFrame> {
        recipe.validate()?;
        let (study, classifier) = (self.study(), &self.study().task().classifier);
        let set = self.measured_set()?;
        let mut chosen: Vec<&Encoded> = set.encoded.iter().collect();
        chosen.shuffle(&mut crate::seed::rng(recipe.seed, "sharpness"));
        chosen.truncate(recipe.n_examples);
        let examples: Vec<Encoded> = chosen.into_iter().cloned().collect();
        let (models, load) = (self.models(), self.loader());
        let files = self.sharpness_files(set, recipe)?;
        let total = u64::from(recipe.n_updates) * models.len() as u64;
        let progress = Progress::new("measuring sharpness", Unit::Updates, total);
        let kept = Kept {
            files: &files,
            find: &|i| read(&files[i]),
            workers: &study.compute().training_workers(),
            equip: &|&device: &Device| {
                Ok((device, ClassifierLoss::new(classifier, examples.clone(), device)?))
            },
            progress: &progress,
            size: recipe.n_updates.into(),
            noun: "measured copies",
            begun: None,
        };
        let measured = kept.bring_about(|(device, objective), i| {
            let theta = load(i)?.theta().f_to_device(*device)?;
            let tick = || progress.tick(String::new);
            let found =
                sharpness(&*objective, &theta, recipe, tick).map_err(|error| error.of(&models[i].name))?;
            let bytes = serde_json::to_vec(&found)
                .map_err(|e| LmcError::invalid("sharpness", e, "serialisable numbers"))?;
            write_sealed(&files[i], &[&bytes])?;
            Ok(found)
        })?;
        SharpnessColumns {
            model: models.iter().map(|model| model.name.clone()).collect(),
            sharpness: measured.iter().map(|found| found.sharpness).collect(),
            loss: measured.iter().map(|found| found.loss).collect(),
            max_loss: measured.iter().map(|found| found.max_loss).collect(),
            eps: vec![recipe.eps; measured.len()],
        }
        .frame()
    }

    /// Returns whether the store has the sharpness of all copies by that recipe.
    pub(crate) fn has_sharpness(&self, recipe: &SharpnessRecipe) -> Result<bool> {
        let Ok(set) = self.measured_set() else { return Ok(false) };
        Ok(self.sharpness_files(set, recipe)?.iter().all(|file| file.exists()))
    }

    /// Returns the set on which sharpness is measured, after checking that its labels are the classifier's
    /// classes.
    pub(crate) fn measured_set(&self) -> Result<&EvaluationSet> {
        let first = self.study().task().sets.first().filter(|set| set.label_map.is_none());
        first.ok_or_else(|| {
            LmcError::invalid("evaluation set", "other labels", "the classes of the classifier")
        })
    }

    /// Returns the file of each copy.
    fn sharpness_files(&self, set: &EvaluationSet, recipe: &SharpnessRecipe) -> Result<Vec<PathBuf>> {
        let json = serde_json::to_string(recipe)
            .map_err(|e| LmcError::invalid("sharpness", e, "a serialisable recipe"))?;
        let folder = self.study().store().sharpness_folder(&set.key, &sha256(json.as_bytes())[..10]);
        Ok(self.models().iter().map(|model| folder.join(format!("{}.sealed", model.key()))).collect())
    }
}

fn read(path: &Path) -> Result<Option<Sharpness>> {
    let wrong =
        |problem: String| LmcError::Format { path: PathBuf::from(path), line: None, problem, remedy: REMEDY };
    let bytes = read_sealed(path, REMEDY)?;
    bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))).transpose()
}
