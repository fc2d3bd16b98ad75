use super::*;

fn layout() -> (Arc<Layout>, BlockId, BlockId) {
    let mut layout = Layout::default();
    let fused = layout.push_fused(&["q".into(), "k".into(), "v".into()], &[2, 3]);
    let bias = layout.push("bias", &[4]);
    (Arc::new(layout), fused, bias)
}

fn counted(layout: &Arc<Layout>) -> Weights {
    let n = layout.n_parameters();
    Weights::new(layout.clone(), Tensor::arange(n, (Kind::Float, Device::Cpu))).unwrap()
}

fn random(layout: &Arc<Layout>, seed: u64) -> Weights {
    let mut rng = lmc_base::seed::rng(seed, "weights");
    let theta = crate::model::normal_tensor(&mut rng, &[layout.n_parameters()], 1.0);
    Weights::new(layout.clone(), theta).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.reshape([-1])).unwrap()
}

#[test]
fn the_ends_of_a_line_are_the_models_bit_by_bit() {
    let (layout, ..) = layout();
    let (a, b) = (random(&layout, 1), random(&layout, 2));
    let at = |alpha| Weights::lerp(&a, &b, alpha).unwrap();
    assert_eq!(at(1.0).theta(), a.theta());
    assert_eq!(at(0.0).theta(), b.theta());
    let by_hand: Vec<f32> =
        flat(a.theta()).iter().zip(flat(b.theta())).map(|(a, b)| 0.25 * a + 0.75 * b).collect();
    for (got, expected) in flat(at(0.25).theta()).iter().zip(by_hand) {
        assert!((got - expected).abs() < 1e-6);
    }
    let reversed = Weights::lerp(&b, &a, 0.75).unwrap();
    assert!(Weights::distance(&at(0.25), &reversed).unwrap() < 1e-6);
    // A point on the line is a copy of its own.
    let _ = at(1.0).theta.fill_(0.0);
    assert_ne!(flat(a.theta()), vec![0.0; 22]);
}

#[test]
fn distance_by_hand() {
    let (layout, ..) = layout();
    let zero = Weights::new(layout.clone(), Tensor::zeros([22], (Kind::Float, Device::Cpu))).unwrap();
    let other = zero.clone();
    let _ = other.theta.narrow(0, 1, 1).fill_(3.0);
    let _ = other.theta.narrow(0, 20, 1).fill_(-4.0);
    assert_eq!(Weights::distance(&zero, &other).unwrap(), 5.0);
    assert_eq!(Weights::distance(&other, &zero).unwrap(), 5.0);
    assert_eq!(Weights::distance(&other, &other).unwrap(), 0.0);
}

#[test]
fn models_of_another_architecture_are_refused() {
    let (first, ..) = layout();
    let mut second = Layout::default();
    second.push("q", &[3, 2]);
    let second = Arc::new(second);
    let (a, b) = (counted(&first), counted(&second));
    for error in [Weights::lerp(&a, &b, 0.5).unwrap_err(), Weights::distance(&a, &b).unwrap_err()] {
        let message = error.to_string();
        assert!(message.contains("q [2, 3] against q [3, 2]"), "{message}");
    }
    let mut longer = (*first).clone();
    longer.push("more", &[1]);
    let message = Weights::lerp(&a, &counted(&Arc::new(longer)), 0.5).unwrap_err().to_string();
    assert!(message.contains("number of tensors"), "{message}");
}

