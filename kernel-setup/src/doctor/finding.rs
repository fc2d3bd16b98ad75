//! Findings: the lines of the report.

/// The state of one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The thing.
    pub what: &'static str,
    /// The state that was found.
    pub found: String,
    /// The remedy, if it is not as it should be.
    pub remedy: Option<String>,
}

impl Finding {
    /// Returns a finding that all is well.
    pub fn good(what: &'static str, found: impl Into<String>) -> Finding {
        Finding { what, found: found.into(), remedy: None }
    }

    /// Returns a finding that something is missing or wrong.
    pub fn bad(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { what, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// Returns the findings as a table with aligned columns, one line each.
pub fn table(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    let line = |finding: &Finding| {
        let Finding { what, found, remedy } = finding;
        match remedy {
            None => format!("ok       {what:<width$}  {found}\n"),
            Some(remedy) => {
                format!("MISSING  {what:<width$}  {found}\n         {:<width$}  remedy: {remedy}\n", "")
            }
        }
    };
    findings.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_remedies_stand_below() {
        let findings = [Finding::good("rustc", "1.95"), Finding::bad("libtorch", "none", "install it")];
        let expected =
            "ok       rustc     1.95\nMISSING  libtorch  none\n                   remedy: install it\n";
        assert_eq!(table(&findings), expected);
    }
}
