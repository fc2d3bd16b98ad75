//! The NVIDIA cards of this machine, as its driver names them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use tch::Device;

use super::Compute;
use super::devices::n_cuda;
use lmc_base::progress;

/// Returns a line for each card with the value of a field of `nvidia-smi --query-gpu`; none without a driver.
pub(super) fn asked(field: &str) -> Vec<String> {
    let output = Command::new("nvidia-smi")
        .args([&format!("--query-gpu={field}"), "--format=csv,noheader,nounits"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

impl Compute {
    /// Returns the devices with the names of the cards, as `2 x cpu` or `cuda:0 (NVIDIA H100), cuda:1`.
    #[doc(hidden)]
    pub fn named_devices(&self) -> String {
        let is_all = std::env::var_os("CUDA_VISIBLE_DEVICES").is_none();
        let names = match self.devices.iter().any(|device| device.is_cuda()) && is_all {
            true => asked("name"),
            false => Vec::new(),
        };
        described(&self.devices, &names)
    }

    /// Says, once in a process, that a card is not used, if [`Compute::unused_card`] finds one; called before long
    /// work.
    #[doc(hidden)]
    pub fn say_unused_card(&self) {
        static SAID: AtomicBool = AtomicBool::new(false);
        if !SAID.load(Ordering::Relaxed)
            && let Some(sentence) = self.unused_card()
            && !SAID.swap(true, Ordering::Relaxed)
        {
            progress::note(&sentence);
        }
    }

    /// Returns a sentence on a card that is not used, if all work is done on the CPU, libtorch sees no CUDA
    /// device and yet an NVIDIA card seems to be there.
    #[doc(hidden)]
    pub fn unused_card(&self) -> Option<String> {
        let on_cpu = self.devices.iter().all(|&device| device == Device::Cpu);
        let is_there = || Path::new("/dev/nvidia0").exists() || !asked("name").is_empty();
        (on_cpu && n_cuda() == 0 && is_there()).then(|| sentence(tch::utils::has_cudart()))
    }
}

/// Returns devices in words; `names` are those of the cards in their order, or empty.
fn described(devices: &[Device], names: &[String]) -> String {
    let name = |device: &Device| match device {
        Device::Cuda(number) => match names.get(*number) {
            Some(name) => format!("cuda:{number} ({name})"),
            None => format!("cuda:{number}"),
        },
        _ => "cpu".to_owned(),
    };
    let all: Vec<String> = devices.iter().map(name).collect();
    match all.iter().all(|name| name == "cpu") && all.len() > 1 {
        true => format!("{} x cpu", all.len()),
        false => all.join(", "),
    }
}

fn sentence(has_cuda: bool) -> String {
    let cause = match has_cuda {
        true => "libtorch sees no CUDA device: look at `nvidia-smi` and CUDA_VISIBLE_DEVICES",
        false => {
            "libtorch was built or started without CUDA: let LIBTORCH name one with CUDA, \
             kernel-setup/README.md says how"
        }
    };
    format!("this runs on the CPU though an NVIDIA card seems to be there; {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_with_their_cards() {
        let names = ["NVIDIA H100".to_owned(), "NVIDIA T4".to_owned()];
        assert_eq!(described(&[Device::Cpu], &[]), "cpu");
        assert_eq!(described(&[Device::Cpu, Device::Cpu], &[]), "2 x cpu");
        assert_eq!(described(&[Device::Cuda(1), Device::Cuda(2)], &names), "cuda:1 (NVIDIA T4), cuda:2");
    }

    #[test]
    fn an_idle_card_is_told_with_its_cause() {
        assert!(sentence(false).contains("let LIBTORCH name one with CUDA"));
        assert!(sentence(true).contains("CUDA_VISIBLE_DEVICES"));
        let on_card = Compute { devices: vec![Device::Cuda(0)], ..Compute::cpu() };
        assert_eq!(on_card.unused_card(), None);
    }
}
