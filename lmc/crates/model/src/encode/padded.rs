//! Sequences in groups of neighbouring lengths, each filled up to the longest of its group.

use tch::{Device, Kind, Tensor};

use super::grouping::group_sizes;

/// The multiple to which the rows of a mask are lengthened in memory. libtorch's kernels read a mask in
/// blocks of so many numbers; one whose rows start elsewhere they would copy at every call.
const ALIGNED: i64 = 8;

/// The padded groups of a batch. A cell is a place for a token in one of them; the cells of a group are those
/// of its sequences, one after the other.
#[derive(Debug)]
pub(crate) struct PaddedGroups {
    /// The groups, shortest first.
    groups: Vec<PaddedGroup>,
    /// The row of tokens that each cell reads, `[n_cells]` i64.
    rows: Tensor,
    /// The cell of each row of tokens, `[n_tokens]` i64.
    cells: Tensor,
    /// Whether nothing is padded or moved: cells are rows.
    is_plain: bool,
    /// The sequences from the shortest to the longest, and the place of each among them, both
    /// `[n_sequences]` i64; `None` if they are in that order.
    order: Option<[Tensor; 2]>,
}

/// Sequences that are padded to one length.
#[derive(Debug)]
struct PaddedGroup {
    n_sequences: i64,
    length: i64,
    /// Added to the scores of keys, minus infinity for padding, `[n_sequences, 1, 1, aligned(length)]`;
    /// `None` if nothing is padded.
    mask: Option<Tensor>,
}

impl PaddedGroup {
    fn n_cells(&self) -> i64 {
        self.n_sequences * self.length
    }
}

impl PaddedGroups {
    /// Arranges sequences of those lengths, which lie one after the other, in at most `n_groups` groups;
    /// masks are of `kind`.
    pub fn new(lengths: &[i64], n_groups: usize, device: Device, kind: Kind) -> Self {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&sequence| lengths[sequence]);
        let sorted: Vec<i64> = order.iter().map(|&sequence| lengths[sequence]).collect();
        let sizes = group_sizes(&sorted, n_groups);
        let (rows, cells) = rows_and_cells(lengths, &order, &sizes);
        let tensor = |values: &[i64]| Tensor::from_slice(values).to_device(device);
        let is_own = |values: &[i64]| values.iter().zip(0..).all(|(&value, i)| value == i);
        let places = |of: &[usize]| of.iter().map(|&place| place as i64).collect::<Vec<_>>();
        let mut place_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &sequence)| place_of[sequence] = place);
        Self {
            groups: groups(&sorted, &sizes, device, kind),
            is_plain: is_own(&rows),
            rows: tensor(&rows),
            cells: tensor(&cells),
            order: (!order.is_sorted()).then(|| [tensor(&places(&order)), tensor(&places(&place_of))]),
        }
    }

    /// Returns the groups for a stack of models that read the same tokens, with masks of `kind`. This is done
    /// once for all layers; for one model and the kind that the masks have it makes views alone.
    pub fn stacked(&self, stack: i64, kind: Kind) -> StackedGroups<'_> {
        let group = |group: &PaddedGroup| {
            let mask = group.mask.as_ref().map(|mask| {
                let mask = mask.to_kind(kind);
                let mask = if stack == 1 { mask } else { mask.repeat([stack, 1, 1, 1]) };
                mask.narrow(3, 0, group.length)
            });
            StackedGroup { n_sequences: group.n_sequences, length: group.length, mask }
        };
        StackedGroups {
            groups: self.groups.iter().map(group).collect(),
            rows: if stack == 1 { self.rows.shallow_clone() } else { self.stacked_rows(stack) },
            is_plain: self.is_plain && stack == 1,
            of: self,
        }
    }

    /// Returns the row that each cell of a stack reads: of each group those of the first model, then of the
    /// second, and so on.
    fn stacked_rows(&self, stack: i64) -> Tensor {
        let first_row = Tensor::arange(stack, (Kind::Int64, self.rows.device())) * self.cells.size()[0];
        let sizes: Vec<i64> = self.groups.iter().map(PaddedGroup::n_cells).collect();
        let rows = self.rows.split_with_sizes(sizes.as_slice(), 0);
        let rows = rows.iter().map(|rows| (rows + first_row.unsqueeze(1)).reshape([-1]));
        Tensor::cat(&rows.collect::<Vec<_>>(), 0)
    }
}

/// The padded groups of a batch for a stack of models.
#[derive(Debug)]
pub(crate) struct StackedGroups<'a> {
    /// The groups, shortest first.
    pub groups: Vec<StackedGroup>,
    /// The row of the stack's tokens that each cell reads, `[stack * n_cells]` i64.
    rows: Tensor,
    is_plain: bool,
    of: &'a PaddedGroups,
}

