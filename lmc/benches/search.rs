//! Runs settings of the embedded task and writes one table of how the basins relate to `lo`.
//!
//! `env $(cat lmc/crates/model/src/compute/portable.env) cargo bench -p lmc --profile dev --bench search --
//! FOLDER TABLE.csv --encoders 0:9000 --masters 0,1,2,3`
//!
//! A setting is an encoder (`SEED:UPDATES` of its pretraining), a share of counterexamples, a learning rate and a
//! length of finetuning; every setting runs on every master seed. Encoders and copies lie in FOLDER. Rows that
//! are in the table are not computed again, so that a search can go on later. `--summary` prints how many master
//! seeds pass all marks at each setting. A row passes a mark if
//! - the mean gap across basins is at least twice that within,
//! - the means of `lo` in the two largest basins differ by at least 0.25,
//! - the permutation p of that difference is below 0.01,
//! - membership and `lo` accuracy correlate with |r| of at least 0.8.

#[path = "search/row.rs"]
mod row;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use clap::Parser;
use lmc::analyses::report::Report;
use lmc::basin::{BasinCount, ClusterOptions};
use lmc::compute::{is_portable, portable_variables};
use lmc::data::mini_nli::MiniNli;
use lmc::model::Replace;
use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Metric, Study, StudySpec, pretrain_mini};
use lmc::sweep::Grid;
use lmc::tch::Device;
use lmc::train::PretrainRecipe;
use lmc::{LmcError, Result};

use row::{Row, Table};

/// The set of the gaps.
const SET: &str = "id-large";

#[derive(Parser)]
struct Search {
    /// The folder of encoders and of the store.
    folder: PathBuf,
    /// The table, to which rows are added.
    table: PathBuf,
    /// The encoders, as seed and updates of their pretraining; `embedded` is the one that comes with the crate.
    #[arg(long, value_delimiter = ',', default_value = "embedded")]
    encoders: Vec<Pretraining>,
    /// The shares of counterexamples.
    #[arg(long, value_delimiter = ',', default_value = "0.02")]
    shares: Vec<f64>,
    /// The peak learning rates.
    #[arg(long, value_delimiter = ',', default_value = "0.002")]
    rates: Vec<f64>,
    /// The updates of finetuning.
    #[arg(long, value_delimiter = ',', default_value = "150")]
    updates: Vec<u32>,
    /// The master seeds.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2,3")]
    masters: Vec<u64>,
    /// The points on each line; 3 find the gap of most lines, at a ninth of the price of 11.
    #[arg(long, default_value_t = 3)]
    points: usize,
    /// Print how many master seeds pass all four marks at each setting of the table, and run nothing.
    #[arg(long)]
    summary: bool,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The pretraining of an encoder: none for the one that comes with the crate.
#[derive(Clone, Copy)]
struct Pretraining(Option<(u64, u32)>);

impl FromStr for Pretraining {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "embedded" {
            return Ok(Self(None));
        }
        let parts = text
            .split_once(':')
            .and_then(|(seed, updates)| Some((seed.parse().ok()?, updates.parse().ok()?)));
        parts
            .map(|parts| Self(Some(parts)))
            .ok_or_else(|| format!("{text}: not SEED:UPDATES, such as 0:9000"))
    }
}

impl Pretraining {
    fn name(self) -> String {
        self.0.map_or_else(|| "embedded".to_owned(), |(seed, updates)| format!("{seed}:{updates}"))
    }

    /// Changes a study to the encoder, which is pretrained if it is not in the folder.
    fn of(self, spec: StudySpec, folder: &Path) -> Result<StudySpec> {
        let Some((seed, n_steps)) = self.0 else {
            return Ok(spec);
        };
        let encoder = folder.join(format!("encoder-{seed}-{n_steps}"));
        if !encoder.join("model.safetensors").exists() {
            let recipe = PretrainRecipe { n_steps, ..PretrainRecipe::mini() };
            pretrain_mini(&encoder, seed, &recipe, Device::Cpu, Replace::Same)?;
        }
        Ok(StudySpec { encoder: encoder.into(), ..spec })
    }
}

fn main() -> Result<()> {
    let search = Search::parse();
    if search.summary {
        print!("{}", Table::read(&search.table)?.summary());
        return Ok(());
    }
    if !is_portable() {
        let variables: Vec<String> =
            portable_variables().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = "them, because another processor would find another table";
        return Err(LmcError::invalid("environment", format!("not {}", variables.join(" ")), expected));
    }
    search.run()
}

impl Search {
    fn run(&self) -> Result<()> {
        let mut table = Table::open(&self.table)?;
        fs::create_dir_all(&self.folder).map_err(LmcError::io("create", &self.folder))?;
        for &encoder in &self.encoders {
            for &share in &self.shares {
                for &rate in &self.rates {
                    for &updates in &self.updates {
                        for &master in &self.masters {
                            let row = Row { share, rate, updates, master, ..self.row(encoder) };
                            if !table.has(&row) {
                                table.add(self.found(row, encoder)?)?;
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn row(&self, encoder: Pretraining) -> Row {
        let examples = MiniNli::default().n_id_large;
        Row { encoder: encoder.name(), points: self.points, examples, ..Row::default() }
    }

    /// Runs one setting on one master seed.
    fn found(&self, row: Row, encoder: Pretraining) -> Result<Row> {
        let start = Instant::now();
        let recipe =
            Recipe { learning_rate: row.rate, length: Step::Iterations(row.updates), ..Recipe::mini() };
        let mut spec = StudySpec::mini_nli(row.master).with_recipe(recipe);
        spec.task = spec.task.with_counterexample_share(row.share);
        let spec = encoder.of(spec, &self.folder)?;
        let study = Study::open_in(spec, Store::open(self.folder.join("store"))?)?;
        let models = study.finetune()?;
        let sweep = models.sweep(SET, Grid::new(self.points)?)?;
        let options = ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() };
        let (in_domain, scored) = (models.evaluate(SET)?, models.evaluate("lo")?);
        let (id, lo) = (models.scores(SET, Metric::Accuracy)?, models.scores("lo", Metric::Accuracy)?);
        let basins = sweep.basins(&options)?;
        let report = Report::new(&sweep, &basins, &in_domain, &scored, Metric::Accuracy)?;
        let two = sweep.basins(&ClusterOptions::default())?;
        let two = Report::new(&sweep, &two, &in_domain, &scored, Metric::Accuracy)?;
        row.with(&basins, &report, &two, &id, &lo, start.elapsed().as_secs_f64())
    }
}
