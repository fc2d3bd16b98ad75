//! The drift of models between basins during training.

pub(crate) mod figure;
mod table;

use polars::prelude::DataFrame;

use crate::basin::Drift;
use crate::error::Result;
use crate::study::{Evaluation, Metric};

pub use figure::drift_quiver;
pub use table::{DRIFT, DriftColumns};

/// Returns the drift of models as a table, one row per model and stage: the schema [`DRIFT`];
/// `evaluations[stage]` gives the scores.
///
/// # Errors
/// [`LmcError::ShapeMismatch`](crate::LmcError::ShapeMismatch) if stages or models differ in number.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let options = ClusterOptions::default();
/// let stage = |models: &Models| models.stage("id", "lo", Grid::TENTHS, &options);
/// let stages = models.stages()?.iter().map(stage).collect::<Result<Vec<_>>>()?;
/// let clustered: Vec<_> = stages.iter().map(|s| (s.step.clone(), s.basins.clone())).collect();
/// let scored: Vec<_> = stages.iter().map(|s| s.scored.clone()).collect();
/// let drift = basin::drift(&clustered, &clustered[clustered.len() - 1].1)?;
/// println!("{}", analyses::trajectories::drift_table(&drift, &scored, Metric::Accuracy)?);
/// # Ok::<(), LmcError>(())
/// ```
pub fn drift_table(drift: &Drift, evaluations: &[Vec<Evaluation>], metric: Metric) -> Result<DataFrame> {
    let got: Vec<usize> = evaluations.iter().map(Vec::len).collect();
    let expected = vec![drift.models.len(); drift.stages.len()];
    if got != expected {
        return Err(crate::LmcError::ShapeMismatch {
            what: "evaluations of each stage".into(),
            got,
            expected,
        });
    }
    // A basin that is none of the final ones, and a model in none, are 0.
    let number = |cluster: usize| if cluster < drift.n_basins { cluster as i64 + 1 } else { 0 };
    let cells = || (0..drift.stages.len()).flat_map(|s| (0..drift.models.len()).map(move |m| (s, m)));
    DriftColumns {
        model: cells().map(|(_, m)| drift.models[m].clone()).collect(),
        stage: cells().map(|(s, _)| s as i64).collect(),
        step: cells().map(|(s, _)| drift.stages[s].name.clone()).collect(),
        cluster: cells().map(|(s, m)| number(drift.stages[s].cluster[m])).collect(),
        membership: cells().map(|(s, m)| drift.stages[s].membership[m]).collect(),
        score: cells().map(|(s, m)| evaluations[s][m].metric(metric)).collect::<Result<_>>()?,
        final_cluster: cells().map(|(_, m)| number(drift.final_cluster[m])).collect(),
    }
    .frame()
}
