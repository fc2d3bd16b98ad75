//! Axes: their titles, ends and ticks.

use serde_json::{Value, json};

use crate::theme;

/// An axis of a panel: linear, unless it is made logarithmic or one of names.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    spec: Value,
    range: Option<[f64; 2]>,
}

impl Axis {
    /// Makes a linear axis with a title, which may be empty.
    pub fn new(title: &str) -> Axis {
        let spec = json!({"title": {"text": theme::label(title), "font": theme::font(13)}, "showline": true,
            "linecolor": theme::INK, "linewidth": 1, "ticks": "outside", "ticklen": 5, "tickcolor": theme::INK,
            "tickfont": theme::font(12), "gridcolor": theme::GRID, "zeroline": false});
        Axis { spec, range: None }
    }

    /// Makes a linear axis of a quantity and its unit: `loss (nats per example)`.
    pub fn of(name: &str, unit: &str) -> Axis {
        Axis::new(&format!("{name} ({unit})"))
    }

    fn with(mut self, member: &str, value: impl Into<Value>) -> Axis {
        self.spec[member] = value.into();
        self
    }

    /// Returns the axis with equal lengths for equal factors; its values must be above 0.
    pub fn logarithmic(self) -> Axis {
        self.with("type", "log")
    }

    /// Returns the axis from one value to another, in the unit of the data; the first may be the larger.
    pub fn range(mut self, from: f64, to: f64) -> Axis {
        self.range = Some([from, to]);
        self
    }

    /// Returns the axis with ticks that far apart.
    pub fn step(self, step: f64) -> Axis {
        self.with("dtick", step)
    }

    /// Returns the axis with about that many ticks.
    pub fn n_ticks(self, n: usize) -> Axis {
        self.with("nticks", n)
    }

    /// Returns the axis with these ticks, values and their texts.
    pub fn ticks<T: AsRef<str>>(self, ticks: impl IntoIterator<Item = (f64, T)>) -> Axis {
        let (values, texts): (Vec<f64>, Vec<String>) =
            ticks.into_iter().map(|(value, text)| (value, theme::label(text.as_ref()))).unzip();
        self.with("tickvals", values).with("ticktext", texts)
    }

    /// Returns the axis with names at 0, 1, 2 and so on, as many as fit on that many CSS pixels, turned if
    /// they are long. Turned names need [`room`](super::room).
    pub fn names<T: AsRef<str>>(self, names: &[T], pixels: usize) -> Axis {
        let step = (names.len() * 15).div_ceil(pixels + 10).max(1);
        let shown: Vec<usize> = (0..names.len()).step_by(step).collect();
        let turned = longest(names) * 7 + 6 > pixels / shown.len().max(1);
        let crowded = step == 1 && names.len() * 20 >= pixels;
        let axis = self.ticks(shown.into_iter().map(|i| (i as f64, names[i].as_ref()))).without_grid();
        axis.with("tickangle", if turned { -90.0 } else { 0.0 }).text_size(if crowded { 10 } else { 11 })
    }

    /// Returns the axis with texts upright.
    pub fn upright(self) -> Axis {
        self.with("tickangle", 0.0)
    }

    /// Returns the axis as one of names, which its marks give.
    pub fn categories(self) -> Axis {
        self.with("type", "category").without_grid()
    }

    /// Returns the axis without grid lines.
    pub fn without_grid(self) -> Axis {
        self.with("showgrid", false)
    }

    /// Returns the axis without texts at its ticks.
    pub fn without_texts(self) -> Axis {
        self.with("showticklabels", false)
    }

    /// Returns the axis with texts at its ticks of that size, in CSS pixels.
    pub fn text_size(self, size: usize) -> Axis {
        self.with("tickfont", theme::font(size))
    }

    /// Returns the axis with a title of that size, in CSS pixels.
    pub fn title_size(mut self, size: usize) -> Axis {
        self.spec["title"]["font"] = theme::font(size);
        self
    }

    /// Returns the axis as a member of a scene.
    pub(super) fn in_scene(mut self) -> Value {
        if let Some(range) = self.range {
            self.spec["range"] = range.to_vec().into();
        }
        self.spec
    }

    /// Returns the axis as a member of the layout, beside the other one of its panel.
    pub(super) fn spec(mut self, domain: [f64; 2], other: &str) -> Value {
        if let Some(range) = self.range {
            let is_logarithmic = self.spec["type"] == "log";
            self.spec["range"] =
                range.map(|end| if is_logarithmic { end.log10() } else { end }).to_vec().into();
        }
        self.spec["domain"] = domain.to_vec().into();
        self.spec["anchor"] = other.into();
        self.spec
    }
}

/// Returns the letters of the longest name.
pub(super) fn longest<T: AsRef<str>>(names: &[T]) -> usize {
    names.iter().map(|name| name.as_ref().chars().count()).max().unwrap_or(0)
}
