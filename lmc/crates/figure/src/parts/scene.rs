//! Scenes: panels in three dimensions, and the marks in them.

use serde_json::{Value, json};

use super::marks::values;
use super::{Axis, Mark, Scale};
use crate::theme;

/// A panel in three dimensions, seen from far away. In a browser it can be turned; a picture shows the first
/// view.
///
/// # Examples
/// ```
/// # extern crate lmc_figure as lmc;
/// use lmc::parts::{Axis, Chart, Mark, Panels, Scale, Scene};
///
/// let panels = Panels::new(1, 1, 400, [0, 0], [20, 112, 60, 20]).at_most(500);
/// let mut chart = Chart::of("A saddle", panels);
/// let z = [[0.0, 1.0, 0.0], [-1.0, 0.0, -1.0], [0.0, 1.0, 0.0]].map(|row| row.map(Some).to_vec());
/// let steps = [-1.0, 0.0, 1.0];
/// let scale = Scale::two_sided("height (m)", -1.0, 1.0);
/// chart.add_to(0, Mark::surface(&steps, &steps, &z, &scale).contours(-0.5, 0.5, 0.5));
/// chart.add_to(0, Mark::dots_3d([0.0], [0.0], [0.0]));
/// chart.scene_of(0, Scene::new(Axis::new("x"), Axis::new("y"), Axis::new("height")));
/// chart.figure()?.to_svg()?;
/// # Ok::<(), lmc::LmcError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    axes: [Axis; 3],
    lengths: Option<[f64; 3]>,
}

impl Scene {
    /// Makes a scene of three linear axes; z points upwards. An axis without a range ends with the data.
    pub fn new(x: Axis, y: Axis, z: Axis) -> Scene {
        Scene { axes: [x, y, z], lengths: None }
    }

    /// Returns the scene with axes of these lengths; half the height of the panel is the length 1.
    pub fn lengths(self, lengths: [f64; 3]) -> Scene {
        Scene { lengths: Some(lengths), ..self }
    }

    /// Returns the scene as a member of the layout.
    pub(super) fn spec(self, [x, y]: [[f64; 2]; 2]) -> Value {
        let mut scene = json!({"domain": {"x": x, "y": y}});
        if let Some([x, y, z]) = self.lengths {
            scene["aspectratio"] = json!({"x": x, "y": y, "z": z});
        }
        for (letter, axis) in ["x", "y", "z"].into_iter().zip(self.axes) {
            scene[format!("{letter}axis")] = axis.in_scene();
        }
        scene
    }
}

impl Mark {
    /// Makes a surface in the colours of a scale: `heights[j][i]` lies at `(x[i], y[j])`, and both ascend. An
    /// empty height leaves a hole. A scene has at most one surface.
    pub fn surface(x: &[f64], y: &[f64], heights: &[Vec<Option<f64>>], scale: &Scale) -> Mark {
        let mut trace = json!({"type": "surface", "x": x, "y": y, "z": heights, "showscale": true,
            "hoverinfo": "skip"});
        scale.set(&mut trace);
        Mark::of(trace)
    }

    /// Makes a line from place to place in a scene. What a surface hides of it is dotted in a picture.
    pub fn line_3d<T: Into<Value>>(
        x: impl IntoIterator<Item = T>,
        y: impl IntoIterator<Item = T>,
        z: impl IntoIterator<Item = T>,
    ) -> Mark {
        let [x, y, z] = [values(x), values(y), values(z)];
        Mark::of(json!({"type": "scatter3d", "mode": "lines", "x": x, "y": y, "z": z, "showlegend": false,
            "hoverinfo": "skip", "line": {"color": theme::colour(0), "width": 4.0}}))
    }

    /// Makes dots at these places in a scene. One that a surface hides is faded in a picture.
    pub fn dots_3d<T: Into<Value>>(
        x: impl IntoIterator<Item = T>,
        y: impl IntoIterator<Item = T>,
        z: impl IntoIterator<Item = T>,
    ) -> Mark {
        let [x, y, z] = [values(x), values(y), values(z)];
        Mark::of(json!({"type": "scatter3d", "mode": "markers", "x": x, "y": y, "z": z, "showlegend": false,
            "hoverinfo": "skip",
            "marker": {"color": theme::colour(0), "size": 7.0, "line": {"color": "#ffffff", "width": 1.0}}}))
    }

    /// Returns the surface with white lines of equal height, from one height to another, that far apart.
    pub fn contours(self, from: f64, to: f64, step: f64) -> Mark {
        self.main(|trace| {
            // Plotly leaves out the end.
            trace["contours"] = json!({"z": {"show": true, "start": from, "end": to + 0.5 * step, "size": step,
                "color": "#ffffff", "width": 1.0, "highlight": false}});
        })
    }
}
