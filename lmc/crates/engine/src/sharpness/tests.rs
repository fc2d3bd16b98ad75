use std::cell::Cell;

use tch::{Device, Kind, Tensor};

use super::*;
use lmc_model::model::fixture::{classifier, examples, weights};

/// f(x) = mean over examples e of 1/2 sum_i k_i (x_i - m_i)^2 + s_e sum_i x_i, the shifts s_e summing to
/// zero: every batch has a gradient of its own, and their mean is that of the quadratic.
struct Quadratic {
    curvature: Tensor,
    minimum: Tensor,
    shifts: Vec<f64>,
}

impl Quadratic {
    fn new(n: i64) -> Self {
        let index = Tensor::arange(n, (Kind::Float, tch::Device::Cpu));
        Self {
            curvature: (&index * 0.37).sin() + 1.5,
            minimum: (&index * 1.7).cos(),
            shifts: (0..20).map(|e| f64::from(e) / 190.0 - 0.05).collect(),
        }
    }

    /// The largest value in the box around x in the whole space: each coordinate as far from its minimum as
    /// it may go.
    fn largest(&self, x: &Tensor, eps: f64) -> f64 {
        let reach = (x.abs() + 1.0) * eps;
        let away = (x - &self.minimum).sign();
        self.at(&(x + away * reach))
    }

    fn at(&self, x: &Tensor) -> f64 {
        let off = (x - &self.minimum).to_kind(Kind::Double);
        (off.square() * self.curvature.to_kind(Kind::Double)).sum(Kind::Double).double_value(&[]) / 2.0
    }
}

impl Objective for Quadratic {
    fn n_examples(&self) -> usize {
        self.shifts.len()
    }

    fn value(&self, x: &Tensor) -> Result<f64> {
        Ok(self.at(x))
    }

    fn gradient(&self, x: &Tensor, batch: &[usize]) -> Result<Tensor> {
        let shift = batch.iter().map(|&e| self.shifts[e]).sum::<f64>() / batch.len() as f64;
        Ok((x - &self.minimum) * &self.curvature + shift)
    }
}

fn recipe() -> SharpnessRecipe {
    SharpnessRecipe {
        eps: 1e-2,
        learning_rate: 1e-2,
        batch_size: 5,
        accumulation: 2,
        n_updates: 60,
        ..SharpnessRecipe::mini()
    }
}

#[test]
fn a_quadratic_has_its_known_maximum_in_the_box() {
    let quadratic = Quadratic::new(30);
    let x = Tensor::arange(30, (Kind::Float, tch::Device::Cpu)) * 0.3 - 2.0;
    let ticks = Cell::new(0);
    let found = sharpness(&quadratic, &x, &recipe(), || ticks.set(ticks.get() + 1)).unwrap();
    let (loss, largest) = (quadratic.at(&x), quadratic.largest(&x, 1e-2));
    assert_eq!(ticks.get(), 60);
    assert!((found.loss - loss).abs() < 1e-9);
    assert!((found.max_loss - largest).abs() < 1e-5 * largest, "{} against {largest}", found.max_loss);
    assert!((found.sharpness - 100.0 * (largest - loss) / (1.0 + loss)).abs() < 1e-3);
    // A larger box reaches higher, and the same call comes to the same.
    let larger = sharpness(&quadratic, &x, &SharpnessRecipe { eps: 2e-2, ..recipe() }, || ()).unwrap();
    assert!(larger.max_loss > found.max_loss);
    assert_eq!(sharpness(&quadratic, &x, &recipe(), || ()).unwrap(), found);
}

#[test]
fn a_quadratic_in_a_subspace_has_the_best_of_the_corners() {
    let quadratic = Quadratic::new(30);
    let x = Tensor::arange(30, (Kind::Float, tch::Device::Cpu)) * 0.3 - 2.0;
    let recipe = SharpnessRecipe { n_directions: Some(3), ..recipe() };
    let found = sharpness(&quadratic, &x, &recipe, || ()).unwrap();
    // A convex function is largest at a corner; here are all eight.
    let region = Region::new(&x, &recipe).unwrap();
    let far = region.clamp(&(region.centre() + 1e9)).unwrap();
    let corners = (0..8).map(|corner: i32| {
        let signs: Vec<f32> = (0..3).map(|i| if corner >> i & 1 == 1 { 1.0 } else { -1.0 }).collect();
        quadratic.at(&region.point(&x, &(&far * Tensor::from_slice(&signs))).unwrap())
    });
    let largest = corners.fold(f64::NEG_INFINITY, f64::max);
    assert!((found.max_loss - largest).abs() < 1e-5 * largest, "{} against {largest}", found.max_loss);
    let whole = sharpness(&quadratic, &x, &SharpnessRecipe { n_directions: None, ..recipe }, || ()).unwrap();
    assert!(whole.max_loss > found.max_loss && found.max_loss > found.loss);
}

#[test]
fn at_a_minimum_nothing_is_found_below_it() {
    let quadratic = Quadratic { shifts: vec![0.0], ..Quadratic::new(5) };
    let found = sharpness(&quadratic, &quadratic.minimum.copy(), &recipe(), || ()).unwrap();
    assert_eq!((found.loss, found.sharpness), (0.0, 0.0));
}

#[test]
fn a_classifier_rises_as_its_gradient_says() {
    let (classifier, examples) = (classifier(), examples(24, 7));
    let theta = weights(&classifier, 1).theta().copy();
    let objective = ClassifierLoss::new(&classifier, examples, Device::Cpu).unwrap();
    let all: Vec<usize> = (0..24).collect();
    let gradient = objective.gradient(&theta, &all).unwrap();
    let eps = 1e-4;
    // To first order the loss rises by each gradient times the way its parameter may go.
    let rise = (gradient.abs() * (theta.abs() + 1.0) * eps).sum(Kind::Double).double_value(&[]);
    let recipe = SharpnessRecipe {
        eps,
        learning_rate: 10.0,
        batch_size: 24,
        accumulation: 1,
        ..SharpnessRecipe::mini()
    };
    let found = sharpness(&objective, &theta, &recipe, || ()).unwrap();
    let got = found.max_loss - found.loss;
    assert!((got - rise).abs() < 0.05 * rise, "{got} against {rise}");
}

#[test]
fn what_is_not_finite_is_named() {
    let quadratic = Quadratic::new(3);
    let x = Tensor::from_slice(&[0.0f32, f32::NAN, 1.0]);
    let message = sharpness(&quadratic, &x, &recipe(), || ()).unwrap_err().to_string();
    assert!(message.starts_with("sharpness: loss is NaN at the model itself"), "{message}");
    let none = Quadratic { shifts: Vec::new(), ..Quadratic::new(3) };
    let error = sharpness(&none, &x, &recipe(), || ()).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "objective", .. }), "{error}");
}
