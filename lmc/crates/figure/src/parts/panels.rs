//! Panels of one size in rows.

use super::Place;
use crate::theme;

/// Panels of one size in rows, as wide as a figure allows; lengths in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Panels {
    n: usize,
    columns: usize,
    /// Width and height of a panel.
    size: [usize; 2],
    /// Room between columns and between rows.
    gap: [usize; 2],
    /// Left, right, top and bottom margin.
    margin: [usize; 4],
}

impl Panels {
    /// Makes `n` panels, `columns` in a row, of one height. `gap` is the room between columns and between
    /// rows, `margin` the left, right, top and bottom one.
    pub fn new(n: usize, columns: usize, height: usize, gap: [usize; 2], margin: [usize; 4]) -> Panels {
        let columns = columns.clamp(1, n.max(1));
        let room = theme::WIDTH.saturating_sub(margin[0] + margin[1] + (columns - 1) * gap[0]);
        Panels { n, columns, size: [(room / columns).max(1), height], gap, margin }
    }

    /// Makes `n` panels in rows of up to three, four as two rows of two.
    pub fn grid(n: usize, height: usize, gap: [usize; 2], margin: [usize; 4]) -> Panels {
        Panels::new(n, if n == 4 { 2 } else { n.min(3) }, height, gap, margin)
    }

    /// Returns the panels no wider than that, and the figure as narrow.
    pub fn at_most(mut self, width: usize) -> Panels {
        self.size[0] = self.size[0].min(width);
        self
    }

    /// Returns the panels with that height.
    pub fn tall(mut self, height: usize) -> Panels {
        self.size[1] = height;
        self
    }

    /// Returns the panels with that much less room above them, in CSS pixels.
    pub(super) fn lower(mut self, pixels: usize) -> Panels {
        self.margin[2] = self.margin[2].saturating_sub(pixels);
        self
    }

    /// Returns the width and height of a panel.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Returns the room between columns.
    pub(super) fn gap(&self) -> usize {
        self.gap[0]
    }

    /// Returns the margins: left, right, top and bottom.
    pub fn margin(&self) -> [usize; 4] {
        self.margin
    }

    fn rows(&self) -> usize {
        self.n.div_ceil(self.columns).max(1)
    }

    /// Returns the width and height of the plotting area.
    fn area(&self) -> [usize; 2] {
        let length = |count: usize, side: usize| count * self.size[side] + (count - 1) * self.gap[side];
        [length(self.columns, 0), length(self.rows(), 1)]
    }

    /// Returns the width and height of the figure.
    pub fn figure(&self) -> [usize; 2] {
        let ([width, height], [left, right, top, bottom]) = (self.area(), self.margin);
        [width + left + right, height + top + bottom]
    }

    /// Returns whether a panel is the first of its row.
    pub fn is_first(&self, panel: usize) -> bool {
        panel.is_multiple_of(self.columns)
    }

    /// Returns whether a panel has none below it.
    pub fn is_lowest(&self, panel: usize) -> bool {
        panel + self.columns >= self.n
    }

    /// Returns the shares of the plotting area that a panel takes: left and right, bottom and top.
    pub fn domains(&self, panel: usize) -> [[f64; 2]; 2] {
        let [width, height] = self.area().map(|side| side as f64);
        let (column, row) = (panel % self.columns, panel / self.columns);
        let left = (column * (self.size[0] + self.gap[0])) as f64 / width;
        let top = 1.0 - (row * (self.size[1] + self.gap[1])) as f64 / height;
        [[left, left + self.size[0] as f64 / width], [top - self.size[1] as f64 / height, top]]
    }

    /// Returns a place just above a panel: at its left, in its middle or at its right.
    pub fn above(&self, panel: usize, place: Place) -> [f64; 2] {
        let [[left, right], [_, top]] = self.domains(panel);
        [left + place.share() * (right - left), top]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_fill_the_width_of_a_figure() {
        let panels = Panels::grid(4, 100, [40, 30], [60, 20, 50, 50]);
        assert_eq!((panels.size(), panels.figure()), ([360, 100], [840, 330]));
        assert!(panels.is_first(2) && !panels.is_first(1) && panels.is_lowest(2) && !panels.is_lowest(1));
        let [across, up] = panels.domains(3);
        assert!((across[0] - 400.0 / 760.0).abs() < 1e-12 && (across[1] - 1.0).abs() < 1e-12);
        assert!(up[0].abs() < 1e-12 && (up[1] - 100.0 / 230.0).abs() < 1e-12);
        assert_eq!(Panels::grid(5, 100, [0, 0], [0; 4]).size()[0], 280);
        assert_eq!(Panels::grid(1, 100, [0, 0], [0; 4]).at_most(300).figure(), [300, 100]);
    }
}
