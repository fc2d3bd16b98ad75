//! The cost of a sweep.

use std::fmt;
use std::time::{Duration, Instant};

use tch::{Cuda, Device};

use super::job::SweepJob;
use lmc_base::error::Result;
use lmc_base::options::Options;

/// The work that a sweep has left, and the time that it takes here.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// Points that are evaluated.
    pub n_points: usize,
    /// The examples of each.
    pub n_examples: usize,
    /// Floating-point operations.
    pub flop: f64,
    /// Operations a second by all workers, from one batch that was timed on the first device.
    pub flop_per_second: f64,
    /// The bytes of weights that are read; some weights are read more than once if not all fit into memory.
    pub bytes_read: f64,
    /// About how many bytes of results come to the store.
    pub bytes_written: f64,
    /// The workers that do it, for example "2 threads of the CPU".
    pub workers: String,
}

/// The bytes of a result: a loss, a confidence and a prediction, compressed, as they were found in stores.
const BYTES_OF_RESULT: f64 = 8.5;

/// For how long batches are timed.
const TIMED: Duration = Duration::from_millis(100);

impl Cost {
    /// Returns the time that the operations take, in seconds.
    pub fn seconds(&self) -> f64 {
        self.flop / self.flop_per_second
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scaled = |value: f64, units: [&str; 5]| {
            let power = (value.max(1.0).log10() / 3.0).floor().clamp(0.0, 4.0);
            format!("{:.1} {}", value / 1000f64.powf(power), units[power as usize])
        };
        let flop = scaled(self.flop, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"]);
        let bytes = |value| scaled(value, ["bytes", "kB", "MB", "GB", "TB"]);
        let seconds = match self.seconds() {
            s if s < 120.0 => format!("{s:.0} s"),
            s if s < 7200.0 => format!("{:.0} min", s / 60.0),
            s => format!("{:.1} h", s / 3600.0),
        };
        let Self { n_points, n_examples, workers, .. } = self;
        write!(
            f,
            "{n_points} points of {n_examples} examples: {flop}, about {seconds} on {workers}; reads {}, writes {}",
            bytes(self.bytes_read),
            bytes(self.bytes_written)
        )
    }
}

impl SweepJob<'_> {
    /// Returns the cost of the units that are not in the store; it times a batch to estimate it.
    ///
    /// # Errors
    /// The errors of [`Compute::check`](lmc_base::options::Options::check) and of evaluating a batch.
    pub fn cost(&self) -> Result<Cost> {
        self.compute.validate()?;
        self.cost_of(self.missing().len())
    }

    /// Returns the cost of that many of the units; it times a batch to estimate it.
    ///
    /// # Errors
    /// The errors of evaluating a batch.
    #[doc(hidden)]
    pub fn cost_of(&self, left: usize) -> Result<Cost> {
        let (plan, compute) = (self.plan, self.compute);
        let n_points = left * plan.interior().count();
        let n_examples = self.set.encoded.len();
        let batches = self.set.batches();
        let flop: f64 = batches.iter().map(|batch| self.classifier.packed_flop(&batch.tokens)).sum();
        let device = compute.devices.first().copied().unwrap_or(Device::Cpu);
        let mut worker = self.worker(device, compute.precision)?;
        let finish = || {
            if let Device::Cuda(i) = device {
                Cuda::synchronize(i as i64);
            }
        };
        // The first one takes the time of setting up as well; then as many as make up for a clock tick or a
        // neighbour.
        worker.evaluate_middle_batch()?;
        finish();
        let (start, mut timed) = (Instant::now(), 0.0);
        loop {
            timed += worker.evaluate_middle_batch()?;
            finish();
            if start.elapsed() >= TIMED {
                break;
            }
        }
        let rate = timed / start.elapsed().as_secs_f64();
        let (n_devices, n_threads) = (compute.devices.len(), compute.workers().len());
        let (parallel, workers) = match device.is_cuda() {
            true => (n_devices, format!("{n_devices} CUDA devices")),
            false => (n_threads, format!("{n_threads} threads of the CPU")),
        };
        let share = left as f64 / plan.units().len() as f64;
        Ok(Cost {
            n_points,
            n_examples,
            flop: flop * n_points as f64,
            flop_per_second: rate * parallel as f64,
            bytes_read: plan.n_loads(self.room()) as f64 * share * self.bytes() as f64,
            bytes_written: (n_points * n_examples) as f64 * BYTES_OF_RESULT,
            workers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_in_words() {
        let cost = Cost {
            n_points: 1080,
            n_examples: 512,
            flop: 2.5e12,
            flop_per_second: 5e10,
            bytes_read: 7.04e6,
            bytes_written: 4.7e6,
            workers: "2 threads of the CPU".into(),
        };
        let text = "1080 points of 512 examples: 2.5 TFLOP, about 50 s on 2 threads of the CPU; \
                    reads 7.0 MB, writes 4.7 MB";
        assert_eq!(cost.to_string(), text);
        let longer = Cost { flop: 1.5e15, ..cost };
        assert!(longer.to_string().contains("1500.0 TFLOP, about 8.3 h"), "{longer}");
    }
}
