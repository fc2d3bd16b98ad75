//! Inputs that a model has no place for, and configs that are not the usual ones.

use super::*;

/// Logits and gradients of packed and of padded tokens when ids for padding stand among them, by hand where
/// it matters: RoBERTa gives them no position, and neither family trains their rows.
#[test]
fn a_pad_id_of_a_real_token_has_no_place_and_no_gradient() {
    let examples: Vec<Encoded> = [&[4i64, 7, 3, 7, 5][..], &[4, 3, 7], &[4, 6, 5]]
        .map(|ids| Encoded { ids: ids.to_vec(), segments: vec![0; ids.len()], label: 0 })
        .into();
    for config in [
        ModelConfig { pad_token_id: Some(7), max_position_embeddings: 20, ..roberta() },
        ModelConfig { pad_token_id: Some(7), ..config() },
    ] {
        let is_roberta = config.is_roberta();
        let classifier = Classifier::new(&config, 2);
        let theta = stack(&classifier, &[1, 2]);
        let packed = PackedTokens::new(&examples);
        let leaves = Parameters::leaves(&theta, classifier.layout()).unwrap();
        let together = classifier.packed_logits(&leaves, &packed, &Dropout::NONE).unwrap();
        let again = Parameters::leaves(&theta, classifier.layout()).unwrap();
        let batch = padded_batch(&examples, &[0, 1, 2], 0).unwrap();
        let mut tokens = Tokens::shared(&batch.ids, &batch.segments, 2);
        tokens.mask = batch.mask.map(|m| m.unsqueeze(0).expand([2, -1, -1], false));
        let padded = classifier.logits(&again, &tokens, &Dropout::NONE).unwrap();
        assert!(worst(&together, &padded) < 1e-5);
        let squares = |logits: &Tensor| (logits * logits).sum(Kind::Float);
        let (gradient, expected) =
            (leaves.gradient(&squares(&together)).unwrap(), again.gradient(&squares(&padded)).unwrap());
        assert!(worst(&gradient, &expected) < 1e-5 * expected.abs().max().double_value(&[]));
        let named = |theta: &Tensor, end: &str| {
            let weights = crate::weights::Weights::new(classifier.layout().clone(), theta.get(0)).unwrap();
            weights.named().into_iter().find(|(name, _)| name.ends_with(end)).unwrap().1.copy()
        };
        let norms = named(&gradient, "word_embeddings.weight").abs().sum_dim_intlist(
            [1i64].as_slice(),
            false,
            Kind::Float,
        );
        let norms = Vec::<f32>::try_from(norms).unwrap();
        let taught: Vec<usize> = (0..norms.len()).filter(|&row| norms[row] > 0.0).collect();
        assert_eq!(taught, [3, 4, 5, 6]);
        // Of 4 7 3 7 5 the tokens 4, 3 and 5 have the first three places; ids 7 have the place of padding.
        let rows = named(&gradient, "position_embeddings.weight").abs().sum_dim_intlist(
            [1i64].as_slice(),
            false,
            Kind::Float,
        );
        let rows = Vec::<f32>::try_from(rows).unwrap();
        let taught: Vec<usize> = (0..rows.len()).filter(|&row| rows[row] > 0.0).collect();
        assert_eq!(taught, if is_roberta { vec![8, 9, 10] } else { vec![0, 1, 2, 3, 4] });
    }
}

#[test]
fn what_a_model_has_no_row_for_is_refused_before_it_is_looked_up() {
    let classifier = Classifier::new(&config(), 2).found_in(std::path::Path::new("some/folder"));
    let theta = stack(&classifier, &[1]);
    let p = Parameters::views(&theta, classifier.layout()).unwrap();
    for (id, segment, length, says) in [
        (20, 0, 3, "token id 20"),
        (-1, 0, 3, "token id -1"),
        (3, 2, 3, "segment 2"),
        (3, 0, 11, "position 10"),
    ] {
        let example = Encoded { ids: vec![id; length], segments: vec![segment; length], label: 0 };
        let packed =
            classifier.packed_logits(&p, &PackedTokens::new([&example]), &Dropout::NONE).unwrap_err();
        let padded =
            classifier.logits(&p, &tokens(std::slice::from_ref(&example), 1), &Dropout::NONE).unwrap_err();
        for error in [packed, padded] {
            assert!(matches!(error, LmcError::OutsideTable { .. }), "{error}");
            let message = error.to_string();
            assert!(message.starts_with("some/folder: ") && message.contains(says), "{message}");
        }
    }
}

