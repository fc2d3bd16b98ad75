//! Figures of any table, made in one line from the names of its columns.

mod columns;

use std::collections::BTreeSet;

use lmc_base::error::{LmcError, Result};
use polars::prelude::DataFrame;

use crate::Figure;
use crate::parts::{Axis, Chart, Mark, Scale, Symbol, matrix};
use crate::theme;
use columns::{Column, cells, column, groups};

/// Height of a figure, CSS pixels.
const HEIGHT: usize = 480;
/// Side of a heatmap, CSS pixels.
const SIDE: usize = 500;
/// Shapes of dots; groups beyond the number of colours have the next one.
const SHAPES: [Symbol; 4] = [Symbol::Circle, Symbol::Square, Symbol::Diamond, Symbol::Triangle];
/// The number of colours that can be told apart.
const COLOURS: usize = 7;

/// Returns a figure of dots, one for each row of a table that has both values: one column against another.
///
/// `x` names a column of numbers or texts, `y` one of numbers. [`by`] gives each group of rows a colour.
///
/// # Errors
/// [`LmcError::UnknownName`] for a column that is not in the table, [`LmcError::InvalidParameter`] for one
/// without numbers or values, and for a table without rows.
///
/// # Examples
/// ```
/// # use lmc_figure as figure;
/// use polars::df;
///
/// let scores = df!("loss" => [0.2, 0.3, 0.5], "accuracy" => [0.9, 0.8, 0.6])?;
/// let scatter = figure::scatter(&scores, "loss", "accuracy")?;
/// assert!(scatter.to_svg()?.contains(">accuracy against loss<"));
/// let error = figure::scatter(&scores, "los", "accuracy").unwrap_err().to_string();
/// assert_eq!(error, "unknown column `los`; known: loss, accuracy");
/// # Ok::<(), lmc_base::LmcError>(())
/// ```
pub fn scatter(table: &DataFrame, x: &str, y: &str) -> Result<Figure> {
    Grouped { table, group: None }.scatter(x, y)
}

/// Returns a figure of a line through the rows of a table, in their order: one column against another. An
/// empty value breaks the line.
///
/// `x` names a column of numbers or texts, `y` one of numbers. [`by`] draws a line for each group of rows.
///
/// # Errors
/// The errors of [`scatter`].
///
/// # Examples
/// ```
/// # use lmc_figure as figure;
/// use polars::df;
///
/// let training = df!("updates" => [1, 10, 100, 1000], "loss" => [1.1, 0.9, 0.4, 0.1])?;
/// let line = figure::line(&training, "updates", "loss")?.logarithmic_x()?.title("Training");
/// assert!(line.to_svg()?.contains(">1000<"));
/// # Ok::<(), lmc_base::LmcError>(())
/// ```
pub fn line(table: &DataFrame, x: &str, y: &str) -> Result<Figure> {
    Grouped { table, group: None }.line(x, y)
}

/// Returns a figure with a bar for each row of a table: one column of numbers by another of names or numbers.
///
/// # Errors
/// The errors of [`scatter`], and [`LmcError::InvalidParameter`] for a name that two rows have.
///
/// # Examples
/// ```
/// # use lmc_figure as figure;
/// use polars::df;
///
/// let scores = df!("model" => ["s1", "s2"], "accuracy" => [0.9, 0.8])?;
/// figure::bar(&scores, "model", "accuracy")?.size(400, 300)?.colours(["#009e73"])?.to_png()?;
/// # Ok::<(), lmc_base::LmcError>(())
/// ```
pub fn bar(table: &DataFrame, x: &str, y: &str) -> Result<Figure> {
    Grouped { table, group: None }.bar(x, y)
}

/// Returns a figure of a matrix of colours: a cell for each row of a table, whose column and row the columns
/// `x` and `y` name, and whose number the column `value` holds. A cell without a number is white.
///
/// Texts stand in the order in which the table first names them, numbers in ascending order; the first row is
/// on top.
///
/// # Errors
/// The errors of [`scatter`], and [`LmcError::InvalidParameter`] for a cell that two rows name.
///
/// # Examples
/// ```
/// # use lmc_figure as figure;
/// use polars::df;
///
/// let gaps = df!("a" => ["s1", "s1"], "b" => ["s2", "s3"], "gap" => [0.02, 0.31])?;
/// let heatmap = figure::heatmap(&gaps, "a", "b", "gap")?.colours(["white", "#b2182b"])?;
/// assert!(heatmap.to_svg()?.contains(">gap<"));
/// # Ok::<(), lmc_base::LmcError>(())
/// ```
pub fn heatmap(table: &DataFrame, x: &str, y: &str, value: &str) -> Result<Figure> {
    let numbers = column(table, value, "value")?.numbers("value", table)?;
    let (columns, rows, cells) = cells(column(table, x, "x")?, column(table, y, "y")?, &numbers, [x, y])?;
    let all = || numbers.iter().flatten().copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let scale = Scale::sequential(value, low, if high > low { high } else { low + 1.0 });
    let (title, label) = (format!("{value} by {x} and {y}"), theme::label(value));
    let telling = format!("%{{x}}, %{{y}}<br>{label} %{{z:.4g}}");
    matrix(&title, [&columns, &rows], [x, y], SIDE, &cells, &scale, &telling).figure()
}

