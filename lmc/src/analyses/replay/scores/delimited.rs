//! Tables as text: values separated by commas, semicolons, tabs or blanks.

use crate::analyses::replay::scores::{Cell, Record};

/// Returns the records of a table; those of a table without a header are pairs of a model and its value.
///
/// # Errors
/// The line, counted from 1, and its problem.
pub(super) fn records(text: &str) -> Result<Vec<Record>, (usize, String)> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |c: char| first.matches(c).count();
    let separator = if count('\t') > 0 {
        Some('\t')
    } else if count(';') > count(',') {
        Some(';')
    } else {
        (count(',') > 0).then_some(',')
    };
    let rows = rows(text, separator)?;
    let Some(((_, names), rest)) = rows.split_first() else { return Ok(Vec::new()) };
    let is_number = |field: &String| matches!(Cell::of(field, separator).number(), Ok(Some(_)));
    let (names, rest): (Vec<String>, _) = match names.as_slice() {
        [_, value] if is_number(value) => (vec!["model".to_owned(), "value".to_owned()], &rows[..]),
        _ => (names.clone(), rest),
    };
    // pandas prints no name above the column of the names.
    let without_index = separator.is_none() && rest.iter().all(|(_, fields)| fields.len() == names.len() + 1);
    let names: Vec<String> = without_index.then(String::new).into_iter().chain(names).collect();
    let record = |(line, fields): &(usize, Vec<String>)| {
        if fields.len() != names.len() {
            return Err((*line, format!("{} columns instead of {}", fields.len(), names.join(", "))));
        }
        let cells = fields.iter().map(|field| Cell::of(field, separator));
        let fields = names.iter().cloned().zip(cells).collect();
        Ok(Record { at: Some(*line), model: None, dataset: None, fields })
    };
    rest.iter().map(record).collect()
}

/// The line in which a row begins, and its fields.
type Fields = (usize, Vec<String>);

/// Returns the fields of each row.
fn rows(text: &str, separator: Option<char>) -> Result<Vec<Fields>, (usize, String)> {
    let Some(separator) = separator else {
        let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
        return Ok(lines
            .map(|(line, n)| (n, line.split_whitespace().map(str::to_owned).collect()))
            .collect());
    };
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut start, mut quoted) = (1, 1, None);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted.is_some() && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted.is_some() => quoted = None,
            '"' if field.trim().is_empty() => {
                field.clear();
                quoted = Some(line);
            }
            _ if quoted.is_none() && c == separator => row.push(std::mem::take(&mut field)),
            '\n' if quoted.is_none() => {
                row.push(std::mem::take(&mut field));
                rows.push((start, std::mem::take(&mut row)));
                start = line + 1;
            }
            c => field.push(c),
        }
        line += usize::from(c == '\n');
    }
    if let Some(line) = quoted {
        return Err((line, "a quote is not closed".to_owned()));
    }
    row.push(field);
    rows.push((start, row));
    let trimmed = |(n, row): (usize, Vec<String>)| {
        (n, row.iter().map(|field| field.trim().to_owned()).collect::<Vec<_>>())
    };
    Ok(rows.into_iter().map(trimmed).filter(|(_, row)| row.iter().any(|field| !field.is_empty())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the models and the numbers beside them.
    fn cells(text: &str) -> Vec<(String, Option<f64>)> {
        let cell = |record: Record| {
            let [(_, model), (_, value)] = &record.fields[..] else { panic!("{record:?}") };
            (model.name().unwrap(), value.number().unwrap())
        };
        records(text).unwrap().into_iter().map(cell).collect()
    }

    #[test]
    fn every_separator_gives_the_same_table() {
        for text in [
            "model,accuracy\na b,0.5\n07,\n",
            "\"model\";accuracy\r\n\"a b\";0,5\r\n07;nan\r\n",
            "model\taccuracy\n\na b\t50%\n07\tNA",
        ] {
            assert_eq!(cells(text), [("a b".to_owned(), Some(0.5)), ("07".to_owned(), None)], "{text}");
        }
        assert_eq!(cells("model accuracy\n  x     0.5\n"), [("x".to_owned(), Some(0.5))]);
        assert_eq!(cells("    accuracy\nx     0.5\n"), [("x".to_owned(), Some(0.5))]);
        assert_eq!(cells("\"a, \"\"b\"\"\nc\",0.5\n"), [("a, \"b\"\nc".to_owned(), Some(0.5))]);
    }

    #[test]
    fn two_columns_need_no_header() {
        assert_eq!(cells("a,0.5\nb,0.25\n"), [("a".to_owned(), Some(0.5)), ("b".to_owned(), Some(0.25))]);
    }

    #[test]
    fn rows_of_another_length_are_told_by_line() {
        let error = records("model,accuracy\na,0.5\n\nb,0.5,1\n").unwrap_err();
        assert_eq!(error, (4, "3 columns instead of model, accuracy".to_owned()));
        assert_eq!(
            records("model,accuracy\n\"a,0.5\n").unwrap_err(),
            (2, "a quote is not closed".to_owned())
        );
    }
}
