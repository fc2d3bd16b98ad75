//! Reading a split of a corpus as its manifest describes it, from any published form that is in a folder.

mod collector;
mod fidelity;
mod subset;

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::manifest::{Columns, Format, Manifest, Place, Source};
use super::tsv::of_own_data;
use super::{Dataset, text};
use collector::{Collector, Part};
use fidelity::Fidelity;
use lmc_base::error::{LmcError, Result};
use lmc_base::seed;
use lmc_base::show::counted;

/// The result of reading one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The examples, with their kinds if the form has a column for them.
    pub dataset: Dataset,
    /// The group of each example, if the form has a column for it.
    pub groups: Option<Vec<String>>,
    /// The number of rows that were skipped: those without a label, and short ones if the official reading
    /// skips them.
    pub n_skipped: usize,
    /// The number of rows of the whole file, without the header.
    pub n_rows: usize,
    /// The number of examples of the split in the file; `dataset` has fewer if only some were kept.
    pub n_examples: usize,
    /// The differences from the published file that were accepted: one sentence each, with the file.
    pub notes: Vec<String>,
}

/// Returns a split from a folder that has one of the forms in which the corpus is published: the first of
/// them, in the manifest's order, whose file is there. A file in a subfolder may also be in the folder
/// itself, and text may be compressed by gzip or zstd.
///
/// A file that differs from the published one only in the ends of lines is read as the published one, and a
/// file with fewer examples as a part of it: [`Reading::notes`] says so. Any other file is refused, unless
/// `unverified` says that it is to be read as it is.
///
/// # Errors
/// [`LmcError::UnknownName`] for a split that the manifest does not have, [`LmcError::Io`] if the folder has
/// none of its files; unless `unverified`, [`LmcError::Unpublished`] for as many examples as published or
/// more in a file that is not the published one; [`LmcError::Format`] for no examples, and for another number
/// of rows if a split is given by row numbers; otherwise the errors of [`read_file`].
pub fn read_split(manifest: &Manifest, folder: &Path, split: &str, unverified: bool) -> Result<Reading> {
    let places = manifest.places(split)?;
    match find(folder, &places) {
        Some((path, place)) => read_place(manifest, &path, place, split, unverified, None),
        None => {
            let none = std::io::Error::new(std::io::ErrorKind::NotFound, none_of(&places));
            Err(LmcError::io("read", folder)(none))
        }
    }
}

/// Returns a text that says that a folder has none of the files of the places.
pub(super) fn none_of(places: &[Place<'_>]) -> String {
    let files: Vec<String> = places.iter().map(|place| place.file.display().to_string()).collect();
    format!("it has none of {}", files.join(", "))
}

/// Returns the first file of a split that is in a folder.
pub(super) fn find<'a>(folder: &Path, places: &'a [Place<'a>]) -> Option<(PathBuf, &'a Place<'a>)> {
    let candidates = places.iter().flat_map(|place| {
        let name = place.file.file_name().map(Path::new);
        let packed = |file: &Path| {
            let is_text = place.columns.format != Format::Parquet;
            let ends = if is_text { &["gz", "zst"][..] } else { &[] };
            ends.iter().map(|end| folder.join(format!("{}.{end}", file.display()))).collect::<Vec<_>>()
        };
        let files = [Some(place.file), name].into_iter().flatten();
        files
            .flat_map(move |file| std::iter::once(folder.join(file)).chain(packed(file)))
            .map(move |path| (path, place))
    });
    candidates.into_iter().find(|(path, _)| path.is_file())
}

/// Reads the file at a path, which is in a place of the split, after comparing it with the known facts about
/// the published one. Of the examples of the split, only those with the numbers `kept` need be in the reading;
/// the others are read too.
pub(super) fn read_place(
    manifest: &Manifest,
    path: &Path,
    place: &Place<'_>,
    split: &str,
    unverified: bool,
    kept: Option<&[usize]>,
) -> Result<Reading> {
    let reading = compared(manifest, path, place, split, unverified, kept);
    if manifest.is_own() { reading.map_err(of_own_data) } else { reading }
}

/// Reads the file like [`read_place`]; errors speak of a published file.
fn compared(
    manifest: &Manifest,
    path: &Path,
    place: &Place<'_>,
    split: &str,
    unverified: bool,
    kept: Option<&[usize]>,
) -> Result<Reading> {
    let published = manifest.split(split)?.n_examples;
    let (is_local, is_own) = (matches!(manifest.source, Source::Folder(_)), manifest.is_own());
    let entry = manifest.files.iter().find(|entry| entry.path == place.file);
    let mut collector = Collector::new(path, place.columns, &manifest.labels, Part::of(place));
    let fidelity = if place.columns.format == Format::Parquet {
        let fidelity = Fidelity::of_file(entry, path)?;
        if let Some(expected) = fidelity.expected().filter(|_| is_local && !unverified) {
            return Err(changed(path, expected));
        }
        // Damage that the format does not notice can end the process, so a damaged file is not read at all.
        fidelity.check_rows(path, published, unverified || is_local)?;
        collector.parquet(is_own)?;
        fidelity
    } else if place.columns.format == Format::Csv || (place.columns.format == Format::Jsonl && is_own) {
        let fidelity = Fidelity::of_file(entry, path)?;
        if let Some(expected) = fidelity.expected().filter(|_| is_local && !unverified) {
            return Err(changed(path, expected));
        }
        if let Some(kept) = kept {
            collector.keep(kept);
        }
        collector.stream()?;
        fidelity
    } else {
        let bytes = text::read(path)?;
        let (text, fidelity) = Fidelity::of_text(entry, &bytes);
        if let Some(expected) = fidelity.expected().filter(|_| is_local && !unverified) {
            return Err(changed(path, expected));
        }
        collector.text(&text)?;
        fidelity
    };
    let mut reading = collector.reading(split)?;
    let n_examples = reading.n_examples;
    let format = |problem, remedy| LmcError::Format { path: path.to_owned(), line: None, problem, remedy };
    if let Some(whole) = place.n_rows.filter(|&whole| whole != reading.n_rows) {
        let problem = format!(
            "{} rows, the published file has {whole}, and only the place of a row says whether it is in `{split}`",
            reading.n_rows
        );
        return Err(format(problem, "give the files of a form that has one for each split"));
    }
    if reading.dataset.is_empty() {
        return Err(format(format!("no examples of `{split}`"), "give a file that has some"));
    }
    if are_byte_strings(&reading.dataset) {
        let problem = "every text of a column is a byte string as Python 3 prints it (b'...')".to_owned();
        return Err(format(problem, "decode the texts before they are written: text.decode(\"utf-8\")"));
    }
    let note = match is_local {
        true => check_own(path, n_examples, published, &fidelity, unverified)?,
        false => fidelity.check_examples(path, n_examples, published, unverified)?,
    };
    reading.notes.extend(note);
    Ok(reading)
}

/// Returns the error for a file of the user's that was changed since its manifest was written.
fn changed(path: &Path, expected: &str) -> LmcError {
    LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem: format!("the file was changed: the manifest has {expected}"),
        remedy: "write the manifest anew by `lmc task init`, or use the file as it is with `unverified` (--unverified)",
    }
}

