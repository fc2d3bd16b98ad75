//! `lmc sharpness`: how sharp the minimum of each model is.

use clap::Args;
use lmc::sharpness::SharpnessRecipe;
use lmc::study::{Study, StudySpec};
use lmc::table::Metric;
use lmc::{Options, Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print};
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Sharpness {
    #[command(flatten)]
    study: StudyArgs,
    /// The size of the box: a parameter x may move by this much times |x| + 1.
    #[arg(long, default_value_t = 1e-5)]
    eps: f64,
    /// Updates of the ascent. The paper makes 8192; fewer are as much longer each.
    #[arg(long, default_value_t = 64, value_name = "N")]
    updates: u32,
    /// The most examples over which the loss is taken.
    #[arg(long, default_value_t = 32_768, value_name = "N")]
    examples: usize,
    /// The set of the score in the figure; that by which the task judges generalisation if absent.
    #[arg(long, value_name = "SET")]
    score: Option<String>,
    /// The metric on it: loss, accuracy, f1, mcc or ece; the task's own if absent.
    #[arg(long)]
    metric: Option<Metric>,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    output: Output,
}

impl Computing for Sharpness {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Sharpness {
    pub fn check(&self) -> Result<()> {
        self.study.spec()?;
        self.recipe().validate()?;
        self.compute.check()
    }

    fn recipe(&self) -> SharpnessRecipe {
        let paper = SharpnessRecipe::paper();
        let longer = f64::from(paper.n_updates) / f64::from(self.updates);
        SharpnessRecipe {
            eps: self.eps,
            n_updates: self.updates,
            n_examples: self.examples,
            learning_rate: paper.learning_rate * longer,
            ..paper
        }
    }

    pub fn run(self) -> Result<()> {
        let study = Study::open(self.study.spec()?)?.on(self.compute.compute()?)?;
        let (set, metric) = study.spec().scored();
        let set = self.score.as_deref().unwrap_or(set);
        let metric = self.metric.unwrap_or(metric);
        study.task().set(set)?;
        let out = self.output.open("sharpness")?;
        let models = study.models()?;
        let sharpness = models.sharpness(&self.recipe())?;
        print(&sharpness)?;
        let evaluations = models.evaluations(&[set])?;
        let figure = figure::sharpness_scatter(&sharpness, None, &evaluations, set, metric)?;
        let tables = [(&table::SHARPNESS, &sharpness), (&table::EVALUATIONS, &evaluations)];
        out.write(&identity(&models), &tables, &[("sharpness", figure)])
    }
}
