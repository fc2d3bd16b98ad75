//! Training in the way of a device against that of the CPU. CI takes it on the CPU; where there is a CUDA
//! device, the same tests run there too.

use std::sync::Once;

use tch::{Cuda, Device, Tensor};

use super::*;
use lmc_base::error::{LmcError, Result};
use lmc_base::step::Step;
use lmc_data::spec::{Recipe, Trained};
use lmc_model::compute::Precision;
use lmc_model::encode::Encoded;
use lmc_model::model::fixture::{classifier, examples, stack};

const SEEDS: [u64; 3] = [1, 2, 3];

fn recipe(dropout: f64) -> Recipe {
    Recipe { length: Step::Iterations(20), batch_size: 5, learning_rate: 1e-3, dropout, ..Recipe::mini() }
}

/// The devices on which tests run: the CPU, and a CUDA device if there is one.
fn devices() -> Vec<Device> {
    if Cuda::device_count() > 0 {
        return vec![Device::Cpu, Device::Cuda(0)];
    }
    static SKIPPED: Once = Once::new();
    SKIPPED.call_once(|| eprintln!("SKIPPED on CUDA: libtorch sees no CUDA device"));
    vec![Device::Cpu]
}

/// A device with a precision in the way of a device, each of the devices with each of the precisions.
fn places(precisions: &[Precision]) -> Vec<Place> {
    let of = |device| precisions.iter().map(move |&precision| Place::new(device, precision).counted());
    devices().into_iter().flat_map(of).collect()
}

/// The result of a training, or of a part of it.
#[derive(Debug, Default)]
struct Trained20 {
    /// The weights, on the CPU.
    theta: Option<Tensor>,
    /// The losses that were told after each update.
    told: Vec<f64>,
    checkpoints: Vec<(u32, Vec<u64>, Vec<u32>)>,
    state: Option<TrainingState>,
}

impl Trained20 {
    fn theta(&self) -> &Tensor {
        self.theta.as_ref().unwrap()
    }
}

/// Trains seeds on a place from a state up to update `stop`, as an interrupt would end it, or to the end.
fn part(
    place: Place,
    seeds: &[u64],
    set: TrainingSet<'_>,
    recipe: &Recipe,
    from: Option<TrainingState>,
    stop: u32,
) -> Result<Trained20> {
    let classifier = classifier();
    let theta = stack(&classifier, seeds).to_device(place.device);
    let mut training = Training::on(&classifier, theta.shallow_clone(), seeds, set, recipe, place)?;
    let mut made = from.as_ref().map_or(0, TrainingState::step);
    if let Some(state) = from {
        training = training.resumed(state);
    }
    let mut result = Trained20::default();
    let keep = |snapshot: Snapshot<'_>| {
        let losses = snapshot.train_loss.iter().map(|loss| loss.to_bits()).collect();
        result.checkpoints.push((snapshot.step, losses, snapshot.skipped.to_vec()));
        Ok(())
    };
    let tick = |loss| {
        result.told.push(loss);
        made += 1;
        if made == stop { Err(LmcError::Interrupted { finished: String::new() }) } else { Ok(()) }
    };
    match training.run(keep, tick) {
        Err(LmcError::Interrupted { .. }) => result.state = Some(training.state()?),
        run => run?,
    }
    result.theta = Some(theta.to_device(Device::Cpu));
    Ok(result)
}

fn whole(place: Place, seeds: &[u64], examples: &[Encoded], recipe: &Recipe) -> Trained20 {
    part(place, seeds, TrainingSet::Examples(examples), recipe, None, 0).unwrap()
}

/// The largest difference of two weights, each by its size or one. A key's bias is left out: its gradient is
/// zero but for rounding.
fn worst(a: &Tensor, b: &Tensor) -> f64 {
    let counted = classifier().layout().mask(|name| !name.ends_with("key.bias"));
    ((a - b).abs() / b.abs().clamp_min(1.0) * counted).max().double_value(&[])
}

fn mean_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().mean(tch::Kind::Double).double_value(&[])
}

#[test]
fn in_float32_without_dropout_it_is_the_training_of_the_cpu() {
    let examples = examples(23, 1);
    let exact = whole(Place::CPU, &SEEDS, &examples, &recipe(0.0));
    for place in places(&[Precision::Float32]) {
        let got = whole(place.reading_every(1), &SEEDS, &examples, &recipe(0.0));
        let off = worst(got.theta(), exact.theta());
        assert!(off < 2e-5, "{place:?}: {off}");
        for (got, exact) in got.told.iter().zip(&exact.told) {
            assert!((got - exact).abs() < 2e-6 * exact.abs().max(1.0), "{place:?}: {got}, {exact}");
        }
    }
}

