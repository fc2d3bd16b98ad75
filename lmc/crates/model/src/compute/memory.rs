//! The memory of devices: the batches that suit one and the bytes that are free.

use std::sync::LazyLock;

use tch::Device;

use super::cards;

/// The memory of weights on a CUDA device, in bytes, if the driver does not say how much is free.
const ON_DEVICE: u64 = 16 << 30;

/// Returns the tokens of an evaluation batch: on the CPU as many as stay in a core's cache, on CUDA as many
/// as fill the device.
pub fn batch_tokens(device: Device) -> usize {
    if device.is_cuda() { 32_768 } else { 1024 }
}

/// Returns the host's free memory in bytes; 8 GiB if the system does not say.
pub(super) fn free_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(8 << 30, |kib| kib << 10)
}

/// Returns the bytes of weights that each CUDA device has room for: half of what is free on the fullest card
/// when it is first asked for, or 16 GiB if the driver does not say.
pub(super) fn device_memory() -> u64 {
    static FOUND: LazyLock<u64> = LazyLock::new(|| half_of(&cards::asked("memory.free")));
    *FOUND
}

/// Returns half of the least of those numbers of MiB, in bytes.
fn half_of(mebibytes: &[String]) -> u64 {
    let numbers: Option<Vec<u64>> = mebibytes.iter().map(|line| line.parse().ok()).collect();
    let least = numbers.and_then(|numbers| numbers.into_iter().min());
    least.map_or(ON_DEVICE, |mebibytes| mebibytes << 19)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_less_than_a_petabyte() {
        assert!((1 << 20..1 << 50).contains(&free_memory()));
        assert!((1 << 20..1 << 50).contains(&device_memory()));
    }

    #[test]
    fn weights_take_half_of_the_fullest_card() {
        let lines = |lines: &[&str]| lines.iter().map(|line| line.to_string()).collect::<Vec<_>>();
        assert_eq!(half_of(&lines(&["81920", "40960"])), 20 << 30);
        assert_eq!(half_of(&lines(&["81920", "[N/A]"])), ON_DEVICE);
        assert_eq!(half_of(&[]), ON_DEVICE);
    }
}
