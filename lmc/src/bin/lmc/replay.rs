//! `lmc replay`: basins from the logs of interpolations that others ran.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use lmc::analyses::replay::{ReplayOptions, ScoreOptions, check_scores, read_score_files};
use lmc::basin::{BasinCount, Basins, ClusterOptions, Delta, cluster};
use lmc::figure::{self, HeatmapOptions};
use lmc::gap::Measure;
use lmc::options::Options;
use lmc::progress::note;
use lmc::table::{self, Arithmetic, Metric, Table};
use lmc::{LmcError, Result, terminal};

use crate::notes;
use crate::output::{Output, identity_of, print, say};

#[derive(Args)]
pub struct Replay {
    /// Logs of interpolations, as the public code of the paper prints them, or folders of them.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// Scores of the models: JSON such as {"7": {"accuracy": 0.4}}, predictions as the public code stores
    /// them, a table in CSV, TSV or Parquet, or a folder of such files; may be given several times.
    #[arg(long, required = true, value_name = "FILE")]
    scores: Vec<PathBuf>,
    /// The set that scores are on.
    #[arg(long, default_value = "lo", value_name = "SET")]
    scored_on: String,
    /// The score by which models are sorted and compared: loss, accuracy, f1, mcc or ece.
    #[arg(long, default_value = "accuracy")]
    metric: Metric,
    /// The set that losses in the logs are on.
    #[arg(long, default_value = "id", value_name = "SET")]
    dataset: String,
    /// Examples that losses are means over.
    #[arg(long, default_value_t = 512)]
    n_examples: usize,
    /// The largest allowed difference of numbers that must be the same, such as a model's loss in all its
    /// pairs.
    #[arg(long, default_value_t = 1e-3)]
    tolerance: f64,
    /// The treatment of pairs of models without a whole line: drop leaves out as few models as possible, so
    /// that all pairs of the others are there.
    #[arg(long, default_value = "error")]
    missing: Missing,
    /// The line that counts for a pair that has several, as in the log of a job that ran again.
    #[arg(long, default_value = "error")]
    repeated: Repeated,
    /// Goes before the names that models have in the logs, such as feather-berts- before 7.
    #[arg(long, default_value = "")]
    prefix: String,
    /// The width of the similarity in nats: paper (1), auto (the standard deviation of the gaps, at least a
    /// quarter of the smallest) or a number.
    #[arg(long, default_value = "paper")]
    delta: Delta,
    /// The number of basins: 2 as in the paper, another number, or auto (as many as the gaps show, with models
    /// far from all others in none).
    #[arg(long, default_value = "2", value_name = "NUMBER")]
    basins: BasinCount,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Missing {
    Error,
    Drop,
}

#[derive(Clone, Copy, ValueEnum)]
enum Repeated {
    Error,
    First,
    Last,
}

impl Replay {
    fn options(&self) -> ReplayOptions {
        let &Self { n_examples, tolerance, .. } = self;
        let missing = match self.missing {
            Missing::Error => lmc::analyses::replay::Missing::Error,
            Missing::Drop => lmc::analyses::replay::Missing::Drop,
        };
        let repeated = match self.repeated {
            Repeated::Error => lmc::analyses::replay::Repeated::Error,
            Repeated::First => lmc::analyses::replay::Repeated::First,
            Repeated::Last => lmc::analyses::replay::Repeated::Last,
        };
        ReplayOptions { dataset: self.dataset.clone(), n_examples, tolerance, missing, repeated }
    }

    pub fn check(&self) -> Result<()> {
        // These names stand in tables and figures.
        let names = [("dataset", &self.dataset), ("scored_on", &self.scored_on)];
        for (field, name) in names {
            let got = terminal::one_line(name);
            if got != *name {
                let expected = "a name without line breaks and control characters".to_owned();
                return Err(LmcError::InvalidParameter { field, got, expected });
            }
        }
        self.options().validate()
    }

