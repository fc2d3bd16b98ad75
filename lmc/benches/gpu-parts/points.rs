//! The milliseconds of a point on a line, for each way of attention, and the rate of matrix products.

use std::time::Instant;

use lmc::Options;
use lmc::compute::{Attention, Compute, batch_tokens};
use lmc::encode::Placement;
use lmc::eval::{EvaluationSet, Tile, evaluate_stack};
use lmc::model::{Finetuned, Parameters, load_finetuned};
use lmc::sweep::{Grid, SweepPlan};
use lmc::tch::{self, Device, Kind, Tensor};
use lmc::weights::Weights;
use serde_json::{Value, json};

use super::in_memory::InMemory;
use super::inputs::evaluation_set;
use super::setting::Setting;
use super::{Result, rows};

/// The standard deviation of the noise by which the models differ.
const NOISE_STD: f64 = 0.005;
/// How often an evaluation is timed.
const N_TIMED: usize = 5;

/// Prints the rate of matrix products and a row for each way of attention.
pub fn points(setting: &Setting) -> Result<()> {
    let precision = setting.compute.precision;
    rows::attempt(&format!("matrix products, {precision}"), || products(setting))?;
    let finetuned = load_finetuned(&setting.work.join("model"))?;
    let set = evaluation_set(&setting.inputs()?.1, setting.size.n_pairs)?;
    let models = models(&finetuned, setting.size.n_models)?;
    for attention in [Attention::Equal, Attention::Padded { groups: 8 }, Attention::Flash] {
        let compute = Compute { attention, tolerance: 1.0, ..setting.compute.clone() };
        rows::attempt(&format!("points, attention {attention}, {precision}"), || {
            point(setting, &compute, &finetuned, &set, &models)
        })?;
    }
    transfers(setting, finetuned.weights.theta())
}

/// Returns the weights of the folder, and others with noise of their own.
fn models(finetuned: &Finetuned, n: usize) -> Result<Vec<Weights>> {
    let theta = finetuned.weights.theta();
    let noisy = |seed: usize| {
        tch::manual_seed(seed as i64);
        theta + Tensor::randn_like(theta) * (NOISE_STD * f64::from(u8::from(seed > 0)))
    };
    (0..n).map(|seed| Ok(Weights::new(finetuned.classifier.layout().clone(), noisy(seed))?)).collect()
}

/// Returns the time of a point of a sweep with its store, that of an evaluation alone, and the mean loss of the
/// first model.
fn point(
    setting: &Setting,
    compute: &Compute,
    finetuned: &Finetuned,
    set: &EvaluationSet,
    models: &[Weights],
) -> Result<Value> {
    compute.validate()?;
    let (classifier, device, n) = (&finetuned.classifier, setting.device(), models.len());
    let theta = models[0].theta().to_device(device).to_kind(compute.precision.kind());
    let parameters = Parameters::views(&theta.unsqueeze(0), classifier.layout())?;
    let tile = Tile::new(set, Placement::new(device, compute.precision, compute.attention))?;
    let evaluated = || evaluate_stack(classifier, &parameters, tile.batches(), set.encoded.len(), None);
    let mean_loss = evaluated()?.swap_remove(0).mean_loss();
    let alone = setting.seconds(|| {
        (0..N_TIMED).try_for_each(|_| evaluated().map(drop))?;
        Ok(())
    })? / N_TIMED as f64;
    let copies = models
        .iter()
        .map(|model| Ok(Weights::new(classifier.layout().clone(), model.theta().shallow_clone())?));
    let in_memory = InMemory::new(classifier, set, copies.collect::<Result<_>>()?, compute)?;
    // The lines to the first model include what is done once, such as a look at the precision.
    let first = SweepPlan::lines_to(n, &[0], Grid::TENTHS)?;
    let plan = SweepPlan::lines(n, Grid::TENTHS)?;
    in_memory.execute(&first, compute)?;
    let seconds = setting.seconds(|| Ok(in_memory.execute(&plan, compute)?))?;
    let ms = 1e3 * seconds / (plan.n_interior() - first.n_interior()) as f64;
    let attention = compute.attention.to_string();
    rows::print(&json!({
        "part": "transfer", "what": format!("a point, attention {attention}, beyond its evaluation"),
        "precision": compute.precision.to_string(),
        "ms": (ms - 1e3 * alone).max(0.0), "share": (1.0 - 1e3 * alone / ms).max(0.0),
    }))?;
    Ok(json!({
        "part": "point", "who": "lmc", "attention": attention,
        "precision": compute.precision.to_string(), "ms": ms, "alone_ms": 1e3 * alone, "mean_loss": mean_loss,
    }))
}

/// Prints the time in which the weights of a model go to the device and back.
fn transfers(setting: &Setting, theta: &Tensor) -> Result<()> {
    let device = setting.device();
    if device == Device::Cpu {
        return Ok(());
    }
    let there = setting.seconds(|| Ok(theta.to_device(device)))?;
    let on_device = theta.to_device(device);
    let back = setting.seconds(|| Ok(on_device.to_device(Device::Cpu)))?;
    let row = |what, seconds| rows::print(&json!({"part": "transfer", "what": what, "ms": 1e3 * seconds}));
    row("the weights of a model to the card", there)?;
    row("the weights of a model from the card", back)
}

/// Returns the rate of the model's largest matrix product.
fn products(setting: &Setting) -> Result<Value> {
    let (size, device, precision) = (&setting.size, setting.device(), setting.compute.precision);
    let (rows, width, inner) = (batch_tokens(device) as i64, size.width, 4 * size.width);
    let options = (Kind::Float, device);
    let [x, weight] =
        [[rows, width], [inner, width]].map(|shape| Tensor::randn(shape, options).to_kind(precision.kind()));
    let product = || drop(x.linear(&weight, None::<Tensor>));
    (0..3).for_each(|_| product());
    setting.finish();
    let (start, mut n) = (Instant::now(), 0);
    while start.elapsed() < size.products {
        (0..10).for_each(|_| product());
        setting.finish();
        n += 10;
    }
    let flop = (n * 2 * rows * width * inner) as f64;
    Ok(json!({
        "part": "rate", "precision": precision.to_string(), "shape": format!("{rows} x {width} x {inner}"),
        "tflops": flop / start.elapsed().as_secs_f64() / 1e12,
    }))
}