/// Returns a note about a file of the user's that differs from its manifest, or refuses one with more examples.
fn check_own(
    path: &Path,
    n: usize,
    expected: usize,
    fidelity: &Fidelity,
    unverified: bool,
) -> Result<Option<String>> {
    let file = path.display();
    match n == expected {
        true if fidelity.expected().is_none() => Ok(None),
        true => Ok(Some(format!("{file}: the file was changed since its manifest was written"))),
        false if unverified || n < expected => {
            Ok(Some(format!("{file}: {}, the manifest has {expected}", counted(n, "example"))))
        }
        false => Err(changed(path, &format!("{expected} examples, the file {n}"))),
    }
}

/// Returns the numbers of the examples in a fixed random sample of a set, ascending.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for none, and for more than the set has.
pub fn sample(n_examples: usize, n: usize, seed: u64) -> Result<Vec<usize>> {
    if n == 0 || n > n_examples {
        return Err(LmcError::invalid("n_train", n, format!("1 to {n_examples}")));
    }
    let mut rng = seed::rng(seed, "sample");
    let mut chosen = rand::seq::index::sample(&mut rng, n_examples, n).into_vec();
    chosen.sort_unstable();
    Ok(chosen)
}

/// Returns whether every text of a column is written as Python 3 prints bytes, in quotes or not. A script for
/// Python 2 that was run by Python 3 leaves such files.
fn are_byte_strings(set: &Dataset) -> bool {
    let is_one = |text: &str| {
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let inside = text.strip_prefix('b').and_then(|text| text.strip_prefix(['\'', '"']));
        inside.is_some_and(|inside| text.ends_with(&text[1..2]) && !inside.is_empty())
    };
    set.examples.iter().all(|example| is_one(&example.first))
        || set.examples.iter().all(|example| example.second.as_deref().is_some_and(is_one))
}

/// Returns the examples of one file with the given columns under a name of your choice. `rows` are the rows
/// to read, counted from 0 without the header; none for all.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] with the line, or the row in Parquet,
/// for a column that is missing, a row of another length, a label that is not one of `labels`, or an empty
/// text if `columns` does not allow it.
pub fn read_file(
    path: &Path,
    columns: &Columns,
    labels: &[String],
    rows: Option<Range<usize>>,
    name: &str,
) -> Result<Reading> {
    if columns.format == Format::Csv {
        let mut collector = Collector::new(path, columns, labels, Part::rows(rows));
        collector.stream()?;
        return collector.reading(name);
    }
    if columns.format != Format::Parquet {
        let bytes = text::read(path)?;
        return read_text(&bytes, path, columns, labels, rows, name);
    }
    let mut collector = Collector::new(path, columns, labels, Part::rows(rows));
    collector.parquet(false)?;
    collector.reading(name)
}

/// Returns the examples in the bytes of a text file, separated by tabs or commas, or JSON lines, like [`read_file`]; errors
/// call it `path`.
///
/// # Errors
/// [`LmcError::Format`] as for [`read_file`]; [`LmcError::InvalidParameter`] for columns of Parquet, which is
/// not text.
pub fn read_text(
    bytes: &[u8],
    path: &Path,
    columns: &Columns,
    labels: &[String],
    rows: Option<Range<usize>>,
    name: &str,
) -> Result<Reading> {
    let mut collector = Collector::new(path, columns, labels, Part::rows(rows));
    collector.text(bytes)?;
    collector.reading(name)
}

#[cfg(test)]
mod tests;
