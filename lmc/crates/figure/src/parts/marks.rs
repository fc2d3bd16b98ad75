//! Marks: dots, lines, bars, means with intervals, and cells.

use serde_json::{Value, json};

use super::Scale;
use crate::theme;

/// The size below which dots have no outline, CSS pixels.
const SMALL: f64 = 7.0;

/// The shape of a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// A disc.
    Circle,
    /// A ring.
    CircleOpen,
    /// A square.
    Square,
    /// The outline of a square.
    SquareOpen,
    /// A square on its corner.
    Diamond,
    /// Two crossing lines.
    Cross,
    /// A triangle on its side.
    Triangle,
}

impl Symbol {
    fn name(self) -> &'static str {
        match self {
            Symbol::Circle => "circle",
            Symbol::CircleOpen => "circle-open",
            Symbol::Square => "square",
            Symbol::SquareOpen => "square-open",
            Symbol::Diamond => "diamond",
            Symbol::Cross => "x",
            Symbol::Triangle => "triangle-up",
        }
    }
}

/// A mark: the drawing of some rows of a table, in one colour and with at most one entry in the legend.
///
/// A mark stands in the legend once it is [`named`](Mark::named), and shows nothing at the mouse until
/// [`telling`](Mark::telling) sets a text. An empty value breaks a line and leaves a dot out.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The traces of plotly; the last one is the main one.
    traces: Vec<Value>,
}

pub(super) fn values<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
    values.into_iter().map(Into::into).collect()
}

/// Returns two ends and a gap for each place.
fn ends(first: &[f64], second: &[f64]) -> Value {
    first
        .iter()
        .zip(second)
        .flat_map(|(&first, &second)| [Some(first), Some(second), None])
        .map(Value::from)
        .collect()
}

fn markers(x: Value, y: Value) -> Value {
    json!({"type": "scatter", "mode": "markers", "x": x, "y": y, "showlegend": false, "hoverinfo": "skip",
        "marker": {"color": theme::colour(0), "size": 9.0, "line": {"color": "#ffffff", "width": 1.0}}})
}

fn lines(x: Value, y: Value) -> Value {
    json!({"type": "scatter", "mode": "lines", "x": x, "y": y, "showlegend": false, "hoverinfo": "skip",
        "line": {"color": theme::colour(0), "width": 2.0}})
}

impl Mark {
    /// Makes a mark of one trace.
    pub(super) fn of(trace: Value) -> Mark {
        Mark { traces: vec![trace] }
    }

