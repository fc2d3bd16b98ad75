//! The loss around a model against the package loss-landscapes, and the components of a path against numpy:
//! generate_surfaces.py ran both on a tiny classifier.

use std::collections::BTreeMap;
use std::path::Path;

use lmc::analyses::surfaces::{DirectionScale, Principal, scaled_direction};
use lmc::encode::{Encoded, packed_batches};
use lmc::eval::evaluate;
use lmc::model::{Classifier, ModelConfig, Weights, read_safetensors};
use lmc::path::Combination;
use lmc::tch::{Kind, Tensor};
use serde_json::Value;

type Tensors = BTreeMap<String, Tensor>;

fn numbers<T>(value: &Value, of: fn(&Value) -> Option<T>) -> Vec<T> {
    value.as_array().unwrap().iter().map(|number| of(number).unwrap()).collect()
}

/// The classifier of the golden file, with its tensors.
struct Golden {
    all: Tensors,
    facts: Value,
    classifier: Classifier,
}

impl Golden {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let config = ModelConfig {
            hidden_size: 8,
            num_hidden_layers: 1,
            num_attention_heads: 2,
            intermediate_size: 12,
            max_position_embeddings: 10,
            ..ModelConfig::mini(20)
        };
        Self {
            all: read_safetensors(&folder.join("surfaces.safetensors")).unwrap(),
            facts: serde_json::from_slice(&std::fs::read(folder.join("surfaces.json")).unwrap()).unwrap(),
            classifier: Classifier::new(&config, 3),
        }
    }

    /// Returns the weights under a prefix; those that the file lacks are zero.
    fn weights(&self, prefix: &str) -> Weights {
        let layout = self.classifier.layout();
        let named = layout.entries().iter().map(|entry| {
            let known = self.all.get(&format!("{prefix}/{}", entry.name));
            let zero = || Tensor::zeros(&entry.shape, (Kind::Float, lmc::tch::Device::Cpu));
            (entry.name.clone(), known.map_or_else(zero, Tensor::shallow_clone))
        });
        Weights::from_named(layout.clone(), named.collect()).unwrap()
    }

    fn texts(&self) -> Vec<Encoded> {
        let text = |text: &Value| Encoded {
            ids: numbers(&text[0], Value::as_i64),
            segments: numbers(&text[1], Value::as_i64),
            label: text[2].as_i64().unwrap(),
        };
        self.facts["texts"].as_array().unwrap().iter().map(text).collect()
    }
}

#[test]
fn surfaces_equal_those_of_loss_landscapes() {
    let golden = Golden::read();
    let (model, texts) = (golden.weights("model"), golden.texts());
    let batches = packed_batches(&texts, 512);
    for scale in [DirectionScale::Filter, DirectionScale::Layer] {
        let direction = |number: usize| {
            let drawn = golden.weights(&format!("{scale}/drawn-{number}"));
            let scaled = scaled_direction(&drawn, &model, scale).unwrap();
            let expected = golden.weights(&format!("{scale}/scaled-{number}"));
            let off = Weights::distance(&scaled, &expected).unwrap();
            assert!(off < 1e-5, "{scale} {number}: {off}");
            assert!(Weights::distance(&scaled, &drawn).unwrap() > 1.0, "{scale} does something");
            model.theta() + scaled.theta()
        };
        let controls = [model.theta().shallow_clone(), direction(0), direction(1)];
        let points = golden.facts["surfaces"][scale.name()].as_array().unwrap();
        assert_eq!(points.len(), 36);
        let mut largest = 0.0f64;
        for point in points {
            let [x, y, expected] = ["x", "y", "loss"].map(|key| point[key].as_f64().unwrap());
            let theta = controls[0].zeros_like();
            Combination::in_plane(x, y).write(&theta, &controls).unwrap();
            let loss = evaluate(&golden.classifier, &theta, &batches, texts.len()).unwrap().mean_loss();
            largest = largest.max((loss - expected).abs());
        }
        println!("{scale}: losses off by {largest:.1e}");
        assert!(largest < 1e-5, "{scale}: {largest}");
        let losses: Vec<f64> = points.iter().map(|point| point["loss"].as_f64().unwrap()).collect();
        let ends = losses.iter().fold([f64::MAX, f64::MIN], |[low, high], &x| [low.min(x), high.max(x)]);
        assert!(ends[1] - ends[0] > 0.01, "the loss is not flat: {ends:?}");
    }
}

#[test]
fn the_components_of_a_path_equal_those_of_numpy() {
    let golden = Golden::read();
    let path: Vec<Weights> = (0..5).map(|k| golden.weights(&format!("checkpoint-{k}"))).collect();
    let found = Principal::of(&path, &golden.weights("model")).unwrap();
    let shares = numbers(&golden.facts["shares"], Value::as_f64);
    for (got, expected) in found.shares.iter().zip(&shares) {
        assert!((got - expected).abs() < 1e-5, "{:?}, expected {shares:?}", found.shares);
    }
    let places = golden.facts["places"].as_array().unwrap();
    assert_eq!(places.len(), found.places.len());
    for (got, expected) in found.places.iter().zip(places) {
        let expected = numbers(expected, Value::as_f64);
        assert!(
            got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-3),
            "{got:?}, expected {expected:?}"
        );
    }
}
