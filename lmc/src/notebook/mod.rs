//! Rich display in a notebook: figures, tables, descriptions and results.
//!
//! A cell that ends with a value shows it: the kernel calls `evcxr_display` and reads content between marker lines from the
//! standard output. `value.show()` shows it from within a cell. In the kernel "Rust (lmc)" that is a record, see
//! [`crate::kernel`], and every value that is shown appears; another evcxr kernel takes the same marker lines, of which
//! the last of a cell are seen. All forms of one display (interactive, image, text) are written at once under the lock, so
//! that nothing from another thread falls in between. Without a kernel the plain text is printed.

mod fields;
mod results;
mod specs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polars::prelude::DataFrame;
use serde_json::Value;

use crate::basin::Basins;
use crate::error::LmcError;
use crate::figure::Figure;
use crate::kernel::{self, Host, Message, host};
use crate::replay::Replay;
use crate::spec::{Recipe, RunSpec, TaskSpec};
use crate::study::{Confidence, Models, Report, SampleSizes, Study, StudySpec, Sweep};
use crate::table;

/// Rows of a table that a notebook shows.
const ROW_CAP: usize = 30;
/// The line that ends one form of a display.
const END: &str = "EVCXR_END_CONTENT";

/// What a cell shows when it ends with this value.
///
/// With the trait in scope (`use lmc::prelude::*`) a cell that ends with a `DataFrame` shows an HTML table; the types of
/// this crate are shown without it. `value.show()` shows a value from within a cell.
pub trait Show {
    /// The forms of the value, each with its MIME type, the plain text last.
    fn forms(&self) -> Vec<(&'static str, String)>;

    /// Shows the value in the output of the running cell, or prints its plain text if there is no notebook.
    fn show(&self) {
        write(&within_cell(host(), &self.forms()));
    }

    /// What the kernel calls on the last expression of a cell, whose result the value becomes.
    fn evcxr_display(&self) {
        write(&as_result(host(), &self.forms()));
    }
}

/// The methods of [`Show`] without the trait: the kernel looks for them on a type of any cell.
macro_rules! shown {
    ($($type:ty),+ $(,)?) => {$(
        impl $type {
            /// Shows the value in the output of the running cell, or prints its plain text if there is no notebook.
            pub fn show(&self) {
                Show::show(self);
            }

            /// What the kernel calls on a cell that ends with the value.
            pub fn evcxr_display(&self) {
                Show::evcxr_display(self);
            }
        }
    )+};
}

shown!(Figure, TaskSpec, Recipe, RunSpec, StudySpec, Study, Models, Sweep, Replay, Basins, Report, LmcError);
shown!(Confidence, SampleSizes);

impl Show for Figure {
    fn forms(&self) -> Vec<(&'static str, String)> {
        let mut forms = Vec::new();
        let mut text = format!("{self:?}");
        match self.to_json() {
            Ok(json) => forms.push(("application/vnd.plotly.v1+json", json)),
            Err(error) => text = format!("{text}: {error}"),
        }
        // Viewers show the image at its own size until it becomes interactive, so the sizes of the two are the same.
        match self.to_png_at(1.0) {
            Ok(png) => forms.push(("image/png", STANDARD.encode(png))),
            Err(error) => text = format!("{text}: {error}"),
        }
        forms.push(("text/plain", text));
        forms
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

/// What shows a value from within a cell.
fn within_cell(host: Host, forms: &[(&'static str, String)]) -> String {
    match host {
        Host::Lmc => kernel::record(Message::Display, forms.iter().map(bundled).collect(), None),
        Host::Evcxr | Host::None => as_result(host, forms),
    }
}

/// What makes a value the result of a cell.
fn as_result(host: Host, forms: &[(&'static str, String)]) -> String {
    match host {
        Host::Lmc | Host::Evcxr => marked(forms),
        Host::None => forms.last().map(|(_, plain)| format!("{plain}\n")).unwrap_or_default(),
    }
}

/// A form as Jupyter has it: JSON as JSON, everything else as a string.
fn bundled((mime, content): &(&'static str, String)) -> (String, Value) {
    let json = mime.ends_with("json").then(|| serde_json::from_str(content).ok()).flatten();
    ((*mime).to_owned(), json.unwrap_or_else(|| Value::from(content.as_str())))
}

/// Writes a display; a closed output is told on the standard error, since nothing else can be done.
fn write(text: &str) {
    if let Err(error) = kernel::write(text) {
        crate::terminal::tell(&format!("cannot show: {error}"));
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
        let image = resvg::tiny_skia::Pixmap::decode_png(&STANDARD.decode(&forms[1].1).unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (120, 100), "the size of the interactive figure");
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
    fn within_a_cell_of_this_kernel_all_forms_are_one_record() {
        let record = within_cell(Host::Lmc, &figure().forms());
        let json = record.strip_prefix("\x1b_lmc;").unwrap().strip_suffix("\x1b\\").unwrap();
        let message: Value = serde_json::from_str(json).unwrap();
        assert_eq!(message["type"], "display_data");
        let data = &message["content"]["data"];
        assert_eq!(data["application/vnd.plotly.v1+json"]["data"][0]["y"], serde_json::json!([2.0, 3.0]));
        assert!(STANDARD.decode(data["image/png"].as_str().unwrap()).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(data["text/plain"], "Figure(\"EVCXR_END_CONTENT\", 1 traces)");
        assert_eq!(data.as_object().unwrap().len(), 3);
    }

    #[test]
    fn only_within_a_cell_of_this_kernel_there_is_a_record() {
        let forms = df!("x" => [1_i64]).unwrap().forms();
        for text in
            [as_result(Host::Lmc, &forms), as_result(Host::Evcxr, &forms), within_cell(Host::Evcxr, &forms)]
        {
            assert_eq!(text, marked(&forms));
        }
        for text in [within_cell(Host::None, &forms), as_result(Host::None, &forms)] {
            assert_eq!(text, format!("{}\n", forms[1].1));
        }
    }

    #[test]
    fn showing_without_a_kernel_does_not_fail() {
        figure().show();
        df!("x" => [1_i64]).unwrap().evcxr_display();
    }
}
