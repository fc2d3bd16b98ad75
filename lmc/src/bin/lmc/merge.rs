//! `lmc merge`: one model made of several.

use std::path::{Path, PathBuf};

use clap::Args;
use lmc::analyses::merging::{Ingredients, MergeBase, MergeCard, MergeConfig, MergeFolder, MergeOptions};
use lmc::model::Replace;
use lmc::study::{GivenModels, Study, StudySpec};
use lmc::table::Metric;
use lmc::{LmcError, Options, Result};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::method::Method;
use crate::output::{command, say};
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Merge {
    #[command(flatten)]
    study: StudyArgs,
    /// A configuration of mergekit (YAML), which says the models, the method and the base.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["what", "method", "weights", "density", "gamma",
        "epsilon", "lambda", "t", "alpha", "normalize", "rescale", "filter_wise", "texts", "floor", "scale", "base",
        "ingredients"])]
    config: Option<PathBuf>,
    #[command(flatten)]
    method: Method,
    /// The pretrained model that task vectors are counted from: a folder, or a name that `lmc manifests`
    /// lists; that of the study if absent. linear, slerp, fisher and regmean need none.
    #[arg(long, value_name = "FOLDER or NAME")]
    base: Option<PathBuf>,
    /// The models that are merged, such as s100,s104; all if absent.
    #[arg(long, value_delimiter = ',', value_name = "MODEL,...")]
    ingredients: Option<Vec<String>>,
    /// A folder for the merged model as a Hugging Face model with its tokenizer and a card. It must be
    /// missing, empty or of the same model. Without it, the scores alone are printed.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Also replace another model in --out.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl Computing for Merge {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.order()?.study.spec()
    }
}

/// A merge that is asked for, by arguments or by a file.
struct Order {
    study: StudyArgs,
    options: MergeOptions,
    base: Option<PathBuf>,
    /// What a file says that has no effect.
    ignored: Vec<String>,
}

impl Merge {
    pub fn check(&self) -> Result<()> {
        let Order { study, options, base, .. } = self.order()?;
        options.validate()?;
        self.compute.check()?;
        if study.without_task()?.is_some() {
            if options.method.statistic().is_some() {
                let expected = format!("--task FILE, whose training texts {} reads", options.method);
                return Err(LmcError::InvalidParameter {
                    field: "OPTION",
                    got: "no --task".into(),
                    expected,
                });
            }
            return self.place().map(|_| ());
        }
        let spec = study.spec()?;
        let numbers = self.ingredients.as_ref().map(|names| spec.numbers(names)).transpose()?;
        let n = numbers.map_or(spec.n_models(), |numbers| numbers.len());
        check_number(&options, n)?;
        if options.method.needs_base() && spec.models.is_some() && base.is_none() {
            return Err(no_base(&options));
        }
        Ok(())
    }

    pub fn run(self) -> Result<()> {
        let order = self.order()?;
        if !order.ignored.is_empty() {
            say(format_args!("note: without effect here: {}", order.ignored.join(", ")));
        }
        match order.study.without_task()? {
            Some(given) => self.without_task(&order, &given),
            None => self.with_task(&order),
        }
    }

    /// Returns the merge that is asked for.
    fn order(&self) -> Result<Order> {
        let Some(file) = &self.config else {
            let (study, options) = (self.study.clone(), self.method.options()?);
            return Ok(Order { study, options, base: self.base.clone(), ignored: Vec::new() });
        };
        let MergeConfig { models, base, options, ignored } = MergeConfig::read(file)?;
        Ok(Order {
            study: self.study.with_models(models),
            options: MergeOptions { seed: self.method.merge_seed, ..options },
            base: base.map(PathBuf::from),
            ignored,
        })
    }

    fn replace(&self) -> Replace {
        Replace::models_if(self.force)
    }

    /// Returns the folder, which a merge without a task cannot do without.
    fn place(&self) -> Result<&Path> {
        self.out.as_deref().ok_or_else(|| {
            let expected = "--out FOLDER for the merged model, or --task for its scores".to_owned();
            LmcError::InvalidParameter { field: "OPTION", got: "neither --out nor --task".into(), expected }
        })
    }

