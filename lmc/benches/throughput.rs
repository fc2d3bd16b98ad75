//! Measures how fast points between models are evaluated on the devices at hand, in one precision, beside the
//! rate of matrix products there. It also says how long all lines between 100 models would take. Weights are
//! random: one base, and for each model a little noise.
//!
//! usage: `cargo bench -p lmc --profile dev --bench throughput -- DATA TOKENIZER [GEOMETRY] [PRECISION] [MODELS]`
//!   DATA       a folder with one of the files of MNLI's matched development set
//!   TOKENIZER  a Hugging Face folder of a BERT whose tokenizer gives the lengths
//!   GEOMETRY   bert-base (unless given), minilm or mini
//!   PRECISION  float32 (unless given), bf16, fp16, or on CUDA tf32, which needs
//!              TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1
//!   MODELS     how many models are swept, at least 3; 4 unless given

mod geometry;
mod in_memory;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use lmc::compute::{Compute, Precision, batch_tokens};
use lmc::data::{Corpus, read_corpus};
use lmc::encode::load_tokenizer;
use lmc::eval::EvaluationSet;
use lmc::gap::convexity_gap;
use lmc::model::Classifier;
use lmc::parallel::run_on_workers;
use lmc::sweep::{Grid, Profile, SweepPlan};
use lmc::weights::Weights;
use tch::{Cuda, Device, Kind, Tensor};

use geometry::config;
use in_memory::InMemory;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The pairs that a point is evaluated on.
const N_PAIRS: usize = 512;
/// The standard deviation of the noise that is added to the base for each model.
const NOISE_STD: f64 = 0.005;
/// The number of models in the paper's matrix.
const N_PAPER: usize = 100;

fn main() -> Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let argument = |i: usize| arguments.get(i).map(String::as_str);
    let (Some(data), Some(tokenizer)) = (argument(0), argument(1)) else {
        println!("skipped: it takes a folder with MNLI and one with a tokenizer, see the head of this file");
        return Ok(());
    };
    let geometry = argument(2).unwrap_or("bert-base");
    let precision: Precision = argument(3).unwrap_or("float32").parse()?;
    let n_models: usize = argument(4).unwrap_or("4").parse()?;
    let set = sample(Path::new(data), Path::new(tokenizer))?;
    let classifier = Classifier::new(&config(geometry)?, 3);
    let compute = Compute { tolerance: 1.0, ..Compute::auto().with_precision(precision) };

    let n_tokens: usize = set.encoded.iter().map(|example| example.ids.len()).sum();
    let flop = n_flop(&classifier, &set);
    println!("{geometry}, {N_PAIRS} pairs of MNLI, {n_tokens} tokens, {:.3} TFLOP a point", flop / 1e12);
    let seconds = sweep(&classifier, &set, n_models, &compute)?;
    // Afterwards this thread may be left with one core.
    let rate = matmul_rate(&classifier, &compute)?;
    let (per_second, used) = (1.0 / seconds, flop / seconds);
    println!(
        "{:?} x {}, {precision}: {per_second:.3} points/s, {:.3} TFLOP/s, matrix products {:.3} TFLOP/s, share {:.2}",
        compute.devices,
        compute.workers().len() / compute.devices.len(),
        used / 1e12,
        rate / 1e12,
        used / rate
    );
    let all = SweepPlan::lines(N_PAPER, Grid::TENTHS)?.n_interior() + N_PAPER;
    println!("{N_PAPER} models, {all} evaluations: {:.1} min", all as f64 / per_second / 60.0);
    Ok(())
}

/// Returns the first pairs of the matched development set.
fn sample(data: &Path, tokenizer: &Path) -> Result<EvaluationSet> {
    let mut set = read_corpus(&Corpus::named("mnli")?, data, "validation_matched")?;
    set.examples.truncate(N_PAIRS);
    Ok(EvaluationSet::new(set, &load_tokenizer(tokenizer)?, 128)?)
}

/// Returns the number of operations of a point.
fn n_flop(classifier: &Classifier, set: &EvaluationSet) -> f64 {
    set.batches().iter().map(|batch| classifier.packed_flop(&batch.tokens)).sum()
}

/// Returns models that are one base, each with noise of its own.
fn models(classifier: &Classifier, n: usize) -> Result<Vec<Weights>> {
    let layout = classifier.layout();
    let drawn = |seed: i64, std: f64| {
        tch::manual_seed(seed);
        Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)) * std
    };
    let base = drawn(0, 0.02) + layout.mask(|name| name.ends_with("LayerNorm.weight"));
    let model = |seed: usize| Ok(Weights::new(layout.clone(), &base + drawn(seed as i64 + 1, NOISE_STD))?);
    (0..n).map(model).collect()
}

/// Returns the seconds of a point on the lines between `n` models.
fn sweep(classifier: &Classifier, set: &EvaluationSet, n: usize, compute: &Compute) -> Result<f64> {
    let since = Instant::now();
    let say = |what: &str| println!("[{:5.1} s] {what}", since.elapsed().as_secs_f64());
    let drawn = models(classifier, n)?;
    say(&format!("{n} models were drawn"));
    let models = InMemory::new(classifier, set, drawn, compute)?;
    say("they were evaluated");
    // The lines to the first model include work that is done once, such as a look at the precision. They are
    // not timed.
    let first = SweepPlan::lines_to(n, &[0], Grid::TENTHS)?;
    let plan = SweepPlan::lines(n, Grid::TENTHS)?;
    models.execute(&first, compute)?;
    say(&format!("{} points were evaluated, which are not timed", first.n_interior()));
    let start = Instant::now();
    let sampled = models.execute(&plan, compute)?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("{} points more were evaluated", plan.n_interior() - first.n_interior()));
    let gaps = sampled
        .into_iter()
        .map(|line| convexity_gap(&Profile::of(line, &plan, &models.names).losses()))
        .collect::<lmc::Result<Vec<f64>>>()?;
    println!("convexity gaps up to {:.4}", gaps.into_iter().fold(0.0, f64::max));
    Ok(seconds / (plan.n_interior() - first.n_interior()) as f64)
}

/// Returns the operations a second of the model's largest matrix products, done by all workers at once.
fn matmul_rate(classifier: &Classifier, compute: &Compute) -> Result<f64> {
    const SECONDS: f64 = 1.0;
    let d = classifier.config().hidden_size;
    let devices: Vec<Device> = match compute.devices[0] {
        Device::Cpu => compute.workers(),
        _ => compute.devices.clone(),
    };
    let rates = run_on_workers(
        &devices,
        devices.clone(),
        |_| Ok(()),
        |(), _, device| {
            let options = (compute.precision.kind(), device);
            let rows = batch_tokens(device) as i64;
            let (x, weight) = (Tensor::randn([rows, d], options), Tensor::randn([4 * d, d], options));
            let finish = || {
                if let Device::Cuda(i) = device {
                    Cuda::synchronize(i as i64);
                }
            };
            let product = || drop(x.linear(&weight, None::<Tensor>));
            (0..3).for_each(|_| product());
            finish();
            let (start, mut n) = (Instant::now(), 0);
            while start.elapsed().as_secs_f64() < SECONDS {
                (0..10).for_each(|_| product());
                finish();
                n += 10;
            }
            Ok((n * 2 * rows * d * 4 * d) as f64 / start.elapsed().as_secs_f64())
        },
    )?;
    Ok(rates.into_iter().sum())
}
