//! The figure of agreements.

use lmc::LmcError;
use lmc::figure::Figure;
use lmc::figure::parts::{Axis, Chart, Mark};
use lmc::polars::prelude::DataFrame;

use super::table::{AGREEMENT, AgreementColumns};

/// Returns a bar for each two models, as high as the share of examples with the same prediction.
pub fn agreement_bars(agreement: &DataFrame) -> lmc::Result<Figure> {
    AGREEMENT.check(agreement)?;
    let AgreementColumns { a, b, dataset, agreement } = AgreementColumns::read(agreement)?;
    let Some(dataset) = dataset.first() else {
        return Err(LmcError::invalid("agreement", "no pair", "at least two models"));
    };
    let pairs: Vec<String> = a.iter().zip(&b).map(|(a, b)| format!("{a} and {b}")).collect();
    let mut chart = Chart::new(&format!("Agreement on {dataset}"));
    chart.axes(
        Axis::new("two models").categories(),
        Axis::of("agreement", "share of examples").range(0.0, 1.0),
    );
    chart.add(Mark::bars(pairs, agreement).telling("%{x}<br>%{y:.3f}"));
    chart.figure()
}
