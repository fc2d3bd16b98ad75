//! `lmc layers`: averages of models in some layers alone, within clusters and across, in and out of domain.

use std::rc::Rc;

use clap::Args;
use lmc::analyses::layers::{LayerOptions, Moving};
use lmc::slurm::Slurm;
use lmc::study::{Study, StudySpec, Submission, Sweep as Swept};
use lmc::table::Table;
use lmc::{Options, Result, figure, table};

use crate::basins::Clustered;
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::members::members;
use crate::output::{Output, identity, print, say, stacked};
use crate::slurm::SlurmArgs;

#[derive(Args)]
pub struct Layers {
    #[command(flatten)]
    clustered: Clustered,
    /// The layers that are averaged together: each alone, each with all below it (up-to), or each with all
    /// above it (from).
    #[arg(long, default_value = "alone", value_name = "CHOICE")]
    moving: Moving,
    /// The two models of a pair, such as s100,s101; may be given again for more pairs. All pairs if absent.
    #[arg(long, value_name = "MODEL,MODEL")]
    between: Vec<String>,
    /// Bootstrap resamples of the examples, for intervals.
    #[arg(long, default_value_t = 1000, value_name = "N")]
    resamples: usize,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Computing for Layers {
    fn compute(&self) -> &ComputeArgs {
        self.clustered.computed()
    }

    fn spec(&self) -> Result<StudySpec> {
        self.clustered.spec()
    }
}

impl Layers {
    pub fn check(&self) -> Result<()> {
        let spec = self.clustered.check_with("layers", &self.slurm)?;
        self.options(&spec.names()?)?.validate()
    }

    fn options(&self, names: &[String]) -> Result<LayerOptions> {
        let pairs = self.between.iter().map(|pair| members("between", pair, names));
        Ok(LayerOptions {
            moving: self.moving,
            pairs: pairs.collect::<Result<_>>()?,
            n_resamples: self.resamples,
            ..LayerOptions::default()
        })
    }

    pub fn run(self) -> Result<()> {
        let study = self.clustered.open_with(&self.slurm)?;
        let out = self.output.open("layers")?;
        let slurm = self.slurm.slurm(self.clustered.computed().devices());
        if let Some(slurm) = slurm.as_ref().filter(|_| self.slurm.is_dry_run()) {
            return self.say_what_is_submitted(&study, slurm);
        }
        let (models, sweep, basins) = self.clustered.compute_with(&study, slurm.as_ref())?;
        let options = self.options(&models.names())?;
        let sets = self.sets(&study, &sweep);
        let (mut all, mut kinds, mut figures) = (Vec::new(), Vec::new(), Vec::new());
        for (set, name) in sets.into_iter().zip(["layers", "layers-score"]) {
            let layers = match &slurm {
                Some(slurm) => models.layers_on(slurm, set, &options)?,
                None => models.layers(set, &options)?,
            };
            let of_set = layers.kinds(&basins)?;
            figures.push((name, figure::layer_dots(&of_set, set)?));
            all.push(layers.table()?);
            kinds.push(of_set);
        }
        let (all, kinds) = (stacked(all)?, stacked(kinds)?);
        print(&kinds)?;
        let tables = [(&table::LAYERS, &all), (&table::LAYER_KINDS, &kinds)];
        out.write(&identity(&models), &tables, &figures)
    }

    /// Returns the sets on which averages are evaluated.
    fn sets<'a>(&'a self, study: &'a Study, sweep: &'a Swept) -> Vec<&'a str> {
        let mut sets = vec![sweep.dataset.as_str(), self.clustered.clustering.score(study).0];
        sets.dedup();
        sets
    }

    /// Prints what would be submitted first: the copies, their lines or the averages.
    fn say_what_is_submitted(&self, study: &Rc<Study>, slurm: &Slurm) -> Result<()> {
        let there = self.clustered.say_what_is_submitted(study, slurm, "the averages of layers")?;
        let Some((models, sweep, _)) = there else { return Ok(()) };
        let options = self.options(&models.names())?;
        let submission = |set: &str| models.layers_submission(slurm, set, &options);
        let all: Vec<Submission> =
            self.sets(study, &sweep).into_iter().map(submission).collect::<Result<_>>()?;
        if let Some(first) = all.iter().find(|submission| submission.n_tasks > 0).or(all.last()) {
            say(first);
        }
        Ok(())
    }
}
