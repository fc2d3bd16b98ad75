//! Named sub-seeds, the same on every machine and with every version of the compiler.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Returns the seed for one named use of randomness ("head", "order", "sample") under a main seed.
///
/// It is made of the first eight bytes, little endian, of the SHA-256 hash of the main seed (eight bytes,
/// little endian) followed by the name in UTF-8. Two names under one seed are as unrelated as two seeds under
/// one name.
///
/// # Examples
/// ```
/// # extern crate lmc_base as lmc;
/// assert_eq!(lmc::seed::sub_seed(42, "head"), 7_362_977_384_451_600_040);
/// assert_ne!(lmc::seed::sub_seed(42, "head"), lmc::seed::sub_seed(42, "order"));
/// ```
pub fn sub_seed(seed: u64, name: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name.as_bytes()).finalize();
    digest.iter().take(8).rev().fold(0, |word, &byte| (word << 8) | u64::from(byte))
}

/// Returns a random number generator for one named use of randomness, seeded with [`sub_seed`].
pub fn rng(seed: u64, name: &str) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(sub_seed(seed, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn sub_seed_is_the_documented_hash() {
        // Python: int.from_bytes(hashlib.sha256(seed.to_bytes(8, "little") + name.encode()).digest()[:8],
        // "little")
        assert_eq!(sub_seed(0, ""), 8_794_265_229_978_523_055);
        assert_eq!(sub_seed(42, "order"), 12_873_897_420_423_467_399);
        assert_eq!(sub_seed(u64::MAX, "größe"), 2_152_683_669_300_033_501);
    }

    #[test]
    fn names_and_seeds_give_unrelated_generators() {
        let first = |seed, name| rng(seed, name).next_u64();
        assert_eq!(first(1, "order"), first(1, "order"));
        assert_ne!(first(1, "order"), first(1, "head"));
        assert_ne!(first(1, "order"), first(2, "order"));
    }
}
