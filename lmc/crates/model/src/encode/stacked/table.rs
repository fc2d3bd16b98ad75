//! The tokens of a whole set, on a device from the start.

use tch::{Device, Kind, Tensor};

use super::{Slots, StackedTokens, groups, sent};
use crate::encode::Encoded;

/// The tokens and labels of a set, laid end to end on a device.
///
/// Batches are made there from a few numbers for each sequence; the host touches no token again.
#[derive(Debug)]
pub struct TokenTable {
    /// Ids, segments and rows of the table of positions, `[3, n_tokens]` i32.
    tokens: Tensor,
    /// `[n_examples]` i64.
    labels: Tensor,
    /// The first token of each example, and its length.
    extents: Vec<(i64, i64)>,
    longest: i64,
    /// The id for padding, if a token of a text has it.
    pad_id: Option<i64>,
}

impl TokenTable {
    /// Lays out examples; `positions` returns the row of each token of a text in the table of positions,
    /// `pad_id` is the id for padding.
    pub fn new(
        examples: &[Encoded],
        positions: impl Fn(&[i64]) -> Vec<i64>,
        pad_id: i64,
        device: Device,
    ) -> Self {
        let n_tokens = examples.iter().map(|example| example.ids.len()).sum();
        let mut tokens: [Vec<i32>; 3] = [0; 3].map(|_| Vec::with_capacity(n_tokens));
        let mut extents = Vec::with_capacity(examples.len());
        let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
        for example in examples {
            extents.push((tokens[0].len() as i64, example.ids.len() as i64));
            tokens[0].extend(example.ids.iter().copied().map(small));
            tokens[1].extend(example.segments.iter().copied().map(small));
            tokens[2].extend(positions(&example.ids).into_iter().map(small));
        }
        let has_pad = examples.iter().any(|example| example.ids.contains(&pad_id));
        let labels: Vec<i64> = examples.iter().map(|example| example.label).collect();
        let tokens = tokens.map(|values| Tensor::from_slice(&values));
        Self {
            tokens: Tensor::stack(&tokens, 0).to_device(device),
            labels: sent(&labels, device),
            longest: extents.iter().map(|extent| extent.1).max().unwrap_or(0),
            extents,
            pad_id: has_pad.then_some(pad_id),
        }
    }

    /// Returns the number of tokens of the longest example.
    pub fn longest(&self) -> i64 {
        self.longest
    }

    /// Returns the tokens of one list of examples for each model, all of one length, and their labels,
    /// `[stack, n_sequences]`; within a model the shortest example comes first. Attention gets at most
    /// `n_groups` groups.
    pub fn batch(&self, lists: &[&[usize]], n_groups: usize) -> (StackedTokens, Tensor) {
        let plan = Plan::new(self, lists, n_groups);
        let device = self.tokens.device();
        let (stack, n) = (lists.len() as i64, lists.first().map_or(0, |list| list.len()) as i64);
        let (n_sequences, n_rows) = (stack * n, stack * plan.rows);
        // One copy to the device: all that follows is made of it there.
        let sent = sent(&plan.numbers(), device);
        let runs = sent.narrow(0, 0, 5 * plan.n_runs).view([5, plan.n_runs]);
        let list = |i: i64| sent.narrow(0, 5 * plan.n_runs + i * n_sequences, n_sequences);
        let count = |n: i64| Tensor::arange(n, (Kind::Int64, device));
        let run = count(plan.n_runs).repeat_interleave_self_tensor(&runs.get(0), 0, n_rows);
        let of_rows = runs.index_select(1, &run);
        let place = count(n_rows) - of_rows.get(1);
        let last = self.tokens.size()[1] - 1;
        let tokens = self.tokens.index_select(1, &(of_rows.get(2) + &place).clamp_max(last));
        let field = |i: i64| tokens.get(i).to_kind(Kind::Int64).view([stack, plan.rows]);
        let ids = field(0);
        let groups = plan.groups.iter().scan(0, |start, &(size, length)| {
            let part = |i: i64| list(i).narrow(0, *start, size as i64).unsqueeze(1);
            let (starts, lengths) = (part(3), part(4));
            *start += size as i64;
            let places = count(length).unsqueeze(0);
            let is_token = places.lt_tensor(&lengths);
            let bias = is_token.zeros_like().to_kind(Kind::Float);
            Some(Slots {
                n_sequences: size as i64,
                length,
                rows: (starts + places.minimum(&(lengths - 1))).view([-1]),
                bias: bias.masked_fill(&is_token.logical_not(), f64::NEG_INFINITY),
            })
        });
        let groups = groups.collect();
        let numbered = |tensor: Tensor, n: i64| tensor.to_kind(Kind::Int).view([stack, n]);
        let sequences = count(n).expand([stack, -1], false).reshape([-1]);
        let stacked = StackedTokens {
            segments: field(1),
            positions: field(2),
            is_pad: self.pad_id.map(|pad| ids.eq(pad)),
            ids,
            places: numbered(of_rows.get(4) * self.longest + &place, plan.rows),
            first_places: numbered(sequences * self.longest, n),
            starts: list(0),
            groups,
            order: [list(1), list(2)],
            slots: of_rows.get(3) + place,
        };
        (stacked, self.labels.index_select(0, &list(5)).view([stack, n]))
    }
}

