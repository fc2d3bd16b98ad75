//! The digest of weights.

use sha2::{Digest, Sha256};
use tch::{Device, Kind};

use super::Weights;
use lmc_base::error::Result;
use lmc_base::file::hexadecimal;

/// The number of values that are read at a time.
const CHUNK: i64 = 1 << 20;

impl Weights {
    /// Returns the SHA-256 of theta's values as float32, in the order of the layout; in hexadecimal.
    ///
    /// # Errors
    /// [`LmcError::Torch`](lmc_base::LmcError::Torch) for a device that does not answer.
    pub fn sha256(&self) -> Result<String> {
        let theta = self.theta().f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?;
        let n = theta.size()[0];
        let mut hash = Sha256::new();
        let mut bytes = vec![0u8; 4 * CHUNK.min(n) as usize];
        for start in (0..n).step_by(CHUNK as usize) {
            let part = theta.f_narrow(0, start, CHUNK.min(n - start))?.f_contiguous()?;
            let bytes = &mut bytes[..4 * part.numel()];
            part.f_copy_data_u8(bytes, part.numel())?;
            hash.update(&bytes);
        }
        Ok(hexadecimal(&hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::fixture::{classifier, weights};
    use crate::weights::Weights;

    #[test]
    fn a_digest_is_that_of_all_values() {
        let first = weights(&classifier(), 1);
        let digest = first.sha256().unwrap();
        assert_eq!((digest.len(), &digest), (64, &weights(&classifier(), 1).sha256().unwrap()));
        for at in [0, first.theta().size()[0] - 1] {
            let theta = first.theta().copy();
            let _ = theta.narrow(0, at, 1).fill_(0.25);
            let other = Weights::new(first.layout().clone(), theta).unwrap();
            assert_ne!(other.sha256().unwrap(), digest, "{at}");
        }
    }
}
