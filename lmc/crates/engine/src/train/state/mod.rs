//! The state of a stack between two updates, which it needs to go on later.

mod company;

use std::path::Path;

use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::headed;
use super::log::UpdateLog;
use super::scaling::Scales;
use lmc_base::error::{LmcError, Result};

/// The beginning of the file; its number changes with the content.
const FORMAT: &str = "lmc-training-state-1 ";

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

/// All parts of a state except the tensors.
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
    /// The updates of each model since the last checkpoint; empty in states of earlier versions.
    #[serde(default)]
    pub logs: Vec<UpdateLog>,
    /// The generator of the masks of dropout; `None` without dropout.
    pub dropout: Option<Xoshiro256PlusPlus>,
    /// The time that training took up to here, in seconds.
    pub seconds: f64,
    /// The scales of the losses in fp16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scales: Option<Scales>,
    /// The copies that computed side by side on a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side_by_side: Option<usize>,
}

impl Numbers {
    /// Returns the log of each model, those of no update in a state of an earlier version.
    pub(super) fn all_logs(&self) -> Vec<UpdateLog> {
        match self.logs.len() == self.sums.len() {
            true => self.logs.clone(),
            false => vec![UpdateLog::default(); self.sums.len()],
        }
    }
}

impl TrainingState {
    /// The advice for a damaged file.
    pub const REMEDY: &'static str =
        "delete the file and run the same call again, only this stack is trained from its start";

    /// Returns the number of updates made.
    pub fn step(&self) -> u32 {
        self.numbers.step
    }

    /// Returns the parts of a file that [`TrainingState::from_bytes`] reads: one line with the numbers as
    /// JSON, then weights, first and second moments as f32, little endian.
    ///
    /// # Errors
    /// [`LmcError::Torch`] if the tensors cannot be copied.
    pub fn to_parts(&self) -> Result<[Vec<u8>; 4]> {
        let numbers = serde_json::to_string(&self.numbers)
            .map_err(|e| LmcError::invalid("training state", e, "serialisable numbers"))?;
        let line = format!("{FORMAT}{numbers}\n").into_bytes();
        Ok([line, bytes_of(&self.theta)?, bytes_of(&self.first)?, bytes_of(&self.second)?])
    }

    /// Reads the state of the stack of `seeds` with `n_parameters` each, from the bytes of the file at
    /// `path`.
    ///
    /// # Errors
    /// [`LmcError::Format`] if the bytes are not a state, or are that of another stack.
    pub fn from_bytes(bytes: &[u8], path: &Path, seeds: &[u64], n_parameters: i64) -> Result<Self> {
        let wrong = |problem: String| LmcError::Format {
            path: path.to_owned(),
            line: None,
            problem,
            remedy: Self::REMEDY,
        };
        let scaled = |numbers: &Numbers| numbers.scales.as_ref().is_none_or(|s| s.are_of(seeds.len()));
        let fits = |numbers: &Numbers| numbers.seeds == seeds && numbers.sums.len() == seeds.len();
        let expected = |numbers: &Numbers| match fits(numbers) && scaled(numbers) {
            true => Ok((3, [seeds.len() as i64, n_parameters])),
            false => Err(format!("it is of seeds {:?}, expected {seeds:?}", numbers.seeds)),
        };
        let (numbers, tensors) = headed::parse(bytes, FORMAT, expected).map_err(wrong)?;
        Ok(Self { theta: tensors.get(0)?, first: tensors.get(1)?, second: tensors.get(2)?, numbers })
    }
}

/// Returns a tensor as f32, little endian.
pub(super) fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>> {
    let mut data = vec![0u8; tensor.numel() * 4];
    tensor.contiguous().f_copy_data_u8(&mut data, tensor.numel())?;
    Ok(data)
}

#[cfg(test)]
mod tests;
