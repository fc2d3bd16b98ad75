//! The values that a column can hold.

use polars::prelude::{DataFrame, NamedFrom, Series};

use super::columns::{integers, optional_integers, optional_reals, optional_texts, reals, texts};
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

macro_rules! cell {
    ($($value:ty, $kind:ident, $read:ident;)+) => {$(
        impl Cell for $value {
            const KIND: Kind = Kind::$kind;

            fn column(name: &'static str, values: Vec<Self>) -> polars::prelude::Column {
                Series::new(name.into(), values).into()
            }

            fn read(table: &DataFrame, schema: &Schema, name: &'static str) -> Result<Vec<Self>> {
                $read(table, schema, name)
            }
        }
    )+};
}

cell! {
    String, Text, texts;
    Option<String>, Text, optional_texts;
    i64, Integer, integers;
    Option<i64>, Integer, optional_integers;
    f64, Real, reals;
    Option<f64>, Real, optional_reals;
}
