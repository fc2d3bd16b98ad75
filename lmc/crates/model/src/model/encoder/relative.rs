//! The bias by distance that some families add to the scores of attention (Raffel et al. 2020, section 2.1):
//! one for each head and each bucket of distances, the same at all depths.

use tch::{Kind, Tensor};

use super::Encoder;
use super::disentangled::Look;
use crate::model::family::N_BUCKETS;
use crate::model::layers::embedding;
use crate::weights::Parameters;

/// The distance from which on all keys share the last bucket of their side.
const FARTHEST: f64 = 128.0;

impl Encoder {
    /// Returns whether scores of attention have a bias or terms by distance.
    pub(super) fn looks_by_distance(&self) -> bool {
        self.relative.is_some() || self.distances.is_some()
    }

    /// Returns what attention within sequences of one length adds to its scores: a mask of keys, true at real
    /// tokens or added to the scores, `[stack * batch, 1, 1, seq]`, together with the bias by distance, if
    /// there is one: `[stack * batch, heads, seq, seq]`, or of a shape that stretches to it.
    pub(super) fn look(&self, p: &Parameters, mask: Option<Tensor>, [stack, batch, seq]: [i64; 3]) -> Look {
        let words = p.get(self.embeddings.word);
        let turns = self.turns(mask.as_ref(), seq, (words.kind(), words.device()));
        if !self.looks_by_distance() {
            return Look { mask, cells: None, turns };
        }
        let models = Tensor::arange(stack, (Kind::Int64, words.device())).unsqueeze(1);
        let cells = self.cells(&models, seq);
        if self.relative.is_none() {
            return Look { mask, cells, turns };
        }
        let bias = self.bias_of(p, &models, seq);
        let bias = match stack {
            1 => bias,
            _ => bias.unsqueeze(1).expand([-1, batch, -1, -1, -1], false).flatten(0, 1),
        };
        Look { mask: Some(masked(bias, mask)), cells, turns }
    }

    /// Returns the bias of each query and key, `[n, heads, seq, seq]`, by the tables of those models, `[n, 1]`
    /// i64. There is none unless the family has one.
    pub(super) fn bias_of(&self, p: &Parameters, models: &Tensor, seq: i64) -> Tensor {
        let table = self.relative.map_or_else(|| Tensor::from(0.0), |table| p.get(table).shallow_clone());
        let n_buckets = table.size()[1];
        let cells = buckets(seq).to_device(table.device()).unsqueeze(0) + models * n_buckets;
        let bias = embedding(&table, &cells).view([-1, seq, seq, self.config.num_attention_heads]);
        bias.permute([0, 3, 1, 2])
    }
}

/// Returns what is added to scores, `[batch, heads, queries, keys]` or of a shape that stretches to it, with
/// a mask of keys, true at real tokens or added as well.
pub(super) fn masked(added: Tensor, mask: Option<Tensor>) -> Tensor {
    match mask {
        None => added,
        Some(mask) if mask.kind() == Kind::Bool => added.masked_fill(&mask.logical_not(), f64::NEG_INFINITY),
        Some(mask) => added + mask,
    }
}

/// Returns the bucket of each query, in rows, and each key of a sequence, `[seq * seq]` i64: one for each small
/// distance, then wider ones by its logarithm; those of keys behind the query come after all others.
fn buckets(seq: i64) -> Tensor {
    let of_side = N_BUCKETS / 2;
    let exact = of_side / 2;
    let bucket = |distance: i64| {
        let (n, side) = (distance.abs(), if distance > 0 { of_side } else { 0 });
        if n < exact {
            return side + n;
        }
        // In float32, as transformers computes the logarithm.
        let share = (n as f32 / exact as f32).ln() / (FARTHEST / exact as f64).ln() as f32;
        let wide = exact + (share * (of_side - exact) as f32) as i64;
        side + wide.min(of_side - 1)
    };
    let of_query = |query: i64| (0..seq).map(move |key| bucket(key - query));
    Tensor::from_slice(&(0..seq).flat_map(of_query).collect::<Vec<i64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small distances have buckets of their own; from 8 on a bucket is a factor of 16^(1/8) wide.
    #[test]
    fn buckets_by_hand() {
        let values = Vec::<i64>::try_from(&buckets(200)).unwrap();
        let at = |query: usize, key: usize| values[query * 200 + key];
        for (distance, expected) in [
            (0, 0),
            (1, 1),
            (7, 7),
            (8, 8),
            (11, 8),
            (12, 9),
            (16, 10),
            (31, 11),
            (32, 12),
            (63, 13),
            (64, 14),
            (91, 15),
            (128, 15),
            (199, 15),
        ] {
            assert_eq!(at(distance, 0), expected, "{distance} before");
            let behind = if distance == 0 { 0 } else { expected + 16 };
            assert_eq!(at(0, distance), behind, "{distance} behind");
        }
    }
}
