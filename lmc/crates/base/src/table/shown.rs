//! The display of tables.

use polars::prelude::DataFrame;

use super::to_html;
use crate::show::{Forms, Show};

/// The number of rows of a table that a notebook shows.
const ROW_CAP: usize = 30;

impl Show for DataFrame {
    fn forms(&self) -> Forms {
        let text = self.to_string();
        match to_html(self, ROW_CAP) {
            Ok(html) => vec![("text/html", html), ("text/plain", text)],
            Err(error) => vec![("text/plain", format!("{text}\n{error}"))],
        }
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn a_table_is_html_and_text() {
        let forms = df!("x" => [1_i64, 2]).unwrap().forms();
        assert_eq!((forms[0].0, forms[1].0), ("text/html", "text/plain"));
        assert!(forms[0].1.starts_with("<table>") && forms[1].1.contains("shape: (2, 1)"));
    }
}
