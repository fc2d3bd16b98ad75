//! The YAML of a configuration: maps, and parameters with one value.

use std::path::Path;

use saphyr::{LoadableYamlNode, Mapping, Yaml};

use super::{IGNORED, LAYERS, OF_MODELS};
use lmc_base::error::{LmcError, Result};

/// The remedy for everything that differs between tensors.
const ONE_VALUE: &str = "give one number for all tensors, or use mergekit";

/// A file with a configuration.
pub(super) struct Document<'a> {
    pub path: &'a Path,
}

/// A map whose keys are texts.
#[derive(Default)]
pub(super) struct Map<'a>(Vec<(String, Yaml<'a>)>);

impl<'a> Map<'a> {
    fn of(mapping: &Mapping<'a>) -> Self {
        let entry = |(key, value): (&Yaml<'a>, &Yaml<'a>)| Some((key.as_str()?.to_owned(), value.clone()));
        Self(mapping.iter().filter_map(entry).collect())
    }

    /// Returns a value that is there and is not null.
    fn get(&self, key: &str) -> Option<&Yaml<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Returns the map under a key, which is empty if there is none.
    pub fn map(&self, key: &str) -> Map<'a> {
        self.get(key).and_then(Yaml::as_mapping).map(Map::of).unwrap_or_default()
    }
}

impl Document<'_> {
    pub fn wrong(&self, problem: String, remedy: &'static str) -> LmcError {
        LmcError::Format { path: self.path.to_owned(), line: None, problem, remedy }
    }

    /// Reads the map that a file is.
    pub fn read<'t>(&self, text: &'t str) -> Result<Map<'t>> {
        let remedy = "check that it is a configuration of mergekit";
        let documents = Yaml::load_from_str(text).map_err(|error| LmcError::Format {
            path: self.path.to_owned(),
            line: Some(error.marker().line()),
            problem: error.info().to_owned(),
            remedy,
        })?;
        match documents.as_slice() {
            [Yaml::Mapping(mapping)] => Ok(Map::of(mapping)),
            [] => Err(self.wrong("it is empty".into(), remedy)),
            [_] => Err(self.wrong("it has no keys".into(), remedy)),
            several => Err(self.wrong(format!("it has {} documents", several.len()), "give each a file")),
        }
    }

    /// Checks that nothing at the top asks for more than a merge of whole models.
    pub fn check_keys(&self, top: &Map) -> Result<()> {
        if let Some(key) = LAYERS.into_iter().find(|key| top.has(key)) {
            let remedy = "give whole models under `models`, or use mergekit for parts of models";
            return Err(self.wrong(format!("{key} put layers of models together"), remedy));
        }
        let known = ["merge_method", "models", "base_model", "parameters"];
        match top.keys().find(|key| !known.contains(key) && !IGNORED.contains(key)) {
            Some(key) => Err(self.wrong(format!("unknown key `{key}`"), "remove it, or use mergekit")),
            None => Ok(()),
        }
    }

    /// Returns the models with the parameters of each.
    pub fn models<'t>(&self, top: &Map<'t>) -> Result<Vec<(String, Map<'t>)>> {
        let listed = top.get("models").and_then(Yaml::as_vec).map_or(&[][..], Vec::as_slice);
        if listed.is_empty() {
            return Err(self.wrong("it lists no models".into(), "list them under `models`"));
        }
        let mut models = Vec::new();
        for (number, entry) in listed.iter().enumerate() {
            let entry = entry.as_mapping().map(Map::of).unwrap_or_default();
            let Some(model) = entry.text("model") else {
                let problem = format!("entry {} of models has no text under `model`", number + 1);
                return Err(self.wrong(problem, "give a folder or a name, as in `- model: runs/a`"));
            };
            if model.contains('+') && !Path::new(model).exists() {
                let problem = format!("{model} is a model with an adapter");
                return Err(self.wrong(problem, "name the folder of the adapter, which is read as a model"));
            }
            let own = entry.map("parameters");
            if let Some(name) = own.keys().find(|name| !OF_MODELS.contains(name)) {
                let problem = format!("{name} is no parameter of a single model");
                return Err(self.wrong(problem, "give it under the parameters of the whole"));
            }
            models.push((model.to_owned(), own));
        }
        Ok(models)
    }

    /// Returns a parameter that is a number for all tensors.
    pub fn number(&self, parameters: &Map, name: &str) -> Result<Option<f64>> {
        let Some(value) = self.constant(parameters, name)? else { return Ok(None) };
        let number = value.as_floating_point().or_else(|| value.as_integer().map(|integer| integer as f64));
        // Python takes 1e-3 for a text, and mergekit makes a number of it.
        let number = number.or_else(|| value.as_str()?.trim().parse().ok());
        number.map(Some).ok_or_else(|| self.wrong(format!("{name} is no number"), "give a number"))
    }

    /// Returns a parameter that says whether something is so.
    pub fn flag(&self, parameters: &Map, name: &str) -> Result<Option<bool>> {
        let Some(value) = self.constant(parameters, name)? else { return Ok(None) };
        let word = |text: &str| match text.to_lowercase().as_str() {
            "yes" | "on" | "true" => Some(true),
            "no" | "off" | "false" => Some(false),
            _ => None,
        };
        let flag = value.as_bool().or_else(|| word(value.as_str()?));
        let flag = flag.or_else(|| value.as_floating_point().map(|number| number != 0.0));
        let flag = flag.or_else(|| value.as_integer().map(|number| number != 0));
        flag.map(Some)
            .ok_or_else(|| self.wrong(format!("{name} is neither true nor false"), "give true or false"))
    }

    /// Returns the value of a parameter that is the same for all tensors.
    fn constant<'m, 't>(&self, parameters: &'m Map<'t>, name: &str) -> Result<Option<&'m Yaml<'t>>> {
        let Some(mut value) = parameters.get(name) else { return Ok(None) };
        // mergekit takes a list of one as its element, and a list of more as a gradient over layers.
        while let Some(values) = value.as_vec() {
            match values.as_slice() {
                [one] => value = one,
                [first, rest @ ..] if rest.iter().all(|other| other == first) => value = first,
                _ => return Err(self.wrong(format!("{name} changes from layer to layer"), ONE_VALUE)),
            }
        }
        let Some(mapping) = value.as_mapping() else { return Ok(Some(value)) };
        let mut alone = mapping.iter().filter(|(key, _)| key.as_str() != Some("filter"));
        match (mapping.len(), alone.next()) {
            (1, Some((key, value))) if key.as_str() == Some("value") => Ok(Some(value)),
            _ => Err(self.wrong(format!("{name} differs from tensor to tensor"), ONE_VALUE)),
        }
    }
}