/// One batch in numbers for each sequence.
struct Plan {
    /// The rows of each model.
    rows: i64,
    /// The sequences of all models, each model's followed by its padding.
    runs: Vec<Run>,
    n_runs: i64,
    /// The size and the length of each group.
    groups: Vec<(usize, i64)>,
    /// The number of each sequence among the runs, in the order of the models and in that of the groups.
    sequences: Vec<usize>,
    by_length: Vec<usize>,
}

/// Neighbouring rows: a sequence, or the padding of a model.
#[derive(Clone, Copy, Default)]
struct Run {
    length: i64,
    /// Its first row among the rows of all models.
    start: i64,
    /// Its first token in the table.
    token: i64,
    /// Its first slot.
    slot: i64,
    /// Its number in its model.
    number: i64,
    example: i64,
}

impl Plan {
    fn new(table: &TokenTable, lists: &[&[usize]], n_groups: usize) -> Self {
        let sorted = lists.iter().map(|list| {
            let mut list = list.to_vec();
            list.sort_by_key(|&example| table.extents[example].1);
            list
        });
        let sorted: Vec<Vec<usize>> = sorted.collect();
        let total = |list: &Vec<usize>| list.iter().map(|&example| table.extents[example].1).sum::<i64>();
        let rows = sorted.iter().map(total).max().unwrap_or(0);
        let (mut runs, mut sequences) = (Vec::new(), Vec::new());
        for (model, list) in sorted.iter().enumerate() {
            let (mut start, end) = (model as i64 * rows, (model as i64 + 1) * rows);
            for (number, &example) in list.iter().enumerate() {
                let (token, length) = table.extents[example];
                sequences.push(runs.len());
                let (number, example) = (number as i64, example as i64);
                runs.push(Run { length, start, token, number, example, ..Run::default() });
                start += length;
            }
            runs.push(Run { length: end - start, start, number: list.len() as i64, ..Run::default() });
        }
        let mut by_length = sequences.clone();
        by_length.sort_by_key(|&run| runs[run].length);
        let lengths: Vec<i64> = by_length.iter().map(|&run| runs[run].length).collect();
        let groups = groups(&lengths, n_groups);
        let (mut next, mut in_order) = (0, by_length.iter());
        for &(size, length) in &groups {
            for &run in in_order.by_ref().take(size) {
                runs[run].slot = next;
                next += length;
            }
        }
        Self { rows, n_runs: runs.len() as i64, runs, groups, sequences, by_length }
    }

    /// Returns all numbers that the device needs: five for each run, then six for each sequence.
    fn numbers(&self) -> Vec<i64> {
        let fields: [fn(&Run) -> i64; 5] =
            [|run| run.length, |run| run.start, |run| run.token, |run| run.slot, |run| run.number];
        let mut numbers: Vec<i64> = fields.iter().flat_map(|field| self.runs.iter().map(field)).collect();
        // The number of each run among the sequences, and its place in the order of the groups.
        let mut places = vec![(0, 0); self.runs.len()];
        self.sequences.iter().enumerate().for_each(|(number, &run)| places[run].0 = number as i64);
        self.by_length.iter().enumerate().for_each(|(place, &run)| places[run].1 = place as i64);
        let run = |&run: &usize| &self.runs[run];
        numbers.extend(self.sequences.iter().map(|s| run(s).start));
        numbers.extend(self.by_length.iter().map(|&s| places[s].0));
        numbers.extend(self.sequences.iter().map(|&s| places[s].1));
        numbers.extend(self.by_length.iter().map(|s| run(s).start));
        numbers.extend(self.by_length.iter().map(|s| run(s).length));
        numbers.extend(self.sequences.iter().map(|s| run(s).example));
        numbers
    }
}
