//! The check that a description can be drawn. A description is completed first, so that a browser and the
//! drawing show the same. A part that the drawing does not know is refused when the figure is made.

mod completed;
mod members;
mod space;

use serde_json::Value;

use crate::draw::{COLOURS, Colour};
use crate::json::{axis_of, is_axis, is_in_scene, items, text};
use lmc_base::error::{LmcError, Result};

pub(crate) use completed::completed;

/// The kinds of traces that are drawn.
const KINDS: [&str; 5] = ["scatter", "bar", "heatmap", "surface", "scatter3d"];
/// The kinds of axes that are drawn.
const AXES: [&str; 3] = ["linear", "log", "category"];

/// Checks that all parts of a completed description can be drawn.
///
/// # Errors
/// [`LmcError::Figure`] for the first part that cannot.
pub(crate) fn check(described: &Value) -> Result<()> {
    for (i, trace) in items(described, "/data").iter().enumerate() {
        let n = i + 1;
        let kind = text(trace, "/type").unwrap_or("scatter");
        if !KINDS.contains(&kind) {
            return Err(refused(format!(
                "trace {n} is of type `{kind}`; drawn are scatter, bar, heatmap, surface and scatter3d"
            )));
        }
        if is_in_scene(trace) {
            space::trace(trace).map_err(|what| refused(format!("trace {n} ({kind}) has {what}")))?;
            continue;
        }
        members::check(trace, kind).map_err(|what| refused(format!("trace {n} ({kind}) has {what}")))?;
        for letter in ["x", "y"] {
            of_axis(trace, letter).map_err(|what| refused(format!("trace {n} has {what}")))?;
            on_axis(described, trace, letter).map_err(|what| refused(format!("trace {n} has {what}")))?;
        }
    }
    let layout = &described["layout"];
    for (name, axis) in layout.as_object().into_iter().flatten().filter(|(name, _)| is_axis(name)) {
        if !axis.is_object() {
            return Err(refused(format!("{name} is {axis}; an axis is an object")));
        }
        let kind = text(axis, "/type").unwrap_or("linear");
        if !AXES.contains(&kind) {
            return Err(refused(format!("{name} is of type `{kind}`; drawn are linear, log and category")));
        }
        members::check(axis, "axis").map_err(|what| refused(format!("{name} has {what}")))?;
    }
    space::scenes(described).map_err(refused)?;
    for (i, note) in items(layout, "/annotations").iter().enumerate() {
        members::check(note, "annotation")
            .map_err(|what| refused(format!("annotation {} has {what}", i + 1)))?;
    }
    members::check(layout, "layout").map_err(|what| refused(format!("the layout has {what}")))
}

fn refused(what: String) -> LmcError {
    LmcError::Figure(what)
}

/// Checks that a trace names an axis as plotly does: "x", "y2".
fn of_axis(trace: &Value, letter: &str) -> std::result::Result<(), String> {
    let Some(named) = trace.get(format!("{letter}axis")) else { return Ok(()) };
    let number = named.as_str().and_then(|name| name.strip_prefix(letter));
    match number.is_some_and(|number| number.chars().all(|digit| digit.is_ascii_digit())) {
        true => Ok(()),
        false => Err(format!("{letter}axis = {named}; an axis is named {letter}, {letter}2, {letter}3")),
    }
}

/// Checks that the values of a trace can stand on their axis.
fn on_axis(described: &Value, trace: &Value, letter: &str) -> std::result::Result<(), String> {
    let kind = text(axis_of(described, trace, letter), "/type").unwrap_or("linear");
    let values = items(trace, &format!("/{letter}"));
    let wrong = values.iter().find(|value| match kind {
        "category" => value.is_number(),
        "log" => value.as_f64().is_some_and(|value| value <= 0.0) || value.is_string(),
        _ => value.is_string(),
    });
    let Some(wrong) = wrong else { return Ok(()) };
    Err(match kind {
        "category" => format!("{letter} = {wrong} on an axis of names, which shows texts"),
        "log" => format!("{letter} = {wrong} on a logarithmic axis, which shows numbers above 0"),
        _ => format!("{letter} = {wrong} on an axis of numbers"),
    })
}

/// Checks that a member that is a colour, or an array of them, can be read.
fn colours(value: &Value) -> std::result::Result<(), String> {
    let readable = |value: &Value| value.as_str().is_some_and(|name| Colour::parse(name).is_some());
    let wrong = match value {
        Value::Array(colours) => colours.iter().find(|colour| !readable(colour)),
        one => Some(one).filter(|one| !readable(one)),
    };
    wrong.map_or(Ok(()), |wrong| Err(format!("the colour {wrong}; drawn are {COLOURS}")))
}

#[cfg(test)]
mod tests;