#[test]
fn with_counted_dropout_every_device_and_every_company_give_the_same_up_to_rounding() {
    let (examples, recipe) = (examples(23, 1), recipe(0.2));
    let cpu = Place::CPU.counted();
    let expected = whole(cpu, &SEEDS, &examples, &recipe);
    assert!(worst(expected.theta(), whole(Place::CPU, &SEEDS, &examples, &recipe).theta()) > 1e-3);
    for place in places(&[Precision::Float32]) {
        let together = whole(place, &SEEDS, &examples, &recipe);
        assert!(worst(together.theta(), expected.theta()) < 1e-4, "{place:?}");
        let halves = whole(place.with_side_by_side(2), &SEEDS, &examples, &recipe);
        assert!(worst(halves.theta(), expected.theta()) < 1e-4, "{place:?}");
        for (i, &seed) in SEEDS.iter().enumerate() {
            let alone = whole(place, &[seed], &examples, &recipe);
            let expected = expected.theta().narrow(0, i as i64, 1);
            assert!(worst(alone.theta(), &expected) < 1e-4, "{place:?}, seed {seed}");
        }
    }
}

/// Losses differ from those of float32 by the rounding of weights and activations, 2^-11 of their size in fp16
/// and 2^-8 in bf16, which updates of Adam make larger. A model in fp16 whose gradient overflows at the first
/// scale skips that update, as PyTorch's would.
#[test]
fn half_precision_follows_float32() {
    let examples = examples(23, 1);
    for dropout in [0.0, 0.1] {
        let recipe = recipe(dropout);
        let float32 = whole(Place::CPU.counted().reading_every(1), &SEEDS, &examples, &recipe);
        let start = stack(&classifier(), &SEEDS);
        for (precision, at_first, later, of_weights) in
            [(Precision::Float16, 1e-3, 0.03, 0.05), (Precision::BFloat16, 8e-3, 0.05, 0.2)]
        {
            for place in places(&[precision]) {
                let got = whole(place.reading_every(1), &SEEDS, &examples, &recipe);
                for (update, (got, expected)) in got.told.iter().zip(&float32.told).enumerate() {
                    let tolerance = if update < 3 { at_first } else { later };
                    assert!((got - expected).abs() < tolerance, "{place:?}, {update}: {got}, {expected}");
                }
                let skipped = &got.checkpoints.last().unwrap().2;
                assert_eq!(skipped.len(), if precision == Precision::Float16 { 3 } else { 0 });
                for model in (0..3).filter(|&model| skipped.get(model).is_none_or(|&n| n == 0)) {
                    let of = |theta: &Tensor| theta.get(model as i64);
                    let moved = mean_difference(&of(float32.theta()), &of(&start));
                    let off = mean_difference(&of(got.theta()), &of(float32.theta())) / moved;
                    assert!(off < of_weights && off > 0.0, "{place:?}, model {model}: {off}");
                }
            }
        }
    }
}

#[test]
fn the_same_run_twice_and_in_parts_gives_the_same_bits() {
    let (examples, recipe) = (examples(23, 1), recipe(0.2));
    let set = TrainingSet::Examples(&examples);
    for place in places(&[Precision::Float32, Precision::Float16, Precision::BFloat16]) {
        let once = whole(place, &SEEDS, &examples, &recipe);
        let again = whole(place, &SEEDS, &examples, &recipe);
        assert_eq!((once.theta(), &once.checkpoints), (again.theta(), &again.checkpoints));
        for stops in [&[1][..], &[3, 7, 8, 19], &[16, 17]] {
            let (mut state, mut checkpoints, mut theta) = (None, Vec::new(), None);
            for &stop in stops.iter().chain([&0]) {
                let from = state.take().map(|state: TrainingState| {
                    let bytes = state.to_parts().unwrap().concat();
                    let n = classifier().layout().n_parameters();
                    TrainingState::from_bytes(&bytes, "state".as_ref(), &SEEDS, n).unwrap()
                });
                let part = part(place, &SEEDS, set, &recipe, from, stop).unwrap();
                checkpoints.extend(part.checkpoints);
                (state, theta) = (part.state, part.theta);
            }
            assert_eq!(theta.as_ref(), Some(once.theta()), "{place:?}, stopped at {stops:?}");
            assert_eq!(checkpoints, once.checkpoints);
        }
    }
}

