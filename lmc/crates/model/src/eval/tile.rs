//! The batches that are evaluated at once on a device: smaller ones if it has too little memory.

use std::sync::atomic::{AtomicBool, Ordering};

use super::EvaluationSet;
use crate::compute::{batch_tokens, within_memory};
use crate::encode::{Batch, Placement};
use lmc_base::error::{LmcError, Result};
use lmc_base::progress;

/// The batches of a set on a device. Each time that it has too little memory for one they become half as
/// large, down to one example each.
#[doc(hidden)]
pub struct Tile<'a> {
    set: &'a EvaluationSet,
    placement: Placement,
    tokens: usize,
    batches: Vec<Batch>,
}

impl<'a> Tile<'a> {
    /// Makes batches of the size that suits the device, or as large as it has room for.
    ///
    /// # Errors
    /// [`LmcError::OutOfMemory`] if there is no room for the tokens of the set.
    pub fn new(set: &'a EvaluationSet, placement: impl Into<Placement>) -> Result<Self> {
        let placement = placement.into();
        let tokens = batch_tokens(placement.device);
        Ok(Self { set, placement, tokens, batches: batches_on(set, placement, tokens)? })
    }

    /// Returns the batches.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Makes the batches half as large.
    ///
    /// # Errors
    /// `error`, which says that there is too little memory, when every batch has one example.
    pub fn shrink(&mut self, error: LmcError) -> Result<()> {
        if self.batches.iter().all(|batch| batch.indices.len() < 2) {
            return Err(error);
        }
        self.tokens = (self.tokens / 2).max(1);
        say_once(&error);
        self.batches = Vec::new();
        self.batches = batches_on(self.set, self.placement, self.tokens)?;
        Ok(())
    }

    /// Returns the result of work on the batches, which is done again with smaller ones if there is too
    /// little memory.
    ///
    /// # Errors
    /// The errors of `work`; [`LmcError::OutOfMemory`] if there is too little for one example.
    pub fn fitting<T>(&mut self, work: impl Fn(&[Batch]) -> Result<T>) -> Result<T> {
        loop {
            match within_memory(|| work(&self.batches)) {
                Err(error @ LmcError::OutOfMemory { .. }) => self.shrink(error)?,
                other => return other,
            }
        }
    }
}

fn batches_on(set: &EvaluationSet, placement: Placement, tokens: usize) -> Result<Vec<Batch>> {
    within_memory(|| Ok(set.batches_of(tokens).iter().map(|batch| batch.to_device(placement)).collect()))
}

/// Says, once in a process, that less is evaluated at once.
#[doc(hidden)]
pub fn say_once(error: &LmcError) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if let LmcError::OutOfMemory { asked, .. } = error
        && !SAID.swap(true, Ordering::Relaxed)
    {
        progress::say(&format!(
            "too little memory ({asked} more were asked for): less is evaluated at once, which can change the last digit of a loss"
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tch::{Device, Kind, Tensor};

    use super::*;
    use crate::model::fixture::examples;
    use lmc_data::{Dataset, Example};

    fn set() -> EvaluationSet {
        let encoded = examples(300, 1);
        let example =
            |e: &crate::encode::Encoded| Example { first: "x".into(), second: None, label: e.label };
        let dataset = Dataset::new("set", &["a", "b"], encoded.iter().map(example).collect(), None).unwrap();
        EvaluationSet { dataset, encoded, key: "set".into(), label_map: None }
    }

    /// Returns work that has memory for batches of that many tokens; for larger ones it really asks libtorch
    /// for too much.
    fn work(room: usize) -> impl Fn(&[Batch]) -> Result<usize> {
        move |batches| {
            let tokens = |batch: &Batch| batch.tokens.ids.numel();
            if batches.iter().any(|batch| tokens(batch) > room) {
                let _ = Tensor::zeros([1 << 55], (Kind::Uint8, Device::Cpu));
            }
            Ok(batches.iter().map(|batch| batch.indices.len()).sum())
        }
    }

    #[test]
    fn batches_shrink_to_one_example_and_no_further() {
        let set = set();
        let mut tile = Tile::new(&set, Device::Cpu).unwrap();
        let before = tile.batches().len();
        assert_eq!(tile.fitting(work(10_000)).unwrap(), 300);
        assert_eq!(tile.batches().len(), before);
        // Every example is still there once, in batches as large as there is room for.
        assert_eq!(tile.fitting(work(200)).unwrap(), 300);
        let sizes: Vec<usize> = tile.batches().iter().map(|batch| batch.tokens.ids.numel()).collect();
        assert!(sizes.iter().all(|&size| size <= 200) && sizes.iter().any(|&size| size > 100), "{sizes:?}");
        assert_eq!(tile.fitting(work(8)).unwrap(), 300);
        let tries = RefCell::new(0);
        let error = tile.fitting(|batches| {
            *tries.borrow_mut() += 1;
            work(1)(batches)
        });
        assert!(matches!(error, Err(LmcError::OutOfMemory { .. })), "{error:?}");
        assert!(tile.batches().len() == 300 && *tries.borrow() < 6, "{tries:?}");
        let other = tile.fitting(|_| Err::<(), _>(LmcError::Figure("f".into()))).unwrap_err();
        assert_eq!(other.to_string(), "figure: f");
    }
}
