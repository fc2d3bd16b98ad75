//! Tables with a declared schema, and their display as HTML and as plain text.

mod cell;
mod columns;
mod declare;
mod html;
mod number;
mod shown;
mod text;

pub use polars::prelude::DataFrame;
use polars::prelude::DataType;

use crate::error::{LmcError, Result};

pub use cell::Cell;
#[doc(hidden)]
pub use columns::no_nulls;
pub use html::to_html;
pub use text::to_text;

/// Returns a table of those columns.
///
/// # Errors
/// [`LmcError::Polars`] if they differ in length or two have the same name.
#[doc(hidden)]
pub fn frame(columns: Vec<polars::prelude::Column>) -> Result<DataFrame> {
    let height = columns.first().map_or(0, polars::prelude::Column::len);
    Ok(DataFrame::new(height, columns)?)
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text (polars `String`).
    Text,
    /// 64-bit signed integer (polars `Int64`).
    Integer,
    /// 64-bit real number (polars `Float64`).
    Real,
}

impl Kind {
    /// Returns the polars type of the column.
    pub fn dtype(self) -> DataType {
        match self {
            Kind::Text => DataType::String,
            Kind::Integer => DataType::Int64,
            Kind::Real => DataType::Float64,
        }
    }
}

/// One declared column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// Its content, with the unit.
    pub description: &'static str,
}

/// The declared columns of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The name of the table.
    pub name: &'static str,
    /// The columns, in the order in which they are written.
    pub columns: &'static [Column],
}

impl Schema {
    /// Checks that `table` has every declared column with its declared type.
    ///
    /// # Errors
    /// [`LmcError::Column`] names the first column that is missing or has another type.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_base as lmc;
    /// use lmc::table::{Column, Kind, Schema};
    /// use polars::df;
    ///
    /// const GROUP: Column = Column { name: "group", kind: Kind::Text, description: "kind of model" };
    /// let groups = Schema { name: "groups", columns: &[GROUP] };
    /// let table = df!("model" => ["a", "b"], "group" => [1_i64, 2])?;
    /// assert_eq!(
    ///     groups.check(&table).unwrap_err().to_string(),
    ///     "table `groups`: column `group` is i64, expected str (kind of model)"
    /// );
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn check(&self, table: &DataFrame) -> Result<()> {
        self.columns.iter().try_for_each(|column| self.check_column(table, column))
    }

    pub(super) fn check_column(&self, table: &DataFrame, column: &Column) -> Result<()> {
        let wrong = |got: String| LmcError::Column {
            table: self.name,
            column: column.name,
            got,
            expected: format!("{} ({})", column.kind.dtype(), column.description),
        };
        let found = table.column(column.name).map_err(|_| {
            let names: Vec<_> = table.get_column_names().iter().map(|name| name.as_str()).collect();
            wrong(format!("is missing among [{}]", names.join(", ")))
        })?;
        if found.dtype() == &column.kind.dtype() {
            Ok(())
        } else {
            Err(wrong(format!("is {}", found.dtype())))
        }
    }

    /// Returns the declared column of that name.
    #[doc(hidden)]
    pub fn column(&self, name: &'static str) -> Result<&'static Column> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| LmcError::UnknownName {
            kind: "column",
            name: name.to_owned(),
            known: self.columns.iter().map(|column| column.name.to_owned()).collect(),
        })
    }

    /// Returns a table with the declared columns and no rows.
    pub fn empty(&self) -> DataFrame {
        let fields = self.columns.iter().map(|c| polars::prelude::Field::new(c.name.into(), c.kind.dtype()));
        DataFrame::empty_with_schema(&polars::prelude::Schema::from_iter(fields))
    }

    /// Returns the description of the schema as a table: column, type, description.
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses to build it.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_base as lmc;
    /// use lmc::table::{Column, Kind, Schema};
    /// const LOSS: Column = Column { name: "loss", kind: Kind::Real, description: "nats per example" };
    /// let losses = Schema { name: "losses", columns: &[LOSS] };
    /// assert_eq!(losses.describe()?.height(), 1);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn describe(&self) -> Result<DataFrame> {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let types: Vec<_> = self.columns.iter().map(|column| column.kind.dtype().to_string()).collect();
        let descriptions: Vec<_> = self.columns.iter().map(|column| column.description).collect();
        Ok(polars::df!("column" => names, "type" => types, "description" => descriptions)?)
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    const GROUPS: Schema = Schema {
        name: "groups",
        columns: &[
            Column { name: "model", kind: Kind::Text, description: "name of the model" },
            Column { name: "group", kind: Kind::Text, description: "kind of model" },
        ],
    };

    #[test]
    fn a_table_of_the_schema_passes_with_more_columns_and_any_order() {
        let table = df!("extra" => [true], "group" => ["gen"], "model" => ["a"]).unwrap();
        GROUPS.check(&table).unwrap();
    }

    #[test]
    fn a_missing_column_is_named() {
        let table = df!("model" => ["a"], "cluster" => [1_i64]).unwrap();
        let error = GROUPS.check(&table).unwrap_err();
        assert!(matches!(&error, LmcError::Column { table: "groups", column: "group", .. }), "{error}");
        assert!(error.to_string().contains("`group` is missing among [model, cluster]"), "{error}");
    }

    #[test]
    fn a_mistyped_column_is_named_with_both_types() {
        let table = df!("model" => ["a"], "group" => [1.5]).unwrap();
        let error = GROUPS.check(&table).unwrap_err();
        assert!(error.to_string().contains("`group` is f64, expected str"), "{error}");
    }

    #[test]
    fn an_undeclared_column_is_unknown() {
        assert!(matches!(GROUPS.column("nothing"), Err(LmcError::UnknownName { kind: "column", .. })));
    }
}
