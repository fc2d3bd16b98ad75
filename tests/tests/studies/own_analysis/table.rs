//! The table of agreements.

lmc::table::declare! {
    /// One row per two models: how often they predict the same.
    AGREEMENT, AgreementColumns = "agreement" {
        a: String = "one model",
        b: String = "another model",
        dataset: String,
        agreement: f64 = "share of examples with the same prediction, in [0, 1]",
    }
}
