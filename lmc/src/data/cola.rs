//! The Corpus of Linguistic Acceptability (Warstadt et al. 2018), raw files of the public release.

use std::path::{Path, PathBuf};

use super::manifest::{Columns, Manifest};
use super::{Dataset, Example};
use crate::error::{LmcError, Result};

/// Returns the manifest of the corpus: label names, columns, splits, licence.
///
/// # Errors
/// As [`Manifest::parse`], which does not happen for the manifest that is built in.
pub fn manifest() -> Result<Manifest> {
    let text = include_str!("../../../data-manifests/cola.toml");
    Manifest::parse(text, Path::new("data-manifests/cola.toml"))
}

/// Returns a split, `train`, `id` or `ood`, from the folder of the raw files.
///
/// # Errors
/// [`LmcError::UnknownName`] for another split, [`LmcError::Format`] if the number of rows is not the published one,
/// otherwise as [`read`].
pub fn read_split(folder: &Path, split: &str) -> Result<Dataset> {
    let manifest = manifest()?;
    let split = manifest.split(split)?;
    let path = folder.join(split.file.as_deref().unwrap_or(Path::new("")));
    let dataset = read(&path, &split.name)?;
    if dataset.len() != split.n_examples {
        let problem = format!("{} rows, the published file has {}", dataset.len(), split.n_examples);
        return Err(LmcError::Format { path, line: None, problem, remedy: "fetch the file again" });
    }
    Ok(dataset)
}

/// Returns the examples of one raw file under a name of your choice; the kind of an example is the code of the
/// publication it is from. Columns are separated by tabs, never quoted; lines end in LF or CRLF.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be read, [`LmcError::Format`] with the line for a row that has not exactly the
/// columns of the manifest, a label that is not an index into its labels, or no sentence.
pub fn read(path: &Path, name: &str) -> Result<Dataset> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    let manifest = manifest()?;
    let columns = manifest.columns.as_ref().ok_or_else(|| LmcError::invalid("columns", "none", "columns"))?;
    let reader = Reader { path: path.to_owned(), columns, labels: &manifest.labels };
    let labels: Vec<&str> = manifest.labels.iter().map(String::as_str).collect();
    let (examples, kinds) = reader.rows(&bytes)?;
    Dataset::new(name, &labels, examples, Some(kinds))
}

struct Reader<'a> {
    path: PathBuf,
    columns: &'a Columns,
    labels: &'a [String],
}

