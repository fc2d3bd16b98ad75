use std::sync::Arc;

use super::*;
use crate::soup::uniform;
use crate::weights::Layout;
use lmc_base::options::Options;

/// A layout of an encoder with a head that no base has.
fn layout() -> Arc<Layout> {
    let mut layout = Layout::default();
    layout.push("encoder.weight", &[6, 5]);
    layout.push("encoder.bias", &[7]);
    layout.push("head.weight", &[2, 3]);
    Arc::new(layout)
}

fn models(n: i64) -> Vec<Weights> {
    let layout = layout();
    let theta = |seed: i64| {
        let places = Tensor::arange(layout.n_parameters(), (Kind::Float, tch::Device::Cpu));
        (places * (seed as f64 * 0.37 + 1.3)).sin()
    };
    (0..n).map(|seed| Weights::new(layout.clone(), theta(seed)).unwrap()).collect()
}

fn base() -> BTreeMap<String, Tensor> {
    let named = models(9).pop().unwrap().named();
    named.into_iter().filter(|(name, _)| name.starts_with("encoder")).collect()
}

/// Returns the statistics of a method, the same for each of `n` models.
fn statistics(method: MergeMethod, n: usize) -> Vec<BTreeMap<String, Tensor>> {
    let of_one = || match method.statistic() {
        Some((Statistic::Gram, _)) => {
            let rows = models(1).remove(0).named().remove(0).1;
            BTreeMap::from([("encoder.weight".to_owned(), rows.tr().matmul(&rows))])
        }
        _ => models(1).remove(0).named().into_iter().map(|(name, tensor)| (name, tensor.abs())).collect(),
    };
    if method.statistic().is_some() { (0..n).map(|_| of_one()).collect() } else { Vec::new() }
}

fn merged(options: &MergeOptions, models: &[Weights]) -> Weights {
    let statistics = statistics(options.method, models.len());
    merge(&options.check().unwrap(), models, Some(&base()), &statistics).unwrap()
}

fn distance(a: &Weights, b: &Weights) -> f64 {
    Weights::distance(a, b).unwrap()
}

fn tensor(weights: &Weights, name: &str) -> Vec<f32> {
    let named: BTreeMap<String, Tensor> = weights.named().into_iter().collect();
    Vec::try_from(named[name].reshape([-1])).unwrap()
}

fn error(options: &MergeOptions, n: i64, base: Option<&BTreeMap<String, Tensor>>) -> String {
    let made = options.check().and_then(|options| merge(&options, &models(n), base, &[]));
    made.unwrap_err().to_string()
}

#[test]
fn equal_weights_are_the_uniform_soup() {
    let models = models(5);
    let soup = uniform(5, |i| Ok(models[i].clone())).unwrap();
    let mean = merge(&MergeOptions::new(MergeMethod::linear()).check().unwrap(), &models, None, &[]).unwrap();
    assert_eq!(distance(&soup, &mean), 0.0);
    // Task arithmetic with weights that sum to 1 is the same, and so is the end of WiSE-FT.
    for method in [MergeMethod::task_arithmetic(), MergeMethod::WiseFt { alpha: 1.0 }] {
        assert!(distance(&soup, &merged(&MergeOptions::new(method), &models)) < 1e-5, "{method}");
    }
}

#[test]
fn weights_are_the_shares_of_models() {
    let models = models(2);
    let weights = Some(vec![0.25, 0.75]);
    let point = Weights::lerp(&models[0], &models[1], 0.25).unwrap();
    let options = MergeOptions { weights: weights.clone(), ..MergeOptions::new(MergeMethod::linear()) };
    assert!(distance(&point, &merged(&options, &models)) < 1e-6);
    let twice = Some(vec![0.5, 1.5]);
    let options = MergeOptions { weights: twice, ..options };
    assert!(distance(&point, &merged(&options, &models)) < 1e-6);
}

