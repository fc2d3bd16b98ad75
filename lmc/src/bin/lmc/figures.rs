//! `lmc figures`: everything about a study, from finetuning to tables and figures.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use lmc::figure::{self, Figure, HeatmapOptions};
use lmc::gap::Measure;
use lmc::polars::prelude::DataFrame;
use lmc::study::StudySpec;
use lmc::table::{self, Schema, Table};
use lmc::terminal::tell;
use lmc::{LmcError, Result};

use crate::basins::Clustering;
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::notes;
use crate::output::identity;
use crate::results::Results;
use crate::study::StudyArgs;
use crate::sweep::Interpolation;
use crate::training::training_figure;

#[derive(Args)]
pub struct Figures {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    interpolation: Interpolation,
    #[command(flatten)]
    clustering: Clustering,
    /// The folder for tables (Parquet) and figures (PNG). Files that an earlier run of lmc wrote there are
    /// replaced.
    #[arg(long, default_value = "lmc-results", value_name = "FOLDER")]
    out: PathBuf,
    /// Replace also files of the same names there that others wrote.
    #[arg(long)]
    force: bool,
}

impl Computing for Figures {
    fn compute(&self) -> &ComputeArgs {
        &self.interpolation.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Figures {
    pub fn check(&self) -> Result<()> {
        self.interpolation.check(&self.study)
    }

    pub fn run(self) -> Result<()> {
        let clock = Clock::start();
        let study = self.interpolation.open(&self.study)?;
        self.clustering.check(&study)?;
        let out = Results::open(&self.out, "figures", self.force)?;
        let models = study.models()?;
        clock.say(if study.spec().models.is_some() { "opened" } else { "finetuned" });
        let names: Vec<&str> = study.task().sets.iter().map(|set| set.dataset.name.as_str()).collect();
        let evaluations = models.evaluations(&names)?;
        clock.say("evaluated");
        let sweep = self.interpolation.sweep(&study, &models)?;
        clock.say("interpolated");
        let (swept, (scored, metric)) = (self.interpolation.set(&study), self.clustering.score(&study));
        let (profiles, gaps, models_table) = (sweep.table()?, sweep.gaps()?, models.table()?);
        let training = models.training()?;
        let mut tables: Vec<(&Schema, &DataFrame)> = vec![
            (&table::MODELS, &models_table),
            (&table::EVALUATIONS, &evaluations),
            (&table::PROFILES, &profiles),
            (&table::GAPS, &gaps),
            (&table::TRAINING, &training),
        ];
        let mut figures = Vec::new();
        // Three copies are too few to divide; the known results are still written.
        let clustered = match self.clustering.cluster(&sweep) {
            Err(error @ LmcError::InvalidParameter { .. }) => {
                tell(&format!("no clusters: {error}"));
                None
            }
            other => Some(other?),
        };
        let said = clustered.as_ref().map_or(&[][..], |basins| &basins.notes);
        notes::say(said);
        for (name, measure) in [
            ("heatmap", Measure::ConvexityGap),
            ("heatmap-barrier-height", Measure::BarrierHeight),
            ("heatmap-auc", Measure::AreaUnderCurve),
            ("heatmap-distance", Measure::EuclideanDistance),
        ] {
            let options = HeatmapOptions { measure, ..HeatmapOptions::new(swept, scored, metric) };
            figures.push((name, figure::gap_heatmap(&gaps, &evaluations, &options)?.with_notes(said)));
        }
        let basins = clustered.as_ref().map(|basins| basins.table()).transpose()?;
        let divided = clustered.as_ref().is_some_and(|basins| basins.is_divided());
        let groups = basins.as_ref().filter(|_| divided).map(figure::groups_by_basin).transpose()?;
        figures.push(("curves", figure::curves(&profiles, groups.as_ref(), &[])?));
        figures.extend(training_figure(&models, &training, basins.as_ref())?);
        if let Some(basins) = &basins {
            tables.push((&table::BASINS, basins));
            let of_basins = of_basins(basins, &evaluations, &gaps, swept, (scored, metric))?;
            figures.extend(of_basins.map(|(name, figure)| (name, figure.with_notes(said))));
        }
        out.write(&identity(&models), &tables, &figures)?;
        if let Some(basins) = &clustered {
            self.clustering.report(&study, &models, &sweep, basins)?;
        }
        clock.say("written");
        Ok(())
    }
}

fn of_basins(
    basins: &DataFrame,
    evaluations: &DataFrame,
    gaps: &DataFrame,
    swept: &str,
    (scored, metric): (&str, table::Metric),
) -> Result<[(&'static str, Figure); 3]> {
    Ok([
        ("membership", figure::membership_scatter(basins, evaluations, scored, metric)?),
        ("histogram", figure::histogram(basins, evaluations, scored, metric)?),
        ("gap-distance", figure::gap_against_distance(gaps, basins, swept)?),
    ])
}

struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn say(&self, what: &str) {
        tell(&format!("{what} after {:.1} s", self.0.elapsed().as_secs_f64()));
    }
}
