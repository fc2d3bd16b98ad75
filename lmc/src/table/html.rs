//! Tables as HTML, for notebooks.

use std::fmt::Write;

use polars::prelude::{AnyValue, Column, DataFrame, DataType};

use crate::Result;

/// A table as one line of HTML: shape, names, types and at most `row_cap` rows (the first and the last).
///
/// Every name and value is escaped; real numbers are shown with 6 significant digits.
///
/// # Errors
/// [`LmcError::Polars`](crate::LmcError::Polars) if a value cannot be read.
pub fn to_html(table: &DataFrame, row_cap: usize) -> Result<String> {
    let (n_rows, n_columns) = table.shape();
    let mut html = String::from("<table>");
    write_into(&mut html, format_args!("<caption>{n_rows} rows × {n_columns} columns</caption><thead><tr>"));
    for column in table.columns() {
        let align = alignment(column.dtype());
        let (name, dtype) = (escape(column.name()), escape(&column.dtype().to_string()));
        write_into(
            &mut html,
            format_args!("<th style=\"text-align:{align}\">{name}<br><small>{dtype}</small></th>"),
        );
    }
    html.push_str("</tr></thead><tbody>");
    let head = if n_rows > row_cap { row_cap.div_ceil(2) } else { n_rows };
    let tail = if n_rows > row_cap { row_cap / 2 } else { 0 };
    write_rows(&mut html, table.columns(), 0..head)?;
    if head + tail < n_rows {
        let hidden = n_rows - head - tail;
        write_into(&mut html, format_args!("<tr><td colspan=\"{n_columns}\">… {hidden} more rows</td></tr>"));
    }
    write_rows(&mut html, table.columns(), n_rows - tail..n_rows)?;
    html.push_str("</tbody></table>");
    Ok(html)
}

fn write_rows(html: &mut String, columns: &[Column], rows: std::ops::Range<usize>) -> Result<()> {
    for row in rows {
        html.push_str("<tr>");
        for column in columns {
            let value = show(&column.get(row)?);
            let align = alignment(column.dtype());
            write_into(html, format_args!("<td style=\"text-align:{align}\">{}</td>", escape(&value)));
        }
        html.push_str("</tr>");
    }
    Ok(())
}

/// Writing to a string cannot fail.
fn write_into(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

fn alignment(dtype: &DataType) -> &'static str {
    if dtype.is_numeric() { "right" } else { "left" }
}

fn show(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "—".to_owned(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(x) => significant(*x),
        AnyValue::Float32(x) => significant(f64::from(*x)),
        other => other.to_string(),
    }
}

/// `x` with 6 significant digits, in scientific form if very large or small.
fn significant(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return x.to_string();
    }
    let exponent = x.abs().log10().floor() as i32;
    if !(-5..9).contains(&exponent) {
        return format!("{x:.5e}");
    }
    let text = format!("{x:.*}", (5 - exponent).max(0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Text that stays text in HTML and on one line.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn shape_types_and_values_are_shown() {
        let html = to_html(&df!("model" => ["a", "b"], "loss" => [0.25, 1.0 / 3.0]).unwrap(), 10).unwrap();
        assert!(html.contains("2 rows × 2 columns"));
        assert!(html.contains("loss<br><small>f64</small>"));
        assert!(html.contains(">0.25</td>") && html.contains(">0.333333</td>"));
        assert!(!html.contains("more rows"));
    }

    #[test]
    fn names_and_values_are_escaped_and_stay_on_one_line() {
        let table = df!("<b>&\"" => ["<script>alert('x')</script>\nEVCXR_END_CONTENT"]).unwrap();
        let html = to_html(&table, 10).unwrap();
        assert!(html.contains("&lt;b&gt;&amp;&quot;<br>"), "{html}");
        assert!(
            html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&#10;EVCXR_END_CONTENT<"),
            "{html}"
        );
        assert!(!html.contains("<script") && !html.contains('\n'));
    }

    #[test]
    fn a_long_table_shows_its_first_and_last_rows() {
        let html = to_html(&df!("i" => (0..100_i64).collect::<Vec<_>>()).unwrap(), 5).unwrap();
        assert_eq!(html.matches("<tr>").count(), 1 + 5 + 1);
        assert!(html.contains(">2</td>") && html.contains(">98</td>") && !html.contains(">3</td>"));
        assert!(html.contains("… 95 more rows"));
    }

    #[test]
    fn an_empty_table_and_empty_values_are_shown() {
        assert!(to_html(&DataFrame::empty(), 5).unwrap().contains("0 rows × 0 columns"));
        assert!(to_html(&df!("x" => [None, Some(1.0)]).unwrap(), 5).unwrap().contains(">—</td>"));
    }

    #[test]
    fn numbers_have_six_significant_digits() {
        let shown = [0.0, 1.0, -0.123456789, 1234567.8, 1.5e-9, 2.5e12, f64::NAN].map(significant);
        assert_eq!(shown, ["0", "1", "-0.123457", "1234568", "1.50000e-9", "2.50000e12", "NaN"]);
    }
}
