//! The options of a page.

use crate::analyses::confidence::ConfidenceOptions;
use crate::analyses::convexity::ConvexityOptions;
use crate::analyses::layers::LayerOptions;
use crate::analyses::sharpness::SharpnessRecipe;
use crate::basin::ClusterOptions;
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::study::checks::enough;
use crate::study::{Metric, Models, Study, StudySpec};
use crate::sweep::{Grid, SweepPlan};

/// The fewest models that are divided.
pub(super) const LEAST: usize = 3;

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
    /// How the sharpness of each model is measured. Otherwise that of [`SharpnessRecipe::mini`] is shown if the
    /// store has it of all models.
    pub sharpness: Option<SharpnessRecipe>,
    /// Which averages in some layers alone are shown, on the set in domain and on that of the score. Otherwise
    /// the default ones are shown on each of these sets on which the store has all.
    pub layers: Option<LayerOptions>,
    /// Which combinations of more than two models are shown. Otherwise the default ones are if the store has
    /// all.
    pub convexity: Option<ConvexityOptions>,
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
            sharpness: None,
            layers: None,
            convexity: None,
        }
    }
}

impl Options for PageOptions {
    fn validate(&self) -> Result<()> {
        self.clusters.validate()?;
        self.sharpness.as_ref().map_or(Ok(()), Options::validate)?;
        self.layers.as_ref().map_or(Ok(()), Options::validate)?;
        self.convexity.as_ref().map_or(Ok(()), Options::validate)?;
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

    /// Returns the words for what the options ask for that needs models which can be divided.
    pub(super) fn divided(&self) -> impl Iterator<Item = &'static str> {
        let layers = self.layers.as_ref().map(|_| "layers in a page");
        layers.into_iter().chain(self.convexity.as_ref().map(|_| "convexity in a page"))
    }

    /// Checks the number of models of a study.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than the options need.
    #[doc(hidden)]
    pub fn check_count(&self, spec: &StudySpec) -> Result<()> {
        spec.check_count(2, "a page")?;
        self.divided().try_for_each(|what| spec.check_count(LEAST, what))
    }

    /// Checks what the options ask of the models, before any work.
    pub(super) fn check_models(&self, models: &Models) -> Result<()> {
        enough(models.len(), 2, "a page")?;
        self.divided().try_for_each(|what| enough(models.len(), LEAST, what))?;
        self.layers.as_ref().map_or(Ok(()), |layers| models.check_layers(layers))?;
        self.sharpness.as_ref().map_or(Ok(()), |_| models.measured_set().map(|_| ()))
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
