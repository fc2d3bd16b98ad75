//! Tables as Parquet files that carry the digest of their bytes and that every reader of Parquet can open.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::{
    DataFrame, KeyValueMetadata, ParquetCompression, ParquetReader, ParquetWriter, SerReader,
};

use crate::error::{LmcError, Result};
use crate::file::stamp::{BLANK, KEY, find, is_intact, stamp};
use crate::file::{read, write_atomic};

/// The bytes at the end of every Parquet file, behind the length of the footer.
const MAGIC: &[u8; 4] = b"PAR1";

/// Writes a table as Parquet (zstd) in one row group, like [`write_atomic`], with the SHA-256 of the file in
/// its footer: the file is hashed with zeros in that place.
///
/// # Errors
/// [`LmcError::Io`]; [`LmcError::Polars`] for a table that Parquet cannot hold.
pub fn write_frame(path: &Path, frame: &mut DataFrame) -> Result<()> {
    let mut bytes = Vec::new();
    let blank = KeyValueMetadata::from_static(vec![(KEY.to_owned(), BLANK.to_owned())]);
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_row_group_size(Some(frame.height().max(1)))
        .with_key_value_metadata(Some(blank))
        .finish(frame)?;
    if let Some(place) = place(&bytes) {
        stamp(&mut bytes, place);
    }
    write_atomic(path, &bytes)
}

/// Returns the table of a file from [`write_frame`], or of a Parquet file without a digest; `damaged` makes
/// the error from a description of the damage.
///
/// # Errors
/// [`LmcError::Io`] if it cannot be read, and the error of `damaged` if it is not Parquet or not the bytes
/// that were written.
pub fn read_frame(path: &Path, damaged: impl Fn(String) -> LmcError) -> Result<DataFrame> {
    let bytes = read(path)?;
    match place(&bytes) {
        Some(place) if !is_intact(&bytes, place) => {
            let n = bytes.len();
            return Err(damaged(format!("{n} bytes whose SHA-256 is not the one in its footer")));
        }
        // polars is not asked: damaged pages may ask it for more memory than there is.
        None if find(&bytes, KEY.as_bytes()).is_some() => {
            return Err(damaged("its footer is not where it was written".to_owned()));
        }
        _ => {}
    }
    let table = ParquetReader::new(Cursor::new(bytes)).finish();
    table.map_err(|e| damaged(format!("not a complete Parquet file ({e})")))
}

/// Returns where the digest stands in the bytes of a file; none if there is no digest.
fn place(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_suffix(MAGIC)?;
    let (rest, length) = rest.split_last_chunk::<4>()?;
    let footer = rest.len().checked_sub(u32::from_le_bytes(*length) as usize)?;
    // Behind the key come the type of the field that follows and its length, one byte each.
    let place = footer + find(&rest[footer..], KEY.as_bytes())? + KEY.len() + 2;
    (place + BLANK.len() <= rest.len() && usize::from(rest[place - 1]) == BLANK.len()).then_some(place)
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn wrong(problem: String) -> LmcError {
        LmcError::Figure(problem)
    }

    fn table() -> DataFrame {
        df!("model" => ["a", "b", "c"], "loss" => [0.5, 1.5, f64::MAX], "n" => [1i64, -2, 3]).unwrap()
    }

    #[test]
    fn every_damaged_bit_and_every_truncation_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        write_frame(&path, &mut table()).unwrap();
        assert!(read_frame(&path, wrong).unwrap().equals(&table()));
        let bytes = std::fs::read(&path).unwrap();
        let key = find(&bytes, KEY.as_bytes()).unwrap();
        let mut survived = 0;
        for i in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[i] ^= 1 << (i % 8);
            std::fs::write(&path, &damaged).unwrap();
            match read_frame(&path, wrong) {
                Err(error) => assert!(matches!(error, LmcError::Figure(_)), "byte {i}: {error}"),
                // The digest is not looked for under another name; in that case it is not the table that is
                // damaged.
                Ok(found) => {
                    assert!((key..key + KEY.len() + 2).contains(&i) && found.equals(&table()), "byte {i}");
                    survived += 1;
                }
            }
            std::fs::write(&path, &bytes[..i]).unwrap();
            assert!(read_frame(&path, wrong).is_err(), "{i} of {} bytes", bytes.len());
        }
        assert!(survived <= KEY.len() + 2, "{survived}");
    }

    #[test]
    fn a_file_without_a_digest_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut table()).unwrap();
        assert!(read_frame(&path, wrong).unwrap().equals(&table()));
        assert!(matches!(read_frame(&folder.path().join("none"), wrong), Err(LmcError::Io { .. })));
    }
}
