//! Tensors from raw little-endian elements, with every size checked before anything is allocated.

use tch::{Kind, Tensor};

use super::File;
use lmc_base::error::Result;

/// The most axes of a tensor; those of BERT have two.
pub(super) const MAX_AXES: usize = 8;

/// The most elements of a tensor, with axes of length 0 counted as 1.
const MAX_ELEMENTS: i64 = 1 << 40;

/// Returns the number of elements of a shape, when it is one that a tensor of a checkpoint can have.
pub(super) fn n_elements(shape: &[i64]) -> Option<usize> {
    let bounded =
        |n: i64, &axis: &i64| n.checked_mul(axis.max(1)).filter(|&n| axis >= 0 && n <= MAX_ELEMENTS);
    if shape.len() > MAX_AXES || shape.iter().try_fold(1, bounded).is_none() {
        return None;
    }
    usize::try_from(shape.iter().product::<i64>()).ok()
}

/// Returns the tensor, f32 on the CPU, of that many elements in row-major order.
pub(super) fn dense(file: &File, name: &str, bytes: &[u8], shape: &[i64], kind: Kind) -> Result<Tensor> {
    let expected = n_elements(shape).and_then(|n| n.checked_mul(kind.elt_size_in_bytes()));
    if expected != Some(bytes.len()) {
        let n = bytes.len();
        return Err(
            file.damaged(format!("tensor {name} of shape {shape:?} and dtype {kind:?} has {n} bytes"))
        );
    }
    Ok(Tensor::f_from_data_size(bytes, shape, kind)?.f_to_kind(Kind::Float)?)
}

/// The place of a tensor in its storage, counted in elements.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strided {
    pub offset: i64,
    pub shape: Vec<i64>,
    pub strides: Vec<i64>,
}

impl Strided {
    /// Returns the number of elements, if all lie within a storage of `n_storage` elements.
    pub fn n_elements_within(&self, n_storage: usize) -> Option<usize> {
        let n = n_elements(&self.shape)?;
        if self.strides.len() != self.shape.len() || self.strides.iter().any(|&s| s < 0) || self.offset < 0 {
            return None;
        }
        let steps = self.shape.iter().zip(&self.strides);
        let last = steps.map(|(axis, stride)| axis.saturating_sub(1).saturating_mul(*stride));
        let last = last.fold(self.offset, i64::saturating_add);
        (n == 0 || usize::try_from(last).is_ok_and(|last| last < n_storage)).then_some(n)
    }

    /// Returns the elements in row-major order, of a storage in which they lie and whose elements have `size`
    /// bytes.
    pub fn gather(&self, storage: &[u8], size: usize) -> Vec<u8> {
        // The last axes that lie in row-major order are copied as one block.
        let (mut block, mut outer) = (1, self.shape.len());
        while outer > 0 && (self.strides[outer - 1] == block || self.shape[outer - 1] == 1) {
            outer -= 1;
            block *= self.shape[outer];
        }
        let (axes, strides) = (&self.shape[..outer], &self.strides[..outer]);
        let n_blocks: i64 = axes.iter().product();
        let mut gathered = Vec::with_capacity((n_blocks * block) as usize * size);
        let mut index = vec![0i64; outer];
        for _ in 0..if block == 0 { 0 } else { n_blocks } {
            let start = self.offset + index.iter().zip(strides).map(|(i, stride)| i * stride).sum::<i64>();
            gathered.extend_from_slice(&storage[start as usize * size..][..block as usize * size]);
            for (i, axis) in index.iter_mut().zip(axes).rev() {
                *i += 1;
                if *i < *axis {
                    break;
                }
                *i = 0;
            }
        }
        gathered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(offset: i64, shape: &[i64], strides: &[i64]) -> Strided {
        Strided { offset, shape: shape.to_vec(), strides: strides.to_vec() }
    }

    #[test]
    fn impossible_shapes_have_no_number_of_elements() {
        assert_eq!(n_elements(&[]), Some(1));
        assert_eq!(n_elements(&[3, 0, 2]), Some(0));
        for shape in [&[-1][..], &[i64::MAX, 2], &[0, i64::MAX], &[1 << 41], &[1; 9]] {
            assert_eq!(n_elements(shape), None, "{shape:?}");
        }
    }

    #[test]
    fn strided_elements_by_hand() {
        let storage: Vec<u8> = (0..12).collect();
        let cases: [(Strided, &[u8]); 7] = [
            (strided(2, &[], &[]), &[2]),
            (strided(1, &[2, 3], &[3, 1]), &[1, 2, 3, 4, 5, 6]),
            (strided(0, &[3, 2], &[1, 3]), &[0, 3, 1, 4, 2, 5]),
            (strided(3, &[3], &[4]), &[3, 7, 11]),
            (strided(0, &[2, 2, 2], &[1, 6, 2]), &[0, 2, 6, 8, 1, 3, 7, 9]),
            (strided(5, &[1, 2], &[99, 1]), &[5, 6]),
            (strided(99, &[0, 7], &[7, 1]), &[]),
        ];
        for (view, expected) in cases {
            assert_eq!(view.n_elements_within(12), Some(expected.len()), "{view:?}");
            assert_eq!(view.gather(&storage, 1), expected, "{view:?}");
        }
        assert_eq!(strided(1, &[2], &[2]).gather(&storage, 2), [2, 3, 6, 7]);
    }

    #[test]
    fn elements_outside_the_storage_are_refused() {
        assert_eq!(strided(6, &[2, 3], &[3, 1]).n_elements_within(12), Some(6));
        for view in [
            strided(7, &[2, 3], &[3, 1]),
            strided(-1, &[2], &[1]),
            strided(5, &[2], &[-1]),
            strided(0, &[2], &[i64::MAX]),
            strided(i64::MAX, &[2, 2], &[i64::MAX, i64::MAX]),
            strided(0, &[2, 2], &[1]),
        ] {
            assert_eq!(view.n_elements_within(12), None, "{view:?}");
        }
    }
}
