//! The terms by distance that DeBERTa adds to the scores of attention (He et al. 2021, section 3.1): the
//! query of a token by the key of its distance to another one, and the key of that by the query of the
//! distance.
//!
//! Both come from a table with rows for distances, near ones for each and far ones for ranges. Scores by each
//! distance from `1 - length` to `length - 1` are made first, then those of pairs are taken from them. Every
//! pair has a place of its own there, so that the way back gives the same bits every time.

use tch::{Device, Kind, Tensor};

use super::layer::Layer;
use super::relative::masked;
use super::rotary::Turns;
use super::{Affine, Encoder};
use crate::encode::Group;
use crate::model::config::{DistanceTerm, ModelConfig};
use crate::model::dropout::Dropout;
use crate::model::layers::{embedding, linear};
use crate::weights::{BlockId, Layout, Parameters};

/// The operands that all layers share.
#[derive(Debug)]
pub(super) struct Distances {
    table: BlockId,
    norm: Option<Affine>,
    /// Whether there are keys, and whether there are queries, of distances.
    has: [bool; 2],
    /// The rows of the table.
    pub n_rows: i64,
}

/// The keys and the queries of all rows of the table in one layer, `[stack, n_rows, width]`, each by what
/// scores are divided by; `None` where there is no such term.
#[derive(Debug)]
pub(super) struct DistanceRows {
    keys: Option<Tensor>,
    queries: Option<Tensor>,
}

/// What attention within sequences of one length adds to its scores.
#[derive(Debug)]
pub(super) struct Look {
    /// What all layers add, or true where a query may look.
    pub mask: Option<Tensor>,
    /// The row of each distance in the tables of all models, `[n, 2 length - 1]` i64.
    pub cells: Option<Tensor>,
    /// The turns of queries and keys.
    pub turns: Option<Turns>,
}

impl Look {
    /// Returns that of the first token of each sequence.
    pub fn of_firsts(&self) -> Self {
        let of_first = |mask: &Tensor| mask.narrow(2, 0, 1);
        Self {
            mask: self.mask.as_ref().map(of_first),
            cells: self.cells.as_ref().map(Tensor::shallow_clone),
            turns: self.turns.as_ref().map(|turns| turns.with_window(of_first)),
        }
    }
}

impl Distances {
    /// Returns those of the config's family, the tensors appended to `layout` under `prefix`; `None` if its
    /// scores have no such terms.
    pub fn push(config: &ModelConfig, layout: &mut Layout, prefix: &str) -> Option<Self> {
        let (names, fields) = (config.family().disentangled?, config.disentangled());
        let n_rows = fields.span(config.max_position_embeddings).saturating_mul(2);
        fields.is_relative().then(|| Self {
            table: layout.push(format!("{prefix}{}.weight", names.table), &[n_rows, config.hidden_size]),
            norm: fields.has_norm().then(|| {
                Affine::push_norm(layout, &format!("{prefix}{}", names.norm), config.hidden_size, true)
            }),
            has: [DistanceTerm::C2p, DistanceTerm::P2c].map(|term| fields.has(term)),
            n_rows,
        })
    }
}

impl Encoder {
    /// Returns the keys and queries of distances in a layer, if the model has terms by distance.
    pub(super) fn distance_rows(
        &self,
        p: &Parameters,
        layer: &Layer,
        dropout: &Dropout,
    ) -> Option<DistanceRows> {
        let distances = self.distances.as_ref()?;
        let table = p.get(distances.table);
        let rows = match &distances.norm {
            Some(norm) => norm.norm(p, table, self.config.layer_norm_eps),
            None => table.shallow_clone(),
        };
        let (rows, d) = (dropout.apply(rows), self.config.hidden_size);
        let width = d / self.config.num_attention_heads;
        let root = (width as f64).sqrt() * self.divisor;
        let (weight, bias) = (p.get(layer.qkv.weight), layer.qkv.bias.map(|bias| p.get(bias)));
        // Queries lie before keys in the layer that the content of tokens has.
        let made = |term: usize, at: i64| match &layer.by_distance[term] {
            Some(own) => own.linear(p, &rows),
            None => {
                let bias = bias.map(|bias| bias.narrow(1, at * d, d));
                linear(&rows, &weight.narrow(1, at * d, d), bias.as_ref())
            }
        };
        let [has_keys, has_queries] = distances.has;
        Some(DistanceRows {
            keys: has_keys.then(|| made(0, 1) / root),
            queries: has_queries.then(|| made(1, 0) / root),
        })
    }

