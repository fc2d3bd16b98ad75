//! The names of tensors in published checkpoints, brought to those of today's transformers.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::File;
use crate::model::config::ModelConfig;
use crate::model::family::{ALL, Family};
use lmc_base::error::{LmcError, Result};
use lmc_base::progress;

/// The part of a checkpoint's tensors that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The embeddings, layers and pooler of an encoder.
    Encoder,
    /// All of a finetuned classifier.
    Classifier,
}

/// The words that wrappers of a model put into the names of its tensors: data-parallel, `torch.compile`,
/// FSDP, checkpointing, DeepSpeed.
const WRAPPERS: [&str; 5] =
    ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"];

/// The prefixes of a model that holds the classifier as one of its parts.
const HOLDERS: [&str; 2] = ["model", "base_model"];

/// The heads that an encoder's checkpoint usually brings from its pretraining, and a classifier's own.
const HEADS: [&str; 19] = [
    "cls",
    "lm_head",
    "qa_outputs",
    "classifier",
    "mlm",
    "pre_classifier",
    "predictions",
    "sop_classifier",
    "discriminator_predictions",
    "generator_predictions",
    "generator_lm_head",
    "vocab_transform",
    "vocab_layer_norm",
    "vocab_projector",
    "lm_predictions",
    "mask_predictions",
    "pooler",
    "head",
    "decoder",
];

/// The prefixes of families whose tensors have the names of a BERT's: their weights are those of another model.
const FAMILIES: [&str; 16] = [
    "bert",
    "roberta",
    "roberta_prelayernorm",
    "albert",
    "convbert",
    "data2vec_text",
    "deberta",
    "distilbert",
    "electra",
    "ernie",
    "layoutlm",
    "longformer",
    "mpnet",
    "nezha",
    "rembert",
    "splinter",
];

/// The number of names that a note lists.
const TOLD: usize = 3;

/// The tensors of a checkpoint, divided into those of a part of a model and others.
#[derive(Debug)]
pub struct Selected {
    /// The tensors of the part, under the names that transformers gives them today.
    pub tensors: BTreeMap<String, Tensor>,
    /// The names, as they are in the checkpoint, of tensors for which a model of this config has no place:
    /// heads of other tasks, layers beyond `num_hidden_layers`, leftovers of an optimiser.
    pub others: Vec<String>,
}

/// Divides the tensors of a checkpoint. The family's prefix (`bert.`) is put in front of the encoder's
/// tensors, which may have it or not.
///
/// The words that wrappers put into names (`module.`, `_orig_mod.`, `model.` and the like, also several of
/// them) are dropped. The `gamma` and `beta` of a `LayerNorm`, as checkpoints converted from TensorFlow call
/// them, become `weight` and `bias`. If there is one table of word embeddings alone, whatever stands before it
/// and the family's prefix, such as `net.`, is dropped as well: a program for training calls the model so. The
/// buffers `position_ids` and `token_type_ids`, which hold no learnt values, and a pooler that classifiers of the
/// family do not use, as RoBERTa's, are left out. Unknown tensors within the
/// layers, embeddings or head that a model uses are kept: with them, the model would compute something else.
///
/// # Errors
/// [`LmcError::Format`], with `origin`, when two tensors get the same name, or all are those of another family.
pub fn select(
    tensors: BTreeMap<String, Tensor>,
    config: &ModelConfig,
    part: Part,
    origin: &Path,
) -> Result<Selected> {
    let mut selected: BTreeMap<String, (String, Tensor)> = BTreeMap::new();
    let mut others = Vec::new();
    let attribute = attribute(tensors.keys(), config);
    for (source, tensor) in tensors {
        let name = match place(&source, &attribute, config, part) {
            Place::Part(name) => name,
            Place::Other => {
                others.push(source);
                continue;
            }
            Place::Nowhere => continue,
        };
        if let Some((first, _)) = selected.get(&name) {
            let file = File { path: origin, remedy: "remove one of the two from the checkpoint" };
            return Err(file.damaged(format!("tensors {first} and {source} are both {name}")));
        }
        selected.insert(name, (source, tensor));
    }
    // The head of one family may have the name that the pooler of another has without its prefix.
    let is_own = |name: &String| name.starts_with(config.prefix()) && !config.is_pooler(name);
    let sources = selected.values().map(|(source, _)| source);
    let error = match selected.keys().any(is_own) {
        true => of_another_family(sources.filter(|source| has_other_words(source, config)), config, origin),
        false => of_another_family(others.iter(), config, origin),
    };
    if let Some(error) = error {
        return Err(error);
    }
    let tensors = selected.into_iter().map(|(name, (_, tensor))| (name, tensor)).collect();
    Ok(Selected { tensors, others })
}

