//! SVG text, one element after another.

use std::fmt::{Arguments, Write};

use super::colour::Colour;

/// Advance widths of the characters from space to tilde in DejaVu Sans, in 1/2048 of the font size.
#[rustfmt::skip]
const ADVANCES: [u16; 95] = [
    651, 821, 942, 1716, 1303, 1946, 1597, 563, 799, 799, 1024, 1716, 651, 739, 651, 690, 1303, 1303, 1303, 1303,
    1303, 1303, 1303, 1303, 1303, 1303, 690, 690, 1716, 1716, 1716, 1087, 2048, 1401, 1405, 1430, 1577, 1294, 1178,
    1587, 1540, 604, 604, 1343, 1141, 1767, 1532, 1612, 1235, 1612, 1423, 1300, 1251, 1499, 1401, 2025, 1403, 1251,
    1403, 799, 690, 799, 1716, 1024, 1024, 1255, 1300, 1126, 1300, 1260, 721, 1300, 1298, 569, 569, 1186, 569, 1995,
    1298, 1253, 1300, 1300, 842, 1067, 803, 1298, 1212, 1675, 1212, 1212, 1075, 1303, 690, 1303, 1716,
];

/// Returns the width of a line of text, in the unit of `size`.
pub fn text_width(text: &str, size: f64) -> f64 {
    let advance = |character: char| {
        let index = (character as usize).checked_sub(32);
        f64::from(index.and_then(|index| ADVANCES.get(index)).copied().unwrap_or(1303)) / 2048.0
    };
    plain_text(text).chars().map(advance).sum::<f64>() * size
}

/// Returns text with plotly's entities resolved and its line breaks as spaces.
pub fn plain_text(text: &str) -> String {
    text.replace("<br>", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The look of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke<'a> {
    pub(super) colour: Colour,
    /// The width in pixels.
    pub(super) width: f64,
    /// Plotly's name of the dash pattern: "solid", "dot", "dash", "longdash", "dashdot", "longdashdot".
    pub(super) dash: &'a str,
}

impl Stroke<'_> {
    pub(super) fn solid(colour: Colour, width: f64) -> Stroke<'static> {
        Stroke { colour, width, dash: "solid" }
    }
}

/// A line of text and its place.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) colour: Colour,
    /// Share of its width to the left of x: 0, 0.5 or 1.
    pub(super) across: f64,
    /// Share of its height above y: 0, 0.5 or 1.
    pub(super) up: f64,
    /// The angle in degrees, clockwise.
    pub(super) angle: f64,
}