    /// Returns the row of each distance in sequences of that length, from the key behind the query by
    /// `length - 1` to the one as far before it, in the tables of those models, `[n, 1]` i64. There is none
    /// without terms by distance.
    pub(super) fn cells(&self, models: &Tensor, length: i64) -> Option<Tensor> {
        let distances = self.distances.as_ref()?;
        let rows = rows_by_distance(&self.config, length).to_device(models.device());
        Some(rows.unsqueeze(0) + models * distances.n_rows)
    }

    /// Returns the products that terms by distance add to a layer, with those groups of sequences: for the
    /// table, for all pairs of tokens, for the first token of each sequence with all others.
    pub(super) fn flop_by_distance(&self, groups: &[Group]) -> [f64; 3] {
        let Some(distances) = &self.distances else { return [0.0; 3] };
        let n_terms = f64::from(u8::from(distances.has[0]) + u8::from(distances.has[1]));
        let d = self.config.hidden_size as f64;
        let sum = |of: fn(&Group) -> i64| groups.iter().map(of).sum::<i64>() as f64;
        let pairs = sum(|group| group.n_tokens() * (2 * group.length - 1));
        [n_terms * distances.n_rows as f64 * d * d, n_terms * pairs * d, n_terms * sum(Group::n_tokens) * d]
    }

    /// Returns the queries and keys as the attention of a layer reads them, which divides by the root of a
    /// head's width alone, and what it adds to scores or masks them by. The queries, `[n sequences, heads,
    /// length or 1, width]`, and the keys, `[n sequences, heads, length, width]`, are those of as many
    /// sequences for each of the `n` rows of cells. A single query is that of the first token.
    pub(super) fn looked(
        &self,
        [q, k]: [&Tensor; 2],
        look: &Look,
        layer: &Layer,
        rows: Option<&DistanceRows>,
    ) -> (Tensor, Tensor, Option<Tensor>) {
        if let Some(turns) = &look.turns {
            let window = turns.window.as_ref().filter(|_| layer.is_near);
            let mask = window.or(look.mask.as_ref()).map(Tensor::shallow_clone);
            return (turns.turned(q, layer), turns.turned(k, layer), mask);
        }
        let divided = if self.divisor == 1.0 { q.shallow_clone() } else { q / self.divisor };
        let mask = look.mask.as_ref().map(Tensor::shallow_clone);
        let terms = rows.zip(look.cells.as_ref()).and_then(|(rows, cells)| rows.terms(q, k, cells));
        match terms {
            Some(terms) => (divided, k.shallow_clone(), Some(masked(terms, mask))),
            None => (divided, k.shallow_clone(), mask),
        }
    }
}

impl DistanceRows {
    /// Returns the sum of the terms, `[n sequences, heads, queries, length]`: see [`Encoder::looked`].
    fn terms(&self, q: &Tensor, k: &Tensor, cells: &Tensor) -> Option<Tensor> {
        let of_keys = self.keys.as_ref().map(|keys| by_keys(q, keys, cells));
        let of_queries = self.queries.as_ref().map(|queries| by_queries(q.size()[2], k, queries, cells));
        of_keys.into_iter().chain(of_queries).reduce(|a, b| a + b)
    }
}

/// Returns the queries of tokens by the keys of distances.
fn by_keys(q: &Tensor, keys: &Tensor, cells: &Tensor) -> Tensor {
    let (size, length) = (q.size(), (cells.size()[1] + 1) / 2);
    // From keys far before the query to those far behind it.
    let cells = cells.flip([1]);
    match size[2] {
        1 => by_rows(q, keys, &cells.narrow(1, length - 1, length)),
        _ => of_pairs(&by_rows(q, keys, &cells)),
    }
}

/// Returns the keys of tokens by the queries of distances.
fn by_queries(n_queries: i64, k: &Tensor, queries: &Tensor, cells: &Tensor) -> Tensor {
    if n_queries > 1 {
        return of_pairs(&by_rows(k, queries, cells)).transpose(2, 3);
    }
    let (size, n) = (k.size(), cells.size()[0]);
    let cells = cells.narrow(1, 0, size[2]).flip([1]);
    let rows = embedding(queries, &cells).view([n, 1, size[2], size[1], size[3]]).transpose(2, 3);
    let scores = k.reshape([n, -1, size[1], size[2], size[3]]) * rows;
    scores.sum_dim_intlist([-1i64].as_slice(), false, k.kind()).view([size[0], size[1], 1, size[2]])
}

