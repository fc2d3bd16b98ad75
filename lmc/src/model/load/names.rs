//! The names of tensors in published checkpoints, brought to those of today's transformers.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::File;
use crate::error::Result;

/// Which tensors of a checkpoint are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The embeddings, layers and pooler of an encoder; heads are left out.
    Encoder,
    /// All of a finetuned classifier; a head of another task is kept, so that it is found to be unexpected.
    Classifier,
}

/// The tensors of a checkpoint that belong to a part of a model, under the names that transformers gives them today:
/// `prefix` (`bert.`) in front of the encoder's tensors, which may have it or not.
///
/// `module.` of a data-parallel model in front is dropped, the `gamma` and `beta` of a `LayerNorm`, which is what checkpoints
/// converted from TensorFlow call them, become `weight` and `bias`, and the buffers `position_ids` and `token_type_ids` are
/// left out.
///
/// # Errors
/// [`crate::LmcError::Format`], with `origin`, when two tensors get the same name.
pub fn select(
    tensors: BTreeMap<String, Tensor>,
    prefix: &str,
    part: Part,
    origin: &Path,
) -> Result<BTreeMap<String, Tensor>> {
    let mut selected: BTreeMap<String, (String, Tensor)> = BTreeMap::new();
    for (source, tensor) in tensors {
        let Some(name) = canonical(&source, prefix, part) else { continue };
        if let Some((first, _)) = selected.get(&name) {
            let file = File { path: origin, remedy: "remove one of the two from the checkpoint" };
            return Err(file.damaged(format!("tensors {first} and {source} are both {name}")));
        }
        selected.insert(name, (source, tensor));
    }
    Ok(selected.into_iter().map(|(name, (_, tensor))| (name, tensor)).collect())
}

/// The name of a tensor in a model, if it is one of the part that is wanted.
fn canonical(name: &str, prefix: &str, part: Part) -> Option<String> {
    let name = name.strip_prefix("module.").unwrap_or(name);
    let last = name.rsplit('.').next();
    if matches!(last, Some("position_ids" | "token_type_ids")) {
        return None;
    }
    let name = if let Some(layer_norm) = name.strip_suffix("LayerNorm.gamma") {
        format!("{layer_norm}LayerNorm.weight")
    } else if let Some(layer_norm) = name.strip_suffix("LayerNorm.beta") {
        format!("{layer_norm}LayerNorm.bias")
    } else {
        name.to_owned()
    };
    let bare = name.strip_prefix(prefix).unwrap_or(&name);
    let component = |i| bare.split('.').nth(i).unwrap_or_default();
    let is_encoder = |component| matches!(component, "embeddings" | "encoder" | "pooler");
    if is_encoder(component(0)) {
        return Some(format!("{prefix}{bare}"));
    }
    // An encoder under the prefix of another family is kept, so that it is found to be unexpected.
    (part == Part::Classifier || is_encoder(component(1))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_hand() {
        let both = |name: &str| [Part::Encoder, Part::Classifier].map(|part| canonical(name, "bert.", part));
        for (name, expected) in [
            ("bert.pooler.dense.bias", "bert.pooler.dense.bias"),
            ("pooler.dense.bias", "bert.pooler.dense.bias"),
            (
                "module.bert.encoder.layer.0.output.LayerNorm.gamma",
                "bert.encoder.layer.0.output.LayerNorm.weight",
            ),
            ("embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"),
            ("embeddings.LayerNorm.bias", "bert.embeddings.LayerNorm.bias"),
            ("roberta.encoder.layer.0.output.dense.bias", "roberta.encoder.layer.0.output.dense.bias"),
        ] {
            assert_eq!(both(name), [Some(expected.into()), Some(expected.into())], "{name}");
        }
        for head in ["cls.predictions.bias", "lm_head.dense.weight", "qa_outputs.bias", "classifier.weight"] {
            assert_eq!(both(head), [None, Some(head.into())], "{head}");
        }
        for buffer in ["bert.embeddings.position_ids", "module.embeddings.token_type_ids"] {
            assert_eq!(both(buffer), [None, None], "{buffer}");
        }
        let roberta = |name| canonical(name, "roberta.", Part::Encoder);
        assert_eq!(roberta("embeddings.x").unwrap(), "roberta.embeddings.x");
        assert_eq!(roberta("lm_head.layer_norm.bias"), None);
    }

    #[test]
    fn two_tensors_of_one_name_are_both_named() {
        let tensor = || Tensor::from(1.0f32);
        for (first, second) in [
            ("bert.pooler.dense.bias", "pooler.dense.bias"),
            ("bert.embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"),
            ("classifier.bias", "module.classifier.bias"),
        ] {
            let tensors = BTreeMap::from([(first.into(), tensor()), (second.into(), tensor())]);
            let error =
                select(tensors, "bert.", Part::Classifier, Path::new("folder")).unwrap_err().to_string();
            let expected = format!("folder: tensors {first} and {second} are both ");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
