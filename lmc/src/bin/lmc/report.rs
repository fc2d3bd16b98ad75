//! `lmc report`: one HTML page of a study or of models from elsewhere.

use std::path::PathBuf;

use clap::Args;
use lmc::analyses::convexity::ConvexityOptions;
use lmc::analyses::layers::LayerOptions;
use lmc::analyses::page::{Page, PageOptions};
use lmc::confidence::Resamples;
use lmc::sharpness::SharpnessRecipe;
use lmc::study::{Study, StudySpec};
use lmc::{Options, Result, terminal};

use crate::basins::Clustering;
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::say;
use crate::study::StudyArgs;
use crate::sweep::Interpolation;

/// The word for no other set.
const NONE: &str = "none";

#[derive(Args)]
pub struct Report {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    interpolation: Interpolation,
    #[command(flatten)]
    clustering: Clustering,
    /// The other sets whose lines are shown, or none; the set of the score, of a large one a sample of 512, if
    /// absent.
    #[arg(long, value_delimiter = ',', value_name = "SET,...")]
    beside: Option<Vec<String>>,
    /// Bootstrap draws of the examples, for intervals; 0 for no intervals.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    resamples: usize,
    /// Compute the earlier stages of training too. Without it they are shown if the store has their lines.
    #[arg(long)]
    stages: bool,
    /// Measure the sharpness of each model too, as `lmc sharpness` does. Without it, it is shown if the store has
    /// it.
    #[arg(long)]
    sharpness: bool,
    /// Average pairs of models in each layer alone too, as `lmc layers` does. Without it, the averages are shown
    /// if the store has them.
    #[arg(long)]
    layers: bool,
    /// Sample the loss between more than two models too, as `lmc convexity` does. Without it, the samples are
    /// shown if the store has them.
    #[arg(long)]
    convexity: bool,
    /// The title of the page.
    #[arg(long)]
    title: Option<String>,
    /// The page. One that an earlier run of lmc wrote there is replaced.
    #[arg(long, default_value = "report.html", value_name = "FILE")]
    out: PathBuf,
    /// Replace also a file there that others wrote.
    #[arg(long)]
    force: bool,
}

impl Computing for Report {
    fn compute(&self) -> &ComputeArgs {
        &self.interpolation.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Report {
    pub fn check(&self) -> Result<()> {
        self.interpolation.check(&self.study)?;
        let options = self.own_options()?;
        options.validate()?;
        options.check_count(&self.study.spec()?)?;
        Page::check_place(&self.out, self.force)
    }

    /// Returns the options that need no study.
    fn own_options(&self) -> Result<PageOptions> {
        let beside = self.beside.as_ref().map(|sets| match sets.as_slice() {
            [only] if only == NONE => Vec::new(),
            sets => sets.to_vec(),
        });
        Ok(PageOptions {
            title: self.title.clone(),
            beside,
            grid: self.interpolation.grid()?,
            clusters: self.clustering.options(),
            n_resamples: self.resamples,
            stages: self.stages,
            sharpness: self.sharpness.then(SharpnessRecipe::mini),
            layers: self.layers.then(LayerOptions::default),
            convexity: self.convexity.then(ConvexityOptions::default),
            ..PageOptions::default()
        })
    }

    fn options(&self, study: &Study) -> Result<PageOptions> {
        let (set, metric) = self.clustering.score(study);
        let swept = Some(self.interpolation.set(study).to_owned());
        Ok(PageOptions { swept, score: Some((set.to_owned(), metric)), ..self.own_options()? })
    }

    pub fn run(self) -> Result<()> {
        let study = self.interpolation.open(&self.study)?;
        let options = self.options(&study)?;
        options.check_sets(&study)?;
        if self.resamples > 0 {
            Resamples::check(self.interpolation.n_examples(&study)?, self.resamples)?;
        }
        let page = study.models()?.page(&options)?;
        page.save(&self.out)?;
        let size = page.html().len() as f64 / 1e6;
        say(format_args!("{size:.1} MB in {}", terminal::one_line(&self.out.display().to_string())));
        Ok(())
    }
}
