//! Notes below a figure: facts that a reader has to know beside the drawing.

use plotly::common::{Anchor, Font};
use plotly::layout::Margin;

use crate::{Figure, json, theme};

/// The size of the text and the room for a line of it, in CSS pixels.
const SIZE: usize = 11;
const LINE: usize = 16;
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
    /// let figure = Figure::new(plot).with_notes(["all gaps are 0"]);
    /// assert!(figure.to_svg()?.contains("all gaps are 0"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = impl ToString>) -> Figure {
        let described = json::describe(&self.plot).unwrap_or_default();
        let size = |pointer: &str, default: f64| json::number(&described, pointer).unwrap_or(default);
        let (width, height) = (size("/layout/width", 700.0), size("/layout/height", 450.0));
        let [left, right] =
            [("/layout/margin/l", 80.0), ("/layout/margin/r", 80.0)].map(|(at, most)| size(at, most));
        let [top, bottom] =
            [("/layout/margin/t", 100.0), ("/layout/margin/b", 80.0)].map(|(at, most)| size(at, most));
        let start = left.min(theme::LEFT as f64);
        let letters = ((width - start - 12.0) / (LETTER * SIZE as f64)).max(20.0) as usize;
        let lines: Vec<String> = notes
            .into_iter()
            .flat_map(|note| wrapped(&format!("Note: {}.", note.to_string()), letters))
            .collect();
        if lines.is_empty() {
            return self;
        }
        let extra = LINE * (lines.len() + 1);
        let (across, down) = ((width - left - right).max(1.0), (height - top - bottom).max(1.0));
        let mut layout = self.plot.layout().clone();
        for (i, line) in lines.iter().enumerate() {
            let y = -(bottom + (LINE * i) as f64) / down;
            let note =
                theme::note(&theme::label(line), (start - left) / across, y, Anchor::Left, Anchor::Top);
            layout.add_annotation(note.font(Font::new().size(SIZE).color(theme::INK)));
        }
        let margin = [left, right, top, bottom].map(|pixels| pixels.round() as usize);
        self.plot.set_layout(
            layout.height(height as usize + extra).margin(
                Margin::new().left(margin[0]).right(margin[1]).top(margin[2]).bottom(margin[3] + extra),
            ),
        );
        self
    }
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
    use plotly::{Layout, Plot, Scatter};
    use serde_json::Value;

    use super::*;

    fn figure() -> Figure {
        let mut plot = Plot::new();
        plot.add_trace(Scatter::new(vec![0.0, 1.0], vec![0.0, 1.0]));
        plot.set_layout(theme::layout("a title", 400, 300).annotations(vec![theme::note(
            "r = 1",
            1.0,
            1.0,
            Anchor::Right,
            Anchor::Bottom,
        )]));
        Figure::new(plot)
    }

    #[test]
    fn notes_stand_below_in_lines_that_fit() {
        let note = "no clusters: all gaps are 0 & nothing says how to divide these models in two";
        let noted = figure().with_notes([note]);
        let json: Value = serde_json::from_str(&noted.to_json().unwrap()).unwrap();
        let annotations = json["layout"]["annotations"].as_array().unwrap();
        let text = |i: usize| annotations[i]["text"].as_str().unwrap();
        assert_eq!(text(0), "r = 1");
        let lines: Vec<&str> = (1..annotations.len()).map(text).collect();
        assert_eq!(lines.join(" "), format!("Note: {}.", note.replace('&', "&amp;")));
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() < 70), "{lines:?}");
        let plain: Value = serde_json::from_str(&figure().to_json().unwrap()).unwrap();
        let height = |json: &Value| json["layout"]["height"].as_u64().unwrap();
        let bottom = |json: &Value| json["layout"]["margin"]["b"].as_u64().unwrap();
        assert_eq!(height(&json) - height(&plain), bottom(&json) - bottom(&plain));
        assert!(noted.to_svg().unwrap().contains("no clusters: all gaps are 0"));
    }

    #[test]
    fn without_notes_nothing_changes() {
        let none: [String; 0] = [];
        assert_eq!(figure().with_notes(none).to_json().unwrap(), figure().to_json().unwrap());
        let mut plot = Plot::new();
        plot.add_trace(Scatter::new(vec![0.0], vec![0.0]));
        plot.set_layout(Layout::new());
        assert!(Figure::new(plot).with_notes(["a"]).to_svg().is_ok());
    }
}
