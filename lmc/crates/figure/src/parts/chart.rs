//! Charts: whole figures, with a title, a size, margins, notes and panels.

use lmc_base::error::Result;
use serde_json::{Map, Value, json};

use super::{Axis, Mark, Panels, Scene};
use crate::{Figure, draw, theme};

/// Height of a figure of one panel, CSS pixels.
const HEIGHT: usize = 520;
/// The height of the legend, which a chart of one panel without names does not need, CSS pixels.
const LEGEND: usize = 28;

/// A place along a side: at the left or top, in the middle, at the right or bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the left, or at the top.
    Start,
    /// In the middle.
    Middle,
    /// At the right, or at the bottom.
    End,
}

impl Place {
    fn name(self) -> &'static str {
        ["left", "center", "right"][self as usize]
    }

    pub(super) fn share(self) -> f64 {
        [0.0, 0.5, 1.0][self as usize]
    }
}

/// A line of text on a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    spec: Value,
    panel: Option<usize>,
}

impl Note {
    /// Makes a note above a place of the plotting area, (0, 0) at its lower left and (1, 1) at its upper
    /// right; the place is at the start, in the middle or at the end of the text.
    pub fn above([x, y]: [f64; 2], text: &str, anchor: Place) -> Note {
        let spec = json!({"text": lines(text), "xref": "paper", "yref": "paper", "x": x, "y": y,
            "xanchor": anchor.name(), "yanchor": "bottom", "showarrow": false,
            "font": theme::font(13)});
        Note { spec, panel: None }
    }

    /// Makes a note in the middle of a point of a panel, in the unit of its axes.
    pub fn at([x, y]: [f64; 2], text: &str, panel: usize) -> Note {
        let spec = json!({"text": lines(text), "x": x, "y": y, "xanchor": "center", "yanchor": "middle",
            "showarrow": false, "font": theme::font(11)});
        Note { spec, panel: Some(panel) }
    }

    /// Makes an arrow from one point of a panel to another, with some room before each.
    pub fn arrow(from: [f64; 2], to: [f64; 2], colour: &str, width: f64) -> Note {
        let spec = json!({"text": "", "showarrow": true, "ax": from[0], "ay": from[1], "x": to[0], "y": to[1],
            "arrowhead": 2, "arrowsize": 1.0, "arrowwidth": width, "standoff": 6.0, "startstandoff": 4.0,
            "arrowcolor": colour});
        Note { spec, panel: Some(0) }
    }

    /// Makes a note in the middle of a point of a scene, in the unit of its axes.
    pub fn at_3d([x, y, z]: [f64; 3], text: &str, panel: usize) -> Note {
        let mut note = Note::at([x, y], text, panel);
        note.spec["z"] = z.into();
        note
    }

    fn with(mut self, member: &str, value: impl Into<Value>) -> Note {
        self.spec[member] = value.into();
        self
    }

    /// Returns the note moved by CSS pixels, to the right and upwards.
    pub fn moved(self, right: f64, up: f64) -> Note {
        self.with("xshift", right).with("yshift", up)
    }

    /// Returns the note with its point at the start or the end of its text.
    pub fn anchored(self, anchor: Place) -> Note {
        self.with("xanchor", anchor.name())
    }

    /// Returns the note in that size, in CSS pixels.
    pub fn sized(mut self, size: usize) -> Note {
        self.spec["font"]["size"] = size.into();
        self
    }

    /// Returns the note in that colour.
    pub fn coloured(mut self, colour: &str) -> Note {
        self.spec["font"]["color"] = colour.into();
        self
    }

    /// Returns the note on a ground of pale white, on which it can be read above marks.
    pub fn on_white(self) -> Note {
        self.with("bgcolor", "rgba(255,255,255,0.8)")
    }

    /// Returns the note or arrow with an opacity from 0 (invisible) to 1.
    pub fn faded(self, opacity: f64) -> Note {
        self.with("opacity", opacity)
    }
}

/// Returns a text in the HTML of plotly, which breaks its lines.
fn lines(text: &str) -> String {
    theme::label(text).replace('\n', "<br>")
}

/// A figure while it is put together; at first one panel of 840 × 520 CSS pixels.
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    /// The middle of the title, CSS pixels below the upper edge.
    title_at: usize,
    panels: Panels,
    axes: Map<String, Value>,
    scenes: Map<String, Value>,
    traces: Vec<Value>,
    notes: Vec<Value>,
    /// Notes in scenes, each with the name of its scene.
    notes_of_scenes: Vec<(String, Value)>,
    has_legend: bool,
    overlays: bool,
    /// True for one panel with the common margins.
    is_plain: bool,
}

impl Chart {
    /// Makes a chart of one panel with a title.
    pub fn new(title: &str) -> Chart {
        Chart::sized(title, HEIGHT)
    }

    /// Makes a chart of one panel with a title, of that height in CSS pixels.
    pub fn sized(title: &str, height: usize) -> Chart {
        let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
        let inner = height.saturating_sub(theme::TOP + theme::BOTTOM);
        let mut chart = Chart::of(title, Panels::new(1, 1, inner, [0, 0], margin));
        chart.is_plain = true;
        chart
    }

    /// Makes a chart of several panels with a title.
    pub fn of(title: &str, panels: Panels) -> Chart {
        Chart {
            title: theme::label(title),
            title_at: 22,
            panels,
            axes: Map::new(),
            scenes: Map::new(),
            traces: Vec::new(),
            notes: Vec::new(),
            notes_of_scenes: Vec::new(),
            has_legend: true,
            overlays: false,
            is_plain: false,
        }
    }

    /// Returns the panels.
    pub fn panels(&self) -> &Panels {
        &self.panels
    }

