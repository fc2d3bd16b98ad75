//! Tables as HTML, for notebooks.

use std::fmt::Write;
use std::ops::Range;

use polars::prelude::{AnyValue, Column, DataFrame};

use super::number::Format;
use crate::error::Result;
use crate::show::escape;

/// The style of the types below the names of columns: paler than the names on any background.
const TYPE_STYLE: &str = "font-weight:normal;opacity:0.6";
/// The number of columns that are shown of a wider table.
const COLUMN_CAP: usize = 20;
/// The number of characters that are shown of a longer text.
const TEXT_CAP: usize = 120;
/// The number of values that are shown of a longer list.
const LIST_CAP: usize = 6;

/// Returns a table as one line of HTML: shape, names, types and at most `row_cap` rows and 20 columns (the
/// first and the last).
///
/// Every name and value is escaped. The real numbers of a column have the same number of decimals, so that a
/// typical one has 4 significant digits. A text of more than 120 characters or a list of more than 6 values
/// is cut after its beginning, and its full length is shown.
///
/// # Errors
/// [`LmcError::Polars`](crate::LmcError::Polars) if a value cannot be read.
///
/// # Examples
/// ```
/// # extern crate lmc_base as lmc;
/// let table = polars::df!("model" => ["a", "b"], "loss" => [0.25, 0.5])?;
/// let html = lmc::table::to_html(&table, 1)?;
/// assert!(html.contains("0.25") && !html.contains("<td>b"));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn to_html(table: &DataFrame, row_cap: usize) -> Result<String> {
    let (n_rows, n_columns) = table.shape();
    let columns = Part::of(n_columns, COLUMN_CAP);
    let mut html = String::from("<table>");
    write_into(&mut html, format_args!("<caption>{n_rows} rows × {n_columns} columns</caption><thead><tr>"));
    write_cells(&mut html, "th", &columns, table, |_, column| {
        let (name, dtype) = (escape(column.name()), escape(&column.dtype().to_string()));
        Ok(format!("{name}<br><small style=\"{TYPE_STYLE}\">{dtype}</small>"))
    })?;
    // Digits of one width, so that decimal points stand below each other.
    html.push_str("</tr></thead><tbody style=\"font-variant-numeric:tabular-nums\">");
    let rows = Part::of(n_rows, row_cap);
    let formats = formats(table, rows.shown())?;
    for row in rows.shown() {
        if row == rows.last.start && rows.hidden > 0 {
            let width = columns.shown().count() + usize::from(columns.hidden > 0);
            let hidden = rows.hidden;
            write_into(&mut html, format_args!("<tr><td colspan=\"{width}\">… {hidden} more rows</td></tr>"));
        }
        html.push_str("<tr>");
        write_cells(&mut html, "td", &columns, table, |i, column| {
            Ok(escape(&show(&column.get(row)?, formats[i])))
        })?;
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    Ok(html)
}

/// The first and the last of `n` things, and how many are hidden between them.
struct Part {
    first: Range<usize>,
    hidden: usize,
    last: Range<usize>,
}

impl Part {
    fn of(n: usize, cap: usize) -> Self {
        // At least one row or column stands at the end, where the number of hidden ones is shown.
        let cap = cap.max(2);
        let (head, tail) = if n > cap { (cap.div_ceil(2), cap / 2) } else { (n, 0) };
        Self { first: 0..head, hidden: n - head - tail, last: n - tail..n }
    }

    fn shown(&self) -> impl Iterator<Item = usize> + Clone + use<> {
        self.first.clone().chain(self.last.clone())
    }
}

/// Returns the format of each column whose values are real numbers, from the rows that are shown.
pub(super) fn formats(
    table: &DataFrame,
    rows: impl Iterator<Item = usize> + Clone,
) -> Result<Vec<Option<Format>>> {
    let format = |column: &Column| {
        if !column.dtype().is_float() {
            return Ok(None);
        }
        let values = rows.clone().map(|row| Ok(real(&column.get(row)?))).collect::<Result<Vec<_>>>()?;
        Ok(Some(Format::of(values.into_iter().flatten())))
    };
    table.columns().iter().map(format).collect()
}

fn real(value: &AnyValue<'_>) -> Option<f64> {
    match value {
        AnyValue::Float64(x) => Some(*x),
        AnyValue::Float32(x) => Some(f64::from(*x)),
        _ => None,
    }
}

/// Writes one row of cells, with one cell for hidden columns; numbers stand on the right.
fn write_cells(
    html: &mut String,
    tag: &str,
    columns: &Part,
    table: &DataFrame,
    content: impl Fn(usize, &Column) -> Result<String>,
) -> Result<()> {
    let all = table.columns();
    for i in columns.first.clone() {
        write_cell(html, tag, &all[i], &content(i, &all[i])?);
    }
    if columns.hidden > 0 {
        let hidden =
            if tag == "th" { format!("… {} more columns", columns.hidden) } else { "…".to_owned() };
        write_into(html, format_args!("<{tag}>{hidden}</{tag}>"));
    }
    for i in columns.last.clone() {
        write_cell(html, tag, &all[i], &content(i, &all[i])?);
    }
    Ok(())
}

