//! A figure of an excess loss within basins and across: rows of intervals with a dot in each.

use lmc_figure::parts::{Axis, Chart, Mark, Note, Panels, Place, Symbol};
use lmc_figure::theme;

use super::Figure;
use super::basins::kind_colour;
use super::rows::named;
use crate::Result;

/// Height of a row, CSS pixels.
const ROW: usize = 30;
/// Left, right, top and bottom margin, CSS pixels; the names of the rows are at the left.
const MARGIN: [usize; 4] = [176, theme::RIGHT, theme::TOP + 8, theme::BOTTOM];
/// The distance of a kind from the middle of its row, in rows.
const APART: f64 = 0.17;
/// The kinds with the names of their colours, their symbols and their names in the legend.
const KINDS: [(&str, &str, Symbol, &str); 3] = [
    ("within", "within 1", Symbol::Circle, "within a basin"),
    ("across", "across", Symbol::Diamond, "across basins"),
    ("alone", "alone", Symbol::Cross, "with a model in none"),
];

/// The mean of one kind in one row.
pub(crate) struct Dot<'a> {
    /// The name of the row.
    pub row: String,
    /// "within", "across" or "alone".
    pub kind: &'a str,
    pub excess: f64,
    /// The ends of its interval.
    pub ends: [f64; 2],
    /// The text that a reader who points at it sees.
    pub told: String,
}

/// The words of the figure.
pub(crate) struct Words<'a> {
    pub title: &'a str,
    /// The meaning of the dashed line at zero.
    pub zero: &'a str,
    /// The title of the axis.
    pub axis: String,
}

/// Returns the figure; rows stand in the order in which they first come.
pub(crate) fn kind_dots(dots: &[Dot], words: &Words) -> Result<Figure> {
    let labels: Vec<String> = dots.iter().map(|dot| dot.row.clone()).collect();
    let rows = named(&labels);
    let n = rows.len();
    let mut chart = Chart::of(words.title, Panels::new(1, 1, ROW * (n + 1), [0, 0], MARGIN));
    chart.add(Mark::line([0.0, 0.0], [-0.6, n as f64 - 0.4]).dashed().wide(1.0).coloured(theme::INK));
    let place = chart.panels().above(0, Place::End);
    chart.note(Note::above(place, words.zero, Place::End).sized(11));
    for (number, (kind, colour, symbol, legend)) in KINDS.into_iter().enumerate() {
        let own: Vec<&Dot> = dots.iter().filter(|dot| dot.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        let height = |dot: &Dot| {
            let row = rows.iter().position(|row| **row == dot.row).unwrap_or(0);
            row as f64 + APART * (2.0 * number as f64 - 1.0)
        };
        let heights: Vec<f64> = own.iter().map(|dot| height(dot)).collect();
        let ends = |end: usize| own.iter().map(|dot| dot.ends[end]).collect::<Vec<_>>();
        let colour = kind_colour(colour);
        chart.add(Mark::level_intervals(&ends(0), &ends(1), &heights).coloured(colour));
        let dots = Mark::dots(own.iter().map(|dot| dot.excess), heights).shaped(symbol).coloured(colour);
        let told = own.iter().map(|dot| dot.told.clone());
        chart.add(dots.named(legend).texts(told).telling("%{text}<br>%{x:.4f} nats"));
    }
    let y = Axis::new("").range(n as f64 - 0.4, -0.6);
    let y = y.ticks(rows.iter().enumerate().map(|(i, row)| (i as f64, row)));
    chart.axes(Axis::new(&words.axis), y);
    chart.figure()
}