/// A padded group for a stack of models.
#[derive(Debug)]
pub(crate) struct StackedGroup {
    /// The number of sequences that each model reads.
    pub n_sequences: i64,
    /// The length to which they are padded.
    pub length: i64,
    /// Added to the scores of keys, `[stack * n_sequences, 1, 1, length]`; `None` if nothing is padded.
    pub mask: Option<Tensor>,
}

impl StackedGroups<'_> {
    /// Returns the values of the cells of each group, `[stack * n_sequences * length, ..]`, from those of all
    /// tokens, `[stack, n_tokens, ..]`.
    pub fn padded(&self, x: &Tensor) -> Vec<Tensor> {
        let (stack, width) = (x.size()[0], x.size()[2]);
        let rows = x.reshape([-1, width]);
        let rows = if self.is_plain { rows } else { rows.index_select(0, &self.rows) };
        let size = |group: &StackedGroup| stack * group.n_sequences * group.length;
        rows.split_with_sizes(self.groups.iter().map(size).collect::<Vec<_>>().as_slice(), 0)
    }

    /// Returns the values of all tokens, `[stack, n_tokens, width]`, from those of the cells of each group,
    /// `[stack, n_sequences * length, width]`.
    pub fn unpadded(&self, parts: &[Tensor]) -> Tensor {
        let cells = joined(parts);
        if self.of.is_plain { cells } else { cells.index_select(1, &self.of.cells) }
    }

    /// Returns the values of the sequences of each group, `[stack, n_sequences, ..]`, from those of all
    /// sequences, `[stack, n, ..]`.
    pub fn sequences(&self, x: &Tensor) -> Vec<Tensor> {
        let sorted = self.of.order.as_ref().map(|[order, _]| x.index_select(1, order));
        let sizes: Vec<i64> = self.groups.iter().map(|group| group.n_sequences).collect();
        sorted.as_ref().unwrap_or(x).split_with_sizes(sizes.as_slice(), 1)
    }

    /// Reverses [`StackedGroups::sequences`].
    pub fn all_sequences(&self, parts: &[Tensor]) -> Tensor {
        let sorted = joined(parts);
        match &self.of.order {
            Some([_, places]) => sorted.index_select(1, places),
            None => sorted,
        }
    }
}

fn joined(parts: &[Tensor]) -> Tensor {
    match parts {
        [one] => one.shallow_clone(),
        _ => Tensor::cat(parts, 1),
    }
}

/// Returns the row that each cell reads and the cell of each row. Padding reads its own sequence again from
/// the start, so that on the way back no row collects more than a few of the zeros that come from there.
fn rows_and_cells(lengths: &[i64], order: &[usize], sizes: &[usize]) -> (Vec<i64>, Vec<i64>) {
    let starts: Vec<i64> = lengths
        .iter()
        .scan(0, |end, length| {
            *end += length;
            Some(*end - length)
        })
        .collect();
    let n_tokens: i64 = lengths.iter().sum();
    let (mut rows, mut cells) = (Vec::new(), vec![0; usize::try_from(n_tokens).unwrap_or(0)]);
    let mut rest = order;
    for &size in sizes {
        let (group, after) = rest.split_at(size);
        let longest = group.last().map_or(0, |&sequence| lengths[sequence]);
        for &sequence in group {
            let (start, length) = (starts[sequence], lengths[sequence]);
            for place in 0..longest {
                if place < length {
                    cells[(start + place) as usize] = rows.len() as i64;
                }
                rows.push(start + place % length.max(1));
            }
        }
        rest = after;
    }
    (rows, cells)
}

/// Returns the groups of sequences of ascending lengths; their masks are parts of one tensor, which goes to
/// the device at once.
fn groups(sorted: &[i64], sizes: &[usize], device: Device, kind: Kind) -> Vec<PaddedGroup> {
    let (mut masks, mut rest, mut groups) = (Vec::new(), sorted, Vec::new());
    for &size in sizes {
        let (group, after) = rest.split_at(size);
        let longest = group[size - 1];
        let n_before = masks.len() as i64;
        if group[0] < longest {
            for &length in group {
                let added = |place| if place < length { 0.0 } else { f32::NEG_INFINITY };
                masks.extend((0..aligned(longest)).map(added));
            }
        }
        groups.push((size as i64, longest, n_before, masks.len() as i64 - n_before));
        rest = after;
    }
    let masks = Tensor::from_slice(&masks).to_kind(kind).to_device(device);
    let group = |(n_sequences, length, start, size)| {
        let shape = [n_sequences, 1, 1, aligned(length)];
        let mask = (size > 0).then(|| masks.narrow(0, start, size).view(shape));
        PaddedGroup { n_sequences, length, mask }
    };
    groups.into_iter().map(group).collect()
}

