//! Masks of dropout that are a function of where they fall, so that they are the same on every device.
//!
//! Whether an element is dropped is decided by a hash of the model's seed, the update, the site in the model,
//! the place of the token in the batch and the channel (in attention: head, query and key). Nothing is
//! carried from one update to the next, and a model's masks do not depend on the models beside it.
//!
//! The hash of a row is a whole one of 32 bits. Two elements of a row take eight passes of 32-bit integers (add,
//! shift, and, xor, multiply, shift, and, xor), whose halves of 16 bits decide about one element each, then a
//! comparison, a conversion and a product. That is 44 bytes read or written for an element in half precision,
//! in kernels that make the masks of all sites of one shape in an update.

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use lmc_base::seed::sub_seed;

/// An odd number that spreads neighbouring counts over 32 bits: 2^32 by the golden ratio.
const SPREAD: u32 = 0x9e37_79b1;

/// The rounds of the hash `lowbias32`: shift to the right, then a product.
const ROUNDS: [(i64, u32); 2] = [(16, 0x7feb_352d), (15, 0x846c_a68b)];
const LAST_SHIFT: i64 = 16;

/// Dropout whose masks are counted, for models side by side.
#[doc(hidden)]
#[derive(Debug)]
pub struct Counted {
    /// The elements of 65,536 that are dropped.
    dropped: i64,
    kind: Kind,
    seeds: Vec<u64>,
    /// The hash of each pair of columns, `[pairs]` i32.
    columns: Tensor,
    /// The hash of each site, `[sites]` i32.
    sites: Tensor,
}

impl Counted {
    /// Returns dropout with that probability, to the next multiple of 2^-16, for one model for each of
    /// `seeds`; `None` if nothing is dropped. A mask is at most `widest` wide, there are `n_sites`, and `kind`
    /// is that of the activations.
    pub(in crate::model) fn new(
        probability: f64,
        seeds: &[u64],
        [widest, n_sites]: [i64; 2],
        kind: Kind,
        device: Device,
    ) -> Option<Self> {
        let dropped = (probability.clamp(0.0, 1.0) * 65_536.0).round().min(65_535.0) as i64;
        let hashes = |n: i64, salt: u32| {
            let numbers = 0..u32::try_from(n).unwrap_or(0);
            let hashes: Vec<i32> = numbers.map(|i| hashed(i.wrapping_mul(SPREAD) ^ salt)).collect();
            Tensor::from_slice(&hashes).to_device(device)
        };
        (dropped > 0).then(|| Self {
            dropped,
            kind,
            seeds: seeds.iter().map(|&seed| sub_seed(seed, "dropout")).collect(),
            columns: hashes((widest + 1) / 2, SPREAD),
            sites: hashes(n_sites, !SPREAD),
        })
    }

    /// Returns the masks of an update, counted from 0, for those of the models.
    pub fn at(&self, update: u32, models: Range<usize>) -> Masks {
        let keys: Vec<i32> = self.seeds[models].iter().map(|&seed| key(seed, update)).collect();
        Masks {
            dropped: self.dropped,
            kind: self.kind,
            columns: self.columns.shallow_clone(),
            sites: self.sites.shallow_clone(),
            models: Tensor::from_slice(&keys)
                .to_device_(self.columns.device(), Kind::Int, true, false)
                .unsqueeze(1),
        }
    }
}

/// The masks of one update.
#[doc(hidden)]
#[derive(Debug)]
pub struct Masks {
    dropped: i64,
    kind: Kind,
    columns: Tensor,
    sites: Tensor,
    /// The hash of each model's seed and the update, `[stack, 1]` i32.
    models: Tensor,
}

impl Masks {
    /// Returns the hash of each row, `[stack, rows]` i32, by the numbers of their places, of the same shape.
    pub(in crate::model) fn rows(&self, places: &Tensor) -> Tensor {
        mixed(mixed(places * i64::from(signed(SPREAD))).g_add_(&self.models))
    }

    /// Returns the places of `n` rows of each model that are counted from 0, `[stack, n]` i32.
    pub(in crate::model) fn numbered(&self, n: i64) -> Tensor {
        let numbers = Tensor::arange(n, (Kind::Int, self.models.device()));
        numbers.unsqueeze(0).expand([self.models.size()[0], -1], false)
    }

