//! Scores in Parquet: tables of evaluations, and those of other programs.

use std::path::Path;

use polars::prelude::DataFrame;

use crate::analyses::replay::scores::records::{is_metric, no_metric, with_a_role};
use crate::analyses::replay::scores::{Cell, Record, wrong};
use crate::data::parquet::Columns;
use crate::error::Result;
use crate::store::STAMP;
use crate::study::EVALUATIONS;
use crate::tables::read_parquet;

/// The content of a file.
pub(super) enum Read {
    /// A table that this crate wrote.
    Own(DataFrame),
    /// The rows of another one.
    Records(Vec<Record>),
}

/// Reads a file; of one of another program only the columns that have a role.
pub(super) fn read(path: &Path) -> Result<Read> {
    let wrong = |problem| wrong(path, None, problem);
    let file = Columns::open(path, wrong)?;
    if file.has_key(STAMP) {
        let table = read_parquet(path, &EVALUATIONS)?;
        let columns = EVALUATIONS.columns.iter().map(|column| column.name);
        return Ok(Read::Own(table.select(columns)?));
    }
    let names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
    let chosen: Vec<&str> = with_a_role(&names).into_iter().map(|i| names[i].as_str()).collect();
    if !chosen.iter().any(|name| is_metric(name)) {
        return Err(wrong(no_metric(&names)));
    }
    let columns = file.read(&chosen, wrong)?;
    let n = columns.first().map_or(0, Vec::len);
    let mut rows: Vec<Vec<(String, Cell)>> = vec![Vec::new(); n];
    for (name, values) in chosen.iter().zip(columns) {
        for (row, value) in rows.iter_mut().zip(values) {
            row.push(((*name).to_owned(), Cell::of_parquet(value)));
        }
    }
    Ok(Read::Records(
        rows.into_iter().map(|fields| Record { at: None, model: None, dataset: None, fields }).collect(),
    ))
}
