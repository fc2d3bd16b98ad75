//! Runs a study and writes its tables and figures.

use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use lmc::basin::ClusterOptions;
use lmc::compute::Compute;
use lmc::figure::{self, Figure, HeatmapOptions};
use lmc::polars::prelude::DataFrame;
use lmc::study::{Report, Study};
use lmc::sweep::Grid;
use lmc::table::{self, Metric, Schema};
use lmc::{LmcError, Result};

/// Finetunes, evaluates on every set, sweeps `swept` and clusters; scores are a metric on another set.
pub fn clusters(
    study: &Rc<Study>,
    swept: &str,
    (dataset, metric): (&str, Metric),
    options: &ClusterOptions,
    compute: &Compute,
    out: &Path,
) -> Result<()> {
    let clock = Clock::start();
    let models = study.finetune()?;
    clock.say("finetuned");
    let names: Vec<&str> = study.task().sets.iter().map(|s| s.dataset.name.as_str()).collect();
    let evaluations = models.evaluations(&names)?;
    clock.say("evaluated");
    let sweep = models.sweep_with(swept, Grid::TENTHS, compute)?;
    clock.say("interpolated");
    let basins = sweep.basins(options)?;
    let report = Report::new(&sweep, &basins, &models.evaluate(swept)?, &models.evaluate(dataset)?, metric)?;
    let (profiles, gaps, basins) = (sweep.table()?, sweep.gaps()?, basins.table()?);
    let tables = [
        (&table::MODELS, &models.table()?),
        (&table::EVALUATIONS, &evaluations),
        (&table::PROFILES, &profiles),
        (&table::GAPS, &gaps),
        (&table::BASINS, &basins),
    ];
    let groups = figure::groups_by_basin(&basins)?;
    let figures = [
        ("curves", figure::curves(&profiles, Some(&groups), &[])?),
        ("heatmap", figure::heatmap(&gaps, &evaluations, &HeatmapOptions::new(swept, dataset, metric))?),
        ("membership", figure::membership_scatter(&basins, &evaluations, dataset, metric)?),
        ("histogram", figure::histogram(&basins, &evaluations, dataset, metric)?),
    ];
    write(out, &tables, &figures)?;
    for (name, value) in report.rows() {
        println!("{name:48} {value:.4}");
    }
    clock.say("written");
    Ok(())
}

/// Finetunes, evaluates on `datasets`, sweeps `swept` and draws the curves of all pairs.
pub fn curves(
    study: &Rc<Study>,
    swept: &str,
    datasets: &[&str],
    grid: Grid,
    compute: &Compute,
    out: &Path,
) -> Result<()> {
    let clock = Clock::start();
    let models = study.finetune()?;
    clock.say("finetuned");
    let evaluations = models.evaluations(datasets)?;
    clock.say("evaluated");
    let sweep = models.sweep_with(swept, grid, compute)?;
    clock.say("interpolated");
    let (profiles, gaps) = (sweep.table()?, sweep.gaps()?);
    let tables = [
        (&table::MODELS, &models.table()?),
        (&table::EVALUATIONS, &evaluations),
        (&table::PROFILES, &profiles),
        (&table::GAPS, &gaps),
    ];
    write(out, &tables, &[("curves", figure::curves(&profiles, None, &[])?)])?;
    println!("{evaluations}\n{gaps}");
    clock.say("written");
    Ok(())
}

/// Writes each table as Parquet and each figure as PNG into a folder, and says so.
pub fn write(out: &Path, tables: &[(&Schema, &DataFrame)], figures: &[(&str, Figure)]) -> Result<()> {
    let failed = |source| LmcError::Io { action: "create folder", path: out.to_owned(), source };
    std::fs::create_dir_all(out).map_err(failed)?;
    for (schema, frame) in tables {
        table::write_parquet(&out.join(format!("{}.parquet", schema.name)), frame, schema)?;
    }
    for (name, figure) in figures {
        figure.save(out.join(format!("{name}.png")))?;
    }
    println!("tables and figures in {}", out.display());
    Ok(())
}

struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn say(&self, what: &str) {
        eprintln!("{what} after {:.1} s", self.0.elapsed().as_secs_f64());
    }
}
