//! The check that a model has a row for every token, segment and position of a text. It runs before anything
//! is computed, since libtorch would stop the process, and on a GPU nothing recovers from that.

use std::path::Path;

use super::config::ModelConfig;
use crate::encode::Extent;
use lmc_base::error::{LmcError, Result};

impl ModelConfig {
    /// Checks that the model's tables have a row for every token id and segment, and places for the longest
    /// text; `origin` is named in errors. Segments do not matter to a family that knows none.
    ///
    /// # Errors
    /// [`LmcError::OutsideTable`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::{Encoded, Extent};
    /// use lmc::model::ModelConfig;
    /// let text = Encoded { ids: vec![1, 40, 2], segments: vec![0; 3], label: 0 };
    /// assert!(ModelConfig::mini(41).check_extent(&Extent::of([&text]), None).is_ok());
    /// assert!(ModelConfig::mini(40).check_extent(&Extent::of([&text]), None).is_err());
    /// ```
    pub fn check_extent(&self, extent: &Extent, origin: Option<&Path>) -> Result<()> {
        let outside = |what, field, got, size, remedy| LmcError::OutsideTable {
            origin: origin.map(Path::to_owned),
            what,
            got,
            size,
            field,
            remedy,
        };
        let first = |range: Option<[i64; 2]>, size: i64| {
            range.and_then(|[least, greatest]| {
                [greatest, least].into_iter().find(|id| !(0..size).contains(id))
            })
        };
        if let Some(got) = first(extent.ids, self.vocab_size) {
            let remedy =
                "the tokenizer must be the one of this model, or the model's embeddings resized for it";
            return Err(outside("token id", "vocab_size", got, self.vocab_size, remedy));
        }
        let segments = extent.segments.filter(|_| self.has_segments());
        if let Some(got) = first(segments, self.type_vocab_size) {
            let remedy = "the tokenizer must be the one of this model, which may know no second segment";
            return Err(outside("segment", "type_vocab_size", got, self.type_vocab_size, remedy));
        }
        if extent.longest > self.max_len() && !self.may_hold_padding(extent) {
            return Err(
                self.no_place(self.first_position().saturating_add(extent.longest as i64) - 1, origin)
            );
        }
        Ok(())
    }

    /// Returns whether texts of that extent may have tokens with RoBERTa's id for padding, which take no
    /// position. In that case the positions themselves say whether there are enough.
    fn may_hold_padding(&self, extent: &Extent) -> bool {
        let holds = |[least, greatest]: [i64; 2]| (least..=greatest).contains(&self.pad_id());
        self.skips_padding() && extent.ids.is_some_and(holds)
    }

    /// Returns the error that there is no row for a position.
    pub(super) fn no_place(&self, got: i64, origin: Option<&Path>) -> LmcError {
        LmcError::OutsideTable {
            origin: origin.map(Path::to_owned),
            what: "position",
            got,
            size: self.max_position_embeddings,
            field: "max_position_embeddings",
            remedy: "cut texts to the longest that the model takes, see `ModelConfig::max_len`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Encoded;
    use crate::model::fixture::{config, roberta};

    /// Returns the message for a text of that many tokens, all with one id and segment.
    fn said(config: &ModelConfig, id: i64, segment: i64, length: usize) -> Option<String> {
        let text = Encoded { ids: vec![id; length], segments: vec![segment; length], label: 0 };
        let error = config.check_extent(&Extent::of([&text]), Some(Path::new("some/folder"))).err()?;
        assert!(matches!(error, LmcError::OutsideTable { .. }), "{error}");
        Some(error.to_string())
    }

    #[test]
    fn the_last_row_is_there_and_the_next_is_not() {
        let (bert, roberta) = (config(), roberta());
        assert_eq!(said(&roberta, 1, 0, 30), None, "tokens of the id for padding have no place");
        for (config, id, segment, length) in [(&bert, 19, 1, 10), (&roberta, 19, 0, 10), (&bert, 0, 0, 0)] {
            assert_eq!(said(config, id, segment, length), None);
        }
        for (config, id, segment, length, says) in [
            (&bert, 20, 0, 3, "a text has token id 20, the table of the model has 20 rows (`vocab_size`)"),
            (&bert, -1, 0, 3, "token id -1,"),
            (&bert, 3, 2, 3, "segment 2, the table of the model has 2 rows (`type_vocab_size`)"),
            (&roberta, 3, 1, 3, "segment 1, the table of the model has 1 rows"),
            (&bert, 3, 0, 11, "position 10, the table of the model has 10 rows (`max_position_embeddings`)"),
            // The first two rows are never used.
            (&roberta, 3, 0, 11, "position 12, the table of the model has 12 rows"),
        ] {
            let message = said(config, id, segment, length).unwrap();
            assert!(message.starts_with("some/folder: ") && message.contains(says), "{message}");
        }
    }
}
