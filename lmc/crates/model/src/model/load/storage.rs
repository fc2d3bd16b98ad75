//! Tensors from the storages in which `torch.save` keeps their elements.

use tch::Tensor;

use super::File;
use super::elements::dense;
use super::pickle::Described;
use lmc_base::error::Result;

/// The most elements that all tensors in a storage may have together, as a multiple of its own number: tied
/// tensors share one storage.
const MAX_SHARED: usize = 4;

/// Returns the tensors, f32 on the CPU, whose elements lie in the bytes of one storage.
pub(super) fn of_storage(
    file: &File,
    storage: &[u8],
    described: Vec<(String, Described)>,
) -> Result<Vec<(String, Tensor)>> {
    let mut left = storage.len().saturating_mul(MAX_SHARED);
    let tensor = |(name, tensor): (String, Described)| {
        let elements = elements(storage, &mut left, &tensor);
        let elements = elements.map_err(|problem| file.damaged(format!("tensor {name}: {problem}")))?;
        let tensor = dense(file, &name, &elements, &tensor.strided.shape, tensor.kind)?;
        Ok((name, tensor))
    };
    described.into_iter().map(tensor).collect()
}

/// Returns the elements of a tensor in row-major order; `left` is how many bytes its storage may still give.
fn elements(storage: &[u8], left: &mut usize, tensor: &Described) -> Result<Vec<u8>, String> {
    let Described { n_storage, kind, strided, .. } = tensor;
    let size = kind.elt_size_in_bytes();
    if n_storage.checked_mul(size) != Some(storage.len()) {
        return Err(format!("a storage of {n_storage} {kind:?} has {} bytes", storage.len()));
    }
    let n_bytes = strided.n_elements_within(*n_storage).and_then(|n| n.checked_mul(size));
    let n_bytes = n_bytes.ok_or_else(|| format!("{strided:?} does not lie in a storage of {n_storage}"))?;
    *left = left.checked_sub(n_bytes).ok_or_else(|| {
        format!("the tensors of one storage have more than {MAX_SHARED} times as many elements as it has")
    })?;
    Ok(strided.gather(storage, size))
}