    /// Places the middle of the title that far below the upper edge, CSS pixels.
    pub fn title_at(&mut self, pixels: usize) {
        self.title_at = pixels;
    }

    /// Leaves the legend out.
    pub fn without_legend(&mut self) {
        self.has_legend = false;
    }

    /// Lays bars over each other, instead of beside each other.
    pub fn overlay_bars(&mut self) {
        self.overlays = true;
    }

    /// Sets the axes of the first panel.
    pub fn axes(&mut self, x: Axis, y: Axis) {
        self.axes_of(0, x, y);
    }

    /// Sets the axes of a panel.
    pub fn axes_of(&mut self, panel: usize, x: Axis, y: Axis) {
        let [across, up] = self.panels.domains(panel);
        let [x_name, y_name] = axis_names(panel);
        self.axes.insert(x_name.replacen('x', "xaxis", 1), x.spec(across, &y_name));
        self.axes.insert(y_name.replacen('y', "yaxis", 1), y.spec(up, &x_name));
    }

    /// Makes a panel a scene, for marks in three dimensions.
    pub fn scene_of(&mut self, panel: usize, scene: Scene) {
        let spec = scene.spec(self.panels.domains(panel));
        self.scenes.insert(scene_name(panel), spec);
    }

    /// Adds a mark to the first panel.
    pub fn add(&mut self, mark: Mark) {
        self.add_to(0, mark);
    }

    /// Adds a mark to a panel.
    pub fn add_to(&mut self, panel: usize, mark: Mark) {
        self.traces.extend(mark.on(&axis_names(panel), &scene_name(panel)));
    }

    /// Adds a note.
    pub fn note(&mut self, mut note: Note) {
        if let Some(panel) = note.panel.filter(|_| note.spec.get("z").is_some()) {
            self.notes_of_scenes.push((scene_name(panel), note.spec));
            return;
        }
        if let Some(panel) = note.panel {
            let names = axis_names(panel);
            let is_arrow = note.spec["showarrow"] == true;
            for (side, name) in ["x", "y"].into_iter().zip(names) {
                if is_arrow {
                    note.spec[format!("a{side}ref")] = name.clone().into();
                }
                note.spec[format!("{side}ref")] = name.into();
            }
        }
        self.notes.push(note.spec);
    }

    /// Adds a remark above the upper right corner of the plotting area.
    pub fn remark(&mut self, text: &str) {
        self.note(Note::above([1.0, 1.0], text, Place::End));
    }

    /// Adds a title above the middle of a panel.
    pub fn panel_title(&mut self, panel: usize, title: &str) {
        let place = self.panels.above(panel, Place::Middle);
        let room = (self.panels.size()[0] + self.panels.gap()) as f64;
        let widest = title.lines().map(|line| draw::text_width(line, 13.0)).fold(1.0, f64::max);
        let size = (13.0 * (room - 8.0) / widest).clamp(8.0, 13.0) as usize;
        self.note(Note::above(place, title, Place::Middle).sized(size));
    }

    /// Returns the figure.
    ///
    /// # Errors
    /// [`LmcError::Figure`](lmc_base::LmcError::Figure) if a mark has values that cannot stand on its axes.
    pub fn figure(mut self) -> Result<Figure> {
        let is_named = self.traces.iter().any(|trace| trace["showlegend"] == true);
        if self.is_plain && !(is_named && self.has_legend) {
            self.panels = self.panels.lower(LEGEND);
        }
        let described = self.described(0);
        let more = draw::more_rows(&described).ceil() as usize;
        let described = if more > 0 { self.described(more) } else { described };
        Figure::described(crate::figure::titles_fitted(crate::json::tidy(described)?))
    }

    /// Returns the description, with that many CSS pixels more above the panels.
    fn described(&self, more: usize) -> Value {
        let ([width, height], [left, right, top, bottom]) = (self.panels.figure(), self.panels.margin());
        let inner = (height - top - bottom) as f64;
        let (height, top) = (height + more, top + more);
        let mut layout = json!({
            "title": {"text": self.title, "font": {"size": 17, "color": theme::INK},
                "x": left as f64 / width as f64, "xanchor": "left",
                "y": 1.0 - self.title_at as f64 / height as f64, "yanchor": "middle"},
            "font": theme::font(13), "width": width, "height": height,
            "margin": {"l": left, "r": right, "t": top, "b": bottom},
            "paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff",
            "legend": {"orientation": "h", "x": 0.0, "xanchor": "left", "y": 1.0 + 30.0 / inner, "yanchor": "bottom",
                "tracegroupgap": 0},
            "barmode": if self.overlays { "overlay" } else { "group" }, "annotations": self.notes});
        if !self.has_legend {
            layout["showlegend"] = false.into();
        }
        let members = || self.axes.clone().into_iter().chain(self.scenes.clone());
        layout.as_object_mut().into_iter().for_each(|layout| layout.extend(members()));
        for (scene, note) in &self.notes_of_scenes {
            match layout[scene]["annotations"].as_array_mut() {
                Some(notes) => notes.push(note.clone()),
                None => layout[scene]["annotations"] = json!([note]),
            }
        }
        json!({"data": self.traces, "layout": layout, "config": {}})
    }
}

/// Returns plotly's names of the axes of a panel: `x` and `y`, `x2` and `y2`, and so on.
fn axis_names(panel: usize) -> [String; 2] {
    ["x", "y"].map(|letter| numbered(letter, panel))
}

/// Returns plotly's name of the scene of a panel: `scene`, `scene2`, and so on.
fn scene_name(panel: usize) -> String {
    numbered("scene", panel)
}

fn numbered(name: &str, panel: usize) -> String {
    if panel == 0 { name.to_owned() } else { format!("{name}{}", panel + 1) }
}
