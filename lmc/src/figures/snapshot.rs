//! SVG snapshots of figures, kept beside their tests, so that a change of a picture is seen.

use super::Figure;
use crate::file::sha256;

/// Lines longer than that are kept as a digest: the fine cells of a smooth surface.
const LONGEST: usize = 4000;

/// Returns the SVG of a figure for its snapshot.
///
/// # Panics
/// If the figure is wider than 840 CSS pixels, a cell of a notebook at JupyterLab's default layout.
pub(crate) fn svg(figure: &Figure) -> String {
    let svg = figure.to_svg().unwrap();
    let width = svg.split("width=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(width.parse::<f64>().unwrap() <= 840.0, "{figure:?} is {width} pixels wide");
    let line = |line: &str| match line.len() > LONGEST {
        true => format!("{} … {} bytes, sha256 {}", &line[..60], line.len(), sha256(line.as_bytes())),
        false => line.to_owned(),
    };
    svg.lines().map(line).collect::<Vec<_>>().join("\n")
}