#[test]
fn one_model_and_equal_models_stay_what_they_are() {
    let model = models(1).remove(0);
    for name in MergeMethod::NAMES {
        // All of a task vector is kept: what is dropped is not replaced.
        let method = match MergeMethod::named(name).unwrap() {
            MergeMethod::WiseFt { .. } => MergeMethod::WiseFt { alpha: 1.0 },
            MergeMethod::TaskVectors(vectors) => {
                let trim = match vectors.trim {
                    Trim::Nothing => Trim::Nothing,
                    Trim::Magnitude { .. } => Trim::Magnitude { density: 1.0 },
                    Trim::Random { .. } => Trim::Random { density: 1.0 },
                    Trim::Outliers { gamma, .. } => Trim::Outliers { density: 1.0, gamma },
                    Trim::Ranks { epsilon, .. } => Trim::Ranks { density: 1.0, epsilon },
                };
                MergeMethod::TaskVectors(TaskVectors { trim, ..vectors })
            }
            other => other,
        };
        for n in 1..=3 {
            let (fewest, most) = method.n_models();
            if (fewest..=most).contains(&n) {
                let made = merged(&MergeOptions::new(method), &vec![model.clone(); n]);
                assert!(distance(&model, &made) < 1e-5, "{name} of {n}");
            }
        }
    }
}

#[test]
fn the_order_of_models_does_not_matter_without_draws() {
    let models = models(3);
    let turned = vec![models[2].clone(), models[0].clone(), models[1].clone()];
    for name in MergeMethod::NAMES.into_iter().filter(|name| !name.starts_with('d') && *name != "slerp") {
        let options = MergeOptions::new(MergeMethod::named(name).unwrap());
        assert!(distance(&merged(&options, &models), &merged(&options, &turned)) < 1e-5, "{name}");
    }
}

#[test]
fn draws_come_from_the_seed() {
    let models = models(3);
    for name in ["dare_linear", "dare_ties", "della", "della_linear"] {
        let options = MergeOptions::new(MergeMethod::named(name).unwrap());
        let first = merged(&options, &models);
        assert_eq!(distance(&first, &merged(&options, &models)), 0.0, "{name}");
        let other = MergeOptions { seed: 1, ..options };
        assert!(distance(&first, &merged(&other, &models)) > 0.1, "{name}");
    }
}

#[test]
fn tensors_that_the_base_lacks_are_averaged() {
    let models = models(3);
    let soup = uniform(3, |i| Ok(models[i].clone())).unwrap();
    for name in MergeMethod::NAMES.into_iter().filter(|&name| name != "slerp") {
        let method = MergeMethod::named(name).unwrap();
        let made = merged(&MergeOptions::new(method), &models);
        for (got, mean) in tensor(&made, "head.weight").into_iter().zip(tensor(&soup, "head.weight")) {
            assert!((got - mean).abs() < 1e-6, "{name}");
        }
        if method.needs_base() && name != "task_arithmetic" {
            assert_ne!(tensor(&made, "encoder.weight"), tensor(&soup, "encoder.weight"), "{name}");
        }
    }
}

#[test]
fn models_and_bases_that_do_not_fit_are_named() {
    let ties = MergeOptions::new(MergeMethod::ties(0.5));
    assert!(error(&ties, 2, None).contains("`merge.base`: got none"));
    let odd = BTreeMap::from([("encoder.bias".to_owned(), Tensor::from_slice(&[1.0f32]))]);
    assert!(error(&ties, 2, Some(&odd)).contains("encoder.bias of shape [1], expected [7]"));
    assert!(error(&ties, 2, Some(&BTreeMap::new())).contains("without any of their 3 tensors"));
    let slerp = MergeOptions::new(MergeMethod::Slerp { t: 0.5 });
    assert!(error(&slerp, 3, None).contains("`merge.models`: got 3, expected two models"));
    assert!(error(&MergeOptions::new(MergeMethod::model_stock()), 1, Some(&base())).contains("at least 2"));
    assert!(error(&MergeOptions::new(MergeMethod::linear()), 0, None).contains("at least 1"));
    let mut layout = Layout::default();
    layout.push("w", &[1]);
    let other = Weights::new(Arc::new(layout), Tensor::from_slice(&[1.0f32])).unwrap();
    let mixed = [models(1).remove(0), other];
    assert!(merge(&ties.check().unwrap(), &mixed, Some(&base()), &[]).is_err());
}

