//! The figure of agreements.

use lmc::LmcError;
use lmc::figure::Figure;
use lmc::plotly::{Bar, Layout, Plot};
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
    let mut plot = Plot::new();
    plot.add_trace(Bar::new(pairs, agreement));
    plot.set_layout(Layout::new().title(format!("Agreement on {dataset}")).width(600).height(400));
    Ok(Figure::new(plot))
}
