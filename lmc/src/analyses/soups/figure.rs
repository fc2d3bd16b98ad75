//! Soups against single models and ensembles.

use lmc_figure::parts::{Axis, Chart, Mark, Note, Panels, Place, Symbol};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::soups::{SOUP_KINDS, SOUPS, SoupColumns, SoupKindColumns};
use crate::figures::Figure;
use crate::figures::basins::kind_colour;
use crate::study::{Metric, unknown};

/// Height of a row, CSS pixels.
const ROW: usize = 25;
/// Left, right, top and bottom margin, CSS pixels; the names of the rows are at the left.
const MARGIN: [usize; 4] = [208, theme::RIGHT, theme::TOP + 8, theme::BOTTOM - 8];
/// The depth to which the dots of a row are spread, in rows.
const SPREAD: f64 = 0.32;
/// The share of a circle that spreads points evenly whatever their number (the golden section).
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Returns a figure of soups by the kind of their ingredients: a row for each kind and number of models, at
/// the left the excess of their loss in domain over that of their ingredients, at the right their score out
/// of domain.
///
/// `soups` is a [`SOUPS`] table, `kinds` the [`SOUP_KINDS`] of the same; `in_domain` and `scored` are sets in
/// them. Small dots are soups, a bar is the bootstrap interval of their mean excess; open squares are the
/// means of ensembles of the same models, crosses those of single models. The dashed lines are the single
/// models' loss and the score of the best single model.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set that is not in it.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let basins = sweep.basins(&ClusterOptions::default())?;
/// let soups = models.soups("id", "lo", &basins, &SoupOptions::new(Metric::Accuracy))?;
/// let (soups, kinds) = (soups.table()?, soups.kinds()?);
/// figure::soup_dots(&soups, &kinds, "id", "lo", Metric::Accuracy)?.save("soups.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn soup_dots(
    soups: &DataFrame,
    kinds: &DataFrame,
    in_domain: &str,
    scored: &str,
    metric: Metric,
) -> Result<Figure> {
    let rows = Rows::new(kinds, in_domain)?;
    let n = rows.names.len();
    let panels = Panels::new(2, 2, ROW * (n + 1), [26, 0], MARGIN);
    let mut chart = Chart::of("Averages of weights by where their models come from", panels);
    let left = Dots::new(soups, &rows, in_domain, SoupColumns::excess)?;
    let right = Dots::new(soups, &rows, scored, |soups| SoupColumns::of_metric(soups, metric))?;
    let best =
        right.soups.iter().find(|(row, _)| rows.names[*row].0 == "best single").map(|(_, score)| *score);
    let bounds = [
        (Some(0.0), "dashed: the mean of single models", format!("loss on {in_domain} above singles (nats)")),
        (best, "dashed: the best single model", format!("{metric} on {scored} ({})", metric.unit())),
    ];
    for (panel, (dots, (bound, dashed, title))) in [&left, &right].into_iter().zip(bounds).enumerate() {
        if let Some(bound) = bound {
            let line = Mark::line([bound, bound], [-0.6, n as f64 - 0.4]).dashed().wide(1.0);
            chart.add_to(panel, line.coloured(theme::INK));
            let place = chart.panels().above(panel, Place::End);
            chart.note(Note::above(place, dashed, Place::End).sized(11));
        }
        chart.add_to(panel, dots.mark(&rows).named_once("soup", panel > 0));
        if panel == 0 {
            let ends = |end: usize| rows.intervals.iter().map(|ends| ends[end]).collect::<Vec<_>>();
            let heights: Vec<f64> = (0..n).map(|row| row as f64).collect();
            let bars = Mark::level_intervals(&ends(0), &ends(1), &heights).coloured(theme::INK);
            chart.add_to(panel, bars.named("interval of the mean"));
        }
        for (name, means, symbol) in [
            ("ensemble, mean", &dots.ensembles, Symbol::SquareOpen),
            ("singles, mean", &dots.singles, Symbol::Cross),
        ] {
            let mark = Mark::dots(means.iter().map(|(_, x)| *x), means.iter().map(|(row, _)| *row as f64));
            let mark = mark.coloured(theme::INK).shaped(symbol).named_once(name, panel > 0);
            chart.add_to(panel, mark.telling(&format!("{name}<br>%{{x:.4g}}")));
        }
        let y = Axis::new("").range(n as f64 - 0.4, -0.6);
        let y = y.ticks(rows.labels().into_iter().enumerate().map(|(i, label)| (i as f64, label)));
        let y = if panel == 0 { y } else { y.without_texts() };
        chart.axes_of(panel, Axis::new(&title).title_size(12), y);
    }
    chart.figure()
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
            return Err(unknown("dataset in the soups", in_domain, datasets));
        }
        Ok(Self {
            names: own.iter().map(|&i| (names[i].clone(), models[i], choices[i])).collect(),
            intervals: own.iter().map(|&i| [low[i], high[i]]).collect(),
        })
    }

    fn labels(&self) -> Vec<String> {
        let label = |(kind, models, choices): &(String, i64, i64)| match (models, choices) {
            (1, 1) => kind.clone(),
            (1, n) => format!("{kind} ({n})"),
            (models, 1) => format!("{kind}, {models} models"),
            (models, n) => format!("{kind}, {models} models ({n})"),
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
            return Err(unknown("dataset in the soups", dataset, datasets));
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

    /// Returns the soups as dots; those of a row that has several stand above and below its middle.
    fn mark(&self, rows: &Rows) -> Mark {
        let y = self.soups.iter().enumerate().map(|(i, (row, _))| {
            let is_alone = rows.names[*row].2 == 1;
            *row as f64 + if is_alone { 0.0 } else { 2.0 * SPREAD * ((i as f64 * GOLDEN).fract() - 0.5) }
        });
        Mark::dots(self.soups.iter().map(|(_, x)| *x), y)
            .sized(6.0)
            .faded(0.6)
            .filled(self.soups.iter().map(|(row, _)| kind_colour(&rows.names[*row].0)))
            .texts(&self.models)
            .telling("%{text}<br>%{x:.4g}")
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
        let json = description(&figure);
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

    #[test]
    fn its_picture_stays() {
        let figure = soup_dots(&soups(), &kinds(), "id", "lo", Metric::Accuracy).unwrap();
        insta::assert_snapshot!("soup_dots", svg(&figure));
    }
}
