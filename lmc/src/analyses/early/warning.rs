//! Early warning: the final basin of a copy in training, predicted from its gaps to a few finished copies.

use ndarray::Array2;
use polars::prelude::DataFrame;

use crate::analyses::early::{Row, table};
use crate::basin::{Basins, EarlyOptions, predict_from_landmarks};
use crate::error::{LmcError, Result};
use crate::gap::Measure;
use crate::options::Options;
use crate::study::{Models, Sweep};
use crate::sweep::{Grid, SweepPlan};

/// Returns how well the final basins of copies are predicted at each stage from their gaps to finished copies
/// whose basins are known: the schema [`EARLY`](crate::table::EARLY), as
/// [`early_table`](crate::analyses::early::early_table) makes it.
///
/// `finished` are the copies at the end and `basins` their clusters; `landmarks`, rows of both, are the
/// copies that are taken as known. The others are predicted by [`predict_from_landmarks`] from the convexity
/// gaps between each copy at the stage and the finished landmarks, on the in-domain set `dataset`. Someone
/// who watches one more copy train has exactly these: for each checkpoint, one line to each landmark. Lines
/// that are in the store are reused.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no stages, basins of other copies or of copies that are not divided, or
/// landmarks that do not exist; those of [`Models::sweep`] and [`predict_from_landmarks`].
///
/// # Examples
/// ```no_run
/// use lmc::analyses::early::early_warning;
/// use lmc::prelude::*;
/// let study = Study::open(StudySpec::mini_nli(0))?;
/// let finished = study.finetune()?;
/// let (stages, grid) = (finished.stages()?, Grid::TENTHS);
/// let basins = finished.sweep("id", grid)?.basins(&ClusterOptions::default())?;
/// let landmarks = basin::landmarks_of_each(&basins.cluster, 2, 0)?;
/// let options = EarlyOptions::default();
/// let warning = early_warning(&stages, &finished, &basins, &landmarks, "id", grid, &options)?;
/// figure::early_curves(&warning)?.show();
/// # Ok::<(), LmcError>(())
/// ```
pub fn early_warning(
    stages: &[Models],
    finished: &Models,
    basins: &Basins,
    landmarks: &[usize],
    dataset: &str,
    grid: Grid,
    options: &EarlyOptions,
) -> Result<DataFrame> {
    if stages.is_empty() {
        return Err(LmcError::invalid("stages", "none", "at least 1"));
    }
    if !finished.models().iter().map(|model| &model.name).eq(&basins.models) {
        return Err(LmcError::invalid(
            "basins",
            format!("those of {:?}", basins.models),
            "the finished copies'",
        ));
    }
    if let Some(row) = landmarks.iter().find(|&&row| row >= basins.models.len()) {
        return Err(LmcError::invalid("landmarks", row, format!("rows below {}", basins.models.len())));
    }
    options.validate()?;
    finished.study().task().set(dataset)?;
    basins.check_two()?;
    let clusters = |rows: &[usize]| rows.iter().map(|&row| basins.cluster[row]).collect::<Vec<_>>();
    let others: Vec<usize> = (0..basins.models.len()).filter(|row| !landmarks.contains(row)).collect();
    let predictor = format!("gaps to {} finished copies", landmarks.len());
    let mut rows = Vec::new();
    for (stage, models) in stages.iter().enumerate() {
        let gaps = models.gaps_to_finished(finished, landmarks, dataset, grid)?;
        let prediction = predict_from_landmarks(&gaps, &clusters(landmarks), &clusters(&others), options)?;
        rows.push(Row { stage, step: models.stage_name(), predictor: predictor.clone(), prediction });
    }
    table(&rows)
}

impl Models {
    /// Returns the convexity gaps between each copy at this stage that is not a landmark, and each landmark
    /// as it is in `finished`: \[n_copies - n_landmarks, n_landmarks\], in nats per example, both in their
    /// order.
    fn gaps_to_finished(
        &self,
        finished: &Models,
        landmarks: &[usize],
        dataset: &str,
        grid: Grid,
    ) -> Result<Array2<f64>> {
        let n = self.len();
        let both = self.beside(finished, landmarks)?;
        let pairs = (0..n)
            .filter(|copy| !landmarks.contains(copy))
            .flat_map(|copy| (0..landmarks.len()).map(move |column| [copy, n + column]));
        let plan = SweepPlan::lines_between(n + landmarks.len(), &pairs.collect::<Vec<_>>(), grid)?;
        let sweep: Sweep = both.along(dataset, &plan)?;
        let gaps = sweep.profiles.iter().map(|profile| profile.measure(Measure::ConvexityGap));
        let gaps = gaps.collect::<Result<Vec<f64>>>()?;
        let shape = (gaps.len() / landmarks.len().max(1), landmarks.len());
        Array2::from_shape_vec(shape, gaps).map_err(|error| LmcError::invalid("landmarks", error, "a matrix"))
    }
}