    /// Makes dots at these places.
    pub fn dots<X: Into<Value>, Y: Into<Value>>(
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Mark {
        Mark { traces: vec![markers(values(x), values(y))] }
    }

    /// Makes a line from place to place.
    pub fn line<X: Into<Value>, Y: Into<Value>>(
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Mark {
        Mark { traces: vec![lines(values(x), values(y))] }
    }

    /// Makes a line from place to place with a dot at each.
    pub fn curve<X: Into<Value>, Y: Into<Value>>(
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Mark {
        let mut trace = lines(values(x), values(y));
        trace["mode"] = "lines+markers".into();
        trace["marker"] = json!({"color": theme::colour(0), "size": 6.0});
        Mark { traces: vec![trace] }
    }

    /// Makes bars of these heights, from 0.
    pub fn bars<X: Into<Value>, Y: Into<Value>>(
        x: impl IntoIterator<Item = X>,
        heights: impl IntoIterator<Item = Y>,
    ) -> Mark {
        let trace = json!({"type": "bar", "x": values(x), "y": values(heights), "showlegend": false,
            "hoverinfo": "skip", "textposition": "none",
            "marker": {"color": theme::colour(0), "line": {"color": "#ffffff", "width": 1.0}}});
        Mark { traces: vec![trace] }
    }

    /// Makes upright intervals, each from `low` to `high` at its place.
    pub fn intervals(x: &[f64], low: &[f64], high: &[f64]) -> Mark {
        Mark { traces: vec![lines(ends(x, x), ends(low, high))] }
    }

    /// Makes level intervals, each from `low` to `high` at its height.
    pub fn level_intervals(low: &[f64], high: &[f64], y: &[f64]) -> Mark {
        Mark { traces: vec![lines(ends(low, high), ends(y, y))] }
    }

    /// Makes means as dots on their upright intervals.
    pub fn means(
        x: impl AsRef<[f64]>,
        means: impl AsRef<[f64]>,
        low: impl AsRef<[f64]>,
        high: impl AsRef<[f64]>,
    ) -> Mark {
        let (x, means) = (x.as_ref(), means.as_ref());
        let bars = Mark::intervals(x, low.as_ref(), high.as_ref());
        bars.below(Mark::dots(x.iter().copied(), means.iter().copied()))
    }

    /// Makes the cells of a matrix in the colours of a scale. `x` and `y` name or place its columns and rows;
    /// an empty cell stays white.
    pub fn cells<X: Into<Value>, Y: Into<Value>>(
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        cells: &[Vec<Option<f64>>],
        scale: &Scale,
    ) -> Mark {
        let mut trace = json!({"type": "heatmap", "x": values(x), "y": values(y), "z": cells, "showscale": true, "hoverinfo": "skip"});
        scale.set(&mut trace);
        Mark { traces: vec![trace] }
    }

    /// Returns this mark with another one of the same colour above it, which is the main one.
    pub fn below(mut self, above: Mark) -> Mark {
        self.traces.extend(above.traces);
        self
    }

    fn each(mut self, change: impl Fn(&mut Value)) -> Mark {
        self.traces.iter_mut().for_each(change);
        self
    }

    pub(super) fn main(mut self, change: impl FnOnce(&mut Value)) -> Mark {
        if let Some(trace) = self.traces.last_mut() {
            change(trace);
        }
        self
    }

    /// Returns the mark with a name in the legend; a click on the name hides or shows all marks of that name.
    pub fn named(self, name: &str) -> Mark {
        let name = theme::label(name);
        self.among(&name).main(|trace| {
            trace["name"] = name.into();
            trace["showlegend"] = true.into();
        })
    }

    /// Returns the mark without a second entry in the legend, if `known` says that there is one already.
    pub fn named_once(self, name: &str, known: bool) -> Mark {
        self.named(name).main(|trace| trace["showlegend"] = (!known).into())
    }

    /// Returns the mark in a group of the legend, whose entry hides and shows the whole group.
    pub fn among(self, group: &str) -> Mark {
        self.each(|trace| trace["legendgroup"] = group.into())
    }

    /// Returns the mark in that colour.
    pub fn coloured(self, colour: &str) -> Mark {
        self.each(|trace| {
            for part in ["line", "marker"] {
                if trace[part].is_object() {
                    trace[part]["color"] = colour.into();
                }
            }
        })
    }

    /// Returns the mark with a colour for each of its dots.
    pub fn filled<'a>(self, colours: impl IntoIterator<Item = &'a str>) -> Mark {
        self.main(|trace| trace["marker"]["color"] = values(colours))
    }

    /// Returns the mark with hollow dots where `hollow` says so: white inside, with an outline in its colour.
    pub fn hollow(self, hollow: impl IntoIterator<Item = bool>) -> Mark {
        self.main(|trace| {
            let marker = &mut trace["marker"];
            let own = marker["color"].take();
            marker["color"] = hollow
                .into_iter()
                .map(|hollow| if hollow { json!("#ffffff") } else { own.clone() })
                .collect();
            marker["line"] = json!({"color": own, "width": 1.8});
        })
    }

    /// Returns the mark with dots of that size in CSS pixels.
    pub fn sized(self, pixels: f64) -> Mark {
        self.main(|trace| {
            trace["marker"]["size"] = pixels.into();
            if pixels < SMALL {
                trace["marker"]["line"] = json!({"width": 0.0});
            }
        })
    }

    /// Returns the mark with dots of that shape.
    pub fn shaped(self, symbol: Symbol) -> Mark {
        self.main(|trace| {
            trace["marker"]["symbol"] = symbol.name().into();
            if matches!(symbol, Symbol::CircleOpen | Symbol::SquareOpen | Symbol::Cross) {
                trace["marker"]["line"] = json!({"width": 2.0});
            }
        })
    }

    /// Returns the mark with lines of that width in CSS pixels.
    pub fn wide(self, pixels: f64) -> Mark {
        self.each(|trace| {
            if trace["line"].is_object() {
                trace["line"]["width"] = pixels.into();
            }
        })
    }

    /// Returns the mark with dashed lines.
    pub fn dashed(self) -> Mark {
        self.main(|trace| trace["line"]["dash"] = "dash".into())
    }

    /// Returns the mark with lines of that opacity, from 0 (invisible) to 1.
    pub fn faded(self, opacity: f64) -> Mark {
        self.main(|trace| trace["opacity"] = opacity.into())
    }

    /// Returns the mark with bars of that width, in the unit of their places.
    pub fn bar_width(self, width: f64) -> Mark {
        self.main(|trace| trace["width"] = width.into())
    }

    /// Returns the mark with values between its cells, as of a surface.
    pub fn smooth(self) -> Mark {
        self.main(|trace| trace["zsmooth"] = "best".into())
    }

    /// Returns the mark without the bar of its scale.
    pub fn without_bar(self) -> Mark {
        self.main(|trace| trace["showscale"] = false.into())
    }

    /// Returns the mark with a text for each of its dots; in [`telling`](Mark::telling), `%{text}` stands for
    /// it.
    pub fn texts(self, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Mark {
        let texts: Value = texts.into_iter().map(|text| Value::from(theme::label(text.as_ref()))).collect();
        self.main(|trace| trace["text"] = texts)
    }

    /// Returns the mark with a text at the mouse: a template of plotly, such as `loss %{y:.4g}`.
    pub fn telling(self, template: &str) -> Mark {
        self.main(|trace| {
            trace.as_object_mut().into_iter().for_each(|trace| drop(trace.remove("hoverinfo")));
            trace["hovertemplate"] = format!("{template}<extra></extra>").into();
        })
    }

    /// Returns the traces of plotly on a panel, of which the axes and the scene have these names.
    pub(super) fn on(self, [x, y]: &[String; 2], scene: &str) -> Vec<Value> {
        let placed = self.each(|trace| {
            if crate::json::is_in_scene(trace) {
                trace["scene"] = scene.into();
                return;
            }
            trace["xaxis"] = x.as_str().into();
            trace["yaxis"] = y.as_str().into();
        });
        placed.traces
    }
}
