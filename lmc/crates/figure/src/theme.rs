//! The common look: colours, sizes and fonts.

pub use lmc_base::show::counted;
use serde_json::{Value, json};

/// Width of a figure, CSS pixels: that of a notebook's cell at JupyterLab's default layout.
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

/// Blue over white to red (ColorBrewer's RdBu, Brewer 1994, reversed): below and above zero, legible to the
/// colour-blind.
const DIVERGING: [&str; 9] =
    ["#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b"];

/// Returns the colour of the i-th group.
pub fn colour(index: usize) -> &'static str {
    PALETTE[index % PALETTE.len()]
}

/// Returns the scale of sequential colours.
pub(crate) fn sequential() -> Value {
    stops(&VIRIDIS)
}

/// Returns the scale of colours on both sides of zero.
pub(crate) fn two_sided() -> Value {
    stops(&DIVERGING)
}

/// Returns the light on a surface, which leaves its colours close to those of their scale.
pub(crate) fn lighting() -> Value {
    json!({"ambient": 0.9, "diffuse": 0.2, "specular": 0.0, "roughness": 1.0, "fresnel": 0.0})
}

fn stops(colours: &[&str]) -> Value {
    let last = (colours.len() - 1) as f64;
    colours.iter().enumerate().map(|(i, colour)| json!([i as f64 / last, colour])).collect()
}

/// Returns text that stays text in plotly's small HTML subset.
pub fn label(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns the font of text of that size in the common colour.
pub(crate) fn font(size: usize) -> Value {
    json!({"family": "DejaVu Sans, Verdana, sans-serif", "size": size, "color": INK})
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
