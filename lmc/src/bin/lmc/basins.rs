//! `lmc basins`: the clusters of the copies, and whether they say anything about a score.

use std::rc::Rc;

use clap::Args;
use lmc::analyses::basins::memberships_table;
use lmc::analyses::report::Report;
use lmc::basin::{BasinCount, Basins as Clusters, ClusterOptions, Delta};
use lmc::slurm::Slurm;
use lmc::study::{Models, Study, StudySpec, Sweep as Swept};
use lmc::table::{Metric, Table};
use lmc::{LmcError, Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::confidence::Resampling;
use crate::notes;
use crate::output::{Output, identity, print, say};
use crate::sampling::Sampling;
use crate::slurm::{SlurmArgs, models, say_if_missing, say_missing_copies};
use crate::study::StudyArgs;
use crate::sweep::{Interpolation, n_examples};

/// The fewest copies that are divided in two.
const LEAST: usize = 3;

/// The options for clustering copies and judging the clusters.
#[derive(Args)]
pub struct Clustering {
    /// The width of the similarity in nats: auto (the standard deviation of the gaps, at least a quarter of
    /// the smallest), paper (1) or a number.
    #[arg(long, default_value = "auto")]
    delta: Delta,
    /// The number of basins: 2 as in the paper, another number, or auto (as many as the gaps show, with copies
    /// far from all others in none).
    #[arg(long, default_value = "2", value_name = "NUMBER")]
    basins: BasinCount,
    /// The evaluation set by which generalisation is judged; the task's own if absent.
    #[arg(long, value_name = "SET")]
    score: Option<String>,
    /// The metric on it: loss, accuracy, f1, mcc or ece; the task's own if absent.
    #[arg(long)]
    metric: Option<Metric>,
}

impl Clustering {
    /// Returns the set and the metric of the score.
    pub fn score<'a>(&'a self, study: &'a Study) -> (&'a str, Metric) {
        let (set, metric) = study.spec().scored();
        (self.score.as_deref().unwrap_or(set), self.metric.unwrap_or(metric))
    }

    /// Checks that there are fewer basins than copies.
    fn check_count(&self, n_copies: usize) -> Result<()> {
        match self.basins {
            BasinCount::Exactly(number) if number >= n_copies => {
                let (got, expected) = (number.to_string(), format!("fewer than the {n_copies} copies"));
                Err(LmcError::InvalidParameter { field: "basins", got, expected })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the score exists.
    pub fn check(&self, study: &Study) -> Result<()> {
        study.task().set(self.score(study).0).map(|_| ())
    }

    /// Returns the options that divide the models.
    pub fn options(&self) -> ClusterOptions {
        ClusterOptions { basins: self.basins, delta: self.delta, ..ClusterOptions::default() }
    }

    /// Returns the clusters.
    pub fn cluster(&self, sweep: &Swept) -> Result<Clusters> {
        sweep.basins(&self.options())
    }

    /// Prints what the clusters say about the score.
    pub fn report(&self, study: &Rc<Study>, models: &Models, sweep: &Swept, basins: &Clusters) -> Result<()> {
        let (set, metric) = self.score(study);
        let (swept, scored) = (models.evaluate(&sweep.dataset)?, models.evaluate(set)?);
        let report = Report::new(sweep, basins, &swept, &scored, metric)?;
        say(format_args!("gaps on {}, score: {metric} on {set}", sweep.dataset));
        for (name, value) in report.rows() {
            let value = value.map_or_else(|| "not defined".to_owned(), |value| format!("{value:.4}"));
            say(format_args!("{name:48} {value}"));
        }
        notes::say(&report.constant);
        Ok(())
    }
}

/// A study whose copies are clustered.
#[derive(Args)]
pub struct Clustered {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    pub interpolation: Interpolation,
    #[command(flatten)]
    pub clustering: Clustering,
}

impl Clustered {
    /// Returns the options for devices and precision.
    pub fn computed(&self) -> &ComputeArgs {
        &self.interpolation.compute
    }

    /// Returns the description of the study.
    pub fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }

    /// Checks the numbers for a verb, and returns the description of the study.
    pub fn check(&self, verb: &str) -> Result<StudySpec> {
        let spec = self.check_counts(verb)?;
        self.interpolation.check_numbers(&spec)?;
        Ok(spec)
    }

    /// Checks the numbers and the options of Slurm for a verb, and returns the description of the study.
    pub fn check_with(&self, verb: &str, slurm: &SlurmArgs) -> Result<StudySpec> {
        let spec = self.check_counts(verb)?;
        self.interpolation.check_with(&spec, slurm)?;
        Ok(spec)
    }

    fn check_counts(&self, verb: &str) -> Result<StudySpec> {
        let spec = self.study.spec()?;
        spec.check_count(LEAST, verb)?;
        self.clustering.check_count(spec.n_models())?;
        Ok(spec)
    }

    /// Opens the study and checks the requests, before anything is computed.
    pub fn open(&self) -> Result<Rc<Study>> {
        let study = self.interpolation.open(&self.study)?;
        self.clustering.check(&study)?;
        Ok(study)
    }

    /// Opens the study here, or for tasks of an array, and checks the requests.
    pub fn open_with(&self, slurm: &SlurmArgs) -> Result<Rc<Study>> {
        let study = self.interpolation.open_with(&self.study, slurm)?;
        self.clustering.check(&study)?;
        Ok(study)
    }

    /// Computes the copies, the lines between them and their clusters; copies and lines by tasks of an array if
    /// there are options of Slurm.
    pub fn compute_with(
        &self,
        study: &Rc<Study>,
        slurm: Option<&Slurm>,
    ) -> Result<(Models, Swept, Clusters)> {
        self.divided(models(study, slurm)?, |models| self.interpolation.sweep_with(study, models, slurm))
    }

    /// Prints the array that would be submitted first, of the copies or of the lines; if both are there, returns
    /// them with their clusters. `then` is what follows.
    pub fn say_what_is_submitted(
        &self,
        study: &Rc<Study>,
        slurm: &Slurm,
        then: &str,
    ) -> Result<Option<(Models, Swept, Clusters)>> {
        if say_missing_copies(study, slurm, &format!("The lines, and then {then}, follow"))? {
            return Ok(None);
        }
        let lines = self.interpolation.submission(study, &study.models()?, slurm)?;
        if say_if_missing(&lines, &format!("When the lines are there, {then} follow.")) {
            return Ok(None);
        }
        self.compute(study).map(Some)
    }

    /// Computes the copies, the lines between them and their clusters.
    pub fn compute(&self, study: &Rc<Study>) -> Result<(Models, Swept, Clusters)> {
        self.compute_with(study, None)
    }

    /// Computes the copies, the lines that `sweep` returns, and their clusters.
    fn computed_from(
        &self,
        study: &Rc<Study>,
        sweep: impl FnOnce(&Models) -> Result<Swept>,
    ) -> Result<(Models, Swept, Clusters)> {
        self.divided(study.models()?, sweep)
    }

    /// Computes the lines between models, which `sweep` returns, and the clusters.
    fn divided(
        &self,
        models: Models,
        sweep: impl FnOnce(&Models) -> Result<Swept>,
    ) -> Result<(Models, Swept, Clusters)> {
        let sweep = sweep(&models)?;
        let basins = self.clustering.cluster(&sweep)?;
        notes::say(&basins.notes);
        Ok((models, sweep, basins))
    }
}

#[derive(Args)]
pub struct Basins {
    #[command(flatten)]
    clustered: Clustered,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    resampling: Resampling,
    #[command(flatten)]
    output: Output,
}

impl Computing for Basins {
    fn compute(&self) -> &ComputeArgs {
        self.clustered.computed()
    }

    fn spec(&self) -> Result<StudySpec> {
        self.clustered.spec()
    }
}

impl Basins {
    pub fn check(&self) -> Result<()> {
        self.clustered.check("basins")?;
        self.sampling.check(self.clustered.interpolation.compute.precision())?;
        self.resampling.check()
    }

    pub fn run(self) -> Result<()> {
        let study = self.clustered.open()?;
        let (lines, sampling) = (&self.clustered.interpolation, &self.sampling);
        self.resampling.check_for(n_examples(&study, sampling.set(lines, &study).0)?)?;
        let out = self.output.open("basins")?;
        let (models, sweep, basins) =
            self.clustered.computed_from(&study, |models| sampling.sweep(lines, &study, models, None))?;
        let clustering = &self.clustered.clustering;
        let (set, metric) = clustering.score(&study);
        let (table, evaluations) = (basins.table()?, models.evaluations(&[set])?);
        print(&table)?;
        let scatter =
            figure::membership_scatter(&table, &evaluations, set, metric)?.with_notes(&basins.notes);
        let found = self.resampling.found(&sweep, &models, clustering.options(), (set, metric))?;
        let mut tables = vec![(&table::BASINS, &table), (&table::EVALUATIONS, &evaluations)];
        // Of two basins, the table of basins says all.
        let memberships = (basins.n_basins > 2).then(|| memberships_table(&basins)).transpose()?;
        tables.extend(memberships.iter().map(|memberships| (&table::MEMBERSHIPS, memberships)));
        let mut figures = vec![("membership", scatter)];
        if let Some(found) = &found {
            tables.extend(found.tables());
            figures.extend(found.figures());
        }
        out.write(&identity(&models), &tables, &figures)?;
        clustering.report(&study, &models, &sweep, &basins)
    }
}

/// Checks numbers of copies that were asked for: there must be that many.
pub fn check_sizes(field: &'static str, sizes: Option<&[usize]>, n_copies: usize) -> Result<()> {
    let too_large = sizes.unwrap_or_default().iter().find(|&&size| size > n_copies);
    too_large.map_or(Ok(()), |size| {
        let (got, expected) = (size.to_string(), format!("2 to {n_copies}, the number of copies"));
        Err(LmcError::InvalidParameter { field, got, expected })
    })
}
