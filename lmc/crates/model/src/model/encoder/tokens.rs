//! Texts as tensors of token ids, as the encoder reads them.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use crate::encode::{Encoded, Extent};
use lmc_base::error::{LmcError, Result};

/// A batch as the encoder reads it.
#[derive(Debug)]
pub struct Tokens {
    /// Token ids, `[stack, batch, seq]` i64.
    pub ids: Tensor,
    /// Segment ids of the same shape.
    pub segments: Tensor,
    /// True at real tokens, `[stack, batch, seq]` bool; `None` if there is no padding.
    pub mask: Option<Tensor>,
}

impl Tokens {
    /// Checks that the tensors belong together and are for that many models.
    pub(super) fn check(&self, stack: i64) -> Result<()> {
        let unsigned = |size: Vec<i64>| size.iter().map(|&n| n as usize).collect::<Vec<_>>();
        let mut expected = self.ids.size();
        if expected.len() != 3 || expected[0] != stack {
            let expected = vec![
                stack as usize,
                expected.iter().nth_back(1).copied().unwrap_or(1) as usize,
                expected.last().copied().unwrap_or(1) as usize,
            ];
            return Err(LmcError::ShapeMismatch {
                what: "token ids".into(),
                got: unsigned(self.ids.size()),
                expected,
            });
        }
        for (what, tensor) in [("segments", Some(&self.segments)), ("mask of tokens", self.mask.as_ref())] {
            if let Some(got) = tensor.map(Tensor::size).filter(|size| *size != expected) {
                let expected = unsigned(std::mem::take(&mut expected));
                return Err(LmcError::ShapeMismatch { what: what.into(), got: unsigned(got), expected });
            }
        }
        Ok(())
    }

    /// Returns the range of ids and segments, padding included, and the length.
    pub(super) fn extent(&self) -> Result<Extent> {
        let range = |tensor: &Tensor| -> Result<Option<[i64; 2]>> {
            if tensor.numel() == 0 {
                return Ok(None);
            }
            let (least, greatest) = tensor.f_aminmax(None, false)?;
            Ok(Some([i64::try_from(least)?, i64::try_from(greatest)?]))
        };
        let longest = self.ids.size().last().map_or(0, |&n| n as usize);
        Ok(Extent { ids: range(&self.ids)?, segments: range(&self.segments)?, longest, ..Extent::default() })
    }

    /// Returns the number of tokens, padding included.
    pub fn n_tokens(&self) -> usize {
        self.ids.numel()
    }

    /// Returns one batch, `[batch, seq]`, for each of `stack` models without a copy.
    pub fn shared(ids: &Tensor, segments: &Tensor, stack: i64) -> Self {
        let expand = |t: &Tensor| t.unsqueeze(0).expand([stack, -1, -1], false);
        Self { ids: expand(ids), segments: expand(segments), mask: None }
    }

    /// Returns texts in batches of one length, so that nothing is padded, each for `stack` models: at most
    /// `most` texts in a batch.
    pub(crate) fn of_one_length(
        texts: &[Encoded],
        most: usize,
        stack: i64,
        device: Device,
    ) -> Result<Vec<Self>> {
        let mut by_length: BTreeMap<usize, Vec<&Encoded>> = BTreeMap::new();
        texts.iter().for_each(|text| by_length.entry(text.ids.len()).or_default().push(text));
        let batches = by_length.iter().flat_map(|(&n, all)| all.chunks(most).map(move |some| (n, some)));
        let made = batches.map(|(length, batch)| {
            let rows = |of: fn(&Encoded) -> &[i64]| -> Result<Tensor> {
                let all: Vec<i64> = batch.iter().flat_map(|text| of(text)).copied().collect();
                let size = [batch.len() as i64, length as i64];
                Ok(Tensor::f_from_slice(&all)?.f_view(size)?.f_to_device(device)?)
            };
            Ok(Self::shared(&rows(|text| &text.ids)?, &rows(|text| &text.segments)?, stack))
        });
        made.collect()
    }

    /// Returns all texts as one padded batch for `stack` models, and the numbers of its rows that are tokens of
    /// texts.
    pub(crate) fn of_all(
        texts: &[Encoded],
        pad_id: i64,
        stack: i64,
        device: Device,
    ) -> Result<(Self, Vec<i64>)> {
        let longest = texts.iter().map(|text| text.ids.len()).max().unwrap_or(0);
        let rows = |of: fn(&Encoded) -> &[i64], padding: i64| -> Result<Tensor> {
            let of_text = |text: &Encoded| -> Vec<i64> {
                let padding = std::iter::repeat_n(padding, longest - text.ids.len());
                of(text).iter().copied().chain(padding).collect()
            };
            let all: Vec<i64> = texts.iter().flat_map(of_text).collect();
            let all = Tensor::f_from_slice(&all)?.f_view([1, texts.len() as i64, longest as i64])?;
            Ok(all.f_to_device(device)?.f_expand([stack, -1, -1], false)?)
        };
        let lengths: Vec<i64> = texts.iter().map(|text| text.ids.len() as i64).collect();
        let real: Vec<i64> =
            (0..).zip(&lengths).flat_map(|(i, &n)| (0..n).map(move |k| i * longest as i64 + k)).collect();
        let lengths = Tensor::f_from_slice(&lengths)?.f_to_device(device)?.f_unsqueeze(0)?;
        let lengths = lengths.f_expand([stack, -1], false)?;
        let tokens = Self::padded(rows(|text| &text.ids, pad_id)?, rows(|text| &text.segments, 0)?, &lengths);
        Ok((tokens, real))
    }

    /// Makes the tokens of a padded batch. The mask is true at real tokens, and `None` if nothing is padded.
    pub fn padded(ids: Tensor, segments: Tensor, lengths: &Tensor) -> Self {
        let seq = ids.size()[2];
        let mask = Tensor::arange(seq, (Kind::Int64, ids.device())).lt_tensor(&lengths.unsqueeze(-1));
        let mask = (i64::try_from(lengths.min()).unwrap_or(0) < seq).then_some(mask);
        Self { ids, segments, mask }
    }
}
