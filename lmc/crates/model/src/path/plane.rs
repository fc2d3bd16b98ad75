//! Coordinates in the plane through three models (Benton et al. 2021; Juneja et al. 2023, Fig. 2).

use super::Combination;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, positive};

/// Steps of rounding in a unit: the last bits of a distance, a sum of many terms, must not change the name of
/// a plane's points.
const STEPS: f64 = 1e9;
/// The most points of a grid.
const MOST_POINTS: f64 = 1e6;

/// The plane through three models: the first is the origin, the second lies at (1, 0), and the second axis is
/// orthogonal to the first and as long (Gram-Schmidt), with the third model above it.
///
/// One unit is the distance of the first two models, along both axes, so that lengths and angles are those of
/// the space of parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    along: f64,
    height: f64,
}

impl Plane {
    /// Makes the plane through three models from the distances of the first to the second, of the first to
    /// the third and of the second to the third.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for distances of no triangle, among them those of models on one line.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod analyses { pub use lmc_model::path as planes; } }
    /// use lmc::analyses::planes::Plane;
    /// let plane = Plane::new(2.0, 2.0, 8.0_f64.sqrt())?; // a right angle at the first model
    /// assert_eq!(plane.anchors(), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(first_second: f64, first_third: f64, second_third: f64) -> Result<Self> {
        let (b, c) = (first_third / first_second, second_third / first_second);
        let round = |value: f64| (value * STEPS).round() / STEPS;
        let along = (1.0 + b * b - c * c) / 2.0;
        let height = (b * b - along * along).max(0.0).sqrt();
        // NaN fails too.
        let is_triangle = first_second > 0.0 && (1.0 + b - c).min(1.0 + c - b) >= 0.0 && height > 1e-4;
        if !(is_triangle && along.is_finite() && height.is_finite()) {
            let got = format!("{first_second}, {first_third}, {second_third}");
            return Err(LmcError::invalid(
                "distances",
                got,
                "those of three models that are not on one line",
            ));
        }
        Ok(Self { along: round(along), height: round(height) })
    }

    /// Returns the coordinates of the three models, in units.
    pub fn anchors(&self) -> [(f64, f64); 3] {
        [(0.0, 0.0), (1.0, 0.0), (self.along, self.height)]
    }

    /// Returns the point at (x, y), in units, as a combination of the three models.
    pub fn point(&self, x: f64, y: f64) -> Combination {
        let v = y / self.height;
        Combination::in_plane(x - v * self.along, v)
    }

    /// Returns a grid over the plane.
    ///
    /// # Errors
    /// The errors of [`PlaneOptions::check`].
    pub fn grid(&self, options: &PlaneOptions) -> Result<PlaneGrid> {
        let options = options.check()?;
        let (anchors, spacing) = (self.anchors(), options.spacing);
        let around = |of: fn(&(f64, f64)) -> f64| {
            let values = || anchors.iter().map(of);
            let low = values().fold(f64::INFINITY, f64::min) - options.margin;
            let high = values().fold(f64::NEG_INFINITY, f64::max) + options.margin;
            // Whole steps from the origin, so that it and the second model lie on the grid of tenths.
            ((low / spacing + 1e-9).floor() * spacing, (high / spacing - 1e-9).ceil() * spacing)
        };
        let [across, up] = options.range.unwrap_or([around(|p| p.0), around(|p| p.1)]);
        let n_steps = |(low, high): (f64, f64)| ((high - low) / spacing + 1e-9).floor();
        if (n_steps(across) + 1.0) * (n_steps(up) + 1.0) > MOST_POINTS {
            let expected = format!("a spacing that leaves at most {MOST_POINTS} points");
            return Err(LmcError::invalid("plane.spacing", spacing, expected));
        }
        let values = |ends: (f64, f64)| {
            let at = |k: u32| ((ends.0 + f64::from(k) * spacing) * STEPS).round() / STEPS + 0.0;
            (0..=n_steps(ends) as u32).map(at).collect()
        };
        Ok(PlaneGrid { x: values(across), y: values(up) })
    }
}

/// The choice of the points of a plane that are sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneOptions {
    /// The distance of two neighbouring points, in units.
    pub spacing: f64,
    /// The margin of the grid beyond the three models on each side, in units, if no range is given.
    pub margin: f64,
    /// The ends of x and of y, in units; `None` for the margin around the three models.
    pub range: Option<[(f64, f64); 2]>,
}

impl Default for PlaneOptions {
    /// Returns options for steps of a tenth, up to three tenths of a unit beyond the models. The paper names
    /// neither number.
    fn default() -> Self {
        Self { spacing: 0.1, margin: 0.3, range: None }
    }
}

impl Options for PlaneOptions {
    fn validate(&self) -> Result<()> {
        positive("plane.spacing", self.spacing, "a positive number of units")?;
        if !(self.margin >= 0.0 && self.margin.is_finite()) {
            return Err(LmcError::invalid("plane.margin", self.margin, "zero or a positive number of units"));
        }
        for (low, high) in self.range.iter().flatten() {
            if !(low < high && low.is_finite() && high.is_finite()) {
                let got = format!("({low}, {high})");
                return Err(LmcError::invalid("plane.range", got, "two finite numbers, the smaller first"));
            }
        }
        Ok(())
    }
}