    pub fn run(self) -> Result<()> {
        let metric = self.metric;
        let options = self.options();
        let out = self.output.open("replay")?;
        let replay = lmc::analyses::replay::Replay::read(&files(&self.logs)?, &options)?;
        let replay = replay.renamed(|name| format!("{}{name}", self.prefix))?;
        let gap = replay.matrix(Measure::ConvexityGap)?;
        let score_options =
            ScoreOptions { dataset: self.scored_on.clone(), metric, models: replay.models.clone() };
        let scores = read_score_files(&self.scores, &score_options)?;
        let evaluations = scores.table;
        let beside = check_scores(&evaluations, &replay.models, &self.scored_on, metric)?;
        let (profiles, gaps) = (replay.table()?, replay.gaps()?);
        let cluster_options =
            ClusterOptions { basins: self.basins, delta: self.delta, ..ClusterOptions::default() };
        let basins = cluster(&gap, &cluster_options)?;
        let table = basins.table()?;
        let scored = [(self.scored_on.as_str(), metric)];
        let statistics = table::cluster_statistics(&table, &evaluations, &scored, Arithmetic::Exact)?;
        let tests = table::cluster_tests(&table, &evaluations, &scored)?;
        let tables = [
            (&table::PROFILES, &profiles),
            (&table::GAPS, &gaps),
            (&table::BASINS, &table),
            (&table::EVALUATIONS, &evaluations),
            (&table::CLUSTER_STATISTICS, &statistics),
            (&table::CLUSTER_TESTS, &tests),
        ];
        let constant = table::constant_scores(&evaluations, &scored, &replay.models)?;
        let said = notes::lines(&basins.notes, &constant);
        let heatmap = HeatmapOptions::new(&options.dataset, &self.scored_on, metric);
        let figures = [
            ("heatmap", figure::gap_heatmap(&gaps, &evaluations, &heatmap)?),
            ("membership", figure::membership_scatter(&table, &evaluations, &self.scored_on, metric)?),
            ("histogram", figure::histogram(&table, &evaluations, &self.scored_on, metric)?),
        ];
        replay.notes.iter().chain(&scores.notes).chain(&beside).for_each(|text| note(text));
        let figures = figures.map(|(name, figure)| (name, figure.with_notes(&said)));
        out.write(&identity_of(replay.models.iter()), &tables, &figures)?;
        let (n_models, n_lines) = (replay.models.len(), replay.lines.len());
        let points = replay.n_points();
        say(format_args!("{n_models} models on {}, {n_lines} lines of {points} points", options.dataset));
        say(format_args!("{}", described(&basins)));
        notes::say(&said);
        print(&statistics)?;
        print(&tests)?;
        Ok(())
    }
}

/// Returns a sentence about the clusters.
fn described(basins: &Basins) -> String {
    let (sizes, within) = (basins.sizes(), basins.within);
    if !basins.is_divided() {
        return format!("{} models in one cluster, mean gap {within:.4} nats per example", sizes[0]);
    }
    let (across, silhouette) = (basins.across, basins.silhouette);
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    let (last, others) = (&sizes[sizes.len() - 1], sizes[..sizes.len() - 1].join(", "));
    format!(
        "clusters of {others} and {last} models, mean gap {within:.4} within and {across:.4} across (nats per \
         example), silhouette {silhouette:.2}"
    )
}

/// Returns the logs: files as they are, and every file of a folder that is neither hidden nor called .err or
/// .pkl, as in the public code.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failed = |source| LmcError::Io { action: "read folder", path: path.clone(), source };
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.is_file() && is_log(&file) {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            return Err(failed(std::io::Error::new(std::io::ErrorKind::NotFound, "it has no logs")));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn is_log(file: &Path) -> bool {
    let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let other = file.extension().is_some_and(|extension| extension == "err" || extension == "pkl");
    !hidden && !other
}
