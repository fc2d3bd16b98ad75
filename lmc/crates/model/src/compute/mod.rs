//! The devices on which models are trained and evaluated, and the precision of the numbers.

mod attention;
mod cards;
mod devices;
mod memory;
mod portable;
mod precision;
mod processor;

use tch::Device;

pub use attention::Attention;
pub use devices::Devices;
pub use memory::batch_tokens;
#[doc(hidden)]
pub use portable::{ARITHMETIC, ARITHMETICS, should_become_portable};
pub use portable::{is_portable, portable_variables};
pub use precision::Precision;

#[doc(hidden)]
pub use crate::guard::guarded as within_memory;
use crate::parallel::n_threads;
use devices::{n_cuda, there};
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, positive};

/// The variable that libtorch reads once, when its first operation starts.
#[doc(hidden)]
pub const ALLOW_TF32: &str = "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE";

/// The devices that work side by side, the precision and the memory that weights may take.
#[derive(Debug, Clone, PartialEq)]
pub struct Compute {
    /// The devices: the CPU, or one or more CUDA devices.
    pub devices: Vec<Device>,
    /// The numbers with which models and points on paths are evaluated.
    pub precision: Precision,
    /// The numbers with which models are finetuned.
    pub training: Precision,
    /// How attention is computed.
    pub attention: Attention,
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
    /// Weights may take half of the free memory of the host and of each CUDA device. If libtorch was started
    /// with tf32 allowed, CUDA devices compute in tf32.
    pub fn auto() -> Self {
        match n_cuda() {
            0 => Self::cpu(),
            n => Self::cpu().on_devices((0..n).map(Device::Cuda).collect()),
        }
    }

    /// Returns float32 on the CPU.
    pub fn cpu() -> Self {
        Self {
            devices: vec![Device::Cpu],
            precision: Precision::Float32,
            training: Precision::Float32,
            attention: Attention::Auto,
            tolerance: 1e-3,
            device_memory: 16 << 30,
            host_memory: memory::free_memory() / 2,
        }
    }

    /// Returns the same settings on the devices of that name.
    ///
    /// # Errors
    /// The errors of [`Devices::found`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; }
    /// use lmc::compute::{Compute, Devices};
    /// let compute = Compute::auto().on(&"cpu".parse()?)?;
    /// assert_eq!(compute.devices, [tch::Device::Cpu]);
    /// assert!(Compute::auto().on(&Devices::Numbered(vec![99])).is_err());
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn on(self, devices: &Devices) -> Result<Self> {
        Ok(self.on_devices(devices.found()?))
    }

    /// Returns the same settings on those devices; float32 becomes tf32 where libtorch computes that.
    fn on_devices(self, devices: Vec<Device>) -> Self {
        let uses_tf32 = is_tf32_allowed() && !devices.contains(&Device::Cpu);
        let known = |precision| match precision {
            Precision::Float32 if uses_tf32 => Precision::TensorFloat32,
            other => other,
        };
        let device_memory = match devices.iter().any(|device| device.is_cuda()) {
            true => memory::device_memory(),
            false => self.device_memory,
        };
        Self {
            precision: known(self.precision),
            training: known(self.training),
            devices,
            device_memory,
            ..self
        }
    }

    /// Returns the same settings with another precision of evaluations.
    ///
    /// libtorch has one switch between float32 and tf32: the precision of training follows it.
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
        Self { precision, training: switched(self.training, precision), ..self }
    }

    /// Returns the same settings with another precision of training.
    ///
    /// libtorch has one switch between float32 and tf32: the precision of evaluations follows it.
    pub fn with_training(self, training: Precision) -> Self {
        Self { training, precision: switched(self.precision, training), ..self }
    }

    /// Returns the device of each worker that evaluates: two for each CUDA device, so that one loads while one
    /// computes, and a thread for each core, shared by the CPUs if more than one is listed.
    pub fn workers(&self) -> Vec<Device> {
        self.with_workers(2)
    }

    /// Returns the device of each worker that trains: one for each CUDA device, whose memory it has to itself,
    /// and a thread for each core.
    #[doc(hidden)]
    pub fn training_workers(&self) -> Vec<Device> {
        self.with_workers(1)
    }

    fn with_workers(&self, on_cuda: usize) -> Vec<Device> {
        let n_cpus = self.devices.iter().filter(|&&device| device == Device::Cpu).count().max(1);
        let on_cpu = n_threads().div_ceil(n_cpus);
        let per_device = |device: &Device| vec![*device; if device.is_cuda() { on_cuda } else { on_cpu }];
        self.devices.iter().flat_map(per_device).collect()
    }

    /// Returns whether there is work in tf32, for which libtorch has to be started in another way.
    #[doc(hidden)]
    pub fn uses_tf32(&self) -> bool {
        [self.precision, self.training].contains(&Precision::TensorFloat32)
    }

    /// Checks the numbers of one kind of work, whose field is given.
    fn check_precision(&self, field: &'static str, precision: Precision) -> Result<()> {
        let on_cpu = self.devices.contains(&Device::Cpu);
        match precision {
            Precision::TensorFloat32 if on_cpu => {
                Err(LmcError::invalid(field, "tf32 on the CPU", "float32, bf16 or fp16"))
            }
            Precision::TensorFloat32 if !is_tf32_allowed() => {
                let expected = format!("{ALLOW_TF32}=1 in the environment in which the program starts");
                Err(LmcError::invalid(field, "tf32", expected))
            }
            Precision::Float32 if is_tf32_allowed() && !on_cpu => {
                let expected = format!("tf32, because {ALLOW_TF32}=1 is set, or that variable unset");
                Err(LmcError::invalid(field, "float32", expected))
            }
            _ => Ok(()),
        }
    }
}

