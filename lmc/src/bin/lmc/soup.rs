//! `lmc soup`: averages of the weights of copies.

use std::path::PathBuf;

use clap::Args;
use lmc::model::save_folder;
use lmc::study::{Models, SoupOptions, Soups};
use lmc::{Result, figure, table};

use crate::basins::Clustered;
use crate::notes;
use crate::output::{Output, print};

#[derive(Args)]
pub struct Soup {
    #[command(flatten)]
    clustered: Clustered,
    /// How many copies are averaged beside the sizes of the clusters.
    #[arg(long, value_delimiter = ',', default_value = "2,4", value_name = "N,...")]
    sizes: Vec<usize>,
    /// The most subsets of copies of each kind and size.
    #[arg(long, default_value_t = 12, value_name = "N")]
    subsets: usize,
    /// A folder for the weights of one soup as a Hugging Face model (config.json and model.safetensors).
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// The copies of that soup, such as s100,s104; those of the greedy soup by the metric if absent.
    #[arg(long, value_delimiter = ',', requires = "save", value_name = "COPY,...")]
    ingredients: Option<Vec<String>>,
    #[command(flatten)]
    output: Output,
}

impl Soup {
    pub fn run(self) -> Result<()> {
        let (study, models, sweep, basins) = self.clustered.run()?;
        let (scored, metric) = self.clustered.clustering.score(&study);
        let options =
            SoupOptions { sizes: self.sizes.clone(), n_subsets: self.subsets, ..SoupOptions::new(metric) };
        let compute = self.clustered.interpolation.compute();
        let soups = models.soups(&sweep.dataset, scored, &basins, &options, &compute)?;
        let (all, kinds) = (soups.table()?, soups.kinds()?);
        print(&kinds)?;
        println!("chosen by {} examples of {}, which none of these counts", soups.n_choosing, sweep.dataset);
        for (metric, greedy) in &soups.greedy {
            let names: Vec<&str> =
                greedy.ingredients.iter().map(|&model| soups.models[model].as_str()).collect();
            println!("greedy by {metric}: {}", names.join(" "));
        }
        let scores =
            models.evaluate(scored)?.iter().map(|found| found.metric(metric)).collect::<Result<Vec<_>>>()?;
        let constant = table::ConstantScore::of(metric, scored, &scores);
        notes::say(&constant);
        let said: Vec<String> = basins
            .notes
            .iter()
            .map(|note| note.to_string())
            .chain(constant.iter().map(|score| score.to_string()))
            .collect();
        let dots = figure::soup_dots(&all, &kinds, &sweep.dataset, scored, metric)?;
        self.output.write(
            &[(&table::SOUPS, &all), (&table::SOUP_KINDS, &kinds)],
            &[("soups", dots.with_notes(said))],
        )?;
        self.save(&models, &soups)
    }

    /// Writes the weights of one soup, if a folder was named.
    fn save(&self, models: &Models, soups: &Soups) -> Result<()> {
        let Some(folder) = &self.save else { return Ok(()) };
        let ingredients = match (&self.ingredients, soups.greedy.first()) {
            (Some(names), _) => {
                names.iter().map(|name| models.number(name)).collect::<Result<Vec<usize>>>()?
            }
            (None, Some((_, greedy))) => greedy.ingredients.clone(),
            (None, None) => Vec::new(),
        };
        let task = models.study().task();
        let mut config = task.classifier.config().clone();
        // The in-domain set has the labels of training, in the order of the classifier's classes.
        if let Some(set) = task.sets.first().filter(|set| set.label_map.is_none()) {
            config = config.with_labels(&set.dataset.labels);
        }
        save_folder(folder, &config, &models.soup(&ingredients)?)?;
        println!("the average of {} copies in {}", ingredients.len(), folder.display());
        Ok(())
    }
}