#[test]
fn tensors_that_do_not_belong_together_are_refused() {
    let classifier = classifier();
    let theta = stack(&classifier, &[1]);
    let p = Parameters::views(&theta, classifier.layout()).unwrap();
    let sound = || tokens(&examples(2, 1), 1);
    let refused = |tokens: &Tokens| classifier.logits(&p, tokens, &Dropout::NONE).unwrap_err().to_string();
    let flat = Tokens { ids: sound().ids.reshape([-1]), ..sound() };
    assert!(refused(&flat).starts_with("token ids: got shape"), "{}", refused(&flat));
    let short = Tokens { segments: sound().segments.narrow(2, 0, 1), ..sound() };
    assert!(refused(&short).starts_with("segments: got shape"), "{}", refused(&short));
    assert!(refused(&tokens(&examples(2, 1), 3)).starts_with("token ids: got shape [3, 2,"));
    let floats = Tokens { ids: sound().ids.to_kind(Kind::Float), ..sound() };
    assert!(refused(&floats).starts_with("libtorch: "), "{}", refused(&floats));
    let message = Parameters::views(&theta.narrow(1, 1, 5), classifier.layout()).unwrap_err().to_string();
    assert!(message.starts_with("theta: got shape [1, 5], expected [1, "), "{message}");
    let odd = ModelConfig { num_attention_heads: 3, ..config() };
    let odd = Classifier::new(&odd, 2);
    let p = Parameters::views(&stack(&odd, &[1]), odd.layout()).unwrap();
    let message = odd.logits(&p, &sound(), &Dropout::NONE).unwrap_err().to_string();
    assert!(message.starts_with("`num_attention_heads`: got 3"), "{message}");
    let huge = ModelConfig { hidden_size: 1 << 60, num_hidden_layers: 1 << 60, ..config() };
    assert!(Classifier::new(&huge, 2).layout().n_parameters() == i64::MAX);
}

#[test]
fn a_missing_pooler_is_drawn_from_its_own_stream_of_the_seed_of_the_head() {
    let (classifier, folder) = (classifier(), tempfile::tempdir().unwrap());
    save_folder(folder.path(), &config(), &weights(&classifier, 3)).unwrap();
    let mut pretrained = load_folder(folder.path()).unwrap();
    assert!(!pretrained.lacks_pooler());
    let whole = pretrained.with_head(&classifier, 7, 0.02).unwrap();
    pretrained.tensors.retain(|name, _| !name.contains("pooler"));
    assert!(pretrained.lacks_pooler());
    pretrained.check(&classifier).unwrap();
    let named = |seed| {
        let weights = pretrained.with_head(&classifier, seed, 0.02).unwrap();
        weights
            .named()
            .into_iter()
            .map(|(name, tensor)| (name, tensor.copy()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let (seven, eight) = (named(7), named(8));
    let drawn = normal_tensor(&mut lmc_base::seed::rng(7, "pooler"), &[8, 8], 0.02);
    assert_eq!(seven["bert.pooler.dense.weight"], drawn);
    assert_eq!(seven["bert.pooler.dense.bias"], Tensor::zeros([8], (Kind::Float, tch::Device::Cpu)));
    assert_ne!(eight["bert.pooler.dense.weight"], drawn);
    // The head is the one that it would be over an encoder with its pooler.
    for (name, tensor) in whole.named().into_iter().filter(|(name, _)| !name.contains("pooler")) {
        assert_eq!(seven[&name], tensor, "{name}");
    }
}

/// Other activations, no layers, many outputs: packed and padded tokens, alone and in a stack, agree with
/// each other.
#[test]
fn every_path_computes_the_same_whatever_the_config() {
    for config in [
        ModelConfig { hidden_act: "gelu_new".into(), ..config() },
        ModelConfig { hidden_act: "relu".into(), ..roberta() },
        ModelConfig { hidden_act: "quick_gelu".into(), num_hidden_layers: 0, ..config() },
        ModelConfig { hidden_act: "silu".into(), num_hidden_layers: 1, pad_token_id: Some(-1), ..roberta() },
        ModelConfig { pad_token_id: Some(-1), ..config() },
    ] {
        config.check().unwrap();
        let classifier = Classifier::new(&config, 77);
        let mut examples = examples(5, 8);
        examples.iter_mut().for_each(|example| example.segments.fill(0));
        examples.sort_by_key(|example| example.ids.len());
        let theta = stack(&classifier, &[1, 2]);
        let p = Parameters::views(&theta, classifier.layout()).unwrap();
        let packed = classifier.packed_logits(&p, &PackedTokens::new(&examples), &Dropout::NONE).unwrap();
        assert_eq!(packed.size(), [2, 5, 77]);
        let padded = classifier.logits(&p, &tokens(&examples, 2), &Dropout::NONE).unwrap();
        assert!(worst(&packed, &padded) < 1e-5, "{config:?}");
        let alone = Parameters::views(&one(&theta, 1), classifier.layout()).unwrap();
        let alone = classifier.packed_logits(&alone, &PackedTokens::new(&examples), &Dropout::NONE).unwrap();
        assert!(worst(&one(&packed, 1), &alone) < 1e-5, "{config:?}");
    }
}
