//! Statistics of the models of a study from its training texts, kept in the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc_engine::kept::Kept;
use rand::seq::SliceRandom;
use tch::{Device, Tensor};

use super::MergeOptions;
use crate::compute::Precision;
use crate::encode::{Encoded, digest};
use crate::error::Result;
use crate::file::{read_sealed, write_sealed};
use crate::merge::Statistic;
use crate::model::load::tensors_from_bytes;
use crate::model::save::to_bytes;
use crate::progress::{Progress, Unit};
use crate::study::Models;
use crate::weights::{Layout, Weights};

/// The advice for a damaged file.
const REMEDY: &str = "delete the file and run the same call again, only this model is read again";

/// The files with the statistics of models; none for a method without a statistic.
#[derive(Default)]
pub(super) struct Statistics {
    /// The digest of the texts that they were taken from.
    pub texts: Option<String>,
    files: BTreeMap<usize, PathBuf>,
}

impl Statistics {
    /// Returns the statistics of those models, in their order.
    pub fn of(&self, models: &[usize]) -> Result<Vec<BTreeMap<String, Tensor>>> {
        models.iter().filter_map(|model| self.files.get(model)).map(|file| read(file)).collect()
    }
}

fn read(file: &Path) -> Result<BTreeMap<String, Tensor>> {
    let bytes = read_sealed(file, REMEDY)?.unwrap_or_default();
    tensors_from_bytes(&bytes, file)
}

fn write(file: &Path, tensors: BTreeMap<String, Tensor>) -> Result<()> {
    let mut layout = Layout::default();
    tensors.iter().for_each(|(name, tensor)| {
        layout.push(name.as_str(), &tensor.size());
    });
    write_sealed(file, &[&to_bytes(&Weights::from_named(layout.into(), tensors)?)?])
}

impl Models {
    /// Returns the texts of the training set that a merge reads, drawn by its seed.
    fn texts_of_merge(&self, n_texts: usize, seed: u64) -> Vec<Encoded> {
        let mut texts: Vec<&Encoded> = self.study().task().train.iter().collect();
        texts.shuffle(&mut crate::seed::rng(seed, "merge texts"));
        texts.truncate(n_texts);
        texts.into_iter().cloned().collect()
    }

    /// Returns the statistics that a method needs of models, given by number. They are found in the store, or
    /// gathered side by side on the study's devices and kept there.
    ///
    /// # Errors
    /// The errors of [`Statistic::gather`], and those of the store.
    pub(super) fn statistics(&self, models: &[usize], options: &MergeOptions) -> Result<Statistics> {
        let Some((statistic, n_texts)) = options.method.statistic() else {
            return Ok(Statistics::default());
        };
        let texts = self.texts_of_merge(n_texts, options.seed);
        let digest = digest(&texts);
        let (study, load, all) = (self.study(), self.loader(), self.models());
        let classifier = &study.task().classifier;
        // Where tf32 is allowed, CUDA computes no float32.
        let suffix = match study.compute().precision {
            Precision::TensorFloat32 => Precision::TensorFloat32.suffix(),
            _ => String::new(),
        };
        let kind = format!("{}{suffix}", statistic.name());
        let folder = study.store().statistics_folder(&kind, &digest);
        let file = |model: usize| folder.join(format!("{}.sealed", all[model].key()));
        let mut wanted = models.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let files: Vec<PathBuf> = wanted.iter().map(|&model| file(model)).collect();
        let what = match statistic {
            Statistic::Fisher => "taking the Fisher information",
            Statistic::Gram => "taking the inputs of layers",
        };
        let progress = Progress::new(what, Unit::Examples, (texts.len() * wanted.len()) as u64);
        let kept = Kept {
            files: &files,
            find: &|i| Ok(files[i].exists().then_some(())),
            workers: &study.compute().training_workers(),
            equip: &|&device: &Device| Ok(device),
            progress: &progress,
            size: texts.len() as u64,
            noun: "models",
            begun: None,
        };
        kept.bring_about(|device, i| {
            let model = wanted[i];
            let theta = load(model)?.theta().f_to_device(*device)?;
            let tick = |n: usize| progress.advance(n as u64, String::new);
            let gathered = statistic
                .gather(classifier, &theta, &texts, tick)
                .map_err(|error| error.of(&all[model].name))?;
            write(&files[i], gathered)
        })?;
        Ok(Statistics { texts: Some(digest), files: wanted.into_iter().zip(files).collect() })
    }
}
