//! A value of a score file, as it is written there.

use crate::data::parquet::Value;

/// A value of whatever format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// A cell without a value.
    Empty,
    /// A number.
    Number(f64),
    /// Text, which may say a number.
    Text(String),
}

impl Cell {
    /// Returns the cell of a text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Returns the cell of a field of a table; with semicolons between fields a comma may be the decimal
    /// point.
    pub fn of(field: &str, separator: Option<char>) -> Self {
        let is_decimal = |text: &str| {
            let text = text.trim_start_matches('-').trim_end_matches('%').trim();
            text.split_once(',').is_some_and(|(whole, rest)| {
                [whole, rest]
                    .iter()
                    .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            })
        };
        match separator {
            Some(';') if is_decimal(field) => Self::Text(field.replace(',', ".")),
            _ => Self::text(field),
        }
    }

    /// Returns the cell of a value of a Parquet file.
    pub fn of_parquet(value: Option<Value>) -> Self {
        match value {
            None => Self::Empty,
            Some(Value::Real(number)) => Self::Number(number),
            Some(Value::Text(text)) => Self::Text(text),
            Some(value) => Self::Text(value.to_string()),
        }
    }

    /// Returns the number in the cell, or `None` if it is empty. A number with a percent sign is divided by
    /// 100.
    ///
    /// # Errors
    /// The text that is not a number.
    pub fn number(&self) -> Result<Option<f64>, String> {
        let text = match self {
            Self::Empty => return Ok(None),
            Self::Number(number) => return Ok(Some(*number).filter(|number| !number.is_nan())),
            Self::Text(text) => text.trim(),
        };
        if ["", "-", "nan", "na", "n/a", "null", "none"].contains(&text.to_lowercase().as_str()) {
            return Ok(None);
        }
        let (digits, percent) = match text.strip_suffix('%') {
            Some(digits) => (digits.trim_end(), true),
            None => (text, false),
        };
        let number =
            digits.parse::<f64>().ok().filter(|number| !number.is_nan()).ok_or_else(|| text.to_owned())?;
        Ok(Some(if percent { number / 100.0 } else { number }))
    }

    /// Returns the name that it says: text without blanks around it, or a whole number.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Self::Number(number) if number.fract() == 0.0 => Some(format!("{:.0}", number + 0.0)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_kind() {
        for (cell, expected) in [
            (Cell::Number(0.5), Some(0.5)),
            (Cell::text(" 41.5 % "), Some(0.415)),
            (Cell::text("1e-3"), Some(0.001)),
            (Cell::of("0,25", Some(';')), Some(0.25)),
            (Cell::of("-12,5%", Some(';')), Some(-0.125)),
            (Cell::of_parquet(Some(Value::Decimal(4170, 4))), Some(0.417)),
            (Cell::of_parquet(Some(Value::Whole(1))), Some(1.0)),
            (Cell::Number(f64::NAN), None),
            (Cell::text("N/A"), None),
            (Cell::Empty, None),
        ] {
            assert_eq!(cell.number(), Ok(expected), "{cell:?}");
        }
        assert_eq!(Cell::text("high").number(), Err("high".to_owned()));
        assert_eq!(Cell::of("0,25", Some(',')).number(), Err("0,25".to_owned()));
    }

    #[test]
    fn names_are_as_they_are_written() {
        let names = [Cell::text(" 007 "), Cell::Number(7.0), Cell::Number(7.5), Cell::text(" "), Cell::Empty]
            .map(|cell| cell.name());
        assert_eq!(names, [Some("007".to_owned()), Some("7".to_owned()), None, None, None]);
    }
}
