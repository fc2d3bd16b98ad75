//! Columns of a table as plain vectors, checked.

use polars::prelude::DataFrame;

use super::Schema;
use crate::error::{LmcError, Result};

/// Returns the values of a text column, each of which may be empty.
pub(super) fn texts(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Option<String>>> {
    schema.check_column(table, schema.column(name)?)?;
    Ok(table.column(name)?.str()?.iter().map(|value| value.map(str::to_owned)).collect())
}

/// Returns the values of an integer column, each of which may be empty.
pub(super) fn integers(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Option<i64>>> {
    schema.check_column(table, schema.column(name)?)?;
    Ok(table.column(name)?.i64()?.iter().collect())
}

/// Returns the values of a real column, each of which may be empty.
pub(super) fn reals(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Option<f64>>> {
    schema.check_column(table, schema.column(name)?)?;
    Ok(table.column(name)?.f64()?.iter().collect())
}

/// Returns the values of a column, none of which may be empty.
#[doc(hidden)]
pub fn no_nulls<T>(schema: &Schema, name: &'static str, values: Vec<Option<T>>) -> Result<Vec<T>> {
    let n = values.len();
    let kept: Vec<T> = values.into_iter().flatten().collect();
    if kept.len() == n {
        return Ok(kept);
    }
    Err(LmcError::Column {
        table: schema.name,
        column: name,
        got: format!("has {} empty values", n - kept.len()),
        expected: format!("a value in each of {n} rows"),
    })
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;
    use crate::table::{Cell, Column, Kind};

    #[test]
    fn empty_values_are_refused() {
        const MODEL: Column = Column { name: "model", kind: Kind::Text, description: "name of the model" };
        let groups = Schema { name: "groups", columns: &[MODEL] };
        let table = df!("model" => [Some("a"), None], "group" => ["x", "y"]).unwrap();
        let error = String::read(&table, &groups, "model").unwrap_err().to_string();
        assert_eq!(
            error,
            "table `groups`: column `model` has 1 empty values, expected a value in each of 2 rows"
        );
    }
}
