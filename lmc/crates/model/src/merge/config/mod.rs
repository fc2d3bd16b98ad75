//! Configurations of mergekit, as far as they say something that can be done here: whole models, and one
//! value of a parameter for all tensors.

mod document;
#[cfg(test)]
mod tests;

use std::path::Path;

use document::{Document, Map};

use super::{MergeMethod, MergeOptions, ModelStock, TaskVectors, Trim};
use lmc_base::error::{LmcError, Result};

/// Keys at the top that do not change what is merged: the number format of the file, and its tokenizer, which
/// is that of the models.
const IGNORED: [&str; 5] = ["dtype", "out_dtype", "tokenizer_source", "tokenizer", "chat_template"];
/// Keys at the top that put layers of models together.
const LAYERS: [&str; 2] = ["slices", "modules"];
/// Parameters that each model may have.
const OF_MODELS: [&str; 4] = ["weight", "density", "gamma", "epsilon"];

/// The models, the base and the method of a configuration of mergekit.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeConfig {
    /// The models that are merged, as the file names them. A base among them is the first model of slerp, and
    /// left out elsewhere, since its task vector is zero.
    pub models: Vec<String>,
    /// The pretrained model that task vectors are counted from.
    pub base: Option<String>,
    /// The method with its options. Those that the file does not have are mergekit's defaults.
    pub options: MergeOptions,
    /// What the file says that has no effect here, such as "dtype".
    pub ignored: Vec<String>,
}

impl MergeConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`LmcError::Io`]; the errors of [`MergeConfig::parse`].
    ///
    /// # Examples
    /// ```no_run
    /// # mod lmc { pub use lmc_model::*; pub mod analyses { pub use lmc_model::merge as merging; } }
    /// use lmc::analyses::merging::MergeConfig;
    /// let config = MergeConfig::read("ties.yml".as_ref())?;
    /// println!("{} of {}", config.options.method, config.models.join(", "));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(LmcError::io("read", path))?;
        Self::parse(&text, path)
    }

    /// Reads a configuration in a text; `path` is named in errors.
    ///
    /// # Errors
    /// [`LmcError::Format`] for a text that is not YAML, one that puts layers together, and parameters that
    /// differ from tensor to tensor or, but for weights, from model to model;
    /// [`LmcError::UnknownName`] for another method.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod analyses { pub use lmc_model::merge as merging; } }
    /// use lmc::analyses::merging::{MergeConfig, MergeMethod};
    /// let text = "
    /// merge_method: ties
    /// base_model: bert-base-uncased
    /// models:
    ///   - model: runs/a
    ///     parameters: {weight: 0.6}
    ///   - model: runs/b
    ///     parameters: {weight: 0.4}
    /// parameters: {density: 0.3}
    /// ";
    /// let config = MergeConfig::parse(text, "ties.yml".as_ref())?;
    /// assert_eq!(config.models, ["runs/a", "runs/b"]);
    /// assert_eq!(config.options.method, MergeMethod::ties(0.3));
    /// assert_eq!(config.options.weights, Some(vec![0.6, 0.4]));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    ///
    /// # Reference
    /// mergekit 0.1.5 (Goddard et al. 2024).
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let document = Document { path };
        let top = document.read(text)?;
        document.check_keys(&top)?;
        let Some(name) = top.text("merge_method") else {
            return Err(document.wrong("it has no merge_method".into(), "name a method, such as ties"));
        };
        let usual = MergeMethod::named(name)?;
        if usual.statistic().is_some() {
            let problem = format!("mergekit has no {usual}");
            return Err(document.wrong(problem, "run lmc merge --method with --task, it reads texts"));
        }
        let base = top.text("base_model").map(str::to_owned);
        let shared = top.map("parameters");
        let models = document.models(&top)?;
        let (mut named, is_slerp) = (Vec::new(), matches!(usual, MergeMethod::Slerp { .. }));
        for (model, own) in models {
            // A base has no task vector; mergekit leaves it out too.
            if usual.needs_base() && base.as_deref() == Some(&model) {
                continue;
            }
            named.push((model, own));
        }
        if let (true, Some(base)) = (is_slerp, &base) {
            first_is(base, &mut named);
        }
        let mut known = Parameters { document: &document, shared, models: &named, used: Vec::new() };
        let method = known.method(usual)?;
        let weights = known.weights(&method)?;
        let mut ignored: Vec<String> =
            IGNORED.iter().filter(|key| top.has(key)).map(|&key| key.to_owned()).collect();
        ignored.extend(known.unused());
        drop(known);
        Ok(Self {
            models: named.into_iter().map(|(model, _)| model).collect(),
            base: base.filter(|_| usual.needs_base()),
            options: MergeOptions { method, weights, seed: 0 },
            ignored,
        })
    }
}

