//! `lmc connect`: trained curves of low loss between two models, beside the straight line.

use clap::{Args, ValueEnum};
use lmc::path::CurveKind;
use lmc::study::{Study, StudySpec};
use lmc::table::Table;
use lmc::train::CurveRecipe;
use lmc::{LmcError, Options, Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::members::members;
use crate::output::{Output, identity, print, stacked};
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Connect {
    #[command(flatten)]
    study: StudyArgs,
    /// The two models, such as s100,s101; may be given again for more curves. The first two if absent.
    #[arg(long, value_name = "MODEL,MODEL")]
    between: Vec<String>,
    /// The form of the curve.
    #[arg(long, default_value = "chain")]
    kind: Kind,
    /// The bends of a chain.
    #[arg(long, default_value_t = 1, value_name = "N")]
    bends: u32,
    /// The evaluation set; the task's in-domain one, of a large set a sample of 512, if absent.
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// Points on each curve, both ends counted.
    #[arg(long, default_value_t = 11, value_name = "N")]
    points: usize,
    /// Training examples in a batch; 128 if absent, or all if there are fewer.
    #[arg(long, value_name = "N")]
    curve_batch: Option<usize>,
    /// The learning rate; the paper's 8e-5 if absent, 1e-3 for mini-nli.
    #[arg(long, value_name = "RATE")]
    curve_rate: Option<f64>,
    /// Sub-epochs of 120 updates.
    #[arg(long, default_value_t = 6, value_name = "N")]
    sub_epochs: u32,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Chain,
    Bezier,
}

impl Computing for Connect {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Connect {
    pub fn check(&self) -> Result<()> {
        let spec = self.study.spec()?;
        spec.check_count(2, "a curve")?;
        if self.points < 2 {
            let (got, expected) = (self.points.to_string(), "at least 2, both ends".to_owned());
            return Err(LmcError::InvalidParameter { field: "points", got, expected });
        }
        self.recipe(&spec, usize::MAX).validate()?;
        self.compute.check()?;
        self.pairs(&spec.names()?).map(|_| ())
    }

    /// Returns the recipe for a study with that many training examples.
    fn recipe(&self, spec: &StudySpec, n_train: usize) -> CurveRecipe {
        let kind = match self.kind {
            Kind::Chain => CurveKind::Chain { n_bends: self.bends },
            Kind::Bezier => CurveKind::Bezier,
        };
        let default = match spec.task.generator() {
            Some(_) => CurveRecipe::mini(),
            None => CurveRecipe::paper(),
        };
        CurveRecipe {
            kind,
            batch_size: self.curve_batch.unwrap_or(default.batch_size.min(n_train)),
            learning_rate: self.curve_rate.unwrap_or(default.learning_rate),
            n_sub_epochs: self.sub_epochs,
            ..default
        }
    }

    fn pairs(&self, names: &[String]) -> Result<Vec<[usize; 2]>> {
        if self.between.is_empty() {
            return Ok(vec![[0, 1]]);
        }
        self.between.iter().map(|pair| members("between", pair, names)).collect()
    }

    pub fn run(self) -> Result<()> {
        let study = Study::open(self.study.spec()?)?.on(self.compute.compute()?)?;
        let set = self.set.as_deref().unwrap_or(study.spec().swept());
        study.task().set(set)?;
        let recipe = self.recipe(study.spec(), study.task().train.len());
        recipe.check_size(study.task().train.len())?;
        let out = self.output.open("connect")?;
        let models = study.models()?;
        let pairs = self.pairs(&models.names())?;
        let mut connections = Vec::new();
        for (&[a, b], curve) in pairs.iter().zip(models.connect_all(&pairs, &recipe)?) {
            connections.extend([models.line(a, b)?, curve]);
        }
        let tables = connections.iter().map(|connection| connection.along(set, self.points)?.table());
        let curves = stacked(tables.collect::<Result<Vec<_>>>()?)?;
        print(&curves)?;
        let figure = figure::connections(&curves, &[set])?;
        out.write(&identity(&models), &[(&table::CURVES, &curves)], &[("connections", figure)])
    }
}
