//! The options of a page.

use crate::analyses::confidence::ConfidenceOptions;
use crate::basin::ClusterOptions;
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::study::{Metric, Models, Study};
use crate::sweep::{Grid, SweepPlan};

/// The options of [`Models::page`]: which sets, points and clusters the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct PageOptions {
    /// The title; the number of models and the task if absent.
    pub title: Option<String>,
    /// The set in domain, whose gaps divide the models; the task's own if absent.
    pub swept: Option<String>,
    /// The other sets whose lines are shown; that of the score, of a large one its sample, if absent.
    pub beside: Option<Vec<String>>,
    /// The set and the metric by which generalisation is judged; the task's own if absent.
    pub score: Option<(String, Metric)>,
    /// The points of each line.
    pub grid: Grid,
    /// The options that divide the models.
    pub clusters: ClusterOptions,
    /// The number of draws of the examples for intervals of measures and clusters; 0 for no intervals.
    pub n_resamples: usize,
    /// Computes the earlier stages of training too. Otherwise they are shown if the store has all their lines.
    pub stages: bool,
}

impl Default for PageOptions {
    /// Returns options for the task's own sets and score, 11 points on each line, and 1,000 draws.
    fn default() -> Self {
        Self {
            title: None,
            swept: None,
            beside: None,
            score: None,
            grid: Grid::TENTHS,
            clusters: ClusterOptions::default(),
            n_resamples: ConfidenceOptions::default().n_resamples,
            stages: false,
        }
    }
}

impl Options for PageOptions {
    fn validate(&self) -> Result<()> {
        self.clusters.validate()?;
        match self.n_resamples {
            0 => Ok(()),
            _ => self.confidence().validate(),
        }
    }
}

/// The sets that a page shows.
pub(super) struct Shown {
    /// The sets with lines, the one in domain first.
    pub lines: Vec<String>,
    pub scored: String,
    pub metric: Metric,
}

impl PageOptions {
    /// Returns the options for intervals.
    pub(super) fn confidence(&self) -> ConfidenceOptions {
        let (n_resamples, clusters) = (self.n_resamples, self.clusters.clone());
        ConfidenceOptions { n_resamples, clusters, ..ConfidenceOptions::default() }
    }

    /// Checks that the task of a study has the sets.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for one that it does not have; [`LmcError::InvalidParameter`] for one that is
    /// named twice.
    #[doc(hidden)]
    pub fn check_sets(&self, study: &Study) -> Result<()> {
        self.shown(study).map(|_| ())
    }

    /// Returns the sets of a page, after checking that they exist.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for a set that the task does not have; [`LmcError::InvalidParameter`] for one
    /// that is named twice.
    pub(super) fn shown(&self, study: &Study) -> Result<Shown> {
        let (set, metric) = study.spec().scored();
        let (scored, metric) = self.score.clone().unwrap_or((set.to_owned(), metric));
        let swept = self.swept.clone().unwrap_or_else(|| study.spec().swept().to_owned());
        let sample = format!("{scored}-sample");
        let default = if study.task().set(&sample).is_ok() { sample } else { scored.clone() };
        let beside = match &self.beside {
            Some(sets) => sets.clone(),
            None if default == swept => Vec::new(),
            None => vec![default],
        };
        let lines: Vec<String> = std::iter::once(swept).chain(beside).collect();
        for set in lines.iter().chain([&scored]) {
            study.task().set(set)?;
        }
        if let Some((_, set)) = lines.iter().enumerate().find(|(i, set)| lines[..*i].contains(set)) {
            return Err(LmcError::invalid("beside", format!("{set} twice"), "each set once"));
        }
        Ok(Shown { lines, scored, metric })
    }

    /// Returns whether the store has all lines between models on a set.
    pub(super) fn has_lines(&self, models: &Models, set: &str) -> Result<bool> {
        let plan = SweepPlan::lines(models.len(), self.grid)?;
        models.with_job(set, &plan, &[], |job| Ok(job.missing().is_empty()))
    }
}
