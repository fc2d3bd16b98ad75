//! Compares losses, gradients and optimisers with PyTorch: twenty updates of a tiny random BERT classifier.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc::compute::Precision;
use lmc::encode::{Encoded, padded_batch};
use lmc::model::{Classifier, Dropout, ModelConfig, Tokens, read_safetensors};
use lmc::spec::{Adam, Decay, Recipe, Trained};
use lmc::step::Step;
use lmc::tch::{self, Cuda, Device, Kind, Tensor};
use lmc::train::{AdamW, Place, Schedule, Training, TrainingSet};
use lmc::weights::{Parameters, Weights};
use lmc_tests::skip::skipped;
use serde_json::Value;

const TOLERANCE: f64 = 1e-5;
const TORCH: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction: true };

struct Golden {
    values: Value,
    classifier: Classifier,
    examples: Vec<Encoded>,
    initial: Weights,
    finals: BTreeMap<String, Tensor>,
}

fn golden() -> Golden {
    let values: Value = serde_json::from_str(include_str!("../../golden/training.json")).unwrap();
    let config: ModelConfig = serde_json::from_value(values["config"].clone()).unwrap();
    let classifier = Classifier::new(&config, 2);
    let examples = values["examples"].as_array().unwrap().iter().map(|e| Encoded {
        ids: integers(&e["ids"]),
        segments: integers(&e["segments"]),
        label: e["label"].as_i64().unwrap(),
    });
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/training.safetensors");
    let (finals, named) =
        read_safetensors(&path).unwrap().into_iter().partition(|(name, _)| name.starts_with("final."));
    let initial = Weights::from_named(classifier.layout().clone(), named).unwrap();
    Golden { examples: examples.collect(), values, classifier, initial, finals }
}

impl Golden {
    fn number(&self, name: &str) -> f64 {
        self.values[name].as_f64().unwrap()
    }

    fn count(&self, name: &str) -> u32 {
        self.values[name].as_u64().unwrap() as u32
    }

    /// Returns batch `i` of the four, padded.
    fn batch(&self, i: usize) -> (Tokens, Tensor) {
        let size = self.count("batch_size") as usize;
        let indices: Vec<usize> = (i % 4 * size..(i % 4 + 1) * size).collect();
        let batch = padded_batch(&self.examples, &indices, 0).unwrap();
        let tokens = Tokens {
            ids: batch.ids.unsqueeze(0),
            segments: batch.segments.unsqueeze(0),
            mask: batch.mask.map(|mask| mask.unsqueeze(0)),
        };
        (tokens, batch.labels)
    }

    fn logits(&self, parameters: &Parameters, tokens: &Tokens) -> Tensor {
        self.classifier.logits(parameters, tokens, &Dropout::NONE).unwrap()
    }

    fn loss_and_gradient(&self, theta: &Tensor, batch: usize) -> (f64, Tensor) {
        let (tokens, labels) = self.batch(batch);
        let leaves = Parameters::leaves(theta, self.classifier.layout()).unwrap();
        let loss = self.logits(&leaves, &tokens).squeeze_dim(0).cross_entropy_for_logits(&labels);
        (loss.double_value(&[]), leaves.gradient(&loss).unwrap())
    }

    /// Returns the same for the head alone, on the features of the frozen encoder; `theta` is the head's
    /// part.
    fn head_loss_and_gradient(&self, theta: &Tensor, batch: usize) -> (f64, Tensor) {
        let (tokens, labels) = self.batch(batch);
        let encoder =
            Parameters::views(&self.initial.theta().unsqueeze(0), self.classifier.layout()).unwrap();
        let features = self.classifier.features(&encoder, &tokens, &Dropout::NONE).unwrap();
        let leaves = Parameters::leaves(theta, self.classifier.head_layout()).unwrap();
        let logits = self.classifier.head_logits(&leaves, &features, &Dropout::NONE).unwrap();
        let loss = logits.squeeze_dim(0).cross_entropy_for_logits(&labels);
        (loss.double_value(&[]), leaves.gradient(&loss).unwrap())
    }

