//! The memory of devices: the batches that suit one and the bytes that are free.

use tch::Device;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_less_than_a_petabyte() {
        assert!((1 << 20..1 << 50).contains(&free_memory()));
    }
}
