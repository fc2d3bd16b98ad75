//! Panels side by side.

use plotly::Layout;
use plotly::common::{Anchor, Title};
use plotly::layout::{Annotation, Margin};

use super::{axes, theme};
use crate::{LmcError, Result};

/// A layout has room for 8 axes of each kind.
const MOST_PANELS: usize = 8;

/// Panels of one size in rows, up to three in a row and four as two rows of two; lengths in CSS pixels.
pub(crate) struct Panels {
    pub(crate) n: usize,
    /// Width and height of a panel.
    pub(crate) size: [usize; 2],
    /// Room between columns and between rows.
    pub(crate) gap: [usize; 2],
    /// Left, right, top and bottom margin.
    pub(crate) margin: [usize; 4],
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
    pub(crate) fn at_edge(&self, index: usize) -> [bool; 2] {
        [self.place(index)[0] == 0, index + self.columns() >= self.n]
    }

    /// Returns the shares of the plotting area that a panel takes: left and right, bottom and top.
    pub(crate) fn domains(&self, index: usize) -> [[f64; 2]; 2] {
        let ([column, row], [width, height]) = (self.place(index), self.area().map(|side| side as f64));
        let left = (column * (self.size[0] + self.gap[0])) as f64 / width;
        let top = 1.0 - (row * (self.size[1] + self.gap[1])) as f64 / height;
        let (across, down) = (self.size[0] as f64 / width, self.size[1] as f64 / height);
        [[left, left + across], [top - down, top]]
    }

    /// Returns the look without axes: title, margins, size.
    pub(crate) fn layout(&self, title: &str) -> Layout {
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
    pub(crate) fn title(&self, index: usize, text: &str) -> Annotation {
        let [x, y] = self.domains(index);
        theme::note(text, (x[0] + x[1]) / 2.0, y[1], Anchor::Center, Anchor::Bottom)
    }
}

/// Returns Plotly's names of the axes of a panel.
pub(crate) fn axis_names(index: usize) -> [String; 2] {
    ["x", "y"].map(|letter| axes::axis_name(letter, index + 1))
}

/// Checks that there are axes for a number of panels.
pub(crate) fn check_number(n: usize, field: &'static str) -> Result<()> {
    if (1..=MOST_PANELS).contains(&n) {
        return Ok(());
    }
    Err(LmcError::invalid(field, n, format!("1 to {MOST_PANELS}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_lie_beside_each_other_without_overlap() {
        for n in 1..=MOST_PANELS {
            let panels = Panels { n, size: [100, 80], gap: [20, 30], margin: [1, 2, 3, 4] };
            let domains: Vec<[[f64; 2]; 2]> = (0..n).map(|i| panels.domains(i)).collect();
            for (i, [x, y]) in domains.iter().enumerate() {
                assert!(x[0] >= -1e-9 && x[1] <= 1.0 + 1e-9 && y[0] >= -1e-9 && y[1] <= 1.0 + 1e-9);
                for [other_x, other_y] in &domains[..i] {
                    let apart = |a: &[f64; 2], b: &[f64; 2]| a[0] > b[1] || b[0] > a[1];
                    assert!(apart(x, other_x) || apart(y, other_y), "{n} panels");
                }
            }
            assert!(domains.iter().any(|[_, y]| y[0].abs() < 1e-9), "the last row ends at the bottom");
        }
        assert_eq!(
            Panels { n: 4, size: [100, 80], gap: [20, 30], margin: [1, 2, 3, 4] }.figure(),
            [223, 197]
        );
    }
}