/// Says which tensors of a folder a model has no place for, except the heads that an encoder usually brings.
pub(in crate::model) fn note_others(others: &[String], part: Part, origin: &Path) {
    let told = strange(others, part);
    if told.is_empty() {
        return;
    }
    let names = told[..told.len().min(TOLD)].join(", ");
    let more = match told.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (n, origin) = (told.len(), origin.display());
    let tensors = if n == 1 { "1 tensor is" } else { &format!("{n} tensors are") };
    progress::note(&format!("{origin}: {tensors} left out, the model has no place for {names}{more}"));
}

/// Returns the other tensors of a checkpoint that do not belong to the heads that an encoder usually brings.
pub(super) fn strange(others: &[String], part: Part) -> Vec<String> {
    let is_usual = |name: &str| part == Part::Encoder && HEADS.contains(&components(name)[0]);
    others.iter().filter(|name| !is_usual(name)).cloned().collect()
}

/// The place where a tensor belongs.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    /// To the part that is wanted, under that name.
    Part(String),
    /// To something else.
    Other,
    /// It is not needed anywhere.
    Nowhere,
}

/// Returns the components of a name without those of wrappers; one at least.
fn components(name: &str) -> Vec<&str> {
    let mut components: Vec<&str> =
        name.split('.').filter(|component| !WRAPPERS.contains(component)).collect();
    let held = components.iter().take_while(|component| HOLDERS.contains(*component)).count();
    components.drain(..held);
    if components.is_empty() { vec![name] } else { components }
}

