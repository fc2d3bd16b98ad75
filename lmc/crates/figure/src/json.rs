//! The plotly description of a figure as a JSON value, and reading from it.

use plotly::Plot;
use serde_json::{Map, Value, json};

use lmc_base::error::{LmcError, Result};

/// Pixels between the labels and the title of an axis, unless a plot says otherwise: plotly itself leaves 2.
const STANDOFF: f64 = 8.0;

/// Returns `{data, layout, config}` of a plot, tidy.
pub(super) fn describe(plot: &Plot) -> Result<Value> {
    tidy(serde_json::to_value(plot).map_err(|error| LmcError::Figure(error.to_string()))?)
}

/// Returns a description `{data, layout, config}` in one form: numbers are rounded to 6 significant digits,
/// empty members are left out, titles are `{text}`, and there is room between the labels and the title of
/// each axis, for which the plotly crate has no method.
pub(super) fn tidy(value: Value) -> Result<Value> {
    let Value::Object(members) = value else {
        return Err(LmcError::Figure("the plot is not a JSON object".to_owned()));
    };
    let mut kept: Map<_, _> = members.into_iter().filter(|(_, member)| !member.is_null()).collect();
    for (name, member) in kept.get_mut("layout").and_then(Value::as_object_mut).into_iter().flatten() {
        if is_scene(name) {
            scene_titles(member);
        }
        let of_figure = name == "title";
        let title = if of_figure { Some(member) } else { member.get_mut("title") };
        let Some(title) = title else { continue };
        if title.is_string() {
            *title = json!({ "text": title.take() });
        }
        if is_axis(name)
            && let Some(title) = title.as_object_mut()
        {
            title.entry("standoff").or_insert(STANDOFF.into());
        }
    }
    Ok(rounded(Value::Object(kept)))
}

/// Returns whether a member of the layout is an axis: "xaxis", "yaxis2".
pub(super) fn is_axis(name: &str) -> bool {
    name.starts_with("xaxis") || name.starts_with("yaxis")
}

/// Returns whether a member of the layout is a scene, the place of traces in three dimensions: "scene",
/// "scene2".
pub(super) fn is_scene(name: &str) -> bool {
    name.strip_prefix("scene").is_some_and(|number| number.chars().all(|digit| digit.is_ascii_digit()))
}

/// Returns the name in the layout of the scene of a trace.
pub(super) fn scene_name(trace: &Value) -> &str {
    text(trace, "/scene").unwrap_or("scene")
}

/// Returns whether a trace stands in a scene.
pub(super) fn is_in_scene(trace: &Value) -> bool {
    matches!(text(trace, "/type"), Some("surface" | "scatter3d"))
}

/// Writes the titles of the axes of a scene as `{text}`.
fn scene_titles(scene: &mut Value) {
    for letter in ["x", "y", "z"] {
        if let Some(title) =
            scene.pointer_mut(&format!("/{letter}axis/title")).filter(|title| title.is_string())
        {
            *title = json!({ "text": title.take() });
        }
    }
}

/// Whole numbers below this one are exact as 64-bit reals.
const WHOLE: f64 = 9_007_199_254_740_992.0;

fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map_or(Value::Null, |x| round(x).into()),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, v)| (key, rounded(v))).collect())
        }
        other => other,
    }
}

/// Returns a number with 6 significant digits; whole numbers, such as seeds and counts, stay as they are.
fn round(x: f64) -> f64 {
    if x.fract() == 0.0 && x.abs() < WHOLE {
        return x + 0.0;
    }
    format!("{x:.5e}").parse().unwrap_or(x) + 0.0
}

/// Returns the name in the layout of the axis of a trace: "xaxis", "yaxis2".
pub(super) fn axis_name(trace: &Value, letter: &str) -> String {
    let id = text(trace, &format!("/{letter}axis")).unwrap_or_default();
    format!("{letter}axis{}", id.trim_start_matches(letter))
}

/// Returns the axis of a trace.
pub(super) fn axis_of<'a>(described: &'a Value, trace: &Value, letter: &str) -> &'a Value {
    &described["layout"][axis_name(trace, letter)]
}

/// Returns the number at a JSON pointer.
pub(super) fn number(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer)?.as_f64()
}

/// Returns the text at a JSON pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// Returns the truth value at a JSON pointer.
pub(super) fn flag(value: &Value, pointer: &str) -> Option<bool> {
    value.pointer(pointer)?.as_bool()
}

/// Returns the items of the array at a JSON pointer; none if there is no array.
pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the i-th item, if an array has one for each; otherwise the one value that stands for all.
pub(super) fn each<'a>(value: &'a Value, pointer: &str, index: usize) -> Option<&'a Value> {
    match value.pointer(pointer)? {
        Value::Array(items) => items.get(index),
        one => Some(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotly::Layout;
    use plotly::layout::Axis;

    #[test]
    fn numbers_are_rounded_and_everything_else_is_kept() {
        let value =
            json!({"x": [1.23456789, 1e-9 / 3.0, -0.0, null, 7], "y": {"z": "1.23456789", "t": true}});
        let expected = r#"{"x":[1.23457,3.33333e-10,0.0,null,7],"y":{"t":true,"z":"1.23456789"}}"#;
        let got: Value = serde_json::from_str(&rounded(value).to_string()).unwrap();
        assert_eq!(got, serde_json::from_str::<Value>(expected).unwrap());
    }

    #[test]
    fn titles_of_axes_stand_off_their_labels() {
        let axis = || Axis::new().title("a");
        let mut plot = Plot::new();
        plot.set_layout(Layout::new().title("t").x_axis(axis()).y_axis2(axis()).y_axis(Axis::new()));
        let layout = &describe(&plot).unwrap()["layout"];
        for axis in ["xaxis", "yaxis2"] {
            assert_eq!(
                (&layout[axis]["title"]["text"], &layout[axis]["title"]["standoff"]),
                (&json!("a"), &json!(8.0))
            );
        }
        assert_eq!((&layout["yaxis"]["title"], &layout["title"]["standoff"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn one_value_stands_for_all() {
        let value = json!({"size": 3, "colour": ["a", "b"]});
        assert_eq!(each(&value, "/size", 5), Some(&json!(3)));
        assert_eq!(each(&value, "/colour", 1), Some(&json!("b")));
        assert_eq!(each(&value, "/colour", 2), None);
        assert!(items(&value, "/size").is_empty());
    }
}
