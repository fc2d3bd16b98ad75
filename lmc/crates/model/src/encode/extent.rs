//! The range of the numbers in encoded texts: the tables of a model must have a row for each of them.

use super::Encoded;

/// The smallest and largest token id, segment and label of encoded texts, and the length of the longest one.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
/// use lmc::model::{Encoded, Extent};
/// let text = Encoded { ids: vec![2, 17, 5, 3], segments: vec![0, 0, 1, 1], label: 0 };
/// let extent = Extent::of([&text]);
/// assert_eq!((extent.ids, extent.segments, extent.longest), (Some([2, 17]), Some([0, 1]), 4));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// The smallest and the largest token id; `None` if there are no tokens.
    pub ids: Option<[i64; 2]>,
    /// The smallest and the largest segment.
    pub segments: Option<[i64; 2]>,
    /// The number of tokens of the longest text.
    pub longest: usize,
    /// The smallest and the largest label.
    pub labels: Option<[i64; 2]>,
}

impl Extent {
    /// Returns the extent of those texts.
    pub fn of<'a>(examples: impl IntoIterator<Item = &'a Encoded>) -> Self {
        let mut extent = Self::default();
        examples.into_iter().for_each(|example| extent.add(example));
        extent
    }

    /// Returns the smallest and the largest of some values, or `None` if there are no values.
    #[doc(hidden)]
    pub fn range(values: &[i64]) -> Option<[i64; 2]> {
        joined(None, values)
    }

    /// Extends the range to one more text.
    #[doc(hidden)]
    pub fn add(&mut self, example: &Encoded) {
        self.ids = joined(self.ids, &example.ids);
        self.segments = joined(self.segments, &example.segments);
        self.labels = joined(self.labels, &[example.label]);
        self.longest = self.longest.max(example.ids.len());
    }
}

fn joined(before: Option<[i64; 2]>, values: &[i64]) -> Option<[i64; 2]> {
    values.iter().fold(before, |range, &value| {
        Some(range.map_or([value; 2], |[least, greatest]| [least.min(value), greatest.max(value)]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extent_of_several_texts_is_that_of_all() {
        let text = |ids: &[i64], segment| Encoded {
            ids: ids.to_vec(),
            segments: vec![segment; ids.len()],
            label: 0,
        };
        let texts = [text(&[7, 4], 0), text(&[], 9), text(&[5, 5, 12], 2)];
        let extent = Extent::of(&texts);
        assert_eq!((extent.ids, extent.segments, extent.longest), (Some([4, 12]), Some([0, 2]), 3));
        assert_eq!(extent.labels, Some([0, 0]));
        assert_eq!(Extent::of([]), Extent::default());
    }
}
