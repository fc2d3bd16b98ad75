use tch::{Device, Kind, Tensor};

use super::*;
use lmc_base::error::Result;
use lmc_base::step::Step;
use lmc_data::spec::{Adam, Recipe, Trained};
use lmc_model::encode::Encoded;
use lmc_model::model::fixture::{classifier, examples, stack};
use lmc_model::weights::Layout;

const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-12, bias_correction: true };

fn recipe(n: u32) -> Recipe {
    Recipe { length: Step::Iterations(n), batch_size: 4, learning_rate: 1e-3, ..Recipe::mini() }
}

/// The weights of a stack after training, and the losses of all updates.
fn train(seeds: &[u64], examples: &[Encoded], recipe: &Recipe) -> Result<(Tensor, Vec<f64>)> {
    let classifier = classifier();
    let (mut theta, mut losses) = (stack(&classifier, seeds), Vec::new());
    let tick = |loss| {
        losses.push(loss);
        Ok(())
    };
    train_stack(&classifier, &mut theta, seeds, TrainingSet::Examples(examples), recipe, |_| Ok(()), tick)?;
    Ok((theta, losses))
}

fn layout() -> Layout {
    let mut layout = Layout::default();
    layout.push("dense.weight", &[1, 1]);
    layout.push("dense.bias", &[1]);
    layout.push("LayerNorm.weight", &[1]);
    layout
}

fn steps(adam: Adam, decay: f64, clip: Option<f64>, gradients: &[[f32; 3]]) -> Vec<f32> {
    let mut theta = Tensor::full([1, 3], 2.0, (Kind::Float, Device::Cpu));
    let mut optimiser = AdamW::new(&theta, &layout(), adam, decay, clip);
    for gradient in gradients {
        let _ = optimiser.step(&mut theta, &Tensor::from_slice(gradient).unsqueeze(0), 0.1);
    }
    Vec::try_from(theta.reshape([-1])).unwrap()
}

fn assert_close(got: &[f32], expected: &[f64]) {
    let close = got.iter().zip(expected).all(|(g, e)| (f64::from(*g) - e).abs() < 1e-6);
    assert!(got.len() == expected.len() && close, "got {got:?}, expected {expected:?}");
}

#[test]
fn adamw_by_hand() {
    // Corrected, the first update is the sign of the gradient; only the weight decays, by 0.1 * 0.5 * 2.
    assert_close(&steps(ADAM, 0.5, None, &[[0.5, -3.0, 0.0]]), &[1.8, 2.1, 2.0]);
    // Not corrected, it is 0.1 g / sqrt(0.001 g^2) = sqrt(10) times the sign.
    let google = Adam { bias_correction: false, ..ADAM };
    let root = 0.1 * 10f64.sqrt();
    assert_close(&steps(google, 0.5, None, &[[0.5, -3.0, 0.0]]), &[1.9 - root, 2.0 + root, 2.0]);
    // Second update, gradients 1 then 0: 0.09 / 0.19 over the root of 0.000999 / 0.001999.
    let second = (0.09f64 / 0.19) / (0.000999f64 / 0.001999).sqrt();
    assert_close(&steps(ADAM, 0.0, None, &[[1.0, 1.0, 0.0], [0.0; 3]])[..1], &[1.9 - 0.1 * second]);
}

/// Biases, tables of them and layer norms of every family do not decay.
#[test]
fn only_weights_decay() {
    let names = [
        ("encoder.layer.0.ffn.weight", 1.9),
        ("embeddings_project.weight", 1.9),
        ("embeddings_project.bias", 2.0),
        ("encoder.relative_attention_bias.weight", 2.0),
        ("transformer.layer.0.sa_layer_norm.weight", 2.0),
        ("full_layer_layer_norm.bias", 2.0),
    ];
    let mut layout = Layout::default();
    for (name, _) in names {
        layout.push(name, &[1]);
    }
    let mut theta = Tensor::full([1, 6], 2.0, (Kind::Float, Device::Cpu));
    let zero = theta.zeros_like();
    let _ = AdamW::new(&theta, &layout, ADAM, 0.5, None).step(&mut theta, &zero, 0.1);
    assert_close(&Vec::try_from(theta.reshape([-1])).unwrap(), &names.map(|(_, expected)| expected));
}

#[test]
fn each_model_is_clipped_by_its_own_norm() {
    // With beta1 = beta2 = 0 and a large eps the update is g / eps nearly.
    let plain = Adam { beta1: 0.0, beta2: 0.0, eps: 1e3, bias_correction: false };
    let mut theta = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
    let gradient = Tensor::from_slice(&[0.0f32, 3.0, 4.0, 0.3, 0.0, 0.4]).view([2, 3]);
    let norms = AdamW::new(&theta, &layout(), plain, 0.0, Some(1.0)).step(&mut theta, &gradient, 1e3);
    assert_close(&Vec::try_from(norms.reshape([-1])).unwrap(), &[5.0, 0.5]);
    let got = Vec::<f32>::try_from(theta.reshape([-1])).unwrap();
    let expected = [0.0, -0.6, -0.8, -0.3, 0.0, -0.4];
    assert!(got.iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-3), "{got:?}");
}

