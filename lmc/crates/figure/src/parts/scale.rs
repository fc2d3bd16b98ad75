//! Colour scales of cells, and their bar beside the figure.

use serde_json::{Value, json};

use crate::draw::nice_ticks;
use crate::theme;

/// The approximate number of ticks of a bar.
const N_TICKS: f64 = 8.0;

/// A scale of colours for numbers, with a bar at the right of the figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    colours: Value,
    ends: [f64; 2],
    bar: Value,
}

impl Scale {
    /// Makes a scale from dark to light between two numbers; `title` names the quantity with its unit.
    pub fn sequential(title: &str, low: f64, high: f64) -> Scale {
        Scale::new(theme::sequential(), title, low, high)
    }

    /// Makes a scale from blue over white to red between two numbers on both sides of 0.
    pub fn two_sided(title: &str, low: f64, high: f64) -> Scale {
        Scale::new(theme::two_sided(), title, low, high)
    }

    fn new(colours: Value, title: &str, low: f64, high: f64) -> Scale {
        let bar = json!({"title": {"text": theme::label(title), "side": "right", "font": theme::font(13)},
            "thickness": 18, "x": 1.02, "ypad": 0.0, "tickfont": theme::font(12)});
        // Plotly's own labels each have as many decimals as they need.
        Scale { colours, ends: [low, high], bar }.ticks(nice_ticks(low, high, N_TICKS, None))
    }

    /// Returns the scale with these ticks, numbers and their texts.
    pub fn ticks<T: AsRef<str>>(mut self, ticks: impl IntoIterator<Item = (f64, T)>) -> Scale {
        let (values, texts): (Vec<f64>, Vec<String>) =
            ticks.into_iter().map(|(value, text)| (value, text.as_ref().to_owned())).unzip();
        self.bar["tickvals"] = values.into();
        self.bar["ticktext"] = texts.into();
        self
    }

    pub(super) fn set(&self, trace: &mut Value) {
        trace["colorscale"] = self.colours.clone();
        let [low, high] = if trace["type"] == "surface" { ["cmin", "cmax"] } else { ["zmin", "zmax"] };
        (trace[low], trace[high]) = (self.ends[0].into(), self.ends[1].into());
        trace["colorbar"] = self.bar.clone();
    }
}
