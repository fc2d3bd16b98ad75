//! The room for models that are read side by side.

/// The number of copies of its weights in memory while a model is read: the file's bytes, its tensors and
/// theta.
const COPIES: u64 = 4;

/// Returns how many models whose weights have `bytes` can be read at once within `memory`, both in bytes; it may
/// be 0.
pub(super) fn side_by_side(memory: u64, bytes: u64) -> usize {
    usize::try_from(memory / (COPIES * bytes).max(1)).unwrap_or(usize::MAX)
}
