use super::{GapMatrix, Measure, check_names, check_resolution};
use lmc_base::error::{LmcError, Result};
use ndarray::{Array2, ArrayView1, Axis};
use std::fmt;

/// One number for each pair of a model and a landmark, where a landmark is one of the models. These are the
/// known numbers of a [`GapMatrix`] if only some of its columns are computed.
#[derive(Clone, PartialEq)]
pub struct LandmarkGaps {
    /// Names of the models, all different, in the order of rows.
    pub models: Vec<String>,
    /// The meaning of the numbers.
    pub measure: Measure,
    /// The rows of the landmarks, all different, in the order of columns.
    pub landmarks: Vec<usize>,
    /// The numbers, \[n_models, n_landmarks\].
    pub values: Array2<f64>,
    /// The most by which rounding of the values they were computed from moves one of the numbers, in their
    /// unit; 0 if that is not known.
    pub resolution: f64,
}

impl LandmarkGaps {
    /// Returns checked gaps: `values` is \[n_models, n_landmarks\], zero where a landmark meets itself and
    /// symmetric where landmarks meet.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] if the sizes differ; [`LmcError::InvalidParameter`] for fewer than 2
    /// models, a name that occurs twice, no landmarks, a landmark that is not a row or occurs twice, and a
    /// value that is negative, not finite, not zero for a landmark and itself, or not the same for two
    /// landmarks either way.
    pub fn new(
        models: Vec<String>,
        measure: Measure,
        landmarks: Vec<usize>,
        values: Array2<f64>,
    ) -> Result<LandmarkGaps> {
        let gaps = LandmarkGaps { models, measure, landmarks, values, resolution: 0.0 };
        gaps.check()?;
        Ok(gaps)
    }

    /// Returns the columns of a whole matrix at the landmarks.
    ///
    /// # Errors
    /// The errors of [`LandmarkGaps::new`], and those of [`GapMatrix::new`] for a matrix that would not pass
    /// it.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_maths as lmc;
    /// use lmc::gap::{GapMatrix, LandmarkGaps, Measure};
    /// let models = ["a", "b", "c"].map(String::from).to_vec();
    /// let values = ndarray::array![[0.0, 0.2, 0.3], [0.2, 0.0, 0.4], [0.3, 0.4, 0.0]];
    /// let gaps = GapMatrix::new(models, Measure::ConvexityGap, values)?;
    /// assert_eq!(LandmarkGaps::from_matrix(&gaps, &[2])?.values, ndarray::array![[0.3], [0.4], [0.0]]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn from_matrix(gaps: &GapMatrix, landmarks: &[usize]) -> Result<LandmarkGaps> {
        gaps.check()?;
        check_landmarks(landmarks, gaps.models.len())?;
        let values = gaps.values.select(Axis(1), landmarks);
        let known = LandmarkGaps::new(gaps.models.clone(), gaps.measure, landmarks.to_vec(), values)?;
        Ok(known.with_resolution(gaps.resolution))
    }

    /// Returns the same gaps, which rounding may have moved by up to `resolution`; see
    /// [`GapMatrix::with_resolution`].
    pub fn with_resolution(self, resolution: f64) -> LandmarkGaps {
        LandmarkGaps { resolution, ..self }
    }

    /// Returns these gaps with those of one more landmark, `gaps` \[n_models\].
    ///
    /// # Errors
    /// The errors of [`LandmarkGaps::new`].
    pub fn with_landmark(mut self, landmark: usize, gaps: &[f64]) -> Result<LandmarkGaps> {
        self.values.push_column(ArrayView1::from(gaps)).map_err(|_| LmcError::ShapeMismatch {
            what: "gaps of a landmark".to_owned(),
            got: vec![gaps.len()],
            expected: vec![self.values.nrows()],
        })?;
        self.landmarks.push(landmark);
        self.check()?;
        Ok(self)
    }

    /// Returns every unordered pair whose gap is known once, in row order, as (row, column, value) with row <
    /// column, both counted over the models.
    pub fn pairs(&self) -> Vec<(usize, usize, f64)> {
        let column_of = self.column_of();
        let mut landmarks: Vec<(usize, usize)> = self.landmarks.iter().copied().zip(0..).collect();
        landmarks.sort_unstable();
        let mut pairs = Vec::with_capacity(self.values.len());
        for (i, column) in column_of.into_iter().enumerate() {
            match column {
                Some(column) => {
                    pairs.extend((i + 1..self.models.len()).map(|j| (i, j, self.values[[j, column]])));
                }
                None => {
                    let later = landmarks.iter().filter(|&&(landmark, _)| landmark > i);
                    pairs.extend(later.map(|&(landmark, column)| (i, landmark, self.values[[i, column]])));
                }
            }
        }
        pairs
    }

    /// Returns the column of each model that is a landmark.
    #[doc(hidden)]
    pub fn column_of(&self) -> Vec<Option<usize>> {
        let mut column_of = vec![None; self.models.len()];
        self.landmarks.iter().enumerate().for_each(|(column, &landmark)| column_of[landmark] = Some(column));
        column_of
    }

    /// Repeats the checks of [`LandmarkGaps::new`], since the fields are public.
    #[doc(hidden)]
    pub fn check(&self) -> Result<()> {
        check_names(&self.models)?;
        let (n, m) = (self.models.len(), self.landmarks.len());
        check_landmarks(&self.landmarks, n)?;
        if self.values.shape() != [n, m] {
            return Err(LmcError::ShapeMismatch {
                what: "gaps to landmarks".to_owned(),
                got: self.values.shape().to_vec(),
                expected: vec![n, m],
            });
        }
        let column_of = self.column_of();
        for ((i, column), &value) in self.values.indexed_iter() {
            let problem = if !value.is_finite() || value < 0.0 {
                "finite numbers of at least 0"
            } else if i == self.landmarks[column] && value != 0.0 {
                "zero for a landmark and itself"
            } else if column_of[i].is_some_and(|other| value != self.values[[self.landmarks[column], other]])
            {
                "the same for two landmarks either way"
            } else {
                continue;
            };
            let got =
                format!("{value} for `{}` and `{}`", self.models[i], self.models[self.landmarks[column]]);
            return Err(LmcError::invalid("values", got, problem));
        }
        check_resolution(self.resolution)
    }
}

