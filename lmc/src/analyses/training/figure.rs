//! The figure of training curves.

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use super::smooth::{Curve, POINTS, curves};
use super::{TRAINING, TrainingColumns};
use crate::analyses::basins::BasinColumns;
use crate::figures::Figure;
use crate::figures::basins::{basin_colour, basin_name};
use crate::figures::rows::{distinct, named};
use crate::{LmcError, Result};

/// Height of a panel, CSS pixels.
const HEIGHT: usize = 320;
/// The number of the panel of the learning rate.
const RATE: usize = 2;

/// Returns a figure of training curves: loss, norm of the gradient and learning rate against updates, a line
/// for each model.
///
/// `training` is a [`TRAINING`] table. Points are means over equally many updates in a row, at most 50 for
/// each model. With `basins`, a [`BASINS`](crate::table::BASINS) table, lines have the colours of the basins
/// in which the models end; otherwise each has its own. Models with one learning rate share the line of the
/// first of them.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] if there is no update.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let basins = models.sweep("id", Grid::TENTHS)?.basins(&ClusterOptions::default())?;
/// figure::training_curves(&models.training()?, Some(&basins.table()?))?.save("training.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn training_curves(training: &DataFrame, basins: Option<&DataFrame>) -> Result<Figure> {
    TRAINING.check(training)?;
    let models = TrainingColumns::model(training)?;
    let names = named(&models);
    if names.is_empty() {
        let expected =
            "updates of at least one model: copies that lmc finetuned, or folders with trainer_state.json";
        return Err(LmcError::invalid("training", "a table without rows", expected));
    }
    let curves = curves(training)?;
    let basin_of = basins.map(basins_of).transpose()?;
    let all_basins: Vec<i64> = basin_of.iter().flat_map(BTreeMap::values).copied().collect();
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
    let longest = curves.values().map(Curve::len).max().unwrap_or(0).div_ceil(POINTS);
    let means = if longest > 1 { format!(", means over {longest} updates") } else { String::new() };
    let title = format!("Training of {}{means}", theme::counted(names.len(), "model"));
    let mut chart = Chart::of(&title, Panels::new(3, 3, HEIGHT, [62, 40], margin));
    let columns = [("training loss", "nats"), ("norm of the gradient", ""), ("learning rate", "")];
    for (panel, (name, unit)) in columns.into_iter().enumerate() {
        chart.axes_of(panel, Axis::new("updates"), Axis::new(unit).n_ticks(6));
        chart.panel_title(panel, name);
    }
    let (mut known, mut rates) = (Vec::new(), Vec::new());
    for (place, name) in names.iter().enumerate() {
        let basin = basin_of.as_ref().and_then(|basins| basins.get(*name)).copied();
        let (colour, legend) = match basin {
            Some(basin) => (basin_colour(basin), basin_name(basin, &all_basins)),
            None if basin_of.is_some() => (theme::INK, "basin not known".to_owned()),
            None => (theme::colour(place), String::new()),
        };
        for (panel, (column, _)) in columns.into_iter().enumerate() {
            let (x, y) = curves[*name].points(panel);
            if x.is_empty() {
                continue;
            }
            if panel == RATE {
                if rates.contains(&(x.clone(), y.clone())) {
                    continue;
                }
                rates.push((x.clone(), y.clone()));
            }
            let line = Mark::line(x, y).coloured(colour).wide(1.5).faded(0.7);
            let line = line.telling(&format!("{name}<br>update %{{x:.0f}}<br>{column} %{{y:.4g}}"));
            let line = match legend.is_empty() {
                true => line,
                false => line.named_once(&legend, known.contains(&legend)),
            };
            chart.add_to(panel, line);
            known.push(legend.clone());
        }
    }
    if distinct(&all_basins).len() < 2 {
        chart.without_legend();
    }
    chart.figure()
}

/// Returns the basin of each model.
fn basins_of(basins: &DataFrame) -> Result<BTreeMap<String, i64>> {
    Ok(BasinColumns::model(basins)?.into_iter().zip(BasinColumns::cluster(basins)?).collect())
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    /// Two models with 120 updates each, whose losses fall; the second has norms for half of them.
    fn training() -> DataFrame {
        let n = 120;
        let models: Vec<&str> = (0..2 * n).map(|i| if i < n { "a" } else { "b" }).collect();
        let update: Vec<i64> = (0..2 * n).map(|i| (i % n) as i64 + 1).collect();
        let fall = |i: usize| 1.0 / (1.0 + (i % n) as f64 / 20.0) + if i < n { 0.0 } else { 0.1 };
        let loss: Vec<f64> = (0..2 * n).map(fall).collect();
        let norm: Vec<Option<f64>> = (0..2 * n).map(|i| (i < n + n / 2).then_some(fall(i) * 3.0)).collect();
        let rate: Vec<f64> = update.iter().map(|&update| 1e-3 * (1.0 - update as f64 / n as f64)).collect();
        df!("model" => models, "update" => update, "learning_rate" => rate, "loss" => loss, "gradient_norm" => norm)
            .unwrap()
    }

    fn basins() -> DataFrame {
        df!("model" => ["a", "b"], "cluster" => [1_i64, 2]).unwrap()
    }

    #[test]
    fn points_are_means_over_neighbouring_updates() {
        let json = description(&training_curves(&training(), None).unwrap());
        assert_eq!(json["data"].as_array().unwrap().len(), 5, "two models, three panels, one schedule");
        // 120 updates in 50 points at most: three updates each.
        assert_eq!(json["data"][0]["x"].as_array().unwrap().len(), 40);
        assert_eq!(json["data"][0]["x"][0], json!(2.0));
        let expected = (1.0 + 1.0 / 1.05 + 1.0 / 1.1) / 3.0;
        assert!((json["data"][0]["y"][0].as_f64().unwrap() - expected).abs() < 1e-3);
        let points = json["data"][4]["x"].as_array().unwrap().len();
        assert_eq!(points, 20, "norms that are not known have no point");
        assert_eq!(json["layout"]["title"]["text"], "Training of 2 models, means over 3 updates");
    }

    #[test]
    fn a_table_without_updates_is_refused() {
        let error = training_curves(&TRAINING.empty(), None).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "training", .. }), "{error}");
    }

    #[test]
    fn its_picture_stays() {
        let figure = training_curves(&training(), Some(&basins())).unwrap();
        insta::assert_snapshot!("training_curves", svg(&figure));
    }
}
