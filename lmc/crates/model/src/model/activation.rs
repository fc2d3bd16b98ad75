//! The activation between the two feed-forward layers, by the names that transformers gives them.

use std::f64::consts::SQRT_2;

use tch::Tensor;

use lmc_base::error::{LmcError, Result};

/// The mean and the width of `laplace`, with the digits that transformers writes.
const LAPLACE_MEAN: f64 = 707_107.0 / 1e6;
const LAPLACE_WIDTH: f64 = 282_095.0 / 1e6;

/// An activation without parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Activation {
    /// x times the normal distribution function of x (Hendrycks and Gimpel 2016).
    Gelu,
    /// GELU, cut to [-10, 10].
    Gelu10,
    /// Its approximation by a tanh.
    GeluTanh,
    /// Its approximation by a logistic function of 1.702 x.
    QuickGelu,
    /// x (1 + tanh(0.7978845608 x (1 + 0.044715 x^2))) / 2.
    FastGelu,
    Relu,
    /// The square of the above.
    Relu2,
    Relu6,
    LeakyRelu,
    Silu,
    HardSwish,
    Mish,
    Tanh,
    Sigmoid,
    Laplace,
    SqrtSoftplus,
    Linear,
}

/// Every name with its activation; some activations have several names.
const NAMED: [(&str, Activation); 22] = [
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("gelu_10", Activation::Gelu10),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_python_tanh", Activation::GeluTanh),
    ("gelu_accurate", Activation::GeluTanh),
    ("gelu_fast", Activation::FastGelu),
    ("quick_gelu", Activation::QuickGelu),
    ("relu", Activation::Relu),
    ("relu2", Activation::Relu2),
    ("relu6", Activation::Relu6),
    ("leaky_relu", Activation::LeakyRelu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("hardswish", Activation::HardSwish),
    ("mish", Activation::Mish),
    ("tanh", Activation::Tanh),
    ("sigmoid", Activation::Sigmoid),
    ("laplace", Activation::Laplace),
    ("sqrtsoftplus", Activation::SqrtSoftplus),
    ("linear", Activation::Linear),
];

impl Activation {
    /// Returns the activation of that name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing those that are known.
    pub fn named(name: &str) -> Result<Self> {
        NAMED.iter().find(|(known, _)| *known == name).map(|&(_, activation)| activation).ok_or_else(|| {
            LmcError::UnknownName {
                kind: "hidden_act",
                name: name.to_owned(),
                known: NAMED.map(|(known, _)| known.to_owned()).to_vec(),
            }
        })
    }

    /// Returns the activation of every element.
    pub fn apply(self, x: &Tensor) -> Tensor {
        match self {
            Self::Gelu => x.gelu("none"),
            Self::Gelu10 => x.gelu("none").clamp(-10.0, 10.0),
            Self::GeluTanh => x.gelu("tanh"),
            Self::FastGelu => {
                // Its constant is the root of 2 / pi, of which transformers writes ten digits.
                let inner = (x * x * 0.044715 + 1.0) * x * 0.7978845608;
                x * 0.5 * (inner.tanh() + 1.0)
            }
            Self::QuickGelu => x * (x * 1.702).sigmoid(),
            Self::Relu => x.relu(),
            Self::Relu2 => x.relu().square(),
            Self::Relu6 => x.relu6(),
            Self::LeakyRelu => x.leaky_relu(),
            Self::Silu => x.silu(),
            Self::HardSwish => x.hardswish(),
            Self::Mish => x.mish(),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => x.sigmoid(),
            Self::Laplace => (((x - LAPLACE_MEAN) / (LAPLACE_WIDTH * SQRT_2)).erf() + 1.0) * 0.5,
            Self::SqrtSoftplus => x.softplus().sqrt(),
            Self::Linear => x.shallow_clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, x: f32) -> f64 {
        Activation::named(name).unwrap().apply(&Tensor::from_slice(&[x])).double_value(&[0])
    }

    /// Values from the definitions, by a calculator.
    #[test]
    fn activations_by_hand() {
        for (name, x, expected) in [
            ("gelu", 1.0, 0.841_344_7),
            ("gelu_python", -2.0, -0.045_500_3),
            ("gelu_10", 12.0, 10.0),
            ("gelu_new", 1.0, 0.841_192),
            ("gelu_pytorch_tanh", -2.0, -0.045_402_3),
            ("gelu_fast", 1.0, 0.841_192),
            ("quick_gelu", 1.0, 0.845_795_8),
            ("relu", -1.0, 0.0),
            ("relu2", 3.0, 9.0),
            ("relu6", 7.0, 6.0),
            ("leaky_relu", -2.0, -0.02),
            ("silu", 1.0, 0.731_058_6),
            ("swish", -1.0, -0.268_941_4),
            ("hardswish", 1.0, 0.666_666_7),
            ("mish", 1.0, 0.865_098_4),
            ("tanh", 0.5, 0.462_117_2),
            ("sigmoid", 0.0, 0.5),
            ("laplace", LAPLACE_MEAN as f32, 0.5),
            ("sqrtsoftplus", 0.0, 0.832_554_6),
            ("linear", -3.5, -3.5),
        ] {
            let got = at(name, x);
            assert!((got - expected).abs() < 1e-6, "{name} of {x}: {got}, expected {expected}");
        }
    }

    /// Away from kinks the slope by automatic differentiation is the one between two neighbours.
    #[test]
    fn slopes_are_those_of_the_function() {
        for (name, activation) in NAMED {
            for x in [-1.3, -0.4, 0.6, 1.9] {
                let leaf = Tensor::from_slice(&[x]).set_requires_grad(true);
                activation.apply(&leaf).sum(tch::Kind::Double).backward();
                let got = leaf.grad().double_value(&[0]);
                let at = |x: f64| activation.apply(&Tensor::from_slice(&[x])).double_value(&[0]);
                let expected = (at(x + 1e-5) - at(x - 1e-5)) / 2e-5;
                assert!((got - expected).abs() < 1e-6, "{name} at {x}: {got}, expected {expected}");
            }
        }
    }

    #[test]
    fn an_unknown_one_is_refused_with_the_list() {
        let message = Activation::named("prelu").unwrap_err().to_string();
        assert!(message.starts_with("unknown hidden_act `prelu`; known: gelu, gelu_python, "), "{message}");
        assert!(message.ends_with(", linear"), "{message}");
    }
}
