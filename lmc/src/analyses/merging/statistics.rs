//! Statistics of the models of a study from its training texts, kept in the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc_engine::kept::Kept;
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
use crate::study::{Model, Models};
use crate::weights::{Layout, Weights};

/// The advice for a damaged file.
const REMEDY: &str = "delete the file and run the same call again, only this model is read again";

/// The statistics that a method needs of models, as they lie in the store.
pub(super) struct Statistics {
    /// The statistic; none for a method without one.
    taken: Option<Taken>,
}

/// A statistic and where it lies.
struct Taken {
    statistic: Statistic,
    texts: Vec<Encoded>,
    /// The digest of the texts.
    digest: String,
    /// The file of each model of the study.
    files: Vec<PathBuf>,
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

impl Statistics {
    /// Makes the description of what a method needs, and draws the texts of the training set that it reads. Nothing
    /// is computed.
    pub fn new(models: &Models, options: &MergeOptions) -> Self {
        let taken = options.method.statistic().map(|(statistic, n_texts)| {
            let study = models.study();
            let texts = study.task().drawn_texts(n_texts, options.seed, "merge texts");
            // Where tf32 is allowed, CUDA computes no float32.
            let suffix = match study.compute().precision {
                Precision::TensorFloat32 => Precision::TensorFloat32.suffix(),
                _ => String::new(),
            };
            let kind = format!("{}{suffix}", statistic.name());
            let digest = digest(&texts);
            let folder = study.store().statistics_folder(&kind, &digest);
            let file = |model: &Model| folder.join(format!("{}.sealed", model.key()));
            let files = models.models().iter().map(file).collect();
            Taken { statistic, texts, digest, files }
        });
        Self { taken }
    }

    /// Returns the digest of the texts that the statistics are taken from.
    pub fn texts(&self) -> Option<&str> {
        self.taken.as_ref().map(|taken| taken.digest.as_str())
    }

    /// Gathers those statistics of models, given by number, that are not in the store, side by side on the study's
    /// devices.
    ///
    /// # Errors
    /// The errors of [`Statistic::gather`], and those of the store.
    pub fn gather(&self, models: &Models, numbers: &[usize]) -> Result<()> {
        let Some(taken) = &self.taken else { return Ok(()) };
        let mut wanted = numbers.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let files: Vec<PathBuf> = wanted.iter().map(|&model| taken.files[model].clone()).collect();
        let what = match taken.statistic {
            Statistic::Fisher => "taking the Fisher information",
            Statistic::Gram => "taking the inputs of layers",
        };
        let n_texts = taken.texts.len();
        let progress = Progress::new(what, Unit::Examples, (n_texts * wanted.len()) as u64);
        let (study, load, all) = (models.study(), models.loader(), models.models());
        let classifier = &study.task().classifier;
        let kept = Kept {
            files: &files,
            find: &|i| Ok(files[i].exists().then_some(())),
            workers: &study.compute().training_workers(),
            equip: &|&device: &Device| Ok(device),
            progress: &progress,
            size: n_texts as u64,
            noun: "models",
            begun: None,
        };
        kept.bring_about(|device, i| {
            let model = wanted[i];
            let theta = load(model)?.theta().f_to_device(*device)?;
            let tick = |n: usize| progress.advance(n as u64, String::new);
            let gathered = taken
                .statistic
                .gather(classifier, &theta, &taken.texts, tick)
                .map_err(|error| error.of(&all[model].name))?;
            write(&files[i], gathered)
        })?;
        Ok(())
    }

    /// Returns the statistics of those models, which have been gathered, in their order.
    pub fn of(&self, models: &[usize]) -> Result<Vec<BTreeMap<String, Tensor>>> {
        let Some(taken) = &self.taken else { return Ok(Vec::new()) };
        models.iter().map(|&model| read(&taken.files[model])).collect()
    }
}
