//! Drawing a plotly description as SVG, and SVG as PNG, without a browser.
//!
//! Scatter (lines, markers, texts), heatmap and bar traces are drawn on linear, logarithmic and category
//! axes, with titles, legend, colour bar and annotations; surfaces with lines and markers in scenes.
//! `drawable` refuses anything else when a figure is
//! made, so that no figure lacks something.

mod axis;
mod canvas;
mod cells;
mod colour;
mod frame;
mod labels;
mod legend;
mod marks;
mod palette;
mod raster;
mod scales;
mod space;

use serde_json::Value;

use crate::json::{is_in_scene, number, text};
use axis::Axis;
use canvas::Canvas;
use lmc_base::error::Result;

pub use axis::{nice_ticks, plain as plain_number};
pub(crate) use canvas::plain_text;
pub(crate) use canvas::text_width;
pub(crate) use colour::{COLOURS, Colour};
pub(crate) use legend::{more_rows, room_beside};
pub(crate) use raster::{png, png_in_full};
pub(crate) use scales::named as named_scale;

/// Two axes and the traces drawn on them.
struct Panel<'a> {
    x: Axis<'a>,
    y: Axis<'a>,
    traces: Vec<&'a Value>,
}

/// The whole figure and its plotting area, in pixels.
struct Page<'a> {
    layout: &'a Value,
    width: f64,
    height: f64,
    /// Left, top, right and bottom edge of the plotting area.
    area: [f64; 4],
}

impl<'a> Page<'a> {
    fn new(layout: &'a Value) -> Page<'a> {
        let size = |pointer, default| number(layout, pointer).unwrap_or(default);
        let (width, height) = (size("/width", 700.0).max(1.0), size("/height", 450.0).max(1.0));
        let (left, right) = (size("/margin/l", 80.0), size("/margin/r", 80.0));
        let (top, bottom) = (size("/margin/t", 100.0), size("/margin/b", 80.0));
        Page { layout, width, height, area: [left, top, width - right, height - bottom] }
    }

    /// Returns the pixel of a horizontal position of the plotting area, 0 to 1.
    fn x(&self, share: f64) -> f64 {
        self.area[0] + share * (self.area[2] - self.area[0])
    }

    /// Returns the pixel of a vertical position of the plotting area, 0 (bottom) to 1.
    fn y(&self, share: f64) -> f64 {
        self.area[3] - share * (self.area[3] - self.area[1])
    }
}

/// Returns the SVG text of a description `{data, layout}`.
pub(crate) fn svg(figure: &Value) -> Result<String> {
    let page = Page::new(&figure["layout"]);
    let traces = super::json::items(figure, "/data");
    let panels = panels(&page, traces);
    let mut canvas = Canvas::new(page.width, page.height);
    let paper = text(page.layout, "/paper_bgcolor").and_then(Colour::parse).unwrap_or(Colour::WHITE);
    canvas.rectangle([0.0, 0.0, page.width, page.height], Some(paper), None);
    for panel in &panels {
        frame::background(&mut canvas, panel, &page);
        frame::grid(&mut canvas, panel);
        // Drawing a clip costs more than everything else, and most figures have nothing outside their panels.
        let spills = panel.x.spills() || panel.y.spills();
        if spills {
            canvas.clip([panel.x.start, panel.y.end, panel.x.end, panel.y.start]);
        }
        for trace in &panel.traces {
            marks::draw(&mut canvas, panel, trace)?;
        }
        if spills {
            canvas.unclip();
        }
        frame::axes(&mut canvas, panel);
    }
    space::draw(&mut canvas, &page, traces)?;
    for trace in traces.iter().filter(|trace| is_visible(trace)) {
        legend::colour_bar(&mut canvas, &page, trace)?;
    }
    legend::legend(&mut canvas, &page, traces);
    labels::annotations(&mut canvas, &page, &panels);
    labels::title(&mut canvas, &page);
    Ok(canvas.finish())
}

/// Returns the panels in order of their first trace; a trace that is not visible is on none.
fn panels<'a>(page: &Page<'a>, traces: &'a [Value]) -> Vec<Panel<'a>> {
    let mut grouped: Vec<(&str, &str, Vec<&Value>)> = Vec::new();
    for trace in traces.iter().filter(|trace| is_visible(trace) && !is_in_scene(trace)) {
        let (x, y) = (text(trace, "/xaxis").unwrap_or("x"), text(trace, "/yaxis").unwrap_or("y"));
        match grouped.iter_mut().find(|(known_x, known_y, _)| (*known_x, *known_y) == (x, y)) {
            Some((_, _, members)) => members.push(trace),
            None => grouped.push((x, y, vec![trace])),
        }
    }
    // As in plotly, cells lie below bars, and bars below lines and dots.
    let layer =
        |trace: &&Value| ["heatmap", "bar"].iter().position(|kind| text(trace, "/type") == Some(kind));
    grouped.iter_mut().for_each(|(.., members)| members.sort_by_key(|trace| layer(trace).unwrap_or(2)));
    grouped
        .into_iter()
        .map(|(x, y, members)| Panel {
            x: Axis::horizontal(page, x, &members),
            y: Axis::vertical(page, y, &members),
            traces: members,
        })
        .collect()
}

/// Returns whether a trace is drawn at first.
fn is_visible(trace: &Value) -> bool {
    trace.get("visible").is_none_or(|visible| visible == &Value::Bool(true))
}