/// Stacks in company are kept one by one, and go on in other company.
#[test]
fn stacks_go_on_in_other_company() {
    let (examples, recipe) = (examples(23, 1), recipe(0.2));
    let set = TrainingSet::Examples(&examples);
    for place in places(&[Precision::Float32, Precision::Float16]) {
        let expected = whole(place, &SEEDS, &examples, &recipe);
        let first = part(place, &SEEDS[..2], set, &recipe, None, 7).unwrap().state.unwrap();
        let third = part(place, &SEEDS[2..], set, &recipe, None, 7).unwrap().state.unwrap();
        let states = vec![third, first.of_models(0..1), first.of_models(1..2)];
        let together = TrainingState::together(states).unwrap();
        let order = [SEEDS[2], SEEDS[0], SEEDS[1]];
        let rest = part(place, &order, set, &recipe, Some(together), 0).unwrap();
        let back = rest.theta().index_select(0, &Tensor::from_slice(&[1i64, 2, 0]));
        assert!(worst(&back, expected.theta()) < if place.kind() == tch::Kind::Half { 1e-2 } else { 1e-4 });
        let later = part(place, &SEEDS[..1], set, &recipe, None, 8).unwrap().state.unwrap();
        let message = TrainingState::together(vec![first, later]).unwrap_err().to_string();
        assert!(message.contains("7 and 8 updates"), "{message}");
    }
}

#[test]
fn too_little_memory_halves_the_copies_side_by_side_and_goes_on() {
    let (examples, recipe) = (examples(23, 1), recipe(0.2));
    let set = TrainingSet::Examples(&examples);
    for place in places(&[Precision::Float32]) {
        let expected = whole(place, &SEEDS, &examples, &recipe);
        let halved = part(place.too_small_for(3), &SEEDS, set, &recipe, None, 9).unwrap();
        let state = halved.state.unwrap();
        assert_eq!(state.numbers.side_by_side, Some(2));
        let rest = part(place, &SEEDS, set, &recipe, Some(state), 0).unwrap();
        assert!(worst(rest.theta(), expected.theta()) < 1e-4);
        let ones = whole(place.too_small_for(2), &SEEDS, &examples, &recipe);
        assert!(worst(ones.theta(), expected.theta()) < 1e-4);
        let error = part(place.too_small_for(1), &SEEDS, set, &recipe, None, 0).unwrap_err();
        assert!(matches!(error, LmcError::OutOfMemory { .. }), "{error}");
    }
}

#[test]
fn losses_are_read_now_and_then_and_the_last_one_is_told() {
    let examples = examples(23, 1);
    let recipe = Recipe { trajectory: vec![1.0], ..recipe(0.0) };
    for place in places(&[Precision::Float32]) {
        let each = whole(place.reading_every(1), &SEEDS, &examples, &recipe);
        let some = whole(place.reading_every(8), &SEEDS, &examples, &recipe);
        assert_eq!(some.checkpoints, each.checkpoints);
        // Read after the first update, then after eight more each time, and at the checkpoint.
        for (update, told) in some.told.iter().enumerate() {
            let read = match update {
                0..8 => 0,
                8..16 => 8,
                16..19 => 16,
                _ => 19,
            };
            assert_eq!(told.to_bits(), each.told[read].to_bits(), "update {update}");
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_is_told_with_its_update_however_late_it_is_read() {
    let examples = examples(23, 1);
    let recipe = Recipe { learning_rate: 1e30, warmup: 0.0, trajectory: vec![1.0], ..recipe(0.0) };
    for place in places(&[Precision::Float32, Precision::BFloat16]) {
        let error = part(place, &SEEDS, TrainingSet::Examples(&examples), &recipe, None, 0).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("finetuning of seed 1") && message.contains("at update 2"), "{message}");
    }
}

#[test]
fn features_are_the_same_on_every_device() {
    let (classifier, examples) = (classifier(), examples(23, 1));
    let theta = stack(&classifier, &[1]).get(0);
    let expected = Features::new(&classifier, &theta, &examples, |_| ()).unwrap();
    for device in devices() {
        let features = Features::on(&classifier, &theta, &examples, &[device; 2], |_| ()).unwrap();
        for i in 0..examples.len() {
            let (got, expected) = (features.row(i), expected.row(i));
            assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{device:?}, {i}");
        }
    }
}

#[test]
fn features_train_the_head_as_on_the_cpu() {
    let (classifier, examples) = (classifier(), examples(23, 1));
    let theta = stack(&classifier, &[1]).get(0);
    let features = Features::new(&classifier, &theta, &examples, |_| ()).unwrap();
    let set = TrainingSet::Features(&features);
    for dropout in [0.0, 0.2] {
        let recipe = Recipe { trained: Trained::Head, learning_rate: 1e-2, ..recipe(dropout) };
        let reference = if dropout == 0.0 { Place::CPU } else { Place::CPU.counted() };
        let expected = part(reference, &SEEDS, set, &recipe, None, 0).unwrap();
        for place in places(&[Precision::Float32]) {
            let got = part(place, &SEEDS, set, &recipe, None, 0).unwrap();
            assert!(worst(got.theta(), expected.theta()) < 1e-5);
        }
        for place in places(&[Precision::Float16, Precision::BFloat16]) {
            let got = part(place, &SEEDS, set, &recipe, None, 0).unwrap();
            let off = worst(got.theta(), expected.theta());
            assert!(off < 0.02 && off > 0.0, "{place:?}: {off}");
        }
    }
}