/// Returns the components that stand before the names of the model's own tensors, those of wrappers left out:
/// what stands before the one table of word embeddings. Nothing if there are several tables or none, or if
/// another family's prefix stands there.
fn attribute<'a>(names: impl Iterator<Item = &'a String>, config: &ModelConfig) -> Vec<String> {
    let family = config.family().prefix.trim_end_matches('.');
    let words = config.family().embeddings.word;
    let mut found: Vec<Vec<&str>> = Vec::new();
    for name in names {
        let components = components(name);
        if let [before @ .., "embeddings", table, "weight"] = components.as_slice()
            && *table == words
        {
            found.push(before.strip_suffix(&[family]).unwrap_or(before).to_vec());
        }
    }
    match found.as_slice() {
        [one] if one.last().is_none_or(|last| !FAMILIES.contains(last)) => {
            one.iter().map(|component| (*component).to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the place of a tensor by its name, which may begin with the components of `attribute`.
pub(super) fn place(name: &str, attribute: &[String], config: &ModelConfig, part: Part) -> Place {
    let family = config.family();
    let prefix = family.prefix.trim_end_matches('.');
    let mut components = components(name);
    let n = attribute.len();
    if components.len() > n && components.iter().zip(attribute).all(|(component, own)| component == own) {
        components.drain(..n);
    }
    match components[..] {
        [.., "position_ids" | "token_type_ids"] => return Place::Nowhere,
        [.., "LayerNorm", ref mut last] if *last == "gamma" => *last = "weight",
        [.., "LayerNorm", ref mut last] if *last == "beta" => *last = "bias",
        _ => {}
    }
    let bare = if components[0] == prefix { &components[1..] } else { &components[..] };
    let Some(first) = bare.first() else { return Place::Other };
    let of_head = |name: &str| name.split('.').next() == Some(first);
    let is_head = of_head(family.head.out) || family.head.dense.is_some_and(|dense| of_head(dense.name));
    match first {
        _ if config.is_unused(bare) => Place::Nowhere,
        _ if family.is_beyond(bare, config) => Place::Other,
        first if family.parts.contains(first) => Place::Part(format!("{prefix}.{}", bare.join("."))),
        _ if is_head && part == Part::Classifier => Place::Part(bare.join(".")),
        _ => Place::Other,
    }
}

/// Returns whether a tensor is a table of word embeddings by the name of another family than the config's.
fn has_other_words(name: &str, config: &ModelConfig) -> bool {
    let own = config.family().embeddings.word;
    matches!(components(name)[..], [.., "embeddings", table, "weight"]
        if table != own && ALL.iter().any(|family| family.embeddings.word == table))
}

/// Returns the error that the tensors are those of another family than the config says, if they are.
fn of_another_family<'a>(
    mut others: impl Iterator<Item = &'a String>,
    config: &ModelConfig,
    origin: &Path,
) -> Option<LmcError> {
    let prefix = config.prefix();
    let word = |name: &String| {
        let components = components(name);
        let by_prefix = |family: &&&Family| components[0] == &family.prefix[..family.prefix.len() - 1];
        let table = components.iter().nth_back(1).filter(|_| has_other_words(name, config));
        let by_words = |family: &&&Family| table == Some(&family.embeddings.word);
        ALL.iter().find(by_prefix).or_else(|| ALL.iter().find(by_words))
    };
    let (name, family) = others.find_map(|name| Some((name, word(name)?)))?;
    let file = File { path: origin, remedy: "give the config.json that belongs to these weights" };
    (family.prefix != prefix).then(|| {
        let (got, named) = (family.model_type, &config.model_type);
        file.damaged(format!(
            "`model_type`: got {named}, expected {got}: the tensors begin with {}, as in {name}, and none with {prefix}",
            family.prefix
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{config, others, roberta};

    #[test]
    fn names_by_hand() {
        let both =
            |name: &str| [Part::Encoder, Part::Classifier].map(|part| place(name, &[], &config(), part));
        let part = |name: &str| Place::Part(name.to_owned());
        for (name, expected) in [
            ("bert.pooler.dense.bias", "bert.pooler.dense.bias"),
            ("pooler.dense.bias", "bert.pooler.dense.bias"),
            (
                "module.bert.encoder.layer.0.output.LayerNorm.gamma",
                "bert.encoder.layer.0.output.LayerNorm.weight",
            ),
            ("embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"),
            ("embeddings.LayerNorm.bias", "bert.embeddings.LayerNorm.bias"),
            ("_orig_mod.bert.embeddings.LayerNorm.bias", "bert.embeddings.LayerNorm.bias"),
            ("module._orig_mod.model.bert.pooler.dense.bias", "bert.pooler.dense.bias"),
            ("base_model.model.encoder.layer.1.output.dense.bias", "bert.encoder.layer.1.output.dense.bias"),
            (
                "bert._orig_mod.encoder.layer.0._fsdp_wrapped_module.output.dense.bias",
                "bert.encoder.layer.0.output.dense.bias",
            ),
            // Unknown tensors within the model are kept, so that they are reported as unexpected.
            (
                "bert.encoder.layer.1.attention.self.query.lora_A",
                "bert.encoder.layer.1.attention.self.query.lora_A",
            ),
        ] {
            assert_eq!(both(name), [part(expected), part(expected)], "{name}");
        }
        for other in [
            "cls.predictions.bias",
            "lm_head.dense.weight",
            "qa_outputs.bias",
            "bert.encoder.layer.2.output.dense.bias",
            "roberta.encoder.layer.0.output.dense.bias",
            "optimizer.state.0.exp_avg",
            "module",
        ] {
            assert_eq!(both(other), [Place::Other, Place::Other], "{other}");
        }
        for head in ["classifier.weight", "module.classifier.weight", "model.classifier.weight"] {
            assert_eq!(both(head), [Place::Other, part("classifier.weight")], "{head}");
        }
        for buffer in ["bert.embeddings.position_ids", "module.embeddings.token_type_ids"] {
            assert_eq!(both(buffer), [Place::Nowhere, Place::Nowhere], "{buffer}");
        }
        let of_roberta = |name| place(name, &[], &roberta(), Part::Encoder);
        assert_eq!(of_roberta("embeddings.x"), part("roberta.embeddings.x"));
        assert_eq!(of_roberta("lm_head.layer_norm.bias"), Place::Other);
        assert_eq!(of_roberta("roberta.pooler.dense.bias"), Place::Nowhere);
    }

    #[test]
    fn what_a_deberta_does_not_use_is_left_out() {
        let place = |at: usize, name| place(name, &[], &others()[at], Part::Encoder);
        let (with, without) = ("deberta.embeddings.word_embeddings.weight", "encoder.rel_embeddings.weight");
        assert_eq!(place(4, with), Place::Part(with.to_owned()));
        assert_eq!(place(4, without), Place::Part(format!("deberta.{without}")));
        // The first has no embeddings of positions, the second no norm of its table.
        assert_eq!(place(4, "deberta.embeddings.position_embeddings.weight"), Place::Nowhere);
        assert_eq!(place(5, "deberta.encoder.LayerNorm.gamma"), Place::Nowhere);
        for head in ["pooler.dense.weight", "lm_predictions.lm_head.bias"] {
            assert_eq!(place(4, head), Place::Other);
        }
    }

    #[test]
    fn the_prefix_of_modernbert_may_be_there_or_not() {
        let place = |name: &str, part| place(name, &[], &others()[6], part);
        let words = "model.embeddings.tok_embeddings.weight";
        for before in ["", "model.", "base_model.model.model."] {
            let name = format!("{before}embeddings.tok_embeddings.weight");
            assert_eq!(place(&name, Part::Encoder), Place::Part(words.to_owned()), "{name}");
        }
        let norm = "head.norm.weight";
        assert_eq!(place(norm, Part::Encoder), Place::Other);
        assert_eq!(place(norm, Part::Classifier), Place::Part(norm.to_owned()));
        assert_eq!(place("decoder.bias", Part::Classifier), Place::Other);
        assert_eq!(place("model.layers.2.mlp.Wi.weight", Part::Encoder), Place::Other);
    }

    #[test]
    fn the_name_that_a_program_gives_its_model_is_dropped() {
        let names = |names: &[&str]| -> Vec<String> {
            let tensor = |name: &&str| ((*name).to_owned(), Tensor::from(1.0f32));
            let tensors = names.iter().map(tensor).collect();
            let selected = select(tensors, &config(), Part::Classifier, Path::new("folder")).unwrap();
            selected.tensors.into_keys().collect()
        };
        let words = "bert.embeddings.word_embeddings.weight";
        let head = "classifier.bias";
        for prefix in ["net.", "model.backbone.", "encoder.", "embeddings."] {
            let of = |name: &str| format!("{prefix}{name}");
            let bare = words.trim_start_matches("bert.");
            assert_eq!(names(&[&of(words), &of(head)]), [words, head], "{prefix}");
            // A head beside the encoder has no such prefix.
            assert_eq!(names(&[&of(bare), head]), [words, head], "{prefix}");
            let layer = "encoder.layer.0.output.dense.bias";
            let placed = [words, &format!("bert.{layer}")];
            assert_eq!(names(&[&of(bare), &of(layer)]), placed, "{prefix}");
        }
        let other = [("roberta.embeddings.word_embeddings.weight".to_owned(), Tensor::from(1.0f32))].into();
        let error = select(other, &config(), Part::Classifier, Path::new("folder")).unwrap_err().to_string();
        assert!(error.contains("got bert, expected roberta"), "{error}");
        assert!(names(&["net.electra.embeddings.word_embeddings.weight"]).is_empty());
        // A teacher beside the model is another model, and two models of equal rank are none.
        assert_eq!(names(&[words, &format!("teacher.{words}")]), [words]);
        assert!(names(&[&format!("a.{words}"), &format!("b.{words}")]).is_empty());
    }

    #[test]
    fn two_tensors_of_one_name_are_both_named() {
        let tensor = || Tensor::from(1.0f32);
        for (first, second) in [
            ("bert.pooler.dense.bias", "pooler.dense.bias"),
            ("bert.embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"),
            ("classifier.bias", "module.classifier.bias"),
            ("_orig_mod.classifier.bias", "classifier.bias"),
        ] {
            let tensors = BTreeMap::from([(first.into(), tensor()), (second.into(), tensor())]);
            let error =
                select(tensors, &config(), Part::Classifier, Path::new("folder")).unwrap_err().to_string();
            let expected = format!("folder: tensors {first} and {second} are both ");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