#[test]
fn weights_that_are_none_are_refused() {
    let linear = |weights: &[f64]| MergeOptions {
        weights: Some(weights.to_vec()),
        ..MergeOptions::new(MergeMethod::linear())
    };
    assert!(error(&linear(&[1.0]), 2, None).contains("got 1 weights, expected 2, one for each model"));
    assert!(error(&linear(&[1.0, -1.0]), 2, None).contains("weights whose sum is not 0"));
    assert!(error(&linear(&[1.0, f64::NAN]), 2, None).contains("finite numbers"));
    let stock =
        MergeOptions { weights: Some(vec![1.0, 1.0]), ..MergeOptions::new(MergeMethod::model_stock()) };
    assert!(error(&stock, 2, Some(&base())).contains("model_stock does not weigh models"));
    let far = MergeOptions::new(MergeMethod::WiseFt { alpha: 1.5 });
    assert!(error(&far, 2, Some(&base())).contains("`merge.alpha`: got 1.5, expected from 0 to 1"));
}

#[test]
fn statistics_weigh_what_the_texts_tell() {
    let models = models(2);
    for name in ["fisher", "regmean"] {
        let options = MergeOptions::new(MergeMethod::named(name).unwrap());
        // Of a model whose statistic is a million times as large the merge is that model, but for tensors
        // that have none.
        let mut statistics = statistics(options.method, 2);
        statistics[0].values_mut().for_each(|tensor| *tensor = &*tensor * 1e6 + 1e-3);
        let made = merge(&options.check().unwrap(), &models, None, &statistics).unwrap();
        for (got, own) in
            tensor(&made, "encoder.weight").into_iter().zip(tensor(&models[0], "encoder.weight"))
        {
            assert!((got - own).abs() < 1e-2, "{name}: {got}, expected {own}");
        }
        let message = error(&options, 2, None);
        assert!(message.starts_with("`merge.statistics`: got the statistics of 0 models"), "{message}");
    }
    let none = MergeOptions::new(MergeMethod::Fisher(Fisher { n_texts: 0, ..Fisher::default() }));
    assert!(error(&none, 2, None).starts_with("`merge.n_texts`: got 0"));
    for floor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let options = MergeOptions::new(MergeMethod::Fisher(Fisher { floor, ..Fisher::default() }));
        assert!(error(&options, 2, None).starts_with("`merge.floor`"), "{floor}");
    }
    for scale in [-0.1, 1.1, f64::NAN] {
        let options = MergeOptions::new(MergeMethod::RegMean(RegMean { scale, ..RegMean::default() }));
        assert!(error(&options, 2, None).starts_with("`merge.scale`"), "{scale}");
    }
}

#[test]
fn every_family_has_statistics() {
    let mut texts = crate::model::fixture::examples(6, 1);
    texts.iter_mut().for_each(|text| text.segments.fill(0));
    let others = crate::model::fixture::others();
    for config in [crate::model::fixture::config(), crate::model::fixture::roberta()].iter().chain(&others) {
        let classifier = crate::model::Classifier::new(config, 2);
        let theta = crate::model::fixture::weights(&classifier, 3);
        let of = |statistic: Statistic| statistic.gather(&classifier, theta.theta(), &texts, |_| ()).unwrap();
        let (fisher, gram, family) = (of(Statistic::Fisher), of(Statistic::Gram), &config.model_type);
        assert_eq!(fisher.len(), classifier.layout().entries().len(), "{family}");
        assert!(fisher.values().all(|tensor| tensor.min().double_value(&[]) >= 0.0), "{family}");
        for (name, product) in &gram {
            let shape = fisher[name].size();
            assert_eq!(product.size(), [shape[1], shape[1]], "{family}: {name}");
        }
        // Attention with four layers and two feed-forward ones at least, or one of all that are joined.
        assert!(gram.len() >= 4 * config.num_hidden_layers.min(2) as usize, "{family}: {:?}", gram.keys());
        let empty =
            Statistic::Fisher.gather(&classifier, theta.theta(), &[], |_| ()).unwrap_err().to_string();
        assert!(empty.starts_with("`merge.n_texts`: got 0"), "{empty}");
    }
}

#[test]
fn names_are_those_of_mergekit() {
    for name in MergeMethod::NAMES {
        assert_eq!(MergeMethod::named(name).unwrap().name(), name);
    }
    assert!(MergeMethod::named("tie").unwrap_err().to_string().contains("ties"));
}
