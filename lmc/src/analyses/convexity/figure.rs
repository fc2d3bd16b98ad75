//! The figure of how far losses rise above their chords between more than two models (Juneja et al. 2023, Eq.
//! 2).

use std::collections::BTreeSet;

use lmc_figure::parts::{Axis, Chart, Mark, Symbol};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::convexity::{CONVEXITY, ConvexityColumns, ConvexityPointColumns, TriangleColumns};
use crate::figures::Figure;
use crate::figures::basins::kind_colour;
use crate::figures::rows::{distinct, named, pick, rows_where};
use crate::{LmcError, Result};

/// Height of a figure, CSS pixels.
const HEIGHT: usize = 540;
/// The distance between neighbouring kinds; the distance between neighbouring numbers of models is 1.
const APART: f64 = 0.27;
/// The width of a strip of points, in the same unit.
const STRIP: f64 = 0.17;
/// The share of a circle that spreads points evenly whatever their number (the golden section).
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Returns a figure of the excess loss of convex combinations against the number of models, by the clusters
/// that these come from.
///
/// `convexity` is a [`CONVEXITY`] table, `points` the [`CONVEXITY_POINTS`](crate::table::CONVEXITY_POINTS) of
/// the same. Small dots are combinations, spread sideways; a bar is the mean with its interval, a diamond the
/// largest excess, chosen on one half of the examples and measured on the other, with its interval.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for one without rows.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let basins = sweep.basins(&ClusterOptions::default())?;
/// let convexity = models.convexity("id", &basins, &ConvexityOptions::default())?;
/// figure::excess_strips(&convexity.table()?, &convexity.points()?)?.save("convexity.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn excess_strips(convexity: &DataFrame, points: &DataFrame) -> Result<Figure> {
    CONVEXITY.check(convexity)?;
    let (kinds, sizes) = (ConvexityColumns::kind(convexity)?, ConvexityColumns::n_models(convexity)?);
    let (of_point, size_of_point) =
        (ConvexityPointColumns::kind(points)?, ConvexityPointColumns::n_models(points)?);
    let (excess, models) = (ConvexityPointColumns::excess(points)?, ConvexityPointColumns::models(points)?);
    let [held_out, low, high] = [
        ConvexityColumns::eps_held_out(convexity)?,
        ConvexityColumns::eps_low(convexity)?,
        ConvexityColumns::eps_high(convexity)?,
    ];
    let [mean, mean_low, mean_high] = [
        ConvexityColumns::mean(convexity)?,
        ConvexityColumns::mean_low(convexity)?,
        ConvexityColumns::mean_high(convexity)?,
    ];
    let examples = ConvexityColumns::n_examples(convexity)?;
    let datasets = ConvexityColumns::dataset(convexity)?;
    let (Some(dataset), Some(n_examples)) = (datasets.first(), examples.first()) else {
        return Err(LmcError::invalid("convexity", "no rows", "at least one"));
    };
    let (columns, kinds_shown) = (distinct(&sizes), named(&kinds));
    let middle = (kinds_shown.len() as f64 - 1.0) / 2.0;
    let place = |rank: usize, size: i64| {
        let column = columns.iter().position(|&other| other == size).unwrap_or(0) as f64;
        column + APART * (rank as f64 - middle)
    };
    let end = columns.len() as f64 - 0.5;
    let mut chart = Chart::sized(&format!("Excess loss of convex combinations on {dataset}"), HEIGHT);
    let ticks = columns.iter().enumerate().map(|(i, n)| (i as f64, n.to_string()));
    let x = Axis::new("models that are combined").range(-0.5, end).ticks(ticks).without_grid();
    chart.axes(x, Axis::of("loss above the chord", "nats per example"));
    chart.remark(&format!(
        "square: mean; diamond: largest, held out; bars: bootstrap intervals, {n_examples} examples"
    ));
    chart.add(Mark::line([-0.5, end], [0.0, 0.0]).dashed().wide(1.0).coloured(theme::INK));
    for (rank, kind) in kinds_shown.into_iter().enumerate() {
        let (group, colour) = (theme::label(kind), kind_colour(kind));
        let own = rows_where(of_point.len(), |i| of_point[i] == *kind);
        let spread = |i: usize| STRIP * ((i as f64 * GOLDEN).fract() - 0.5);
        let x = own.iter().map(|&i| place(rank, size_of_point[i]) + spread(i));
        let dots = Mark::dots(x, pick(&excess, &own)).sized(4.0).faded(0.3).texts(pick(&models, &own));
        chart.add(dots.coloured(colour).among(&group).telling("%{text}<br>excess %{y:.4g}"));
        let rows = rows_where(kinds.len(), |i| kinds[i] == *kind);
        let summary = |aside: f64, [values, low, high]: [&[f64]; 3]| {
            // The mean stands left of the points, the largest on their right.
            let at: Vec<f64> = rows.iter().map(|&i| place(rank, sizes[i]) + aside * STRIP).collect();
            Mark::means(at, pick(values, &rows), pick(low, &rows), pick(high, &rows)).coloured(colour)
        };
        let means = summary(-0.6, [&mean, &mean_low, &mean_high]).shaped(Symbol::Square).sized(8.0);
        chart.add(means.among(&group).telling("mean %{y:.4g}"));
        let largest = summary(0.6, [&held_out, &low, &high]).shaped(Symbol::Diamond).sized(11.0);
        chart.add(largest.named(kind).telling("largest, held out %{y:.4g}"));
    }
    chart.figure()
}

