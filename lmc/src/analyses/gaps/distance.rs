//! Gaps against Euclidean distances, within basins and between them (Juneja et al. 2023, Fig. 21).

use std::collections::BTreeMap;

use lmc_figure::parts::{Axis, Chart, Mark};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::basins::BasinColumns;
use crate::analyses::gaps::GapColumns;
use crate::figures::Figure;
use crate::figures::basins::NO_BASIN;
use crate::figures::rows::{ends, pick, signed};
use crate::stats::{least_squares, pearson};
use crate::study::unknown;

/// Returns a figure of the convexity gap of each pair against the distance of its models, with a line of
/// least squares for the pairs within a basin and another one for those between two.
///
/// `gaps` is a [`GAPS`](crate::table::GAPS) table with the pairs of `dataset`, `basins` a
/// [`BASINS`](crate::table::BASINS) table. Pearson's r of each kind is in the legend, if it is defined.
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
/// figure::gap_against_distance(&sweep.gaps()?, &basins, "id")?.save("distance.png")?;
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
        return Err(unknown("dataset in the gaps", dataset, datasets));
    }
    let basin = |model: &String| {
        let found = cluster.get(model).copied();
        found.ok_or_else(|| unknown("model in the basins", model, models.clone()))
    };
    let mut kinds: [Vec<usize>; 2] = Default::default();
    for pair in (0..a.len()).filter(|&pair| datasets[pair] == dataset) {
        let (first, second) = (basin(&a[pair])?, basin(&b[pair])?);
        kinds[usize::from(first != second || first == NO_BASIN)].push(pair);
    }
    let mut chart = Chart::new(&format!("Convexity gap on {dataset} against distance"));
    let across = Axis::of("Euclidean distance of the two models", "all parameters, no unit");
    chart.axes(across, Axis::of("convexity gap", "nats per example"));
    chart.remark("least squares, dashed");
    for (kind, (name, pairs)) in ["within a basin", "between basins"].into_iter().zip(&kinds).enumerate() {
        if pairs.is_empty() {
            continue;
        }
        let (x, y) = (pick(&distance, pairs), pick(&gap, pairs));
        let r = pearson(&x, &y).map_or_else(|_| "undefined".to_owned(), signed);
        let colour = theme::colour(kind);
        chart.add(
            Mark::dots(x.clone(), y.clone())
                .sized(7.0)
                .faded(0.7)
                .coloured(colour)
                .named(&format!("{name}, {}, r = {r}", theme::counted(pairs.len(), "pair")))
                .texts(pairs.iter().map(|&pair| format!("{} and {}", a[pair], b[pair])))
                .telling("%{text}<br>distance %{x:.4g}<br>convexity gap %{y:.4g}"),
        );
        if let Ok(line) = least_squares(&x, &y) {
            let (low, high) = ends(x);
            chart.add(Mark::line([low, high], [line.at(low), line.at(high)]).coloured(colour).dashed());
        }
    }
    chart.figure()
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

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
        let figure = description(&figure);
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

    #[test]
    fn its_picture_stays() {
        let figure = gap_against_distance(&gaps(), &basins(["a", "b", "c"]), "id").unwrap();
        insta::assert_snapshot!("gap_against_distance", svg(&figure));
    }
}
