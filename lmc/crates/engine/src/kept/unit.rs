//! One unit in work: several workers make its parts, and the last of them keeps the result.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Turn;
use crate::store::Claim;
use lmc_base::error::Result;

/// The state of a unit with parts `P` and the result `T`.
pub(super) struct Unit<P, T>(Mutex<State<P, T>>);

enum State<P, T> {
    /// No worker has looked at it yet, or another process had it.
    Untouched,
    /// This process has claimed it; holds the parts that are made.
    Begun { _claim: Claim, parts: Vec<Option<P>> },
    /// It is in the store.
    Done(T),
}

impl<P, T> Default for Unit<P, T> {
    fn default() -> Self {
        Self(Mutex::new(State::Untouched))
    }
}

impl<P, T> Unit<P, T> {
    pub fn is_done(&self) -> bool {
        matches!(*self.lock(), State::Done(_))
    }

    pub fn is_untouched(&self) -> bool {
        matches!(*self.lock(), State::Untouched)
    }

    /// Returns the result, if the unit is done.
    pub fn into_made(self) -> Option<T> {
        match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Done(made) => Some(made),
            _ => None,
        }
    }

    /// Returns whether there is something to make. The first worker to arrive calls `turn`.
    pub fn begin(&self, n_parts: usize, turn: impl FnOnce() -> Result<Turn<T>>) -> Result<bool> {
        let mut state = self.lock();
        if let State::Untouched = *state {
            *state = match turn()? {
                Turn::Found(found) => State::Done(found),
                Turn::Claimed(claim) => {
                    State::Begun { _claim: claim, parts: (0..n_parts).map(|_| None).collect() }
                }
                Turn::Elsewhere => State::Untouched,
            };
        }
        Ok(matches!(*state, State::Begun { .. }))
    }

    /// Adds a part. With the last one the unit is done: `keep` writes its result.
    pub fn add(&self, part: usize, made: P, keep: impl FnOnce(Vec<P>) -> Result<T>) -> Result<()> {
        let mut state = self.lock();
        if let State::Begun { parts, .. } = &mut *state {
            parts[part] = Some(made);
            if parts.iter().all(Option::is_some) {
                *state = State::Done(keep(parts.iter_mut().filter_map(Option::take).collect())?);
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State<P, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
