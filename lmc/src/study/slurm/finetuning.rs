//! Finetuning as shared work: tasks train whole stacks.

use std::cell::RefCell;
use std::rc::Rc;

use lmc_base::show::counted;

use super::Shared;
use super::plan::{Plan, Share, Work};
use crate::compute::Devices;
use crate::error::Result;
use crate::progress::Unit;
use crate::slurm::Missing;
use crate::study::Study;
use crate::study::finetune::Wanted;

/// The finetuning of a study's copies.
pub(super) struct Finetuning<'a> {
    study: &'a Rc<Study>,
    /// Stacks that were seen whole in the store, which are not looked for again.
    kept: RefCell<Vec<bool>>,
}

impl<'a> Finetuning<'a> {
    pub fn new(study: &'a Rc<Study>) -> Self {
        Self { study, kept: RefCell::new(vec![false; study.spec.stacks().count()]) }
    }

    /// Returns the stacks that lack a checkpoint.
    fn missing_stacks(&self) -> Result<Vec<usize>> {
        let (study, mut kept) = (self.study, self.kept.borrow_mut());
        let recipe = &study.spec.recipe;
        let checkpoints = recipe.checkpoints(study.task.train.len());
        for (kept, seeds) in kept.iter_mut().zip(study.spec.stacks()) {
            *kept = *kept
                || Wanted::Checkpoints.is_kept(
                    &study.store,
                    &study.run_specs(recipe, seeds),
                    &checkpoints,
                )?;
        }
        Ok((0..kept.len()).filter(|&stack| !kept[stack]).collect())
    }
}

impl Shared for Finetuning<'_> {
    fn identity(&self) -> (&'static str, String) {
        ("finetune", self.study.identities().join("\n"))
    }

    fn pieces(&self) -> (usize, Unit, String) {
        (self.study.spec.seeds.len(), Unit::Copies, "copies".to_owned())
    }

    fn heading(&self) -> String {
        format!("finetuning {}", counted(self.study.spec.seeds.len(), "copy"))
    }

    fn parts(&self) -> Result<(usize, Option<f64>)> {
        Ok((self.missing_stacks()?.len(), None))
    }

    fn plan(&self, n_tasks: usize, devices: &Devices) -> Result<Plan> {
        let stacks = self.missing_stacks()?;
        let end = |task: usize| task * stacks.len() / n_tasks;
        let shares = (0..n_tasks)
            .map(|task| Share { stacks: stacks[end(task)..end(task + 1)].to_vec(), ..Share::default() })
            .collect();
        Plan::new(self.study, devices, Work::Finetuning, shares)
    }

    fn missing(&self, plan: &Plan) -> Result<Vec<Missing>> {
        let missing = self.missing_stacks()?;
        let sizes: Vec<usize> = self.study.spec.stacks().map(<[u64]>::len).collect();
        let left = |share: &Share| {
            let left = share.stacks.iter().filter(|stack| missing.contains(stack));
            let counted = left.filter_map(|&stack| sizes.get(stack)).sum();
            Missing { counted, beside: 0 }
        };
        Ok(plan.shares().iter().map(left).collect())
    }
}
