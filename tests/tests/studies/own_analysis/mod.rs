//! The shares of equal predictions of every two models: an analysis of one's own, outside of the library, as
//! CONTRIBUTING.md walks through it.

mod figure;
mod table;

use lmc::polars::prelude::DataFrame;
use lmc::study::Models;
use lmc::table::Table;
use lmc::{LmcError, Options};
use lmc_tests::small;

use figure::agreement_bars;
use table::{AGREEMENT, AgreementColumns};

/// The options of [`agreement`].
#[derive(Clone)]
struct AgreementOptions {
    /// The evaluation set.
    dataset: String,
    /// The most examples that are compared.
    n_examples: usize,
}

impl Options for AgreementOptions {
    fn validate(&self) -> lmc::Result<()> {
        match self.n_examples {
            0 => Err(LmcError::invalid("agreement.n_examples", 0, "at least 1")),
            _ => Ok(()),
        }
    }
}

/// The share of examples on which each two models predict the same label.
struct Agreement {
    dataset: String,
    /// The names of both models and the share, in [0, 1].
    pairs: Vec<(String, String, f64)>,
}

/// Compares the predictions of every two models.
fn agreement(models: &Models, options: &AgreementOptions) -> lmc::Result<Agreement> {
    let options = options.check()?;
    let evaluations = models.evaluate(&options.dataset)?;
    let mut pairs = Vec::new();
    for (i, a) in evaluations.iter().enumerate() {
        for b in &evaluations[i + 1..] {
            let both = a.outcome.predictions.iter().zip(&b.outcome.predictions).take(options.n_examples);
            let n = both.len();
            let n_same = both.filter(|(a, b)| a == b).count();
            pairs.push((a.model.clone(), b.model.clone(), n_same as f64 / n as f64));
        }
    }
    Ok(Agreement { dataset: options.dataset.clone(), pairs })
}

impl Table for Agreement {
    fn table(&self) -> lmc::Result<DataFrame> {
        AgreementColumns {
            a: self.pairs.iter().map(|(a, ..)| a.clone()).collect(),
            b: self.pairs.iter().map(|(_, b, _)| b.clone()).collect(),
            dataset: vec![self.dataset.clone(); self.pairs.len()],
            agreement: self.pairs.iter().map(|&(.., share)| share).collect(),
        }
        .frame()
    }
}

#[test]
fn an_analysis_can_be_added_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let options = AgreementOptions { dataset: "id".to_owned(), n_examples: 8 };
    let table = agreement(&models, &options).unwrap().table().unwrap();
    AGREEMENT.check(&table).unwrap();
    assert_eq!(AgreementColumns::b(&table).unwrap(), ["s2", "s3", "s3"]);
    let shares = AgreementColumns::agreement(&table).unwrap();
    assert!(shares.iter().all(|share| (share * 8.0).fract() == 0.0 && (0.0..=1.0).contains(share)));
    let evaluations = models.evaluate("id").unwrap();
    let predictions = |i: usize| &evaluations[i].outcome.predictions[..8];
    let by_hand = predictions(0).iter().zip(predictions(1)).filter(|(a, b)| a == b).count();
    assert_eq!(shares[0], by_hand as f64 / 8.0);
    let svg = agreement_bars(&table).unwrap().to_svg().unwrap();
    assert!(svg.contains("s1 and s2") && svg.contains("Agreement on id"), "{svg}");
    let error = agreement(&models, &AgreementOptions { n_examples: 0, ..options }).err().unwrap();
    assert_eq!(error.to_string(), "`agreement.n_examples`: got 0, expected at least 1");
    let error = agreement_bars(&AGREEMENT.empty()).err().unwrap();
    assert!(error.to_string().contains("no pair"), "{error}");
}