/// The points of a plane that are sampled, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaneGrid {
    /// The values of x, ascending, in units.
    pub x: Vec<f64>,
    /// The values of y, ascending, in units.
    pub y: Vec<f64>,
}

impl PlaneGrid {
    /// Returns the points, y by y.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.y.iter().flat_map(|&y| self.x.iter().map(move |&x| (x, y)))
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use tch::Tensor;

    use super::*;

    #[test]
    fn axes_by_hand() {
        // A 3-4-5 triangle with its right angle at the second model: the third lies above it.
        let plane = Plane::new(3.0, 5.0, 4.0).unwrap();
        let [_, _, (x, y)] = plane.anchors();
        assert!((x - 1.0).abs() < 1e-9 && (y - 4.0 / 3.0).abs() < 1e-9, "({x}, {y})");
        // Half-way up: half of the third model, and the rest is the first model alone.
        let half = plane.point(0.5, 2.0 / 3.0);
        let expected = [0.5, 0.0, 0.5];
        assert!(half.weights().iter().zip(expected).all(|(got, e)| (got - e).abs() < 1e-8), "{half:?}");
    }

    #[test]
    fn each_model_lies_at_its_own_coordinates() {
        for sides in [[3.0, 5.0, 4.0], [1.0, 0.7, 0.9], [8.9, 8.6, 9.1]] {
            let plane = Plane::new(sides[0], sides[1], sides[2]).unwrap();
            for (model, (x, y)) in plane.anchors().into_iter().enumerate() {
                assert_eq!(plane.point(x, y).vertex(), Some(model));
            }
        }
    }

    #[test]
    fn lengths_in_the_plane_are_those_of_the_parameters() {
        let mut rng = lmc_base::seed::rng(4, "plane");
        let mut draw = || Tensor::from_slice(&[(); 50].map(|()| rng.random_range(-1.0..1.0f64)));
        let models = [draw(), draw(), draw()];
        let distance = |a: &Tensor, b: &Tensor| (a - b).norm().double_value(&[]);
        let unit = distance(&models[0], &models[1]);
        let plane =
            Plane::new(unit, distance(&models[0], &models[2]), distance(&models[1], &models[2])).unwrap();
        let theta = |(x, y): (f64, f64)| -> Tensor {
            let point = plane.point(x, y);
            point.weights().iter().zip(&models).map(|(&w, model)| model * w).sum()
        };
        let points = [(0.0, 0.0), (-0.4, 1.3), (0.7, 0.2), (2.0, -1.0)];
        for (p, q) in points.iter().flat_map(|p| points.iter().map(move |q| (*p, *q))) {
            let got = distance(&theta(p), &theta(q));
            assert!((got - unit * (p.0 - q.0).hypot(p.1 - q.1)).abs() < 1e-6 * unit, "{p:?} {q:?}");
        }
    }

    #[test]
    fn a_grid_surrounds_the_models_and_meets_two_of_them() {
        let plane = Plane::new(1.0, 1.0, 1.0).unwrap();
        let grid = plane.grid(&PlaneOptions::default()).unwrap();
        assert_eq!((grid.x[0], grid.x[grid.x.len() - 1]), (-0.3, 1.3));
        assert!(grid.x.contains(&0.0) && grid.x.contains(&1.0) && grid.y.contains(&0.0));
        let top = grid.y[grid.y.len() - 1];
        assert!((1.16..1.27).contains(&top), "{top}");
        assert_eq!(grid.points().count(), grid.x.len() * grid.y.len());
        let vertices = grid.points().filter(|&(x, y)| plane.point(x, y).vertex().is_some()).count();
        assert_eq!(vertices, 2);
        let given = PlaneOptions { spacing: 0.5, range: Some([(0.0, 1.0), (-1.0, 0.2)]), margin: 9.0 };
        let grid = plane.grid(&given).unwrap();
        assert_eq!((grid.x, grid.y), (vec![0.0, 0.5, 1.0], vec![-1.0, -0.5, 0.0]));
    }

    #[test]
    fn no_triangle_and_no_grid_are_refused() {
        for [a, b, c] in [[1.0, 2.0, 1.0], [0.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, f64::NAN, 1.0]] {
            let message = Plane::new(a, b, c).unwrap_err().to_string();
            assert!(message.starts_with("`distances`"), "{message}");
        }
        let plane = Plane::new(1.0, 1.0, 1.0).unwrap();
        let options = PlaneOptions::default();
        for (field, bad) in [
            ("`plane.spacing`", PlaneOptions { spacing: 0.0, ..options }),
            ("`plane.spacing`", PlaneOptions { spacing: 1e-9, ..options }),
            ("`plane.margin`", PlaneOptions { margin: -1.0, ..options }),
            ("`plane.range`", PlaneOptions { range: Some([(0.0, 1.0), (1.0, 1.0)]), ..options }),
        ] {
            assert!(plane.grid(&bad).unwrap_err().to_string().starts_with(field), "{field}");
        }
    }
}
