//! The figure of how models move between basins while they are finetuned (Juneja et al. 2023, Fig. 7).

use std::collections::BTreeMap;

use plotly::color::NamedColor;
use plotly::common::{Anchor, Line, Marker, MarkerSymbol, Mode};
use plotly::layout::Annotation;
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::basins::figure::MEMBERSHIP;
use crate::analyses::trajectories::{DRIFT, DriftColumns};
use crate::figures::scatter::distinct;
use crate::figures::{Figure, theme};
use crate::study::Metric;
use crate::{LmcError, Result};

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 560;

/// One model at one stage.
struct Stop {
    stage: i64,
    step: String,
    cluster: i64,
    membership: f64,
    score: f64,
}

/// One model at all its stages, in order.
struct Trail {
    model: String,
    final_cluster: i64,
    stops: Vec<Stop>,
}

impl Trail {
    /// Returns `true` if the model lies in another basin at some stage than at the last one.
    fn switches(&self) -> bool {
        self.stops.iter().any(|stop| stop.cluster != self.final_cluster)
    }
}

/// Returns a figure of (membership score, score) of each model at each stage of training, joined by arrows.
///
/// `drift` is a [`DRIFT`](crate::table::DRIFT) table whose scores are `metric` on `dataset`. Colours are those of the final basin;
/// a hollow marker is a model in the other basin than its final one, and the arrows of a model that switches
/// are strong and end with its name. Membership is measured at each stage in the embedding of that stage.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] if it has fewer than 2
/// stages.
pub fn drift_quiver(drift: &DataFrame, dataset: &str, metric: Metric) -> Result<Figure> {
    let trails = trails(drift)?;
    let steps: BTreeMap<i64, String> =
        trails.iter().flat_map(|trail| &trail.stops).map(|stop| (stop.stage, stop.step.clone())).collect();
    if steps.len() < 2 {
        return Err(LmcError::invalid("drift", format!("{} stages", steps.len()), "at least 2 stages"));
    }
    let mut plot = Plot::new();
    for cluster in distinct(&trails.iter().map(|trail| trail.final_cluster).collect::<Vec<_>>()) {
        for away in [false, true] {
            add_stops(&mut plot, &trails, cluster, away, steps.len(), metric);
        }
    }
    let n_switching = trails.iter().filter(|trail| trail.switches()).count();
    let mut notes = Vec::new();
    // Strong arrows last, above the others.
    for switching in [false, true] {
        for trail in trails.iter().filter(|trail| trail.switches() == switching) {
            notes.extend(trail.stops.windows(2).map(|pair| arrow(&pair[0], &pair[1], trail)));
        }
    }
    for trail in trails.iter().filter(|trail| trail.switches()) {
        notes.extend(trail.stops.last().map(|stop| name(stop, trail)));
    }
    let summary = format!("{n_switching} of {} models switch basin (strong arrows)", trails.len());
    notes.push(theme::note(&summary, 1.0, 1.0, Anchor::Right, Anchor::Bottom));
    let set = theme::label(dataset);
    let order: Vec<_> = steps.values().map(|step| theme::label(step)).collect();
    let title = format!(
        "{} on {set} and basin membership at {}",
        crate::figures::capitalised(&metric.to_string()),
        order.join(" → ")
    );
    let layout = theme::layout(&title, theme::WIDTH, HEIGHT)
        .x_axis(theme::axis(MEMBERSHIP))
        .y_axis(theme::axis(&format!("{metric} on {set} ({})", metric.unit())))
        .annotations(notes);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

fn trails(drift: &DataFrame) -> Result<Vec<Trail>> {
    DRIFT.check(drift)?;
    let (models, steps) = (DriftColumns::model(drift)?, DriftColumns::step(drift)?);
    let (stages, clusters, finals) =
        (DriftColumns::stage(drift)?, DriftColumns::cluster(drift)?, DriftColumns::final_cluster(drift)?);
    let (membership, scores) = (DriftColumns::membership(drift)?, DriftColumns::score(drift)?);
    let mut by_model: BTreeMap<&String, Trail> = BTreeMap::new();
    for (i, model) in models.iter().enumerate() {
        let trail = by_model.entry(model).or_insert_with(|| Trail {
            model: model.clone(),
            final_cluster: finals[i],
            stops: Vec::new(),
        });
        trail.stops.push(Stop {
            stage: stages[i],
            step: steps[i].clone(),
            cluster: clusters[i],
            membership: membership[i],
            score: scores[i],
        });
    }
    let mut trails: Vec<_> = by_model.into_values().collect();
    trails.iter_mut().for_each(|trail| trail.stops.sort_by_key(|stop| stop.stage));
    Ok(trails)
}

/// Adds the markers of one final basin: those within it, or those still in another one.
fn add_stops(plot: &mut Plot, trails: &[Trail], cluster: i64, away: bool, n_stages: usize, metric: Metric) {
    let members: Vec<&Trail> = trails.iter().filter(|trail| trail.final_cluster == cluster).collect();
    let (mut x, mut y, mut sizes, mut texts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for trail in &members {
        for (i, stop) in trail.stops.iter().enumerate().filter(|(_, stop)| (stop.cluster != cluster) == away)
        {
            x.push(stop.membership);
            y.push(stop.score);
            sizes.push(if i + 1 == n_stages { 11 } else { 7 });
            texts.push(theme::label(&format!("{} at {}", trail.model, stop.step)));
        }
    }
    if x.is_empty() {
        return;
    }
    let colour = theme::cluster_colour(cluster);
    // Short, for the legend has one line.
    let name = if away {
        format!("not yet in basin {cluster}")
    } else {
        format!("ends in basin {cluster}, {}", theme::counted(members.len(), "model"))
    };
    let symbol = if away { MarkerSymbol::CircleOpen } else { MarkerSymbol::Circle };
    let line = if away { Line::new().width(2.0) } else { Line::new().color(NamedColor::White).width(1.0) };
    plot.add_trace(
        Scatter::new(x, y)
            .mode(Mode::Markers)
            .name(name)
            .text_array(texts)
            .hover_template(format!(
                "%{{text}}<br>membership %{{x:.4g}}<br>{metric} %{{y:.4g}}<extra></extra>"
            ))
            .marker(Marker::new().color(colour).symbol(symbol).size_array(sizes).line(line)),
    );
}

fn arrow(from: &Stop, to: &Stop, trail: &Trail) -> Annotation {
    let strong = trail.switches();
    Annotation::new()
        .text("")
        .show_arrow(true)
        .x_ref("x")
        .y_ref("y")
        .ax_ref("x")
        .ay_ref("y")
        .ax(from.membership)
        .ay(from.score)
        .x(to.membership)
        .y(to.score)
        .arrow_head(2)
        .arrow_size(1.0)
        .arrow_width(if strong { 2.0 } else { 1.2 })
        .stand_off(6.0)
        .start_stand_off(4.0)
        .opacity(if strong { 0.95 } else { 0.35 })
        .arrow_color(theme::cluster_colour(trail.final_cluster))
}

fn name(last: &Stop, trail: &Trail) -> Annotation {
    Annotation::new()
        .text(theme::label(&trail.model))
        .show_arrow(false)
        .x_ref("x")
        .y_ref("y")
        .x(last.membership)
        .y(last.score)
        .x_anchor(Anchor::Left)
        .y_anchor(Anchor::Middle)
        .x_shift(9.0)
        .font(theme::font(11))
        .background_color("rgba(255,255,255,0.75)")
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;

    /// "b" switches from basin 1 to basin 2; rows are not in order of stage.
    fn drift() -> DataFrame {
        df!("model" => ["a", "b", "a", "b"], "stage" => [1_i64, 1, 0, 0], "step" => ["800it", "800it", "400it", "400it"],
            "cluster" => [1_i64, 2, 1, 1], "membership" => [-0.5, 0.5, -0.25, -0.125], "score" => [0.75, 0.25, 0.5, 0.625],
            "final_cluster" => [1_i64, 2, 1, 2])
        .unwrap()
    }

    fn described() -> Value {
        serde_json::from_str(&drift_quiver(&drift(), "lo", Metric::Accuracy).unwrap().to_json().unwrap())
            .unwrap()
    }

    #[test]
    fn stages_are_joined_in_order_and_switching_models_are_named() {
        let notes = described()["layout"]["annotations"].clone();
        assert_eq!((&notes[0]["ax"], &notes[0]["x"]), (&json!(-0.25), &json!(-0.5)), "a, weak, first");
        assert_eq!((&notes[1]["ax"], &notes[1]["x"]), (&json!(-0.125), &json!(0.5)), "b, strong, last");
        assert!(notes[1]["arrowwidth"].as_f64() > notes[0]["arrowwidth"].as_f64());
        assert_eq!(notes[2]["text"], "b");
        assert_eq!(notes[3]["text"], "1 of 2 models switch basin (strong arrows)");
        assert_eq!(
            described()["layout"]["title"]["text"],
            "Accuracy on lo and basin membership at 400it → 800it"
        );
    }

    #[test]
    fn a_stop_in_the_other_basin_is_hollow() {
        let traces = described()["data"].clone();
        let hollow: Vec<_> = traces
            .as_array()
            .unwrap()
            .iter()
            .filter(|trace| trace["marker"]["symbol"] == "circle-open")
            .collect();
        assert_eq!(hollow.len(), 1);
        assert_eq!(hollow[0]["x"], json!([-0.125]));
    }

    #[test]
    fn one_stage_or_another_table_is_refused() {
        let one = drift().head(Some(2));
        let error = drift_quiver(&one, "lo", Metric::Accuracy).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "drift", .. }), "{error}");
        let other = df!("model" => ["a"]).unwrap();
        assert!(matches!(
            drift_quiver(&other, "lo", Metric::Accuracy),
            Err(LmcError::Column { column: "stage", .. })
        ));
    }

    #[test]
    fn arrows_are_drawn() {
        let svg = drift_quiver(&drift(), "lo", Metric::Accuracy).unwrap().to_svg().unwrap();
        assert!(svg.matches("<polygon").count() >= 2, "{svg}");
    }
}
