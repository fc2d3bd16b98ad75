//! Lines between copies as shared work: tasks interpolate blocks of pairs and evaluate a few copies.

use lmc_base::show::counted;

use super::Shared;
use super::evaluations::Evaluations;
use super::plan::{OnLines, Plan, Share, Work};
use crate::compute::{Compute, Devices};
use crate::error::Result;
use crate::eval::EvaluationSet;
use crate::progress::Unit;
use crate::slurm::Missing;
use crate::study::{Model, Models};
use crate::sweep::{Grid, SweepPlan};

/// Lines between the copies of a study.
pub(super) struct Lines<'a> {
    evaluations: Evaluations<'a>,
    /// The examples that were drawn from the set, and their numbers in it; none if the lines are evaluated on
    /// all. The copies have been evaluated then.
    drawn: Option<(EvaluationSet, &'a [usize])>,
    lines: SweepPlan,
    grid: Grid,
}

impl<'a> Lines<'a> {
    /// Makes the lines of a plan, which must be on that grid.
    pub fn new(models: &'a Models, dataset: &'a str, lines: SweepPlan, grid: Grid) -> Result<Self> {
        Ok(Self { evaluations: Evaluations::new(models, dataset)?, drawn: None, lines, grid })
    }

    /// Makes the lines between all pairs of copies on examples that were drawn from the set.
    pub fn on_drawn(evaluations: Evaluations<'a>, examples: &'a [usize], grid: Grid) -> Result<Self> {
        let lines = SweepPlan::lines(evaluations.models().len(), grid)?;
        let part = evaluations.set().subset(examples)?;
        Ok(Self { evaluations, drawn: Some((part, examples)), lines, grid })
    }

    fn models(&self) -> &'a Models {
        self.evaluations.models()
    }

    fn dataset(&self) -> &'a str {
        self.evaluations.dataset()
    }

    /// Returns the examples on which the lines are evaluated.
    fn set(&self) -> &EvaluationSet {
        self.drawn.as_ref().map_or(self.evaluations.set(), |(part, _)| part)
    }

    /// Returns the devices and the precision of the study.
    fn compute(&self) -> &'a Compute {
        self.models().study().compute()
    }

    /// Returns the lines that are not in the store, by number.
    fn missing_lines(&self, lines: &SweepPlan) -> Result<Vec<usize>> {
        self.models().with_job_on(self.set(), lines, &[], |job| Ok(job.missing()))
    }

    /// Returns the copies whose evaluations are not in the store.
    fn missing_copies(&self) -> Vec<usize> {
        if self.drawn.is_some() { Vec::new() } else { self.evaluations.missing_copies() }
    }
}

impl Shared for Lines<'_> {
    fn identity(&self) -> (&'static str, String) {
        let models: Vec<String> = self.models().models().iter().map(Model::key).collect();
        let units: Vec<String> = self.lines.units().iter().map(|unit| format!("{unit:?}")).collect();
        let (set, points, precision) = (&self.set().key, self.lines.name(), self.compute().precision);
        ("sweep", format!("{set} {points} {precision}\n{}\n{}", models.join("\n"), units.join(" ")))
    }

    fn pieces(&self) -> (usize, Unit, String) {
        (self.lines.units().len(), Unit::Pairs, format!("lines on {}", self.dataset()))
    }

    fn heading(&self) -> String {
        format!("interpolating {} on {}", counted(self.lines.units().len(), "line"), self.dataset())
    }

    fn parts(&self) -> Result<(usize, Option<f64>)> {
        let (lines, copies) = (self.missing_lines(&self.lines)?.len(), self.missing_copies().len());
        if lines == 0 {
            return Ok((copies, None));
        }
        // The time is that of this machine, whatever the nodes compute on and in.
        let here = self.models().on(Compute::auto())?;
        let cost = here.with_job_on(self.set(), &self.lines, &[], |job| job.cost_of(lines))?;
        Ok((lines, Some(cost.seconds() / lines as f64)))
    }

    fn plan(&self, n_tasks: usize, devices: &Devices) -> Result<Plan> {
        let units = self.lines.units();
        let shares = self.lines.shares(&self.missing_lines(&self.lines)?, n_tasks);
        let line = |unit: &usize| [units[*unit][0], units[*unit][1]];
        let mut shares: Vec<Share> = shares
            .iter()
            .map(|share| Share { lines: share.iter().map(line).collect(), ..Share::default() })
            .collect();
        shares.resize(n_tasks, Share::default());
        Share::deal(self.missing_copies(), &mut shares, |share| &mut share.copies);
        let work = Work::Lines(OnLines {
            on: self.evaluations.on(self.set()),
            points: self.grid.n_points(),
            examples: self.drawn.as_ref().map_or_else(Vec::new, |(_, examples)| examples.to_vec()),
        });
        Plan::new(self.models().study(), devices, work, shares)
    }

    fn missing(&self, plan: &Plan) -> Result<Vec<Missing>> {
        let copies = self.missing_copies();
        let pairs: Vec<[usize; 2]> = plan.shares().iter().flat_map(|share| share.lines.clone()).collect();
        let all = SweepPlan::lines_between(self.models().len(), &pairs, self.grid)?;
        let mut is_missing = vec![false; pairs.len()];
        self.missing_lines(&all)?.into_iter().for_each(|line| is_missing[line] = true);
        let mut rest = is_missing.as_slice();
        let left = |share: &Share| {
            let (of_share, others) = rest.split_at(share.lines.len());
            rest = others;
            Missing {
                counted: of_share.iter().filter(|missing| **missing).count(),
                beside: share.n_copies_among(&copies),
            }
        };
        Ok(plan.shares().iter().map(left).collect())
    }
}
