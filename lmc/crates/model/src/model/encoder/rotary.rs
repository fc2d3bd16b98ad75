//! The turns by which ModernBERT's attention knows places (Su et al. 2021, section 3.2.2): queries and keys
//! are turned in planes by angles that grow with the place, so that scores depend on distances. In some
//! layers a token looks only at others within a window.

use tch::{Device, Kind, Tensor};

use super::relative::masked;
use super::{Encoder, Layer};
use crate::model::config::ModelConfig;

/// What is added to the scores of tokens outside the window. Padding has minus infinity, so that a token
/// whose window is all padding, which is padding itself, still looks at something.
const OUTSIDE: f64 = -3e4;

/// The fields that turns depend on.
#[derive(Debug)]
pub(super) struct Rotary {
    /// The base of angles in layers that look at the whole text, and in those that look near.
    thetas: [f64; 2],
    /// How far the latter look.
    reach: i64,
    /// The width of a head.
    width: i64,
}

/// The turns of tokens in sequences of one length.
#[derive(Debug)]
pub(super) struct Turns {
    /// The cosine and sine of each place and unit, `[length, width]`, by the kind of layer.
    angles: [[Tensor; 2]; 2],
    /// What layers that look near add to scores in place of the mask of others, or nothing if the window has
    /// every token.
    pub window: Option<Tensor>,
}

impl Rotary {
    /// Returns those of the config; `None` if its family has no turns.
    pub fn new(config: &ModelConfig) -> Option<Self> {
        let own = config.modern()?;
        let width = config.hidden_size.checked_div(config.num_attention_heads).unwrap_or(1);
        Some(Self { thetas: [own.global_rope_theta, own.local_rope_theta], reach: own.reach(), width })
    }

    /// Returns the cosine and sine of each place and unit, in float32 as transformers computes them.
    fn angles(&self, theta: f64, length: i64, device: Device) -> [Tensor; 2] {
        let share = Tensor::arange_start_step(0, self.width, 2, (Kind::Float, device)) / self.width as f64;
        let speeds = Tensor::pow_scalar(theta, &share).reciprocal();
        let angles = Tensor::arange(length, (Kind::Float, device)).unsqueeze(1) * speeds;
        let angles = Tensor::cat(&[&angles, &angles], 1);
        [angles.cos(), angles.sin()]
    }
}

impl Turns {
    /// Returns the same with another window.
    pub fn with_window(&self, change: impl Fn(&Tensor) -> Tensor) -> Self {
        let angles = self.angles.each_ref().map(|pair| pair.each_ref().map(Tensor::shallow_clone));
        Self { angles, window: self.window.as_ref().map(change) }
    }

    /// Returns queries or keys, `[.., length, width]`, turned by the places of their tokens as a layer has
    /// it. A single one is that of the first token, whose angles are zero.
    pub fn turned(&self, x: &Tensor, layer: &Layer) -> Tensor {
        let size = x.size();
        let (length, width) = (size[size.len() - 2], size[size.len() - 1]);
        if length == 1 {
            return x.shallow_clone();
        }
        let [cosine, sine] = &self.angles[usize::from(layer.is_near)];
        let (whole, half) = (x.to_kind(Kind::Float), width / 2);
        let ahead = Tensor::cat(&[-whole.narrow(-1, half, half), whole.narrow(-1, 0, half)], -1);
        (whole * cosine + ahead * sine).to_kind(x.kind())
    }
}

impl Encoder {
    /// Returns the turns in sequences of that length, whose masks are as in [`Encoder::look`], if the family
    /// has any.
    pub(super) fn turns(
        &self,
        mask: Option<&Tensor>,
        length: i64,
        (kind, device): (Kind, Device),
    ) -> Option<Turns> {
        let rotary = self.rotary.as_ref()?;
        let angles = rotary.thetas.map(|theta| rotary.angles(theta, length, device));
        let window = (rotary.reach < length - 1).then(|| {
            let places = Tensor::arange(length, (Kind::Int64, device));
            let distance = (places.unsqueeze(0) - places.unsqueeze(1)).abs();
            let outside = distance.gt(rotary.reach).to_kind(kind) * OUTSIDE;
            masked(outside.view([1, 1, length, length]), mask.map(Tensor::shallow_clone))
        });
        Some(Turns { angles, window })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane turns by its place, times one for the first and 10000^(-1/2) = 0.01 for the second of two.
    #[test]
    fn angles_by_hand() {
        let rotary = Rotary { thetas: [1e4, 1e4], reach: 1, width: 4 };
        let [cosine, sine] = rotary.angles(1e4, 3, Device::Cpu);
        for (place, unit, angle) in [(0, 0, 0.0f64), (1, 0, 1.0), (2, 0, 2.0), (2, 1, 0.02), (2, 2, 2.0)] {
            assert!((cosine.double_value(&[place, unit]) - angle.cos()).abs() < 1e-6);
            assert!((sine.double_value(&[place, unit]) - angle.sin()).abs() < 1e-6);
        }
    }
}
