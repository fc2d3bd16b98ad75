//! Correlations of scores on several sets as a matrix (Juneja et al. 2023, Fig. 11).

use lmc_figure::parts::{Note, Scale, matrix};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::correlations::{CORRELATIONS, CorrelationColumns};
use crate::figures::Figure;
use crate::figures::rows::{named, signed};
use crate::{LmcError, Result};

/// Side of a cell, and the longest side of the matrix, CSS pixels.
const CELL: usize = 62;
const MOST: usize = 500;
/// From here on a cell is so dark that its number is white.
const DARK: f64 = 0.7;

/// Returns a figure of the correlations between every two sets, with the numbers in the cells; blue is
/// negative, red positive.
///
/// `correlations` is a [`CORRELATIONS`] table; sets stand in the order in which it first names them. A pair
/// without a correlation stays white.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] if it is empty or a
/// correlation is not in \[-1, 1\].
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let table = table::correlations(&evaluations, &["id", "lo"], Metric::Accuracy)?;
/// figure::correlation_matrix(&table)?.save("correlations.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn correlation_matrix(correlations: &DataFrame) -> Result<Figure> {
    CORRELATIONS.check(correlations)?;
    let (a, b) = (CorrelationColumns::a(correlations)?, CorrelationColumns::b(correlations)?);
    let n_models = CorrelationColumns::n_models(correlations)?;
    let sets: Vec<String> = named(a.iter().chain(&b)).into_iter().cloned().collect();
    let Some(n_models) = n_models.first() else {
        return Err(LmcError::invalid("correlations", "no rows", "at least one set"));
    };
    let mut z: Vec<Vec<Option<f64>>> = vec![vec![None; sets.len()]; sets.len()];
    for ((a, b), r) in a.iter().zip(&b).zip(CorrelationColumns::r(correlations)?) {
        if let Some(wrong) = r.filter(|r| !(-1.0..=1.0).contains(r)) {
            return Err(LmcError::invalid("correlations.r", wrong, "numbers from -1 to 1"));
        }
        let place = |set: &String| sets.iter().position(|known| known == set).unwrap_or(0);
        z[place(a)][place(b)] = r;
    }
    let ticks = [(-1.0, "−1.0"), (-0.5, "−0.5"), (0.0, "0.0"), (0.5, "0.5"), (1.0, "1.0")];
    let scale = Scale::two_sided("Pearson r (no unit)", -1.0, 1.0).ticks(ticks);
    let side = (CELL * sets.len().max(3)).min(MOST);
    let title = format!("Correlation of scores over {n_models} models");
    let telling = "%{x} and %{y}<br>r = %{z:.3f}";
    let mut chart = matrix(&title, [&sets, &sets], ["", ""], side, &z, &scale, telling);
    let size = (side / sets.len().max(1) / 4).clamp(6, 13);
    for (row, values) in z.iter().enumerate() {
        for (column, r) in values.iter().enumerate().filter_map(|(i, r)| Some((i, (*r)?))) {
            let note = Note::at([column as f64, row as f64], &signed(r), 0).sized(size);
            chart.note(note.coloured(if r.abs() >= DARK { "#ffffff" } else { theme::INK }));
        }
    }
    chart.figure()
}

#[cfg(test)]
mod tests {
    use polars::df;
    use resvg::tiny_skia::Pixmap;
    use serde_json::{Value, json};

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    fn correlations(r: [Option<f64>; 4]) -> DataFrame {
        df!("a" => ["id", "id", "lo", "lo"], "b" => ["id", "lo", "id", "lo"], "r" => r, "n_models" => [7_i64; 4])
            .unwrap()
    }

    fn described(r: [Option<f64>; 4]) -> Value {
        description(&correlation_matrix(&correlations(r)).unwrap())
    }

    #[test]
    fn cells_hold_their_numbers_on_a_scale_from_minus_one_to_one() {
        let figure = described([Some(1.0), Some(-0.256), Some(-0.001), None]);
        let trace = &figure["data"][0];
        assert_eq!(trace["z"], json!([[1.0, -0.256], [-0.001, null]]));
        assert_eq!((&trace["zmin"], &trace["zmax"]), (&json!(-1.0), &json!(1.0)));
        let notes = figure["layout"]["annotations"].as_array().unwrap();
        let told: Vec<_> = notes.iter().map(|note| note["text"].as_str().unwrap()).collect();
        assert_eq!(told, ["1.00", "−0.26", "0.00"], "a pair without correlation has no number");
        assert_eq!((&notes[1]["x"], &notes[1]["y"]), (&json!(1.0), &json!(0.0)));
        assert_eq!(figure["layout"]["title"]["text"], "Correlation of scores over 7 models");
    }

    #[test]
    fn colours_are_red_above_zero_and_blue_below() {
        let figure =
            correlation_matrix(&correlations([Some(1.0), Some(-1.0), Some(-1.0), Some(0.0)])).unwrap();
        let json = description(&figure);
        let layout = &json["layout"];
        let image = Pixmap::decode_png(&figure.to_png().unwrap()).unwrap();
        let edge = |side: &str| layout["margin"][side].as_f64().unwrap();
        let (width, height) = (layout["width"].as_f64().unwrap(), layout["height"].as_f64().unwrap());
        let colour = |row: f64, column: f64| {
            // Beside the number in the middle.
            let x = edge("l") + (column + 0.1) / 2.0 * (width - edge("l") - edge("r"));
            let y = edge("t") + (row + 0.1) / 2.0 * (height - edge("t") - edge("b"));
            let pixel = image.pixel((2.0 * x) as u32, (2.0 * y) as u32).unwrap();
            [pixel.red(), pixel.green(), pixel.blue()]
        };
        assert_eq!(colour(0.0, 0.0), [0xb2, 0x18, 0x2b]);
        assert_eq!(colour(0.0, 1.0), [0x21, 0x66, 0xac]);
        assert_eq!(colour(1.0, 0.0), [0x21, 0x66, 0xac]);
        assert_eq!(colour(1.0, 1.0), [0xf7, 0xf7, 0xf7]);
    }

    #[test]
    fn other_tables_and_numbers_are_refused() {
        let wrong = correlations([Some(1.0), Some(1.5), Some(0.0), None]);
        let error = correlation_matrix(&wrong).unwrap_err().to_string();
        assert_eq!(error, "`correlations.r`: got 1.5, expected numbers from -1 to 1");
        let empty = correlation_matrix(&CORRELATIONS.empty()).unwrap_err();
        assert!(matches!(empty, LmcError::InvalidParameter { field: "correlations", .. }), "{empty}");
        let other = correlation_matrix(&crate::analyses::profiles::GROUPS.empty()).unwrap_err();
        assert!(matches!(other, LmcError::Column { table: "correlations", .. }), "{other}");
    }

    #[test]
    fn its_picture_stays() {
        let figure =
            correlation_matrix(&correlations([Some(1.0), Some(-0.256), Some(-0.001), None])).unwrap();
        insta::assert_snapshot!("correlation_matrix", svg(&figure));
    }
}