/// Checks that the landmarks are different rows of `n_models`, and that there is at least one.
fn check_landmarks(landmarks: &[usize], n_models: usize) -> Result<()> {
    if landmarks.is_empty() {
        return Err(LmcError::invalid("landmarks", "none", "at least 1"));
    }
    let mut seen = vec![false; n_models];
    for &landmark in landmarks {
        let expected = match seen.get_mut(landmark) {
            None => format!("rows of the {n_models} models, counted from 0"),
            Some(true) => "landmarks that all differ".to_owned(),
            Some(free) => {
                *free = true;
                continue;
            }
        };
        return Err(LmcError::invalid("landmarks", landmark, expected));
    }
    Ok(())
}

impl fmt::Debug for LandmarkGaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, m) = (self.models.len(), self.landmarks.len());
        write!(f, "LandmarkGaps({} of {n} models to {m} landmarks)", self.measure.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("m{i}")).collect()
    }

    fn matrix() -> GapMatrix {
        let values =
            array![[0.0, 1.0, 2.0, 3.0], [1.0, 0.0, 4.0, 5.0], [2.0, 4.0, 0.0, 6.0], [3.0, 5.0, 6.0, 0.0]];
        GapMatrix::new(names(4), Measure::BarrierHeight, values).unwrap()
    }

    #[test]
    fn known_pairs_come_once_in_row_order() {
        let gaps = LandmarkGaps::from_matrix(&matrix(), &[2, 1]).unwrap();
        assert_eq!(gaps.values, array![[2.0, 1.0], [4.0, 0.0], [0.0, 4.0], [6.0, 5.0]]);
        assert_eq!(gaps.pairs(), [(0, 1, 1.0), (0, 2, 2.0), (1, 2, 4.0), (1, 3, 5.0), (2, 3, 6.0)]);
        assert_eq!(gaps.column_of(), [None, Some(1), Some(0), None]);
        assert_eq!(format!("{gaps:?}"), "LandmarkGaps(barrier height of 4 models to 2 landmarks)");
        for all in [[0, 1, 2, 3], [3, 0, 2, 1]] {
            assert_eq!(LandmarkGaps::from_matrix(&matrix(), &all).unwrap().pairs(), matrix().pairs());
        }
    }

    #[test]
    fn landmarks_can_come_one_by_one() {
        let first = LandmarkGaps::from_matrix(&matrix(), &[2]).unwrap();
        let both = first.clone().with_landmark(1, &[1.0, 0.0, 4.0, 5.0]).unwrap();
        assert_eq!(both, LandmarkGaps::from_matrix(&matrix(), &[2, 1]).unwrap());
        let short = first.clone().with_landmark(1, &[1.0, 0.0, 4.0]);
        assert!(matches!(short, Err(LmcError::ShapeMismatch { .. })));
        let again = first.with_landmark(2, &[2.0, 4.0, 0.0, 6.0]);
        assert!(matches!(again, Err(LmcError::InvalidParameter { field: "landmarks", .. })));
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        for landmarks in [&[][..], &[0, 4], &[1, 1], &[usize::MAX]] {
            let error = LandmarkGaps::from_matrix(&matrix(), landmarks).unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "landmarks", .. }), "{error}");
        }
        let build = |values| LandmarkGaps::new(names(3), Measure::ConvexityGap, vec![0, 2], values);
        let good = array![[0.0, 1.0], [2.0, 3.0], [1.0, 0.0]];
        assert!(build(good.clone()).is_ok());
        for shape in [(3, 3), (2, 2)] {
            assert!(matches!(build(Array2::zeros(shape)), Err(LmcError::ShapeMismatch { .. })));
        }
        let changed = |at: [usize; 2], value: f64| {
            let mut values = good.clone();
            values[at] = value;
            let error = build(values).unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "values", .. }));
            error.to_string()
        };
        assert!(changed([1, 0], -1.0).contains("at least 0"));
        assert!(changed([1, 1], f64::INFINITY).contains("finite"));
        assert!(changed([2, 1], 1.0).contains("itself"));
        assert!(changed([0, 1], 2.0).contains("either way"));
        let twice = vec!["a".to_owned(), "a".to_owned(), "b".to_owned()];
        let error = LandmarkGaps::new(twice, Measure::ConvexityGap, vec![0, 2], good).unwrap_err();
        assert!(error.to_string().contains("`a` twice"));
        let mut broken = matrix();
        broken.values[[0, 3]] = 9.0;
        let error = LandmarkGaps::from_matrix(&broken, &[1]).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "values", .. }));
    }
}
