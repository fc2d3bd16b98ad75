//! The profiles of all pairs and the matrices that follow from them.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::Array2;

use crate::basin::{Basins, ClusterOptions, cluster};
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::gap::{GapMatrix, LandmarkGaps, Measure};
use crate::stats::accuracy;
use crate::study::Sample;
use crate::sweep::Profile;

/// The lines between all pairs of copies on one evaluation set.
#[derive(Clone)]
pub struct Sweep {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The evaluation set's name.
    pub dataset: String,
    /// The label of every example.
    pub labels: Vec<i64>,
    /// One profile for each unordered pair that was swept.
    pub profiles: Vec<Profile>,
    /// The largest difference from float32 of a convexity gap or a loss on a sample of the lines, nats per
    /// example; 0 for lines that were evaluated in float32.
    pub imprecision: f64,
    /// The examples on which points inside lines were evaluated, if they are a sample of the set
    /// ([`Models::sweep_sampled`](super::Models::sweep_sampled)).
    pub sample: Option<Sample>,
}

/// The distance by which float32 moves a mean loss, as a share of it: two units in the last place.
const FLOAT32: f64 = 2.0 * f32::EPSILON as f64;

impl fmt::Debug for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (models, lines) = (self.models.len(), self.profiles.len());
        write!(f, "Sweep({models} models on {}, {lines} lines of {} points", self.dataset, self.n_points())?;
        match &self.sample {
            Some(sample) => {
                write!(f, ", {} of {} examples inside)", sample.examples.len(), self.labels.len())
            }
            None => f.write_str(")"),
        }
    }
}

impl Sweep {
    /// Checks that every example was evaluated.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a sweep of sampled examples.
    pub(crate) fn check_whole(&self) -> Result<()> {
        self.sample.as_ref().map_or(Ok(()), |sample| {
            let got = format!("a sample of {} of {} examples", sample.examples.len(), self.labels.len());
            Err(LmcError::invalid("sweep", got, "every example evaluated, as by `Models::sweep`"))
        })
    }

    /// Returns the share of right predictions at a point of a line, in \[0, 1\].
    ///
    /// # Errors
    /// The errors of [`accuracy`].
    pub(crate) fn accuracy(&self, profile: &Profile, point: usize) -> Result<f64> {
        let (outcomes, last) = (&profile.outcomes, profile.outcomes.len() - 1);
        let exact = accuracy(&self.labels, &outcomes[point].predictions)?;
        let Some(sample) = self.sample.as_ref().filter(|_| point > 0 && point < last) else {
            return Ok(exact);
        };
        let is_right = |point: usize, i: usize| f64::from(outcomes[point].predictions[i] == self.labels[i]);
        let at_end = |point: usize| (0..self.labels.len()).map(|i| is_right(point, i)).collect::<Vec<f64>>();
        let (a, b) = (at_end(last), at_end(0));
        Ok(sample.mean(profile.alphas[point], |i| is_right(point, i), [&a, &b]).clamp(0.0, 1.0))
    }

    /// Returns the number of points on each line, both ends counted.
    pub fn n_points(&self) -> usize {
        self.profiles.first().map_or(0, |profile| profile.alphas.len())
    }

    /// Returns one measure of all pairs as a symmetric matrix with a zero diagonal, `[n_models, n_models]`.
    ///
    /// # Errors
    /// [`LmcError::NonFiniteLoss`] naming the point; [`LmcError::InvalidParameter`] for a sweep that lacks a
    /// pair.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let (heights, gaps) = (sweep.matrix(Measure::BarrierHeight)?, sweep.matrix(Measure::ConvexityGap)?);
    /// assert!(heights.values.iter().zip(&gaps.values).all(|(height, gap)| gap >= height));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn matrix(&self, measure: Measure) -> Result<GapMatrix> {
        let n = self.models.len();
        let all: Vec<usize> = (0..n).collect();
        let matrix = GapMatrix::new(self.models.clone(), measure, self.columns(measure, &all)?)?;
        Ok(matrix.with_resolution(self.resolution(measure)))
    }

    /// Returns the largest change of that measure of a line by rounding. A gap or a barrier is a difference
    /// of two losses: for these it is twice the change of the largest of all losses by float32, plus the
    /// further change by a coarser precision. Where lines are evaluated on drawn examples it is larger by the
    /// largest weight of an example. For other measures it is 0.
    pub fn resolution(&self, measure: Measure) -> f64 {
        if !matches!(measure, Measure::ConvexityGap | Measure::BarrierHeight) {
            return 0.0;
        }
        let losses = self.profiles.iter().flat_map(|profile| &profile.outcomes).map(Outcome::mean_loss);
        // The rounding of an example counts as often as the example does.
        let weight = self.sample.as_ref().map_or(1.0, Sample::largest_weight);
        2.0 * FLOAT32 * weight * losses.fold(0.0, f64::max) + self.imprecision
    }

    /// Returns one measure of each model and each landmark, by number, `[n_models, n_landmarks]`.
    ///
    /// # Errors
    /// The errors of [`Sweep::matrix`], for a pair with a landmark.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let landmarks = basin::choose_landmarks(models.len(), 4, 0)?;
    /// let sweep = models.sweep_to(&landmarks, "id", Grid::TENTHS)?;
    /// let gaps = sweep.landmark_gaps(Measure::ConvexityGap, &landmarks)?;
    /// assert_eq!(gaps.values.dim(), (models.len(), 4));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn landmark_gaps(&self, measure: Measure, landmarks: &[usize]) -> Result<LandmarkGaps> {
        let values = self.columns(measure, landmarks)?;
        let gaps = LandmarkGaps::new(self.models.clone(), measure, landmarks.to_vec(), values)?;
        Ok(gaps.with_resolution(self.resolution(measure)))
    }

    fn columns(&self, measure: Measure, columns: &[usize]) -> Result<Array2<f64>> {
        let mut known = BTreeMap::new();
        for profile in &self.profiles {
            let value = profile.measure(measure)?;
            known.insert((profile.a.as_str(), profile.b.as_str()), value);
            known.insert((profile.b.as_str(), profile.a.as_str()), value);
        }
        let mut values = Array2::zeros((self.models.len(), columns.len()));
        for ((row, column), value) in values.indexed_iter_mut() {
            let expected = || format!("numbers of models below {}", self.models.len());
            let other = columns[column];
            let b =
                self.models.get(other).ok_or_else(|| LmcError::invalid("landmarks", other, expected()))?;
            let a = &self.models[row];
            if a != b {
                *value = *known.get(&(a.as_str(), b.as_str())).ok_or_else(|| {
                    let got = format!("no line between {a} and {b}");
                    LmcError::invalid("sweep", got, "every pair; or landmarks that it was made for")
                })?;
            }
        }
        Ok(values)
    }

    /// Returns the two clusters of the models by convexity gap; all models are in one cluster if the gaps
    /// differ only by rounding, or do not show a division for another reason.
    ///
    /// # Errors
    /// The errors of [`Sweep::matrix`] and [`cluster`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let options = ClusterOptions::default();
    /// let basins = models.sweep("id", Grid::TENTHS)?.basins(&options)?;
    /// println!("{:?}, silhouette {:.2}", basins.sizes(), basins.silhouette);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn basins(&self, options: &ClusterOptions) -> Result<Basins> {
        cluster(&self.matrix(Measure::ConvexityGap)?, options)
    }
}
