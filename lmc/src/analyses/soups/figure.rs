//! Soups against single models and ensembles.

use plotly::common::{Anchor, DashType, HoverInfo, Line, Marker, MarkerSymbol, Mode, Title};
use plotly::layout::{Annotation, Margin};
use plotly::{Plot, Scatter};
use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::soups::{SOUP_KINDS, SOUPS, SoupColumns, SoupKindColumns};
use crate::figures::{Figure, axes, theme};
use crate::study::Metric;

/// Width of a panel and room between two, CSS pixels.
const PANEL: [usize; 2] = [330, 26];
/// Height of a row, CSS pixels.
const ROW: usize = 25;
/// Room for the names of the rows at the left, CSS pixels.
const LEFT: usize = 208;
/// The depth to which the dots of a row are spread, in rows.
const SPREAD: f64 = 0.32;
/// The share of a circle that spreads points evenly whatever their number (the golden section).
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Returns a figure of soups by the kind of their ingredients: a row for each kind and number of models, at
/// the left the excess of their loss in domain over that of their ingredients, at the right their score out
/// of domain.
///
/// `soups` is a [`SOUPS`](crate::table::SOUPS) table, `kinds` the [`SOUP_KINDS`](crate::table::SOUP_KINDS) of the same; `in_domain` and `scored` are sets in
/// them. Small dots are soups, a bar is the bootstrap interval of their mean excess; open squares are the
/// means of ensembles of the same models, crosses those of single models. The dashed lines are the single
/// models' loss and the score of the best single model.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set that is not in it.
pub fn soup_dots(
    soups: &DataFrame,
    kinds: &DataFrame,
    in_domain: &str,
    scored: &str,
    metric: Metric,
) -> Result<Figure> {
    let rows = Rows::new(kinds, in_domain)?;
    let mut plot = Plot::new();
    let n = rows.names.len() as f64;
    let left = Dots::new(soups, &rows, in_domain, SoupColumns::excess)?;
    let right = Dots::new(soups, &rows, scored, |soups| SoupColumns::of_metric(soups, metric))?;
    let best =
        right.soups.iter().find(|(row, _)| rows.names[*row].0 == "best single").map(|(_, score)| *score);
    let bounds = [Some(0.0), best];
    for (panel, (dots, bound)) in [&left, &right].into_iter().zip(bounds).enumerate() {
        let (x_axis, y_axis) = (axes::axis_name("x", panel + 1), axes::axis_name("y", panel + 1));
        if let Some(bound) = bound {
            plot.add_trace(
                Scatter::new(vec![bound, bound], vec![-0.6, n - 0.4])
                    .mode(Mode::Lines)
                    .show_legend(false)
                    .hover_info(HoverInfo::Skip)
                    .line(Line::new().color(theme::INK).width(1.0).dash(DashType::Dash))
                    .x_axis(&x_axis)
                    .y_axis(&y_axis),
            );
        }
        // Dots of a row that has several stand above and below its middle.
        let y = |i: usize, row: usize| {
            let is_alone = rows.names[row].2 == 1;
            row as f64 + if is_alone { 0.0 } else { 2.0 * SPREAD * ((i as f64 * GOLDEN).fract() - 0.5) }
        };
        let colours = dots.soups.iter().map(|(row, _)| theme::kind_colour(&rows.names[*row].0)).collect();
        plot.add_trace(
            Scatter::new(
                dots.soups.iter().map(|(_, x)| *x).collect::<Vec<_>>(),
                dots.soups.iter().enumerate().map(|(i, (row, _))| y(i, *row)).collect::<Vec<_>>(),
            )
            .mode(Mode::Markers)
            .name("soup")
            .legend_group("soup")
            .show_legend(panel == 0)
            .text_array(dots.models.iter().map(|models| theme::label(models)).collect::<Vec<_>>())
            .hover_template("%{text}<br>%{x:.4g}<extra>soup</extra>")
            .marker(Marker::new().color_array(colours).size(6).opacity(0.6))
            .x_axis(&x_axis)
            .y_axis(&y_axis),
        );
        if panel == 0 {
            let (mut bar_x, mut bar_y) = (Vec::new(), Vec::new());
            for (row, [low, high]) in rows.intervals.iter().enumerate() {
                bar_x.extend([Some(*low), Some(*high), None]);
                bar_y.extend([Some(row as f64), Some(row as f64), None]);
            }
            plot.add_trace(
                Scatter::new(bar_x, bar_y)
                    .mode(Mode::Lines)
                    .name("interval of the mean")
                    .hover_info(HoverInfo::Skip)
                    .line(Line::new().color(theme::INK).width(2.0)),
            );
        }
        for (name, means, symbol) in [
            ("ensemble, mean", &dots.ensembles, MarkerSymbol::SquareOpen),
            ("singles, mean", &dots.singles, MarkerSymbol::X),
        ] {
            plot.add_trace(
                Scatter::new(
                    means.iter().map(|(_, x)| *x).collect::<Vec<_>>(),
                    means.iter().map(|(row, _)| *row as f64).collect::<Vec<_>>(),
                )
                .mode(Mode::Markers)
                .name(name)
                .legend_group(name)
                .show_legend(panel == 0)
                .hover_template("%{x:.4g}<extra>%{fullData.name}</extra>")
                .marker(Marker::new().color(theme::INK).symbol(symbol).size(9))
                .x_axis(&x_axis)
                .y_axis(&y_axis),
            );
        }
    }
    plot.set_layout(layout(&rows, in_domain, scored, metric, best.is_some()));
    Ok(Figure::new(plot))
}

