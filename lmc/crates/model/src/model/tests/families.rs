//! The families beside BERT and RoBERTa: their configs, pretrained encoders with heads of their own, and
//! tensors that do not fit.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::model::{Pretrained, load_finetuned};
use crate::weights::Weights;

fn zeros(shape: &[i64]) -> Tensor {
    Tensor::zeros(shape, (Kind::Float, tch::Device::Cpu))
}

/// Writes a folder with the tensors of a classifier over three classes after a change.
fn folder(
    config: &ModelConfig,
    change: impl Fn(&mut BTreeMap<String, Tensor>),
) -> (tempfile::TempDir, Weights) {
    let folder = tempfile::tempdir().unwrap();
    let weights = weights(&Classifier::new(config, 3), 7);
    save_folder(folder.path(), config, &weights).unwrap();
    let path = folder.path().join("model.safetensors");
    let mut named = read_safetensors(&path).unwrap();
    change(&mut named);
    let tensors: Vec<(String, Tensor)> = named.into_iter().collect();
    Tensor::write_safetensors(&tensors, path).unwrap();
    (folder, weights)
}

fn refused<T: std::fmt::Debug>(result: lmc_base::error::Result<T>, folder: &Path) -> String {
    let message = result.unwrap_err().to_string();
    assert!(message.starts_with(&folder.display().to_string()), "{message}");
    message
}

/// The heads of pretraining, which published encoders bring, are left out, and fresh ones are drawn.
#[test]
fn pretrained_encoders_take_fresh_heads() {
    let [electra, distilbert, mpnet, albert, deberta, _, modernbert, _] = others();
    for (config, heads) in [
        (
            electra,
            vec!["discriminator_predictions.dense.weight", "discriminator_predictions.dense_prediction.bias"],
        ),
        (distilbert, vec!["vocab_layer_norm.bias", "vocab_projector.bias", "vocab_transform.weight"]),
        (mpnet, vec!["lm_head.dense.weight", "lm_head.layer_norm.bias"]),
        (deberta, vec!["lm_predictions.lm_head.dense.weight", "mask_predictions.dense.bias"]),
        (modernbert, vec!["decoder.bias", "decoder.weight"]),
        (albert, vec!["predictions.bias", "predictions.dense.weight", "sop_classifier.classifier.bias"]),
    ] {
        let (folder, weights) = folder(&config, |named| {
            named.retain(|name, _| !Classifier::is_head(name));
            named.extend(heads.iter().map(|head| ((*head).to_owned(), zeros(&[8]))));
        });
        let pretrained = load_folder(folder.path()).unwrap();
        assert_eq!(pretrained.others, heads, "{}", config.model_type);
        let classifier = Classifier::new(&pretrained.config, 2);
        let fresh = pretrained.with_head(&classifier, 1, 0.02).unwrap();
        let before: BTreeMap<String, Tensor> = weights.named().into_iter().collect();
        for (name, tensor) in fresh.named() {
            let is_drawn = Classifier::is_head(&name);
            assert_eq!(before[&name] != tensor, is_drawn, "{name}");
            assert_eq!(
                is_drawn && name.ends_with("weight") && !is_norm(&name),
                is_drawn && tensor.std(false).double_value(&[]) > 0.0
            );
        }
        let message = load_finetuned(folder.path()).unwrap_err().to_string();
        assert!(message.contains("the head of a finetuned classifier"), "{message}");
    }
}

/// A masked language model has no pooler, of which ALBERT's classifiers need one; MPNet's do not use theirs.
#[test]
fn poolers_are_drawn_or_left_out() {
    let [_, _, mpnet, albert, ..] = others();
    let (without, _) = folder(&albert, |named| named.retain(|name, _| !name.starts_with("albert.pooler.")));
    let pretrained = load_folder(without.path()).unwrap();
    assert!(pretrained.lacks_pooler());
    let classifier = Classifier::new(&pretrained.config, 2);
    let pooler = |seed| {
        let named: BTreeMap<_, _> =
            pretrained.with_head(&classifier, seed, 0.02).unwrap().named().into_iter().collect();
        named["albert.pooler.weight"].copy()
    };
    assert!(pooler(1) == pooler(1) && pooler(1) != pooler(2));
    let message = refused(load_finetuned(without.path()), without.path());
    assert!(
        message.contains("no albert.pooler.weight and no albert.pooler.bias, which a finetuned Albert"),
        "{message}"
    );
    let (with, weights) = folder(&mpnet, |named| {
        named.insert("mpnet.pooler.dense.weight".into(), zeros(&[8, 8]));
    });
    let pretrained: Pretrained = load_folder(with.path()).unwrap();
    assert!(!pretrained.lacks_pooler() && pretrained.others.iter().all(|name| Classifier::is_head(name)));
    assert_eq!(load_finetuned(with.path()).unwrap().weights.theta(), weights.theta());
}

