//! The loss around models (Li et al. 2018, Figs. 1 and 9).

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::{SURFACE_MODELS, SURFACES, SurfaceColumns, SurfaceModelColumns};
use crate::error::{LmcError, Result};
use crate::figures::Figure;
use crate::figures::rows::{named, rows_where};
use crate::figures::surface::{MOST_SURFACES, Surface, grid_of, surface_panels};
use crate::study::unknown;

/// Height of the figure of lines, CSS pixels.
const HEIGHT: usize = 300;
/// The most lines of a figure.
const MOST_LINES: usize = 8;

/// Returns a figure of the loss around each model: a map with lines of equal loss, or a curve where there is
/// one direction. Maps lie side by side with equal units and one colour scale; checkpoints of a trajectory
/// are joined by a line.
///
/// `surfaces` is a [`SURFACES`] table of at most 4 maps or 8 curves, and `models` a [`SURFACE_MODELS`] table
/// of the models in them.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] for too many surfaces, for maps beside curves, or for two kinds of
/// directions.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// use lmc::analyses::surfaces::SurfaceOptions;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let surface = models.surface("id", 0, &SurfaceOptions::default())?;
/// figure::surfaces(&surface.table()?, &surface.models()?, "id")?.save("surface.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn surfaces(surfaces: &DataFrame, models: &DataFrame, dataset: &str) -> Result<Figure> {
    SURFACES.check(surfaces)?;
    SURFACE_MODELS.check(models)?;
    let all = taken(surfaces, models, dataset)?;
    let is_line = |surface: &Surface| surface.y.len() == 1;
    let n_lines = all.iter().filter(|&surface| is_line(surface)).count();
    let most = most_surfaces(if n_lines > 0 { 1 } else { 2 });
    if all.len() > most || (n_lines > 0 && n_lines < all.len()) {
        let got = format!("{} maps and {n_lines} curves on {dataset}", all.len() - n_lines);
        let expected = format!("at most {MOST_SURFACES} maps, or at most {MOST_LINES} curves");
        return Err(LmcError::invalid("surfaces", got, expected));
    }
    if n_lines > 0 {
        return curves(&all, dataset);
    }
    surface_panels(&format!("Loss on {dataset} around a model, in two directions"), &all, None, None)
}

/// Returns the most surfaces of a figure, in that number of directions.
pub fn most_surfaces(n_directions: usize) -> usize {
    if n_directions == 1 { MOST_LINES } else { MOST_SURFACES }
}

/// Returns the surfaces on a set.
fn taken(surfaces: &DataFrame, models: &DataFrame, dataset: &str) -> Result<Vec<Surface>> {
    let (names, sets) = (SurfaceColumns::surface(surfaces)?, SurfaceColumns::dataset(surfaces)?);
    let (x, y) = (SurfaceColumns::x(surfaces)?, SurfaceColumns::y(surfaces)?);
    let (loss, directions) = (SurfaceColumns::loss(surfaces)?, SurfaceColumns::directions(surfaces)?);
    let (of, model) = (SurfaceModelColumns::surface(models)?, SurfaceModelColumns::model(models)?);
    let (model_x, model_y) = (SurfaceModelColumns::x(models)?, SurfaceModelColumns::y(models)?);
    let shares = [SurfaceModelColumns::share_x(models)?, SurfaceModelColumns::share_y(models)?];
    if !sets.iter().any(|set| set == dataset) {
        return Err(unknown("dataset in the surfaces", dataset, sets));
    }
    let found = named(names.iter().zip(&sets).filter(|(_, set)| *set == dataset).map(|(name, _)| name));
    let kinds = named((0..x.len()).filter(|&i| sets[i] == dataset).map(|i| &directions[i]));
    if kinds.len() > 1 {
        let got = format!("directions of {} and of {}", kinds[0], kinds[1]);
        return Err(LmcError::invalid("surfaces", got, "one kind in a figure"));
    }
    let axes = ["first", "second"].map(|which| match kinds[0].as_str() {
        "trajectory" => format!("{which} principal component"),
        along => format!("{which} direction ({along})"),
    });
    let surface = |name: &String| {
        let rows = rows_where(x.len(), |i| names[i] == *name && sets[i] == dataset);
        let members = rows_where(of.len(), |i| of[i] == *name);
        let share = |k: usize| members.first().and_then(|&i| shares[k][i]).map(|share| 100.0 * share);
        let title = match (share(0), share(1)) {
            (Some(first), Some(second)) => format!("{name} ({first:.0} % and {second:.0} % of the variance)"),
            _ => name.clone(),
        };
        let is_path = members.len() > 1;
        let (x, y, z) = grid_of(&x, &y, &loss, &rows);
        let models = members.into_iter().map(|i| (model[i].clone(), model_x[i], model_y[i])).collect();
        Surface { title, axes: axes.clone(), x, y, z, models, is_path }
    };
    Ok(found.into_iter().map(surface).collect())
}