/// Returns the rows of a table in groups: rows with the same value of a column are in one group. Their
/// [`scatter`](Grouped::scatter), [`line`](Grouped::line) and [`bar`](Grouped::bar) give each group a colour
/// and an entry in the legend.
///
/// # Examples
/// ```
/// # use lmc_figure as figure;
/// use polars::df;
///
/// let sets = ["id", "id", "lo", "lo"];
/// let losses = df!("set" => sets, "alpha" => [0, 1, 0, 1], "loss" => [0.1, 0.2, 0.9, 0.7])?;
/// let lines = figure::by(&losses, "set").line("alpha", "loss")?;
/// assert!(lines.to_svg()?.contains(">lo<"));
/// # Ok::<(), lmc_base::LmcError>(())
/// ```
pub fn by<'a>(table: &'a DataFrame, group: &'a str) -> Grouped<'a> {
    Grouped { table, group: Some(group) }
}

/// The rows of a table in groups, as [`by`] makes them.
#[derive(Debug, Clone, Copy)]
pub struct Grouped<'a> {
    table: &'a DataFrame,
    group: Option<&'a str>,
}

impl Grouped<'_> {
    /// Returns a figure of dots like [`scatter()`], with a colour for each group.
    ///
    /// # Errors
    /// The errors of [`scatter()`], and [`LmcError::InvalidParameter`] for more than 28 groups.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let scores = polars::df!("set" => ["id", "lo"], "loss" => [0.2, 0.5], "accuracy" => [0.9, 0.6])?;
    /// let scatter = figure::by(&scores, "set").scatter("loss", "accuracy")?;
    /// assert!(scatter.to_svg()?.contains(">lo<"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn scatter(&self, x: &str, y: &str) -> Result<Figure> {
        self.figure(x, y, "against", |x, y| Mark::dots(x.values(), y.to_vec()).sized(8.0))
    }

    /// Returns a figure of lines like [`line()`], one for each group.
    ///
    /// # Errors
    /// The errors of [`Grouped::scatter`].
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let sets = ["id", "id", "lo", "lo"];
    /// let losses = polars::df!("set" => sets, "alpha" => [0, 1, 0, 1], "loss" => [0.1, 0.2, 0.9, 0.7])?;
    /// let lines = figure::by(&losses, "set").line("alpha", "loss")?;
    /// assert!(lines.to_svg()?.contains(">lo<"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn line(&self, x: &str, y: &str) -> Result<Figure> {
        self.figure(x, y, "against", |x, y| Mark::curve(x.values(), y.to_vec()))
    }

    /// Returns a figure of bars like [`bar()`]; the bars of the groups stand beside each other.
    ///
    /// # Errors
    /// The errors of [`bar()`] within a group, and [`LmcError::InvalidParameter`] for more than 28 groups.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let models = ["s1", "s1", "s2", "s2"];
    /// let sets = ["id", "lo", "id", "lo"];
    /// let scores = polars::df!("model" => models, "set" => sets, "accuracy" => [0.9, 0.6, 0.9, 0.3])?;
    /// let bars = figure::by(&scores, "set").bar("model", "accuracy")?;
    /// assert!(bars.to_svg()?.contains(">s2<"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn bar(&self, x: &str, y: &str) -> Result<Figure> {
        column(self.table, y, "y")?;
        for (_, rows) in self.groups()? {
            let places = column(self.table, x, "x")?.of(&rows).texts();
            let mut known = BTreeSet::new();
            if let Some(twice) = places.iter().find(|place| !known.insert(place.as_str())) {
                let expected = "one row for each, or groups of rows by `figure::by`";
                return Err(LmcError::invalid("x", format!("`{twice}` twice in column `{x}`"), expected));
            }
        }
        self.figure(x, y, "by", |x, y| Mark::bars(x.values(), y.to_vec()))
    }

    /// Returns the name of each group and its rows.
    fn groups(&self) -> Result<Vec<(Option<String>, Vec<usize>)>> {
        let Some(name) = self.group else { return Ok(vec![(None, (0..self.table.height()).collect())]) };
        let found = groups(column(self.table, name, "group")?);
        let most = COLOURS * SHAPES.len();
        if found.len() > most {
            let got = format!("{} values in column `{name}`", found.len());
            return Err(LmcError::invalid("group", got, format!("at most {most} groups")));
        }
        Ok(found.into_iter().map(|(name, rows)| (Some(name), rows)).collect())
    }

    fn figure(
        &self,
        x_name: &str,
        y_name: &str,
        relation: &str,
        mark: impl Fn(&Column, &[Option<f64>]) -> Mark,
    ) -> Result<Figure> {
        let x = column(self.table, x_name, "x")?;
        let y = column(self.table, y_name, "y")?.numbers("y", self.table)?;
        let title = match self.group {
            Some(group) => format!("{y_name} {relation} {x_name} for each {group}"),
            None => format!("{y_name} {relation} {x_name}"),
        };
        let mut chart = Chart::sized(&title, HEIGHT);
        let x_axis = Axis::new(x_name);
        chart.axes(if x.is_text() { x_axis.categories() } else { x_axis }, Axis::new(y_name));
        let (x_label, y_label) = (theme::label(x_name), theme::label(y_name));
        let telling = format!("{x_label} %{{x}}<br>{y_label} %{{y:.4g}}");
        for (i, (name, rows)) in self.groups()?.into_iter().enumerate() {
            let values: Vec<Option<f64>> = rows.iter().map(|&row| y[row]).collect();
            let mut mark = mark(&x.of(&rows), &values).coloured(theme::colour(i));
            if i >= COLOURS {
                mark = mark.shaped(SHAPES[i / COLOURS]);
            }
            chart.add(match name {
                Some(name) => mark.named(&name).telling(&format!("{}<br>{telling}", theme::label(&name))),
                None => mark.telling(&telling),
            });
        }
        chart.figure()
    }
}

#[cfg(test)]
mod tests;