/// Returns a figure of triples of models: the convexity gap inside each triangle against the largest on its
/// sides.
///
/// `triangles` is a [`TRIANGLES`](crate::table::TRIANGLES) table. Above the dashed diagonal a triangle is
/// less convex inside than on every side, so that its pairs do not show it; a marker is filled if the
/// bootstrap interval of the difference lies above 0.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for one without rows.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let basins = sweep.basins(&ClusterOptions::default())?;
/// let triangles = models.triangles(&sweep, &basins, &TriangleOptions::default())?;
/// figure::triangle_scatter(&triangles.table()?)?.save("triangles.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn triangle_scatter(triangles: &DataFrame) -> Result<Figure> {
    let (kinds, datasets, [a, b, c]) = (
        TriangleColumns::kind(triangles)?,
        TriangleColumns::dataset(triangles)?,
        [TriangleColumns::a(triangles)?, TriangleColumns::b(triangles)?, TriangleColumns::c(triangles)?],
    );
    let (edge, inside, low) = (
        TriangleColumns::edge_gap(triangles)?,
        TriangleColumns::inside_gap(triangles)?,
        TriangleColumns::low(triangles)?,
    );
    let Some(dataset) = datasets.first() else {
        return Err(LmcError::invalid("triangles", "no rows", "at least one"));
    };
    let most = edge.iter().chain(&inside).copied().fold(0.0, f64::max) * 1.03;
    let most = if most > 0.0 { most } else { 1.0 };
    let mut chart = Chart::sized(&format!("Triangles on {dataset}: inside against sides"), HEIGHT);
    chart.axes(
        Axis::of("largest convexity gap of the three sides", "nats per example").range(0.0, most),
        Axis::of("convexity gap inside", "nats per example").range(0.0, most),
    );
    let diagonal = Mark::line([0.0, most], [0.0, most]).dashed().wide(1.2);
    chart.add(diagonal.coloured(theme::INK).named("as high inside as on a side"));
    for kind in kinds.iter().collect::<BTreeSet<_>>() {
        let own = rows_where(kinds.len(), |i| kinds[i] == *kind);
        chart.add(
            Mark::dots(pick(&edge, &own), pick(&inside, &own))
                .sized(7.0)
                .faded(0.75)
                .coloured(kind_colour(kind))
                .hollow(own.iter().map(|&i| low[i] <= 0.0 || low[i].is_nan()))
                .named(&format!("{kind}, {}", theme::counted(own.len(), "triple")))
                .texts(own.iter().map(|&i| format!("{}, {}, {}", a[i], b[i], c[i])))
                .telling("%{text}<br>sides %{x:.4g}<br>inside %{y:.4g}"),
        );
    }
    let above = rows_where(edge.len(), |i| inside[i] > edge[i]).len();
    chart.remark(&format!("{above} of {} above the diagonal; filled: beyond chance", edge.len()));
    chart.figure()
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::analyses::convexity::{CONVEXITY_POINTS, TRIANGLES};
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    fn convexity() -> DataFrame {
        df!("kind" => ["within 1", "within 1", "across"], "n_models" => [2_i64, 16, 2], "dataset" => ["id"; 3],
            "n_subsets" => [1_i64; 3], "n_points" => [2_i64, 1, 1], "n_examples" => [9_i64; 3], "eps" => [0.3; 3],
            "eps_held_out" => [0.2, 0.25, 0.1], "eps_low" => [0.1, 0.15, 0.0], "eps_high" => [0.3, 0.35, 0.2],
            "mean" => [0.05, 0.06, 0.07], "mean_low" => [0.04, 0.05, 0.06], "mean_high" => [0.06, 0.07, 0.08],
            "median" => [0.0; 3], "q95" => [0.0; 3])
        .unwrap()
    }

    fn points() -> DataFrame {
        df!("kind" => ["within 1", "within 1", "within 1", "across"], "n_models" => [2_i64, 2, 16, 2],
            "dataset" => ["id"; 4], "models" => ["a b", "a b", "all", "a <c>"], "point" => [0_i64, 1, 0, 0],
            "largest_weight" => [0.5; 4], "loss" => [1.0; 4], "mean_loss" => [1.0; 4], "excess" => [0.1, -0.1, 0.2, 0.3])
        .unwrap()
    }

    #[test]
    fn strips_stand_by_number_of_models_and_kind() {
        let figure = excess_strips(&convexity(), &points()).unwrap();
        let json = description(&figure);
        // The level, and for each of two kinds: points, and bars and markers of mean and largest.
        assert_eq!(json["data"].as_array().unwrap().len(), 11);
        assert_eq!(
            (&json["data"][5]["name"], &json["data"][1]["y"]),
            (&json!("within 1"), &json!([0.1, -0.1, 0.2]))
        );
        let x = |trace: usize, i: usize| json["data"][trace]["x"][i].as_f64().unwrap();
        assert!((x(1, 0) - -0.135).abs() < 0.1 && (x(1, 2) - 0.865).abs() < 0.1 && x(6, 0) > x(1, 0));
        assert_eq!(json["data"][3]["y"], json!([0.05, 0.06]));
        assert_eq!(json["data"][4]["y"], json!([0.1, 0.3, null, 0.15, 0.35, null]));
        assert_eq!(json["layout"]["xaxis"]["ticktext"], json!(["2", "16"]));
        assert_eq!(json["data"][6]["text"], json!(["a &lt;c&gt;"]));
        assert!(figure.to_svg().unwrap().contains("9 examples"));
    }

    fn triangles() -> DataFrame {
        df!("a" => ["a", "a"], "b" => ["b", "b"], "c" => ["c", "d"], "kind" => ["within 2", "across"], "dataset" => ["id"; 2],
            "n_examples" => [9_i64; 2], "edge_gap" => [0.1, 0.2], "inside_excess" => [0.1; 2], "inside_gap" => [0.3, 0.1],
            "difference" => [0.2, -0.1], "low" => [0.1, -0.2], "high" => [0.3, 0.0])
        .unwrap()
    }

    #[test]
    fn triangles_are_filled_where_they_are_higher_inside() {
        let figure = triangle_scatter(&triangles()).unwrap();
        let json = description(&figure);
        assert_eq!(json["data"][1]["name"], "across, 1 triple");
        assert_eq!(json["data"][1]["marker"]["color"], json!(["#ffffff"]));
        assert_eq!(json["data"][2]["marker"]["color"], json!([kind_colour("within 2")]));
        assert!(figure.to_svg().unwrap().contains("1 of 2 above the diagonal"));
    }

    #[test]
    fn empty_and_other_tables_are_refused() {
        let empty = excess_strips(&CONVEXITY.empty(), &CONVEXITY_POINTS.empty());
        assert!(matches!(empty, Err(LmcError::InvalidParameter { field: "convexity", .. })));
        let empty = triangle_scatter(&TRIANGLES.empty());
        assert!(matches!(empty, Err(LmcError::InvalidParameter { field: "triangles", .. })));
        assert!(matches!(
            excess_strips(&points(), &points()),
            Err(LmcError::Column { table: "convexity", .. })
        ));
        let gone = triangles().drop("low").unwrap();
        assert!(matches!(triangle_scatter(&gone), Err(LmcError::Column { column: "low", .. })));
    }

    #[test]
    fn their_pictures_stay() {
        insta::assert_snapshot!("excess_strips", svg(&excess_strips(&convexity(), &points()).unwrap()));
        insta::assert_snapshot!("triangle_scatter", svg(&triangle_scatter(&triangles()).unwrap()));
    }
}
