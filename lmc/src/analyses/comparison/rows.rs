//! A comparison as tables.

use polars::prelude::{Column, DataFrame};

use crate::analyses::comparison::{Compared, Comparison, ComparisonColumns, Statistic};
use crate::error::Result;
use crate::tables::Table;

impl Comparison {
    /// Returns the same results in a form for reading: one row per statistic, one column per group, values
    /// with their intervals as text.
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::comparison::{Group, compare};
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let s = models.stage("id", "lo", Grid::TENTHS, &ClusterOptions::default())?;
    /// let group = Group::new("mini", &s.sweep, &s.basins, &s.in_domain, &s.scored, Metric::Accuracy)?;
    /// println!("{}", compare(&[group], &ComparisonOptions::default())?.summary()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn summary(&self) -> Result<DataFrame> {
        let mut columns = vec![Column::new("statistic".into(), Statistic::ALL.map(Statistic::name).to_vec())];
        for group in self.groups() {
            let cells =
                Statistic::ALL.map(|statistic| self.get(group, statistic).map_or_else(String::new, cell));
            columns.push(Column::new(group.into(), cells.to_vec()));
        }
        Ok(DataFrame::new(Statistic::ALL.len(), columns)?)
    }
}

impl Table for Comparison {
    /// Returns one row per group and statistic: the schema
    /// [`GROUP_COMPARISON`](crate::table::GROUP_COMPARISON).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let reals = |value: fn(&Compared) -> Option<f64>| self.rows.iter().map(value).collect::<Vec<_>>();
        ComparisonColumns {
            group: self.rows.iter().map(|r| r.group.clone()).collect(),
            statistic: self.rows.iter().map(|r| r.statistic.name().to_owned()).collect(),
            n_models: self.rows.iter().map(|r| r.n_models as i64).collect(),
            value: reals(|r| r.value),
            low: reals(|r| Some(r.interval?.0)),
            high: reals(|r| Some(r.interval?.1)),
            difference: reals(|r| r.difference),
            difference_low: reals(|r| Some(r.difference_interval?.0)),
            difference_high: reals(|r| Some(r.difference_interval?.1)),
            p_value: reals(|r| r.p_value),
            permuted: self.rows.iter().map(|r| r.permuted.to_owned()).collect(),
        }
        .frame()
    }
}

/// Returns a text such as "0.62 [0.55, 0.68] p 0.001", with decimals by the size of the value.
fn cell(row: &Compared) -> String {
    let Some(value) = row.value else { return "undefined".to_owned() };
    let digits = if value.abs() < 0.1 { 4 } else { 3 };
    let number = |x: f64| format!("{x:.digits$}");
    let interval = row.interval.map(|(low, high)| format!(" [{}, {}]", number(low), number(high)));
    let p = row.p_value.map(|p| format!(", p {p:.3}"));
    format!("{}{}{}", number(value), interval.unwrap_or_default(), p.unwrap_or_default())
}
