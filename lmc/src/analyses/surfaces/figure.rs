//! The loss around models (Li et al. 2018, Figs. 1 and 9).

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme::{self, counted};
use polars::prelude::DataFrame;

use super::{SURFACE_MODELS, SURFACES, SurfaceColumns, SurfaceModelColumns};
use crate::error::{LmcError, Result};
use crate::figures::Figure;
use crate::figures::relief::surface_scenes;
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
    let (all, n_lines) = taken(surfaces, models, dataset)?;
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

/// Returns a figure of the loss around each model in three dimensions (Li et al. 2018, Fig. 1): a surface in
/// the colours of the maps of [`surfaces`] with lines of equal loss, on which the models lie.
///
/// In a notebook and in HTML it can be turned. A picture (PNG, SVG) shows the first view; what lies behind
/// the surface is dotted or faded. `surfaces` is a [`SURFACES`] table of at most 4 surfaces in two
/// directions, and `models` a [`SURFACE_MODELS`] table of the models in them.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] for too many surfaces, for one direction, or for two kinds of directions.
///
/// # Examples
/// ```
/// use lmc::polars::prelude::*;
/// use lmc::prelude::*;
///
/// let steps = [-1.0, 0.0, 1.0];
/// let x: Vec<f64> = steps.repeat(3);
/// let y: Vec<f64> = steps.iter().flat_map(|&y| [y; 3]).collect();
/// let loss: Vec<f64> = x.iter().zip(&y).map(|(x, y)| 0.1 + x * x + 0.5 * y * y).collect();
/// let surface = df!("surface" => ["s100"; 9], "dataset" => ["id"; 9], "directions" => ["filter"; 9],
///     "x" => x, "y" => y, "loss" => loss, "accuracy" => [0.5; 9], "n_examples" => [512_i64; 9])?;
/// let models = df!("surface" => ["s100"], "model" => ["s100"], "x" => [0.0], "y" => [0.0],
///     "share_x" => [None::<f64>], "share_y" => [None::<f64>])?;
/// let figure = figure::surfaces_3d(&surface, &models, "id")?;
/// assert!(figure.to_svg()?.contains(">s100<"));
/// figure.save(std::env::temp_dir().join("lmc-figures/surface.html"))?; // can be turned in a browser
/// # Ok::<(), LmcError>(())
/// ```
pub fn surfaces_3d(surfaces: &DataFrame, models: &DataFrame, dataset: &str) -> Result<Figure> {
    let (all, n_lines) = taken(surfaces, models, dataset)?;
    if all.len() > MOST_SURFACES || n_lines > 0 {
        let got =
            format!("{} and {} on {dataset}", counted(all.len() - n_lines, "map"), counted(n_lines, "curve"));
        let expected = format!("at most {MOST_SURFACES} maps, which have two directions, and no curve");
        return Err(LmcError::invalid("surfaces", got, expected));
    }
    surface_scenes(&format!("Loss surface on {dataset} around a model"), &all, None)
}

