//! Rich display in a notebook: what a cell shows when it ends with a figure or a table.
//!
//! The kernel calls `evcxr_display` on the last expression of a cell and reads content between marker lines from
//! the standard output. All forms of one display (interactive, image, text) are written at once under the lock, as
//! whole lines, so that nothing from another thread falls in between. Of several displays in one cell the last
//! one is seen. Without a kernel the plain text is printed.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polars::prelude::DataFrame;

use crate::figure::Figure;
use crate::table;

/// Rows of a table that a notebook shows.
const ROW_CAP: usize = 30;
/// The line that ends one form of a display.
const END: &str = "EVCXR_END_CONTENT";

/// What a cell shows when it ends with this value.
///
/// With the trait in scope (`use lmc::prelude::*`) a cell that ends with a `DataFrame` shows an HTML table, and
/// `value.show()` shows a figure or a table from within a cell.
pub trait Show {
    /// The forms of the value, each with its MIME type, the plain text last.
    fn forms(&self) -> Vec<(&'static str, String)>;

    /// Shows the value in the output of the running cell, or prints its plain text if there is no notebook.
    fn show(&self) {
        display(&self.forms());
    }

    /// What the kernel calls on the last expression of a cell; the same as [`Show::show`].
    fn evcxr_display(&self) {
        self.show();
    }
}

impl Show for Figure {
    fn forms(&self) -> Vec<(&'static str, String)> {
        let mut forms = Vec::new();
        let mut text = format!("{self:?}");
        match self.to_json() {
            Ok(json) => forms.push(("application/vnd.plotly.v1+json", json)),
            Err(error) => text = format!("{text}: {error}"),
        }
        match self.to_png() {
            Ok(png) => forms.push(("image/png", STANDARD.encode(png))),
            Err(error) => text = format!("{text}: {error}"),
        }
        forms.push(("text/plain", text));
        forms
    }
}

impl Figure {
    /// Shows the figure in the output of the running cell: interactive where the notebook can, as PNG elsewhere.
    pub fn show(&self) {
        Show::show(self);
    }

    /// What the kernel calls on a cell that ends with a figure; the same as [`Figure::show`].
    pub fn evcxr_display(&self) {
        Show::show(self);
    }
}

impl Show for DataFrame {
    fn forms(&self) -> Vec<(&'static str, String)> {
        let text = self.to_string();
        match table::to_html(self, ROW_CAP) {
            Ok(html) => vec![("text/html", html), ("text/plain", text)],
            Err(error) => vec![("text/plain", format!("{text}\n{error}"))],
        }
    }
}

/// Whether this process runs the cells of a notebook: the kernel sets this variable in it.
fn in_notebook() -> bool {
    std::env::var_os("EVCXR_IS_RUNTIME").is_some()
}

/// Writes all forms at once; a closed output is told on the standard error, since nothing else can be done.
fn display(forms: &[(&'static str, String)]) {
    let text = if in_notebook() {
        marked(forms)
    } else {
        forms.last().map(|(_, plain)| format!("{plain}\n")).unwrap_or_default()
    };
    let mut output = std::io::stdout().lock();
    if let Err(error) = output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        eprintln!("cannot show: {error}");
    }
}

/// The forms between the marker lines of the kernel.
fn marked(forms: &[(&'static str, String)]) -> String {
    forms
        .iter()
        .map(|(mime, content)| format!("EVCXR_BEGIN_CONTENT {mime}\n{}\n{END}\n", kept_inside(content)))
        .collect()
}

/// Content in which no line is read as a message to the kernel.
fn kept_inside(content: &str) -> String {
    let indent = |line: &str| if line.starts_with("EVCXR_") { format!(" {line}") } else { line.to_owned() };
    content.lines().map(indent).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use plotly::{Layout, Pie, Plot, Scatter};
    use polars::df;

    use super::*;

    fn figure() -> Figure {
        let mut plot = Plot::new();
        plot.add_trace(Scatter::new(vec![0.0, 1.0], vec![2.0, 3.0]));
        plot.set_layout(Layout::new().title("EVCXR_END_CONTENT").width(120).height(100));
        Figure::new(plot)
    }

    #[test]
    fn a_figure_is_interactive_an_image_and_text() {
        let forms = figure().forms();
        let types: Vec<_> = forms.iter().map(|(mime, _)| *mime).collect();
        assert_eq!(types, ["application/vnd.plotly.v1+json", "image/png", "text/plain"]);
        let json: serde_json::Value = serde_json::from_str(&forms[0].1).unwrap();
        assert_eq!(json["data"][0]["y"], serde_json::json!([2.0, 3.0]));
        assert!(STANDARD.decode(&forms[1].1).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(forms[2].1, "Figure(\"EVCXR_END_CONTENT\", 1 traces)");
    }

    #[test]
    fn a_figure_that_cannot_be_drawn_is_shown_without_image_and_says_why() {
        let mut plot = Plot::new();
        plot.add_trace(Pie::new(vec![1.0]));
        let forms = Figure::new(plot).forms();
        assert_eq!(forms.len(), 2);
        assert!(forms[1].1.contains("`pie`"), "{}", forms[1].1);
    }

    #[test]
    fn a_table_is_html_and_text() {
        let forms = df!("x" => [1_i64, 2]).unwrap().forms();
        assert_eq!((forms[0].0, forms[1].0), ("text/html", "text/plain"));
        assert!(forms[0].1.starts_with("<table>") && forms[1].1.contains("shape: (2, 1)"));
    }

    #[test]
    fn the_end_marker_stands_only_at_the_ends() {
        let table = df!("x" => ["a\nEVCXR_END_CONTENT\nb"]).unwrap();
        for forms in [figure().forms(), table.forms(), vec![("text/plain", "EVCXR_END_CONTENT".to_owned())]] {
            let text = marked(&forms);
            assert!(text.ends_with("EVCXR_END_CONTENT\n"));
            let is_marker =
                |start: &'static str| text.lines().filter(move |line| line.starts_with(start)).count();
            assert_eq!(
                (is_marker("EVCXR_BEGIN_CONTENT "), is_marker(END)),
                (forms.len(), forms.len()),
                "{text}"
            );
        }
    }

    #[test]
    fn showing_without_a_kernel_does_not_fail() {
        figure().show();
        df!("x" => [1_i64]).unwrap().evcxr_display();
    }
}
