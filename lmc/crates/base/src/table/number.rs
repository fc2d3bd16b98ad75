//! Text for the real numbers of a column, with decimal points that stand below each other.

/// Significant digits of a typical number.
const DIGITS: i32 = 4;
/// The most decimals of a column; numbers that need more are in scientific form.
const MOST_DECIMALS: i32 = 8;
/// The size from which numbers are in scientific form.
const HUGE: f64 = 1e9;

/// The format of the real numbers of a column: all have the same number of decimals, or all are in scientific
/// form.
///
/// The median of the magnitudes has 4 significant digits, unless fewer are enough for all numbers. In a
/// column with decimals, a number that is too large or would lose its last digit is still written in
/// scientific form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    /// The number of decimals; `None` if all numbers are in scientific form.
    decimals: Option<usize>,
}

impl Format {
    /// Returns the format for these numbers.
    pub(super) fn of(numbers: impl IntoIterator<Item = f64>) -> Format {
        let mut sizes: Vec<f64> =
            numbers.into_iter().map(f64::abs).filter(|&x| x > 0.0 && x.is_finite()).collect();
        sizes.sort_by(f64::total_cmp);
        let Some(&median) = sizes.get(sizes.len() / 2) else { return Format { decimals: Some(0) } };
        let needed = sizes.iter().map(|&x| needed_decimals(x)).max().unwrap_or(0);
        let decimals = needed.min(DIGITS - 1 - exponent(median)).max(0);
        Format { decimals: (decimals <= MOST_DECIMALS).then_some(decimals as usize) }
    }

    /// Returns the text of a number.
    pub(super) fn show(self, x: f64) -> String {
        if x == 0.0 || !x.is_finite() {
            return match self.decimals.filter(|_| x.is_finite()) {
                Some(decimals) => format!("{:.decimals$}", 0.0),
                None => (x + 0.0).to_string(),
            };
        }
        let is_shown = |decimals: &usize| x.abs() < HUGE && x.abs() >= 10f64.powi(-(*decimals as i32));
        match self.decimals.filter(is_shown) {
            Some(decimals) => format!("{x:.decimals$}"),
            None => format!("{x:.*e}", DIGITS as usize - 1),
        }
    }
}

/// Returns the mantissa and the exponent of a positive number at 4 significant digits.
fn parts(x: f64) -> (String, i32) {
    let text = format!("{x:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}

fn exponent(x: f64) -> i32 {
    parts(x).1
}

/// Returns the decimals that 4 significant digits of a positive number need, without zeros at the end.
fn needed_decimals(x: f64) -> i32 {
    let (mantissa, exponent) = parts(x);
    mantissa.trim_end_matches('0').chars().skip_while(|&c| c != '.').skip(1).count() as i32 - exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(numbers: &[f64]) -> Vec<String> {
        let format = Format::of(numbers.iter().copied());
        numbers.iter().map(|&x| format.show(x)).collect()
    }

    #[test]
    fn a_column_has_as_many_decimals_as_its_median_needs_for_four_digits() {
        assert_eq!(shown(&[0.1484375, 0.71484375, 1.0]), ["0.1484", "0.7148", "1.0000"]);
        assert_eq!(shown(&[0.0132, 0.056219, 0.051417]), ["0.01320", "0.05622", "0.05142"]);
        assert_eq!(shown(&[38.201199, 38.212066]), ["38.20", "38.21"]);
        assert_eq!(shown(&[-0.182567, 0.219739]), ["-0.1826", "0.2197"]);
        assert_eq!(
            shown(&[2.022682, 0.819617, -0.903272, 0.00019998]),
            ["2.0227", "0.8196", "-0.9033", "0.0002"]
        );
    }

    #[test]
    fn no_column_has_more_decimals_than_its_numbers() {
        assert_eq!(shown(&[0.0, 0.1, 1.0]), ["0.0", "0.1", "1.0"]);
        assert_eq!(shown(&[0.25, 10.0]), ["0.25", "10.00"]);
        assert_eq!(shown(&[9.0, 7.0, 110_402.0, 0.0, -0.0]), ["9", "7", "110402", "0", "0"]);
        assert_eq!(shown(&[123_456.7, 1_234_567.8]), ["123457", "1234568"]);
    }

    #[test]
    fn what_is_very_large_or_small_is_in_scientific_form() {
        assert_eq!(shown(&[0.5, 0.25, 0.00004]), ["0.5000", "0.2500", "4.000e-5"]);
        assert_eq!(shown(&[0.5, 1.5, 2.5e12]), ["0.5", "1.5", "2.500e12"]);
        assert_eq!(shown(&[1.5e-9, -2.25e-9, 0.0]), ["1.500e-9", "-2.250e-9", "0"]);
    }

    #[test]
    fn what_is_no_number_changes_nothing() {
        assert_eq!(shown(&[f64::NAN, 0.5, f64::INFINITY, f64::NEG_INFINITY]), ["NaN", "0.5", "inf", "-inf"]);
        assert_eq!(shown(&[f64::NAN]), ["NaN"]);
        assert!(shown(&[]).is_empty());
    }
}
