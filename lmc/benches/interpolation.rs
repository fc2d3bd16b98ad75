//! Evaluates points on the line between two finetuned copies with this crate. This is its side of the
//! benchmark `interpolation`; the script beside this file runs it.
//!
//! usage: `prepare DATA ENCODER INPUTS`, or `measure INPUTS ENCODER OUT ALPHA...` on `LMC_THREADS` threads

use std::error::Error;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use lmc::compute::Compute;
use lmc::data::{Corpus, Dataset, Example, read_corpus};
use lmc::encode::load_tokenizer;
use lmc::eval::{EvaluationSet, Outcome};
use lmc::model::{Classifier, Finetuned, load_finetuned, load_folder, save_folder};
use lmc::parallel::n_threads;
use lmc::path::Combination;
use lmc::seed::{rng, sub_seed};
use lmc::store::Store;
use lmc::sweep::{SweepJob, SweepPlan, execute};
use lmc::weights::Weights;
use serde_json::json;
use tch::Tensor;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The pairs that a point is evaluated on.
const N_PAIRS: usize = 512;
const SEED: u64 = 0;
/// The standard deviations of the heads, and of the noise that is added to all weights.
const HEAD_STD: f64 = 0.2;
const NOISE_STD: f64 = 0.005;

fn main() -> Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["prepare", data, encoder, inputs] => prepare(data.as_ref(), encoder.as_ref(), inputs.as_ref()),
        ["measure", inputs, encoder, out, alphas @ ..] if !alphas.is_empty() => {
            measure(inputs.as_ref(), encoder.as_ref(), out.as_ref(), &numbers(alphas)?)
        }
        _ => Err("run it by the script lmc/benches/interpolation".into()),
    }
}

fn numbers(texts: &[&str]) -> Result<Vec<f64>> {
    texts.iter().map(|text| text.parse().map_err(|_| format!("alpha {text} is no number").into())).collect()
}

/// Writes the inputs of all sides: the pairs as JSON lines, and two models as Hugging Face folders `a` and
/// `b`, each the encoder with a head of its own and some noise on all weights.
fn prepare(data: &Path, encoder: &Path, inputs: &Path) -> Result<()> {
    let set = sample(read_corpus(&Corpus::named("mnli")?, data, "validation_matched")?)?;
    let lines = set.examples.iter().map(|Example { first, second, label }| {
        json!({ "first": first, "second": second, "label": label }).to_string() + "\n"
    });
    std::fs::create_dir_all(inputs)?;
    std::fs::write(inputs.join("pairs.jsonl"), lines.collect::<String>())?;
    let pretrained = load_folder(encoder)?;
    let classifier = Classifier::new(&pretrained.config, set.labels.len());
    let config = pretrained.config.clone().with_labels(set.labels);
    for name in ["a", "b"] {
        let seed = sub_seed(SEED, name);
        let weights = pretrained.with_head(&classifier, seed, HEAD_STD)?;
        tch::manual_seed(seed as i64);
        let theta = weights.theta() + Tensor::randn_like(weights.theta()) * NOISE_STD;
        save_folder(&inputs.join(name), &config, &Weights::new(classifier.layout().clone(), theta)?)?;
    }
    Ok(())
}

/// Returns a fixed random sample, in the set's order.
fn sample(set: Dataset) -> Result<Dataset> {
    let mut chosen = rand::seq::index::sample(&mut rng(SEED, "sample"), set.len(), N_PAIRS).into_vec();
    chosen.sort_unstable();
    let labels: Vec<&str> = set.labels.iter().map(String::as_str).collect();
    Ok(Dataset::new("mnli", &labels, chosen.iter().map(|&i| set.examples[i].clone()).collect(), None)?)
}

/// Returns the pairs that [`prepare`] wrote.
fn pairs(path: &Path, labels: &[String]) -> Result<Dataset> {
    let text = std::fs::read_to_string(path)?;
    let examples = text.lines().map(|line| {
        let fields: serde_json::Value = serde_json::from_str(line)?;
        let text =
            |name: &str| fields[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name}: {line}"));
        let label = fields["label"].as_i64().ok_or_else(|| format!("no label: {line}"))?;
        Ok(Example { first: text("first")?, second: Some(text("second")?), label })
    });
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    Ok(Dataset::new("mnli", &labels, examples.collect::<Result<Vec<_>>>()?, None)?)
}

/// Times the points, after as many that are not timed, and writes seconds, memory and losses.
fn measure(inputs: &Path, encoder: &Path, out: &Path, alphas: &[f64]) -> Result<()> {
    let (a, b) = (load_finetuned(&inputs.join("a"))?, load_finetuned(&inputs.join("b"))?);
    let max_len = a.classifier.config().max_len();
    let set = EvaluationSet::new(
        pairs(&inputs.join("pairs.jsonl"), &a.labels)?,
        &load_tokenizer(encoder)?,
        max_len,
    )?;
    evaluate_points(&a, &b, &set, &alphas[..n_threads().min(alphas.len())])?;
    let start = Instant::now();
    let outcomes = evaluate_points(&a, &b, &set, alphas)?;
    let seconds = start.elapsed().as_secs_f64() / alphas.len() as f64;
    let losses: Vec<&[f32]> = outcomes.iter().map(|outcome| outcome.losses.as_slice()).collect();
    let result = json!({
        "seconds_per_point": seconds,
        "peak_mib": peak_memory(),
        "alphas": alphas,
        "losses": losses,
        "threads": n_threads(),
        "precision": "float32",
    });
    Ok(std::fs::write(out, result.to_string())?)
}

/// Returns the outcomes of the points `alpha * a + (1 - alpha) * b`, by a sweep into a store that is thrown
/// away.
fn evaluate_points(
    a: &Finetuned,
    b: &Finetuned,
    set: &EvaluationSet,
    alphas: &[f64],
) -> Result<Vec<Outcome>> {
    let folder = std::env::temp_dir().join(format!("lmc-bench-{}", std::process::id()));
    let classifier = &a.classifier;
    let points = alphas.iter().map(|&alpha| Combination::on_line(alpha)).collect();
    let plan = SweepPlan::new(2, vec![vec![0, 1]], points)?;
    // tch's tensors may be sent to another thread but not shared by two.
    let thetas = [a, b].map(|model| Mutex::new(model.weights.theta().shallow_clone()));
    let load = |model: usize| {
        let theta = thetas[model].lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Weights::new(classifier.layout().clone(), theta.shallow_clone())
    };
    let nothing = Outcome { losses: Vec::new(), predictions: Vec::new(), confidences: Vec::new() };
    let sampled = execute(&SweepJob {
        store: &Store::open(&folder)?,
        classifier,
        set,
        models: &["a".into(), "b".into()],
        load: &load,
        ends: &[nothing.clone(), nothing],
        plan: &plan,
        compute: &Compute::cpu(),
    });
    let _ = std::fs::remove_dir_all(&folder);
    Ok(sampled?.swap_remove(0).outcomes)
}

/// Returns the high-water mark of this process's resident memory, in MiB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