/// Returns the products of tokens, `[n sequences, heads, tokens, width]`, with rows of a table,
/// `[stack, n_rows, heads width]`, by their cells, `[n, rows]`: `[n sequences, heads, tokens, rows]`.
fn by_rows(tokens: &Tensor, table: &Tensor, cells: &Tensor) -> Tensor {
    let (size, cell) = (tokens.size(), cells.size());
    let (heads, length, width) = (size[1], size[2], size[3]);
    let (n, n_rows) = (cell[0], cell[1]);
    let rows = embedding(table, cells).view([n, n_rows, heads, width]).permute([0, 2, 3, 1]);
    let rows = rows.reshape([n * heads, width, n_rows]);
    // The sequences of a model side by side: so its rows are read once for all of them.
    let tokens = tokens.reshape([n, -1, heads, length, width]).transpose(1, 2);
    let scores = tokens.reshape([n * heads, -1, width]).bmm(&rows);
    scores.view([n, heads, -1, length, n_rows]).transpose(1, 2).reshape([size[0], heads, length, n_rows])
}

/// Returns the scores of pairs, `[.., length, length]`, among those by distance,
/// `[.., length, 2 length - 1]`: row `i` begins at column `length - 1 - i`.
fn of_pairs(scores: &Tensor) -> Tensor {
    let size = scores.size();
    let length = size[2];
    // Rows that are shorter by one begin one column later each.
    let shifted = scores.flatten(2, 3).narrow(2, length - 1, length * (2 * length - 2));
    shifted.view([size[0], size[1], length, 2 * length - 2]).narrow(3, 0, length)
}

/// Returns the row of the table for each distance from `1 - length` to `length - 1`, that of the query less
/// that of the key, i64.
fn rows_by_distance(config: &ModelConfig, length: i64) -> Tensor {
    let (fields, n_positions) = (config.disentangled(), config.max_position_embeddings);
    let (span, farthest) = (fields.span(n_positions), fields.farthest(n_positions));
    let distances = Tensor::arange_start(1 - length, length, (Kind::Int64, Device::Cpu));
    let places = match fields.position_buckets {
        buckets if buckets > 0 => in_ranges(&distances, buckets / 2, farthest),
        _ => distances,
    };
    (places + span).clamp(0, 2 * span - 1)
}

/// Returns the distances with those beyond `near` in ranges, which the logarithm up to the farthest divides.
fn in_ranges(distances: &Tensor, near: i64, farthest: i64) -> Tensor {
    let lengths = distances.abs();
    // In float32, as transformers computes the logarithms.
    let root = Tensor::from(((farthest - 1) as f64 / near as f64) as f32).log();
    let share = (lengths.to_kind(Kind::Float) / near as f64).log() / root;
    let range = (share * (near - 1) as f64).ceil() + near as f64;
    let signed = (range * distances.sign()).to_kind(Kind::Int64);
    distances.where_self(&lengths.le(near), &signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Disentangled;
    use crate::model::fixture::config;

    fn rows(fields: Disentangled, n_positions: i64, length: i64) -> Vec<i64> {
        let config = ModelConfig {
            model_type: "deberta-v2".into(),
            max_position_embeddings: n_positions,
            disentangled: Some(fields),
            ..config()
        };
        Vec::try_from(rows_by_distance(&config, length)).unwrap()
    }

    fn relative() -> Disentangled {
        let pos_att_type = vec![DistanceTerm::C2p];
        Disentangled { relative_attention: true, pos_att_type, ..Disentangled::default() }
    }

    #[test]
    fn each_distance_has_a_row_up_to_the_farthest() {
        assert_eq!(rows(relative(), 4, 4), [1, 2, 3, 4, 5, 6, 7]);
        let near = Disentangled { max_relative_positions: 2, ..relative() };
        assert_eq!(rows(near, 9, 4), [0, 0, 1, 2, 3, 3, 3]);
    }

    /// Ranges by the formula: 8 + ceil(7 log(n / 8) / log(63 / 8)) for distances n above 8.
    #[test]
    fn far_distances_share_rows() {
        let fields = Disentangled { position_buckets: 16, ..relative() };
        let got = rows(fields, 64, 64);
        for (distance, expected) in
            [(0, 0), (1, 1), (8, 8), (9, 9), (10, 9), (11, 10), (20, 12), (62, 15), (63, 15)]
        {
            assert_eq!(got[63 + distance as usize], 16 + expected, "{distance}");
            assert_eq!(got[63 - distance as usize], 16 - expected, "-{distance}");
        }
    }

    #[test]
    fn scores_of_pairs_are_those_of_their_distances() {
        let length = 3;
        // Column c of row i is 10 i + c.
        let column = Tensor::arange(5, (Kind::Int64, Device::Cpu));
        let row = Tensor::arange(length, (Kind::Int64, Device::Cpu)) * 10;
        let scores = (row.unsqueeze(1) + column).view([1, 1, 3, 5]);
        let pairs = Vec::<i64>::try_from(of_pairs(&scores).reshape([-1])).unwrap();
        assert_eq!(pairs, [2, 3, 4, 11, 12, 13, 20, 21, 22]);
    }
}
