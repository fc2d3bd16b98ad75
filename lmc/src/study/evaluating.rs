//! Evaluating weights on one set, each found in the store or evaluated and kept there.

use tch::Device;

use super::Study;
use crate::compute::{Compute, batch_tokens};
use crate::error::Result;
use crate::eval::{Outcome, evaluate_mapped, read_outcome, write_outcome};
use crate::interrupt;
use crate::parallel::run_on_workers;
use crate::progress::{Progress, Unit};
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
        let n = set.encoded.len();
        let progress = Progress::new(format!("evaluating on {dataset}"), Unit::Copies, keys.len() as u64);
        let path = |i: usize| store.evaluation_path(&set.key, &keys[i]);
        let batches = |&device: &Device| {
            let batches = set.batches_of(batch_tokens(device));
            Ok((device, batches.iter().map(|batch| batch.to_device(device)).collect::<Vec<_>>()))
        };
        let workers = Compute::auto().workers();
        let outcomes =
            run_on_workers(&workers, (0..keys.len()).collect(), batches, |(device, batches), i, _| {
                let path = path(i);
                if path.exists() {
                    let outcome = read_outcome(&path, n)?;
                    progress.found(1);
                    return Ok(outcome);
                }
                let theta = load(i)?.theta().to_device(*device);
                let outcome = evaluate_mapped(classifier, &theta, batches, n, set.label_map.as_ref())
                    .map_err(|e| e.of(format!("{} on {dataset}", keys[i])))?;
                write_outcome(&path, &outcome)?;
                progress.tick(String::new);
                Ok(outcome)
            });
        interrupt::settle(outcomes, |_| {
            let kept = (0..keys.len()).filter(|&i| path(i).exists()).count();
            let unit = format!("evaluations on {dataset}");
            interrupt::in_store(kept as u64, keys.len() as u64, &unit)
        })
    }
}