/// Returns a figure of the loss along one direction for each model.
fn curves(all: &[Surface], dataset: &str) -> Result<Figure> {
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
    let title = format!("Loss on {dataset} around a model, in one direction");
    let mut chart = Chart::of(&title, Panels::new(1, 1, HEIGHT, [62, 40], margin));
    for (i, surface) in all.iter().enumerate() {
        let x: Vec<Option<f64>> = surface.x.iter().copied().map(Some).collect();
        let y: Vec<Option<f64>> =
            surface.z[0].iter().map(|&loss| Some(loss).filter(|loss| loss.is_finite())).collect();
        let line = Mark::line(x, y).wide(2.0).coloured(theme::colour(i)).named(&surface.title);
        chart.add_to(0, line.telling("%{x:.3g}<br>loss %{y:.4g} nats"));
    }
    chart.axes_of(0, Axis::new(&all[0].axes[0]), Axis::of("loss", "nats per example"));
    chart.figure()
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    /// Two maps of 3 by 2 points: in random directions, or along a trajectory with a checkpoint.
    fn maps(directions: &str) -> (DataFrame, DataFrame) {
        let points = df!(
            "surface" => [vec!["s1"; 6], vec!["s2"; 6]].concat(), "dataset" => ["id"; 12],
            "directions" => [directions; 12],
            "x" => [-1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0],
            "y" => [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
            "loss" => [0.4, 0.1, 0.5, 0.9, 0.7, 0.8, 0.6, 0.2, 1.0, 0.8, 0.6, 1.2],
            "accuracy" => [0.5; 12], "n_examples" => [4_i64; 12]
        );
        let (none, is_path) = (None::<f64>, directions == "trajectory");
        let models = match is_path {
            false => df!(
                "surface" => ["s1", "s2"], "model" => ["s1", "s2"], "x" => [0.0; 2], "y" => [0.0; 2],
                "share_x" => [none; 2], "share_y" => [none; 2]
            ),
            true => df!(
                "surface" => ["s1", "s1", "s2", "s2"], "model" => ["50", "s1", "50", "s2"],
                "x" => [0.8, 0.0, -0.6, 0.0], "y" => [0.9, 0.0, 0.7, 0.0],
                "share_x" => [Some(0.83), Some(0.83), Some(0.7), Some(0.7)],
                "share_y" => [Some(0.12), Some(0.12), Some(0.2), Some(0.2)]
            ),
        };
        (points.unwrap(), models.unwrap())
    }

    fn lines() -> (DataFrame, DataFrame) {
        let points = df!(
            "surface" => [vec!["c1"; 3], vec!["c2"; 3]].concat(), "dataset" => ["id"; 6],
            "directions" => ["layer"; 6], "x" => [-1.0, 0.0, 1.0, -1.0, 0.0, 1.0], "y" => [0.0; 6],
            "loss" => [0.4, 0.1, 0.5, 0.9, 0.2, 0.8], "accuracy" => [0.5; 6], "n_examples" => [4_i64; 6]
        );
        let none: Option<f64> = None;
        let models = df!(
            "surface" => ["c1", "c2"], "model" => ["c1", "c2"], "x" => [0.0; 2], "y" => [0.0; 2],
            "share_x" => [none; 2], "share_y" => [none; 2]
        );
        (points.unwrap(), models.unwrap())
    }

    #[test]
    fn a_trajectory_is_a_line_and_tells_its_shares() {
        let (points, models) = maps("trajectory");
        let figure = description(&surfaces(&points, &models, "id").unwrap());
        assert_eq!(figure["layout"]["xaxis"]["title"]["text"], "first principal component");
        let notes = figure["layout"]["annotations"].as_array().unwrap();
        assert!(notes.iter().any(|note| note["text"] == "s2 (70 % and 20 % of the variance)"), "{notes:?}");
        let path = |trace: &&serde_json::Value| trace["mode"] == "lines" && trace["x"] == json!([0.8, 0.0]);
        assert_eq!(figure["data"].as_array().unwrap().iter().filter(path).count(), 1);
    }

    #[test]
    fn one_direction_is_a_curve_for_each_model() {
        let (points, models) = lines();
        let figure = description(&surfaces(&points, &models, "id").unwrap());
        assert_eq!(figure["data"][1]["y"], json!([0.9, 0.2, 0.8]));
        assert_eq!(figure["layout"]["xaxis"]["title"]["text"], "first direction (layer)");
        let both = maps("layer").0.vstack(&points).unwrap();
        let error = surfaces(&both, &models, "id").unwrap_err().to_string();
        assert!(error.contains("got 2 maps and 2 curves on id"), "{error}");
        let kinds = maps("filter").0.vstack(&points).unwrap();
        let error = surfaces(&kinds, &models, "id").unwrap_err().to_string();
        assert!(error.contains("got directions of filter and of layer"), "{error}");
    }

    #[test]
    fn wrong_tables_and_sets_are_refused() {
        let (points, models) = maps("filter");
        assert!(matches!(surfaces(&models, &models, "id"), Err(LmcError::Column { .. })));
        assert!(matches!(surfaces(&points, &points, "id"), Err(LmcError::Column { .. })));
        assert!(matches!(surfaces(&points, &models, "lo"), Err(LmcError::UnknownName { .. })));
    }

    #[test]
    fn their_pictures_stay() {
        let picture =
            |(points, models): (DataFrame, DataFrame)| svg(&surfaces(&points, &models, "id").unwrap());
        insta::assert_snapshot!("surfaces", picture(maps("filter")));
        insta::assert_snapshot!("surface_paths", picture(maps("trajectory")));
        insta::assert_snapshot!("surface_lines", picture(lines()));
    }
}
