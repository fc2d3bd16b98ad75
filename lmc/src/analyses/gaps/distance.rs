//! Gaps against Euclidean distances, within basins and between them (Juneja et al. 2023, Fig. 21).

use std::collections::BTreeMap;

use plotly::common::{Anchor, DashType, Line, Marker, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::basins::BasinColumns;
use crate::analyses::gaps::GapColumns;
use crate::figures::{Figure, theme};
use crate::stats::{least_squares, pearson};

/// Height of the figure, CSS pixels.
const HEIGHT: usize = 520;

/// Returns a figure of the convexity gap of each pair against the distance of its models, with a line of
/// least squares for the pairs within a basin and another one for those between two.
///
/// `gaps` is a [`GAPS`](crate::table::GAPS) table with the pairs of `dataset`, `basins` a [`BASINS`](crate::table::BASINS) table. Pearson's r of each
/// kind is in the legend, if it is defined.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set without gaps or a model without a basin.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// gap_against_distance(&sweep.gaps()?, &basins, "id")?.save("distance.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn gap_against_distance(gaps: &DataFrame, basins: &DataFrame, dataset: &str) -> Result<Figure> {
    let models = BasinColumns::model(basins)?;
    let clusters = BasinColumns::cluster(basins)?;
    let cluster: BTreeMap<&String, i64> = models.iter().zip(clusters).collect();
    let (a, b) = (GapColumns::a(gaps)?, GapColumns::b(gaps)?);
    let datasets = GapColumns::dataset(gaps)?;
    let gap = GapColumns::convexity_gap(gaps)?;
    let distance = GapColumns::euclidean_distance(gaps)?;
    if !datasets.iter().any(|name| name == dataset) {
        return Err(crate::study::unknown("dataset in the gaps", dataset, datasets));
    }
    let basin = |model: &String| {
        cluster
            .get(model)
            .copied()
            .ok_or_else(|| crate::study::unknown("model in the basins", model, models.clone()))
    };
    let mut kinds: [Vec<usize>; 2] = Default::default();
    for pair in (0..a.len()).filter(|&pair| datasets[pair] == dataset) {
        kinds[usize::from(basin(&a[pair])? != basin(&b[pair])?)].push(pair);
    }
    let mut plot = Plot::new();
    for (kind, (name, pairs)) in ["within a basin", "between basins"].into_iter().zip(&kinds).enumerate() {
        if pairs.is_empty() {
            continue;
        }
        let of = |values: &[f64]| pairs.iter().map(|&pair| values[pair]).collect::<Vec<_>>();
        let (x, y) = (of(&distance), of(&gap));
        let r =
            pearson(&x, &y).map_or_else(|_| "undefined".to_owned(), |r| format!("{r:.2}").replace('-', "−"));
        let colour = theme::colour(kind);
        plot.add_trace(
            Scatter::new(x.clone(), y.clone())
                .mode(Mode::Markers)
                .name(format!("{name}, {}, r = {r}", theme::counted(pairs.len(), "pair")))
                .text_array(
                    pairs
                        .iter()
                        .map(|&p| theme::label(&format!("{} and {}", a[p], b[p])))
                        .collect::<Vec<_>>(),
                )
                .hover_template("%{text}<br>distance %{x:.4g}<br>convexity gap %{y:.4g}<extra></extra>")
                .marker(Marker::new().size(7).opacity(0.7).color(colour)),
        );
        if let Ok(line) = least_squares(&x, &y) {
            let low = x.iter().copied().fold(f64::INFINITY, f64::min);
            let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            plot.add_trace(
                Scatter::new(vec![low, high], vec![line.at(low), line.at(high)])
                    .mode(Mode::Lines)
                    .show_legend(false)
                    .line(Line::new().color(colour).width(2.0).dash(DashType::Dash)),
            );
        }
    }
    let set = theme::label(dataset);
    plot.set_layout(
        theme::layout(&format!("Convexity gap on {set} against distance"), theme::WIDTH, HEIGHT)
            .x_axis(theme::axis("Euclidean distance of the two models (all parameters, no unit)"))
            .y_axis(theme::axis("convexity gap (nats per example)"))
            .annotations(vec![theme::note("least squares, dashed", 1.0, 1.0, Anchor::Right, Anchor::Bottom)]),
    );
    Ok(Figure::new(plot))
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;

    fn basins(models: [&str; 3]) -> DataFrame {
        df!("model" => models, "cluster" => [1_i64, 1, 2], "membership" => [0.0; 3],
            "embedding_1" => [0.0; 3], "embedding_2" => [0.0; 3])
        .unwrap()
    }

    fn gaps() -> DataFrame {
        df!("a" => ["a", "a", "b", "a"], "b" => ["b", "c", "c", "b"], "dataset" => ["id", "id", "id", "lo"],
            "barrier_height" => [0.0; 4], "convexity_gap" => [0.1, 0.5, 0.7, 9.0], "auc" => [0.0; 4],
            "euclidean_distance" => [1.0, 2.0, 3.0, 1.0])
        .unwrap()
    }

    #[test]
    fn pairs_are_divided_by_basin_and_each_kind_has_its_line() {
        let figure = gap_against_distance(&gaps(), &basins(["a", "b", "c"]), "id").unwrap();
        let figure: Value = serde_json::from_str(&figure.to_json().unwrap()).unwrap();
        let data = figure["data"].as_array().unwrap();
        // One pair within has no line, two between have one through both.
        assert_eq!(data.len(), 3);
        assert_eq!((&data[0]["x"], &data[0]["y"]), (&json!([1.0]), &json!([0.1])));
        assert_eq!(data[0]["name"], "within a basin, 1 pair, r = undefined");
        assert_eq!(data[1]["name"], "between basins, 2 pairs, r = 1.00");
        assert_eq!((&data[2]["x"], &data[2]["y"]), (&json!([2.0, 3.0]), &json!([0.5, 0.7])));
    }

    #[test]
    fn a_set_or_a_model_that_is_not_there_is_named() {
        let message =
            |basins, dataset| gap_against_distance(&gaps(), &basins, dataset).unwrap_err().to_string();
        let unknown = message(basins(["a", "b", "c"]), "sub");
        assert_eq!(unknown, "unknown dataset in the gaps `sub`; known: id, lo");
        let unknown = message(basins(["a", "b", "d"]), "id");
        assert_eq!(unknown, "unknown model in the basins `c`; known: a, b, d");
    }
}