#[test]
fn checkpoints_fall_on_their_updates_with_the_mean_loss_since_the_last() {
    let (classifier, examples, recipe) = (classifier(), examples(16, 1), recipe(9));
    let (mut theta, mut kept, mut losses) = (stack(&classifier, &[1]), Vec::new(), Vec::new());
    let mut logged: Vec<f64> = Vec::new();
    let start = theta.copy();
    let keep = |snapshot: Snapshot<'_>| {
        assert!(snapshot.theta.size() == start.size() && *snapshot.theta != start);
        kept.push((snapshot.step, snapshot.train_loss[0]));
        logged.extend(snapshot.logs[0].losses().map(f64::from));
        assert!(snapshot.logs[0].gradient_norms().all(|norm| norm > 0.0 && norm.is_finite()));
        Ok(())
    };
    let tick = |loss| {
        losses.push(loss);
        Ok(())
    };
    train_stack(&classifier, &mut theta, &[1], TrainingSet::Examples(&examples), &recipe, keep, tick)
        .unwrap();
    assert_eq!((losses.len(), &logged), (9, &losses));
    assert_eq!(kept.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [3, 6, 9]);
    for (third, (_, loss)) in losses.chunks(3).zip(&kept) {
        assert!((third.iter().sum::<f64>() / 3.0 - loss).abs() < 1e-6);
    }
}

#[test]
fn training_lowers_the_loss() {
    let recipe = Recipe { learning_rate: 1e-2, ..recipe(60) };
    let (_, losses) = train(&[1, 2], &examples(16, 2), &recipe).unwrap();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    assert!(mean(&losses[50..]) < 0.5 * mean(&losses[..10]), "{losses:?}");
}

#[test]
fn a_loss_that_is_not_finite_names_seed_and_update() {
    let recipe = Recipe { learning_rate: 1e30, warmup: 0.0, ..recipe(9) };
    let message = train(&[41, 42], &examples(16, 1), &recipe).unwrap_err().to_string();
    assert!(message.contains("finetuning of seed 4") && message.contains("at update 2"), "{message}");
    assert!(message.contains("lower the learning rate"), "{message}");
}

#[test]
fn weights_that_overflow_in_the_last_update_are_not_kept() {
    let recipe = Recipe { learning_rate: 1e39, warmup: 0.0, trajectory: vec![1.0], ..recipe(1) };
    let message = train(&[41], &examples(16, 1), &recipe).unwrap_err().to_string();
    assert!(message.contains("seed 41") && message.contains("weights after update 1"), "{message}");
}

#[test]
fn the_same_run_twice_gives_the_same_bits() {
    let examples = examples(16, 3);
    for dropout in [0.0, 0.1] {
        let recipe = Recipe { dropout, ..recipe(6) };
        let (first, second) =
            (train(&[1, 2], &examples, &recipe).unwrap(), train(&[1, 2], &examples, &recipe).unwrap());
        assert_eq!(first, second);
    }
    let with = train(&[1], &examples, &Recipe { dropout: 0.1, ..recipe(1) }).unwrap();
    assert_ne!(with.1, train(&[1], &examples, &recipe(1)).unwrap().1);
}

#[test]
fn company_matters_for_rounding_only() {
    let examples = examples(16, 4);
    let (together, _) = train(&[1, 2, 3], &examples, &recipe(6)).unwrap();
    for (i, seed) in [1, 2, 3].into_iter().enumerate() {
        let (alone, _) = train(&[seed], &examples, &recipe(6)).unwrap();
        // Where the true gradient is zero the update is the sign of rounding errors: a key's bias.
        let difference = (together.get(i as i64) - alone.get(0)).abs();
        let classifier = classifier();
        let counted = classifier.layout().mask(|name| !name.ends_with("key.bias"));
        let worst = (difference * counted).max().double_value(&[]);
        assert!(worst < 1e-4, "{worst}");
    }
}

#[test]
fn features_train_the_head_alone() {
    let (classifier, examples) = (classifier(), examples(32, 5));
    let mut theta = stack(&classifier, &[1, 1]);
    let before = theta.copy();
    let features = Features::new(&classifier, &theta.get(0), &examples, |_| ()).unwrap();
    let recipe = Recipe { learning_rate: 1e-1, trained: Trained::Head, drop_last: true, ..recipe(60) };
    let mut losses = Vec::new();
    let tick = |loss| {
        losses.push(loss);
        Ok(())
    };
    let set = TrainingSet::Features(&features);
    train_stack(&classifier, &mut theta, &[1, 2], set, &recipe, |_| Ok(()), tick).unwrap();
    let encoder = |theta: &Tensor| theta.narrow(1, 0, classifier.head_offset());
    assert_eq!(encoder(&theta), encoder(&before));
    assert!(losses[50..].iter().sum::<f64>() < losses[..10].iter().sum::<f64>(), "{losses:?}");
    // The two differ in their orders alone.
    assert_ne!(theta.get(0), theta.get(1));
}
