//! What a stack in training needs to go on later: the state between two updates.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::{LmcError, Result};
use crate::model::load::tensors_from_bytes;

/// The key of the numbers among the metadata of the file.
const NUMBERS: &str = "lmc-training-state-1";
const REMEDY: &str = "delete the file and run the same call again, only this stack is trained from its start";

/// The state of a stack between two updates. Batches follow from seeds and the number of updates.
#[derive(Debug)]
pub struct TrainingState {
    /// The numbers beside the tensors.
    pub(super) numbers: Numbers,
    /// The weights, `[stack, n_parameters]`.
    pub(super) theta: Tensor,
    /// AdamW's first moments, of the same shape.
    pub(super) first: Tensor,
    /// AdamW's second moments, of the same shape.
    pub(super) second: Tensor,
}

/// Everything of a state but the tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Numbers {
    /// The seeds of the stack, in its order.
    pub seeds: Vec<u64>,
    /// Updates made.
    pub step: u32,
    /// Updates since the last checkpoint.
    pub since: u32,
    /// The bits of the sum of each model's losses since the last checkpoint.
    pub sums: Vec<u64>,
    /// The generator of the masks of dropout; none without dropout.
    pub dropout: Option<Xoshiro256PlusPlus>,
    /// The time that training took up to here, in seconds.
    pub seconds: f64,
}

impl TrainingState {
    /// Updates made.
    pub fn step(&self) -> u32 {
        self.numbers.step
    }

    /// The bytes of a file that [`TrainingState::from_bytes`] reads: safetensors with the numbers in its metadata.
    ///
    /// # Errors
    /// [`LmcError::Torch`] when the tensors cannot be copied.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let refused = |e: String| LmcError::invalid("training state", e, "serialisable tensors and numbers");
        let numbers = serde_json::to_string(&self.numbers).map_err(|e| refused(e.to_string()))?;
        let tensors = [("theta", &self.theta), ("first", &self.first), ("second", &self.second)];
        let data = tensors.iter().map(|(_, tensor)| bytes_of(tensor)).collect::<Result<Vec<_>>>()?;
        let shape: Vec<usize> = self.theta.size().iter().map(|&n| n as usize).collect();
        let views = tensors
            .iter()
            .zip(&data)
            .map(|((name, _), data)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), data)?)))
            .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| refused(e.to_string()))?;
        serialize(views, Some(HashMap::from([(NUMBERS.to_owned(), numbers)])))
            .map_err(|e| refused(e.to_string()))
    }

    /// The state of the stack of `seeds` with `n_parameters` each, from the bytes of the file at `path`.
    ///
    /// # Errors
    /// [`LmcError::Format`] when the bytes are no state or that of another stack.
    pub fn from_bytes(bytes: &[u8], path: &Path, seeds: &[u64], n_parameters: i64) -> Result<Self> {
        let wrong =
            |problem: String| LmcError::Format { path: path.to_owned(), line: None, problem, remedy: REMEDY };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| wrong(e.to_string()))?;
        let numbers = metadata.metadata().as_ref().and_then(|metadata| metadata.get(NUMBERS));
        let numbers = numbers.ok_or_else(|| wrong(format!("no `{NUMBERS}` in its metadata")))?;
        let numbers: Numbers = serde_json::from_str(numbers).map_err(|e| wrong(e.to_string()))?;
        if numbers.seeds != seeds || numbers.sums.len() != seeds.len() {
            return Err(wrong(format!("it is of seeds {:?}, expected {seeds:?}", numbers.seeds)));
        }
        let mut tensors: BTreeMap<String, Tensor> = tensors_from_bytes(bytes, path)?;
        let expected = [seeds.len() as i64, n_parameters];
        let mut tensor = |name: &str| match tensors.remove(name) {
            Some(tensor) if tensor.size() == expected => Ok(tensor),
            found => Err(wrong(format!(
                "tensor `{name}` has shape {:?}, expected {expected:?}",
                found.map(|tensor| tensor.size()).unwrap_or_default()
            ))),
        };
        Ok(Self { theta: tensor("theta")?, first: tensor("first")?, second: tensor("second")?, numbers })
    }
}

fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>> {
    let tensor = tensor.contiguous();
    let mut data = vec![0u8; tensor.numel() * 4];
    tensor.f_copy_data_u8(&mut data, tensor.numel())?;
    Ok(data)
}

#[cfg(test)]
mod tests;
