//! Activation matching against correlations and assignments of scipy, and REPAIR against PyTorch:
//! generate_alignment.py aligned two tiny classifiers and repaired points between them.

use std::path::Path;

use lmc::analyses::alignment::{Units, activation_matching, repair, stream_symmetries, symmetries};
use lmc::model::{Weights, read_safetensors};
use lmc::tch::Kind;
use serde_json::Value;

use crate::merging::under;
use crate::tiny::{classifier, config, texts};

#[test]
fn units_are_those_of_scipy_and_repaired_points_those_of_pytorch() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let all = read_safetensors(&folder.join("alignment.safetensors")).unwrap();
    let facts: Value =
        serde_json::from_slice(&std::fs::read(folder.join("alignment.json")).unwrap()).unwrap();
    let texts = texts(&facts);
    assert_eq!(texts.len(), 32);
    let classifier = classifier();
    let model = |kind: &str| {
        Weights::from_named(classifier.layout().clone(), under(&all, &format!("{kind}/"))).unwrap()
    };
    let (a, b) = (model("model-0"), model("model-1"));
    let every = symmetries(&config()).into_iter().chain(stream_symmetries(&config())).collect();
    let alignment = activation_matching(&classifier, every, &a, &b, &texts).unwrap();
    let aligned = alignment.apply(&b).unwrap();
    assert_eq!(aligned.theta(), model("aligned").theta());
    let kinds = [
        ("neurons", Units::FeedForward),
        ("heads", Units::Attention),
        ("pooler", Units::Pooler),
        ("stream", Units::Stream),
    ];
    for (name, units) in kinds {
        let own = || alignment.matches.iter().filter(|matched| matched.symmetry.units == units);
        let identity: f64 = own().map(|matched| matched.similarity_identity).sum();
        let matched: f64 = own().map(|matched| matched.similarity_matched).sum();
        for (got, expected) in
            [identity, matched].into_iter().zip(facts["correlations"][name].as_array().unwrap())
        {
            let expected = expected.as_f64().unwrap();
            assert!((got - expected).abs() < 1e-4, "{name}: {got} instead of {expected}");
        }
        assert!(matched > identity + 1.0, "{name}");
    }
    for alpha in facts["alphas"].as_array().unwrap() {
        let expected = model(&format!("repaired-{alpha}"));
        let alpha = alpha.as_f64().unwrap();
        let repaired = repair(&classifier, &a, &aligned, alpha, &texts).unwrap();
        let difference = (repaired.theta() - expected.theta()).abs().max().to_kind(Kind::Double);
        let found = difference.double_value(&[]);
        assert!(found < 1e-4, "alpha {alpha}: {found}");
        println!("alpha {alpha}: off by {found:.1e}");
        let plain = Weights::lerp(&a, &aligned, alpha).unwrap();
        assert!(Weights::distance(&plain, &repaired).unwrap() > 0.5, "nothing was repaired");
    }
}
