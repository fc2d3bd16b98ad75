//! `lmc align`: lines to models whose units are brought into the order of the other model.

use clap::Args;
use lmc::analyses::alignment::{AlignBy, AlignOptions};
use lmc::study::StudySpec;
use lmc::table::Table;
use lmc::{LmcError, Options, Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print};
use crate::study::StudyArgs;
use crate::sweep::Interpolation;

#[derive(Args)]
pub struct Align {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    interpolation: Interpolation,
    /// What tells which units of two models are the same: weights, activations on texts of the training set, or
    /// nothing, for --repair alone.
    #[arg(long, default_value = "weights", value_name = "WHAT")]
    by: String,
    /// Also permute the residual stream, as between models of encoders that were pretrained separately.
    #[arg(long)]
    stream: bool,
    /// Also sweep lines whose inner points are repaired: the activations of each unit get the mean and the
    /// deviation between those of the two models.
    #[arg(long)]
    repair: bool,
    /// The texts of the training set that activations and --repair read; 256 if absent.
    #[arg(long, value_name = "N")]
    texts: Option<usize>,
    /// Draws these texts.
    #[arg(long, default_value_t = 0, value_name = "N")]
    align_seed: u64,
    #[command(flatten)]
    output: Output,
}

impl Computing for Align {
    fn compute(&self) -> &ComputeArgs {
        &self.interpolation.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Align {
    pub fn check(&self) -> Result<()> {
        self.options()?.validate()?;
        self.interpolation.check(&self.study)
    }

    fn options(&self) -> Result<AlignOptions> {
        let (by, usual) = (self.by.parse::<AlignBy>()?, AlignOptions::default());
        if self.texts.is_some() && by == AlignBy::Weights && !self.repair {
            let (got, expected) = ("--texts by weights".into(), "--by activations or --repair".into());
            return Err(LmcError::InvalidParameter { field: "OPTION", got, expected });
        }
        Ok(AlignOptions {
            by,
            stream: self.stream,
            repair: self.repair,
            n_texts: self.texts.unwrap_or(usual.n_texts),
            seed: self.align_seed,
        })
    }

    pub fn run(self) -> Result<()> {
        let options = self.options()?;
        let study = self.interpolation.open(&self.study)?;
        options.check_for(study.task().classifier.config())?;
        let out = self.output.open("align")?;
        let models = study.models()?;
        let sweep = self.interpolation.sweep(&study, &models)?;
        let aligned = models.sweep_aligned_by(&sweep, &options)?.table()?;
        print(&aligned)?;
        let figure = figure::alignment_scatter(&aligned)?;
        out.write(&identity(&models), &[(&table::ALIGNMENT, &aligned)], &[("alignment", figure)])
    }
}
