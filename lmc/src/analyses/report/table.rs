//! The table of the findings of a study.

use lmc_base::declare_table;

declare_table! {
    /// One row per finding.
    REPORT, ReportColumns = "report" {
        figure: String = "name of the number, with its unit",
        value: Option<f64> = "the number, empty where it is not defined",
    }
}
