//! The training curves in a page.

use serde::Serialize;

use super::block::{Block, Blocks};
use crate::analyses::training::smooth::curves;
use crate::error::Result;
use crate::study::Models;

/// The loss and the norm of the gradient of each model while it was trained, as means over neighbouring
/// updates.
#[derive(Serialize)]
pub(super) struct Training {
    loss: Curves,
    gradient_norm: Curves,
}

/// The curves of all models, one after the other.
#[derive(Serialize)]
struct Curves {
    /// The number of points of each model.
    n: Vec<usize>,
    update: Block,
    value: Block,
}

/// Returns the training curves of models; nothing if the updates of none are known.
pub(super) fn training(models: &Models, blocks: &mut Blocks) -> Result<Option<Training>> {
    let curves = curves(&models.training()?)?;
    if curves.is_empty() {
        return Ok(None);
    }
    let mut all = |value: usize| {
        let of = |name: &String| curves.get(name).map(|curve| curve.points(value)).unwrap_or_default();
        let points: Vec<(Vec<f64>, Vec<f64>)> = models.names().iter().map(of).collect();
        let (x, y): (Vec<Vec<f64>>, Vec<Vec<f64>>) = points.into_iter().unzip();
        Curves {
            n: x.iter().map(Vec::len).collect(),
            update: blocks.reals(x.into_iter().flatten()),
            value: blocks.reals(y.into_iter().flatten()),
        }
    };
    Ok(Some(Training { loss: all(0), gradient_norm: all(1) }))
}
