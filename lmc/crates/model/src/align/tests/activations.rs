//! Activation matching.

use super::*;

fn all(config: &ModelConfig) -> Vec<Symmetry> {
    symmetries(config).into_iter().chain(stream_symmetries(config)).collect()
}

#[test]
fn a_planted_permutation_is_recovered_from_activations() {
    for config in architectures() {
        let (classifier, a) = model(&config, 1);
        let texts = texts(&config, 60);
        let b = planted(&config, 1).apply(&a).unwrap();
        let found = activation_matching(&classifier, symmetries(&config), &a, &b, &texts).unwrap();
        assert_eq!(found.apply(&b).unwrap().theta(), a.theta(), "{}", config.model_type);
        assert!(found.similarity_matched() > found.similarity_identity());
        // Each unit is then its own copy, and correlates with it by 1.
        let ffn = found.matches.iter().find(|m| m.symmetry.units == Units::FeedForward).unwrap();
        let n = ffn.symmetry.width as f64;
        assert!((ffn.similarity_matched - n).abs() < 1e-4 * n, "{ffn:?}");
        let itself = activation_matching(&classifier, all(&config), &a, &a, &texts).unwrap();
        assert!(itself.is_identity(), "{}", config.model_type);
    }
}

/// Where narrow embeddings of DeBERTa are projected nothing is watched.
#[test]
fn a_stream_is_recovered_from_activations() {
    for config in architectures() {
        let (classifier, a) = model(&config, 1);
        let texts = texts(&config, 60);
        let unseen = |symmetry: &Symmetry| {
            config.model_type == "deberta-v2" && symmetry.width == 4 && symmetry.units == Units::Stream
        };
        let seen: Vec<Symmetry> = all(&config).into_iter().filter(|symmetry| !unseen(symmetry)).collect();
        let b = planted_in(seen, 1).apply(&a).unwrap();
        let found = activation_matching(&classifier, all(&config), &a, &b, &texts).unwrap();
        assert_eq!(found.apply(&b).unwrap().theta(), a.theta(), "{}", config.model_type);
    }
}

#[test]
fn bad_input_is_a_typed_error() {
    let (bert, other) = (config(), roberta());
    let ((classifier, a), b) = (model(&bert, 1), model(&other, 1).1);
    let texts = texts(&bert, 4);
    let message = |symmetries: Vec<Symmetry>, a: &Weights, b: &Weights, texts: &[Encoded]| {
        activation_matching(&classifier, symmetries, a, b, texts).unwrap_err().to_string()
    };
    let own = || symmetries(&bert);
    assert!(message(own(), &a, &b, &texts).contains("two models of one architecture"));
    assert!(message(own(), &a, &a, &[]).starts_with("`align.n_texts`: got 0"));
    let error = message(symmetries(&other), &a, &a, &texts);
    assert!(error.contains("roberta.encoder.layer.0") && error.contains("of the classifier"), "{error}");
    let infinite = Weights::new(a.layout().clone(), a.theta() * f64::INFINITY).unwrap();
    let error = message(own(), &a, &infinite, &texts);
    assert!(error.contains("activations are finite"), "{error}");
}
