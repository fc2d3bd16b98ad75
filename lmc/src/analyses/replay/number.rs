//! Numbers of a log, checked as they are read.

/// The quantity that a number measures, which decides its allowed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Mean cross-entropy or a distance: from 0.
    NotNegative,
    /// A share: from 0 to 1.
    Share,
    /// A correlation: from -1 to 1.
    Correlation,
}

impl Quantity {
    /// Reads the number in a text. The error says what it should have been.
    pub(super) fn read(self, text: &str) -> Result<f64, &'static str> {
        let number: f64 = text.parse().map_err(|_| "a number")?;
        let (fits, expected) = match self {
            Quantity::NotNegative => (number >= 0.0, "a finite number of at least 0"),
            Quantity::Share => ((0.0..=1.0).contains(&number), "a number from 0 to 1"),
            Quantity::Correlation => ((-1.0..=1.0).contains(&number), "a number from -1 to 1"),
        };
        if fits && number.is_finite() { Ok(number) } else { Err(expected) }
    }
}

/// Returns the metrics of logs and of score files, by the name of their column in tables.
pub(super) fn metric(name: &str) -> Option<(&'static str, Quantity)> {
    match name {
        "loss" => Some(("loss", Quantity::NotNegative)),
        "accuracy" | "metric" => Some(("accuracy", Quantity::Share)),
        "f1" => Some(("f1", Quantity::Share)),
        "matthews_correlation" | "mcc" => Some(("mcc", Quantity::Correlation)),
        "ece" => Some(("ece", Quantity::Share)),
        _ => None,
    }
}

/// The names that [`metric`] knows.
pub(super) const METRICS: &str = "accuracy, metric (for accuracy), f1, matthews_correlation, mcc, ece";

/// Returns the beginning of a text for an error.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_their_ranges() {
        assert_eq!(Quantity::NotNegative.read("12.5"), Ok(12.5));
        assert_eq!(Quantity::Correlation.read("-0.25"), Ok(-0.25));
        for (quantity, wrong) in [
            (Quantity::NotNegative, "-0.1"),
            (Quantity::NotNegative, "inf"),
            (Quantity::Share, "NaN"),
            (Quantity::Share, "1.01"),
            (Quantity::Correlation, "-1.01"),
            (Quantity::Share, ""),
        ] {
            assert!(quantity.read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_name_that_errors_list_is_known() {
        for name in METRICS.replace(" (for accuracy)", "").split(", ") {
            assert!(metric(name).is_some(), "{name}");
        }
        assert_eq!(metric("point_num"), None);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shown("short"), "short");
        assert_eq!(shown(&"é".repeat(100)).chars().count(), 81);
    }
}