fn aligned(length: i64) -> i64 {
    (length + ALIGNED - 1) / ALIGNED * ALIGNED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups_of(lengths: &[i64], n_groups: usize) -> PaddedGroups {
        PaddedGroups::new(lengths, n_groups, Device::Cpu, Kind::Float)
    }

    fn values(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.reshape([-1]).to_kind(Kind::Double)).unwrap()
    }

    /// Returns tokens with the values 0, 1, 2, ... in each model of a stack, plus 100 for each before it.
    fn tokens(n: i64, stack: i64) -> Tensor {
        let options = (Kind::Float, Device::Cpu);
        (Tensor::arange(n, options) + Tensor::arange(stack, options).unsqueeze(1) * 100.0).unsqueeze(2)
    }

    #[test]
    fn cells_and_masks_by_hand() {
        // Of the lengths 3, 1, 2 those of 1 and 2 make the first group: 2 * 2 * 3 + 3 * 4 = 24 is less than
        // 1 * 2 + 2 * 3 * 4 = 26. Its rows of 2 lie in memory as 8.
        let padded = groups_of(&[3, 1, 2], 2);
        assert_eq!(values(&padded.rows), [3.0, 3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
        assert_eq!(values(&padded.cells), [4.0, 5.0, 6.0, 0.0, 2.0, 3.0]);
        let [order, places] = padded.order.as_ref().unwrap();
        assert_eq!((values(order), values(places)), (vec![1.0, 2.0, 0.0], vec![2.0, 0.0, 1.0]));
        let stacked = padded.stacked(1, Kind::BFloat16);
        let sizes: Vec<_> = stacked.groups.iter().map(|group| (group.n_sequences, group.length)).collect();
        assert_eq!(sizes, [(2, 2), (1, 3)]);
        assert!(stacked.groups[1].mask.is_none());
        let mask = stacked.groups[0].mask.as_ref().unwrap();
        let shape = (mask.kind(), mask.size(), mask.stride());
        assert_eq!(shape, (Kind::BFloat16, vec![2, 1, 1, 2], vec![8, 8, 8, 1]));
        assert_eq!(values(mask), [0.0, f64::NEG_INFINITY, 0.0, 0.0]);
        // fp16 has minus infinity too.
        assert_eq!(values(padded.stacked(1, Kind::Half).groups[0].mask.as_ref().unwrap()), values(mask));
    }

    #[test]
    fn what_goes_into_groups_comes_back_in_its_order() {
        for (lengths, n_groups) in [
            (&[3i64, 1, 2, 3, 7][..], 2),
            (&[3, 1, 2, 3, 7], 1),
            (&[3, 1, 2, 3, 7], 9),
            (&[2, 2, 2], 8),
            (&[5], 3),
            (&[1, 1, 4], 1),
        ] {
            let padded = groups_of(lengths, n_groups);
            let n = lengths.iter().sum();
            for stack in [1, 3] {
                let x = tokens(n, stack);
                let groups = padded.stacked(stack, Kind::Float);
                let parts: Vec<Tensor> =
                    groups.padded(&x).iter().map(|part| part.reshape([stack, -1, 1])).collect();
                assert_eq!(groups.unpadded(&parts), x, "{lengths:?} in {n_groups}");
                for (part, group) in parts.iter().zip(&groups.groups) {
                    assert_eq!(part.size()[1], group.n_sequences * group.length);
                    // A mask for each copy of each sequence, which starts with a real token.
                    if let Some(mask) = &group.mask {
                        assert_eq!(mask.size(), [stack * group.n_sequences, 1, 1, group.length]);
                        assert!(mask.stride()[..3].iter().all(|stride| stride % ALIGNED == 0));
                        assert!(values(&mask.select(3, 0)).iter().all(|&added| added == 0.0));
                    }
                }
                let sequences = tokens(lengths.len() as i64, stack);
                assert_eq!(groups.all_sequences(&groups.sequences(&sequences)), sequences);
            }
        }
    }

    #[test]
    fn groups_without_padding_in_order_move_nothing() {
        assert!(groups_of(&[2, 2, 3, 5], 8).is_plain);
        assert!(!groups_of(&[2, 2, 3, 5], 2).is_plain);
        assert!(!groups_of(&[3, 2], 8).is_plain);
    }
}
