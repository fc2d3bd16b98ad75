//! The devices that a user asks for, by name.

use std::fmt;
use std::str::FromStr;

use tch::{Cuda, Device};

use lmc_base::error::{LmcError, Result};

/// The names that are understood.
const NAMES: &str = "auto, cpu, cuda or cuda: with numbers, such as cuda:0,1";

/// The devices that are asked for, whether or not they are there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Devices {
    /// All CUDA devices that libtorch sees, or the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// All CUDA devices, at least one.
    Cuda,
    /// The CUDA devices of those numbers.
    Numbered(Vec<usize>),
}

impl Devices {
    /// Returns the devices if they are there.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a device that is not there, with those that are, and for one that is
    /// named twice or none at all.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; }
    /// use lmc::compute::Devices;
    /// let devices: Devices = "cpu".parse()?;
    /// assert_eq!(devices.found()?, [tch::Device::Cpu]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn found(&self) -> Result<Vec<Device>> {
        self.among(n_cuda())
    }

    /// Returns the devices if there are that many CUDA devices.
    fn among(&self, n_cuda: usize) -> Result<Vec<Device>> {
        let absent = |got: &dyn fmt::Display| Err(LmcError::invalid("device", got, there(n_cuda)));
        match self {
            Self::Cpu => Ok(vec![Device::Cpu]),
            Self::Auto if n_cuda == 0 => Ok(vec![Device::Cpu]),
            Self::Cuda if n_cuda == 0 => absent(self),
            Self::Auto | Self::Cuda => Ok((0..n_cuda).map(Device::Cuda).collect()),
            Self::Numbered(numbers) => {
                distinct(numbers, &self.to_string())?;
                match numbers.iter().find(|&&number| number >= n_cuda) {
                    Some(number) => absent(&format_args!("cuda:{number}")),
                    None => Ok(numbers.iter().copied().map(Device::Cuda).collect()),
                }
            }
        }
    }
}

/// Returns the number of CUDA devices that libtorch sees.
pub(super) fn n_cuda() -> usize {
    usize::try_from(Cuda::device_count()).unwrap_or(0)
}

/// Returns the devices that are there in words, and why there is no CUDA device if there is none.
pub(super) fn there(n_cuda: usize) -> String {
    match n_cuda {
        0 if !tch::utils::has_cudart() => "cpu: libtorch was built or started without CUDA".to_owned(),
        0 => "cpu: libtorch sees no CUDA device".to_owned(),
        1 => "cpu or cuda:0, the devices that are there".to_owned(),
        n => format!("cpu or cuda:0 to cuda:{}, the devices that are there", n - 1),
    }
}

/// Checks that there are numbers, each once.
fn distinct(numbers: &[usize], got: &str) -> Result<()> {
    let is_twice = |(i, number)| numbers[..i].contains(number);
    match numbers.iter().enumerate().any(is_twice) {
        true => Err(LmcError::invalid("device", got, "each device once")),
        false if numbers.is_empty() => Err(LmcError::invalid("device", got, NAMES)),
        false => Ok(()),
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda => f.write_str("cuda"),
            Self::Numbered(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
                write!(f, "cuda:{}", numbers.join(","))
            }
        }
    }
}

impl FromStr for Devices {
    type Err = LmcError;

    fn from_str(name: &str) -> Result<Self> {
        match (name, name.strip_prefix("cuda:")) {
            ("auto", _) => Ok(Self::Auto),
            ("cpu", _) => Ok(Self::Cpu),
            ("cuda", _) => Ok(Self::Cuda),
            (_, Some(list)) => {
                let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
                let number = |word: &str| Some(word).filter(is_number)?.parse().ok();
                let numbers: Option<Vec<usize>> = list.split(',').map(number).collect();
                let numbers = numbers.ok_or_else(|| LmcError::invalid("device", name, NAMES))?;
                distinct(&numbers, name)?;
                Ok(Self::Numbered(numbers))
            }
            _ => Err(LmcError::invalid("device", name, NAMES)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_by_their_names() {
        let numbered = Devices::Numbered(vec![2, 0]);
        for devices in [Devices::Auto, Devices::Cpu, Devices::Cuda, numbered] {
            assert_eq!(devices.to_string().parse::<Devices>().unwrap(), devices);
        }
        for wrong in
            ["", "gpu", "CPU", "cuda:", "cuda:,", "cuda:0,", "cuda:x", "cuda:-1", "cuda:+1", "cuda: 0"]
        {
            let message = wrong.parse::<Devices>().unwrap_err().to_string();
            assert_eq!(message, format!("`device`: got {wrong}, expected {NAMES}"));
        }
        let message = "cuda:1,0,1".parse::<Devices>().unwrap_err().to_string();
        assert_eq!(message, "`device`: got cuda:1,0,1, expected each device once");
    }

    #[test]
    fn devices_that_are_not_there_are_told_with_those_that_are() {
        let among = |name: &str, n_cuda| name.parse::<Devices>().unwrap().among(n_cuda);
        assert_eq!(among("auto", 0).unwrap(), [Device::Cpu]);
        assert_eq!(among("cpu", 2).unwrap(), [Device::Cpu]);
        assert_eq!(among("auto", 2).unwrap(), [Device::Cuda(0), Device::Cuda(1)]);
        assert_eq!(among("cuda", 1).unwrap(), [Device::Cuda(0)]);
        assert_eq!(among("cuda:3,1", 4).unwrap(), [Device::Cuda(3), Device::Cuda(1)]);
        let message = |name, n_cuda| among(name, n_cuda).unwrap_err().to_string();
        assert!(message("cuda", 0).starts_with("`device`: got cuda, expected cpu: libtorch"));
        let told = "`device`: got cuda:2, expected cpu or cuda:0 to cuda:1, the devices that are there";
        assert_eq!(message("cuda:0,2", 2), told);
        assert_eq!(
            message("cuda:1", 1),
            "`device`: got cuda:1, expected cpu or cuda:0, the devices that are there"
        );
        assert!(Devices::Numbered(vec![]).found().is_err() && Devices::Numbered(vec![0, 0]).found().is_err());
    }
}
