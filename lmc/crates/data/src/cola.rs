//! The Corpus of Linguistic Acceptability (Warstadt et al. 2018): the raw files of the public release, and
//! GLUE's.
//!
//! The release has 527 in-domain and 516 out-of-domain development sentences; GLUE joins them to one set of
//! 1,043, in this order.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::corpus::{Corpus, read_corpus};
use super::reader;
use super::{Dataset, by_name};
use lmc_base::error::{LmcError, Result};

/// The publications that the sentences of a development set are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Domain {
    /// The publications of the training set.
    In,
    /// Other publications.
    Out,
}

impl Domain {
    /// Both domains.
    pub const ALL: [Domain; 2] = [Domain::In, Domain::Out];

    /// Returns the name of the split: `id` or `ood`.
    pub fn name(self) -> &'static str {
        match self {
            Domain::In => "id",
            Domain::Out => "ood",
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Domain {
    type Err = LmcError;

    /// Returns the domain of a split's name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`].
    fn from_str(name: &str) -> Result<Self> {
        by_name("domain", &Self::ALL, name)
    }
}

/// Returns a split, `train`, `id` or `ood`, from a folder with the raw files or GLUE's. The kind of an
/// example is the code of the publication it is from, if the form has it.
///
/// # Errors
/// The errors of [`read_corpus`].
pub fn read_split(folder: &Path, split: &str) -> Result<Dataset> {
    read_corpus(&Corpus::named("cola")?, folder, split)
}

/// Returns the development set of a domain, like [`read_split`].
///
/// # Errors
/// The errors of [`read_corpus`].
pub fn development(folder: &Path, domain: Domain) -> Result<Dataset> {
    read_split(folder, domain.name())
}

/// Returns the examples of one raw file under a name of your choice, without a check of their number.
///
/// # Errors
/// The errors of [`reader::read_file`].
pub fn read(path: &Path, name: &str) -> Result<Dataset> {
    let corpus = Corpus::named("cola")?;
    let manifest = corpus.manifest();
    let columns = manifest.columns.as_ref().ok_or_else(|| LmcError::invalid("columns", "none", "columns"))?;
    Ok(reader::read_file(path, columns, &manifest.labels, None, name)?.dataset)
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
        let end = "; this must be the published file, as its manifest describes it";
        let columns = "columns instead of source, label, author_mark, sentence";
        assert_eq!(problem(format!("{good}gj04\t1\tHe left.\n")), format!(":2: 3 {columns}{end}"));
        assert_eq!(problem(format!("{good}gj04\t1\t\tHe\tleft.\n")), format!(":2: 5 {columns}{end}"));
        assert_eq!(problem(format!("{good}{good}\n{good}")), format!(":3: 1 {columns}{end}"));
        let labels = "instead of 0 (unacceptable) or 1 (acceptable)";
        for label in ["2", "-1", "", "yes"] {
            let text = format!("{good}gj04\t{label}\t\tHe left.\n");
            assert_eq!(problem(text), format!(":2: label `{label}` {labels}{end}"));
        }
        assert_eq!(problem("gj04\t1\t\t\n"), format!(":1: `sentence` is empty{end}"));
        assert_eq!(problem(b"gj04\t1\t\tH\xff left.\n"), format!(":1: not UTF-8{end}"));
    }

    #[test]
    fn splits_that_do_not_exist_are_refused_and_a_part_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_split(folder.path(), "test").unwrap_err();
        assert_eq!(error.to_string(), "unknown split `test`; known: train, id, ood");
        let error = read_split(folder.path(), "id").unwrap_err();
        assert!(matches!(error, LmcError::Io { action: "read", .. }), "{error}");
        assert!(error.to_string().contains("it has none of in_domain_dev.tsv, dev.tsv, cola/"), "{error}");
        std::fs::write(folder.path().join("in_domain_dev.tsv"), "gj04\t1\t\tHe left.\n").unwrap();
        assert_eq!(read_split(folder.path(), "id").unwrap().len(), 1);
    }

    /// The publication of a row in GLUE's development set says which set it belongs to, in whatever order
    /// rows come.
    #[test]
    fn a_part_of_the_joined_set_is_divided_by_publication() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.tsv");
        let row = |code: &str| format!("{code}\t1\t\tHe left in {code}.\n");
        std::fs::write(&path, ["swb04", "gj04", "c-05", "ks08", "cj99"].map(row).concat()).unwrap();
        let texts = |split| {
            let set = read_split(folder.path(), split).unwrap();
            set.examples.into_iter().map(|e| e.first).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts("id"), "He left in gj04. He left in ks08. He left in cj99.");
        assert_eq!(texts("ood"), "He left in swb04. He left in c-05.");
        std::fs::write(&path, row("gj04")).unwrap();
        let error = read_split(folder.path(), "ood").unwrap_err().to_string();
        assert!(error.ends_with("dev.tsv: no examples of `ood`; give a file that has some"), "{error}");
        std::fs::write(&path, row("gj04") + &row("x-99")).unwrap();
        let error = read_split(folder.path(), "id").unwrap_err().to_string();
        assert!(error.contains("dev.tsv:2: `x-99` instead of one of ad03, b_73, "), "{error}");
    }

    #[test]
    fn domains_are_the_development_splits() {
        let corpus = Corpus::named("cola").unwrap();
        let manifest = corpus.manifest();
        for domain in Domain::ALL {
            assert_eq!(domain.to_string().parse::<Domain>().unwrap(), domain);
            assert!(manifest.split(domain.name()).is_ok());
        }
        let error = "train".parse::<Domain>().unwrap_err().to_string();
        assert_eq!(error, "unknown domain `train`; known: id, ood");
    }
}
