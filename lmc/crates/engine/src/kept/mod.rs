//! Work whose results are kept, unit by unit: one protocol for finetuning, curves, evaluations, sweeps and
//! sharpness.
//!
//! A worker takes a unit in four steps ([`turn`] has the first three):
//! 1. It looks whether the result is in the store. Then the unit is found.
//! 2. If not, it claims the unit (see [`Claim`]), so that no other process makes it too.
//! 3. It looks again, since another process may have made the unit before the claim was given.
//! 4. It makes the result, writes it whole and gives the claim back.
//!
//! [`Kept::bring_about`] has workers do that for all units, in two passes. In the first pass nobody waits: a
//! unit that another process has claimed is left to the end. In the second pass workers wait for these. They
//! read what the other process made or, if it made nothing, make it. So any number of processes on one store
//! share the units, and the work of one that dies is done by another.

#[cfg(test)]
mod tests;
mod unit;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::store::Claim;
use lmc_base::error::Result;
use lmc_base::file::tidy;
use lmc_base::interrupt;
use lmc_base::progress::Progress;
use lmc_model::compute::within_memory;
use lmc_model::parallel::run_on_workers;
use unit::Unit;

/// Units of work, by number, and the workers that make those whose results `T` are not in the store yet.
pub struct Kept<'a, W, S, T> {
    /// The file by which each unit is claimed: that of its result, or, if the unit can go on in the middle,
    /// that of its state.
    pub files: &'a [PathBuf],
    /// Returns the result of a unit, if it is in the store.
    pub find: &'a (dyn Fn(usize) -> Result<Option<T>> + Sync),
    /// The descriptions of the workers, such as their devices; each has a thread.
    pub workers: &'a [W],
    /// Makes the tools of a worker on its thread, such as batches on its device.
    pub equip: &'a (dyn Fn(&W) -> Result<S> + Sync),
    /// The progress. Units that are found are counted here, others by the function that makes them.
    pub progress: &'a Progress,
    /// The pieces of progress that a unit counts for.
    pub size: u64,
    /// The words for units in the text of an interrupt: "evaluations on id". If `begun` is set, the words for
    /// pieces of progress.
    pub noun: &'a str,
    /// For units that can go on in the middle, returns the pieces of progress that an interrupted unit has in
    /// the store.
    pub begun: Option<&'a (dyn Fn(usize) -> u64 + Sync)>,
}

impl<W: Sync, S, T: Send> Kept<'_, W, S, T> {
    /// Returns the result of every unit, in their order: found in the store, or made and kept there by
    /// `make`.
    ///
    /// `make` writes the result whole before it returns it. Work that can go on in the middle writes its
    /// state when it is interrupted, and reads it when it begins. At most as many units are in the making as
    /// there are workers.
    ///
    /// # Errors
    /// The first error of a unit, after which no further unit is begun;
    /// [`LmcError::Interrupted`](lmc_base::error::LmcError::Interrupted), with how much is in the store, if
    /// an interrupt came and nothing else failed. Finished units stay in the store.
    pub fn bring_about(&self, make: impl Fn(&mut S, usize) -> Result<T> + Sync) -> Result<Vec<T>> {
        let order: Vec<usize> = (0..self.files.len()).collect();
        self.bring_about_in_parts(&order, 1, |_, _, _| Ok(()), |tools, unit, _| make(tools, unit))
    }

    /// Returns the same, and takes the units in that order. Each unit has `n_parts` parts, which several
    /// workers may make side by side. The worker that makes the last part of a unit calls `keep` with all
    /// parts in their order; `keep` writes the result and returns it.
    ///
    /// # Errors
    /// The errors of [`Kept::bring_about`].
    pub fn bring_about_in_parts<P: Send>(
        &self,
        order: &[usize],
        n_parts: usize,
        make: impl Fn(&mut S, usize, usize) -> Result<P> + Sync,
        keep: impl Fn(&mut S, usize, Vec<P>) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let units: Vec<Unit<P, T>> = self.files.iter().map(|_| Unit::default()).collect();
        let folders: BTreeSet<&Path> = self.files.iter().filter_map(|file| file.parent()).collect();
        folders.into_iter().for_each(tidy);
        let pass = |waits: bool| {
            let left = order.iter().copied().filter(|&unit| !units[unit].is_done());
            let parts = left.flat_map(|unit| (0..n_parts).map(move |part| (unit, part))).collect();
            run_on_workers(self.workers, parts, self.equip, |tools, _, (unit, part)| {
                within_memory(|| {
                    if units[unit].begin(n_parts, || self.turn(unit, waits))? {
                        let made = make(tools, unit, part)?;
                        units[unit].add(part, made, |parts| keep(tools, unit, parts))?;
                    }
                    Ok(())
                })
            })
        };
        interrupt::settle(pass(false).and_then(|_| pass(true)), |_| self.in_store(&units))?;
        Ok(units.into_iter().filter_map(Unit::into_made).collect())
    }

    fn turn(&self, unit: usize, waits: bool) -> Result<Turn<T>> {
        let turn = turn(&self.files[unit], waits, || (self.find)(unit))?;
        if matches!(turn, Turn::Found(_)) {
            self.progress.found(self.size);
        }
        Ok(turn)
    }

    /// Returns how much is in the store, in words, once an interrupt has stopped the work.
    fn in_store<P>(&self, units: &[Unit<P, T>]) -> String {
        let untouched = (0..units.len()).filter(|&unit| units[unit].is_untouched());
        let [kept, total] = match self.begun {
            Some(begun) => [self.progress.done() + untouched.map(begun).sum::<u64>(), self.progress.total()],
            None => {
                let n_done = units.iter().filter(|unit| unit.is_done()).count();
                let n_kept = n_done + untouched.filter(|&unit| self.files[unit].exists()).count();
                [n_kept, units.len()].map(|n| n as u64)
            }
        };
        interrupt::in_store(kept, total, self.noun)
    }
}

/// The turn of this process at a unit.
pub enum Turn<T> {
    /// The result is in the store.
    Found(T),
    /// The result is to be made, by this process alone as long as it holds the claim.
    Claimed(Claim),
    /// Another process makes it.
    Elsewhere,
}

/// Looks for the result that belongs to `file`, claims the file if there is none, and looks again. If another
/// process has claimed it, the call `waits` until that process gives the claim back, or says so.
///
/// # Errors
/// The errors of `find` and [`Claim::of`].
pub fn turn<T>(file: &Path, waits: bool, find: impl Fn() -> Result<Option<T>>) -> Result<Turn<T>> {
    if let Some(found) = find()? {
        return Ok(Turn::Found(found));
    }
    let Some(claim) = Claim::of(file, waits)? else { return Ok(Turn::Elsewhere) };
    Ok(find()?.map_or(Turn::Claimed(claim), Turn::Found))
}