#[test]
fn tensors_that_do_not_fit_are_told_with_names_and_shapes() {
    for (config, [missing, misshapen, beyond]) in others().into_iter().zip([
        [
            "electra.embeddings_project.weight",
            "electra.embeddings.LayerNorm.bias",
            "electra.encoder.layer.2.x",
        ],
        [
            "distilbert.transformer.layer.1.ffn.lin1.bias",
            "pre_classifier.bias",
            "distilbert.transformer.layer.2.x",
        ],
        [
            "mpnet.encoder.relative_attention_bias.weight",
            "mpnet.encoder.layer.0.attention.attn.q.bias",
            "mpnet.encoder.layer.7.x",
        ],
        [
            "albert.encoder.embedding_hidden_mapping_in.bias",
            "albert.encoder.albert_layer_groups.1.albert_layers.0.ffn.bias",
            "albert.encoder.albert_layer_groups.2.albert_layers.0.x",
        ],
        ["deberta.encoder.rel_embeddings.weight", "pooler.dense.bias", "deberta.encoder.layer.2.x"],
        [
            "deberta.encoder.layer.1.attention.self.pos_query_proj.bias",
            "deberta.embeddings.embed_proj.weight",
            "deberta.encoder.layer.5.x",
        ],
        ["model.layers.1.attn_norm.weight", "head.norm.weight", "model.layers.2.x"],
        ["model.final_norm.bias", "model.layers.0.mlp.Wi.bias", "model.layers.3.x"],
    ]) {
        let (changed, _) = folder(&config, |named| {
            assert!(named.remove(missing).is_some());
            named.insert(misshapen.into(), zeros(&[3, 5]));
            named.insert(beyond.into(), zeros(&[1]));
        });
        let error = load_finetuned(changed.path()).unwrap_err();
        let LmcError::Tensors { origin, missing: gone, unexpected, misshapen: wrong, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((origin.as_deref(), gone.as_slice()), (Some(changed.path()), &[missing.to_owned()][..]));
        assert_eq!(
            (wrong.len(), wrong[0].name.as_str(), wrong[0].got.as_slice()),
            (1, misshapen, &[3, 5][..])
        );
        assert_eq!(*unexpected, [beyond], "{error}");
        let message = error.to_string();
        assert!(message.contains(missing) && message.contains("[3, 5]"), "{message}");
    }
}

#[test]
fn tensors_of_another_family_than_the_config_says_are_told() {
    let mut configs: Vec<ModelConfig> = [config(), roberta()].into_iter().chain(others()).collect();
    configs.dedup_by_key(|config| config.model_type.clone());
    for (i, of) in configs.iter().enumerate() {
        let (changed, _) = folder(of, |_| {});
        let said = &configs[(i + 1) % configs.len()];
        std::fs::write(changed.path().join("config.json"), said.to_json().unwrap().to_string()).unwrap();
        for message in [
            refused(load_finetuned(changed.path()), changed.path()),
            refused(load_folder(changed.path()), changed.path()),
        ] {
            let expected = format!("`model_type`: got {}, expected {}", said.model_type, of.model_type);
            assert!(message.contains(&expected), "{message}");
        }
    }
}

#[test]
fn a_family_without_pretraining_heads_is_not_pretrained() {
    let message = PretrainingModel::new(&others()[0]).init(1).unwrap_err().to_string();
    assert!(message.starts_with("unknown family to pretrain `electra`; known: bert, roberta, "), "{message}");
}
