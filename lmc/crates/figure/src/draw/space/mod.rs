//! Scenes: surfaces, lines and markers over two directions, drawn from the same eye as plotly's first view.

mod frame;
mod marks;
mod surface;
mod view;

use serde_json::Value;

use super::canvas::Canvas;
use super::{Page, is_visible, labels};
use crate::json::{is_scene, items, number, scene_name, text};
use lmc_base::error::Result;
use surface::Surface;
use view::View;

/// Draws all scenes with their traces and their notes.
pub(super) fn draw(canvas: &mut Canvas, page: &Page<'_>, traces: &[Value]) -> Result<()> {
    let scenes = page.layout.as_object().into_iter().flatten().filter(|(name, _)| is_scene(name));
    for (name, scene) in scenes {
        let view = View::new(page, scene);
        let own = |kind: &str| {
            let own = traces.iter().filter(|trace| is_visible(trace) && scene_name(trace) == *name);
            own.filter(|trace| text(trace, "/type") == Some(kind)).collect::<Vec<_>>()
        };
        frame::walls(canvas, &view);
        let surface = own("surface").first().map(|trace| Surface::new(trace));
        if let Some(surface) = &surface {
            surface.draw(canvas, &view)?;
            surface.contours(canvas, &view);
        }
        for trace in own("scatter3d") {
            marks::draw(canvas, &view, surface.as_ref(), trace);
        }
        frame::axes(canvas, &view);
        for note in items(scene, "/annotations") {
            let [x, y, z] = ["/x", "/y", "/z"].map(|pointer| number(note, pointer));
            if let (Some(x), Some(y), Some(z)) = (x, y, z) {
                labels::noted(canvas, note, view.pixel(view.place([x, y, z])), [None, None]);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
