//! Groups of models in panels side by side on one scale (Juneja et al. 2023, Figs. 19 and 20).

mod heatmaps;
mod histograms;
mod intervals;
#[cfg(test)]
mod tests;

use plotly::Layout;
use plotly::common::{Anchor, Title};
use plotly::layout::{Annotation, Margin};
use polars::prelude::DataFrame;

use super::{curves, theme};
use crate::{LmcError, Result};

pub use heatmaps::group_heatmaps;
pub use histograms::group_histograms;
pub use intervals::comparison_intervals;

/// A layout has room for 8 axes of each kind.
const MOST_PANELS: usize = 8;

/// One group of models: a panel of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPanel {
    /// The title above the panel.
    pub title: String,
    /// The [`GAPS`](crate::table::GAPS) of the group.
    pub gaps: DataFrame,
    /// Its [`BASINS`](crate::table::BASINS).
    pub basins: DataFrame,
    /// Its [`EVALUATIONS`](crate::table::EVALUATIONS).
    pub evaluations: DataFrame,
}

impl GroupPanel {
    /// Makes a panel of those tables, which are copied.
    pub fn new(title: &str, gaps: &DataFrame, basins: &DataFrame, evaluations: &DataFrame) -> GroupPanel {
        GroupPanel {
            title: title.to_owned(),
            gaps: gaps.clone(),
            basins: basins.clone(),
            evaluations: evaluations.clone(),
        }
    }
}

/// Panels of one size in rows, up to three in a row and four as two rows of two; lengths in CSS pixels.
pub(super) struct Panels {
    pub(super) n: usize,
    /// Width and height of a panel.
    pub(super) size: [usize; 2],
    /// Room between columns and between rows.
    pub(super) gap: [usize; 2],
    /// Left, right, top and bottom margin.
    pub(super) margin: [usize; 4],
}

impl Panels {
    fn columns(&self) -> usize {
        if self.n == 4 { 2 } else { self.n.min(3) }
    }

    fn rows(&self) -> usize {
        self.n.div_ceil(self.columns().max(1))
    }

    /// Returns the width and height of the plotting area.
    fn area(&self) -> [usize; 2] {
        let length =
            |count: usize, side: usize| count * self.size[side] + count.saturating_sub(1) * self.gap[side];
        [length(self.columns(), 0), length(self.rows(), 1)]
    }

    /// Returns the width and height of the figure.
    fn figure(&self) -> [usize; 2] {
        let ([width, height], [left, right, top, bottom]) = (self.area(), self.margin);
        [width + left + right, height + top + bottom]
    }

    fn place(&self, index: usize) -> [usize; 2] {
        [index % self.columns(), index / self.columns()]
    }

    /// Returns whether a panel is the first of its row, and whether it has no panel below it.
    pub(super) fn at_edge(&self, index: usize) -> [bool; 2] {
        [self.place(index)[0] == 0, index + self.columns() >= self.n]
    }

    /// Returns the shares of the plotting area that a panel takes: left and right, bottom and top.
    pub(super) fn domains(&self, index: usize) -> [[f64; 2]; 2] {
        let ([column, row], [width, height]) = (self.place(index), self.area().map(|side| side as f64));
        let left = (column * (self.size[0] + self.gap[0])) as f64 / width;
        let top = 1.0 - (row * (self.size[1] + self.gap[1])) as f64 / height;
        let (across, down) = (self.size[0] as f64 / width, self.size[1] as f64 / height);
        [[left, left + across], [top - down, top]]
    }

    /// Returns the look without axes: title, margins, size.
    pub(super) fn layout(&self, title: &str) -> Layout {
        let ([width, height], [left, right, top, bottom]) = (self.figure(), self.margin);
        theme::layout(title, width, height)
            .margin(Margin::new().left(left).right(right).top(top).bottom(bottom))
            .title(
                Title::with_text(title)
                    .font(theme::font(17))
                    .x(left as f64 / width as f64)
                    .x_anchor(Anchor::Left)
                    .y(1.0 - 22.0 / height as f64)
                    .y_anchor(Anchor::Middle),
            )
    }

    /// Returns the title of a panel, above it.
    pub(super) fn title(&self, index: usize, text: &str) -> Annotation {
        let [x, y] = self.domains(index);
        theme::note(text, (x[0] + x[1]) / 2.0, y[1], Anchor::Center, Anchor::Bottom)
    }
}

/// Returns Plotly's names of the axes of a panel.
pub(super) fn axis_names(index: usize) -> [String; 2] {
    ["x", "y"].map(|letter| curves::axis_name(letter, index + 1))
}

fn check_number(n: usize, field: &'static str) -> Result<()> {
    if (1..=MOST_PANELS).contains(&n) {
        return Ok(());
    }
    Err(LmcError::invalid(field, n, format!("1 to {MOST_PANELS}")))
}
