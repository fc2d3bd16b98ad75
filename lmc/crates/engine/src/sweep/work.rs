//! One unit in work: its points are taken by several workers, the last of whom writes the file.

use std::sync::{Mutex, MutexGuard};

use super::job::SweepJob;
use super::resident::Resident;
use super::unit::{Sampled, read_unit, write_unit};
use super::worker::Worker;
use crate::store::Claim;
use lmc_base::error::Result;
use lmc_base::progress::Progress;
use lmc_model::eval::Outcome;
use lmc_model::path::Combination;

/// A unit and how far it is.
pub(super) struct UnitWork<'a> {
    job: &'a SweepJob<'a>,
    unit: &'a [usize],
    progress: &'a Progress,
    state: Mutex<State>,
}

enum State {
    /// No worker has looked at it yet, or another process had it.
    Open,
    /// This process has claimed it; holds the outcomes of the pieces that are done.
    Begun { _claim: Claim, pieces: Vec<Option<Vec<Outcome>>> },
    /// It is in the store, with the distances and outcomes that are kept there.
    Done(Vec<f64>, Vec<Outcome>),
}

impl<'a> UnitWork<'a> {
    pub fn new(job: &'a SweepJob<'a>, unit: &'a [usize], progress: &'a Progress) -> Self {
        Self { job, unit, progress, state: Mutex::new(State::Open) }
    }

    /// Returns the pieces that workers take: as many points as are evaluated at once.
    pub fn pieces(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.n_pieces()
    }

    fn n_pieces(&self) -> usize {
        let n = self.job.plan.interior().count();
        n.div_ceil(Worker::stack(self.job.classifier, n)).max(1)
    }

    fn points(&self, piece: usize) -> Vec<&'a Combination> {
        let size = Worker::stack(self.job.classifier, self.job.plan.interior().count());
        let points = self.job.plan.interior().map(|(_, point)| point);
        points.skip(piece * size).take(size).collect()
    }

    pub fn is_done(&self) -> bool {
        matches!(*self.lock(), State::Done(..))
    }

    /// Returns the samples, if the unit is done.
    pub fn into_sampled(self) -> Option<Sampled> {
        match self.state.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            State::Done(distances, inner) => {
                let outcomes = self.job.with_ends(self.unit, inner);
                Some(Sampled { models: self.unit.to_vec(), distances, outcomes })
            }
            _ => None,
        }
    }

    /// Evaluates a piece, unless the unit is found in the store or another process has it and the caller does
    /// not wait (`waits`).
    pub fn take(
        &self,
        worker: &mut Worker<'_>,
        weights: &Resident<'_>,
        piece: usize,
        waits: bool,
    ) -> Result<()> {
        if !self.begin(waits)? {
            return Ok(());
        }
        let tick = |n| self.progress.advance(n as u64, String::new);
        let outcomes = self.job.sample(worker, weights, self.unit, &self.points(piece), tick)?;
        let mut state = self.lock();
        let State::Begun { pieces, .. } = &mut *state else { return Ok(()) };
        pieces[piece] = Some(outcomes);
        if pieces.iter().any(Option::is_none) {
            return Ok(());
        }
        let inner: Vec<Outcome> = pieces.iter_mut().filter_map(Option::take).flatten().collect();
        let distances = self.job.distances(weights, self.unit)?;
        let points: Vec<_> = self.job.plan.interior().collect();
        write_unit(&self.job.path(self.unit), &points, &distances, &inner)?;
        *state = State::Done(distances, inner);
        Ok(())
    }

    /// Returns whether there is something to compute. The first worker to arrive looks into the store and
    /// claims the unit.
    fn begin(&self, waits: bool) -> Result<bool> {
        let mut state = self.lock();
        match *state {
            State::Done(..) => return Ok(false),
            State::Begun { .. } => return Ok(true),
            State::Open => {}
        }
        let path = self.job.path(self.unit);
        let claim = if path.exists() { None } else { Some(Claim::of(&path, waits)?) };
        // A process that waited for a claim finds the result of the other process.
        if path.exists() {
            let points: Vec<_> = self.job.plan.interior().collect();
            let (distances, inner) = read_unit(&path, &points, self.job.set.encoded.len())?;
            self.progress.found(points.len() as u64);
            *state = State::Done(distances, inner);
            return Ok(false);
        }
        let Some(claim) = claim.flatten() else { return Ok(false) };
        *state = State::Begun { _claim: claim, pieces: vec![None; self.n_pieces()] };
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
