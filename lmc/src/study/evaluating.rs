//! Evaluating weights on one set, each found in the store or evaluated and kept there.

use std::path::{Path, PathBuf};

use tch::{Device, Tensor};

use super::Study;
use crate::compute::within_memory;
use crate::encode::Batch;
use crate::error::Result;
use crate::eval::{
    Logits, Outcome, Tile, evaluate_logits, evaluate_mapped, read_logits, read_outcome, write_logits,
    write_outcome,
};
use crate::file::tidy;
use crate::interrupt;
use crate::parallel::run_on_workers;
use crate::progress::{Progress, Unit};
use crate::store::Claim;
use crate::weights::Weights;

/// The kind of result that weights give on an evaluation set, and how it is kept.
struct Kept<'a, T> {
    /// The word for the result in messages.
    noun: &'static str,
    path: &'a (dyn Fn(&str) -> PathBuf + Sync),
    read: &'a (dyn Fn(&Path) -> Result<T> + Sync),
    evaluate: &'a (dyn Fn(&Tensor, &[Batch]) -> Result<T> + Sync),
    write: fn(&Path, &T) -> Result<()>,
}

/// A function that loads the weights of a key, by its number.
type Load<'a> = &'a (dyn Fn(usize) -> Result<Weights> + Sync);

impl Study {
    /// Returns the outcome of each of `keys`, names in the store, on the evaluation set of that name; `load`
    /// brings the weights for those that are not in the store yet.
    ///
    /// No more weights are in memory than there are workers.
    pub(crate) fn outcomes(&self, dataset: &str, keys: &[String], load: Load) -> Result<Vec<Outcome>> {
        let (store, classifier, set) = (&self.store, &self.task.classifier, self.task.set(dataset)?);
        let (n, map) = (set.encoded.len(), set.label_map.as_ref());
        let kept = Kept {
            noun: "evaluations",
            path: &|key| store.evaluation_path(&set.key, key),
            read: &|path| read_outcome(path, n),
            evaluate: &|theta, batches| evaluate_mapped(classifier, theta, batches, n, map),
            write: write_outcome,
        };
        self.evaluated(dataset, keys, load, &kept)
    }

    /// Returns the logits of each of `keys` in the labels of the set, as [`Study::outcomes`] does.
    pub(crate) fn logits(&self, dataset: &str, keys: &[String], load: Load) -> Result<Vec<Logits>> {
        let (store, classifier, set) = (&self.store, &self.task.classifier, self.task.set(dataset)?);
        let (n, map) = (set.encoded.len(), set.label_map.as_ref());
        let kept = Kept {
            noun: "logits",
            path: &|key| store.logits_path(&set.key, key),
            read: &|path| read_logits(path, n),
            evaluate: &|theta, batches| evaluate_logits(classifier, theta, batches, n, map),
            write: write_logits,
        };
        self.evaluated(dataset, keys, load, &kept)
    }

    fn evaluated<T: Send>(
        &self,
        dataset: &str,
        keys: &[String],
        load: Load,
        kept: &Kept<T>,
    ) -> Result<Vec<T>> {
        let set = self.task.set(dataset)?;
        set.check_outputs(self.task.classifier.n_labels())?;
        let mut all: Vec<Option<T>> = keys.iter().map(|_| None).collect();
        let progress = Progress::new(format!("evaluating on {dataset}"), Unit::Copies, keys.len() as u64);
        let path = |i: usize| (kept.path)(&keys[i]);
        if let Some(folder) = keys.first().and_then(|_| path(0).parent().map(Path::to_owned)) {
            tidy(&folder);
        }
        let equip = |&device: &Device| Ok((device, Tile::new(set, device)?));
        let evaluate = |(device, tile): &mut (Device, Tile<'_>), i: usize, waits: bool| {
            let path = path(i);
            let claim = if path.exists() { None } else { Some(Claim::of(&path, waits)?) };
            // A process that waited for a claim finds the result of the other process.
            if path.exists() {
                let found = (kept.read)(&path)?;
                progress.found(1);
                return Ok(Some(found));
            }
            let Some(_claim) = claim.flatten() else { return Ok(None) };
            let theta = load(i)?.theta().to_device(*device);
            let made = tile
                .fitting(|batches| (kept.evaluate)(&theta, batches))
                .map_err(|e| e.of(format!("{} on {dataset}", keys[i])))?;
            (kept.write)(&path, &made)?;
            progress.tick(String::new);
            Ok(Some(made))
        };
        // Results that another process evaluates are left to the end; then they are read or, if that process
        // made none, evaluated.
        for waits in [false, true] {
            let left: Vec<usize> = (0..keys.len()).filter(|&i| all[i].is_none()).collect();
            let workers = self.compute.workers();
            let made = run_on_workers(&workers, left.clone(), equip, |tile, _, i| {
                within_memory(|| evaluate(tile, i, waits))
            });
            let made = interrupt::settle(made, |_| {
                let n_kept = (0..keys.len()).filter(|&i| path(i).exists()).count();
                let unit = format!("{} on {dataset}", kept.noun);
                interrupt::in_store(n_kept as u64, keys.len() as u64, &unit)
            })?;
            left.into_iter().zip(made).for_each(|(i, one)| all[i] = one);
        }
        Ok(all.into_iter().flatten().collect())
    }
}
