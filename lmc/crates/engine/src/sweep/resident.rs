//! The weights that are in a device's memory: the ones used last, up to a number; others are loaded again
//! when needed. If there is less memory than was thought, fewer stay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard};

use tch::Tensor;

use lmc_base::error::{LmcError, Result};
use lmc_model::compute::within_memory;

/// A function that loads the parameters of a model, `[n_parameters]` f32.
type Load<'a> = dyn Fn(usize) -> Result<Tensor> + Sync + 'a;

/// Weights of models by number, shared by threads; a model is loaded by one thread while others go on.
pub(super) struct Resident<'a> {
    load: &'a Load<'a>,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    capacity: usize,
    tensors: BTreeMap<usize, (u64, Tensor)>,
    loading: BTreeSet<usize>,
    clock: u64,
}

impl<'a> Resident<'a> {
    /// Makes room for `capacity` models.
    pub fn new(capacity: usize, load: &'a Load<'a>) -> Self {
        let state = State { capacity: capacity.max(1), ..State::default() };
        Self { load, state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Returns the parameters of a model. If there is too little memory to load it, half of the others go.
    ///
    /// # Errors
    /// The errors of loading it, when no other model is in memory that could go.
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
        state.make_room();
        drop(state);
        let loaded = self.loaded(model);
        // Whatever the result, others may go on.
        let mut state = self.lock();
        state.loading.remove(&model);
        if let Ok(tensor) = &loaded {
            let now = state.clock;
            state.tensors.insert(model, (now, tensor.shallow_clone()));
        }
        self.arrived.notify_all();
        loaded
    }

    fn loaded(&self, model: usize) -> Result<Tensor> {
        loop {
            let loaded = within_memory(|| (self.load)(model));
            let mut state = self.lock();
            match loaded {
                Err(LmcError::OutOfMemory { .. }) if !state.tensors.is_empty() => {
                    state.capacity = (state.tensors.len() + state.loading.len()) / 2;
                    state.make_room();
                }
                other => return other,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    /// Removes the models that were used longest ago until there is room for those that are being loaded.
    fn make_room(&mut self) {
        while self.tensors.len() + self.loading.len() > self.capacity {
            let oldest = self.tensors.iter().min_by_key(|(_, (used, _))| *used).map(|(&model, _)| model);
            let Some(oldest) = oldest else { break };
            self.tensors.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

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

    /// Four were to stay; when the third is loaded, libtorch is really asked for too much.
    #[test]
    fn models_go_if_there_is_too_little_memory() {
        let tries = AtomicUsize::new(0);
        let load = |model: usize| {
            if tries.fetch_add(1, Ordering::Relaxed) == 2 {
                let _ = Tensor::zeros([1 << 55], (tch::Kind::Uint8, tch::Device::Cpu));
            }
            Ok(Tensor::from(model as i64))
        };
        let resident = Resident::new(4, &load);
        for model in [0, 1, 2, 3, 3] {
            assert_eq!(resident.get(model).unwrap().int64_value(&[]), model as i64);
        }
        let state = resident.lock();
        assert_eq!((state.capacity, state.tensors.len()), (1, 1));
        drop(state);
        let never = |_| Ok(Tensor::zeros([1 << 55], (tch::Kind::Uint8, tch::Device::Cpu)));
        assert!(matches!(Resident::new(4, &never).get(0), Err(LmcError::OutOfMemory { .. })));
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
