//! The natural order of names, in which 9 comes before 10.

/// Returns a key by which names are sorted: its pieces of digits compare as numbers, by their length without
/// zeros in front and then as text.
///
/// # Examples
/// ```
/// # extern crate lmc_base as lmc;
/// let mut names = ["run10", "run9", "run"];
/// names.sort_by_key(|name| lmc::natural::key(name));
/// assert_eq!(names, ["run", "run9", "run10"]);
/// ```
pub fn key(name: &str) -> Vec<(usize, &str)> {
    let pieces = name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let mut start = 0;
    pieces
        .map(|piece| {
            let text = &name[start..start + piece.len()];
            start += piece.len();
            let number = text.trim_start_matches('0');
            if text.starts_with(|c: char| c.is_ascii_digit()) {
                (number.len(), number)
            } else {
                (usize::MAX, text)
            }
        })
        .collect()
}
