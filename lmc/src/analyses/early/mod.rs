//! The prediction of a copy's final cluster early in training.

pub(crate) mod figure;
mod table;
mod warning;

use std::fmt;

use polars::prelude::DataFrame;

use crate::basin::{Basins, ClusterOptions, EarlyOptions, EarlyPrediction, Predictor, predict_early};
use crate::error::{LmcError, Result};
use crate::gap::Measure;
use crate::study::checks::enough;
use crate::study::{Evaluation, Metric, Models, Sweep, metrics};
use crate::sweep::Grid;

pub use figure::early_curves;
pub use table::{EARLY, EarlyColumns};
pub use warning::early_warning;

/// The results of a study's copies at one checkpoint.
#[derive(Clone)]
pub struct Stage {
    /// The point of training, for example "100it".
    pub step: String,
    /// The lines between all pairs on the in-domain set.
    pub sweep: Sweep,
    /// The clusters by convexity gap.
    pub basins: Basins,
    /// The copies on the in-domain set.
    pub in_domain: Vec<Evaluation>,
    /// The copies on the set that shows how they generalise.
    pub scored: Vec<Evaluation>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stage({}, {:?})", self.step, self.basins)
    }
}

impl Models {
    /// Returns the results of the copies at this checkpoint: lines and clusters on the set `in_domain`,
    /// results on it and on `scored`.
    ///
    /// # Errors
    /// The errors of [`Models::sweep`], [`Sweep::basins`] and [`Models::evaluate`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let stage = models.stage("id", "lo", Grid::TENTHS, &ClusterOptions::default())?;
    /// println!("{}: {:?}", stage.step, stage.basins.sizes());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn stage(
        &self,
        in_domain: &str,
        scored: &str,
        grid: Grid,
        options: &ClusterOptions,
    ) -> Result<Stage> {
        enough(self.len(), 3, "a stage with clusters")?;
        self.study().task().set(scored)?;
        let sweep = self.sweep(in_domain, grid)?;
        let basins = sweep.basins(options)?;
        let (in_domain, scored) = (self.evaluate(in_domain)?, self.evaluate(scored)?);
        Ok(Stage { step: self.stage_name(), sweep, basins, in_domain, scored })
    }
}

/// Returns how well the clusters of the last stage are predicted from each stage: the schema [`EARLY`].
///
/// Four predictors are compared, each by [`predict_early`]: the convexity gaps of the stage, the membership
/// scores of its own clusters, `metric` on the scored set, and the loss on the in-domain set. The clusters
/// were made from the first two at the last stage, so there these predictors have to be right. A stage whose
/// models are not divided has equal membership scores, which predict nothing: their AUC is 0.5.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no stages and models that are not divided at the last; those of
/// [`predict_early`] and [`Evaluation::metric`].
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let options = ClusterOptions::default();
/// let stage = |models: &Models| models.stage("id", "lo", Grid::TENTHS, &options);
/// let stages = models.stages()?.iter().map(stage).collect::<Result<Vec<_>>>()?;
/// let early = analyses::early::early_table(&stages, Metric::Accuracy, &EarlyOptions::default())?;
/// println!("{early}");
/// # Ok::<(), LmcError>(())
/// ```
pub fn early_table(stages: &[Stage], metric: Metric, options: &EarlyOptions) -> Result<DataFrame> {
    let last = stages.last().ok_or_else(|| LmcError::invalid("stages", "none", "at least 1"))?;
    last.basins.check_two()?;
    let mut rows = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        for (predictor, measured) in stage.predictors(metric)? {
            let prediction = predict_early(&measured, &last.basins.cluster, options)?;
            rows.push(Row { stage: index, step: stage.step.clone(), predictor, prediction });
        }
    }
    table(&rows)
}

/// A row of the table of early predictions.
pub(crate) struct Row {
    pub stage: usize,
    pub step: String,
    pub predictor: String,
    pub prediction: EarlyPrediction,
}

/// Returns a table with the schema [`EARLY`].
pub(crate) fn table(rows: &[Row]) -> Result<DataFrame> {
    let real =
        |of: fn(&EarlyPrediction) -> f64| rows.iter().map(|row| of(&row.prediction)).collect::<Vec<_>>();
    EarlyColumns {
        stage: rows.iter().map(|row| row.stage as i64).collect(),
        step: rows.iter().map(|row| row.step.clone()).collect(),
        predictor: rows.iter().map(|row| row.predictor.clone()).collect(),
        auc: real(|prediction| prediction.auc),
        low: real(|prediction| prediction.interval.0),
        high: real(|prediction| prediction.interval.1),
        p: real(|prediction| prediction.p_value),
    }
    .frame()
}

