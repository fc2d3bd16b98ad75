//! The parts of a classifier: its embeddings, each layer, its pooler and its head.

use std::ops::Range;

use super::classifier::Classifier;
use super::family::Norms;
use crate::weights::Entry;

/// A part of a classifier with its places in theta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name: "embeddings", "layer 0", "pooler" or "head".
    pub name: String,
    /// The places of its parameters in theta, ascending and apart.
    pub spans: Vec<Range<i64>>,
}

impl Part {
    /// Returns the number of parameters.
    pub fn n_parameters(&self) -> i64 {
        self.spans.iter().map(|span| span.end - span.start).sum()
    }

    fn add(&mut self, entry: &Entry) {
        let end = entry.offset + entry.shape.iter().product::<i64>();
        match self.spans.last_mut() {
            Some(last) if last.end == entry.offset => last.end = end,
            _ => self.spans.push(entry.offset..end),
        }
    }
}

impl Classifier {
    /// Returns the parts from the texts to the logits: embeddings, layers by number, the pooler if there is
    /// one, and the head. They have no parameter in common, and together have all.
    ///
    /// A layer that several depths share (ALBERT) is one part. The norm behind the last layer (ModernBERT) is a
    /// part of it. All parameters that belong to no layer, pooler or head count as embeddings, the table of
    /// distances of DeBERTa too.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::{Classifier, ModelConfig};
    /// let classifier = Classifier::new(&ModelConfig::mini(2000), 3);
    /// let names: Vec<String> = classifier.parts().into_iter().map(|part| part.name).collect();
    /// assert_eq!(names, ["embeddings", "layer 0", "layer 1", "pooler", "head"]);
    /// ```
    pub fn parts(&self) -> Vec<Part> {
        let config = self.config();
        let layers = config.family().layer_names(config);
        let names: Vec<String> = std::iter::once("embeddings".to_owned())
            .chain((0..layers.len()).map(|number| format!("layer {number}")))
            .chain(["pooler", "head"].map(str::to_owned))
            .collect();
        let mut parts: Vec<Part> = names.into_iter().map(|name| Part { name, spans: Vec::new() }).collect();
        let (pooler, head) = (layers.len() + 1, layers.len() + 2);
        let final_norm = match config.family().norms {
            Norms::Before(name) => Some(format!("{}{name}", config.prefix())),
            Norms::Behind => None,
        };
        for entry in self.layout().entries() {
            let is_in =
                |prefix: &str| entry.name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
            let part = if Self::is_head(&entry.name) {
                head
            } else if config.pooler().is_some_and(|name| is_in(&name)) {
                pooler
            } else if final_norm.as_ref().is_some_and(|name| is_in(name)) {
                layers.len()
            } else {
                layers.iter().position(|layer| is_in(layer)).map_or(0, |layer| layer + 1)
            };
            parts[part].add(entry);
        }
        parts.retain(|part| !part.spans.is_empty());
        parts
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::model::ModelConfig;

    fn parts(model_type: &str, more: serde_json::Value) -> (Vec<Part>, i64) {
        let mut config = json!({ "model_type": model_type, "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 3,
            "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 20, "dim": 8,
            "n_layers": 3, "n_heads": 2, "hidden_dim": 16, "embedding_size": 4,
            "pad_token_id": 1 });
        for (key, value) in more.as_object().unwrap() {
            config[key] = value.clone();
        }
        let config = ModelConfig::parse(&config.to_string(), Path::new("config.json")).unwrap();
        let classifier = Classifier::new(&config, 3);
        (classifier.parts(), classifier.layout().n_parameters())
    }

    #[test]
    fn the_parts_of_every_family_are_all_of_theta() {
        for model_type in ModelConfig::FAMILIES {
            let (parts, n) = parts(model_type, json!({}));
            let mut spans: Vec<Range<i64>> = parts.iter().flat_map(|part| part.spans.clone()).collect();
            spans.sort_by_key(|span| span.start);
            assert_eq!(spans.first().map(|span| span.start), Some(0), "{model_type}");
            assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start), "{model_type}: {spans:?}");
            assert_eq!(spans.last().map(|span| span.end), Some(n), "{model_type}");
            let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
            assert_eq!((names[0], *names.last().unwrap()), ("embeddings", "head"), "{model_type}");
            let n_layers = names.iter().filter(|name| name.starts_with("layer ")).count();
            assert_eq!(n_layers, if model_type == "albert" { 1 } else { 3 }, "{model_type}: {names:?}");
            let has_pooler = ["bert", "albert"].contains(&model_type);
            assert_eq!(names.contains(&"pooler"), has_pooler, "{model_type}");
        }
    }

    #[test]
    fn ten_layers_and_more_are_apart() {
        let (parts, _) = parts("bert", json!({ "num_hidden_layers": 12 }));
        let sizes: Vec<i64> = parts[1..13].iter().map(Part::n_parameters).collect();
        assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
    }
}
