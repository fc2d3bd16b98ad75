//! Correlations over models between scores on several sets (Juneja et al. 2023, Fig. 11).

pub(crate) mod figure;
mod table;

use polars::prelude::DataFrame;

use crate::stats::{is_constant, pearson};
use crate::study::{EvaluationColumns, Metric, scores};
use crate::{LmcError, Result};

pub use figure::correlation_matrix;
pub use table::{CORRELATIONS, CorrelationColumns};

/// Returns a [`CORRELATIONS`] table: Pearson's r of one metric on every two of `datasets` over the models, in
/// the order of `datasets` and with each set beside itself.
///
/// `evaluations` is an [`EVALUATIONS`](crate::table::EVALUATIONS) table in which every model has a score on
/// every one of the sets.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set or a model without
/// evaluations, [`LmcError::InvalidParameter`] for no sets, one that is named twice, fewer than 2 models or a
/// score that is not finite.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let evaluations = models.evaluations(&["id", "lo"])?;
/// println!("{}", table::correlations(&evaluations, &["id", "lo"], Metric::Accuracy)?);
/// # Ok::<(), LmcError>(())
/// ```
///
/// # Reference
/// Juneja et al. 2023, appendix E.
pub fn correlations(evaluations: &DataFrame, datasets: &[&str], metric: Metric) -> Result<DataFrame> {
    if datasets.is_empty() {
        return Err(LmcError::invalid("datasets", "none", "at least one set"));
    }
    if let Some((_, twice)) = datasets.iter().enumerate().find(|(i, set)| datasets[..*i].contains(set)) {
        return Err(LmcError::invalid("datasets", format!("`{twice}` twice"), "sets that all differ"));
    }
    let names = EvaluationColumns::model(evaluations)?;
    let sets = EvaluationColumns::dataset(evaluations)?;
    let mut models: Vec<String> = Vec::new();
    for (model, _) in names.into_iter().zip(&sets).filter(|(_, set)| datasets.contains(&set.as_str())) {
        if !models.contains(&model) {
            models.push(model);
        }
    }
    let columns = datasets
        .iter()
        .map(|dataset| scores(evaluations, dataset, metric, &models))
        .collect::<Result<Vec<_>>>()?;
    let (mut a, mut b, mut r) = (Vec::new(), Vec::new(), Vec::new());
    for (first, x) in datasets.iter().zip(&columns) {
        for (second, y) in datasets.iter().zip(&columns) {
            let undefined = models.len() > 1 && (is_constant(x) || is_constant(y));
            a.push((*first).to_owned());
            b.push((*second).to_owned());
            r.push(match (undefined, first == second) {
                (true, _) => None,
                // Rounding may miss it.
                (false, true) => pearson(x, y).map(|_| Some(1.0))?,
                (false, false) => Some(pearson(x, y)?),
            });
        }
    }
    let n_models = vec![models.len() as i64; a.len()];
    CorrelationColumns { a, b, r, n_models }.frame()
}

#[cfg(test)]
mod tests {
    use polars::df;

    use serde_json::Value;

    use super::*;

    fn evaluations(sets: &[(&str, Vec<f64>)]) -> DataFrame {
        let names = |n: usize| (0..n).map(|i| format!("m{i}"));
        let rows: usize = sets.iter().map(|(_, scores)| scores.len()).sum();
        df!("model" => sets.iter().flat_map(|(_, scores)| names(scores.len())).collect::<Vec<_>>(),
            "dataset" => sets.iter().flat_map(|(set, scores)| vec![*set; scores.len()]).collect::<Vec<_>>(),
            "n_examples" => vec![9_i64; rows], "loss" => vec![0.0; rows],
            "accuracy" => sets.iter().flat_map(|(_, scores)| scores.clone()).collect::<Vec<_>>(),
            "f1" => vec![0.0; rows], "mcc" => vec![0.0; rows], "ece" => vec![0.0; rows])
        .unwrap()
    }

    #[test]
    fn coefficients_are_those_of_pandas() {
        let golden: Value =
            serde_json::from_str(include_str!("../../../../tests/golden/published.json")).unwrap();
        let golden = &golden["correlations"];
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let sets = ["x", "y", "z"].map(|name| (name, numbers(&golden["scores"][name])));
        let table = correlations(&evaluations(&sets), &["x", "y", "z"], Metric::Accuracy).unwrap();
        CORRELATIONS.check(&table).unwrap();
        let expected: Vec<f64> = golden["r"].as_array().unwrap().iter().flat_map(numbers).collect();
        let got = CorrelationColumns::r(&table).unwrap();
        let got: Vec<f64> = got.into_iter().flatten().collect();
        assert_eq!(got.len(), 9);
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() < 1e-12, "{got} instead of {expected}");
        }
        assert_eq!(CorrelationColumns::a(&table).unwrap()[2..4], ["x", "y"]);
        assert_eq!(CorrelationColumns::b(&table).unwrap()[2..4], ["z", "x"]);
        assert_eq!(table.column("n_models").unwrap().i64().unwrap().get(0), Some(8));
    }

    #[test]
    fn equal_scores_have_no_correlation() {
        let table = evaluations(&[("x", vec![0.5, 0.25]), ("y", vec![0.75, 0.75])]);
        let table = correlations(&table, &["x", "y"], Metric::Accuracy).unwrap();
        let r: Vec<_> = table.column("r").unwrap().f64().unwrap().iter().collect();
        assert_eq!(r, [Some(1.0), None, None, None]);
    }

    #[test]
    fn sets_and_models_that_do_not_fit_are_named() {
        let table = evaluations(&[("x", vec![0.5, 0.25]), ("y", vec![0.75])]);
        let refused = |sets: &[&str]| correlations(&table, sets, Metric::Accuracy).unwrap_err().to_string();
        assert_eq!(refused(&["x", "y"]), "unknown model in the evaluations `m1`; known: m0");
        assert_eq!(refused(&["x", "z"]), "unknown dataset in the evaluations `z`; known: x, y");
        assert_eq!(refused(&["x", "x"]), "`datasets`: got `x` twice, expected sets that all differ");
        assert_eq!(refused(&[]), "`datasets`: got none, expected at least one set");
        assert!(refused(&["y"]).contains("1 of them"), "{}", refused(&["y"]));
    }
}