impl Models {
    /// Returns the point of training, for example "100it".
    pub(crate) fn stage_name(&self) -> String {
        format!("{}it", self.step())
    }
}

impl Stage {
    fn predictors(&self, metric: Metric) -> Result<[(String, Predictor); 4]> {
        let named = |metric: Metric, evaluations: &[Evaluation]| {
            let set = evaluations.first().map_or("", |evaluation| evaluation.dataset.as_str());
            Ok::<_, LmcError>((
                format!("{metric} on {set}"),
                Predictor::Scores(metrics(evaluations, metric)?),
            ))
        };
        Ok([
            ("convexity gaps".to_owned(), Predictor::Gaps(self.sweep.matrix(Measure::ConvexityGap)?)),
            ("membership score".to_owned(), Predictor::Scores(self.basins.membership.clone())),
            named(metric, &self.scored)?,
            named(Metric::Loss, &self.in_domain)?,
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::analyses::early::{EARLY, EarlyColumns};
    use crate::eval::Outcome;
    use crate::sweep::Profile;

    /// Six models, the last three in another basin if `apart`; accuracies grow with the model's number,
    /// losses are all the same.
    fn stage(step: &str, apart: bool) -> Stage {
        let models: Vec<String> = (0..6).map(|i| format!("s{i}")).collect();
        let outcome = |loss: f32, n_right: usize| Outcome {
            losses: vec![loss; 6],
            predictions: (0..6).map(|i| i64::from(i < n_right)).collect(),
            confidences: vec![0.9; 6],
        };
        let mut profiles = Vec::new();
        for i in 0..6 {
            for j in i + 1..6 {
                let height =
                    if apart && (i < 3) != (j < 3) { 1.0 } else { 0.01 * (1 + (5 * i + 3 * j) % 7) as f32 };
                profiles.push(Profile {
                    a: models[i].clone(),
                    b: models[j].clone(),
                    alphas: vec![0.0, 0.5, 1.0],
                    outcomes: [0.5, 0.5 + height, 0.5].map(|loss| outcome(loss, 3)).to_vec(),
                    distance: 1.0,
                });
            }
        }
        let evaluation = |dataset: &str, i: usize| Evaluation {
            model: models[i].clone(),
            dataset: dataset.into(),
            outcome: outcome(0.5, if dataset == "lo" { i } else { 3 }),
            labels: Arc::new(vec![1; 6]),
            n_labels: 2,
        };
        let each = |dataset: &str| (0..6).map(|i| evaluation(dataset, i)).collect();
        let sweep = Sweep {
            models: models.clone(),
            dataset: "id".into(),
            labels: vec![1; 6],
            profiles,
            imprecision: 0.0,
            sample: None,
        };
        let basins = sweep.basins(&ClusterOptions::paper()).unwrap();
        Stage { step: step.into(), sweep, basins, in_domain: each("id"), scored: each("lo") }
    }

    #[test]
    fn every_predictor_is_judged_at_every_stage() {
        let options = EarlyOptions { n_permutations: 19, n_resamples: 10, ..EarlyOptions::default() };
        let stages = [stage("10it", false), stage("20it", true)];
        let early = early_table(&stages, Metric::Accuracy, &options).unwrap();
        EARLY.check(&early).unwrap();
        let predictors = EarlyColumns::predictor(&early).unwrap();
        assert_eq!(predictors[..4], ["convexity gaps", "membership score", "accuracy on lo", "loss on id"]);
        assert_eq!(EarlyColumns::step(&early).unwrap()[3..5], ["10it", "20it"]);
        assert_eq!(EarlyColumns::stage(&early).unwrap(), [0, 0, 0, 0, 1, 1, 1, 1]);
        let auc = EarlyColumns::auc(&early).unwrap();
        assert!(auc[0] < 1.0, "{auc:?}");
        assert_eq!(auc[2..], [1.0, 0.5, 1.0, 1.0, 1.0, 0.5]);
        let error = early_table(&[], Metric::Accuracy, &options).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "stages", .. }), "{error}");
    }
}
