//! `lmc merges`: ways to merge, compared within clusters and across.

use std::path::PathBuf;

use clap::Args;
use lmc::analyses::merging::{MergeBase, MergeMethod, MergingOptions};
use lmc::study::StudySpec;
use lmc::table::{Metric, Table};
use lmc::{LmcError, Options, Result, figure, table};

use crate::basins::{Clustered, check_sizes};
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print, say};
use crate::slurm::SlurmArgs;

#[derive(Args)]
pub struct Merges {
    #[command(flatten)]
    clustered: Clustered,
    /// The methods, such as linear,ties,model_stock, each with its usual options; all that the models and
    /// their number allow if absent.
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    methods: Option<Vec<String>>,
    /// The pretrained model that task vectors are counted from: a folder, or a name that `lmc manifests`
    /// lists; that of the study if absent.
    #[arg(long, value_name = "FOLDER or NAME")]
    base: Option<PathBuf>,
    /// The numbers of models that are merged. Pairs if absent.
    #[arg(long, value_delimiter = ',', value_name = "N,...")]
    sizes: Option<Vec<usize>>,
    /// The most subsets of models of each kind and size.
    #[arg(long, default_value_t = 60, value_name = "N")]
    subsets: usize,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Computing for Merges {
    fn compute(&self) -> &ComputeArgs {
        self.clustered.computed()
    }

    fn spec(&self) -> Result<StudySpec> {
        self.clustered.spec()
    }
}

impl Merges {
    pub fn check(&self) -> Result<()> {
        let spec = self.clustered.check_with("merges", &self.slurm)?;
        let has_base = self.base.is_some() || spec.models.is_none();
        let options = self.options(spec.scored().1, has_base)?;
        options.validate()?;
        check_sizes("merging.sizes", self.sizes.as_deref(), spec.n_models())?;
        match options.methods.iter().find(|method| method.needs_base() && !has_base) {
            Some(method) => {
                let expected = format!("--base FOLDER, the pretrained model that {method} starts from");
                Err(LmcError::InvalidParameter { field: "OPTION", got: "no --base".into(), expected })
            }
            None => Ok(()),
        }
    }

    fn options(&self, metric: Metric, has_base: bool) -> Result<MergingOptions> {
        let usual = MergingOptions::new(metric);
        let sizes = self.sizes.clone().unwrap_or(usual.sizes);
        let fits = |method: &MergeMethod| sizes.iter().any(|&size| method.takes(size));
        let methods = match &self.methods {
            Some(names) => names.iter().map(|name| MergeMethod::named(name)).collect::<Result<Vec<_>>>()?,
            None => {
                let usual = usual.methods.into_iter();
                usual.filter(|method| (has_base || !method.needs_base()) && fits(method)).collect()
            }
        };
        Ok(MergingOptions { methods, sizes, n_subsets: self.subsets, ..MergingOptions::new(metric) })
    }

    pub fn run(self) -> Result<()> {
        let study = self.clustered.open_with(&self.slurm)?;
        let out = self.output.open("merges")?;
        let slurm = self.slurm.slurm(self.clustered.computed().devices());
        let is_dry = self.slurm.is_dry_run();
        let there = match slurm.as_ref().filter(|_| is_dry) {
            Some(slurm) => self.clustered.say_what_is_submitted(&study, slurm, "the merged models")?,
            None => Some(self.clustered.compute_with(&study, slurm.as_ref())?),
        };
        let Some((models, sweep, basins)) = there else { return Ok(()) };
        let base = self.base.as_ref().map(|base| MergeBase::open(base, &models)).transpose()?;
        let (scored, metric) = self.clustered.clustering.score(&study);
        let has_base = base.is_some() || study.spec().models.is_none();
        let options = self.options(metric, has_base)?;
        let mut sets = vec![sweep.dataset.as_str(), scored];
        sets.dedup();
        let base = base.as_ref();
        let merges = match &slurm {
            Some(slurm) if is_dry => {
                say(models.merges_submission(slurm, &sweep, &basins, &sets, base, &options)?);
                return Ok(());
            }
            Some(slurm) => models.merges_on(slurm, &sweep, &basins, &sets, base, &options)?,
            None => models.merges(&sweep, &basins, &sets, base, &options)?,
        };
        let (all, kinds, predictions) = (merges.table()?, merges.kinds()?, merges.predictions()?);
        print(&kinds)?;
        print(&predictions)?;
        let mut figures = vec![("merges".to_owned(), figure::merge_dots(&kinds, &sweep.dataset)?)];
        for method in &options.methods {
            let scatter = figure::merge_scatter(&all, &predictions, method.name(), &sweep.dataset)?;
            figures.push((format!("merges_{method}"), scatter));
        }
        let figures: Vec<_> = figures.iter().map(|(name, figure)| (name.as_str(), figure.clone())).collect();
        let tables = [
            (&table::MERGES, &all),
            (&table::MERGE_KINDS, &kinds),
            (&table::MERGE_PREDICTIONS, &predictions),
        ];
        out.write(&identity(&models), &tables, &figures)
    }
}
