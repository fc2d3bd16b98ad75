//! Printed output, and the place where results go.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::Args;
use lmc::figure::Figure;
use lmc::file::sha256;
use lmc::polars::prelude::DataFrame;
use lmc::study::Models;
use lmc::table::{self, Schema};
use lmc::{Result, terminal};

use crate::results::Results;

/// Digits of the digest that tells one set of models from another.
const DIGITS: usize = 12;

/// The place where tables and figures go.
#[derive(Args)]
pub struct Output {
    /// A folder for tables (Parquet) and figures (PNG). Files that an earlier run of lmc wrote there are
    /// replaced.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Also replace files that this verb did not write: files with the same names in --out, or another model
    /// in --save.
    #[arg(long)]
    pub force: bool,
}

/// The folder of results, if one was named.
pub struct Place(Option<Results>);

impl Output {
    /// Makes the folder, if one was named, and checks that the files of a verb can be written there.
    pub fn open(&self, verb: &'static str) -> Result<Place> {
        self.out.as_ref().map(|out| Results::open(out, verb, self.force)).transpose().map(Place)
    }
}

impl Place {
    /// Returns whether results go to that folder.
    pub fn is(&self, folder: &Path) -> bool {
        let place = |path: &Path| path.canonicalize().ok();
        self.0.as_ref().is_some_and(|results| place(results.folder()) == place(folder))
    }

    /// Returns whether a folder was named.
    pub fn is_named(&self) -> bool {
        self.0.is_some()
    }

    /// Writes tables and figures about the models that `of` tells from others.
    pub fn write(
        &self,
        of: &str,
        tables: &[(&Schema, &DataFrame)],
        figures: &[(&str, Figure)],
    ) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |results| results.write(of, tables, figures))
    }
}

/// Returns a digest that distinguishes the copies of a study from those of other studies.
pub fn identity(models: &Models) -> String {
    identity_of(models.models().iter().map(|model| model.key()))
}

/// Returns a digest that distinguishes models with those names from others.
pub fn identity_of(names: impl Iterator<Item = impl Display>) -> String {
    let names: String = names.map(|name| format!("{name}\n")).collect();
    sha256(names.as_bytes()).chars().take(DIGITS).collect()
}

/// Prints a line.
pub fn say(line: impl Display) {
    terminal::print(&format!("{line}\n"));
}

/// Prints a table whole.
pub fn print(table: &DataFrame) -> Result<()> {
    say(table::to_text(table)?);
    Ok(())
}

/// Returns tables of one schema as one, their rows below each other; without a table, an empty one.
pub fn stacked(tables: impl IntoIterator<Item = DataFrame>) -> Result<DataFrame> {
    let mut tables = tables.into_iter();
    let mut all = tables.next().unwrap_or_default();
    for table in tables {
        all.vstack_mut(&table)?;
    }
    Ok(all)
}

/// Returns the command that runs, as one would type it.
pub fn command() -> String {
    let words = std::env::args().skip(1).map(|word| lmc::slurm::quoted(&word));
    std::iter::once("lmc".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
