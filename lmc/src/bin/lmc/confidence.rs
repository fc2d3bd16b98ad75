//! `lmc basins --confidence`: how sure gaps and clusters are, given their sample of examples.

use clap::Args;
use lmc::analyses::confidence::ConfidenceOptions;
use lmc::confidence::Resamples;
use lmc::figure::{self, Figure};
use lmc::gap::Measure;
use lmc::options::Options;
use lmc::polars::prelude::DataFrame;
use lmc::study::{Evaluation, Models, Sweep};
use lmc::table::{self, Metric, Schema};
use lmc::{Result, basin::ClusterOptions};

use crate::notes;
use crate::output::{print, say};

/// Draws of each number of examples.
const N_DRAWS: usize = 200;

/// The options for drawing examples again.
#[derive(Args)]
pub struct Resampling {
    /// Also report the uncertainty of gaps and clusters: examples are drawn again, no model is evaluated.
    #[arg(long)]
    confidence: bool,
    /// Bootstrap draws of the examples.
    #[arg(long, default_value_t = 1_000, value_name = "N", requires = "confidence")]
    resamples: usize,
}

/// Tables and figures of the uncertainty that examples leave.
pub struct Found {
    tables: Vec<(&'static Schema, DataFrame)>,
    figures: Vec<(&'static str, Figure)>,
}

impl Found {
    /// Returns the tables with their schemas.
    pub fn tables(&self) -> impl Iterator<Item = (&Schema, &DataFrame)> {
        self.tables.iter().map(|(schema, table)| (*schema, table))
    }

    /// Returns the figures with their names.
    pub fn figures(&self) -> impl Iterator<Item = (&'static str, Figure)> {
        self.figures.iter().map(|(name, figure)| (*name, figure.clone()))
    }
}

impl Resampling {
    /// Checks the number of draws.
    pub fn check(&self) -> Result<()> {
        self.check_for(1)
    }

    /// Checks the number of draws from that many examples.
    pub fn check_for(&self, n_examples: usize) -> Result<()> {
        let options = self.options(ClusterOptions::default()).check()?;
        Resamples::check(n_examples, options.n_resamples)
    }

    fn options(&self, clusters: ClusterOptions) -> ConfidenceOptions {
        ConfidenceOptions { n_resamples: self.resamples, clusters, ..ConfidenceOptions::default() }
    }

    /// Computes and prints, if it is asked for.
    pub fn found(
        &self,
        sweep: &Sweep,
        models: &Models,
        clusters: ClusterOptions,
        (set, metric): (&str, Metric),
    ) -> Result<Option<Found>> {
        if !self.confidence {
            return Ok(None);
        }
        let options = self.options(clusters);
        let confidence = sweep.confidence(&options)?;
        let scored = models.evaluate(set)?;
        let scores = scored.iter().map(|e: &Evaluation| e.metric(metric)).collect::<Result<Vec<f64>>>()?;
        let statistics = confidence.statistics_table(Some(&scores))?;
        let (pairs, membership) = (confidence.pairs_table()?, confidence.membership_table()?);
        let gap_intervals = figure::gap_intervals(&pairs, Measure::ConvexityGap)?;
        let counts = confidence.counts_table()?;
        let counted = (!confidence.counts.is_empty()).then(|| (&table::BASIN_COUNTS, counts.clone()));
        if counted.is_some() {
            print(&counts)?;
        }
        if confidence.draws.is_empty() {
            // Notes of the clusters themselves are printed with them.
            let said = &confidence.notes[confidence.basins.notes.len()..];
            notes::say(said);
            let figures = vec![("gap-intervals", gap_intervals.with_notes(&confidence.notes))];
            let tables = [(&table::PAIR_INTERVALS, pairs)].into_iter().chain(counted).collect();
            return Ok(Some(Found { tables, figures }));
        }
        let shares = confidence.co_assignment_table()?;
        print(&statistics)?;
        print(&membership)?;
        say(format_args!(
            "{} draws of {} examples: {:.3} have the same clusters, adjusted Rand index {:.3}",
            options.n_resamples,
            confidence.n_examples,
            confidence.share_identical(),
            confidence.agreement()?
        ));
        let n = confidence.n_examples;
        let sizes: Vec<usize> =
            [8, 4, 2, 1].map(|part| n / part).into_iter().filter(|&size| size > 0).collect();
        let fewer = ConfidenceOptions { n_resamples: N_DRAWS, ..options };
        let sizes = sweep.sample_sizes(&sizes, &fewer)?.table(&scores)?;
        let evaluations = lmc::study::evaluations_table(&scored)?;
        let figures = vec![
            ("gap-intervals", gap_intervals),
            ("membership-intervals", figure::membership_intervals(&membership, &evaluations, set, metric)?),
            ("co-assignment", figure::co_assignment(&shares, &membership)?),
            ("stability", figure::stability_bars(&membership)?),
            ("sample-sizes", figure::sample_size_curves(&sizes)?),
        ];
        let mut tables = vec![
            (&table::PAIR_INTERVALS, pairs),
            (&table::MEMBERSHIP_INTERVALS, membership),
            (&table::CO_ASSIGNMENT, shares),
            (&table::CLUSTER_INTERVALS, statistics),
            (&table::SAMPLE_SIZES, sizes),
        ];
        tables.extend(counted);
        Ok(Some(Found { tables, figures }))
    }
}
