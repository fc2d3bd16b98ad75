//! The weights that are in a device's memory: the ones used last, up to a number; others are loaded again
//! when needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard};

use tch::Tensor;

use lmc_base::error::Result;
use lmc_model::compute::within_memory;

/// A function that loads the parameters of a model, `[n_parameters]` f32.
type Load<'a> = dyn Fn(usize) -> Result<Tensor> + Sync + 'a;

/// Weights of models by number, shared by threads; a model is loaded by one thread while others go on.
pub(super) struct Resident<'a> {
    load: &'a Load<'a>,
    capacity: usize,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    tensors: BTreeMap<usize, (u64, Tensor)>,
    loading: BTreeSet<usize>,
    clock: u64,
}

impl<'a> Resident<'a> {
    /// Makes room for `capacity` models.
    pub fn new(capacity: usize, load: &'a Load<'a>) -> Self {
        Self { load, capacity: capacity.max(1), state: Mutex::default(), arrived: Condvar::new() }
    }

    /// Returns the parameters of a model.
    ///
    /// # Errors
    /// The errors of loading it.
    pub fn get(&self, model: usize) -> Result<Tensor> {
        let mut state = self.lock();
        loop {
            state.clock += 1;
            let now = state.clock;
            if let Some((used, tensor)) = state.tensors.get_mut(&model) {
                *used = now;
                return Ok(tensor.shallow_clone());
            }
            if state.loading.insert(model) {
                break;
            }
            state = self.arrived.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        while state.tensors.len() + state.loading.len() > self.capacity {
            let oldest = state.tensors.iter().min_by_key(|(_, (used, _))| *used).map(|(&model, _)| model);
            let Some(oldest) = oldest else { break };
            state.tensors.remove(&oldest);
        }
        drop(state);
        // Whatever the result, others may go on.
        let loaded = within_memory(|| (self.load)(model));
        let mut state = self.lock();
        state.loading.remove(&model);
        if let Ok(tensor) = &loaded {
            let now = state.clock;
            state.tensors.insert(model, (now, tensor.shallow_clone()));
        }
        self.arrived.notify_all();
        loaded
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use lmc_base::error::LmcError;

    #[test]
    fn the_models_used_last_stay() {
        let loads = Mutex::new(Vec::new());
        let load = |model: usize| {
            loads.lock().unwrap().push(model);
            Ok(Tensor::from(model as i64))
        };
        let resident = Resident::new(2, &load);
        for model in [0, 1, 0, 2, 0, 1] {
            assert_eq!(resident.get(model).unwrap().int64_value(&[]), model as i64);
        }
        assert_eq!(*loads.lock().unwrap(), [0, 1, 2, 1]);
    }

    #[test]
    fn threads_that_want_one_model_load_it_once() {
        let loads = AtomicUsize::new(0);
        let load = |model: usize| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            loads.fetch_add(1, Ordering::Relaxed);
            Ok(Tensor::from(model as i64))
        };
        let resident = Resident::new(3, &load);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..3).for_each(|model| drop(resident.get(model).unwrap())));
            }
        });
        assert_eq!(loads.into_inner(), 3);
    }

    #[test]
    fn a_model_that_cannot_be_loaded_can_be_asked_for_again() {
        let tries = AtomicUsize::new(0);
        let load = |_| match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Err(LmcError::Figure("first".into())),
            _ => Ok(Tensor::from(1)),
        };
        let resident = Resident::new(1, &load);
        assert!(resident.get(7).is_err());
        assert!(resident.get(7).is_ok());
    }
}
