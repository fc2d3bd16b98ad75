//! `lmc soup`: averages of the weights of copies.

use std::path::PathBuf;

use clap::Args;
use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::analyses::soups::{SoupOptions, Soups};
use lmc::model::Replace;
use lmc::options::Options;
use lmc::study::{Model, Models, Origin, Study, StudySpec};
use lmc::table::{Metric, Table};
use lmc::{LmcError, Result, figure, progress, table, terminal};

use crate::basins::{Clustered, check_sizes};
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::notes;
use crate::output::{Output, command, identity, print, say};

#[derive(Args)]
pub struct Soup {
    #[command(flatten)]
    clustered: Clustered,
    /// The numbers of copies that are averaged, besides the sizes of the clusters. 2,4 if absent, up to the
    /// number of copies.
    #[arg(long, value_delimiter = ',', value_name = "N,...")]
    sizes: Option<Vec<usize>>,
    /// The most subsets of copies of each kind and size.
    #[arg(long, default_value_t = 12, value_name = "N")]
    subsets: usize,
    /// A folder for one soup as a Hugging Face model with its tokenizer. It must be missing, empty or of the
    /// same soup; --force replaces another model in it.
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// The copies of that soup, such as s100,s104; those of the greedy soup by the metric if absent.
    #[arg(long, value_delimiter = ',', requires = "save", value_name = "COPY,...")]
    ingredients: Option<Vec<String>>,
    #[command(flatten)]
    output: Output,
}

impl Computing for Soup {
    fn compute(&self) -> &ComputeArgs {
        self.clustered.computed()
    }

    fn spec(&self) -> Result<StudySpec> {
        self.clustered.spec()
    }
}

impl Soup {
    pub fn check(&self) -> Result<()> {
        let spec = self.clustered.check("soup")?;
        self.options(spec.scored().1).validate()?;
        check_sizes("soups.sizes", self.sizes.as_deref(), spec.n_models())?;
        self.ingredients.as_ref().map_or(Ok(()), |names| spec.numbers(names).map(|_| ()))
    }

    fn options(&self, metric: Metric) -> SoupOptions {
        let default = SoupOptions::new(metric);
        let sizes = self.sizes.clone().unwrap_or(default.sizes);
        SoupOptions { sizes, n_subsets: self.subsets, ..default }
    }

    /// Returns the folder for a soup, if one was named.
    fn folder(&self, study: &Study) -> Result<Option<MergeFolder>> {
        let Some(folder) = &self.save else { return Ok(None) };
        let (_, metric) = self.clustered.clustering.score(study);
        let which = match &self.ingredients {
            Some(names) => names.join(" "),
            None => format!("greedy by {metric} on {}", self.clustered.interpolation.set(study)),
        };
        MergeFolder::new(study, folder, &which, Replace::models_if(self.output.force)).map(Some)
    }

    pub fn run(self) -> Result<()> {
        let study = self.clustered.open()?;
        let out = self.output.open("soup")?;
        let folder = self.folder(&study)?;
        if let Some(save) = self.save.as_ref().filter(|save| out.is(save)) {
            let (got, expected) = (save.display().to_string(), "another folder than --out".to_owned());
            return Err(LmcError::InvalidParameter { field: "save", got, expected });
        }
        let (models, sweep, basins) = self.clustered.compute(&study)?;
        let (scored, metric) = self.clustered.clustering.score(&study);
        let options = self.options(metric);
        let soups = models.soups(&sweep.dataset, scored, &basins, &options)?;
        let (all, kinds) = (soups.table()?, soups.kinds()?);
        print(&kinds)?;
        say(format_args!(
            "chosen by {} examples of {}, which none of these counts",
            soups.n_choosing, sweep.dataset
        ));
        for (metric, greedy) in &soups.greedy {
            let names: Vec<&str> =
                greedy.ingredients.iter().map(|&model| soups.models[model].as_str()).collect();
            say(format_args!("greedy by {metric}: {}", names.join(" ")));
        }
        let scores =
            models.evaluate(scored)?.iter().map(|found| found.metric(metric)).collect::<Result<Vec<_>>>()?;
        let constant = table::ConstantScore::of(metric, scored, &scores);
        notes::say(&constant);
        let said = notes::lines(&basins.notes, &constant);
        let dots = figure::soup_dots(&all, &kinds, &sweep.dataset, scored, metric)?;
        let tables = [(&table::SOUPS, &all), (&table::SOUP_KINDS, &kinds)];
        out.write(&identity(&models), &tables, &[("soups", dots.with_notes(said))])?;
        let Some(folder) = folder else { return Ok(()) };
        let mut scores = vec![(scored.to_owned(), metric)];
        if sweep.dataset != scored {
            scores.insert(0, (sweep.dataset.clone(), metric));
        }
        let choice = self.ingredients.is_none().then(|| {
            let (n, set) = (soups.n_choosing, &sweep.dataset);
            format!("{n} examples of {set} chose the models, greedily by {metric}. The scores above count these too.")
        });
        let card = MergeCard { sweep: Some(sweep), scores, choice, command: Some(command()) };
        self.save(&folder, &models, &soups, &card)
    }

    /// Saves the soup that was asked for.
    fn save(&self, folder: &MergeFolder, models: &Models, soups: &Soups, card: &MergeCard) -> Result<()> {
        let ingredients = match (&self.ingredients, soups.greedy.first()) {
            (Some(names), _) => models.study().spec().numbers(names)?,
            (None, Some((_, greedy))) => greedy.ingredients.clone(),
            (None, None) => Vec::new(),
        };
        folder.save(models, &ingredients, card)?;
        let beside = |model: &Model| match &model.origin {
            Origin::Opened(model) => model.folder().parent() == folder.path().parent(),
            Origin::Finetuned { .. } => false,
        };
        if models.models().iter().any(beside) {
            progress::note(
                "the average lies beside the models: a call with their folder takes it as one of them",
            );
        }
        let place = terminal::one_line(&folder.path().display().to_string());
        let n = ingredients.len();
        say(format_args!("the average of {n} {} in {place}", if n == 1 { "model" } else { "models" }));
        Ok(())
    }
}
