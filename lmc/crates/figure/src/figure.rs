//! Figures: one plotly description each, which is shown, drawn and saved.

use std::fmt;
use std::path::Path;

use lmc_base::error::{LmcError, Result};
use lmc_base::file::write_atomic;
use plotly::Plot;

use crate::{draw, json};

/// A figure: a plotly description that can also be drawn without a browser.
///
/// In a notebook, a cell that ends with a figure shows it. [`Figure::new`] takes any [`Plot`] of scatter,
/// heatmap and bar traces.
#[derive(Clone)]
pub struct Figure {
    pub(crate) plot: Plot,
}

impl Figure {
    /// Returns a figure of that plot.
    pub fn new(plot: Plot) -> Figure {
        Figure { plot }
    }

    /// Returns the plotly description.
    pub fn plot(&self) -> &Plot {
        &self.plot
    }

    /// Returns the plotly description, to be added to or changed; `Figure::new` makes it a figure again.
    pub fn into_plot(self) -> Plot {
        self.plot
    }

    /// Returns the title, or the empty text.
    pub fn title(&self) -> String {
        let described = json::describe(&self.plot).unwrap_or_default();
        draw::plain_text(json::text(&described, "/layout/title/text").unwrap_or_default())
    }

    /// Returns the plotly description as compact JSON, numbers rounded to 6 significant digits.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if the plot cannot be serialised.
    pub fn to_json(&self) -> Result<String> {
        Ok(json::describe(&self.plot)?.to_string())
    }

    /// Returns the figure as SVG text.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if the plot has a kind of trace that is not drawn here.
    pub fn to_svg(&self) -> Result<String> {
        draw::svg(&json::describe(&self.plot)?)
    }

    /// Returns the figure as PNG bytes, two pixels for each CSS pixel.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if the plot has a kind of trace that is not drawn here.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        self.to_png_at(2.0)
    }

    /// Returns the figure as PNG bytes, `scale` pixels for each CSS pixel.
    ///
    /// # Errors
    /// [`LmcError::Figure`] as for [`Figure::to_png`], and for a scale that leaves no pixels or too many.
    pub fn to_png_at(&self, scale: f32) -> Result<Vec<u8>> {
        draw::png(&self.to_svg()?, scale)
    }

    /// Writes the figure to `path` as PNG, SVG, HTML or plotly JSON, by the extension of `path`. HTML has
    /// plotly in it, 7 MB, and needs no network. The file is there whole or not at all, and a missing folder
    /// is made.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another extension, [`LmcError::Io`] if it cannot be written,
    /// [`LmcError::Figure`] as for [`Figure::to_png`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => self.to_png()?,
            Some("svg") => self.to_svg()?.into_bytes(),
            Some("html") => self.page().into_bytes(),
            Some("json") => self.to_json()?.into_bytes(),
            other => {
                let known = ["png", "svg", "html", "json"].map(str::to_owned).to_vec();
                let name = other.unwrap_or_default().to_owned();
                return Err(LmcError::UnknownName { kind: "extension of a figure", name, known });
            }
        };
        write_atomic(path, &bytes)
    }
}

impl Figure {
    /// Returns the figure as a page that needs no network. A plot has only the addresses of its scripts; the page
    /// has the scripts themselves.
    fn page(&self) -> String {
        self.plot.to_html().replacen(&Plot::online_cdn_js(), &Plot::offline_js_sources(), 1)
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Figure({:?}, {} traces)", self.title(), self.plot.data().len())
    }
}

impl From<Plot> for Figure {
    fn from(plot: Plot) -> Figure {
        Figure::new(plot)
    }
}

#[cfg(test)]
mod tests {
    use plotly::{Layout, Pie, Scatter};

    use super::*;

    fn figure() -> Figure {
        let mut plot = Plot::new();
        plot.add_trace(Scatter::new(vec![0.0, 1.0], vec![1.0 / 3.0, 1.0]));
        plot.set_layout(Layout::new().title("a &lt; b").width(300).height(200));
        plot.into()
    }

    #[test]
    fn the_description_is_compact_and_rounded() {
        let json = figure().to_json().unwrap();
        assert!(json.contains("[0.333333,1.0]"), "{json}");
        assert!(!json.contains('\n') && !json.contains("null"));
    }

    #[test]
    fn debug_is_short() {
        assert_eq!(format!("{:?}", figure()), "Figure(\"a < b\", 1 traces)");
    }

    #[test]
    fn a_figure_is_saved_by_its_extension() {
        let folder = tempfile::tempdir().unwrap();
        for (name, start) in [("a.png", "\u{89}PNG"), ("a.svg", "<svg"), ("a.html", "<!"), ("a.json", "{")] {
            let path = folder.path().join(name);
            figure().save(&path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let latin: String = bytes[..8].iter().map(|&byte| char::from(byte)).collect();
            assert!(latin.starts_with(start), "{name}: {latin:?}");
        }
        // A page needs no network: plotly is in it.
        let page = std::fs::read_to_string(folder.path().join("a.html")).unwrap();
        assert!(page.contains("plotly.js v") && !page.contains("<script src"), "{} bytes", page.len());
        let error = figure().save(folder.path().join("a.gif")).unwrap_err().to_string();
        assert_eq!(error, "unknown extension of a figure `gif`; known: png, svg, html, json");
        figure().save(folder.path().join("new/a.svg")).unwrap();
        assert!(matches!(figure().save(folder.path().join("a.svg/b.svg")), Err(LmcError::Io { .. })));
    }

    #[test]
    fn an_image_has_the_scale_that_is_asked_for() {
        let size = |png: Vec<u8>| {
            let image = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
            (image.width(), image.height())
        };
        assert_eq!(size(figure().to_png().unwrap()), (600, 400));
        assert_eq!(size(figure().to_png_at(1.0).unwrap()), (300, 200));
        for scale in [0.0, -1.0, f32::NAN, 1e9] {
            assert!(matches!(figure().to_png_at(scale), Err(LmcError::Figure(_))), "{scale}");
        }
    }

    #[test]
    fn a_trace_that_is_not_drawn_is_refused_by_name() {
        let mut plot = Plot::new();
        plot.add_trace(Pie::new(vec![1.0]));
        let error = Figure::new(plot).to_svg().unwrap_err().to_string();
        assert!(error.contains("`pie`"), "{error}");
    }
}
