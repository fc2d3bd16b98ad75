//! The kinds of attention on a GPU against those on the CPU.

use lmc::compute::{Attention, Precision};
use lmc::encode::{Encoded, PackedTokens, Placement};
use lmc::model::{Classifier, Dropout, ModelConfig};
use lmc::tch::{self, Cuda, Device, Kind, Tensor};
use lmc::weights::Parameters;
use lmc_tests::skip::skipped;

/// Returns sequences of lengths from 1 to 40 in no order.
fn examples() -> Vec<Encoded> {
    let example = |i: usize| {
        let length = 1 + (17 * i) % 40;
        let ids = (0..length).map(|place| ((7 * place + i) % 98 + 2) as i64).collect();
        Encoded { ids, segments: vec![0; length], label: 0 }
    };
    (0..30).map(example).collect()
}

/// Returns weights far enough from zero that a wrong attention would be seen.
fn theta(classifier: &Classifier, n_models: i64) -> Tensor {
    tch::manual_seed(7);
    let layout = classifier.layout();
    let noise = Tensor::randn([n_models, layout.n_parameters()], (Kind::Float, Device::Cpu));
    noise * 0.08 + layout.mask(|name| name.ends_with("LayerNorm.weight"))
}

/// Returns logits in float32 and the gradient of the sum of their squares.
fn computed(
    classifier: &Classifier,
    theta: &Tensor,
    device: Device,
    precision: Precision,
    attention: Attention,
) -> (Tensor, Tensor) {
    let tokens = PackedTokens::new(&examples()).to_device(Placement::new(device, precision, attention));
    let theta = theta.to_kind(precision.kind()).to_device(device);
    let leaves = Parameters::leaves(&theta, classifier.layout()).unwrap();
    let logits = classifier.packed_logits(&leaves, &tokens, &Dropout::NONE).unwrap().to_kind(Kind::Float);
    let gradient = leaves.gradient(&(&logits * &logits).mean(Kind::Float)).unwrap();
    let on_host = |tensor: Tensor| tensor.to_kind(Kind::Float).to_device(Device::Cpu);
    (on_host(logits), on_host(gradient))
}

/// Returns the norm of the difference over that of what is expected.
fn off(got: &Tensor, expected: &Tensor) -> f64 {
    (got - expected).norm().double_value(&[]) / expected.norm().double_value(&[])
}

/// Compares all kinds and precisions that a device has with groups of equal length in float32 on the CPU.
fn compare(device: Device) {
    let config = ModelConfig {
        hidden_size: 64,
        num_hidden_layers: 3,
        num_attention_heads: 2,
        intermediate_size: 128,
        max_position_embeddings: 64,
        ..ModelConfig::mini(100)
    };
    let classifier = Classifier::new(&config, 3);
    let padded = |groups| Attention::Padded { groups };
    for n_models in [1, 3] {
        let theta = theta(&classifier, n_models);
        let (logits, gradient) =
            computed(&classifier, &theta, Device::Cpu, Precision::Float32, Attention::Equal);
        for (precision, tolerance) in
            [(Precision::Float32, 1e-3), (Precision::Float16, 2e-2), (Precision::BFloat16, 1e-1)]
        {
            let mut kinds = vec![Attention::Equal, padded(1), padded(8), padded(100)];
            if device.is_cuda() && precision != Precision::Float32 {
                kinds.push(Attention::Flash);
            }
            for kind in kinds {
                let found = computed(&classifier, &theta, device, precision, kind);
                let [l, g] = [off(&found.0, &logits), off(&found.1, &gradient)];
                println!("{n_models} models, {precision}, {kind}: logits off by {l:.1e}, gradient {g:.1e}");
                assert!(l < tolerance && g < tolerance, "{n_models} models, {precision}, {kind}: {l}, {g}");
            }
        }
    }
}

#[test]
fn every_kind_of_attention_computes_the_same_in_every_precision() {
    compare(Device::Cpu);
}

#[test]
fn every_kind_of_attention_on_a_gpu_is_that_of_the_cpu() {
    if Cuda::device_count() == 0 {
        skipped("attention on a GPU, the flash kernel included: libtorch sees no CUDA device");
        return;
    }
    compare(Device::Cuda(0));
}