fn write_cell(html: &mut String, tag: &str, column: &Column, content: &str) {
    let align = if column.dtype().is_numeric() { "right" } else { "left" };
    write_into(html, format_args!("<{tag} style=\"text-align:{align}\">{content}</{tag}>"));
}

/// Writes to a string, which cannot fail.
fn write_into(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

/// Returns a value as text. A real number has the format of its column or, without one, its own.
pub(super) fn show(value: &AnyValue<'_>, format: Option<Format>) -> String {
    if let Some(x) = real(value) {
        return format.unwrap_or_else(|| Format::of([x])).show(x);
    }
    match value {
        AnyValue::Null => "—".to_owned(),
        AnyValue::String(text) => cut(text),
        AnyValue::StringOwned(text) => cut(text),
        AnyValue::List(values) => {
            let format = Format::of(values.iter().take(LIST_CAP).filter_map(|value| real(&value)));
            let shown: Vec<String> =
                values.iter().take(LIST_CAP).map(|value| show(&value, Some(format))).collect();
            let rest = if values.len() > LIST_CAP {
                format!(", … ({} values)", values.len())
            } else {
                String::new()
            };
            format!("[{}{rest}]", shown.join(", "))
        }
        other => cut(&other.to_string()),
    }
}

/// Returns the beginning of a long text and its length.
fn cut(text: &str) -> String {
    let length = text.chars().count();
    if length <= TEXT_CAP {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(TEXT_CAP).collect();
    format!("{beginning}… ({length} characters)")
}

#[cfg(test)]
mod tests {
    use polars::df;
    use polars::prelude::{NamedFrom, Series};

    use super::*;

    #[test]
    fn shape_types_and_values_are_shown() {
        let html = to_html(&df!("model" => ["a", "b"], "loss" => [0.25, 1.0 / 3.0]).unwrap(), 10).unwrap();
        assert!(html.contains("2 rows × 2 columns"));
        let dtype = "<small style=\"font-weight:normal;opacity:0.6\">f64</small>";
        assert!(html.contains(&format!("loss<br>{dtype}")), "{html}");
        assert!(html.contains(">0.2500</td>") && html.contains(">0.3333</td>"), "{html}");
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
    fn a_wide_table_shows_its_first_and_last_columns() {
        let column = |i: usize| Column::new(format!("c{i}").into(), vec![i as i64; 40]);
        let wide = DataFrame::new(40, (0..25).map(column).collect()).unwrap();
        let html = to_html(&wide, 4).unwrap();
        assert!(html.contains("40 rows × 25 columns") && html.contains("<th>… 5 more columns</th>"));
        assert!(html.contains("c9<br>") && html.contains("c15<br>") && !html.contains("c10<br>"));
        assert_eq!(html.matches("<td>…</td>").count(), 4);
        assert!(html.contains("<td colspan=\"21\">… 36 more rows</td>"), "{html}");
    }

    #[test]
    fn numbers_stand_on_the_right_and_text_on_the_left() {
        let html = to_html(&df!("n" => [1_i64], "t" => ["x"], "b" => [true]).unwrap(), 5).unwrap();
        for cell in ["right\">1</td>", "left\">x</td>", "left\">true</td>", "right\">n<br>"] {
            assert!(html.contains(&format!("text-align:{cell}")), "{cell}: {html}");
        }
    }

    #[test]
    fn long_texts_and_lists_are_cut_and_tell_their_length() {
        let html = to_html(&df!("t" => ["ä".repeat(121), "ä".repeat(120)]).unwrap(), 5).unwrap();
        assert!(html.contains("… (121 characters)") && !html.contains("(120 characters)"));
        let lists = [
            Series::new("".into(), [0.5, 1.0 / 3.0]),
            Series::new("".into(), (0..9).map(f64::from).collect::<Vec<_>>()),
        ];
        let html = to_html(&df!("l" => lists).unwrap(), 5).unwrap();
        assert!(html.contains(">[0.5000, 0.3333]<"), "{html}");
        assert!(html.contains(">[0, 1, 2, 3, 4, 5, … (9 values)]<"), "{html}");
        assert!(html.contains("list[f64]"), "{html}");
    }

    #[test]
    fn an_empty_table_and_empty_values_are_shown() {
        assert!(to_html(&DataFrame::empty(), 5).unwrap().contains("0 rows × 0 columns"));
        assert!(to_html(&df!("x" => [None, Some(1.0)]).unwrap(), 5).unwrap().contains(">—</td>"));
    }

    #[test]
    fn each_column_has_its_own_decimals_from_the_rows_that_are_shown() {
        let table = df!(
            "p" => [Some(0.125), None, Some(1e-7), Some(0.5)],
            "seconds" => [38.2012_f32, 7.5, 1234.5, 38.25],
            "n" => [1_i64, 2, 3, 4],
        );
        let html = to_html(&table.unwrap(), 3).unwrap();
        for cell in [">0.125<", ">—<", ">0.500<", ">38.20<", ">7.50<", ">38.25<", ">2<"] {
            assert!(html.contains(cell), "{cell}: {html}");
        }
        assert!(!html.contains("e-7") && !html.contains("1234"), "{html}");
    }
}
