//! The lines of text that a log consists of, one by one.

use crate::analyses::replay::number::{METRICS, Quantity, metric, shown};

/// The beginning of the line that opens a pair.
pub(super) const OPENING: &str = "Euclidean distance between ";
/// The beginning of the line that repeats the pair and names the set.
const REPEATED: &str = "Interpolating between ";

/// The two models and their distance, or the problem with the distance.
pub(super) struct Opening {
    pub a: String,
    pub b: String,
    pub distance: Result<f64, String>,
}

/// Returns the content of the line that opens a pair, or the problem with it.
pub(super) fn opening(text: &str) -> Option<Result<Opening, String>> {
    let rest = text.strip_prefix(OPENING)?;
    let read = || -> Result<_, String> {
        let expected = || format!("`{}` instead of `{OPENING}A and B: x.`", shown(text));
        let (names, distance) = rest.rsplit_once(": ").ok_or_else(expected)?;
        let distance = distance.trim_end().strip_suffix('.').ok_or_else(expected)?;
        let (a, b) = pair(names).ok_or_else(expected)?;
        if a == b {
            return Err(format!("a line from `{}` to itself", shown(a)));
        }
        let number = Quantity::NotNegative.read(distance);
        let distance =
            number.map_err(|expected| format!("distance `{}` instead of {expected}", shown(distance)));
        Ok(Opening { a: a.to_owned(), b: b.to_owned(), distance })
    };
    Some(read())
}

/// Returns the two models and the set, from the line that repeats the pair.
pub(super) fn repeated(text: &str) -> Option<(&str, &str, &str)> {
    let (names, dataset) = text.trim_start().strip_prefix(REPEATED)?.rsplit_once(" on ")?;
    let (a, b) = pair(names)?;
    Some((a, b, dataset))
}

/// Returns two names with one "and" between them.
fn pair(names: &str) -> Option<(&str, &str)> {
    let (a, b) = names.split_once(" and ")?;
    let whole = |name: &str| !name.trim().is_empty();
    (whole(a) && whole(b) && !b.contains(" and ")).then_some((a, b))
}

/// Returns the weights of the two models at a point, from a line such as `[0.25, 0.75]`.
pub(super) fn weights(text: &str) -> Option<[f64; 2]> {
    let (first, second) = text.trim().strip_prefix('[')?.strip_suffix(']')?.split_once(',')?;
    Some([first.trim().parse().ok()?, second.trim().parse().ok()?])
}

/// Returns whether a line is the header of a table.
pub(super) fn is_header(text: &str) -> bool {
    text.split_whitespace().next() == Some("point_num")
}

/// The columns of tables after those of point and loss, by their names there and in tables here.
pub(super) type Metrics = Vec<(&'static str, Quantity)>;

/// Returns the metrics that a header names, or the problem with it.
pub(super) fn header(text: &str) -> Result<Metrics, String> {
    let names: Vec<&str> = text.split_whitespace().collect();
    if names.len() < 3 || names[..2] != ["point_num", "loss"] {
        return Err(format!("header `{}` instead of point_num, loss and a metric", shown(text.trim())));
    }
    let mut metrics = Metrics::new();
    for name in &names[2..] {
        let found = metric(name).filter(|(column, _)| *column != "loss");
        let found = found.ok_or_else(|| format!("unknown metric `{}`; known: {METRICS}", shown(name)))?;
        if metrics.contains(&found) {
            return Err(format!("metric `{name}` is there twice"));
        }
        metrics.push(found);
    }
    Ok(metrics)
}

/// Returns the number of columns of a line that is a rule of hyphens.
pub(super) fn rule(text: &str) -> Option<usize> {
    let columns: Vec<&str> = text.split_whitespace().collect();
    let all = columns.iter().all(|column| column.len() >= 3 && column.bytes().all(|byte| byte == b'-'));
    (all && columns.len() >= 2).then_some(columns.len())
}

/// Returns the number, loss and metrics of a point, or the problem with its row.
pub(super) fn row(text: &str, metrics: &Metrics) -> Result<(usize, f64, Vec<f64>), String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != metrics.len() + 2 {
        return Err(format!("{} columns instead of {}", fields.len(), metrics.len() + 2));
    }
    let point =
        fields[0].parse().map_err(|_| format!("point_num `{}` instead of a number", shown(fields[0])))?;
    let read = |name: &str, quantity: Quantity, text: &str| {
        quantity.read(text).map_err(|expected| format!("{name} `{}` instead of {expected}", shown(text)))
    };
    let loss = read("loss", Quantity::NotNegative, fields[1])?;
    let values = metrics.iter().zip(&fields[2..]).map(|((name, quantity), text)| read(name, *quantity, text));
    Ok((point, loss, values.collect::<Result<_, _>>()?))
}

/// Returns the decimals with which the loss in the row of a point is printed.
pub(super) fn decimals(text: &str) -> usize {
    let loss = text.split_whitespace().nth(1).unwrap_or_default();
    let (mantissa, exponent) = loss.split_once(['e', 'E']).unwrap_or((loss, "0"));
    let after_point = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    let exponent: i64 = exponent.parse().unwrap_or(0);
    usize::try_from(after_point as i64 - exponent).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_the_loss() {
        for (loss, expected) in
            [("0.4568", 4), ("12", 0), ("0.5", 1), ("1.25e-05", 7), ("3e-7", 7), ("1.5e3", 0)]
        {
            assert_eq!(decimals(&format!("  0  {loss}  0.845678")), expected, "{loss}");
        }
    }
}