    /// Returns the hash of each row at each of those sites: `[sites, ..]` for hashes of rows, `[..]`.
    pub(in crate::model) fn at_sites(&self, rows: &Tensor, sites: Range<i64>) -> Tensor {
        let n = sites.end - sites.start;
        let shape: Vec<i64> = std::iter::once(n).chain(rows.size().iter().map(|_| 1)).collect();
        mixed(rows.unsqueeze(0) + self.sites.narrow(0, sites.start, n).view(shape.as_slice()))
    }

    /// Returns the masks of that width for hashes of rows, `[..]` -> `[.., width]`: 0 where an element is
    /// dropped, and otherwise one by the share that is not.
    pub(in crate::model) fn drawn(&self, rows: &Tensor, width: i64) -> Tensor {
        let mut bits = rows.unsqueeze(-1) + self.columns.narrow(0, 0, (width + 1) / 2);
        shifted(&mut bits, ROUNDS[0].0);
        let mut bits = bits.g_mul_scalar_(i64::from(signed(ROUNDS[0].1)));
        shifted(&mut bits, ROUNDS[1].0);
        let halves = bits.view_dtype(Kind::Int16);
        let halves = if width % 2 == 0 { halves } else { halves.narrow(-1, 0, width) };
        let kept = halves.ge(self.dropped - 32_768);
        kept.to_kind(self.kind).g_mul_scalar_(65_536.0 / (65_536.0 - self.dropped as f64))
    }
}

/// Replaces `x` by `x ^ (x >> by)`, whose shift fills up with zeros.
fn shifted(x: &mut Tensor, by: i64) {
    let shift = x.bitwise_right_shift_tensor_scalar(by).bitwise_and_((1i64 << (32 - by)) - 1);
    let _ = x.bitwise_xor_tensor_(&shift);
}

/// Returns [`hashed`] of every element of an i32 tensor, in its place.
fn mixed(mut x: Tensor) -> Tensor {
    for (shift, factor) in ROUNDS {
        shifted(&mut x, shift);
        x = x.g_mul_scalar_(i64::from(signed(factor)));
    }
    shifted(&mut x, LAST_SHIFT);
    x
}

/// Returns the hash of a number, `lowbias32` of Wellons (2018).
fn hashed(mut x: u32) -> i32 {
    for (shift, factor) in ROUNDS {
        x = (x ^ (x >> shift)).wrapping_mul(factor);
    }
    signed(x ^ (x >> LAST_SHIFT))
}