/// Returns the surfaces on a set, and how many of them have one direction.
fn taken(surfaces: &DataFrame, models: &DataFrame, dataset: &str) -> Result<(Vec<Surface>, usize)> {
    SURFACES.check(surfaces)?;
    SURFACE_MODELS.check(models)?;
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
    let all: Vec<Surface> = found.into_iter().map(surface).collect();
    let n_lines = all.iter().filter(|surface| surface.y.len() == 1).count();
    Ok((all, n_lines))
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
    fn a_surface_in_three_dimensions_has_the_losses_and_the_models_on_it() {
        let (points, models) = maps("trajectory");
        let figure = description(&surfaces_3d(&points, &models, "id").unwrap());
        let traces = figure["data"].as_array().unwrap();
        let of = |kind: &str, scene: &str| {
            let own = traces.iter().filter(|trace| trace["type"] == kind && trace["scene"] == scene);
            own.collect::<Vec<_>>()
        };
        let [first, second] = [of("surface", "scene")[0], of("surface", "scene2")[0]];
        assert_eq!(first["z"], json!([[0.4, 0.1, 0.5], [0.9, 0.7, 0.8]]));
        assert_eq!((&first["x"], &first["y"]), (&json!([-1.0, 0.0, 1.0]), &json!([0.0, 1.0])));
        assert_eq!((&first["cmin"], &second["cmax"]), (&json!(0.1), &json!(1.2)));
        assert_eq!((&first["showscale"], &second["showscale"]), (&json!(true), &json!(false)));
        assert_eq!(first["contours"]["z"]["show"], json!(true));
        // The path lies just over the surface: at its end, over the loss of the model.
        let lines = of("scatter3d", "scene");
        let path = lines[0]["z"].as_array().unwrap();
        assert_eq!((lines.len(), &lines[0]["mode"], path.len()), (2, &json!("lines"), 25));
        let over = path[24].as_f64().unwrap() - 0.1;
        assert!(over > 0.0 && over < 0.02, "{over}");
        assert_eq!(lines[1]["x"], json!([0.8, 0.0]));
        assert_eq!(lines[1]["text"][1], "s1: loss 0.1000 nats");
        let names = figure["layout"]["scene2"]["annotations"].as_array().unwrap();
        assert_eq!(names.iter().map(|name| &name["text"]).collect::<Vec<_>>(), ["50", "s2"]);
        let titles = ["x", "y", "z"]
            .map(|letter| &figure["layout"]["scene"][format!("{letter}axis")]["title"]["text"]);
        assert_eq!(titles, ["first principal component", "second principal component", "loss"]);
        // One unit is as long in both directions.
        assert_eq!(figure["layout"]["scene"]["aspectratio"]["y"], json!(0.625));
    }

    #[test]
    fn a_surface_in_three_dimensions_has_two_directions() {
        let (points, models) = lines();
        let error = surfaces_3d(&points, &models, "id").unwrap_err().to_string();
        assert!(
            error.contains(
                "got 0 maps and 2 curves on id, expected at most 4 maps, which have two directions"
            ),
            "{error}"
        );
        let (points, models) = maps("filter");
        let named = |name: &str| {
            let mut points = points.clone();
            let rows = points.height();
            points
                .replace("surface", polars::prelude::Column::new("surface".into(), vec![name; rows]))
                .unwrap();
            points
        };
        let many = ["a", "b", "c", "d"]
            .into_iter()
            .fold(points.clone(), |all, name| all.vstack(&named(name).head(Some(6))).unwrap());
        let error = surfaces_3d(&many, &models, "id").unwrap_err().to_string();
        assert!(error.contains("got 6 maps and 0 curves on id"), "{error}");
        assert!(matches!(surfaces_3d(&points, &points, "id"), Err(LmcError::Column { .. })));
        assert!(matches!(surfaces_3d(&points, &models, "lo"), Err(LmcError::UnknownName { .. })));
    }

    #[test]
    fn a_scene_is_changed_as_other_figures_are() {
        let (points, models) = maps("filter");
        let figure = surfaces_3d(&points, &models, "id").unwrap();
        let other = description(&figure.clone().size(600, 300).unwrap().colours(["white", "black"]).unwrap());
        assert_eq!(
            (&other["layout"]["width"], &other["data"][0]["colorscale"][0][1]),
            (&json!(600.0), &json!("white"))
        );
        let before = description(&figure);
        let [old, new] =
            [&before, &other].map(|json| json.pointer("/layout/scene/domain/x/1").unwrap().as_f64().unwrap());
        // The room between the two stays as wide, so that it takes more of a narrower figure.
        assert!(new < old && new > 0.4, "{new} of {old}");
        let error = figure.logarithmic_x().unwrap_err().to_string();
        assert!(error.contains("scene has linear axes"), "{error}");
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
        let solid =
            |(points, models): (DataFrame, DataFrame)| svg(&surfaces_3d(&points, &models, "id").unwrap());
        insta::assert_snapshot!("surfaces_3d", solid(maps("filter")));
        insta::assert_snapshot!("surface_paths_3d", solid(maps("trajectory")));
    }
}
