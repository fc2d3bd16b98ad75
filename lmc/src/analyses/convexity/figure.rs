//! The figure of how far losses rise above their chords between more than two models (Juneja et al. 2023, Eq.
//! 2).

use std::collections::BTreeSet;

use plotly::common::{Anchor, DashType, HoverInfo, Line, Marker, MarkerSymbol, Mode};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::convexity::{CONVEXITY, ConvexityColumns, ConvexityPointColumns, TriangleColumns};
use crate::figures::{Figure, theme};
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
/// `convexity` is a [`CONVEXITY`](crate::table::CONVEXITY) table, `points` the [`CONVEXITY_POINTS`](crate::table::CONVEXITY_POINTS) of the same. Small dots are
/// combinations, spread sideways; a bar is the mean with its interval, a diamond the largest excess, chosen
/// on one half of the examples and measured on the other, with its interval.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for one without rows.
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
    let columns: Vec<i64> = sizes.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut named: Vec<&String> = Vec::new();
    kinds.iter().for_each(|kind| {
        if !named.contains(&kind) {
            named.push(kind)
        }
    });
    let middle = (named.len() as f64 - 1.0) / 2.0;
    let place = |kind: &String, size: i64| {
        let column = columns.iter().position(|&other| other == size).unwrap_or(0) as f64;
        let aside = named.iter().position(|&other| other == kind).map_or(0.0, |i| i as f64 - middle);
        column + APART * aside
    };
    let end = columns.len() as f64 - 0.5;
    let mut plot = Plot::new();
    plot.add_trace(level(-0.5, end));
    for kind in &named {
        let own: Vec<usize> = (0..of_point.len()).filter(|&i| of_point[i] == **kind).collect();
        let aside = |i: usize| STRIP * ((i as f64 * GOLDEN).fract() - 0.5);
        let x = own.iter().map(|&i| place(kind, size_of_point[i]) + aside(i)).collect::<Vec<_>>();
        plot.add_trace(
            Scatter::new(x, own.iter().map(|&i| excess[i]).collect::<Vec<_>>())
                .mode(Mode::Markers)
                .name(theme::label(kind))
                .legend_group(kind.as_str())
                .text_array(own.iter().map(|&i| theme::label(&models[i])).collect::<Vec<_>>())
                .hover_template("%{text}<br>excess %{y:.4g}<extra></extra>")
                .marker(Marker::new().color(theme::kind_colour(kind)).size(4).opacity(0.3)),
        );
        let rows: Vec<usize> = (0..kinds.len()).filter(|&i| kinds[i] == **kind).collect();
        let at = |i: usize| place(kind, sizes[i]);
        for (values, lows, highs, symbol, size) in [
            (&mean, &mean_low, &mean_high, MarkerSymbol::Square, 8),
            (&held_out, &low, &high, MarkerSymbol::Diamond, 11),
        ] {
            // The mean stands left of the points, the largest on their right.
            let aside = if size == 8 { -0.6 * STRIP } else { 0.6 * STRIP };
            let mut bars: (Vec<Option<f64>>, Vec<Option<f64>>) = Default::default();
            for &i in &rows {
                bars.0.extend([Some(at(i) + aside), Some(at(i) + aside), None]);
                bars.1.extend([Some(lows[i]), Some(highs[i]), None]);
            }
            plot.add_trace(
                Scatter::new(bars.0, bars.1)
                    .mode(Mode::Lines)
                    .line(Line::new().color(theme::kind_colour(kind)).width(2.0))
                    .legend_group(kind.as_str())
                    .show_legend(false)
                    .hover_info(HoverInfo::Skip),
            );
            plot.add_trace(
                Scatter::new(
                    rows.iter().map(|&i| at(i) + aside).collect::<Vec<_>>(),
                    rows.iter().map(|&i| values[i]).collect::<Vec<_>>(),
                )
                .mode(Mode::Markers)
                .legend_group(kind.as_str())
                .show_legend(false)
                .hover_template(if size == 8 {
                    "mean %{y:.4g}<extra></extra>"
                } else {
                    "largest, held out %{y:.4g}<extra></extra>"
                })
                .marker(
                    Marker::new()
                        .color(theme::kind_colour(kind))
                        .symbol(symbol)
                        .size(size)
                        .line(Line::new().color("#ffffff").width(1.0)),
                ),
            );
        }
    }
    let set = theme::label(dataset);
    let note =
        format!("square: mean; diamond: largest, held out; bars: bootstrap intervals, {n_examples} examples");
    let layout = theme::layout(&format!("Excess loss of convex combinations on {set}"), theme::WIDTH, HEIGHT)
        .x_axis(
            theme::axis("models that are combined")
                .range(vec![-0.5, end])
                .tick_values((0..columns.len()).map(|i| i as f64).collect())
                .tick_text(columns.iter().map(i64::to_string).collect::<Vec<_>>())
                .show_grid(false),
        )
        .y_axis(theme::axis("loss above the chord (nats per example)"))
        .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

