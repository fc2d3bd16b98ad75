//! Loss along straight and trained curves between two models (Juneja et al. 2023, Fig. 10).

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::connections::{CURVES, CurveColumns};
use crate::figures::Figure;
use crate::figures::rows::{check_panels, chosen, named};
use crate::study::unknown;

/// Height of a panel, CSS pixels.
const HEIGHT: usize = 330;
/// The most panels side by side.
const MOST_DATASETS: usize = 4;
/// The kinds of curve in order, with their names in the legend.
const KINDS: [(&str, &str); 3] =
    [("line", "straight line"), ("chain", "trained chain"), ("bezier", "trained Bézier curve")];

/// One curve on one set: positions and losses, in order of the positions.
struct Curve {
    ends: (String, String),
    kind: usize,
    dataset: String,
    points: Vec<(f64, f64)>,
}

/// Returns a figure of the loss against the position on each curve, a panel for each of `datasets` (at most
/// 4; all if empty).
///
/// `curves` is a [`CURVES`] table. Curves of one kind have one colour, whatever models they join; the
/// straight line is dashed.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set or a kind that is not known,
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for no or too many sets.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let curve = models.connect(0, 1, &CurveRecipe::mini())?.along("lo", 21)?.table()?;
/// let line = models.line(0, 1)?.along("lo", 21)?.table()?;
/// figure::connections(&line.vstack(&curve)?, &["lo"])?.save("connections.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn connections(curves: &DataFrame, datasets: &[&str]) -> Result<Figure> {
    CURVES.check(curves)?;
    let curves = read(curves)?;
    let shown = chosen("dataset in the curves", &named(curves.iter().map(|curve| &curve.dataset)), datasets)?;
    check_panels(shown.len(), MOST_DATASETS, "datasets", " sets")?;
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
    let panels = Panels::new(shown.len(), shown.len(), HEIGHT, [62, 0], margin);
    let mut chart = Chart::of("Loss along curves between two models", panels);
    let first = curves.first().map(|curve| &curve.ends);
    let position = match first.filter(|first| curves.iter().all(|curve| curve.ends == **first)) {
        Some((a, b)) => format!("t (1 = {a}, 0 = {b})"),
        None => "t (1 = first model, 0 = second)".to_owned(),
    };
    for (panel, dataset) in shown.iter().enumerate() {
        for (kind, (_, name)) in KINDS.iter().enumerate() {
            let members = curves.iter().filter(|curve| curve.kind == kind && curve.dataset == *dataset);
            for (i, curve) in members.enumerate() {
                chart.add_to(panel, curve.mark(name, i > 0 || panel > 0));
            }
        }
        let x = Axis::new(&position).range(-0.02, 1.02).step(if shown.len() > 2 { 0.5 } else { 0.2 });
        let y = if panel == 0 { Axis::of("loss", "nats per example") } else { Axis::new("") };
        chart.axes_of(panel, x.title_size(if shown.len() > 2 { 11 } else { 13 }), y);
        chart.panel_title(panel, &format!("evaluated on {dataset}"));
    }
    chart.figure()
}

fn read(curves: &DataFrame) -> Result<Vec<Curve>> {
    let (a, b, kinds, sets) = (
        CurveColumns::a(curves)?,
        CurveColumns::b(curves)?,
        CurveColumns::kind(curves)?,
        CurveColumns::dataset(curves)?,
    );
    let (ts, losses) = (CurveColumns::t(curves)?, CurveColumns::loss(curves)?);
    let mut found: Vec<Curve> = Vec::new();
    for i in 0..a.len() {
        let kind = KINDS.iter().position(|(kind, _)| *kind == kinds[i]).ok_or_else(|| {
            unknown("kind of curve", &kinds[i], KINDS.map(|(kind, _)| kind.to_owned()).to_vec())
        })?;
        let same = |curve: &&mut Curve| {
            (&curve.ends.0, &curve.ends.1, curve.kind, &curve.dataset) == (&a[i], &b[i], kind, &sets[i])
        };
        let point = (ts[i], losses[i]);
        match found.iter_mut().find(same) {
            Some(curve) => curve.points.push(point),
            None => found.push(Curve {
                ends: (a[i].clone(), b[i].clone()),
                kind,
                dataset: sets[i].clone(),
                points: vec![point],
            }),
        }
    }
    found.iter_mut().for_each(|curve| curve.points.sort_by(|p, q| p.0.total_cmp(&q.0)));
    Ok(found)
}

impl Curve {
    fn mark(&self, name: &str, is_known: bool) -> Mark {
        let (a, b) = (theme::label(&self.ends.0), theme::label(&self.ends.1));
        let (x, y): (Vec<f64>, Vec<f64>) = self.points.iter().copied().unzip();
        let mark = Mark::curve(x, y).wide(2.5).coloured(theme::colour(self.kind)).named_once(name, is_known);
        let mark = mark.telling(&format!("{name}, {a} to {b}<br>t %{{x:.3g}}<br>loss %{{y:.4g}} nats"));
        if self.kind == 0 { mark.dashed() } else { mark }
    }
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::LmcError;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    fn table(kind: &str, set: &str, losses: [f64; 3]) -> DataFrame {
        df!("a" => ["s1"; 3], "b" => ["s2"; 3], "kind" => [kind; 3], "dataset" => [set; 3],
            "point" => [2_i64, 0, 1], "t" => [1.0, 0.0, 0.5], "loss" => losses, "accuracy" => [0.5; 3],
            "n_examples" => [4_i64; 3])
        .unwrap()
    }

    fn all() -> DataFrame {
        let tables = [
            table("bezier", "id", [0.1, 0.3, 0.2]),
            table("line", "id", [0.1, 0.3, 0.9]),
            table("line", "lo", [1.1, 1.3, 1.9]),
        ];
        tables.into_iter().reduce(|all, table| all.vstack(&table).unwrap()).unwrap()
    }

    #[test]
    fn each_set_has_a_panel_and_each_kind_one_entry_of_the_legend() {
        let figure = description(&connections(&all(), &["id", "lo"]).unwrap());
        let shown: Vec<_> = figure["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|trace| {
                (trace["name"].as_str().unwrap(), &trace["showlegend"], trace["xaxis"].as_str().unwrap())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("straight line", &json!(true), "x"),
                ("trained Bézier curve", &json!(true), "x"),
                ("straight line", &json!(false), "x2")
            ]
        );
        assert_eq!(figure["data"][0]["y"], json!([0.3, 0.9, 0.1]), "in order of t");
        assert_eq!(figure["layout"]["xaxis2"]["title"]["text"], "t (1 = s1, 0 = s2)");
        assert!(connections(&all(), &[]).unwrap().to_svg().unwrap().contains("evaluated on lo"));
    }

    #[test]
    fn unknown_sets_and_kinds_are_refused() {
        assert!(matches!(connections(&all(), &["sub"]), Err(LmcError::UnknownName { .. })));
        let odd = table("spline", "id", [0.1, 0.2, 0.3]);
        let error = connections(&odd, &[]).unwrap_err().to_string();
        assert_eq!(error, "unknown kind of curve `spline`; known: bezier, chain, line");
        let none = all().head(Some(0));
        assert!(matches!(connections(&none, &[]), Err(LmcError::InvalidParameter { field: "datasets", .. })));
        assert!(matches!(connections(&DataFrame::empty(), &[]), Err(LmcError::Column { .. })));
    }

    #[test]
    fn its_picture_stays() {
        insta::assert_snapshot!("connections", svg(&connections(&all(), &[]).unwrap()));
    }
}
