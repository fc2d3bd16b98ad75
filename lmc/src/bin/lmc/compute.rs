//! The options that say on which devices and with which numbers a verb computes.

use clap::Args;
use lmc::Result;
use lmc::compute::{Attention, Compute, Devices, Precision};
use lmc::options::{Options, positive};

/// The options for devices, precision and attention.
#[derive(Args)]
#[command(next_help_heading = "Devices and precision")]
pub struct ComputeArgs {
    /// The devices: auto (all CUDA devices that libtorch sees, or the CPU), cpu, cuda, or some by number, such
    /// as cuda:0,1.
    #[arg(long, default_value_t, value_name = "DEVICE")]
    device: Devices,
    /// The numbers in which models and points are evaluated: float32, fp16, bf16 or, on CUDA, tf32.
    #[arg(long, default_value_t)]
    precision: Precision,
    /// The numbers in which copies are finetuned, of the same names; weights are kept in float32. float32 if
    /// absent, or tf32 beside --precision tf32.
    #[arg(long, value_name = "PRECISION")]
    train_precision: Option<Precision>,
    /// How attention is computed: auto (what suits the device), equal (sequences of each length), padded or
    /// padded:4 (8 or 4 groups of neighbouring lengths) or, on CUDA in fp16 or bf16, flash.
    #[arg(long, default_value_t)]
    attention: Attention,
    /// The most that a loss or a convexity gap may be off by from float32's on a sample, in nats.
    #[arg(long, default_value_t = 1e-3, value_name = "NATS")]
    tolerance: f64,
}

impl ComputeArgs {
    /// Returns the precision of evaluations.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Checks that the devices are there and can do what is asked for.
    pub fn check(&self) -> Result<()> {
        self.compute()?.validate()
    }

    /// Checks what can be known without the devices of other machines.
    pub fn check_elsewhere(&self) -> Result<()> {
        match self.device {
            Devices::Cpu => self.check(),
            _ => positive("compute.tolerance", self.tolerance, "a positive number of nats"),
        }
    }

    /// Returns the devices of this machine with the settings.
    pub fn compute(&self) -> Result<Compute> {
        Ok(self.settings(Compute::auto().on(&self.device)?))
    }

    /// Returns the settings for work that other machines do on their devices.
    pub fn elsewhere(&self) -> Compute {
        self.settings(Compute::cpu())
    }

    /// Returns the devices as they were asked for.
    pub fn devices(&self) -> &Devices {
        &self.device
    }

    /// Returns whether libtorch has to be started with tf32 allowed.
    pub fn uses_tf32(&self) -> bool {
        self.elsewhere().uses_tf32()
    }

    fn settings(&self, compute: Compute) -> Compute {
        let Self { precision, attention, tolerance, .. } = *self;
        let compute = Compute { attention, tolerance, ..compute.with_precision(precision) };
        match self.train_precision {
            Some(training) => Compute { training, ..compute },
            None => compute,
        }
    }
}