/// Returns a line at the height of the chord.
fn level(from: f64, to: f64) -> Box<Scatter<f64, f64>> {
    Scatter::new(vec![from, to], vec![0.0, 0.0])
        .mode(Mode::Lines)
        .show_legend(false)
        .hover_info(HoverInfo::Skip)
        .line(Line::new().color(theme::INK).width(1.0).dash(DashType::Dash))
}

/// Returns a figure of triples of models: the convexity gap inside each triangle against the largest on its
/// sides.
///
/// `triangles` is a [`TRIANGLES`](crate::table::TRIANGLES) table. Above the dashed diagonal a triangle is less convex inside than on
/// every side, so that its pairs do not show it; a marker is filled if the bootstrap interval of the
/// difference lies above 0.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for one without rows.
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
    let mut plot = Plot::new();
    plot.add_trace(
        Scatter::new(vec![0.0, most], vec![0.0, most])
            .mode(Mode::Lines)
            .name("as high inside as on a side")
            .hover_info(HoverInfo::Skip)
            .line(Line::new().color(theme::INK).width(1.2).dash(DashType::Dash)),
    );
    for kind in kinds.iter().collect::<BTreeSet<_>>() {
        let own: Vec<usize> = (0..kinds.len()).filter(|&i| kinds[i] == *kind).collect();
        let names = own.iter().map(|&i| theme::label(&format!("{}, {}, {}", a[i], b[i], c[i])));
        let colour = theme::kind_colour(kind);
        let fills = own.iter().map(|&i| if low[i] > 0.0 { colour } else { "#ffffff" });
        plot.add_trace(
            Scatter::new(
                own.iter().map(|&i| edge[i]).collect::<Vec<_>>(),
                own.iter().map(|&i| inside[i]).collect::<Vec<_>>(),
            )
            .mode(Mode::Markers)
            .name(format!("{}, {}", theme::label(kind), theme::counted(own.len(), "triple")))
            .text_array(names.collect::<Vec<_>>())
            .hover_template("%{text}<br>sides %{x:.4g}<br>inside %{y:.4g}<extra></extra>")
            .marker(
                Marker::new()
                    .color_array(fills.collect())
                    .size(7)
                    .opacity(0.75)
                    .line(Line::new().color(colour).width(1.2)),
            ),
        );
    }
    let above = (0..edge.len()).filter(|&i| inside[i] > edge[i]).count();
    let note = format!("{above} of {} above the diagonal; filled: beyond chance", edge.len());
    let set = theme::label(dataset);
    let layout = theme::layout(&format!("Triangles on {set}: inside against sides"), theme::WIDTH, HEIGHT)
        .x_axis(
            theme::axis("largest convexity gap of the three sides (nats per example)").range(vec![0.0, most]),
        )
        .y_axis(theme::axis("convexity gap inside (nats per example)").range(vec![0.0, most]))
        .annotations(vec![theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom)]);
    plot.set_layout(layout);
    Ok(Figure::new(plot))
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;
    use crate::analyses::convexity::{CONVEXITY_POINTS, TRIANGLES};

    fn described(figure: &Figure) -> Value {
        serde_json::from_str(&figure.to_json().unwrap()).unwrap()
    }

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
        let json = described(&figure);
        // The level, and for each of two kinds: points, and bars and markers of mean and largest.
        assert_eq!(json["data"].as_array().unwrap().len(), 11);
        assert_eq!(
            (&json["data"][1]["name"], &json["data"][1]["y"]),
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
        let json = described(&figure);
        assert_eq!(json["data"][1]["name"], "across, 1 triple");
        assert_eq!(json["data"][1]["marker"]["color"], json!(["#ffffff"]));
        assert_eq!(json["data"][2]["marker"]["color"], json!([theme::cluster_colour(2)]));
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
}
