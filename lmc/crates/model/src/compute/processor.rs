//! What this processor computes quickly.

use tch::Device;

use super::{Compute, Precision};

/// The advice for a processor that multiplies numbers in bf16.
const ADVICE: &str = "in bf16 (--precision bf16) this takes less time on this processor; what that changes is \
                      measured on a sample first";

impl Compute {
    /// Returns the advice to evaluate in bf16, if this evaluates in float32 on a processor that multiplies such
    /// numbers (AVX-512 with bf16, AMX).
    #[doc(hidden)]
    pub fn advice(&self) -> Option<&'static str> {
        let on_cpu = self.devices.iter().all(|&device| device == Device::Cpu);
        (on_cpu && self.precision == Precision::Float32 && multiplies_bf16()).then_some(ADVICE)
    }
}

/// Returns whether the processor multiplies bf16; those with AMX do so in AVX-512 too.
fn multiplies_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bf16_is_advised_for_float32_on_a_processor_that_has_it() {
        let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        assert_eq!(Compute::cpu().advice().is_some(), flags.contains("avx512_bf16"));
        let others = Precision::ALL.into_iter().filter(|&precision| precision != Precision::Float32);
        assert!(others.into_iter().all(|other| Compute::cpu().with_precision(other).advice().is_none()));
        assert!(Compute { devices: vec![Device::Cuda(0)], ..Compute::cpu() }.advice().is_none());
    }
}
