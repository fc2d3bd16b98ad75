//! The layout of the files of a corpus: format, column names, and the content of each column.

use serde::Deserialize;

use crate::csv::Dialect;
use lmc_base::error::{LmcError, Result};

/// The columns of the files of a corpus and their content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The format of the files.
    pub format: Format,
    /// True if the first line names the columns; given for tab- and comma-separated files, and only for them.
    pub header: Option<bool>,
    /// The character between two fields of a comma-separated file if it is not a comma: `;`, a tab or `|`.
    pub delimiter: Option<Delimiter>,
    /// False if `"` is text in a comma-separated file.
    pub quotes: Option<bool>,
    /// The names of the columns: all of them in order if no header names them, otherwise some that a header
    /// must name.
    pub names: Vec<String>,
    /// The column of the first text.
    pub first: String,
    /// The column of the second text, for pairs.
    pub second: Option<String>,
    /// The column of the label.
    pub label: String,
    /// The column of the finer kind of an example, which becomes [`Dataset::kinds`](crate::Dataset::kinds).
    pub kind: Option<String>,
    /// The column of the group that a subset is taken by, for example the heuristic in HANS.
    pub group: Option<String>,
    /// The way in which the column of the label says which label it is.
    pub label_by: LabelBy,
    /// The text in the column of the label if an example has no label; these rows are skipped and counted.
    pub no_label: Option<String>,
    /// The treatment of a row with too few columns; given only for tab-separated files.
    #[serde(default)]
    pub short_rows: ShortRows,
    /// True if a text may be empty.
    #[serde(default)]
    pub empty_texts: bool,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Columns separated by tabs, without any quoting: see [`tsv`](crate::tsv).
    Tsv,
    /// Columns separated by commas or another character, with quoting: see [`csv`](crate::csv).
    Csv,
    /// One JSON object per line: see [`jsonl`](crate::jsonl).
    Jsonl,
    /// Apache Parquet: see [`parquet`](crate::parquet).
    Parquet,
}

/// The character between two fields: ASCII, no letter or digit, no quote and no end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "char")]
pub struct Delimiter(u8);

impl TryFrom<char> for Delimiter {
    type Error = String;

    fn try_from(character: char) -> Result<Self, String> {
        let byte = u8::try_from(character).ok().filter(u8::is_ascii);
        let fits = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"\"\r\n\0".contains(byte);
        byte.filter(fits)
            .map(Self)
            .ok_or_else(|| format!("`{}` cannot be between fields", character.escape_debug()))
    }
}

impl Delimiter {
    /// Returns its byte.
    pub fn byte(self) -> u8 {
        self.0
    }
}

/// The way in which a label is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelBy {
    /// The label is an index into the manifest's labels.
    Index,
    /// The label is one of the manifest's labels.
    Name,
}

/// The treatment of a row with fewer columns than the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShortRows {
    /// It is an error.
    #[default]
    Refuse,
    /// It is skipped and counted, as the official reading does.
    Skip,
    /// The columns at its end are missing; it is an error only if one of them is read.
    Cut,
}

impl Columns {
    /// Returns the position of a column among the names.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] if there is none of that name.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|column| column == name).ok_or_else(|| LmcError::UnknownName {
            kind: "column",
            name: name.to_owned(),
            known: self.names.clone(),
        })
    }

    /// Returns the way in which the fields of a comma-separated file are separated.
    pub fn dialect(&self) -> Dialect {
        let Dialect { delimiter, quotes } = Dialect::default();
        Dialect {
            delimiter: self.delimiter.map_or(delimiter, Delimiter::byte),
            quotes: self.quotes.unwrap_or(quotes),
        }
    }

    /// Returns the columns that are read: first text, second text, label, kind and group, as far as they
    /// exist.
    pub fn roles(&self) -> Vec<&str> {
        let roles = [
            Some(&self.first),
            self.second.as_ref(),
            Some(&self.label),
            self.kind.as_ref(),
            self.group.as_ref(),
        ];
        roles.into_iter().flatten().map(String::as_str).collect()
    }

    /// Returns the first inconsistency: a text that the line at fault contains, and the problem.
    pub(super) fn inconsistency(&self) -> Option<(String, String)> {
        let names = self.names.join(", ");
        if let Some(role) = self.roles().into_iter().find(|role| !self.names.iter().any(|name| name == role))
        {
            return Some((format!("= \"{role}\""), format!("column `{role}` is not among {names}")));
        }
        let roles =
            [("first", Some(&self.first)), ("second", self.second.as_ref()), ("label", Some(&self.label))];
        let roles: Vec<(&str, &String)> =
            roles.into_iter().filter_map(|(role, name)| Some((role, name?))).collect();
        let again = roles.iter().enumerate().find_map(|(place, (role, name))| {
            let (other, _) = roles[..place].iter().find(|(_, other)| other == name)?;
            Some((role, other, name))
        });
        if let Some((role, other, name)) = again {
            let problem = format!("column `{name}` is `{other}` and `{role}`, each has a column of its own");
            return Some((format!("{role} = \"{name}\""), problem));
        }
        let twice =
            self.names.iter().find(|name| self.names.iter().filter(|other| other == name).count() > 1);
        if let Some(name) = twice {
            return Some(("names =".to_owned(), format!("column `{name}` is there twice")));
        }
        let (tsv, csv) = (self.format == Format::Tsv, self.format == Format::Csv);
        if self.header.is_some() != (tsv || csv) {
            let problem = if tsv || csv { "is missing for" } else { "does not belong to" };
            return Some(("format =".to_owned(), format!("`header` {problem} files of this format")));
        }
        let of_csv = [("delimiter", self.delimiter.is_some()), ("quotes", self.quotes.is_some())];
        if let Some((key, _)) = of_csv.into_iter().find(|(_, is_there)| *is_there && !csv) {
            return Some((format!("{key} ="), format!("`{key}` does not belong to files of this format")));
        }
        (self.short_rows != ShortRows::Refuse && !tsv).then(|| {
            ("short_rows =".to_owned(), "`short_rows` does not belong to files of this format".to_owned())
        })
    }
}
