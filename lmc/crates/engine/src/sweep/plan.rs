//! The plan of a sweep: units of control models, all with the same points between them.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use lmc_base::error::{LmcError, Result};
use lmc_base::file::hexadecimal;
use lmc_model::path::Combination;

/// Equally spaced values of alpha from 0 (model B) to 1 (model A), ends included.
///
/// DIFFERENCE: the paper has eleven points, in steps of a tenth (Juneja et al. 2023, F.2); its public code
/// has ten, eight between the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid(usize);

impl Grid {
    /// The paper's grid of tenths: 11 points.
    pub const TENTHS: Self = Self(11);

    /// The most points of a grid: the results of a line must fit into memory.
    pub const MOST_POINTS: usize = 10_001;

    /// Makes a grid of `n_points`, both ends counted.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than 3 points, on which nothing can be said of convexity, and
    /// for more than [`Grid::MOST_POINTS`].
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_engine as lmc;
    /// use lmc::sweep::Grid;
    /// let grid = Grid::new(5)?;
    /// assert_eq!([0, 1, 4].map(|k| grid.alpha(k)), [0.0, 0.25, 1.0]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(n_points: usize) -> Result<Self> {
        if n_points > Self::MOST_POINTS {
            let expected = format!("at most {}, both ends counted", Self::MOST_POINTS);
            return Err(LmcError::invalid("grid", format!("{n_points} points"), expected));
        }
        if n_points < 3 {
            let expected = "at least 3, both ends counted";
            return Err(LmcError::invalid("grid", format!("{n_points} points"), expected));
        }
        Ok(Self(n_points))
    }

    /// Returns the number of points.
    pub fn n_points(self) -> usize {
        self.0
    }

    /// Returns the value at point `k`; point 0 is 0 and the last is 1 exactly.
    pub fn alpha(self, k: usize) -> f64 {
        k as f64 / (self.0 - 1) as f64
    }
}

/// Units of a few control models each, and the points that are evaluated in each unit on the same examples.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPlan {
    n_models: usize,
    units: Vec<Vec<usize>>,
    points: Vec<Combination>,
    name: String,
    /// Whether the units are lines whose points lie alike seen from either end.
    are_lines: bool,
}

impl SweepPlan {
    /// The most models between all pairs of which lines are planned: twelve million lines.
    pub const MOST_MODELS: usize = 5_000;

