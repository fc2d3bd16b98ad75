//! Where results go.

use std::path::{Path, PathBuf};

use clap::Args;
use lmc::figure::Figure;
use lmc::polars::prelude::DataFrame;
use lmc::table::{self, Schema};
use lmc::{LmcError, Result};

/// Where tables and figures go.
#[derive(Args)]
pub struct Output {
    /// A folder for tables (Parquet) and figures (PNG).
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Output {
    /// Writes tables and figures, if a folder was named.
    pub fn write(&self, tables: &[(&Schema, &DataFrame)], figures: &[(&str, Figure)]) -> Result<()> {
        self.out.as_deref().map_or(Ok(()), |out| write(out, tables, figures))
    }
}

/// Prints a table whole.
pub fn print(table: &DataFrame) -> Result<()> {
    println!("{}", table::to_text(table)?);
    Ok(())
}

/// Writes tables and figures into a folder, which is made.
pub fn write(out: &Path, tables: &[(&Schema, &DataFrame)], figures: &[(&str, Figure)]) -> Result<()> {
    let failed = |source| LmcError::Io { action: "create folder", path: out.to_owned(), source };
    std::fs::create_dir_all(out).map_err(failed)?;
    for (schema, frame) in tables {
        table::write_parquet(&out.join(format!("{}.parquet", schema.name)), frame, schema)?;
    }
    for (name, figure) in figures {
        figure.save(out.join(format!("{name}.png")))?;
    }
    println!("{} tables and {} figures in {}", tables.len(), figures.len(), out.display());
    Ok(())
}
