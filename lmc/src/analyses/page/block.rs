//! Blocks of numbers in a page: little-endian bytes in Base64, which a script decodes where it needs them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The largest number of 16 bits.
const MOST: f64 = u16::MAX as f64;

/// The place of a block in the page, and how its bytes are read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Block {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The factor of the numbers of a block of type `u16`.
    scale: f64,
}

/// The blocks of a page, in their order.
#[derive(Default)]
pub(super) struct Blocks(Vec<String>);

impl Blocks {
    /// Adds numbers in float32.
    pub fn reals(&mut self, values: impl IntoIterator<Item = f64>) -> Block {
        let bytes = values.into_iter().flat_map(|value| (value as f32).to_le_bytes()).collect();
        self.add("f32", 1.0, bytes)
    }

    /// Adds counts up to `most`, exactly.
    pub fn counts(&mut self, counts: &[usize], most: usize) -> Block {
        if most > usize::from(u16::MAX) {
            return self.reals(counts.iter().map(|&count| count as f64));
        }
        let bytes = counts.iter().flat_map(|&count| (count as u16).to_le_bytes()).collect();
        self.add("u16", 1.0, bytes)
    }

    /// Adds numbers from 0 on, each to within the largest of them over 131,070.
    pub fn rounded(&mut self, values: &[f64]) -> Block {
        let largest = values.iter().copied().fold(0.0, f64::max);
        let scale = if largest > 0.0 { largest / MOST } else { 1.0 };
        let bytes = values.iter().flat_map(|value| ((value / scale).round() as u16).to_le_bytes()).collect();
        self.add("u16", scale, bytes)
    }

    fn add(&mut self, kind: &'static str, scale: f64, bytes: Vec<u8>) -> Block {
        let id = format!("block-{}", self.0.len());
        self.0.push(STANDARD.encode(bytes));
        Block { id, kind, scale }
    }

    /// Returns the names and the texts.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        self.0.iter().enumerate().map(|(i, text)| (format!("block-{i}"), text.as_str()))
    }
}

#[cfg(test)]
pub(super) mod reading {
    use super::*;

    /// Returns the numbers of a block as the page reads them: `text` is its Base64.
    pub fn numbers(block: &serde_json::Value, text: &str) -> Vec<f64> {
        let bytes = STANDARD.decode(text).unwrap();
        match block["type"].as_str().unwrap() {
            "f32" => bytes.as_chunks::<4>().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect(),
            _ => {
                let scale = block["scale"].as_f64().unwrap();
                bytes.as_chunks::<2>().0.iter().map(|&b| f64::from(u16::from_le_bytes(b)) * scale).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reading::numbers;
    use super::*;

    fn read(blocks: &Blocks, block: &Block) -> Vec<f64> {
        let json = serde_json::to_value(block).unwrap();
        let (_, text) = blocks.texts().find(|(id, _)| *id == block.id).unwrap();
        numbers(&json, text)
    }

    #[test]
    fn numbers_come_back() {
        let mut blocks = Blocks::default();
        let reals = blocks.reals([0.5, -2.0, 1e-3]);
        let counts = blocks.counts(&[0, 7, 65_535], 65_535);
        let many = blocks.counts(&[65_536, 1], 65_536);
        let rounded = blocks.rounded(&[0.0, 0.25, 1.0]);
        let zeros = blocks.rounded(&[0.0, 0.0]);
        assert_eq!(read(&blocks, &reals), [0.5, -2.0, f64::from(1e-3_f32)]);
        assert_eq!(read(&blocks, &counts), [0.0, 7.0, 65_535.0]);
        assert_eq!(read(&blocks, &many), [65_536.0, 1.0]);
        for (got, expected) in read(&blocks, &rounded).into_iter().zip([0.0, 0.25, 1.0]) {
            assert!((got - expected).abs() <= 1.0 / 131_070.0, "{got}, expected {expected}");
        }
        assert_eq!(read(&blocks, &zeros), [0.0, 0.0]);
    }

    #[test]
    fn a_number_that_is_missing_stays_so() {
        let mut blocks = Blocks::default();
        let block = blocks.reals([f64::NAN]);
        assert!(read(&blocks, &block)[0].is_nan());
    }
}
