//! Titles that fit their figure.

use serde_json::Value;

use super::change::Frame;
use crate::draw::text_width;
use crate::json::{is_axis, number, text};

/// The least size of a title, CSS pixels.
const LEAST: f64 = 8.0;
/// The room beside a title, CSS pixels.
const BESIDE: f64 = 4.0;

/// Returns a description whose titles of figure and axes are no larger than their room.
pub(crate) fn titles_fitted(mut described: Value) -> Value {
    let frame = Frame::of(&described);
    let start = number(&described, "/layout/title/x").unwrap_or(0.0) * frame.size[0];
    let layout = &mut described["layout"];
    if text(layout, "/title/xanchor") == Some("left") {
        fit(&mut layout["title"], frame.size[0] - start - BESIDE, 17.0);
    }
    for (name, axis) in layout.as_object_mut().into_iter().flatten().filter(|(name, _)| is_axis(name)) {
        let (from, to) = (number(axis, "/domain/0").unwrap_or(0.0), number(axis, "/domain/1").unwrap_or(1.0));
        let side = usize::from(name.starts_with('y'));
        // Left or lower margin, and the middle of the panel.
        let before = frame.margin[[0, 3][side]];
        let middle = before + (from + to) / 2.0 * frame.inner()[side];
        let room = 2.0 * (middle.min(frame.size[side] - middle) - BESIDE);
        if axis.get("title").is_some_and(Value::is_object) {
            fit(&mut axis["title"], room, 13.0);
        }
    }
    described
}

/// Makes a title smaller, if it is longer than its room.
fn fit(title: &mut Value, room: f64, default: f64) {
    let size = number(title, "/font/size").unwrap_or(default);
    let width = text_width(text(title, "/text").unwrap_or_default(), size);
    if width > room {
        title["font"]["size"] = (size * room / width).max(LEAST).floor().into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_titles_become_smaller_and_short_ones_stay() {
        let long = "a title that is by far too long for its figure";
        let described = json!({"layout": {"width": 200, "height": 200, "margin": {"l": 50, "r": 50, "t": 50, "b": 50},
            "title": {"text": long, "x": 0.25, "xanchor": "left", "font": {"size": 17}},
            "xaxis": {"title": {"text": long}}, "yaxis": {"title": {"text": "short"}}}});
        let layout = &titles_fitted(described)["layout"];
        assert_eq!(
            (&layout["title"]["font"]["size"], &layout["xaxis"]["title"]["font"]["size"]),
            (&json!(8.0), &json!(9.0))
        );
        assert_eq!(layout["yaxis"]["title"], json!({"text": "short"}));
    }
}
