//! Notes below a figure: facts that a reader has to know beside the drawing.

use serde_json::{Value, json};

use super::Figure;
use super::change::Frame;
use crate::theme;

/// The size of the text and the room for a line of it, in CSS pixels.
const SIZE: f64 = 11.0;
const LINE: f64 = 16.0;
/// The approximate width of a letter, as a share of the size.
const LETTER: f64 = 0.58;

impl Figure {
    /// Returns the figure with notes below it, for example about basins or about scores that all models
    /// share. Room is made for them.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_figure as lmc;
    /// use lmc::Figure;
    /// use plotly::{Layout, Plot};
    ///
    /// let mut plot = Plot::new();
    /// plot.set_layout(Layout::new().title("Gaps").width(400).height(300));
    /// let figure = Figure::new(plot)?.with_notes(["all gaps are 0"]);
    /// assert!(figure.to_svg()?.contains("all gaps are 0"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = impl ToString>) -> Figure {
        self.notes.extend(notes.into_iter().map(|note| note.to_string()));
        self
    }
}

/// Returns the lines of notes below a figure of that width.
fn lines(notes: &[String], frame: &Frame) -> Vec<String> {
    let start = frame.margin[0].min(theme::LEFT as f64);
    let letters = ((frame.size[0] - start - 12.0) / (LETTER * SIZE)).max(20.0) as usize;
    notes.iter().flat_map(|note| wrapped(&format!("Note: {note}."), letters)).collect()
}

/// Returns the height that notes add to a figure, CSS pixels.
pub(super) fn height(notes: &[String], frame: &Frame) -> f64 {
    let n = lines(notes, frame).len();
    if n == 0 { 0.0 } else { LINE * (n + 1) as f64 }
}

/// Returns a description with notes below it.
pub(super) fn placed(described: &Value, notes: &[String]) -> Value {
    let mut described = described.clone();
    let frame = Frame::of(&described);
    let lines = lines(notes, &frame);
    if lines.is_empty() {
        return described;
    }
    let extra = LINE * (lines.len() + 1) as f64;
    let ([across, down], [left, _, _, bottom]) = (frame.inner(), frame.margin);
    let start = left.min(theme::LEFT as f64);
    let notes = lines.iter().enumerate().map(|(i, line)| {
        let (x, y) = ((start - left) / across, -(bottom + LINE * i as f64) / down);
        json!({"text": theme::label(line), "xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": "left",
            "yanchor": "top", "showarrow": false, "align": "left", "font": {"size": SIZE, "color": theme::INK}})
    });
    let notes: Vec<Value> = notes.collect();
    let layout = &mut described["layout"];
    match layout["annotations"].as_array_mut() {
        Some(known) => known.extend(notes),
        None => layout["annotations"] = notes.into(),
    }
    layout["height"] = (frame.size[1] + extra).into();
    layout["margin"]["b"] = (bottom + extra).into();
    described
}

/// Returns a text in lines of at most that many letters, as far as its words allow.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure() -> Figure {
        let note = json!({"text": "r = 1", "x": 1.0, "y": 1.0, "xref": "paper", "yref": "paper", "showarrow": false});
        Figure::described(json!({"data": [{"type": "scatter", "x": [0, 1], "y": [0, 1]}], "layout": {
            "width": 400, "height": 300, "margin": {"l": 78, "r": 28, "t": 92, "b": 64}, "annotations": [note]}}))
        .unwrap()
    }

    #[test]
    fn notes_stand_below_in_lines_that_fit() {
        let note = "no clusters: all gaps are 0 & nothing says how to divide these models in two";
        let noted = figure().with_notes([note]);
        let json: Value = serde_json::from_str(&noted.to_json()).unwrap();
        let annotations = json["layout"]["annotations"].as_array().unwrap();
        let text = |i: usize| annotations[i]["text"].as_str().unwrap();
        assert_eq!(text(0), "r = 1");
        let lines: Vec<&str> = (1..annotations.len()).map(text).collect();
        assert_eq!(lines.join(" "), format!("Note: {}.", note.replace('&', "&amp;")));
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() < 70), "{lines:?}");
        let plain: Value = serde_json::from_str(&figure().to_json()).unwrap();
        let height = |json: &Value| json["layout"]["height"].as_f64().unwrap();
        let bottom = |json: &Value| json["layout"]["margin"]["b"].as_f64().unwrap();
        assert_eq!(height(&json) - height(&plain), bottom(&json) - bottom(&plain));
        assert!(noted.to_svg().unwrap().contains("no clusters: all gaps are 0"));
    }

    #[test]
    fn without_notes_nothing_changes() {
        let none: [String; 0] = [];
        assert_eq!(figure().with_notes(none).to_json(), figure().to_json());
        let plain = Figure::described(json!({"data": [{"y": [0]}]})).unwrap();
        assert!(plain.with_notes(["a"]).to_svg().is_ok());
    }
}
