//! The declaration of a table: its schema and its columns in one place.

/// Declares a table once.
///
/// One list of columns gives the schema, a struct with a vector for each column, its `frame` that makes the
/// table, its `read` that reads a whole table, and a function for each column that reads this column alone.
/// The text after a column says what it holds, with the unit. The columns `model`, `a`, `b`, `dataset` and
/// `cluster` need none: they mean the same in every table. No column
/// can be called `frame` or `read`.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_base::LmcError; pub mod table { pub use lmc_base::declare_table as declare; } }
/// lmc::table::declare! {
///     /// One row per model: the length of its longest text.
///     LENGTHS, LengthColumns = "lengths" {
///         model: String,
///         longest: i64 = "number of tokens of the longest text",
///         mean: Option<f64> = "mean number of tokens, empty for no texts",
///     }
/// }
///
/// let lengths = LengthColumns {
///     model: vec!["s100".to_owned(), "s101".to_owned()],
///     longest: vec![31, 0],
///     mean: vec![Some(12.5), None],
/// };
/// let table = lengths.clone().frame()?;
/// LENGTHS.check(&table)?;
/// assert_eq!(LengthColumns::longest(&table)?, [31, 0]);
/// assert_eq!(LengthColumns::read(&table)?, lengths);
/// # Ok::<(), lmc::LmcError>(())
/// ```
#[macro_export]
macro_rules! declare_table {
    (
        $(#[$about:meta])*
        $schema:ident, $columns:ident = $name:literal {
            $($column:ident: $cell:ty $(= $description:literal)?,)+
        }
    ) => {
        $(#[$about])*
        pub const $schema: $crate::table::Schema = $crate::table::Schema {
            name: $name,
            columns: &[$($crate::table::Column {
                name: stringify!($column),
                kind: <$cell as $crate::table::Cell>::KIND,
                description: $crate::describe_column!($column $($description)?),
            },)+],
        };

        #[doc = concat!("The columns of [`", stringify!($schema), "`], all of one length.")]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $columns {
            $(
                #[doc = $crate::describe_column!($column $($description)?)]
                pub $column: Vec<$cell>,
            )+
        }

        impl $columns {
            /// Returns the table with these columns.
            ///
            /// # Errors
            /// [`LmcError::Polars`]($crate::LmcError::Polars) if the columns differ in length.
            pub fn frame(self) -> $crate::Result<$crate::table::DataFrame> {
                $crate::table::frame(vec![
                    $(<$cell as $crate::table::Cell>::column(stringify!($column), self.$column),)+
                ])
            }

            /// Reads all columns of a table.
            ///
            /// # Errors
            /// [`LmcError::Column`]($crate::LmcError::Column) names the first that is missing, has another
            /// type or lacks a value.
            pub fn read(table: &$crate::table::DataFrame) -> $crate::Result<Self> {
                Ok(Self { $($column: Self::$column(table)?,)+ })
            }

            $(
                #[doc = concat!("Reads the column `", stringify!($column), "` alone.")]
                ///
                /// # Errors
                /// [`LmcError::Column`]($crate::LmcError::Column) if it is missing, has another type or
                /// lacks a value.
                pub fn $column(table: &$crate::table::DataFrame) -> $crate::Result<Vec<$cell>> {
                    <$cell as $crate::table::Cell>::read(table, &$schema, stringify!($column))
                }
            )+
        }
    };
}

/// Expands to the description of a column: the text given, or that of a column which all tables share.
#[doc(hidden)]
#[macro_export]
macro_rules! describe_column {
    ($column:ident $description:literal) => {
        $description
    };
    (model) => {
        "name of the model"
    };
    (a) => {
        "model at alpha = 1"
    };
    (b) => {
        "model at alpha = 0"
    };
    (dataset) => {
        "name of the evaluated set, for example \"id\" or \"lo\""
    };
    (cluster) => {
        "basin of the model: 1 is the larger, 2 the smaller"
    };
}

#[cfg(test)]
mod tests {
    use polars::df;

    use crate::table::Kind;

    declare_table! {
        /// One row per model.
        SCORES, ScoreColumns = "scores" {
            model: String,
            score: f64 = "share of right predictions, in [0, 1]",
            p_value: Option<f64> = "empty without a test",
        }
    }

    fn scores() -> ScoreColumns {
        ScoreColumns {
            model: vec!["x".into(), "y".into()],
            score: vec![0.5, 1.0],
            p_value: vec![None, Some(0.1)],
        }
    }

    #[test]
    fn schema_writer_and_reader_agree() {
        let table = scores().frame().unwrap();
        SCORES.check(&table).unwrap();
        assert_eq!(ScoreColumns::read(&table).unwrap(), scores());
        let kinds: Vec<(&str, Kind)> =
            SCORES.columns.iter().map(|column| (column.name, column.kind)).collect();
        assert_eq!(kinds, [("model", Kind::Text), ("score", Kind::Real), ("p_value", Kind::Real)]);
        assert_eq!(SCORES.columns[0].description, "name of the model");
    }

    #[test]
    fn columns_of_different_length_are_refused() {
        let columns = ScoreColumns { score: vec![0.5], ..scores() };
        assert!(matches!(columns.frame(), Err(crate::LmcError::Polars(_))));
    }

    #[test]
    fn a_column_that_lacks_a_value_is_named() {
        let table = df!("model" => ["x"], "score" => [None::<f64>], "p_value" => [None::<f64>]).unwrap();
        assert_eq!(ScoreColumns::p_value(&table).unwrap(), [None]);
        let error = ScoreColumns::read(&table).unwrap_err().to_string();
        assert_eq!(
            error,
            "table `scores`: column `score` has 1 empty values, expected a value in each of 1 rows"
        );
    }
}
