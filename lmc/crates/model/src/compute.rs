//! The devices on which models are evaluated, and the precision of the numbers.

use std::fmt;
use std::str::FromStr;

use tch::{Cuda, Device, Kind};

#[doc(hidden)]
pub use crate::guard::guarded as within_memory;
use crate::parallel::n_threads;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, positive};

/// The variable that libtorch reads once, when its first operation starts.
const ALLOW_TF32: &str = "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE";

/// The numbers in which a model is evaluated; points on a path are always computed in float32 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 24 bits of mantissa.
    #[default]
    Float32,
    /// float32 whose matrix products read 11 bits of mantissa; CUDA only.
    TensorFloat32,
    /// 8 bits of mantissa; sums, norms and losses are still taken in float32.
    BFloat16,
}

impl Precision {
    /// Returns the kind of weights and activations.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 | Self::TensorFloat32 => Kind::Float,
            Self::BFloat16 => Kind::BFloat16,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::TensorFloat32 => "tf32",
            Self::BFloat16 => "bf16",
        })
    }
}

impl FromStr for Precision {
    type Err = LmcError;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Float32, Self::TensorFloat32, Self::BFloat16];
        all.into_iter().find(|precision| precision.to_string() == name).ok_or_else(|| LmcError::UnknownName {
            kind: "precision",
            name: name.to_owned(),
            known: all.iter().map(Precision::to_string).collect(),
        })
    }
}

/// The devices that work side by side, the precision and the memory that weights may take.
#[derive(Debug, Clone, PartialEq)]
pub struct Compute {
    /// The devices: the CPU, or one or more CUDA devices.
    pub devices: Vec<Device>,
    /// The numbers.
    pub precision: Precision,
    /// The most that a convexity gap of the sample may differ from float32's, in nats per example.
    pub tolerance: f64,
    /// The most bytes of weights on each device; weights beyond it are read again when they are needed.
    pub device_memory: u64,
    /// The most bytes of weights in the host's memory.
    pub host_memory: u64,
}

impl Compute {
    /// Returns float32 on all CUDA devices that libtorch sees, or on the CPU.
    ///
    /// Weights may take half of the host's free memory, and 16 GiB of each CUDA device's.
    pub fn auto() -> Self {
        match Cuda::device_count() {
            0 => Self::cpu(),
            n => Self { devices: (0..n as usize).map(Device::Cuda).collect(), ..Self::cpu() },
        }
    }

    /// Returns float32 on the CPU.
    pub fn cpu() -> Self {
        Self {
            devices: vec![Device::Cpu],
            precision: Precision::Float32,
            tolerance: 1e-3,
            device_memory: 16 << 30,
            host_memory: free_memory() / 2,
        }
    }

    /// Returns the same settings with another precision.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use {lmc_base::options::Options, lmc_model::*}; }
    /// use lmc::Options;
    /// use lmc::compute::{Compute, Precision};
    /// let compute = Compute::cpu().with_precision(Precision::BFloat16);
    /// let compute = compute.check()?;
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Returns the device of each worker: a thread for each core, two for each CUDA device, so that one loads
    /// while one computes.
    pub fn workers(&self) -> Vec<Device> {
        let per_device = |device: &Device| vec![*device; if device.is_cuda() { 2 } else { n_threads() }];
        self.devices.iter().flat_map(per_device).collect()
    }
}

impl Options for Compute {
    fn validate(&self) -> Result<()> {
        if self.devices.is_empty() {
            return Err(LmcError::invalid("compute.devices", "none", "at least one"));
        }
        let n_cuda = Cuda::device_count();
        for device in &self.devices {
            let there = match device {
                Device::Cpu => true,
                Device::Cuda(i) => (*i as i64) < n_cuda,
                _ => false,
            };
            if !there {
                let expected = format!("the CPU or one of {n_cuda} CUDA devices");
                return Err(LmcError::invalid("compute.devices", format!("{device:?}"), expected));
            }
        }
        positive("compute.tolerance", self.tolerance, "a positive number of nats")?;
        let on_cpu = self.devices.contains(&Device::Cpu);
        let allowed = std::env::var(ALLOW_TF32).is_ok_and(|value| value == "1");
        match self.precision {
            Precision::TensorFloat32 if on_cpu => {
                Err(LmcError::invalid("compute.precision", "tf32 on the CPU", "float32 or bf16"))
            }
            Precision::TensorFloat32 if !allowed => {
                let expected = format!("{ALLOW_TF32}=1 in the environment in which the program starts");
                Err(LmcError::invalid("compute.precision", "tf32", expected))
            }
            Precision::Float32 if allowed && !on_cpu => {
                let expected = format!("tf32, because {ALLOW_TF32}=1 is set, or that variable unset");
                Err(LmcError::invalid("compute.precision", "float32", expected))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the tokens of an evaluation batch: on the CPU as many as stay in a core's cache, on CUDA as many
/// as fill the device.
pub fn batch_tokens(device: Device) -> usize {
    if device.is_cuda() { 32_768 } else { 1024 }
}

/// Returns the host's free memory in bytes; 8 GiB if the system does not say.
fn free_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(8 << 30, |kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_known_by_its_name() {
        for precision in [Precision::Float32, Precision::TensorFloat32, Precision::BFloat16] {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
        }
        let message = "fp8".parse::<Precision>().unwrap_err().to_string();
        assert!(message.contains("`fp8`; known: float32, tf32, bf16"), "{message}");
    }

    #[test]
    fn what_cannot_be_computed_is_refused() {
        let cpu = Compute::cpu();
        cpu.validate().unwrap();
        let message = |compute: Compute| compute.check().unwrap_err().to_string();
        assert!(message(Compute { devices: vec![], ..cpu.clone() }).contains("`compute.devices`: got none"));
        let absent = message(Compute { devices: vec![Device::Cuda(99)], ..cpu.clone() });
        assert!(absent.contains("got Cuda(99)"), "{absent}");
        let tf32 = message(cpu.clone().with_precision(Precision::TensorFloat32));
        assert!(tf32.contains("got tf32 on the CPU, expected float32 or bf16"), "{tf32}");
        assert!(message(Compute { tolerance: f64::NAN, ..cpu.clone() }).contains("compute.tolerance"));
        assert_eq!(cpu.workers(), vec![Device::Cpu; n_threads()]);
        let two = Compute { devices: vec![Device::Cuda(0), Device::Cuda(1)], ..cpu };
        assert_eq!(two.workers(), [0, 0, 1, 1].map(Device::Cuda));
    }

    #[test]
    fn free_memory_is_less_than_a_petabyte() {
        assert!((1 << 20..1 << 50).contains(&free_memory()));
    }
}