    /// Plans the lines between all unordered pairs (a, b), a < b, of that many models.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than two models or more than [`SweepPlan::MOST_MODELS`].
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_engine as lmc;
    /// use lmc::sweep::{Grid, SweepPlan};
    /// let plan = SweepPlan::lines(100, Grid::TENTHS)?;
    /// assert_eq!((plan.units().len(), plan.n_interior()), (4_950, 44_550));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn lines(n_models: usize, grid: Grid) -> Result<Self> {
        Self::check_models(n_models)?;
        let pairs = (0..n_models).flat_map(|a| (a + 1..n_models).map(move |b| vec![a, b]));
        Self::along(n_models, pairs.collect(), grid)
    }

    /// Checks that a plan of all lines between that many models fits into memory.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for more than [`SweepPlan::MOST_MODELS`].
    pub fn check_models(n_models: usize) -> Result<()> {
        if n_models <= Self::MOST_MODELS {
            return Ok(());
        }
        let expected = format!("at most {}; lines to landmarks are fewer", Self::MOST_MODELS);
        Err(LmcError::invalid("models", n_models, expected))
    }

    /// Plans the lines between each model and each landmark, every unordered pair once.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than two models, for no landmarks, and for a landmark that is
    /// not a model or comes twice.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_engine as lmc;
    /// use lmc::sweep::{Grid, SweepPlan};
    /// let plan = SweepPlan::lines_to(100, &[3, 14, 15], Grid::TENTHS)?;
    /// assert_eq!(plan.units().len(), 3 * 97 + 3);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn lines_to(n_models: usize, landmarks: &[usize], grid: Grid) -> Result<Self> {
        let mut is_landmark = vec![false; n_models];
        for &landmark in landmarks {
            match is_landmark.get_mut(landmark) {
                Some(seen) if !*seen => *seen = true,
                _ => {
                    let expected = format!("different numbers below {n_models}");
                    return Err(LmcError::invalid("landmarks", format!("{landmarks:?}"), expected));
                }
            }
        }
        if landmarks.is_empty() {
            return Err(LmcError::invalid("landmarks", "none", "at least one"));
        }
        let pairs = (0..n_models).flat_map(|a| (a + 1..n_models).map(move |b| vec![a, b]));
        let units = pairs.filter(|pair| pair.iter().any(|&model| is_landmark[model])).collect();
        Self::along(n_models, units, grid)
    }

    /// Plans the lines between those pairs of models, each alpha = 1 first.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than two models, or a model that does not exist.
    pub fn lines_between(n_models: usize, pairs: &[[usize; 2]], grid: Grid) -> Result<Self> {
        if let Some(pair) = pairs.iter().find(|pair| pair.iter().any(|&model| model >= n_models)) {
            let expected = format!("numbers of models below {n_models}");
            return Err(LmcError::invalid("pairs", format!("{pair:?}"), expected));
        }
        Self::along(n_models, pairs.iter().map(|pair| pair.to_vec()).collect(), grid)
    }

    fn along(n_models: usize, units: Vec<Vec<usize>>, grid: Grid) -> Result<Self> {
        if n_models < 2 {
            return Err(LmcError::invalid("models", n_models, "at least 2 to have a pair"));
        }
        let points = (0..grid.n_points()).map(|k| Combination::on_line(grid.alpha(k))).collect();
        Ok(Self { n_models, units, points, name: format!("{}points", grid.n_points()), are_lines: true })
    }

    /// Plans any points between the control models of any units: planes, chains, samples of a simplex.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no units or points, a control model that does not exist, or a unit
    /// that does not have one control model for each weight of a point.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_engine::*; pub mod model { pub use lmc_model::path::*; } }
    /// use lmc::model::Combination;
    /// use lmc::sweep::SweepPlan;
    /// // The centre of each of two triples among five models.
    /// let plan = SweepPlan::new(5, vec![vec![0, 1, 2], vec![2, 3, 4]], vec![Combination::new(vec![1.0 / 3.0; 3])?])?;
    /// assert_eq!(plan.n_interior(), 2);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(n_models: usize, units: Vec<Vec<usize>>, points: Vec<Combination>) -> Result<Self> {
        if units.is_empty() || points.is_empty() {
            let got = format!("{} units of {} points", units.len(), points.len());
            return Err(LmcError::invalid("plan", got, "at least one of each"));
        }
        let n_controls = points[0].weights().len();
        if let Some(point) = points.iter().find(|point| point.weights().len() != n_controls) {
            let got = format!("{} in one and {n_controls} in another", point.weights().len());
            return Err(LmcError::invalid("weights", got, "as many in every point"));
        }
        if let Some(unit) = units.iter().find(|u| u.len() != n_controls || u.iter().any(|&m| m >= n_models)) {
            let expected = format!("{n_controls} models below {n_models}");
            return Err(LmcError::invalid("unit", format!("{unit:?}"), expected));
        }
        let mut hash = Sha256::new();
        points.iter().flat_map(|p| p.weights()).for_each(|w| hash.update(w.to_bits().to_le_bytes()));
        let digest = hexadecimal(&hash.finalize());
        let name = format!("{}points-of-{n_controls}-{}", points.len(), &digest[..10]);
        Ok(Self { n_models, units, points, name, are_lines: false })
    }

    /// Returns the number of models.
    pub fn n_models(&self) -> usize {
        self.n_models
    }

    /// Returns the control models of each unit.
    pub fn units(&self) -> &[Vec<usize>] {
        &self.units
    }

    /// Returns the points of every unit, those that are models included.
    pub fn points(&self) -> &[Combination] {
        &self.points
    }

    /// Returns the name of the points in the store: 11points, 441points-of-3-0123456789.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether the units are lines whose points lie alike seen from either end.
    pub(super) fn are_lines(&self) -> bool {
        self.are_lines
    }

    /// Returns the points that are not models: those that a unit evaluates.
    pub fn interior(&self) -> impl Iterator<Item = (usize, &Combination)> {
        self.points.iter().enumerate().filter(|(_, point)| point.vertex().is_none())
    }

    /// Returns the number of points that the units evaluate. The models themselves, evaluated once each, are
    /// not included.
    pub fn n_interior(&self) -> usize {
        self.units.len() * self.interior().count()
    }

    /// Returns the units in the order that loads models least if no more than `capacity` fit into memory: a
    /// block of models stays while all others pass by.
    ///
    /// For pairs of n models that takes about n^2 / (2 capacity) loads, against n^2 / 2 row by row.
    pub fn order(&self, capacity: usize) -> Vec<usize> {
        // Beside the block, the model that passes by and the one before it, which was used last until the
        // block was again.
        let block = capacity.saturating_sub(2).max(1);
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        let key = |unit: &Vec<usize>| {
            let (first, last) = (unit.iter().min().copied(), unit.iter().max().copied());
            (first.unwrap_or(0) / block, last, first)
        };
        order.sort_by_key(|&unit| key(&self.units[unit]));
        order
    }

    /// Deals those units to `n` processes that share the work. All get equally many, chosen so that each
    /// needs few models.
    ///
    /// A share of k pairs among many models needs about 2 sqrt(k) models.
    pub fn shares(&self, units: &[usize], n: usize) -> Vec<Vec<usize>> {
        let n = n.clamp(1, units.len().max(1));
        let side = (units.len() as f64 / n as f64).sqrt().round() as usize;
        let dealt: BTreeSet<usize> = units.iter().copied().collect();
        // A block of the order is two models smaller than there is room for.
        let order: Vec<usize> =
            self.order(side + 2).into_iter().filter(|unit| dealt.contains(unit)).collect();
        let end = |share: usize| share * order.len() / n;
        (0..n).map(|share| order[end(share)..end(share + 1)].to_vec()).collect()
    }

    /// Returns how many times a model is loaded if the units are taken in [`SweepPlan::order`] and the
    /// `capacity` models used last stay in memory.
    pub fn n_loads(&self, capacity: usize) -> usize {
        let (mut used, mut clock, mut loads) = (BTreeMap::<usize, usize>::new(), 0, 0);
        for unit in self.order(capacity) {
            for &model in &self.units[unit] {
                clock += 1;
                if used.insert(model, clock).is_none() {
                    loads += 1;
                    while used.len() > capacity.max(1) {
                        let oldest = used.iter().min_by_key(|&(_, &at)| at).map(|(&model, _)| model);
                        oldest.map(|model| used.remove(&model));
                    }
                }
            }
        }
        loads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_shared_and_exact() {
        let plan = SweepPlan::lines(16, Grid::TENTHS).unwrap();
        assert_eq!((plan.units().len(), plan.n_interior()), (120, 120 * 9));
        assert_eq!((Grid::TENTHS.alpha(0), Grid::TENTHS.alpha(5), Grid::TENTHS.alpha(10)), (0.0, 0.5, 1.0));
        assert_eq!(plan.name(), "11points");
        let interior: Vec<usize> = plan.interior().map(|(k, _)| k).collect();
        assert_eq!(interior, (1..10).collect::<Vec<_>>());
    }

    #[test]
    fn lines_to_landmarks_are_every_pair_with_one_once() {
        let plan = SweepPlan::lines_to(4, &[2, 0], Grid::TENTHS).unwrap();
        assert_eq!(plan.units(), [vec![0, 1], vec![0, 2], vec![0, 3], vec![1, 2], vec![2, 3]]);
        let all = SweepPlan::lines_to(4, &[0, 1, 2, 3], Grid::TENTHS).unwrap();
        assert_eq!(all, SweepPlan::lines(4, Grid::TENTHS).unwrap());
        for bad in [&[][..], &[4], &[1, 1]] {
            let message = SweepPlan::lines_to(4, bad, Grid::TENTHS).unwrap_err().to_string();
            assert!(message.starts_with("`landmarks`"), "{message}");
        }
    }

    #[test]
    fn any_points_make_a_plan_of_their_own_name() {
        let plane = |v| vec![Combination::in_plane(0.0, 0.0), Combination::in_plane(0.5, v)];
        let plan = |v| SweepPlan::new(5, vec![vec![4, 0, 2]], plane(v)).unwrap();
        assert_eq!(plan(0.25).n_interior(), 1);
        assert_eq!(plan(0.25).name(), plan(0.25).name());
        assert_ne!(plan(0.25).name(), plan(0.75).name());
        assert!(plan(0.25).name().starts_with("2points-of-3-"));
        let mixed = vec![Combination::on_line(0.5), Combination::in_plane(0.5, 0.5)];
        let message = |units, points| SweepPlan::new(5, units, points).unwrap_err().to_string();
        assert!(message(vec![vec![0, 1]], mixed).starts_with("`weights`"));
        assert!(message(vec![vec![0, 1, 5]], plane(0.5)).starts_with("`unit`: got [0, 1, 5]"));
        assert!(message(vec![vec![0, 1]], plane(0.5)).starts_with("`unit`: got [0, 1]"));
        assert!(message(vec![], plane(0.5)).starts_with("`plan`: got 0 units"));
    }

    #[test]
    fn an_order_takes_every_unit_once_and_loads_little() {
        let plan = SweepPlan::lines(40, Grid::TENTHS).unwrap();
        for capacity in [1, 2, 5, 10, 39, 40, 100] {
            let mut order = plan.order(capacity);
            order.sort();
            assert_eq!(order, (0..780).collect::<Vec<_>>());
        }
        assert_eq!(plan.n_loads(40), 40);
        assert_eq!(plan.n_loads(100), 40);
        // Five blocks of eight: each is loaded, and all models after it pass by.
        assert!(plan.n_loads(10) <= 40 + 32 + 24 + 16 + 8, "{}", plan.n_loads(10));
        assert!(plan.n_loads(2) > 700);
    }

    #[test]
    fn shares_are_equal_and_need_few_models() {
        let plan = SweepPlan::lines(100, Grid::TENTHS).unwrap();
        let all: Vec<usize> = (0..4950).collect();
        let shares = plan.shares(&all, 99);
        assert!(shares.iter().all(|share| share.len() == 50));
        let mut dealt = shares.concat();
        dealt.sort();
        assert_eq!(dealt, all);
        let models = |share: &Vec<usize>| {
            let units = share.iter().flat_map(|&unit| plan.units()[unit].clone());
            units.collect::<BTreeSet<_>>().len()
        };
        // Squares of 7 by 7; row by row it is 51 for nearly all.
        let mean = shares.iter().map(models).sum::<usize>() as f64 / 99.0;
        assert!(mean < 20.0, "{mean}");
        let odd: Vec<usize> = (1..12).step_by(2).collect();
        let shares = SweepPlan::lines(6, Grid::TENTHS).unwrap().shares(&odd, 4);
        assert_eq!(shares.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1, 2]);
        assert_eq!(shares.concat().len(), 6);
        assert_eq!(plan.shares(&[], 4), [Vec::<usize>::new()]);
        assert_eq!(plan.shares(&[3], 4), [[3]]);
    }

    #[test]
    fn lines_between_some_pairs_are_lines_of_all() {
        let all = SweepPlan::lines(4, Grid::TENTHS).unwrap();
        let some = SweepPlan::lines_between(4, &[[0, 3], [1, 2]], Grid::TENTHS).unwrap();
        assert_eq!((some.units(), some.name()), (&[vec![0, 3], vec![1, 2]][..], all.name()));
        let message = SweepPlan::lines_between(4, &[[0, 4]], Grid::TENTHS).unwrap_err().to_string();
        assert!(message.starts_with("`pairs`: got [0, 4]"), "{message}");
    }

    #[test]
    fn too_few_points_or_models_are_refused() {
        assert!(Grid::new(2).unwrap_err().to_string().contains("`grid`: got 2 points"));
        assert!(SweepPlan::lines(1, Grid::TENTHS).unwrap_err().to_string().contains("`models`: got 1"));
        let many = SweepPlan::lines(usize::MAX, Grid::TENTHS).unwrap_err().to_string();
        assert!(many.contains("expected at most 5000; lines to landmarks"), "{many}");
        assert!(Grid::new(usize::MAX).unwrap_err().to_string().contains("expected at most 10001"));
    }
}
