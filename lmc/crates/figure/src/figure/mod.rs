//! Figures: one plotly description each, which is shown, drawn and saved.

mod change;
mod fit;
mod notes;
mod shown;

use std::fmt;
use std::path::Path;

use lmc_base::error::{LmcError, Result};
use lmc_base::file::write_atomic;
use plotly::Plot;
use serde_json::{Value, json};

use crate::{draw, drawable, json};

pub(crate) use fit::titles_fitted;

/// A figure: a plotly description that can also be drawn without a browser.
///
/// In a notebook, a cell that ends with a figure shows it. Every figure takes [`title`](Figure::title),
/// [`size`](Figure::size) and [`colours`](Figure::colours), and is saved by [`save`](Figure::save).
///
/// # Examples
/// ```
/// # extern crate lmc_figure as lmc;
/// use lmc::Figure;
/// use plotly::{Plot, Scatter};
///
/// let mut plot = Plot::new();
/// plot.add_trace(Scatter::new(vec![1.0, 10.0, 100.0], vec![3.0, 2.0, 1.0]));
/// let figure = Figure::new(plot)?.title("Loss").size(500, 300)?.colours(["#d55e00"])?.logarithmic_x()?;
/// assert!(figure.to_svg()?.contains(">Loss<"));
/// # Ok::<(), lmc::LmcError>(())
/// ```
#[derive(Clone)]
pub struct Figure {
    /// `{data, layout, config}`, which can be drawn.
    described: Value,
    /// Facts below the drawing.
    notes: Vec<String>,
}

