//! Named sub-seeds: every random draw of a study comes from one seed and a name, by a hash that never changes.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Returns the 64-bit sub-seed of `seed` for `name`: the first 8 bytes, little-endian, of the SHA-256 of the seed
/// (8 bytes, little-endian) followed by the name. It is the same on every machine and in every version.
pub fn sub_seed(seed: u64, name: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(name.as_bytes());
    let digest = hash.finalize();
    digest.iter().take(8).rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// Returns a random number generator for the draws that `name` stands for, seeded with [`sub_seed`].
pub fn rng(seed: u64, name: &str) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(sub_seed(seed, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `int.from_bytes(hashlib.sha256((7).to_bytes(8, "little") + b"head").digest()[:8], "little")` in Python.
    #[test]
    fn a_sub_seed_is_the_start_of_the_hash() {
        assert_eq!(sub_seed(7, "head"), 12435066647047875435);
        assert_ne!(sub_seed(7, "head"), sub_seed(7, "order"));
    }
}
