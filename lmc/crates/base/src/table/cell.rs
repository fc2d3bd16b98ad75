//! The values that a column can hold.

use polars::prelude::{DataFrame, NamedFrom, Series};

use super::columns::{integers, no_nulls, reals, texts};
use super::{Kind, Schema};
use crate::error::Result;

/// A value in a column of a declared table; `Option` where a column may be empty.
pub trait Cell: Sized {
    /// The type of the column.
    const KIND: Kind;

    /// Returns the column of that name with those values.
    fn column(name: &'static str, values: Vec<Self>) -> polars::prelude::Column;

    /// Returns the values of a column of a table.
    ///
    /// # Errors
    /// [`LmcError::Column`](crate::LmcError::Column) for a column that is missing, has another type or lacks
    /// a value.
    fn read(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Self>>;
}

/// Implements [`Cell`] for a type, by the function that reads its column, and for an `Option` of it.
macro_rules! cell {
    ($($value:ty, $kind:ident, $read:ident;)+) => {$(
        impl Cell for Option<$value> {
            const KIND: Kind = Kind::$kind;

            fn column(name: &'static str, values: Vec<Self>) -> polars::prelude::Column {
                Series::new(name.into(), values).into()
            }

            fn read(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Self>> {
                $read(table, schema, name)
            }
        }

        impl Cell for $value {
            const KIND: Kind = Kind::$kind;

            fn column(name: &'static str, values: Vec<Self>) -> polars::prelude::Column {
                Series::new(name.into(), values).into()
            }

            fn read(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Self>> {
                no_nulls(schema, name, $read(table, schema, name)?)
            }
        }
    )+};
}

cell! {
    String, Text, texts;
    i64, Integer, integers;
    f64, Real, reals;
}