/// Returns the hash of a seed and an update.
fn key(seed: u64, update: u32) -> i32 {
    let mixed =
        (seed ^ u64::from(update).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hashed((mixed >> 32) as u32)
}

fn signed(x: u32) -> i32 {
    i32::from_le_bytes(x.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: i64 = 64;
    const WIDTH: i64 = 129;

    fn masks(probability: f64, seeds: &[u64], update: u32) -> Masks {
        let counted = Counted::new(probability, seeds, [WIDTH, 30], Kind::Float, Device::Cpu).unwrap();
        counted.at(update, 0..seeds.len())
    }

    fn places(stack: i64) -> Tensor {
        Tensor::arange(ROWS, (Kind::Int, Device::Cpu)).expand([stack, -1], false)
    }

    /// True where an element is dropped: `[sites, stack, rows, width]`.
    fn dropped(masks: &Masks, stack: i64, sites: Range<i64>) -> Tensor {
        masks.drawn(&masks.at_sites(&masks.rows(&places(stack)), sites), WIDTH).eq(0.0)
    }

    fn share(dropped: &Tensor) -> f64 {
        dropped.to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
    }

    #[test]
    fn the_hash_on_tensors_is_that_of_numbers() {
        let numbers = [0u32, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 123_456_789];
        let tensor = Tensor::from_slice(&numbers.map(signed));
        assert_eq!(Vec::<i32>::try_from(mixed(tensor)).unwrap(), numbers.map(hashed));
        // The published example of the hash's author: prospecting for hash functions, lowbias32.
        assert_eq!(hashed(0), 0);
    }

    #[test]
    fn the_share_of_dropped_elements_is_as_asked_and_the_mean_stays() {
        for probability in [0.1, 0.5, 0.9] {
            let masks = masks(probability, &[1, 2, 3, 4], 7);
            let dropped = dropped(&masks, 4, 0..30);
            let deviation = (probability * (1.0 - probability) / dropped.numel() as f64).sqrt();
            assert!((share(&dropped) - probability).abs() < 5.0 * deviation + 1e-5, "{}", share(&dropped));
            for axis in 0..4 {
                let others: Vec<i64> = (0..4).filter(|&other| other != axis).collect();
                let shares = dropped.to_kind(Kind::Double).mean_dim(others.as_slice(), false, Kind::Double);
                let deviation = deviation * (shares.numel() as f64).sqrt();
                let worst = (shares - probability).abs().max().double_value(&[]);
                assert!(worst < 5.0 * deviation, "{probability}, axis {axis}: {worst}");
            }
            let mask = masks.drawn(&masks.rows(&places(4)), WIDTH);
            assert!((mask.max().double_value(&[]) - 1.0 / (1.0 - probability)).abs() < 1e-3);
        }
    }

    /// Two masks agree as often as independent ones do: between updates, models, sites, rows and columns.
    #[test]
    fn what_is_dropped_at_one_place_says_nothing_about_another() {
        let probability = 0.3;
        let both = |a: &Tensor, b: &Tensor, what: &str| {
            let together = share(&a.logical_and(b));
            let expected = probability * probability;
            let deviation = (expected * (1.0 - expected) / a.numel() as f64).sqrt();
            assert!((together - expected).abs() < 5.0 * deviation, "{what}: {together}, {deviation}");
        };
        let at = |update| dropped(&masks(probability, &[1, 2], update), 2, 0..20);
        let (now, next) = (at(0), at(1));
        both(&now, &next, "updates");
        both(&now.select(1, 0), &now.select(1, 1), "models");
        let beside = |axis: i64, gap: i64| {
            let n = now.size()[axis as usize] - gap;
            [now.narrow(axis, 0, n), now.narrow(axis, gap, n)]
        };
        for gap in [1, 2, 3, 7] {
            for (axis, what) in [(0, "sites"), (2, "rows"), (3, "columns")] {
                let [a, b] = beside(axis, gap);
                both(&a, &b, &format!("{what} {gap} apart"));
            }
        }
        // All patterns of four neighbours in a row are as frequent as those of independent elements.
        let columns: Vec<Tensor> = (0..4).map(|i| now.narrow(3, i, WIDTH - 4)).collect();
        for pattern in 0..16 {
            let all = columns.iter().enumerate().fold(columns[0].ones_like(), |all, (i, column)| {
                all.logical_and(&if pattern >> i & 1 == 1 {
                    column.shallow_clone()
                } else {
                    column.logical_not()
                })
            });
            let n = f64::from(u32::count_ones(pattern));
            let expected = probability.powf(n) * (1.0 - probability).powf(4.0 - n);
            assert!((share(&all) - expected).abs() < 0.004, "{pattern:04b}: {}, {expected}", share(&all));
        }
    }

    #[test]
    fn masks_depend_on_the_seed_the_update_the_site_and_the_place_alone() {
        let together = dropped(&masks(0.2, &[5, 6], 3), 2, 0..3);
        let counted = Counted::new(0.2, &[9, 6], [WIDTH + 50, 40], Kind::Half, Device::Cpu).unwrap();
        let masks = counted.at(3, 1..2);
        let alone = dropped(&masks, 1, 0..3);
        assert_eq!(together.select(1, 1), alone.select(1, 0));
        let later = masks.at_sites(&masks.rows(&places(1).narrow(1, 10, 5)), 2..3);
        let narrower = masks.drawn(&later, 7).eq(0.0);
        assert_eq!(narrower, alone.narrow(0, 2, 1).narrow(2, 10, 5).narrow(3, 0, 7));
        assert!(Counted::new(0.0, &[1], [8, 8], Kind::Float, Device::Cpu).is_none());
    }
}
