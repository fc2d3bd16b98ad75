//! Tables as plain text, for a shell.

use polars::prelude::{Column, DataFrame};

use super::html::{formats, show};
use crate::error::Result;
use crate::terminal::one_line;

/// Returns a table as lines of plain text: the names of the columns, then every row; numbers stand on the
/// right. The last line has no line break.
///
/// # Errors
/// [`LmcError::Polars`](crate::LmcError::Polars) if a value cannot be read.
///
/// # Examples
/// ```
/// # extern crate lmc_base as lmc;
/// let table = polars::df!("model" => ["a", "long"], "loss" => [0.5, 12.25])?;
/// assert_eq!(lmc::table::to_text(&table)?, "model   loss\na       0.50\nlong   12.25");
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn to_text(table: &DataFrame) -> Result<String> {
    let formats = formats(table, 0..table.height())?;
    let cells = |column: &Column, format| {
        let values = (0..table.height()).map(|row| Ok(one_line(&show(&column.get(row)?, format))));
        std::iter::once(Ok(column.name().to_string())).chain(values).collect::<Result<Vec<String>>>()
    };
    let mut lines = vec![String::new(); table.height() + 1];
    for (i, (column, format)) in table.columns().iter().zip(formats).enumerate() {
        let cells = cells(column, format)?;
        let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        for (line, cell) in lines.iter_mut().zip(cells) {
            let pad = " ".repeat(width - cell.chars().count());
            line.push_str(if i == 0 { "" } else { "  " });
            line.push_str(&if column.dtype().is_numeric() { pad + &cell } else { cell + &pad });
        }
    }
    Ok(lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n"))
}
