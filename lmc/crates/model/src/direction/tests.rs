use std::sync::Arc;

use tch::{Kind, Tensor};

use super::*;
use crate::weights::{Layout, Weights};

fn layout() -> Arc<Layout> {
    let mut layout = Layout::default();
    layout.push("a.weight", &[3, 4]);
    layout.push("a.bias", &[3]);
    layout.push("b.weight", &[2, 3]);
    Arc::new(layout)
}

fn weights(seed: f64) -> Weights {
    let places = Tensor::arange(layout().n_parameters(), (Kind::Float, tch::Device::Cpu));
    Weights::new(layout(), (places * seed).sin()).unwrap()
}

fn tensor(weights: &Weights, name: &str) -> Tensor {
    weights.named().into_iter().find(|(own, _)| own == name).unwrap().1
}

fn length(tensor: &Tensor) -> f64 {
    tensor.norm().double_value(&[])
}

#[test]
fn the_parts_of_a_direction_are_as_long_as_those_of_the_model() {
    let model = weights(1.3);
    let of = |scale| random_direction(&model, scale, 5, 0).unwrap();
    let (filter, layer, whole) =
        (of(DirectionScale::Filter), of(DirectionScale::Layer), of(DirectionScale::Model));
    for name in ["a.weight", "b.weight"] {
        let (own, rows) = (tensor(&model, name), tensor(&filter, name));
        for row in 0..own.size()[0] {
            let [got, expected] = [&rows, &own].map(|of| length(&of.select(0, row)));
            assert!((got - expected).abs() < 1e-5, "{name}, row {row}: {got}, expected {expected}");
        }
        assert!((length(&tensor(&layer, name)) - length(&own)).abs() < 1e-5, "{name}");
        assert!((length(&tensor(&whole, name)) - length(&own)).abs() > 1e-2, "{name}");
    }
    let matrices = |of: &Weights| length(&tensor(of, "a.weight")).hypot(length(&tensor(of, "b.weight")));
    assert!((matrices(&whole) - matrices(&model)).abs() < 1e-5);
    for direction in [&filter, &layer, &whole] {
        assert_eq!(length(&tensor(direction, "a.bias")), 0.0, "vectors stay as they are");
    }
    // A seed gives the same direction again, and another number another one.
    assert_eq!(Weights::distance(&filter, &of(DirectionScale::Filter)).unwrap(), 0.0);
    let other = random_direction(&model, DirectionScale::Filter, 5, 1).unwrap();
    assert!(Weights::distance(&filter, &other).unwrap() > 0.1);
}

#[test]
fn a_row_of_zeros_stays_one() {
    let model = weights(1.3);
    let _ = model.theta().narrow(0, 4, 4).zero_();
    let direction = random_direction(&model, DirectionScale::Filter, 0, 0).unwrap();
    assert_eq!(length(&tensor(&direction, "a.weight").select(0, 1)), 0.0);
    // Also in a model whose rows are long.
    let long = Weights::new(model.layout().clone(), model.theta() * 100.0).unwrap();
    let flat = Weights::new(model.layout().clone(), model.theta().zeros_like()).unwrap();
    for scale in DirectionScale::ALL {
        let none = scaled_direction(&flat, &long, scale).unwrap();
        assert_eq!(length(none.theta()), 0.0, "{scale}");
    }
}

#[test]
fn components_are_those_of_a_planted_plane() {
    let last = weights(0.7);
    let n = layout().n_parameters();
    let unit = |place: i64| {
        let axis = Tensor::zeros([n], (Kind::Float, tch::Device::Cpu));
        let _ = axis.narrow(0, place, 1).fill_(1.0);
        axis
    };
    let (x, y) = (unit(2), unit(9));
    let planted = [[4.0, 1.0], [3.0, -1.0], [2.0, 1.0], [1.0, -1.0]];
    let at = |[a, b]: [f64; 2]| Weights::new(layout(), last.theta() + &x * a + &y * b).unwrap();
    let found = Principal::of(&planted.map(at), &last).unwrap();
    // The variances about the mean are 5 and 4 in four points, with a covariance of 2 * 1.
    let total: f64 = found.shares.iter().sum();
    assert!((total - 1.0).abs() < 1e-6 && found.shares[0] > found.shares[1], "{:?}", found.shares);
    for (place, planted) in found.places.iter().zip(planted) {
        let [got, expected] = [place, &planted].map(|p| p[0].hypot(p[1]));
        assert!((got - expected).abs() < 1e-5, "{place:?} for {planted:?}");
    }
    assert!(found.places[0].iter().all(|&along| along >= 0.0));
    let [first, second] = &found.axes;
    assert!((length(first) - 1.0).abs() < 1e-5 && first.dot(second).double_value(&[]).abs() < 1e-5);
}

#[test]
fn too_few_checkpoints_have_no_plane() {
    let last = weights(0.7);
    let along = |k: f64| Weights::new(layout(), last.theta() * k).unwrap();
    let message = |checkpoints: &[Weights]| Principal::of(checkpoints, &last).unwrap_err().to_string();
    assert!(message(&[along(2.0), along(3.0)]).starts_with("`checkpoints`: got 2 before the last"));
    assert!(message(&[along(2.0), along(3.0), along(4.0)]).contains("on one line"));
    assert!(message(&[along(1.0), along(1.0), along(1.0)]).contains("on one line"));
}