    /// Merges models that nothing is evaluated on.
    fn without_task(&self, order: &Order, given: &GivenModels) -> Result<()> {
        let (place, options) = (self.place()?, &order.options);
        let chosen = given.chosen(self.ingredients.as_deref())?;
        let models = Ingredients::open(&chosen)?;
        check_number(options, models.names().len())?;
        let base = match (&order.base, options.method.needs_base()) {
            (Some(base), true) => Some(models.base(base)?),
            (None, true) => return Err(no_base(options)),
            (_, false) => None,
        };
        models.save(place, options, base.as_ref(), Some(&command()), self.replace())?;
        self.say_where(place, models.names().len());
        Ok(())
    }

    /// Merges the models of a study, and says how good the result is.
    fn with_task(&self, order: &Order) -> Result<()> {
        let study = Study::open(order.study.spec()?)?.on(self.compute.compute()?)?;
        let options = &order.options;
        let folder = self.folder(order, &study)?;
        let models = study.models()?;
        let ingredients = match &self.ingredients {
            Some(names) => study.spec().numbers(names)?,
            None => (0..models.len()).collect(),
        };
        let base = match (&order.base, options.method.needs_base()) {
            (Some(base), true) => Some(MergeBase::open(base, &models)?),
            _ => None,
        };
        let merged = models.merge(&ingredients, options, base.as_ref())?;
        let scores = scores(&study);
        for (set, metric) in &scores {
            let all = models.scores(set, *metric)?;
            let of: Vec<f64> = ingredients.iter().map(|&model| all[model]).collect();
            let mean = of.iter().sum::<f64>() / of.len() as f64;
            let better = |a: f64, b: f64| if metric.larger_is_better() { a.max(b) } else { a.min(b) };
            let best = of.iter().copied().reduce(better).unwrap_or(mean);
            let score = merged.evaluate(set)?.metric(*metric)?;
            say(format_args!(
                "{metric} on {set}: merged {score:.4}, best of the models {best:.4}, their mean {mean:.4}"
            ));
        }
        let Some(folder) = folder else { return Ok(()) };
        let card = MergeCard { scores, command: Some(command()), ..MergeCard::default() };
        folder.save_merged(&merged, &card)?;
        self.say_where(folder.path(), ingredients.len());
        Ok(())
    }

    /// Returns the folder for the model, if one was named.
    fn folder(&self, order: &Order, study: &Study) -> Result<Option<MergeFolder>> {
        let Some(folder) = &self.out else { return Ok(None) };
        let ingredients = self.ingredients.as_ref().map_or("all".to_owned(), |names| names.join(" "));
        let base = order.base.as_ref().map_or_else(String::new, |base| format!(" from {}", base.display()));
        let options = serde_json::to_string(&order.options).unwrap_or_default();
        let which = format!("{options} of {ingredients}{base}");
        MergeFolder::new(study, folder, &which, self.replace()).map(Some)
    }

    fn say_where(&self, place: &Path, n: usize) {
        let place = lmc::terminal::one_line(&place.display().to_string());
        let models = if n == 1 { "model" } else { "models" };
        say(format_args!("{n} {models} merged in {place}"));
    }
}

/// Returns the sets and metrics in which merged models are judged: loss and score in domain, and the score by
/// which the task judges generalisation.
fn scores(study: &Study) -> Vec<(String, Metric)> {
    let (scored, metric) = study.spec().scored();
    let swept = study.spec().swept();
    let mut scores = vec![(swept.to_owned(), Metric::Loss), (swept.to_owned(), metric)];
    scores.push((scored.to_owned(), metric));
    scores.dedup();
    scores
}

/// Checks that a method takes that many models, and that each has a weight.
fn check_number(options: &MergeOptions, n: usize) -> Result<()> {
    options.shares(n).map(|_| ())
}

fn no_base(options: &MergeOptions) -> LmcError {
    let expected = format!("--base FOLDER, the pretrained model that {} starts from", options.method);
    LmcError::InvalidParameter { field: "OPTION", got: "no --base".into(), expected }
}
