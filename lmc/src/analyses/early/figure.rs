//! The figure of how early the final basin can be predicted (Juneja et al. 2023, section 4.2, ask for it).

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::early::{EARLY, EarlyColumns};
use crate::figures::Figure;
use crate::figures::rows::ends;
use crate::step::Step;
use crate::{LmcError, Result};

/// The distance between the points of neighbouring predictors, as a share of the axis.
const APART: f64 = 0.01;
/// Above this p-value a marker is hollow.
const SIGNIFICANT: f64 = 0.05;

/// One predictor at one stage.
struct Point {
    x: f64,
    auc: f64,
    low: f64,
    high: f64,
    p: f64,
}

/// A predictor and its points.
type Curve = (String, Vec<Point>);

/// Returns a figure of the AUC with which the final basin is predicted from each stage of training, a curve
/// for each predictor.
///
/// `early` is an [`EARLY`] table. Bars are the bootstrap intervals, and a marker is hollow if the permutation
/// test has p above 0.05. Curves stand a little apart sideways, so that bars do not cover each other.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema; [`LmcError::InvalidParameter`] for no rows, or for
/// steps that are not points of training or not all in one unit.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let options = ClusterOptions::default();
/// let stage = |models: &Models| models.stage("id", "lo", Grid::TENTHS, &options);
/// let stages = models.stages()?.iter().map(stage).collect::<Result<Vec<_>>>()?;
/// let early = analyses::early::early_table(&stages, Metric::Accuracy, &EarlyOptions::default())?;
/// figure::early_curves(&early)?.save("early.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn early_curves(early: &DataFrame) -> Result<Figure> {
    let (curves, unit) = curves(early)?;
    let (first, last) = ends(curves.iter().flat_map(|(_, points)| points.iter().map(|point| point.x)));
    let margin = 0.04 * (last - first).max(1.0);
    let (low, high) = (first - margin, last + margin);
    let mut chart = Chart::sized("How early the final basin can be told", 500);
    let auc = Axis::new("AUC of the final basin, pairs left out").range(-0.03, 1.03).step(0.25);
    chart.axes(Axis::of("point of training", unit).range(low, high), auc);
    chart.remark("hollow: permutation p > 0.05; bars: bootstrap interval");
    let guessing = Mark::line([low, high], [0.5, 0.5]).dashed().wide(1.2);
    chart.add(guessing.coloured(theme::INK).named("guessing"));
    let middle = (curves.len() as f64 - 1.0) / 2.0;
    for (index, (name, points)) in curves.iter().enumerate() {
        let aside = (index as f64 - middle) * APART * (high - low);
        let of = |value: fn(&Point) -> f64| points.iter().map(value).collect::<Vec<f64>>();
        let x: Vec<f64> = points.iter().map(|point| point.x + aside).collect();
        let told = points.iter().map(|point| {
            let Point { auc, low, high, p, .. } = point;
            format!("AUC {auc:.2} [{low:.2}, {high:.2}], p = {p:.4}")
        });
        let auc = of(|point| point.auc);
        let bars = Mark::intervals(&x, &of(|point| point.low), &of(|point| point.high)).wide(1.5).faded(0.45);
        let dots = Mark::dots(x.clone(), auc.clone())
            .texts(told)
            .telling(&format!("{}<br>%{{text}}", theme::label(name)));
        let mark = bars.below(Mark::line(x, auc).named(name)).below(dots).among(&theme::label(name));
        chart.add(
            mark.coloured(theme::colour(index)).hollow(points.iter().map(|point| point.p > SIGNIFICANT)),
        );
    }
    chart.figure()
}

/// Returns the points of each predictor, predictors in the order of the table, and the unit of their steps.
fn curves(early: &DataFrame) -> Result<(Vec<Curve>, &'static str)> {
    EARLY.check(early)?;
    let (steps, names) = (EarlyColumns::step(early)?, EarlyColumns::predictor(early)?);
    let (auc, low, high, p) = (
        EarlyColumns::auc(early)?,
        EarlyColumns::low(early)?,
        EarlyColumns::high(early)?,
        EarlyColumns::p(early)?,
    );
    let mut curves: Vec<Curve> = Vec::new();
    let mut units = BTreeMap::new();
    for (i, step) in steps.iter().enumerate() {
        let (x, unit) = match step.parse::<Step>()? {
            Step::Epochs(n) => (n, "epochs"),
            Step::Iterations(n) => (n, "updates"),
        };
        units.insert(unit, step);
        let point = Point { x: f64::from(x), auc: auc[i], low: low[i], high: high[i], p: p[i] };
        match curves.iter_mut().find(|(name, _)| *name == names[i]) {
            Some((_, points)) => points.push(point),
            None => curves.push((names[i].clone(), vec![point])),
        }
    }
    curves.iter_mut().for_each(|(_, points)| points.sort_by(|a, b| a.x.total_cmp(&b.x)));
    let (Some((&unit, _)), 1) = (units.first_key_value(), units.len()) else {
        let got = format!("steps {:?}", units.values().collect::<Vec<_>>());
        return Err(LmcError::invalid("early", got, "steps in one unit"));
    };
    Ok((curves, unit))
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    /// Two predictors at two stages; rows are not in order.
    fn early(steps: [&str; 4]) -> DataFrame {
        df!("stage" => [1_i64, 0, 0, 1], "step" => steps, "predictor" => ["gaps", "gaps", "loss", "loss"],
            "auc" => [0.9, 0.6, 0.5, 0.25], "low" => [0.7, 0.4, 0.3, 0.0], "high" => [1.0, 0.8, 0.7, 0.5],
            "p" => [0.01, 0.3, 0.5, 0.9])
        .unwrap()
    }

    #[test]
    fn curves_run_by_step_and_bars_span_the_interval() {
        let figure = early_curves(&early(["200it", "100it", "100it", "200it"])).unwrap();
        let described = description(&figure);
        let traces = &described["data"];
        assert_eq!(traces.as_array().unwrap().len(), 7);
        assert_eq!(traces[1]["y"], json!([0.4, 0.8, null, 0.7, 1.0, null]));
        assert_eq!((&traces[2]["name"], &traces[2]["y"]), (&json!("gaps"), &json!([0.6, 0.9])));
        assert_eq!(traces[3]["marker"]["color"], json!(["#ffffff", theme::colour(0)]));
        assert_eq!((&traces[1]["x"][0], &traces[3]["x"]), (&traces[2]["x"][0], &traces[2]["x"]));
        assert!(traces[2]["x"][0].as_f64() < traces[5]["x"][0].as_f64());
        assert_eq!(described["layout"]["xaxis"]["title"]["text"], "point of training (updates)");
        assert!(figure.to_svg().unwrap().contains("guessing"));
    }

    #[test]
    fn another_table_or_mixed_steps_are_refused() {
        let error = early_curves(&early(["2ep", "100it", "100it", "2ep"])).unwrap_err().to_string();
        assert!(error.contains("steps in one unit"), "{error}");
        assert!(early_curves(&EARLY.empty()).is_err());
        assert!(matches!(
            early_curves(&early(["soon"; 4])),
            Err(LmcError::InvalidParameter { field: "step", .. })
        ));
        let gone = early(["1it"; 4]).drop("p").unwrap();
        assert!(matches!(early_curves(&gone), Err(LmcError::Column { column: "p", .. })));
    }

    #[test]
    fn its_picture_stays() {
        let figure = early_curves(&early(["200it", "100it", "100it", "200it"])).unwrap();
        insta::assert_snapshot!("early_curves", svg(&figure));
    }
}
