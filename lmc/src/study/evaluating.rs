//! Evaluating weights on one set, each found in the store or evaluated and kept there.

use std::path::Path;

use tch::Device;

use super::Study;
use crate::compute::{Compute, within_memory};
use crate::error::Result;
use crate::eval::{Outcome, Tile, evaluate_mapped, read_outcome, write_outcome};
use crate::file::tidy;
use crate::interrupt;
use crate::parallel::run_on_workers;
use crate::progress::{Progress, Unit};
use crate::store::Claim;
use crate::weights::Weights;

impl Study {
    /// The outcome of each of `keys`, names in the store, on the evaluation set of that name; `load` brings the weights of
    /// those that are not there yet.
    ///
    /// No more weights are in memory than there are workers.
    pub(super) fn outcomes(
        &self,
        dataset: &str,
        keys: &[String],
        load: &(dyn Fn(usize) -> Result<Weights> + Sync),
    ) -> Result<Vec<Outcome>> {
        let (store, classifier, set) = (&self.store, &self.task.classifier, self.task.set(dataset)?);
        let (mut outcomes, map) = (vec![None; keys.len()], set.label_map.as_ref());
        let n = set.encoded.len();
        let progress = Progress::new(format!("evaluating on {dataset}"), Unit::Copies, keys.len() as u64);
        let path = |i: usize| store.evaluation_path(&set.key, &keys[i]);
        if let Some(folder) = keys.first().and_then(|_| path(0).parent().map(Path::to_owned)) {
            tidy(&folder);
        }
        let equip = |&device: &Device| Ok((device, Tile::new(set, device)?));
        let evaluate = |(device, tile): &mut (Device, Tile<'_>), i: usize, waits: bool| {
            let path = path(i);
            let claim = if path.exists() { None } else { Some(Claim::of(&path, waits)?) };
            // Who waited for a claim finds what the other one made.
            if path.exists() {
                let outcome = read_outcome(&path, n)?;
                progress.found(1);
                return Ok(Some(outcome));
            }
            let Some(_claim) = claim.flatten() else { return Ok(None) };
            let theta = load(i)?.theta().to_device(*device);
            let outcome = tile
                .fitting(|batches| evaluate_mapped(classifier, &theta, batches, n, map))
                .map_err(|e| e.of(format!("{} on {dataset}", keys[i])))?;
            write_outcome(&path, &outcome)?;
            progress.tick(String::new);
            Ok(Some(outcome))
        };
        // What another process evaluates is left to the end, when it is read or, if nothing came of it, evaluated.
        for waits in [false, true] {
            let left: Vec<usize> = (0..keys.len()).filter(|&i| outcomes[i].is_none()).collect();
            let workers = Compute::auto().workers();
            let made = run_on_workers(&workers, left.clone(), equip, |tile, _, i| {
                within_memory(|| evaluate(tile, i, waits))
            });
            let made = interrupt::settle(made, |_| {
                let kept = (0..keys.len()).filter(|&i| path(i).exists()).count();
                let unit = format!("evaluations on {dataset}");
                interrupt::in_store(kept as u64, keys.len() as u64, &unit)
            })?;
            left.into_iter().zip(made).for_each(|(i, outcome)| outcomes[i] = outcome);
        }
        Ok(outcomes.into_iter().flatten().collect())
    }
}
