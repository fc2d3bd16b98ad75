//! Files of one line of JSON with tensors behind it, in which training keeps its state.

use serde::de::DeserializeOwned;
use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// The tensors of a file, f32, little endian, all of one shape.
pub(super) struct Tensors<'a> {
    bytes: &'a [u8],
    shape: [i64; 2],
}

impl Tensors<'_> {
    /// Returns the i-th tensor.
    ///
    /// # Errors
    /// [`LmcError::Torch`](lmc_base::error::LmcError::Torch) if it cannot be made.
    pub fn get(&self, i: usize) -> Result<Tensor> {
        let size = size_of_each(self.shape);
        Ok(Tensor::f_from_data_size(&self.bytes[i * size..][..size], &self.shape, Kind::Float)?)
    }
}

/// Reads the header of a file that begins with `format`, and its tensors. `expected` gives the number and
/// shape of the tensors by the header, or the problem with the header; `Err` holds the problem with the file.
pub(super) fn parse<'a, H: DeserializeOwned>(
    bytes: &'a [u8],
    format: &str,
    expected: impl FnOnce(&H) -> std::result::Result<(usize, [i64; 2]), String>,
) -> std::result::Result<(H, Tensors<'a>), String> {
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (line, tensors) = bytes.split_at(end);
    let header = line
        .strip_prefix(format.as_bytes())
        .ok_or_else(|| format!("it does not begin with `{}`", format.trim_end()))?;
    let header: H = serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let (n, shape) = expected(&header)?;
    let bytes = tensors.get(1..).unwrap_or_default();
    if bytes.len() != n * size_of_each(shape) {
        return Err(format!("{} bytes of tensors, expected {n} of shape {shape:?} as f32", bytes.len()));
    }
    Ok((header, Tensors { bytes, shape }))
}

/// Returns the bytes of a tensor.
fn size_of_each(shape: [i64; 2]) -> usize {
    4 * usize::try_from(shape[0] * shape[1]).unwrap_or(usize::MAX / 4)
}