    fn check_run(&self, run: &str, adam: Adam, decay: Decay, trained: Trained) {
        let (n_steps, warmup) = (self.count("n_steps"), self.count("warmup"));
        let schedule = Schedule { peak: self.number("peak"), n_steps, warmup, decay };
        let mut theta = self.initial.theta().copy().unsqueeze(0);
        let (layout, offset) = match trained {
            Trained::All => (self.classifier.layout(), 0),
            Trained::Head => (self.classifier.head_layout(), self.classifier.head_offset()),
        };
        let mut part = theta.narrow(1, offset, layout.n_parameters());
        let mut optimiser = AdamW::new(&part, layout, adam, self.number("weight_decay"), Some(1.0));
        let expected = &self.values[run];
        let (rates, norms) = (reals(&expected["learning_rates"]), reals(&expected["gradient_norms"]));
        for (step, loss) in reals(&expected["losses"]).into_iter().enumerate() {
            let (got, gradient) = match trained {
                Trained::All => self.loss_and_gradient(&part, step),
                Trained::Head => self.head_loss_and_gradient(&part, step),
            };
            assert!((got - loss).abs() < TOLERANCE, "{run}, step {step}: got {got}, expected {loss}");
            let (got, norm) = (gradient.norm().double_value(&[]), norms[step]);
            assert!((got - norm).abs() < TOLERANCE * norm.max(1.0), "{run}, step {step}: {got}, {norm}");
            let rate = schedule.rate(step as u32);
            assert!((rate - rates[step]).abs() < 1e-15, "step {step}: got {rate}, expected {}", rates[step]);
            let _ = tch::no_grad(|| optimiser.step(&mut part, &gradient, rate));
        }
        theta = theta.squeeze_dim(0);
        let weights = Weights::new(self.classifier.layout().clone(), theta).unwrap();
        let expected = &self.finals[&format!("final.{run}")];
        let named: BTreeMap<String, Tensor> = weights.named().into_iter().collect();
        let mut offset = 0;
        for (name, tensor) in named {
            let size = tensor.numel() as i64;
            let difference = tensor.reshape([-1]) - expected.narrow(0, offset, size);
            offset += size;
            // A bias that is common to all keys does not change the softmax: its gradient is rounding alone.
            if !name.ends_with("key.bias") {
                let worst = difference.abs().max().double_value(&[]);
                assert!(worst < TOLERANCE, "{run}: {name} is off by {worst}");
            }
        }
        assert_eq!(offset, self.classifier.layout().n_parameters());
    }
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

fn reals(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn assert_close(got: &Tensor, expected: &Value, what: &str) {
    assert_within(got, expected, TOLERANCE, what);
}

fn assert_within(got: &Tensor, expected: &Value, tolerance: f64, what: &str) {
    let expected: Vec<f64> = expected.as_array().unwrap().iter().flat_map(reals).collect();
    let got = Vec::<f64>::try_from(got.to_kind(Kind::Double).reshape([-1])).unwrap();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (g, e) in got.iter().zip(&expected) {
        assert!((g - e).abs() < tolerance, "{what}: got {got:?}, expected {expected:?}");
    }
}

#[test]
fn logits_and_first_gradient() {
    let golden = golden();
    let theta = golden.initial.theta().unsqueeze(0);
    let parameters = Parameters::views(&theta, golden.classifier.layout()).unwrap();
    for i in 0..4 {
        assert_close(&golden.logits(&parameters, &golden.batch(i).0), &golden.values["logits"][i], "logits");
    }
    let (_, gradient) = golden.loss_and_gradient(&theta, 0);
    let gradient = Weights::new(golden.classifier.layout().clone(), gradient.squeeze_dim(0)).unwrap();
    for (name, tensor) in gradient.named() {
        let expected = golden.values["torch"]["first_gradient_norms"][&name].as_f64().unwrap();
        let got = tensor.norm().double_value(&[]);
        assert!((got - expected).abs() < TOLERANCE, "gradient of {name}: got {got}, expected {expected}");
    }
}

#[test]
fn adamw_of_pytorch() {
    golden().check_run("torch", TORCH, Decay::AfterWarmup, Trained::All);
}

#[test]
fn adamw_and_schedule_of_google_bert() {
    let Recipe { adam, decay, trained, .. } = Recipe::google();
    golden().check_run("google", adam, decay, trained);
}

#[test]
fn a_linear_probe() {
    let Recipe { adam, decay, trained, .. } = Recipe::linear_probe();
    golden().check_run("probe", adam, decay, trained);
}

/// With all examples in one batch, the order of a seed does not matter, so a whole stack must agree.
#[test]
fn a_stack_of_three_on_the_whole_set() {
    golden().check_whole_set(&[5, 6, 7], Place::CPU, [TOLERANCE; 2]);
}

#[test]
fn one_model_on_the_whole_set() {
    golden().check_whole_set(&[5], Place::CPU, [TOLERANCE; 2]);
}

/// In the way of a device, on the CPU and where there is a CUDA device there too: float32 as the CPU has it,
/// half precision within the rounding of twenty updates.
#[test]
fn updates_in_the_way_of_a_device() {
    let devices = if Cuda::device_count() > 0 {
        vec![Device::Cpu, Device::Cuda(0)]
    } else {
        skipped("updates on CUDA against PyTorch: libtorch sees no CUDA device");
        vec![Device::Cpu]
    };
    for device in devices {
        for (precision, tolerances) in [
            (Precision::Float32, [TOLERANCE; 2]),
            (Precision::Float16, [5e-3, 2e-2]),
            (Precision::BFloat16, [2e-2, 1e-1]),
        ] {
            let place = Place::new(device, precision).counted().reading_every(1);
            for seeds in [&[5][..], &[5, 6, 7]] {
                golden().check_whole_set(seeds, place, tolerances);
            }
        }
    }
}

impl Golden {
    /// Trains a stack on a place; losses may be off by the first tolerance, logits after it by the second.
    fn check_whole_set(&self, seeds: &[u64], place: Place, [of_losses, of_logits]: [f64; 2]) {
        let recipe = Recipe {
            length: Step::Iterations(self.count("n_steps")),
            batch_size: self.examples.len(),
            learning_rate: self.number("peak"),
            weight_decay: self.number("weight_decay"),
            warmup: f64::from(self.count("warmup")) / f64::from(self.count("n_steps")),
            adam: TORCH,
            trajectory: vec![1.0],
            ..Recipe::mini()
        };
        let n_seeds = seeds.len() as i64;
        let theta = self.initial.theta().unsqueeze(0).repeat([n_seeds, 1]).to_device(place.device);
        let expected = reals(&self.values["whole"]["losses"]);
        let mean = expected.iter().sum::<f64>() / expected.len() as f64;
        let mut losses = Vec::new();
        let keep = |snapshot: lmc::train::Snapshot<'_>| {
            assert_eq!(snapshot.step, self.count("n_steps"));
            assert!(snapshot.train_loss.iter().all(|l| (l - mean).abs() < of_losses), "{snapshot:?}, {mean}");
            Ok(())
        };
        let tick = |loss| {
            losses.push(loss);
            Ok(())
        };
        let set = TrainingSet::Examples(&self.examples);
        let mut training =
            Training::on(&self.classifier, theta.shallow_clone(), seeds, set, &recipe, place).unwrap();
        training.run(keep, tick).unwrap();
        let theta = theta.to_device(Device::Cpu);
        for (step, (got, expected)) in losses.iter().zip(&expected).enumerate() {
            assert!((got - expected).abs() < of_losses, "{place:?}, step {step}: {got}, expected {expected}");
        }
        let indices: Vec<usize> = (0..self.examples.len()).collect();
        let batch = padded_batch(&self.examples, &indices, 0).unwrap();
        for i in 0..n_seeds {
            let mask = batch.mask.as_ref().map(|mask| mask.unsqueeze(0));
            let tokens = Tokens { ids: batch.ids.unsqueeze(0), segments: batch.segments.unsqueeze(0), mask };
            let parameters = Parameters::views(&theta.narrow(0, i, 1), self.classifier.layout()).unwrap();
            let logits = self.logits(&parameters, &tokens);
            assert_within(&logits, &self.values["whole"]["logits"], of_logits, "logits after training");
        }
    }
}