impl Options for Compute {
    fn validate(&self) -> Result<()> {
        if self.devices.is_empty() {
            return Err(LmcError::invalid("compute.devices", "none", "at least one"));
        }
        let n_cuda = n_cuda();
        for (i, device) in self.devices.iter().enumerate() {
            let is_there = match device {
                Device::Cpu => true,
                Device::Cuda(number) => *number < n_cuda,
                _ => false,
            };
            if !is_there {
                return Err(LmcError::invalid("compute.devices", format!("{device:?}"), there(n_cuda)));
            }
            if device.is_cuda() && self.devices[..i].contains(device) {
                let got = format!("{device:?} twice");
                return Err(LmcError::invalid("compute.devices", got, "each CUDA device once"));
            }
        }
        positive("compute.tolerance", self.tolerance, "a positive number of nats")?;
        self.check_precision("compute.precision", self.precision)?;
        self.check_precision("compute.training", self.training)?;
        self.devices.iter().try_for_each(|&device| self.attention.validate(device, self.precision))
    }
}

/// Returns whether libtorch computes tf32 on CUDA devices where float32 is meant.
#[doc(hidden)]
pub fn is_tf32_allowed() -> bool {
    std::env::var(ALLOW_TF32).is_ok_and(|value| value == "1")
}

/// Returns a precision as it is where the other kind of work has `other`: of float32 and tf32 a process can
/// have one.
fn switched(precision: Precision, other: Precision) -> Precision {
    match (precision, other) {
        (Precision::Float32 | Precision::TensorFloat32, Precision::Float32 | Precision::TensorFloat32) => {
            other
        }
        _ => precision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_computed_is_refused() {
        let cpu = Compute::cpu();
        cpu.validate().unwrap();
        let message = |compute: Compute| compute.check().unwrap_err().to_string();
        assert!(message(Compute { devices: vec![], ..cpu.clone() }).contains("`compute.devices`: got none"));
        let absent = message(Compute { devices: vec![Device::Cuda(99)], ..cpu.clone() });
        assert!(absent.contains("got Cuda(99), expected cpu"), "{absent}");
        let tf32 = message(cpu.clone().with_precision(Precision::TensorFloat32));
        assert!(tf32.contains("got tf32 on the CPU, expected float32, bf16 or fp16"), "{tf32}");
        let training = message(Compute { training: Precision::TensorFloat32, ..cpu.clone() });
        assert!(training.contains("`compute.training`: got tf32 on the CPU"), "{training}");
        assert!(message(Compute { tolerance: f64::NAN, ..cpu.clone() }).contains("compute.tolerance"));
        let flash = message(Compute { attention: Attention::Flash, ..cpu });
        assert!(flash.contains("`compute.attention`: got flash on the CPU"), "{flash}");
    }

    #[test]
    fn of_float32_and_tf32_a_process_has_one() {
        let (tf32, bf16) = (Precision::TensorFloat32, Precision::BFloat16);
        let both = Compute::cpu().with_precision(tf32);
        assert_eq!((both.precision, both.training), (tf32, tf32));
        let back = both.with_training(Precision::Float32);
        assert_eq!(back, Compute::cpu());
        let mixed = back.with_precision(bf16).with_training(tf32);
        assert_eq!((mixed.precision, mixed.training), (bf16, tf32));
    }

    #[test]
    fn every_device_has_workers() {
        let cpu = Compute::cpu();
        assert_eq!(cpu.workers(), vec![Device::Cpu; n_threads()]);
        assert_eq!(cpu.training_workers(), cpu.workers());
        let both = Compute { devices: vec![Device::Cpu; 2], ..cpu.clone() };
        assert_eq!(both.workers().len(), 2 * n_threads().div_ceil(2));
        let two = Compute { devices: vec![Device::Cuda(0), Device::Cuda(1)], ..cpu };
        assert_eq!(two.workers(), [0, 0, 1, 1].map(Device::Cuda));
        assert_eq!(two.training_workers(), [0, 1].map(Device::Cuda));
    }
}