/// Puts the base at the front of the models, whether it is among them or not.
fn first_is<'a>(base: &str, models: &mut Vec<(String, Map<'a>)>) {
    match models.iter().position(|(model, _)| model == base) {
        Some(place) => models[..=place].rotate_right(1),
        None => models.insert(0, (base.to_owned(), Map::default())),
    }
}

/// The parameters of a configuration, with the names of those that the method took.
struct Parameters<'a> {
    document: &'a Document<'a>,
    shared: Map<'a>,
    models: &'a [(String, Map<'a>)],
    used: Vec<&'static str>,
}

impl Parameters<'_> {
    /// Returns a number that is the same for all models.
    fn number(&mut self, name: &'static str, usual: f64) -> Result<f64> {
        self.used.push(name);
        let shared = self.document.number(&self.shared, name)?;
        let mut found = None;
        for (model, own) in self.models {
            let of_model = self.document.number(own, name)?.or(shared).unwrap_or(usual);
            if found.is_some_and(|found| found != of_model) {
                let problem = format!("{name} of {model} is {of_model}, that of another model is not");
                return Err(self.document.wrong(problem, "give all models one value, or use mergekit"));
            }
            found = Some(of_model);
        }
        Ok(found.or(shared).unwrap_or(usual))
    }

    /// Returns whether something is so for the whole merge.
    fn flag(&mut self, name: &'static str, usual: bool) -> Result<bool> {
        self.used.push(name);
        Ok(self.document.flag(&self.shared, name)?.unwrap_or(usual))
    }

    fn method(&mut self, usual: MergeMethod) -> Result<MergeMethod> {
        Ok(match usual {
            MergeMethod::Linear { normalize } => {
                MergeMethod::Linear { normalize: self.flag("normalize", normalize)? }
            }
            MergeMethod::Slerp { .. } => {
                self.used.push("t");
                let Some(t) = self.document.number(&self.shared, "t")? else {
                    return Err(self.document.wrong("slerp has no t".into(), "give t under parameters"));
                };
                MergeMethod::Slerp { t }
            }
            MergeMethod::WiseFt { alpha } => MergeMethod::WiseFt { alpha: self.number("alpha", alpha)? },
            MergeMethod::ModelStock(usual) => {
                let filter_wise = self.flag("filter_wise", usual.filter_wise)?;
                MergeMethod::ModelStock(ModelStock { filter_wise })
            }
            MergeMethod::TaskVectors(usual) => MergeMethod::TaskVectors(TaskVectors {
                trim: self.trim(usual.trim)?,
                rescale: self.flag("rescale", usual.rescale)?,
                normalize: self.flag("normalize", usual.normalize)?,
                lambda: self.number("lambda", usual.lambda)?,
                ..usual
            }),
            MergeMethod::Fisher(_) | MergeMethod::RegMean(_) => usual,
        })
    }

    /// Returns the rule by which elements are kept: without a density, all are.
    fn trim(&mut self, usual: Trim) -> Result<Trim> {
        Ok(match usual {
            Trim::Nothing => Trim::Nothing,
            Trim::Magnitude { .. } => Trim::Magnitude { density: self.number("density", 1.0)? },
            Trim::Random { .. } => Trim::Random { density: self.number("density", 1.0)? },
            Trim::Outliers { gamma, .. } => {
                Trim::Outliers { density: self.number("density", 1.0)?, gamma: self.number("gamma", gamma)? }
            }
            Trim::Ranks { epsilon, .. } => Trim::Ranks {
                density: self.number("density", 1.0)?,
                epsilon: self.number("epsilon", epsilon)?,
            },
        })
    }

    /// Returns the weight of each model, which every method that weighs them needs.
    fn weights(&mut self, method: &MergeMethod) -> Result<Option<Vec<f64>>> {
        if matches!(method, MergeMethod::Slerp { .. } | MergeMethod::ModelStock(_)) {
            return Ok(None);
        }
        self.used.push("weight");
        let shared = self.document.number(&self.shared, "weight")?;
        let mut weights = Vec::with_capacity(self.models.len());
        for (model, own) in self.models {
            let Some(weight) = self.document.number(own, "weight")?.or(shared) else {
                let remedy = "give it one under its parameters, or all models one under parameters";
                return Err(self.document.wrong(format!("{model} has no weight"), remedy));
            };
            weights.push(weight);
        }
        Ok(Some(weights))
    }

    /// Returns the names of parameters that have no effect.
    fn unused(&self) -> Vec<String> {
        let all = self.models.iter().flat_map(|(_, own)| own.keys()).chain(self.shared.keys());
        let mut unused: Vec<String> = Vec::new();
        for name in all {
            if !self.used.contains(&name) && !unused.iter().any(|other| other == name) {
                unused.push(name.to_owned());
            }
        }
        unused
    }
}
