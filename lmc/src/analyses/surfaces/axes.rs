//! The directions of a surface, the models that span it, and the points on it.

use crate::direction::{DirectionScale, Principal, random_direction};
use crate::error::Result;
use crate::figures::rows::ends;
use crate::file::sha256;
use crate::options::Valid;
use crate::path::PlaneGrid;
use crate::study::{Model, Models};
use crate::weights::Weights;

use super::{Directions, SurfaceOptions};

/// The plane of a surface.
pub(super) struct Axes {
    /// The model around which it lies.
    pub centre: Weights,
    /// The names in the store of the models that span it beside its own, one for each direction.
    pub keys: Vec<String>,
    /// These models, each a step in its direction away from its own.
    pub ends: Vec<Weights>,
    /// The length of a step, in the unit of the grid.
    pub step: f64,
    pub grid: PlaneGrid,
    /// The models in it, with their places.
    pub models: Vec<(String, [f64; 2])>,
    /// The share of the variance of the checkpoints along each direction.
    pub shares: Option<[f64; 2]>,
}

impl Axes {
    /// Returns the plane around a model, given by number.
    pub fn new(models: &Models, model: usize, options: &Valid<SurfaceOptions>) -> Result<Self> {
        match options.directions {
            Directions::Random(scale) => Self::random(models, model, scale, options),
            Directions::Trajectory => Self::of_trajectory(models, model, options),
        }
    }

    fn random(
        models: &Models,
        model: usize,
        scale: DirectionScale,
        options: &Valid<SurfaceOptions>,
    ) -> Result<Self> {
        let own = &models.models()[model];
        let centre = models.weights_of(own)?;
        let (mut keys, mut ends) = (Vec::new(), Vec::new());
        for number in 0..options.n_directions {
            let direction = random_direction(&centre, scale, options.seed, number)?;
            keys.push(format!("{}-{scale}-{}-{number}", own.key(), options.seed));
            ends.push(Weights::new(centre.layout().clone(), centre.theta().f_add(direction.theta())?)?);
        }
        let x = points([-options.extent, options.extent], options.n_points);
        let y = if options.n_directions == 2 { x.clone() } else { vec![0.0] };
        let models = vec![(own.name.clone(), [0.0, 0.0])];
        Ok(Self { centre, keys, ends, step: 1.0, grid: PlaneGrid { x, y }, models, shares: None })
    }

    fn of_trajectory(models: &Models, model: usize, options: &Valid<SurfaceOptions>) -> Result<Self> {
        let own = &models.models()[model];
        let last = models.weights_of(own)?;
        let (mut names, mut keys, mut before) = (Vec::new(), Vec::new(), Vec::new());
        let stages = models.stages()?;
        let earlier = stages.iter().take_while(|stage| stage.models()[model].key() != own.key());
        for stage in earlier {
            let checkpoint = &stage.models()[model];
            names.push(stage.step().to_string());
            keys.push(checkpoint.key());
            before.push(stage.weights_of(checkpoint)?);
        }
        let Principal { axes, shares, places } = Principal::of(&before, &last)?;
        drop(before);
        let all = || places.iter().copied().chain([[0.0, 0.0]]);
        let sides = [0, 1].map(|k| ends(all().map(|place| place[k])));
        // The last bits of sums over all parameters must not change the names of the points in the store.
        let longer = rounded(sides.iter().map(|(low, high)| high - low).fold(0.0, f64::max));
        let margin = longer * options.extent / 4.0;
        let [x, y] = sides
            .map(|(low, high)| points([rounded(low - margin), rounded(high + margin)], options.n_points));
        // A step as long as the path keeps weights of the same order as the model's.
        let ends = axes
            .iter()
            .map(|axis| Weights::new(last.layout().clone(), last.theta().f_add(&(axis * longer))?))
            .collect::<Result<Vec<_>>>()?;
        let path = &sha256(keys.join("\n").as_bytes())[..10];
        let mut placed: Vec<(String, [f64; 2])> = names.into_iter().zip(places.iter().copied()).collect();
        placed.push((own.name.clone(), [0.0, 0.0]));
        Ok(Self {
            centre: last,
            keys: (0..2).map(|k| format!("{}-trajectory-{path}-{k}", Model::key(own))).collect(),
            ends,
            step: longer,
            grid: PlaneGrid { x, y },
            models: placed,
            shares: Some(shares),
        })
    }
}

/// Returns equally spaced numbers, both ends among them.
fn points([low, high]: [f64; 2], n: usize) -> Vec<f64> {
    let at = |k: usize| k as f64 / (n - 1) as f64;
    // Of a range around zero the middle is zero exactly.
    let least = 1e-12 * (high - low);
    (0..n)
        .map(|k| low * (1.0 - at(k)) + high * at(k))
        .map(|x| if x.abs() < least { 0.0 } else { x })
        .collect()
}

/// Returns a number with six digits.
fn rounded(x: f64) -> f64 {
    let unit = 10f64.powi(x.abs().max(f64::MIN_POSITIVE).log10().floor() as i32 - 5);
    (x / unit).round() * unit
}