/// The rows of the figure.
struct Rows {
    /// Kind, number of models and number of choices.
    names: Vec<(String, i64, i64)>,
    /// The interval of the mean excess in domain.
    intervals: Vec<[f64; 2]>,
}

impl Rows {
    fn new(kinds: &DataFrame, in_domain: &str) -> Result<Self> {
        SOUP_KINDS.check(kinds)?;
        let datasets = SoupKindColumns::dataset(kinds)?;
        let names = SoupKindColumns::kind(kinds)?;
        let (models, choices) = (SoupKindColumns::n_models(kinds)?, SoupKindColumns::n_choices(kinds)?);
        let (low, high) = (SoupKindColumns::excess_low(kinds)?, SoupKindColumns::excess_high(kinds)?);
        let own: Vec<usize> = (0..names.len()).filter(|&i| datasets[i] == in_domain).collect();
        if own.is_empty() {
            return Err(crate::study::unknown("dataset in the soups", in_domain, datasets));
        }
        Ok(Self {
            names: own.iter().map(|&i| (names[i].clone(), models[i], choices[i])).collect(),
            intervals: own.iter().map(|&i| [low[i], high[i]]).collect(),
        })
    }

    fn labels(&self) -> Vec<String> {
        let label = |(kind, models, choices): &(String, i64, i64)| {
            let kind = theme::label(kind);
            match (models, choices) {
                (1, 1) => kind,
                (1, n) => format!("{kind} ({n})"),
                (models, 1) => format!("{kind}, {models} models"),
                (models, n) => format!("{kind}, {models} models ({n})"),
            }
        };
        self.names.iter().map(label).collect()
    }
}

/// The dots of one panel: a row and a value for each dot.
struct Dots {
    soups: Vec<(usize, f64)>,
    /// The names of the models of each soup.
    models: Vec<String>,
    ensembles: Vec<(usize, f64)>,
    singles: Vec<(usize, f64)>,
}