/// An SVG document that grows.
pub(super) struct Canvas {
    body: String,
    n_clips: usize,
    n_scales: usize,
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64) -> Canvas {
        let mut canvas = Canvas { body: String::with_capacity(1 << 16), n_clips: 0, n_scales: 0 };
        canvas.write(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n"
        ));
        canvas
    }

    /// Writes to the text, which cannot fail.
    fn write(&mut self, what: Arguments<'_>) {
        let _ = self.body.write_fmt(what);
    }

    fn paint(&mut self, fill: Option<Colour>, stroke: Option<Stroke<'_>>) {
        match fill {
            Some(colour) => {
                self.write(format_args!(" fill=\"{}\"", colour.hex()));
                if colour.alpha < 1.0 {
                    self.write(format_args!(" fill-opacity=\"{:.3}\"", colour.alpha));
                }
            }
            None => self.write(format_args!(" fill=\"none\"")),
        }
        let Some(stroke) = stroke else { return };
        self.write(format_args!(" stroke=\"{}\" stroke-width=\"{:.2}\"", stroke.colour.hex(), stroke.width));
        if stroke.colour.alpha < 1.0 {
            self.write(format_args!(" stroke-opacity=\"{:.3}\"", stroke.colour.alpha));
        }
        let pattern: &[f64] = match stroke.dash {
            "dot" => &[1.0, 2.0],
            "dash" => &[4.0, 3.0],
            "longdash" => &[8.0, 4.0],
            "dashdot" => &[4.0, 2.5, 1.0, 2.5],
            "longdashdot" => &[8.0, 3.0, 1.0, 3.0],
            _ => return,
        };
        let lengths: Vec<_> = pattern.iter().map(|length| format!("{:.1}", length * stroke.width)).collect();
        self.write(format_args!(" stroke-dasharray=\"{}\"", lengths.join(",")));
    }

    /// Draws a rectangle from its left, top, right and bottom edge.
    pub(super) fn rectangle(
        &mut self,
        [l, t, r, b]: [f64; 4],
        fill: Option<Colour>,
        stroke: Option<Stroke<'_>>,
    ) {
        let (width, height) = ((r - l).max(0.0), (b - t).max(0.0));
        self.write(format_args!(
            "<rect x=\"{l:.2}\" y=\"{t:.2}\" width=\"{width:.2}\" height=\"{height:.2}\""
        ));
        self.paint(fill, stroke);
        self.body.push_str("/>\n");
    }

    /// Draws a rectangle, from its left, top, right and bottom edge, in a scale of colours from its lower to
    /// its upper edge.
    pub(super) fn shaded(&mut self, [l, t, r, b]: [f64; 4], stops: &[(f64, Colour)]) {
        let n = self.n_scales;
        self.n_scales += 1;
        self.write(format_args!("<linearGradient id=\"scale{n}\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">"));
        for (share, colour) in stops {
            self.write(format_args!("<stop offset=\"{share:.4}\" stop-color=\"{}\"/>", colour.hex()));
        }
        let (width, height) = ((r - l).max(0.0), (b - t).max(0.0));
        self.write(format_args!(
            "</linearGradient>\n<rect x=\"{l:.2}\" y=\"{t:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"url(#scale{n})\"/>\n"
        ));
    }

    /// Draws many rectangles of one colour with sharp edges, from their left, top, right and bottom edges.
    pub(super) fn cells(&mut self, cells: &[[f64; 4]], fill: Colour) {
        self.body.push_str("<path shape-rendering=\"crispEdges\" d=\"");
        for [l, t, r, b] in cells {
            self.write(format_args!("M{l:.2} {t:.2}H{r:.2}V{b:.2}H{l:.2}Z"));
        }
        self.body.push('"');
        self.paint(Some(fill), None);
        self.body.push_str("/>\n");
    }

    /// Draws four-cornered patches, later ones over earlier ones. Each has an edge in its own colour, so that
    /// neighbours leave no seam.
    pub(super) fn patches(&mut self, patches: &[([(f64, f64); 4], Colour)]) {
        self.body.push_str(
            "<g fill=\"currentColor\" stroke=\"currentColor\" stroke-width=\"0.6\" stroke-linejoin=\"round\">",
        );
        for ([a, b, c, d], colour) in patches {
            self.write(format_args!(
                "<path color=\"{}\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
                colour.hex(),
                a.0,
                a.1,
                b.0,
                b.1,
                c.0,
                c.1,
                d.0,
                d.1
            ));
        }
        self.body.push_str("</g>\n");
    }

    /// Draws lines from point to point as one: where they cross, a faded colour stays as faded.
    pub(super) fn lines(&mut self, lines: &[Vec<(f64, f64)>], stroke: Stroke<'_>) {
        self.body.push_str("<path d=\"");
        for line in lines.iter().filter(|line| line.len() > 1) {
            for (i, (x, y)) in line.iter().enumerate() {
                let letter = if i == 0 { 'M' } else { 'L' };
                self.write(format_args!("{letter}{x:.2} {y:.2}"));
            }
        }
        self.body.push_str("\" stroke-linejoin=\"round\"");
        self.paint(None, Some(stroke));
        self.body.push_str("/>\n");
    }

    /// Draws a line from point to point.
    pub(super) fn line(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        if points.len() < 2 {
            return;
        }
        self.body.push_str("<polyline points=\"");
        for (x, y) in points {
            self.write(format_args!("{x:.2},{y:.2} "));
        }
        self.body.push_str("\" stroke-linejoin=\"round\"");
        self.paint(None, Some(stroke));
        self.body.push_str("/>\n");
    }

    /// Draws a closed shape from point to point.
    pub(super) fn polygon(
        &mut self,
        points: &[(f64, f64)],
        fill: Option<Colour>,
        stroke: Option<Stroke<'_>>,
    ) {
        self.body.push_str("<polygon points=\"");
        for (x, y) in points {
            self.write(format_args!("{x:.2},{y:.2} "));
        }
        self.body.push('"');
        self.paint(fill, stroke);
        self.body.push_str("/>\n");
    }

    /// Draws a circle.
    pub(super) fn circle(
        &mut self,
        x: f64,
        y: f64,
        radius: f64,
        fill: Option<Colour>,
        stroke: Option<Stroke<'_>>,
    ) {
        self.write(format_args!("<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\""));
        self.paint(fill, stroke);
        self.body.push_str("/>\n");
    }

    /// Draws lines of text (separated by `<br>`), stacked and anchored as a block.
    pub(super) fn text(&mut self, text: &Text<'_>) {
        let lines: Vec<_> = text.text.split("<br>").collect();
        let height = 1.25 * text.size;
        // The middle of capital letters lies 0.36 of the size above the baseline.
        let first = 0.36 * text.size
            + height * ((0.5 - text.up) * lines.len() as f64 - 0.5 * (lines.len() as f64 - 1.0));
        for (i, line) in lines.iter().enumerate() {
            let anchor = ["start", "middle", "end"][(text.across * 2.0).clamp(0.0, 2.0) as usize];
            let (x, y, size) = (text.x, text.y, (text.size * 100.0).round() / 100.0);
            self.write(format_args!("<text font-size=\"{size}\" text-anchor=\"{anchor}\""));
            let baseline = first + height * i as f64;
            if text.angle == 0.0 {
                self.write(format_args!(" x=\"{x:.2}\" y=\"{:.2}\"", y + baseline));
            } else {
                let angle = text.angle;
                self.write(format_args!(
                    " transform=\"translate({x:.2} {y:.2}) rotate({angle})\" x=\"0\" y=\"{baseline:.2}\""
                ));
            }
            self.paint(Some(text.colour), None);
            self.body.push('>');
            self.body.push_str(&lmc_base::show::escape(&plain_text(line)));
            self.body.push_str("</text>\n");
        }
    }

    /// Starts a clip: from here on, only the part between these edges (left, top, right, bottom) is visible.
    pub(super) fn clip(&mut self, [l, t, r, b]: [f64; 4]) {
        let (n, width, height) = (self.n_clips, (r - l).max(0.0), (b - t).max(0.0));
        self.write(format_args!(
            "<clipPath id=\"clip{n}\"><rect x=\"{l:.2}\" y=\"{t:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/>\
             </clipPath>\n<g clip-path=\"url(#clip{n})\">\n"
        ));
        self.n_clips += 1;
    }

    /// Ends the last clip.
    pub(super) fn unclip(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// Returns the finished document.
    pub(super) fn finish(mut self) -> String {
        self.body.push_str("</svg>\n");
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        assert_eq!(text_width("iI", 2048.0), 569.0 + 604.0);
        assert_eq!(text_width("&lt;", 2048.0), 1716.0);
        assert_eq!(text_width("α", 2048.0), 1303.0);
    }

    #[test]
    fn text_is_escaped_once_and_broken_into_lines() {
        let mut canvas = Canvas::new(10.0, 10.0);
        let text = "a &lt; b &amp; c<br>d";
        canvas.text(&Text {
            text,
            x: 1.0,
            y: 2.0,
            size: 10.0,
            colour: Colour::INK,
            across: 0.5,
            up: 0.5,
            angle: 0.0,
        });
        let svg = canvas.finish();
        assert!(svg.contains(">a &lt; b &amp; c</text>") && svg.contains(">d</text>"), "{svg}");
        assert_eq!(svg.matches("text-anchor=\"middle\"").count(), 2);
    }
}
