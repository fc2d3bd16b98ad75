//! The loss around the copies of a study: where it passes through models, how it is kept, and what is
//! refused.

use lmc::analyses::surfaces::{DirectionScale, Directions, SurfaceOptions};
use lmc::spec::Recipe;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::table::{SURFACE_MODELS, SURFACES, Table};
use lmc::{LmcError, figure};
use lmc_tests::small;

#[test]
fn the_middle_of_a_surface_is_the_model_and_a_curve_is_its_axis() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 2);
    let own = models.evaluate("id").unwrap()[1].outcome.mean_loss();
    let options = SurfaceOptions { n_points: 5, ..SurfaceOptions::default() };
    let map = models.surface("id", 1, &options).unwrap();
    SURFACES.check(&map.table().unwrap()).unwrap();
    SURFACE_MODELS.check(&map.models().unwrap()).unwrap();
    let losses: Vec<f64> = map.outcomes.iter().map(|outcome| outcome.mean_loss()).collect();
    assert_eq!((map.grid.x.as_slice(), losses.len()), (&[-1.0, -0.5, 0.0, 0.5, 1.0][..], 25));
    assert_eq!(losses[12], own, "the middle is the model itself");
    assert!(losses.iter().any(|loss| loss - own > 1e-3), "{losses:?}");
    let curve = models.surface("id", 1, &SurfaceOptions { n_directions: 1, ..options }).unwrap();
    for (k, outcome) in curve.outcomes.iter().enumerate() {
        let (got, expected) = (outcome.mean_loss(), losses[10 + k]);
        assert!((got - expected).abs() < 1e-5, "{got}, expected {expected}");
    }
    // The same is found in the store again, and another seed or scale is another surface.
    assert_eq!(models.surface("id", 1, &options).unwrap().outcomes, map.outcomes);
    let directions = Directions::Random(DirectionScale::Layer);
    for other in [SurfaceOptions { seed: 1, ..options }, SurfaceOptions { directions, ..options }] {
        assert_ne!(models.surface("id", 1, &other).unwrap().outcomes, map.outcomes, "{other:?}");
    }
    figure::surfaces(&map.table().unwrap(), &map.models().unwrap(), "id").unwrap();
}

#[test]
fn a_trajectory_passes_through_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let spec = small::spec(1);
    let trajectory = [0.2, 0.4, 0.6, 0.8, 1.0].to_vec();
    let spec = StudySpec { recipe: Recipe { trajectory, ..spec.recipe.clone() }, ..spec };
    let models = Study::open_in(spec, Store::open(folder.path()).unwrap()).unwrap().finetune().unwrap();
    let own = models.evaluate("id").unwrap()[0].outcome.mean_loss();
    let options =
        SurfaceOptions { directions: Directions::Trajectory, n_points: 5, ..SurfaceOptions::default() };
    let map = models.surface("id", 0, &options).unwrap();
    let stages = models.stages().unwrap();
    assert_eq!(map.models.len(), stages.len());
    assert_eq!(map.models.last().unwrap(), &(models.names()[0].clone(), [0.0, 0.0]));
    let shares = map.shares.unwrap();
    assert!(shares[0] >= shares[1] && shares[1] > 0.0 && shares[0] + shares[1] <= 1.0 + 1e-9, "{shares:?}");
    // All checkpoints lie inside, with a margin.
    for (name, [x, y]) in &map.models {
        let inside = |values: &[f64], at: f64| values[0] < at && at < values[values.len() - 1];
        assert!(inside(&map.grid.x, *x) && inside(&map.grid.y, *y), "{name} at {x}, {y}");
    }
    let nearest = map
        .grid
        .points()
        .zip(&map.outcomes)
        .min_by(|((ax, ay), _), ((bx, by), _)| ax.hypot(*ay).total_cmp(&bx.hypot(*by)));
    let loss = nearest.unwrap().1.mean_loss();
    assert!((loss - own).abs() < 0.3, "near the model the loss is like its own: {loss}, {own}");
    figure::surfaces(&map.table().unwrap(), &map.models().unwrap(), "id").unwrap();
}

#[test]
fn what_is_no_surface_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 2);
    let usual = SurfaceOptions { n_points: 3, ..SurfaceOptions::default() };
    let error =
        |model, options: SurfaceOptions| models.surface("id", model, &options).unwrap_err().to_string();
    assert!(error(2, usual).starts_with("`model`: got 2, expected a number below 2"));
    assert!(
        error(0, SurfaceOptions { n_directions: 3, ..usual }).starts_with("`surface.n_directions`: got 3")
    );
    assert!(error(0, SurfaceOptions { n_points: 2, ..usual }).starts_with("`surface.n_points`: got 2"));
    assert!(error(0, SurfaceOptions { n_points: 302, ..usual }).starts_with("`surface.n_points`: got 302"));
    assert!(error(0, SurfaceOptions { extent: 0.0, ..usual }).starts_with("`surface.extent`: got 0"));
    let path = SurfaceOptions { directions: Directions::Trajectory, ..usual };
    assert!(error(0, SurfaceOptions { n_directions: 1, ..path }).contains("2 along a trajectory"));
    // Three checkpoints are two before the last one.
    assert!(error(0, path).starts_with("`checkpoints`: got 2 before the last"));
    assert!(matches!(models.surface("none", 0, &usual), Err(LmcError::UnknownName { .. })));
}