impl Dots {
    fn new(
        soups: &DataFrame,
        rows: &Rows,
        dataset: &str,
        of_soups: impl Fn(&DataFrame) -> Result<Vec<f64>>,
    ) -> Result<Self> {
        SOUPS.check(soups)?;
        let (datasets, kinds, methods, models) = (
            SoupColumns::dataset(soups)?,
            SoupColumns::kind(soups)?,
            SoupColumns::method(soups)?,
            SoupColumns::models(soups)?,
        );
        let (sizes, values) = (SoupColumns::n_models(soups)?, of_soups(soups)?);
        if !datasets.iter().any(|name| name == dataset) {
            return Err(crate::study::unknown("dataset in the soups", dataset, datasets));
        }
        let of = |method: &str, row: usize| {
            let (kind, size, _) = &rows.names[row];
            (0..kinds.len())
                .filter(|&i| {
                    datasets[i] == dataset && methods[i] == method && kinds[i] == *kind && sizes[i] == *size
                })
                .collect::<Vec<usize>>()
        };
        let (mut dots, mut names) = (Vec::new(), Vec::new());
        let (mut ensembles, mut singles) = (Vec::new(), Vec::new());
        for row in 0..rows.names.len() {
            let own = of("soup", row);
            dots.extend(own.iter().map(|&i| (row, values[i])));
            names.extend(own.iter().map(|&i| models[i].clone()));
            // Of one model all are the same.
            if rows.names[row].1 > 1 {
                for (method, means) in [("ensemble", &mut ensembles), ("singles", &mut singles)] {
                    let own = of(method, row);
                    let sum: f64 = own.iter().map(|&i| values[i]).sum();
                    means.extend((!own.is_empty()).then_some((row, sum / own.len() as f64)));
                }
            }
        }
        Ok(Self { soups: dots, models: names, ensembles, singles })
    }
}

