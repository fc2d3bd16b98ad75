//! The loss on planes through three models, on one scale (Juneja et al. 2023, Fig. 2).

use polars::prelude::DataFrame;

use crate::analyses::planes::{ANCHORS, AnchorColumns, PLANES, PlaneColumns};
use crate::figures::Figure;
use crate::figures::relief::surface_scenes;
use crate::figures::rows::named;
use crate::figures::surface::{MOST_SURFACES, Surface, grid_of, surface_panels};
use crate::study::unknown;
use crate::{LmcError, Result};

/// Returns a figure of the loss on each plane, side by side with equal units and one colour scale, with lines
/// of equal loss; the models are marked and named.
///
/// `planes` is a [`PLANES`] table of at most 4 planes, `anchors` an [`ANCHORS`] table of their models. The
/// scale reaches from the lowest to the highest loss of all planes unless `range`, in nats per example, says
/// otherwise; values beyond it have the colour of its end.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] for too many planes or a range that is empty.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let plane = models.plane("id", [0, 1, 2], &PlaneOptions::default())?;
/// figure::planes(&plane.table()?, &plane.anchors()?, "id", None)?.save("plane.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn planes(
    planes: &DataFrame,
    anchors: &DataFrame,
    dataset: &str,
    range: Option<(f64, f64)>,
) -> Result<Figure> {
    let surfaces = surfaces(planes, anchors, dataset)?;
    surface_panels(&format!("Loss on {dataset} on planes through three models"), &surfaces, range, Some(0.5))
}

/// Returns a figure of the loss on each plane in three dimensions: a surface in the colours of the maps of
/// [`planes`] with lines of equal loss, on which the models lie. In a notebook and in HTML it can be turned;
/// a picture (PNG, SVG) shows the first view.
///
/// The tables and `range` are those of [`planes`]; a loss beyond the range lies at its end.
///
/// # Errors
/// The errors of [`planes`].
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let plane = models.plane("id", [0, 1, 2], &PlaneOptions::default())?;
/// figure::planes_3d(&plane.table()?, &plane.anchors()?, "id", Some((0.0, 2.0)))?.save("plane.html")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn planes_3d(
    planes: &DataFrame,
    anchors: &DataFrame,
    dataset: &str,
    range: Option<(f64, f64)>,
) -> Result<Figure> {
    let surfaces = surfaces(planes, anchors, dataset)?;
    surface_scenes(&format!("Loss surface on {dataset} over planes through three models"), &surfaces, range)
}

/// Returns the planes on a set.
fn surfaces(planes: &DataFrame, anchors: &DataFrame, dataset: &str) -> Result<Vec<Surface>> {
    PLANES.check(planes)?;
    ANCHORS.check(anchors)?;
    let (names, sets) = (PlaneColumns::plane(planes)?, PlaneColumns::dataset(planes)?);
    let (x, y, loss) = (PlaneColumns::x(planes)?, PlaneColumns::y(planes)?, PlaneColumns::loss(planes)?);
    let (of, models) = (AnchorColumns::plane(anchors)?, AnchorColumns::model(anchors)?);
    let (model_x, model_y) = (AnchorColumns::x(anchors)?, AnchorColumns::y(anchors)?);
    if !sets.iter().any(|set| set == dataset) {
        return Err(unknown("dataset in the planes", dataset, sets));
    }
    let found = named(names.iter().zip(&sets).filter(|(_, set)| *set == dataset).map(|(name, _)| name));
    let surface = |name: &String| {
        let rows: Vec<usize> = (0..x.len()).filter(|&i| names[i] == *name && sets[i] == dataset).collect();
        let (x, y, z) = grid_of(&x, &y, &loss, &rows);
        let members = (0..of.len()).filter(|&i| of[i] == *name);
        let models = members.map(|i| (models[i].clone(), model_x[i], model_y[i])).collect();
        let axes = ["x (|first − second| = 1)", "y (same unit)"].map(str::to_owned);
        Surface { title: name.clone(), axes, x, y, z, models, is_path: false }
    };
    if found.len() > MOST_SURFACES {
        let got = format!("{} planes on {dataset}", found.len());
        return Err(LmcError::invalid("planes", got, format!("at most {MOST_SURFACES}")));
    }
    Ok(found.into_iter().map(surface).collect())
}

#[cfg(test)]
mod tests;
