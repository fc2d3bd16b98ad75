//! Rich display in a notebook, for values that can be shown.
//!
//! A cell that ends with a value shows it: the kernel calls `evcxr_display` and reads content between marker
//! lines from the standard output. `value.show()` shows it from within a cell. In the kernel "Rust (lmc)"
//! that is a record, see [`crate::kernel`], and every value that is shown appears. Another evcxr kernel takes
//! the same marker lines, but only the last ones of a cell are seen. All forms of one display (interactive,
//! image, text) are written at once under the lock, so that output of other threads cannot come in between.
//! Without a kernel the plain text is printed.

mod error;
mod fields;

use serde_json::Value;

use crate::kernel::{self, Host, Message, host};
use crate::terminal::tell;

#[doc(hidden)]
pub use fields::{Fields, Forms, counted, escape, listed, range, seeds};

/// The line that ends one form of a display.
const END: &str = "EVCXR_END_CONTENT";

/// A value that a cell can show: a cell that ends with it does so.
///
/// With the trait in scope (`use lmc::prelude::*`) a cell that ends with a `DataFrame` shows an HTML table;
/// the types of this crate are shown without it. `value.show()` shows a value from within a cell.
pub trait Show {
    /// Returns the forms of the value, each with its MIME type, the plain text last.
    fn forms(&self) -> Vec<(&'static str, String)>;

    /// Shows the value in the output of the running cell, or prints its plain text if there is no notebook.
    fn show(&self) {
        write(&within_cell(host(), &self.forms()));
    }

    /// Shows the value as the result of the cell: the kernel calls this on the last expression of a cell.
    fn evcxr_display(&self) {
        write(&as_result(host(), &self.forms()));
    }
}

/// Gives a type the methods of [`Show`] without the trait: the kernel looks for them on the type of any cell.
#[doc(hidden)]
#[macro_export]
macro_rules! shown {
    ($($type:ty),+ $(,)?) => {$(
        impl $type {
            /// Shows the value in the output of the running cell, or prints its plain text if there is no
            /// notebook.
            pub fn show(&self) {
                $crate::show::Show::show(self);
            }

            /// Shows the value as the result of the cell: the kernel calls this on a cell that ends with the
            /// value.
            pub fn evcxr_display(&self) {
                $crate::show::Show::evcxr_display(self);
            }
        }
    )+};
}

/// Returns the text that shows a value from within a cell.
#[doc(hidden)]
pub fn within_cell(host: Host, forms: &[(&'static str, String)]) -> String {
    match host {
        Host::Lmc => kernel::record(Message::Display, forms.iter().map(bundled).collect(), None),
        Host::Evcxr | Host::None => as_result(host, forms),
    }
}

/// Returns the text that makes a value the result of a cell.
#[doc(hidden)]
pub fn as_result(host: Host, forms: &[(&'static str, String)]) -> String {
    match host {
        Host::Lmc | Host::Evcxr => marked(forms),
        Host::None => forms.last().map(|(_, plain)| format!("{plain}\n")).unwrap_or_default(),
    }
}

/// Returns a form as Jupyter expects it: JSON as JSON, everything else as a string.
fn bundled((mime, content): &(&'static str, String)) -> (String, Value) {
    let json = mime.ends_with("json").then(|| serde_json::from_str(content).ok()).flatten();
    ((*mime).to_owned(), json.unwrap_or_else(|| Value::from(content.as_str())))
}

/// Writes a display. If the output is closed, the standard error says so, since nothing else can be done.
fn write(text: &str) {
    if let Err(error) = kernel::write(text) {
        tell(&format!("cannot show: {error}"));
    }
}

/// Returns the forms between the marker lines of the kernel.
#[doc(hidden)]
pub fn marked(forms: &[(&'static str, String)]) -> String {
    forms
        .iter()
        .map(|(mime, content)| format!("EVCXR_BEGIN_CONTENT {mime}\n{}\n{END}\n", kept_inside(content)))
        .collect()
}

/// Returns the content in a form in which no line is read as a message to the kernel.
fn kept_inside(content: &str) -> String {
    let indent = |line: &str| if line.starts_with("EVCXR_") { format!(" {line}") } else { line.to_owned() };
    content.lines().map(indent).collect::<Vec<_>>().join("\n")
}

#[cfg(all(test, feature = "tables"))]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn the_end_marker_stands_only_at_the_ends() {
        let table = df!("x" => ["a\nEVCXR_END_CONTENT\nb"]).unwrap();
        for forms in [table.forms(), vec![("text/plain", "EVCXR_END_CONTENT".to_owned())]] {
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
        df!("x" => [1_i64]).unwrap().show();
        df!("x" => [1_i64]).unwrap().evcxr_display();
    }
}