impl Figure {
    /// Returns a figure of a plot: scatter, heatmap and bar traces on linear, logarithmic and category axes,
    /// surface and scatter3d traces in scenes.
    /// A colour, a size or a scale that the plot leaves open becomes the one of this crate's look.
    ///
    /// # Errors
    /// [`LmcError::Figure`] for a trace, an axis or a setting that cannot be drawn here; the error names it
    /// and lists what can be drawn.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_figure as lmc;
    /// use lmc::Figure;
    /// use plotly::{Plot, Scatter};
    ///
    /// let mut plot = Plot::new();
    /// plot.add_trace(Scatter::new(vec![1.0, 10.0, 100.0], vec![3.0, 2.0, 1.0]));
    /// assert!(Figure::new(plot)?.title("Loss").to_svg()?.contains(">Loss<"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(plot: Plot) -> Result<Figure> {
        Figure::described(json::describe(&plot)?)
    }

    /// Returns the figure of a plotly description in JSON, such as [`Figure::to_json`] gives.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if the text is not JSON, and those of [`Figure::new`].
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_figure as lmc;
    /// use lmc::Figure;
    ///
    /// let figure = Figure::from_json(r#"{"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}]}"#)?;
    /// assert!(figure.to_svg()?.contains(">b<"));
    /// let error = Figure::from_json(r#"{"data": [{"type": "pie"}]}"#).unwrap_err().to_string();
    /// assert!(error.starts_with("figure: trace 1 is of type `pie`; drawn are scatter, bar,"), "{error}");
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Figure> {
        let value = serde_json::from_str(text).map_err(|error| LmcError::Figure(error.to_string()))?;
        Figure::described(json::tidy(value)?)
    }

    /// Returns the figure of a description, if it can be drawn.
    pub(crate) fn described(description: Value) -> Result<Figure> {
        let described = drawable::completed(description);
        drawable::check(&described)?;
        Ok(Figure { described, notes: Vec::new() })
    }

    /// Returns the description with its notes.
    fn whole(&self) -> Value {
        notes::placed(&self.described, &self.notes)
    }

    /// Returns the number of traces.
    fn n_traces(&self) -> usize {
        json::items(&self.described, "/data").len()
    }

    /// Returns the plotly description as compact JSON, numbers rounded to 6 significant digits.
    pub fn to_json(&self) -> String {
        self.whole().to_string()
    }

    /// Returns the figure as SVG text.
    ///
    /// # Errors
    /// [`LmcError::Figure`] for a logarithmic axis whose range is empty.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_figure as lmc;
    /// use lmc::Figure;
    ///
    /// let figure = Figure::from_json(r#"{"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}]}"#)?;
    /// assert!(figure.to_svg()?.contains("</svg>"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn to_svg(&self) -> Result<String> {
        draw::svg(&self.whole())
    }

    /// Returns the figure as PNG bytes, two pixels for each CSS pixel.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if the figure is too large for an image.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        self.to_png_at(2.0)
    }

    /// Returns the figure as PNG bytes, `scale` pixels for each CSS pixel.
    ///
    /// # Errors
    /// [`LmcError::Figure`] for a scale that leaves no pixels or too many.
    pub fn to_png_at(&self, scale: f32) -> Result<Vec<u8>> {
        let has_surface = json::items(&self.described, "/data").iter().any(json::is_in_scene);
        let png = if has_surface { draw::png_in_full } else { draw::png };
        png(&self.to_svg()?, scale)
    }

    /// Returns the figure as an HTML page. Plotly, 4.5 MB, is in it, so that it needs no network.
    pub fn to_html(&self) -> String {
        let whole = self.whole();
        let part = |name: &str| whole.get(name).unwrap_or(&json!({})).to_string().replace("</", "<\\/");
        let scripts = Plot::offline_js_sources();
        // Only plotly is taken: the script after it is for formulas, which figures do not have.
        let plotly = scripts.split_once("</script>").map_or("", |(plotly, _)| plotly);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title>\n{plotly}</script>\n\
             </head>\n<body>\n<div id=\"figure\"></div>\n<script>Plotly.newPlot(\"figure\", {}, {}, {});</script>\n\
             </body>\n</html>\n",
            lmc_base::show::escape(&self.heading()),
            part("data"),
            part("layout"),
            part("config"),
        )
    }

    /// Writes the figure to `path` as PNG, SVG, HTML or plotly JSON, by the extension of `path`. HTML has
    /// plotly in it and needs no network. The file is there whole or not at all, and a missing folder is
    /// made.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another extension, [`LmcError::Io`] if it cannot be written,
    /// [`LmcError::Figure`] as for [`Figure::to_png`].
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_figure as lmc;
    /// use lmc::Figure;
    ///
    /// let figure = Figure::from_json(r#"{"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}]}"#)?;
    /// let path = std::env::temp_dir().join(format!("figure-{}.svg", std::process::id()));
    /// figure.save(&path)?; // or .png, .html, .json
    /// assert!(path.exists());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => self.to_png()?,
            Some("svg") => self.to_svg()?.into_bytes(),
            Some("html") => self.to_html().into_bytes(),
            Some("json") => self.to_json().into_bytes(),
            other => {
                let known = ["png", "svg", "html", "json"].map(str::to_owned).to_vec();
                let name = other.unwrap_or_default().to_owned();
                return Err(LmcError::UnknownName { kind: "extension of a figure", name, known });
            }
        };
        write_atomic(path, &bytes)
    }

    /// Returns the title as plain text, or the empty text.
    fn heading(&self) -> String {
        draw::plain_text(json::text(&self.described, "/layout/title/text").unwrap_or_default())
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Figure({:?}, {} traces)", self.heading(), self.n_traces())
    }
}

impl TryFrom<Plot> for Figure {
    type Error = LmcError;

    fn try_from(plot: Plot) -> Result<Figure> {
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
        Figure::new(plot).unwrap()
    }

    #[test]
    fn the_description_is_compact_and_rounded() {
        let json = figure().to_json();
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
        assert!(page.contains("<title>a &lt; b</title>") && page.len() < 6_000_000, "plotly alone");
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
        let error = Figure::new(plot).unwrap_err().to_string();
        assert!(error.contains("`pie`"), "{error}");
    }
}
