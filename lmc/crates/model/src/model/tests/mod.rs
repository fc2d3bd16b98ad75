mod attention;
mod calls;
mod families;
mod inputs;

use tch::{Kind, Tensor};

use super::fixture::{classifier, config, examples, others, roberta, stack, weights};
use super::layers::{embedding, layer_norm, linear, stack_offsets};
use super::*;
use crate::encode::{Encoded, PackedTokens, padded_batch};
use crate::weights::Parameters;
use lmc_base::error::LmcError;

fn normal(shape: &[i64], seed: u64) -> Tensor {
    normal_tensor(&mut lmc_base::seed::rng(seed, "normal"), shape, 1.0)
}

fn worst(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

fn one(tensor: &Tensor, i: i64) -> Tensor {
    tensor.narrow(0, i, 1)
}

#[test]
fn linear_and_layer_norm_by_hand() {
    let x = Tensor::from_slice(&[1.0f32, 2.0]).view([1, 1, 2]);
    let weight = Tensor::from_slice(&[1.0f32, 10.0, 0.5, 0.0, -1.0, 1.0]).view([1, 3, 2]);
    let bias = Tensor::from_slice(&[0.0f32, 1.0, 2.0]).view([1, 3]);
    let twice = |t: &Tensor| Tensor::cat(&[t, t], 0);
    let y = Vec::<f32>::try_from(linear(&x, &weight, Some(&bias)).reshape([-1])).unwrap();
    assert_eq!(y, [21.0, 1.5, 3.0]);
    let y = linear(&twice(&x), &twice(&weight), Some(&twice(&bias))).reshape([-1]);
    assert_eq!(Vec::<f32>::try_from(y).unwrap(), [21.0, 1.5, 3.0, 21.0, 1.5, 3.0]);
    let (scale, shift) = (Tensor::from_slice(&[2.0f32, 3.0]), Tensor::from_slice(&[0.5f32, 0.0]));
    let normed = layer_norm(&x, &scale.view([1, 2]), Some(&shift.view([1, 2])), 1e-12);
    // Mean 1.5, deviation 0.5: -1 and 1 before scale and shift.
    let expected = Tensor::from_slice(&[-1.5f32, 3.0]).view([1, 1, 2]);
    assert!(worst(&normed, &expected) < 1e-6);
}

#[test]
fn layers_of_a_stack_of_three_are_those_of_three_stacks_of_one() {
    let (x, weight, bias) = (normal(&[3, 5, 4], 1), normal(&[3, 6, 4], 2), normal(&[3, 6], 3));
    let (scale, shift) = (normal(&[3, 4], 4), normal(&[3, 4], 5));
    let (table, ids) = (normal(&[3, 7, 4], 6), Tensor::from_slice(&[0i64, 6, 3, 3, 1, 0]).view([3, 2]));
    let lines = linear(&x, &weight, Some(&bias));
    let normed = layer_norm(&x, &scale, Some(&shift), 1e-12);
    let bare = [linear(&x, &weight, None), layer_norm(&x, &scale, None, 1e-12)];
    let rows = embedding(&table, &stack_offsets(&ids, 7));
    for i in 0..3 {
        let [x, weight, scale] = [&x, &weight, &scale].map(|tensor| one(tensor, i));
        assert!(worst(&one(&lines, i), &linear(&x, &weight, Some(&one(&bias, i)))) < 1e-6);
        let alone = layer_norm(&x, &scale, Some(&one(&shift, i)), 1e-12);
        assert!(worst(&one(&bare[0], i), &linear(&x, &weight, None)) < 1e-6);
        assert!(worst(&one(&bare[1], i), &layer_norm(&x, &scale, None, 1e-12)) < 1e-6);
        assert!(worst(&one(&normed, i), &alone) < 1e-6);
        assert_eq!(one(&rows, i), embedding(&one(&table, i), &stack_offsets(&one(&ids, i), 7)));
    }
}

/// A padded batch for each model of a stack.
fn tokens(examples: &[Encoded], n_stack: i64) -> Tokens {
    let batch = padded_batch(examples, &(0..examples.len()).collect::<Vec<_>>(), 0).unwrap();
    let mut tokens = Tokens::shared(&batch.ids, &batch.segments, n_stack);
    tokens.mask = batch.mask.map(|m| m.unsqueeze(0).expand([n_stack, -1, -1], false));
    tokens
}

#[test]
fn a_stack_of_three_models_is_three_models() {
    let (classifier, examples) = (classifier(), examples(6, 1));
    let theta = stack(&classifier, &[1, 2, 3]);
    let together = Parameters::views(&theta, classifier.layout()).unwrap();
    let logits = classifier.logits(&together, &tokens(&examples, 3), &Dropout::NONE).unwrap();
    assert_eq!(logits.size(), [3, 6, 2]);
    for i in 0..3 {
        let alone = Parameters::views(&one(&theta, i), classifier.layout()).unwrap();
        let alone = classifier.logits(&alone, &tokens(&examples, 1), &Dropout::NONE).unwrap();
        assert!(worst(&one(&logits, i), &alone) < 1e-5);
    }
    assert!(worst(&one(&logits, 0), &one(&logits, 1)) > 1e-2);
}

#[test]
fn padding_changes_nothing() {
    let (classifier, examples) = (classifier(), examples(8, 2));
    let theta = weights(&classifier, 1).theta().unsqueeze(0);
    let p = Parameters::views(&theta, classifier.layout()).unwrap();
    let padded = tokens(&examples, 1);
    assert!(padded.mask.is_some());
    let logits = classifier.logits(&p, &padded, &Dropout::NONE).unwrap();
    for (i, example) in examples.iter().enumerate() {
        let alone = tokens(std::slice::from_ref(example), 1);
        assert!(alone.mask.is_none());
        let alone = classifier.logits(&p, &alone, &Dropout::NONE).unwrap();
        assert!(worst(&alone.select(1, 0), &logits.select(1, i as i64)) < 1e-5);
    }
    // The content of the padding is never read.
    let other = padded.ids.where_self(padded.mask.as_ref().unwrap(), &Tensor::from(7i64));
    let other = Tokens { ids: other, segments: padded.segments, mask: padded.mask };
    assert!(worst(&classifier.logits(&p, &other, &Dropout::NONE).unwrap(), &logits) < 1e-6);
}

/// Dropout takes another attention kernel, which must compute the same when nothing falls.
#[test]
fn both_attention_kernels_agree() {
    use rand_xoshiro::rand_core::SeedableRng;
    let (classifier, examples) = (classifier(), examples(8, 3));
    let theta = stack(&classifier, &[1, 2]);
    let p = Parameters::views(&theta, classifier.layout()).unwrap();
    let nothing = Dropout::new(1e-9, rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(0));
    assert!(nothing.is_active());
    let plain = classifier.logits(&p, &tokens(&examples, 2), &Dropout::NONE).unwrap();
    assert!(worst(&classifier.logits(&p, &tokens(&examples, 2), &nothing).unwrap(), &plain) < 1e-5);
}

#[test]
fn the_same_input_gives_the_same_bits() {
    let (classifier, examples) = (classifier(), examples(8, 4));
    let run = || {
        let p = Parameters::views(&stack(&classifier, &[5]), classifier.layout()).unwrap();
        classifier.logits(&p, &tokens(&examples, 1), &Dropout::NONE).unwrap()
    };
    assert_eq!(run(), run());
}

#[test]
fn heads_are_drawn_from_their_seed() {
    let classifier = classifier();
    let head = |seed| classifier.init_head(seed, 0.02);
    assert_eq!(head(1), head(1));
    assert_eq!(head(1)[0].1, normal_tensor(&mut lmc_base::seed::rng(1, "head"), &[2, 8], 0.02));
    assert_ne!(head(1)[0].1, head(2)[0].1);
    assert_eq!(head(1)[1].1, Tensor::zeros([2], (Kind::Float, tch::Device::Cpu)));
    assert!(head(1).iter().all(|(name, _)| Classifier::is_head(name)));
    let of_modernbert = Classifier::new(&others()[6], 2).init_head(1, 0.02);
    assert_eq!((&*of_modernbert[1].0, of_modernbert[1].1.min().double_value(&[])), ("head.norm.weight", 1.0));
}

/// A probe of a frozen encoder needs its features once and then the head alone, a part of theta at its end.
#[test]
fn a_head_alone_over_features_gives_the_same_logits() {
    let (one, two) = (3 * 8 + 3, 8 * 8 + 8 + 3 * 8 + 3);
    let [electra, distilbert, mpnet, albert, deberta, _, bare, modernbert] = others();
    for (config, n_head) in [
        (config(), one),
        (roberta(), two),
        (electra, two),
        (distilbert, two),
        (mpnet, two),
        (albert, one),
        (deberta, two),
        // A norm, which has a bias or none.
        (bare, two - 8 + 8),
        (modernbert, two + 16),
    ] {
        let classifier = Classifier::new(&config, 3);
        let (layout, head) = (classifier.layout(), classifier.head_layout());
        assert_eq!(head.n_parameters(), n_head);
        let tail = &layout.entries()[layout.entries().len() - head.entries().len()..];
        for (whole, alone) in tail.iter().zip(head.entries()) {
            assert_eq!((&whole.name, &whole.shape), (&alone.name, &alone.shape));
            assert_eq!(whole.offset, classifier.head_offset() + alone.offset);
            assert!(Classifier::is_head(&whole.name));
        }
        let n_named = layout.entries().iter().filter(|entry| Classifier::is_head(&entry.name)).count();
        assert_eq!(n_named, head.entries().len());

        let theta = stack(&classifier, &[1, 2]);
        let p = Parameters::views(&theta, layout).unwrap();
        let mut tokens = tokens(&examples(6, 5), 2);
        if config.is_roberta() {
            tokens.segments = tokens.segments.zeros_like();
        }
        let features = classifier.features(&p, &tokens, &Dropout::NONE).unwrap();
        assert_eq!(features.size(), [2, 6, 8]);
        let alone = theta.narrow(1, classifier.head_offset(), n_head);
        let alone = Parameters::views(&alone, head).unwrap();
        let logits = classifier.head_logits(&alone, &features, &Dropout::NONE).unwrap();
        assert_eq!(logits, classifier.logits(&p, &tokens, &Dropout::NONE).unwrap());
        assert!(logits.std(false).double_value(&[]) > 0.1);
    }
}

/// RoBERTa's head has two dropouts, BERT's one; with the same masks the head alone drops the same.
#[test]
fn a_head_alone_drops_what_it_drops_in_the_whole() {
    use rand_xoshiro::rand_core::SeedableRng;
    let dropout = || Dropout::new(0.5, rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(3));
    for (config, n_layers) in [(config(), 1), (roberta(), 2)] {
        let classifier = Classifier::new(&config, 2);
        let theta = stack(&classifier, &[1]);
        let alone = theta.narrow(1, classifier.head_offset(), classifier.head_layout().n_parameters());
        let alone = Parameters::views(&alone, classifier.head_layout()).unwrap();
        let features = normal(&[1, 4, 8], 9);
        let drops = dropout();
        let logits = classifier.head_logits(&alone, &features, &drops).unwrap();
        let named: std::collections::BTreeMap<_, _> =
            weights(&classifier, 1).named().into_iter().filter(|(n, _)| Classifier::is_head(n)).collect();
        let get = |name: &str| named[&format!("classifier.{name}")].unsqueeze(0);
        let again = dropout();
        let expected = match n_layers {
            1 => linear(&again.apply(features), &get("weight"), Some(&get("bias"))),
            _ => {
                let hidden =
                    linear(&again.apply(features), &get("dense.weight"), Some(&get("dense.bias"))).tanh();
                linear(&again.apply(hidden), &get("out_proj.weight"), Some(&get("out_proj.bias")))
            }
        };
        assert!(worst(&logits, &expected) < 1e-6);
        assert_eq!(drops.generator(), again.generator());
    }
}

#[test]
fn every_tensor_of_a_fresh_roberta_head_is_drawn() {
    let classifier = Classifier::new(&roberta(), 2);
    let head = classifier.init_head(1, 0.02);
    let names: Vec<&str> = head.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["dense.weight", "dense.bias", "out_proj.weight", "out_proj.bias"];
    assert_eq!(names, expected.map(|name| format!("classifier.{name}")));
    for (name, tensor) in &head {
        let deviation = tensor.std(false).double_value(&[]);
        assert_eq!(deviation == 0.0, name.ends_with("bias"), "{name}");
        assert!(
            (name.ends_with("bias") && *tensor == tensor.zeros_like()) || (0.01..0.03).contains(&deviation)
        );
    }
    assert_ne!(head[0].1, classifier.init_head(2, 0.02)[0].1);
}

#[test]
fn a_folder_brings_back_the_same_bits() {
    let (classifier, folder) = (classifier(), tempfile::tempdir().unwrap());
    let saved = weights(&classifier, 3);
    save_folder(folder.path(), &config(), &saved).unwrap();
    let pretrained = load_folder(folder.path()).unwrap();
    assert_eq!(pretrained.config, config().with_labels(["LABEL_0", "LABEL_1"]));
    let loaded = pretrained.with_head(&classifier, 9, 0.02).unwrap();
    for ((name, a), (_, b)) in saved.named().into_iter().zip(loaded.named()) {
        assert_eq!(a == b, !Classifier::is_head(&name), "{name}");
    }
    let all = read_safetensors(&folder.path().join("model.safetensors")).unwrap();
    let again = crate::weights::Weights::from_named(classifier.layout().clone(), all).unwrap();
    assert_eq!(again.theta(), saved.theta());
}

#[test]
fn damaged_folders_name_the_file() {
    let (classifier, folder) = (classifier(), tempfile::tempdir().unwrap());
    let message = load_folder(folder.path()).unwrap_err().to_string();
    assert!(message.contains("config.json") && message.contains("check the path"), "{message}");
    save_folder(folder.path(), &config(), &weights(&classifier, 3)).unwrap();
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = load_folder(folder.path()).unwrap_err();
    assert!(matches!(&error, LmcError::Format { path: p, .. } if *p == path), "{error}");
    std::fs::write(folder.path().join("config.json"), "{\n\"model_type\": \"bert\"\n").unwrap();
    let message = load_folder(folder.path()).unwrap_err().to_string();
    assert!(message.contains("config.json:") && message.contains("Hugging Face encoder"), "{message}");
}

#[test]
fn an_encoder_without_its_pooler_is_refused_by_name() {
    let (classifier, folder) = (classifier(), tempfile::tempdir().unwrap());
    save_folder(folder.path(), &config(), &weights(&classifier, 3)).unwrap();
    let mut pretrained = load_folder(folder.path()).unwrap();
    pretrained.tensors.remove("bert.pooler.dense.bias");
    let message = pretrained.with_head(&classifier, 0, 0.02).unwrap_err().to_string();
    assert!(message.contains("bert.pooler.dense.bias"), "{message}");
}

#[test]
fn impossible_configs_are_refused_by_field() {
    type Change = fn(&mut ModelConfig);
    let cases: [(&str, Change); 8] = [
        ("model_type", |c| c.model_type = "gpt2".into()),
        ("hidden_act", |c| c.hidden_act = "prelu".into()),
        ("vocab_size", |c| c.vocab_size = 0),
        ("num_hidden_layers", |c| c.num_hidden_layers = -1),
        ("max_position_embeddings", |c| c.max_position_embeddings = 1 << 25),
        ("num_attention_heads", |c| c.num_attention_heads = 3),
        ("layer_norm_eps", |c| c.layer_norm_eps = -1e-12),
        ("initializer_range", |c| c.initializer_range = f64::NAN),
    ];
    for (field, change) in cases {
        let mut config = config();
        change(&mut config);
        let message = config.check().unwrap_err().to_string();
        assert!(message.contains(field), "{message}");
    }
    config().check().unwrap();
}

/// Packed tokens against each sequence alone, by the whole last layer: logits and gradients.
#[test]
fn packed_tokens_are_sequences_alone() {
    for config in [config(), roberta()].into_iter().chain(others()) {
        let classifier = Classifier::new(&config, 3);
        let mut examples = examples(9, 6);
        if config.is_roberta() {
            examples.iter_mut().for_each(|example| example.segments.fill(0));
        }
        examples.sort_by_key(|example| example.ids.len());
        let packed = PackedTokens::new(&examples);
        assert!(packed.groups.len() > 2 && packed.groups.iter().any(|group| group.n_sequences > 1));
        for seeds in [&[1u64][..], &[1, 2, 3]] {
            let theta = stack(&classifier, seeds);
            let leaves = Parameters::leaves(&theta, classifier.layout()).unwrap();
            let together = classifier.packed_logits(&leaves, &packed, &Dropout::NONE).unwrap();
            let again = Parameters::leaves(&theta, classifier.layout()).unwrap();
            let alone: Vec<Tensor> = examples
                .iter()
                .map(|example| {
                    let tokens = tokens(std::slice::from_ref(example), seeds.len() as i64);
                    classifier.logits(&again, &tokens, &Dropout::NONE).unwrap()
                })
                .collect();
            let alone = Tensor::cat(&alone, 1);
            assert!(worst(&together, &alone) < 1e-5);
            let squares = |logits: &Tensor| (logits * logits).sum(Kind::Float);
            let gradient = leaves.gradient(&squares(&together)).unwrap();
            let expected = again.gradient(&squares(&alone)).unwrap();
            let scale = expected.abs().max().double_value(&[]);
            assert!(worst(&gradient, &expected) < 1e-5 * scale);
        }
    }
}

#[test]
fn packed_attention_with_dropout_is_that_without_when_nothing_falls() {
    use rand_xoshiro::rand_core::SeedableRng;
    let (classifier, examples) = (classifier(), examples(9, 7));
    let p = Parameters::views(&stack(&classifier, &[1, 2]), classifier.layout()).unwrap();
    let packed = PackedTokens::new(&examples);
    let nothing = Dropout::new(1e-9, rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(0));
    let plain = classifier.packed_logits(&p, &packed, &Dropout::NONE).unwrap();
    assert!(worst(&classifier.packed_logits(&p, &packed, &nothing).unwrap(), &plain) < 1e-5);
}