fn layout(rows: &Rows, in_domain: &str, scored: &str, metric: Metric, has_best: bool) -> plotly::Layout {
    let [width, gap] = PANEL;
    let (area, height) = (2 * width + gap, theme::TOP + theme::BOTTOM + ROW * (rows.names.len() + 1));
    let n = rows.names.len() as f64;
    let title = "Averages of weights by where their models come from";
    let whole = LEFT + area + theme::RIGHT;
    let mut layout = theme::layout(title, whole, height)
        .margin(Margin::new().left(LEFT).right(theme::RIGHT).top(theme::TOP + 8).bottom(theme::BOTTOM - 8))
        .title(
            Title::with_text(title)
                .font(theme::font(17))
                .x(LEFT as f64 / whole as f64)
                .x_anchor(Anchor::Left)
                .y(1.0 - 22.0 / height as f64)
                .y_anchor(Anchor::Middle),
        );
    let (set, other) = (theme::label(in_domain), theme::label(scored));
    let titles = [
        format!("loss on {set} above the mean of singles (nats per example)"),
        format!("{metric} on {other} ({})", metric.unit()),
    ];
    let mut notes: Vec<Annotation> = Vec::new();
    for (panel, title) in titles.iter().enumerate() {
        let from = (panel * (width + gap)) as f64 / area as f64;
        let to = from + width as f64 / area as f64;
        let x = theme::axis("")
            .title(Title::with_text(title).font(theme::font(12)))
            .domain(&[from, to])
            .anchor(axes::axis_name("y", panel + 1));
        let y = theme::axis("")
            .range(vec![n - 0.4, -0.6])
            .tick_values((0..rows.names.len()).map(|i| i as f64).collect())
            .tick_text(rows.labels())
            .show_tick_labels(panel == 0)
            .domain(&[0.0, 1.0])
            .anchor(axes::axis_name("x", panel + 1));
        layout = axes::with_axes(layout, panel + 1, x, y);
        let dashed = ["dashed: the mean of single models", "dashed: the best single model"];
        if panel == 0 || has_best {
            notes.push(
                theme::note(dashed[panel], to, 1.0, Anchor::Right, Anchor::Bottom).font(theme::font(11)),
            );
        }
    }
    layout.annotations(notes)
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::{Value, json};

    use super::*;
    use crate::LmcError;

    fn soups() -> DataFrame {
        let n = 8;
        df!("kind" => ["best single", "across", "across", "across", "across", "across", "best single", "across"],
            "n_models" => [1_i64, 2, 2, 2, 2, 2, 1, 2], "models" => ["a", "a b", "a c", "a b", "a c", "a b", "a", "a <b>"],
            "method" => ["soup", "soup", "soup", "ensemble", "ensemble", "singles", "soup", "soup"],
            "dataset" => ["id", "id", "id", "id", "id", "id", "lo", "lo"], "n_examples" => vec![9_i64; n],
            "loss" => vec![0.1; n], "accuracy" => [0.9, 0.8, 0.7, 0.95, 0.85, 0.6, 0.5, 0.25], "f1" => vec![0.0; n], "mcc" => vec![0.0; n],
            "ece" => vec![0.0; n], "excess" => [0.0, 0.2, 0.4, -0.1, -0.3, 0.0, 0.0, 0.1], "excess_low" => vec![0.0; n],
            "excess_high" => vec![0.0; n])
        .unwrap()
    }

    fn kinds() -> DataFrame {
        df!("kind" => ["best single", "across", "across"], "n_models" => [1_i64, 2, 2], "n_choices" => [1_i64, 2, 1],
            "dataset" => ["id", "id", "lo"], "n_examples" => [9_i64; 3], "excess" => [0.0, 0.3, 0.1], "excess_low" => [0.0, 0.25, 0.0],
            "excess_high" => [0.0, 0.35, 0.2], "singles_loss" => [0.0; 3], "soup_loss" => [0.0; 3], "ensemble_loss" => [0.0; 3],
            "singles_score" => [0.0; 3], "soup_score" => [0.0; 3], "ensemble_score" => [0.0; 3], "metric" => ["accuracy"; 3])
        .unwrap()
    }

    #[test]
    fn soups_stand_in_rows_with_ensembles_and_singles() {
        let figure = soup_dots(&soups(), &kinds(), "id", "lo", Metric::Accuracy).unwrap();
        let json: Value = serde_json::from_str(&figure.to_json().unwrap()).unwrap();
        let traces = &json["data"];
        assert_eq!(json["layout"]["yaxis"]["ticktext"], json!(["best single", "across, 2 models (2)"]));
        assert_eq!(traces[1]["x"], json!([0.0, 0.2, 0.4]));
        assert_eq!(traces[2]["x"], json!([0.0, 0.0, null, 0.25, 0.35, null]));
        assert_eq!(
            (&traces[3]["x"], &traces[3]["y"]),
            (&json!([-0.2]), &json!([1.0])),
            "the mean of two ensembles"
        );
        assert_eq!((&traces[4]["x"], &traces[4]["name"]), (&json!([0.0]), &json!("singles, mean")));
        // The second panel: the best single model's score, then scores.
        assert_eq!(traces[5]["x"], json!([0.5, 0.5]));
        assert_eq!((&traces[6]["x"], &traces[6]["xaxis"]), (&json!([0.5, 0.25]), &json!("x2")));
        assert_eq!(traces[6]["text"], json!(["a", "a &lt;b&gt;"]));
        assert!(figure.to_svg().unwrap().contains("dashed: the best single model"));
    }

    #[test]
    fn unknown_sets_and_other_tables_are_refused() {
        let error = soup_dots(&soups(), &kinds(), "id", "con", Metric::Accuracy).unwrap_err().to_string();
        assert_eq!(error, "unknown dataset in the soups `con`; known: id, lo");
        let error = soup_dots(&soups(), &kinds(), "con", "lo", Metric::Accuracy).unwrap_err().to_string();
        assert_eq!(error, "unknown dataset in the soups `con`; known: id, lo");
        let gone = kinds().drop("excess").unwrap();
        let error = soup_dots(&soups(), &gone, "id", "lo", Metric::Loss).unwrap_err();
        assert!(matches!(error, LmcError::Column { table: "soup_kinds", .. }), "{error}");
    }
}