impl Reader<'_> {
    fn rows(&self, bytes: &[u8]) -> Result<(Vec<Example>, Vec<String>)> {
        let sentence = self.columns.position(&self.columns.first)?;
        let label = self.columns.position(&self.columns.label)?;
        let source = self.columns.position("source")?;
        let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut rows = (Vec::new(), Vec::new());
        if body.is_empty() {
            return Ok(rows);
        }
        for (index, line) in body.split(|&byte| byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let wrong = |problem| self.wrong(index + 1, problem);
            let line = std::str::from_utf8(line).map_err(|_| wrong("not UTF-8".to_owned()))?;
            let fields: Vec<&str> = line.split('\t').collect();
            if fields.len() != self.columns.names.len() {
                let names = self.columns.names.join(", ");
                return Err(wrong(format!("{} columns instead of {names}", fields.len())));
            }
            if fields[sentence].is_empty() {
                return Err(wrong("the sentence is empty".to_owned()));
            }
            let value = fields[label].parse().ok().filter(|&value: &usize| value < self.labels.len());
            let label = value.and_then(|value| i64::try_from(value).ok()).ok_or_else(|| {
                let known: Vec<String> =
                    self.labels.iter().enumerate().map(|(index, name)| format!("{index} ({name})")).collect();
                wrong(format!("label `{}` instead of {}", fields[label], known.join(" or ")))
            })?;
            rows.0.push(Example { first: fields[sentence].to_owned(), second: None, label });
            rows.1.push(fields[source].to_owned());
        }
        Ok(rows)
    }

    fn wrong(&self, line: usize, problem: String) -> LmcError {
        let remedy = "this must be a raw file of CoLA's public release";
        LmcError::Format { path: self.path.clone(), line: Some(line), problem, remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: impl AsRef<[u8]>) -> Result<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.tsv");
        std::fs::write(&path, text).unwrap();
        read(&path, "id")
    }

    fn problem(text: impl AsRef<[u8]>) -> String {
        let error = read_text(text).unwrap_err().to_string();
        error.split_once("dev.tsv").unwrap().1.to_owned()
    }

    #[test]
    fn rows_become_examples_with_quotes_and_carriage_returns_of_no_account() {
        let dataset =
            read_text("gj04\t1\t\tThe sailors \"rode\" it.\r\ncj99\t0\t?*\t\"Him left.\nx\t1\t\tHe left.")
                .unwrap();
        let texts: Vec<_> = dataset.examples.iter().map(|e| (e.first.as_str(), e.label)).collect();
        assert_eq!(texts, [("The sailors \"rode\" it.", 1), ("\"Him left.", 0), ("He left.", 1)]);
        assert!(dataset.examples.iter().all(|example| example.second.is_none()));
        assert_eq!(dataset.labels, ["unacceptable", "acceptable"]);
        assert_eq!(dataset.kinds.unwrap(), ["gj04", "cj99", "x"]);
        assert!(read_text("").unwrap().is_empty());
    }

    #[test]
    fn bad_rows_are_reported_with_file_and_line() {
        let good = "gj04\t1\t\tHe left.\n";
        let end = "; this must be a raw file of CoLA's public release";
        let columns = "columns instead of source, label, author_mark, sentence";
        assert_eq!(problem(format!("{good}gj04\t1\tHe left.\n")), format!(":2: 3 {columns}{end}"));
        assert_eq!(problem(format!("{good}gj04\t1\t\tHe\tleft.\n")), format!(":2: 5 {columns}{end}"));
        assert_eq!(problem(format!("{good}{good}\n{good}")), format!(":3: 1 {columns}{end}"));
        let labels = "instead of 0 (unacceptable) or 1 (acceptable)";
        for label in ["2", "-1", "", "yes"] {
            let text = format!("{good}gj04\t{label}\t\tHe left.\n");
            assert_eq!(problem(text), format!(":2: label `{label}` {labels}{end}"));
        }
        assert_eq!(problem("gj04\t1\t\t\n"), format!(":1: the sentence is empty{end}"));
        assert_eq!(problem(b"gj04\t1\t\tH\xff left.\n"), format!(":1: not UTF-8{end}"));
    }

    #[test]
    fn splits_that_do_not_exist_or_are_cut_short_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_split(folder.path(), "test").unwrap_err();
        assert_eq!(error.to_string(), "unknown split `test`; known: train, id, ood");
        let error = read_split(folder.path(), "id").unwrap_err();
        assert!(matches!(error, LmcError::Io { action: "read", .. }), "{error}");
        std::fs::write(folder.path().join("in_domain_dev.tsv"), "gj04\t1\t\tHe left.\n").unwrap();
        let error = read_split(folder.path(), "id").unwrap_err().to_string();
        let expected = "in_domain_dev.tsv: 1 rows, the published file has 527; fetch the file again";
        assert!(error.ends_with(expected), "{error}");
    }

    #[test]
    fn the_published_files_are_read_where_they_are_present() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cola");
        if !folder.is_dir() {
            println!("skipped: {} is not there", folder.display());
            return;
        }
        manifest().unwrap().verify(&folder).unwrap();
        for (split, n_acceptable) in [("train", 6023), ("id", 365), ("ood", 354)] {
            let dataset = read_split(&folder, split).unwrap();
            assert_eq!(dataset.examples.iter().filter(|e| e.label == 1).count(), n_acceptable, "{split}");
        }
    }
}
