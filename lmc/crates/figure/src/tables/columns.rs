//! Columns of tables, as figures draw them.

use lmc_base::error::{LmcError, Result};
use polars::prelude::{DataFrame, DataType};
use serde_json::Value;

/// The values of a column, empty where it has none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Column {
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<String>>),
}

/// Returns a column of a table as numbers, or else as texts; `field` is the argument that names it.
pub(super) fn column(table: &DataFrame, name: &str, field: &'static str) -> Result<Column> {
    let known = || table.get_column_names().into_iter().map(|name| name.to_string()).collect();
    let Ok(found) = table.column(name) else {
        return Err(LmcError::UnknownName { kind: "column", name: name.to_owned(), known: known() });
    };
    if table.height() == 0 {
        return Err(LmcError::invalid("table", "no rows", "at least one row"));
    }
    let column = if found.dtype().is_primitive_numeric() {
        let numbers = found.cast(&DataType::Float64)?;
        Column::Numbers(numbers.f64()?.iter().map(|x| x.filter(|x| x.is_finite())).collect())
    } else if *found.dtype() == DataType::String || *found.dtype() == DataType::Boolean {
        let texts = found.cast(&DataType::String)?;
        Column::Texts(texts.str()?.iter().map(|text| text.map(str::to_owned)).collect())
    } else {
        let got = format!("column `{name}` of {}", found.dtype());
        return Err(LmcError::invalid(field, got, "a column of numbers or texts"));
    };
    let is_empty = match &column {
        Column::Numbers(numbers) => numbers.iter().all(Option::is_none),
        Column::Texts(texts) => texts.iter().all(Option::is_none),
    };
    if is_empty {
        let got = format!("column `{name}`, in which every value is empty");
        return Err(LmcError::invalid(field, got, "a column with values"));
    }
    Ok(column)
}

impl Column {
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Column::Texts(_))
    }

    /// Returns the numbers of a column.
    pub(super) fn numbers(self, field: &'static str, table: &DataFrame) -> Result<Vec<Option<f64>>> {
        match self {
            Column::Numbers(numbers) => Ok(numbers),
            Column::Texts(_) => {
                let numeric = table.columns().iter().filter(|column| column.dtype().is_primitive_numeric());
                let names: Vec<&str> = numeric.map(|column| column.name().as_str()).collect();
                let expected = format!("a column of numbers; there are: {}", names.join(", "));
                Err(LmcError::invalid(field, "a column of texts", expected))
            }
        }
    }

    /// Returns the values of some rows.
    pub(super) fn of(&self, rows: &[usize]) -> Column {
        match self {
            Column::Numbers(numbers) => Column::Numbers(rows.iter().map(|&row| numbers[row]).collect()),
            Column::Texts(texts) => Column::Texts(rows.iter().map(|&row| texts[row].clone()).collect()),
        }
    }

    /// Returns the values as those of a mark.
    pub(super) fn values(&self) -> Vec<Value> {
        match self {
            Column::Numbers(numbers) => numbers.iter().map(|&number| number.into()).collect(),
            Column::Texts(texts) => {
                let label = |text: &Option<String>| text.as_deref().map(crate::theme::label).into();
                texts.iter().map(label).collect()
            }
        }
    }

    /// Returns the value of each row as a text; an empty one as the empty text.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Column::Numbers(numbers) => numbers
                .iter()
                .map(|number| number.map(crate::draw::plain_number).unwrap_or_default())
                .collect(),
            Column::Texts(texts) => texts.iter().map(|text| text.clone().unwrap_or_default()).collect(),
        }
    }

    /// Returns the rows in the order in which figures name them: as they are, or of numbers ascending.
    fn order(&self) -> Vec<usize> {
        match self {
            Column::Texts(texts) => (0..texts.len()).collect(),
            Column::Numbers(numbers) => {
                let mut order: Vec<usize> = (0..numbers.len()).collect();
                let key = |row: usize| numbers[row].unwrap_or(f64::INFINITY);
                order.sort_by(|&i, &j| key(i).total_cmp(&key(j)));
                order
            }
        }
    }
}

/// Returns each value of a column and the rows that have it.
pub(super) fn groups(column: Column) -> Vec<(String, Vec<usize>)> {
    let texts = column.texts();
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for row in column.order() {
        match found.iter_mut().find(|(name, _)| *name == texts[row]) {
            Some((_, rows)) => rows.push(row),
            None => found.push((texts[row].clone(), vec![row])),
        }
    }
    found.iter_mut().for_each(|(_, rows)| rows.sort_unstable());
    found
}

/// The names of columns and rows, and the cells, row by row.
type Cells = (Vec<String>, Vec<String>, Vec<Vec<Option<f64>>>);

/// Returns the cells of a matrix from the column, the row and the number of each.
pub(super) fn cells(x: Column, y: Column, numbers: &[Option<f64>], names: [&str; 2]) -> Result<Cells> {
    let (columns, rows) = (groups(x), groups(y));
    let mut place = vec![(0, 0); numbers.len()];
    columns.iter().enumerate().for_each(|(i, (_, of))| of.iter().for_each(|&k| place[k].0 = i));
    rows.iter().enumerate().for_each(|(j, (_, of))| of.iter().for_each(|&k| place[k].1 = j));
    let mut cells = vec![vec![None; columns.len()]; rows.len()];
    let mut taken = vec![vec![false; columns.len()]; rows.len()];
    for (&(i, j), number) in place.iter().zip(numbers) {
        if std::mem::replace(&mut taken[j][i], true) {
            let got = format!("{} = {} and {} = {} twice", names[0], columns[i].0, names[1], rows[j].0);
            return Err(LmcError::invalid("table", got, "one row for each cell"));
        }
        cells[j][i] = *number;
    }
    let names = |of: Vec<(String, Vec<usize>)>| of.into_iter().map(|(name, _)| name).collect();
    Ok((names(columns), names(rows), cells))
}
