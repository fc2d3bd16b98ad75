//! Evaluating weights on one set, each found in the store or evaluated and kept there.

use std::path::{Path, PathBuf};

use lmc_engine::kept::Kept;
use tch::{Device, Tensor};

use super::Study;
use crate::encode::{Batch, Placement};
use crate::error::Result;
use crate::eval::{
    EvaluationSet, Logits, Outcome, Tile, evaluate_logits, evaluate_mapped, read_logits, read_outcome,
    write_logits, write_outcome,
};
use crate::options::Options;
use crate::progress::{Progress, Unit};
use crate::weights::Weights;

/// The kind of result that weights give on an evaluation set, and how it is kept.
struct Kind<'a, T> {
    /// The word for the result in messages.
    noun: &'static str,
    path: &'a (dyn Fn(&str) -> PathBuf + Sync),
    read: &'a (dyn Fn(&Path) -> Result<T> + Sync),
    evaluate: &'a (dyn Fn(&Tensor, &[Batch]) -> Result<T> + Sync),
    write: fn(&Path, &T) -> Result<()>,
}

/// A function that loads the weights of a key, by its number.
pub(super) type Load<'a> = &'a (dyn Fn(usize) -> Result<Weights> + Sync);

impl Study {
    /// Returns the name under which evaluations on a set in the study's precision are kept.
    pub(super) fn key_of(&self, set: &EvaluationSet) -> String {
        format!("{}{}", set.key, self.compute.precision.suffix())
    }

    /// Returns the file of each of `keys`, names in the store, with its outcome on the evaluation set of that name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for an unknown set.
    pub(crate) fn outcome_files(&self, dataset: &str, keys: &[String]) -> Result<Vec<PathBuf>> {
        let of_set = self.key_of(self.task.set(dataset)?);
        Ok(keys.iter().map(|key| self.store.evaluation_path(&of_set, key)).collect())
    }

    /// Returns the outcome of each of `keys`, names in the store, on the evaluation set of that name; `load`
    /// brings the weights for those that are not in the store yet. They are evaluated on the study's devices in
    /// its precision.
    ///
    /// No more weights are in memory than there are workers.
    pub(crate) fn outcomes(&self, dataset: &str, keys: &[String], load: Load) -> Result<Vec<Outcome>> {
        let (store, classifier, set) = (&self.store, &self.task.classifier, self.task.set(dataset)?);
        let (n, map, of_set) = (set.encoded.len(), set.label_map.as_ref(), self.key_of(set));
        let kind = Kind {
            noun: "evaluations",
            path: &|key| store.evaluation_path(&of_set, key),
            read: &|path| read_outcome(path, n),
            evaluate: &|theta, batches| evaluate_mapped(classifier, theta, batches, n, map),
            write: write_outcome,
        };
        self.evaluated(dataset, keys, load, &kind)
    }

    /// Returns the logits of each of `keys` in the labels of the set, as [`Study::outcomes`] does.
    pub(crate) fn logits(&self, dataset: &str, keys: &[String], load: Load) -> Result<Vec<Logits>> {
        let (store, classifier, set) = (&self.store, &self.task.classifier, self.task.set(dataset)?);
        let (n, map, of_set) = (set.encoded.len(), set.label_map.as_ref(), self.key_of(set));
        let kind = Kind {
            noun: "logits",
            path: &|key| store.logits_path(&of_set, key),
            read: &|path| read_logits(path, n),
            evaluate: &|theta, batches| evaluate_logits(classifier, theta, batches, n, map),
            write: write_logits,
        };
        self.evaluated(dataset, keys, load, &kind)
    }

    fn evaluated<T: Send>(
        &self,
        dataset: &str,
        keys: &[String],
        load: Load,
        kind: &Kind<T>,
    ) -> Result<Vec<T>> {
        let set = self.task.set(dataset)?;
        set.check_outputs(self.task.classifier.n_labels())?;
        let files: Vec<PathBuf> = keys.iter().map(|key| (kind.path)(key)).collect();
        // Results that are only read may have been computed on other machines.
        if files.iter().any(|file| !file.exists()) {
            self.compute.validate()?;
        }
        let compute = &self.compute;
        let progress = Progress::new(format!("evaluating on {dataset}"), Unit::Copies, keys.len() as u64);
        let kept = Kept {
            files: &files,
            find: &|i| files[i].exists().then(|| (kind.read)(&files[i])).transpose(),
            workers: &self.compute.workers(),
            equip: &|&device: &Device| Ok((device, Tile::new(set, Placement::of(compute, device))?)),
            progress: &progress,
            size: 1,
            noun: &format!("{} on {dataset}", kind.noun),
            begun: None,
        };
        let numbers = self.compute.precision.kind();
        kept.bring_about(|(device, tile), i| {
            let theta = load(i)?.theta().f_to_device(*device)?.f_to_kind(numbers)?;
            let made = tile
                .fitting(|batches| (kind.evaluate)(&theta, batches))
                .map_err(|e| e.of(format!("{} on {dataset}", keys[i])))?;
            (kind.write)(&files[i], &made)?;
            progress.tick(String::new);
            Ok(made)
        })
    }
}
