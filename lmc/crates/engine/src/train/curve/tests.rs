use tch::{Kind, Tensor};

use super::*;
use lmc_model::encode::packed_batches;
use lmc_model::eval::evaluate;
use lmc_model::model::fixture::{classifier, examples, weights};
use lmc_model::path::CurveKind;

const CHAIN: CurveKind = CurveKind::Chain { n_bends: 2 };

fn recipe(kind: CurveKind) -> CurveRecipe {
    CurveRecipe {
        kind,
        batch_size: 8,
        learning_rate: 2e-2,
        sub_epoch: 20,
        n_sub_epochs: 3,
        ..CurveRecipe::mini()
    }
}

fn models(classifier: &Classifier) -> [Tensor; 2] {
    [1, 2].map(|seed| weights(classifier, seed).theta().copy())
}

fn train(recipe: &CurveRecipe, stops: &[usize]) -> CurveState {
    let (classifier, examples) = (classifier(), examples(40, 5));
    let [a, b] = models(&classifier);
    let fresh = || CurveTraining::new(&classifier, [&a, &b], &examples, recipe).unwrap();
    let mut training = fresh();
    for &stop in stops {
        while training.losses.len() < stop {
            training.update().unwrap();
        }
        let bytes = training.state().to_parts(&"of".into()).unwrap().concat();
        let shape = [recipe.kind.n_inner() as i64, classifier.layout().n_parameters()];
        let state = CurveState::from_bytes(&bytes, std::path::Path::new("f"), &"of".into(), shape).unwrap();
        training = fresh().resumed(state);
    }
    training.run(|_| ()).unwrap();
    training.state()
}

/// The gradient that reaches each control point is that of the loss as a function of the control points.
#[test]
fn control_points_get_their_share_of_the_gradient() {
    let (classifier, examples) = (classifier(), examples(6, 5));
    let [a, b] = models(&classifier);
    for kind in [CHAIN, CurveKind::Bezier] {
        let recipe = CurveRecipe { batch_size: 6, ..recipe(kind) };
        let mut training = CurveTraining::new(&classifier, [&a, &b], &examples, &recipe).unwrap();
        let point = kind.at(training.draws.clone().random::<f64>());
        let before = training.inner.copy();
        training.update().unwrap();
        let inner = before.detach().set_requires_grad(true);
        let mut controls = vec![a.shallow_clone()];
        controls.extend((0..inner.size()[0]).map(|i| inner.get(i)));
        controls.push(b.shallow_clone());
        let theta: Tensor = point.weights().iter().zip(&controls).map(|(&w, c)| c * w).sum();
        // The chain rule by autograd, through the combination and the model at once.
        let tokens = packed_batches(&examples, 512);
        let parameters =
            lmc_model::weights::Parameters::views(&theta.unsqueeze(0), classifier.layout()).unwrap();
        let losses: Vec<Tensor> = tokens
            .iter()
            .map(|batch| {
                let logits = classifier
                    .packed_logits(&parameters, &batch.tokens, &lmc_model::model::Dropout::NONE)
                    .unwrap();
                let labels = batch.labels.view([1, -1, 1]);
                -logits.log_softmax(-1, Kind::Float).gather(-1, &labels, false).sum(Kind::Float)
            })
            .collect();
        let loss = losses.into_iter().sum::<Tensor>() / 6.0;
        let expected = Tensor::run_backward(&[loss], &[&inner], false, false).remove(0);
        let largest = expected.abs().max().double_value(&[]);
        let off = (&training.gradient - &expected).abs().max().double_value(&[]);
        assert!(largest > 1e-3 && off < 1e-4 * largest, "{kind:?}: {off} of {largest}");
    }
}

#[test]
fn a_trained_curve_is_lower_than_the_line_and_keeps_its_ends() {
    let (classifier, examples) = (classifier(), examples(40, 5));
    let [a, b] = models(&classifier);
    let batches = packed_batches(&examples, 512);
    for kind in [CurveKind::Chain { n_bends: 1 }, CurveKind::Bezier] {
        let recipe = recipe(kind);
        let highest = |training: &CurveTraining<'_>| {
            let inside = (1..20).map(|k| {
                let theta = a.zeros_like();
                kind.at(f64::from(k) / 20.0).write(&theta, &training.controls).unwrap();
                evaluate(&classifier, &theta, &batches, 40).unwrap().mean_loss()
            });
            inside.fold(0.0, f64::max)
        };
        let mut training = CurveTraining::new(&classifier, [&a, &b], &examples, &recipe).unwrap();
        let ends = [a.copy(), b.copy()];
        let line = highest(&training);
        training.run(|_| ()).unwrap();
        let curve = highest(&training);
        assert!(curve < line - 0.1, "{kind:?}: {curve} against {line}");
        for (t, end) in [(1.0, &ends[0]), (0.0, &ends[1])] {
            let theta = a.zeros_like();
            kind.at(t).write(&theta, &training.controls).unwrap();
            assert_eq!(theta, *end, "bit for bit");
        }
    }
}

#[test]
fn a_stop_changes_no_bit_and_a_seed_does() {
    for kind in [CHAIN, CurveKind::Bezier] {
        let recipe = recipe(kind);
        let whole = train(&recipe, &[]);
        assert!(whole.is_finished() && whole.losses.len() == 60);
        let in_parts = train(&recipe, &[1, 23, 59]);
        assert_eq!((&in_parts.inner, &in_parts.losses), (&whole.inner, &whole.losses));
        let other = train(&CurveRecipe { seed: 1, ..recipe }, &[]);
        assert_ne!(other.losses, whole.losses);
    }
}
