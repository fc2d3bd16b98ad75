//! Text classifiers described by a Hugging Face `config.json`: one encoder for tiny and for real models.

mod activation;
mod classifier;
mod config;
mod dropout;
mod encoder;
pub(crate) mod family;
mod finetuned;
#[cfg(any(test, feature = "fixture"))]
#[doc(hidden)]
pub mod fixture;
mod fused;
mod head;
mod layers;
pub mod load;
mod outputs;
mod parts;
mod pretraining;
#[doc(hidden)]
pub mod save;
mod saved;
mod tables;
#[cfg(test)]
mod tests;

pub use classifier::Classifier;
#[doc(hidden)]
pub use config::ConfigFile;
pub use config::{Disentangled, DistanceNorm, DistanceTerm, LayerType, ModelConfig, Modern, Pooling};
pub use dropout::{Counted, Dropout, Masks};
pub use encoder::{Encoder, Tokens};
pub use finetuned::{Finetuned, load_finetuned, load_finetuned_as};
pub(crate) use layers::linear;
pub use load::{Pretrained, load_folder, read_folder, read_safetensors};
#[doc(hidden)]
pub use outputs::reordered;
pub use parts::Part;
#[doc(hidden)]
pub use pretraining::is_norm;
pub use pretraining::{PretrainingModel, PretrainingTargets};
pub use save::save_folder;
pub use saved::Replace;
#[doc(hidden)]
pub use saved::{Saved, check_place};

use rand_distr::{Distribution, StandardNormal};
use tch::Tensor;

/// Returns a tensor of independent normal values with mean 0.
#[doc(hidden)]
pub fn normal_tensor(rng: &mut rand_chacha::ChaCha8Rng, shape: &[i64], std: f64) -> Tensor {
    let n: i64 = shape.iter().product();
    let values: Vec<f32> = (0..n)
        .map(|_| {
            let z: f64 = StandardNormal.sample(rng);
            (z * std) as f32
        })
        .collect();
    Tensor::from_slice(&values).view(shape)
}
