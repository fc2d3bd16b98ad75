//! The common look: colours, sizes, titles and axes.

pub use lmc_base::show::counted;
use plotly::Layout;
use plotly::common::{Anchor, ColorScale, ColorScaleElement, Font, Orientation, Title};
use plotly::layout::{Annotation, Axis, Legend, Margin, TicksDirection};

/// Width of a figure, CSS pixels.
pub const WIDTH: usize = 840;
/// Room for the title and the legend above the panels, CSS pixels.
pub const TOP: usize = 92;
/// Room for the ticks and the title of the x axis, CSS pixels.
pub const BOTTOM: usize = 64;
/// Room for the ticks and the title of the y axis, CSS pixels.
pub const LEFT: usize = 78;
/// Room at the right, CSS pixels.
pub const RIGHT: usize = 28;

/// Colour of text and axes.
pub const INK: &str = "#2b2b2b";
/// Colour of grid lines.
pub(crate) const GRID: &str = "#e6e6e6";

/// Colours that colour-blind readers can tell apart (Okabe and Ito 2008), darkest first.
const PALETTE: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d5d5d"];

/// Viridis (Smith and van der Walt 2015) at ninths: even steps of lightness, legible in grey and to the
/// colour-blind.
const VIRIDIS: [&str; 10] = [
    "#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b",
    "#fde725",
];

/// Returns the colour of the i-th group.
pub fn colour(index: usize) -> &'static str {
    PALETTE[index % PALETTE.len()]
}

/// Returns the scale of sequential colours in JSON.
pub(crate) fn viridis() -> serde_json::Value {
    stops(&VIRIDIS)
}

/// Returns the scale of colours on both sides of zero in JSON.
pub(crate) fn two_sided() -> serde_json::Value {
    stops(&DIVERGING)
}

fn stops(colours: &[&str]) -> serde_json::Value {
    let last = (colours.len() - 1) as f64;
    colours.iter().enumerate().map(|(i, colour)| serde_json::json!([i as f64 / last, colour])).collect()
}

/// Returns the scale of sequential colours.
pub fn sequential() -> ColorScale {
    scale(&VIRIDIS)
}

/// Blue over white to red (ColorBrewer's RdBu, Brewer 1994, reversed): below and above zero, legible to the
/// colour-blind.
const DIVERGING: [&str; 9] =
    ["#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b"];

/// Returns the scale of colours on both sides of zero.
pub fn diverging() -> ColorScale {
    scale(&DIVERGING)
}

fn scale(stops: &[&str]) -> ColorScale {
    let last = (stops.len() - 1) as f64;
    let stops = stops.iter().enumerate();
    ColorScale::Vector(
        stops.map(|(i, stop)| ColorScaleElement(i as f64 / last, (*stop).to_owned())).collect(),
    )
}

/// Returns text that stays text in plotly's small HTML subset.
pub fn label(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns the look without axes: title, font, margins, background, legend in one line above the panels.
pub fn layout(title: &str, width: usize, height: usize) -> Layout {
    let plot_height = (height - TOP - BOTTOM) as f64;
    let above = |pixels: f64| 1.0 + pixels / plot_height;
    Layout::new()
        .title(
            Title::with_text(title)
                .font(Font::new().size(17).color(INK))
                .x(LEFT as f64 / width as f64)
                .x_anchor(Anchor::Left)
                .y(1.0 - 22.0 / height as f64)
                .y_anchor(Anchor::Middle),
        )
        .font(font(13))
        .width(width)
        .height(height)
        .margin(Margin::new().left(LEFT).right(RIGHT).top(TOP).bottom(BOTTOM))
        .paper_background_color("#ffffff")
        .plot_background_color("#ffffff")
        .legend(
            Legend::new()
                .orientation(Orientation::Horizontal)
                .x(0.0)
                .x_anchor(Anchor::Left)
                .y(above(30.0))
                .y_anchor(Anchor::Bottom),
        )
}

/// Returns the font of text of that size in the common colour.
pub fn font(size: usize) -> Font {
    Font::new().family("DejaVu Sans, Verdana, sans-serif").size(size).color(INK)
}

/// Returns the same font in JSON.
pub(crate) fn font_of(size: usize) -> serde_json::Value {
    serde_json::json!({"family": "DejaVu Sans, Verdana, sans-serif", "size": size, "color": INK})
}

/// Returns an axis with its title (name and unit).
pub fn axis(title: &str) -> Axis {
    Axis::new()
        .title(Title::with_text(title).font(font(13)))
        .show_line(true)
        .line_color(INK)
        .line_width(1)
        .ticks(TicksDirection::Outside)
        .tick_length(5)
        .tick_color(INK)
        .tick_font(font(12))
        .grid_color(GRID)
        .zero_line(false)
}

/// Returns a note without an arrow at (x, y) of the whole plotting area, (0, 0) at the lower left.
pub fn note(text: &str, x: f64, y: f64, x_anchor: Anchor, y_anchor: Anchor) -> Annotation {
    Annotation::new()
        .text(text)
        .x_ref("paper")
        .y_ref("paper")
        .x(x)
        .y(y)
        .x_anchor(x_anchor)
        .y_anchor(y_anchor)
        .show_arrow(false)
        .font(font(13))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_repeat_and_never_fail() {
        assert_eq!(colour(0), colour(PALETTE.len()));
        assert_ne!(colour(0), colour(1));
    }

    #[test]
    fn labels_keep_their_signs() {
        assert_eq!(label("a<b> & c"), "a&lt;b&gt; &amp; c");
    }
}