#[test]
fn named_tensors_and_back() {
    let (layout, ..) = layout();
    let weights = counted(&layout);
    let named: BTreeMap<String, Tensor> = weights.named().into_iter().collect();
    assert_eq!(flat(&named["k"]), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
    assert_eq!(named["k"].size(), [2, 3]);
    assert_eq!(Weights::from_named(layout, named).unwrap().theta(), weights.theta());
}

#[test]
fn every_missing_unexpected_and_misshapen_tensor_is_named() {
    let (layout, ..) = layout();
    let mut named: BTreeMap<String, Tensor> = counted(&layout).named().into_iter().collect();
    named.remove("q");
    named.remove("bias");
    named.insert("stray".into(), Tensor::from(1.0f32));
    named.insert("v".into(), Tensor::zeros([3, 2], (Kind::Float, Device::Cpu)));
    let message = Weights::from_named(layout, named).unwrap_err().to_string();
    let expected = "tensors: 2 missing (q, bias), 1 unexpected (stray), \
                    1 of another shape (v [3, 2] instead of [2, 3]); config.json, ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_vector_of_another_length_is_refused() {
    let (layout, ..) = layout();
    let theta = Tensor::zeros([21], (Kind::Float, Device::Cpu));
    let message = Weights::new(layout, theta).unwrap_err().to_string();
    assert_eq!(message, "flat weights: got shape [21], expected [22]");
}

#[test]
fn a_fused_block_is_its_tensors_side_by_side() {
    let (layout, fused, bias) = layout();
    let (a, b) = (random(&layout, 1), random(&layout, 2));
    let p = Parameters::views(&Tensor::stack(&[a.theta(), b.theta()], 0), &layout).unwrap();
    assert_eq!((p.stack(), p.get(fused).size(), p.get(bias).size()), (2, vec![2, 6, 3], vec![2, 4]));
    for (i, weights) in [&a, &b].into_iter().enumerate() {
        let three: Vec<Tensor> = weights.named().into_iter().take(3).map(|(_, t)| t).collect();
        assert_eq!(p.get(fused).get(i as i64), Tensor::cat(&three, 0));
        assert_eq!(p.get(bias).get(i as i64), weights.named()[3].1);
    }
}

#[test]
fn views_and_leaves_share_the_storage() {
    let (layout, fused, bias) = layout();
    let theta = counted(&layout).theta.unsqueeze(0);
    for p in [Parameters::views(&theta, &layout).unwrap(), Parameters::leaves(&theta, &layout).unwrap()] {
        let start = p.get(fused).data_ptr() as usize;
        assert_eq!(start, theta.data_ptr() as usize);
        assert_eq!(p.get(bias).data_ptr() as usize, start + 18 * 4);
    }
    let p = Parameters::views(&theta, &layout).unwrap();
    let _ = theta.shallow_clone().fill_(2.0);
    assert_eq!(flat(p.get(bias)), [2.0; 4]);
}

#[test]
fn the_gradient_of_a_sum_of_cubes() {
    let (layout, fused, bias) = layout();
    let theta = Tensor::stack(&[random(&layout, 3).theta(), random(&layout, 4).theta()], 0);
    let leaves = Parameters::leaves(&theta, &layout).unwrap();
    let cubes = |id| leaves.get(id).pow_tensor_scalar(3.0).sum(Kind::Float);
    let gradient = leaves.gradient(&(cubes(fused) + cubes(bias))).unwrap();
    assert_eq!(gradient.size(), theta.size());
    for (got, x) in flat(&gradient).iter().zip(flat(&theta)) {
        assert!((got - 3.0 * x * x).abs() < 1e-5);
    }
    let unreached = Parameters::leaves(&theta, &layout).unwrap();
    let loss = unreached.get(bias).sum(Kind::Float);
    let message = unreached.gradient(&loss).unwrap_err().to_string();
    assert!(message.contains("`loss`: got one that does not depend on operand 0"), "{message}");
}

/// The whole model against central differences in random directions.
#[test]
fn the_gradient_of_a_classifier_is_numerical() {
    use crate::encode::padded_batch;
    use crate::model::fixture::{classifier, examples, weights};
    use crate::model::{Dropout, Tokens};
    let (classifier, examples) = (classifier(), examples(6, 5));
    let batch = padded_batch(&examples, &[0, 1, 2, 3, 4, 5], 0).unwrap();
    let tokens = Tokens {
        ids: batch.ids.unsqueeze(0),
        segments: batch.segments.unsqueeze(0),
        mask: batch.mask.map(|mask| mask.unsqueeze(0)),
    };
    let loss = |p: &Parameters| {
        let logits = classifier.logits(p, &tokens, &Dropout::NONE).unwrap().squeeze_dim(0);
        logits.cross_entropy_loss(&batch.labels, None::<Tensor>, tch::Reduction::Mean, -100, 0.0)
    };
    let theta = weights(&classifier, 1).theta.to_kind(Kind::Double).unsqueeze(0);
    let leaves = Parameters::leaves(&theta, classifier.layout()).unwrap();
    let gradient = leaves.gradient(&loss(&leaves)).unwrap();
    for seed in 0..4 {
        let direction = weights(&classifier, 10 + seed).theta.to_kind(Kind::Double).unsqueeze(0);
        let at = |h: f64| {
            loss(&Parameters::views(&(&theta + &direction * h), classifier.layout()).unwrap())
                .double_value(&[])
        };
        let numerical = (at(1e-5) - at(-1e-5)) / 2e-5;
        let analytic = (&gradient * &direction).sum(Kind::Double).double_value(&[]);
        assert!((numerical - analytic).abs() < 1e-5 * (1.0 + analytic.abs()), "{numerical} {analytic}");
    }
}

#[test]
fn masks_select_by_name() {
    let (layout, ..) = layout();
    let mask = layout.mask(|name| name == "k" || name == "bias");
    assert_eq!(mask.sum(Kind::Float).double_value(&[]), 10.0);
    assert_eq!(flat(&mask.narrow(0, 6, 6)), [1.0; 6]);
    assert_eq!(flat(&mask.narrow(0, 18, 4)), [1.0; 4]);
}
