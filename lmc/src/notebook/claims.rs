//! Statements about results that say whether they hold here.

use std::fmt;

use lmc_base::show::{Forms, Show, escape};

/// Statements about results, each with what was measured and whether it holds.
///
/// A text that names numbers is wrong on other data, other seeds and other machines. A cell that ends with
/// claims computes them and shows what holds.
///
/// # Examples
/// ```
/// use lmc::notebook::Claims;
/// let claims = Claims::default()
///     .at_least("gaps across over gaps within", 2.02, 2.0)
///     .below("p of the difference", 0.03, 0.01)
///     .that("every copy is in a basin", "16 of 16", true);
/// assert_eq!(claims.to_string().lines().next(), Some("2 of 3 hold"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    claims: Vec<Claim>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
struct Claim {
    statement: String,
    measured: String,
    expected: String,
    holds: bool,
}

impl Claims {
    /// Adds that a number is at least `least`. A number that is not defined is not.
    pub fn at_least(self, statement: &str, measured: impl Into<Option<f64>>, least: f64) -> Self {
        self.number(statement, measured.into(), format!("at least {}", short(least)), |number| {
            number >= least
        })
    }

    /// Adds that a number is below `limit`. A number that is not defined is not.
    pub fn below(self, statement: &str, measured: impl Into<Option<f64>>, limit: f64) -> Self {
        self.number(statement, measured.into(), format!("below {}", short(limit)), |number| number < limit)
    }

    /// Adds a statement whose truth the caller knows, with what was measured.
    pub fn that(self, statement: &str, measured: impl fmt::Display, holds: bool) -> Self {
        self.with(statement, measured.to_string(), String::new(), holds)
    }

    /// Returns how many statements hold.
    pub fn n_holding(&self) -> usize {
        self.claims.iter().filter(|claim| claim.holds).count()
    }

    fn number(
        self,
        statement: &str,
        measured: Option<f64>,
        expected: String,
        holds: impl Fn(f64) -> bool,
    ) -> Self {
        let shown = measured.map_or_else(|| "not defined".to_owned(), shown);
        self.with(statement, shown, expected, measured.is_some_and(holds))
    }

    fn with(mut self, statement: &str, measured: String, expected: String, holds: bool) -> Self {
        self.claims.push(Claim { statement: statement.to_owned(), measured, expected, holds });
        self
    }

    fn heading(&self) -> String {
        format!("{} of {} hold", self.n_holding(), self.claims.len())
    }
}

/// Returns a number with three significant digits, or with two decimals from 1 on.
fn shown(number: f64) -> String {
    let places =
        if number == 0.0 || number.abs() >= 1.0 { 2 } else { (2.0 - number.abs().log10().floor()) as usize };
    format!("{number:.places$}")
}

/// Returns a limit as it was written, or like a measured number if it was computed.
fn short(limit: f64) -> String {
    let written = limit.to_string();
    if written.len() <= 5 { written } else { shown(limit) }
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.heading())?;
        for Claim { statement, measured, expected, holds } in &self.claims {
            let expected = if expected.is_empty() { String::new() } else { format!(" ({expected})") };
            write!(f, "\n  {}  {statement}: {measured}{expected}", if *holds { "yes" } else { "no " })?;
        }
        Ok(())
    }
}

impl Show for Claims {
    fn forms(&self) -> Forms {
        let row = |Claim { statement, measured, expected, holds }: &Claim| {
            let holds = if *holds { "yes" } else { "no" };
            let cell = |text: &str| format!("<td style=\"text-align:left\">{}</td>", escape(text));
            format!("<tr>{}</tr>", [statement, measured, expected, holds].map(cell).concat())
        };
        let rows: String = self.claims.iter().map(row).collect();
        let head = ["statement", "measured", "expected", "holds here"]
            .map(|name| format!("<th style=\"text-align:left\">{name}</th>"))
            .concat();
        let html = format!(
            "<table><caption>{}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>",
            self.heading()
        );
        vec![("text/html", html), ("text/plain", self.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_say_what_was_measured_and_whether_they_hold() {
        let claims = Claims::default()
            .at_least("ratio", 2.0, 2.0)
            .at_least("silhouette", None, 0.5)
            .below("p", 0.012_34, 0.01)
            .that("a <b>", 3, true);
        assert_eq!(claims.n_holding(), 2);
        assert_eq!(
            claims.to_string(),
            "2 of 4 hold\n  yes  ratio: 2.00 (at least 2)\n  no   silhouette: not defined (at least 0.5)\n  no   p: \
             0.0123 (below 0.01)\n  yes  a <b>: 3"
        );
        let html = &claims.forms()[0].1;
        assert!(html.contains("<caption>2 of 4 hold</caption>") && html.contains("a &lt;b&gt;"), "{html}");
        assert_eq!(html.matches("<tr>").count(), 5);
    }

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!(
            [0.0, 12.345, 0.5, 0.000_234_5, -0.0712].map(shown),
            ["0.00", "12.35", "0.500", "0.000235", "-0.0712"]
        );
        assert_eq!([0.25, 2.0, -0.5, 0.629_174_36].map(short), ["0.25", "2", "-0.5", "0.629"]);
        assert_eq!(Claims::default().at_least("nan", f64::NAN, 0.0).n_holding(), 0);
    }
}
