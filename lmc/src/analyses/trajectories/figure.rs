//! The figure of how models move between basins while they are finetuned (Juneja et al. 2023, Fig. 7).

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark, Note, Place, Symbol};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::basins::figure::MEMBERSHIP;
use crate::analyses::trajectories::{DRIFT, DriftColumns};
use crate::figures::basins::basin_colour;
use crate::figures::rows::distinct;
use crate::figures::{Figure, capitalised};
use crate::study::Metric;
use crate::{LmcError, Result};

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
/// `drift` is a [`DRIFT`] table whose scores are `metric` on `dataset`. Colours are those of the final basin;
/// a hollow marker is a model in the other basin than its final one, and the arrows of a model that switches
/// are strong and end with its name. Membership is measured at each stage in the embedding of that stage.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] if it has fewer than 2
/// stages.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let options = ClusterOptions::default();
/// let stage = |models: &Models| models.stage("id", "lo", Grid::TENTHS, &options);
/// let stages = models.stages()?.iter().map(stage).collect::<Result<Vec<_>>>()?;
/// let clustered: Vec<_> = stages.iter().map(|s| (s.step.clone(), s.basins.clone())).collect();
/// let scored: Vec<_> = stages.iter().map(|s| s.scored.clone()).collect();
/// let drift = basin::drift(&clustered, &clustered[clustered.len() - 1].1)?;
/// let table = analyses::trajectories::drift_table(&drift, &scored, Metric::Accuracy)?;
/// figure::drift_quiver(&table, "lo", Metric::Accuracy)?.save("drift.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn drift_quiver(drift: &DataFrame, dataset: &str, metric: Metric) -> Result<Figure> {
    let trails = trails(drift)?;
    let steps: BTreeMap<i64, String> =
        trails.iter().flat_map(|trail| &trail.stops).map(|stop| (stop.stage, stop.step.clone())).collect();
    if steps.len() < 2 {
        return Err(LmcError::invalid("drift", format!("{} stages", steps.len()), "at least 2 stages"));
    }
    let order: Vec<&str> = steps.values().map(String::as_str).collect();
    let score = capitalised(&metric.to_string());
    let title = format!("{score} on {dataset} and basin membership at {}", order.join(" → "));
    let mut chart = Chart::sized(&title, 560);
    chart.axes(Axis::new(MEMBERSHIP), Axis::of(&format!("{metric} on {dataset}"), metric.unit()));
    let telling = format!("%{{text}}<br>membership %{{x:.4g}}<br>{metric} %{{y:.4g}}");
    for cluster in distinct(&trails.iter().map(|trail| trail.final_cluster).collect::<Vec<_>>()) {
        for away in [false, true] {
            let marks = stops(&trails, cluster, away, steps.len());
            marks.into_iter().for_each(|mark| chart.add(mark.telling(&telling)));
        }
    }
    // Strong arrows last, above the others.
    for switching in [false, true] {
        for trail in trails.iter().filter(|trail| trail.switches() == switching) {
            trail.stops.windows(2).for_each(|pair| chart.note(arrow(&pair[0], &pair[1], trail)));
        }
    }
    let switching = || trails.iter().filter(|trail| trail.switches());
    for trail in switching() {
        trail.stops.last().into_iter().for_each(|stop| chart.note(name(stop, trail)));
    }
    chart.remark(&format!("{} of {} models switch basin (strong arrows)", switching().count(), trails.len()));
    chart.figure()
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

/// Returns the markers of one final basin: those within it, or those still in another one. Earlier stages are
/// smaller than the last.
fn stops(trails: &[Trail], cluster: i64, away: bool, n_stages: usize) -> Vec<Mark> {
    let members: Vec<&Trail> = trails.iter().filter(|trail| trail.final_cluster == cluster).collect();
    let at_last = |last: bool| {
        let of = |trail: &&Trail| {
            let stops = trail.stops.iter().enumerate();
            let shown =
                stops.filter(|(i, stop)| (stop.cluster != cluster) == away && (i + 1 == n_stages) == last);
            let told = |stop: &Stop| format!("{} at {}", trail.model, stop.step);
            shown.map(|(_, stop)| (stop.membership, stop.score, told(stop))).collect::<Vec<_>>()
        };
        members.iter().flat_map(of).collect::<Vec<_>>()
    };
    // Short, for the legend has one line.
    let name = if away {
        format!("not yet in basin {cluster}")
    } else {
        format!("ends in basin {cluster}, {}", theme::counted(members.len(), "model"))
    };
    let mut known = false;
    let mut marks = Vec::new();
    for (last, size) in [(true, 11.0), (false, 7.0)] {
        let shown = at_last(last);
        if shown.is_empty() {
            continue;
        }
        let (x, y): (Vec<f64>, Vec<f64>) = shown.iter().map(|(x, y, _)| (*x, *y)).unzip();
        let dots = Mark::dots(x, y).sized(size).texts(shown.iter().map(|(.., told)| told));
        let dots = if away { dots.shaped(Symbol::CircleOpen) } else { dots };
        marks.push(dots.coloured(basin_colour(cluster)).named_once(&name, known));
        known = true;
    }
    marks
}

fn arrow(from: &Stop, to: &Stop, trail: &Trail) -> Note {
    let strong = trail.switches();
    let (width, opacity) = if strong { (2.0, 0.95) } else { (1.2, 0.35) };
    let ends = [from, to].map(|stop| [stop.membership, stop.score]);
    Note::arrow(ends[0], ends[1], basin_colour(trail.final_cluster), width).faded(opacity)
}

fn name(last: &Stop, trail: &Trail) -> Note {
    let note = Note::at([last.membership, last.score], &trail.model, 0);
    note.anchored(Place::Start).moved(9.0, 0.0).on_white()
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    /// "b" switches from basin 1 to basin 2; rows are not in order of stage.
    fn drift() -> DataFrame {
        df!("model" => ["a", "b", "a", "b"], "stage" => [1_i64, 1, 0, 0], "step" => ["800it", "800it", "400it", "400it"],
            "cluster" => [1_i64, 2, 1, 1], "membership" => [-0.5, 0.5, -0.25, -0.125], "score" => [0.75, 0.25, 0.5, 0.625],
            "final_cluster" => [1_i64, 2, 1, 2])
        .unwrap()
    }

    fn described() -> Value {
        description(&drift_quiver(&drift(), "lo", Metric::Accuracy).unwrap())
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

    #[test]
    fn its_picture_stays() {
        insta::assert_snapshot!(
            "drift_quiver",
            svg(&drift_quiver(&drift(), "lo", Metric::Accuracy).unwrap())
        );
    }
}
