//! The figure of what neuron alignment does to the gaps between models (Juneja et al. 2023, footnote 7;
//! Ainsworth et al. 2022).

use lmc_figure::parts::{Axis, Chart, Mark, Panels};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::alignment::{ALIGNMENT, AlignmentColumns};
use crate::figures::Figure;
use crate::figures::rows::{pick, rows_where};
use crate::{LmcError, Result};

/// Height and width of the panel, CSS pixels: near a square, since both axes have one scale.
const PANEL: [usize; 2] = [534, 444];

/// Returns a figure of the convexity gap of each pair after neuron alignment against the one before, with the
/// diagonal.
///
/// `alignment` is an [`ALIGNMENT`] table of one evaluated set. Pairs whose best permutation is the identity
/// lie on the diagonal; of the others a point below it is a gap that alignment makes smaller. If lines were
/// repaired, each pair has a second point, for the gap after alignment and REPAIR.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::InvalidParameter`] for one without pairs
/// or of several sets.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let aligned = models.sweep_aligned(&models.sweep("id", Grid::TENTHS)?)?;
/// figure::alignment_scatter(&aligned.table()?)?.save("alignment.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn alignment_scatter(alignment: &DataFrame) -> Result<Figure> {
    ALIGNMENT.check(alignment)?;
    let (a, b, datasets) = (
        AlignmentColumns::a(alignment)?,
        AlignmentColumns::b(alignment)?,
        AlignmentColumns::dataset(alignment)?,
    );
    let (before, after) =
        (AlignmentColumns::convexity_gap(alignment)?, AlignmentColumns::convexity_gap_aligned(alignment)?);
    let repaired = AlignmentColumns::convexity_gap_repaired(alignment)?;
    let repaired: Option<Vec<f64>> = repaired.into_iter().collect();
    let repaired = repaired.filter(|gaps| !gaps.is_empty());
    let mut moved = vec![0; a.len()];
    for units in [
        AlignmentColumns::moved_neurons(alignment)?,
        AlignmentColumns::moved_heads(alignment)?,
        AlignmentColumns::moved_head_units(alignment)?,
        AlignmentColumns::moved_pooler_units(alignment)?,
        AlignmentColumns::moved_stream_units(alignment)?,
    ] {
        moved.iter_mut().zip(units).for_each(|(sum, units)| *sum += units);
    }
    let Some(dataset) = datasets.first() else {
        return Err(LmcError::invalid("alignment", "no pair", "at least one pair of models"));
    };
    if let Some(other) = datasets.iter().find(|other| *other != dataset) {
        let got = format!("pairs on {dataset} and on {other}");
        return Err(LmcError::invalid("alignment", got, "pairs on one set"));
    }
    let gaps = before.iter().chain(&after).chain(repaired.iter().flatten());
    let top = gaps.copied().fold(0.0, f64::max);
    let top = if top > 0.0 { 1.06 * top } else { 1.0 };
    let margin = [theme::LEFT, theme::RIGHT, theme::TOP, theme::BOTTOM];
    let panel = Panels::new(1, 1, PANEL[1], [0, 0], margin).at_most(PANEL[0]);
    let title = format!("Convexity gap on {dataset} before and after neuron alignment");
    let mut chart = Chart::of(&title, panel);
    let axis = |when: &str| Axis::of(&format!("convexity gap {when}"), "nats").range(0.0, top);
    chart.axes(axis("before alignment"), axis("after alignment"));
    let diagonal = Mark::line([0.0, top], [0.0, top]).dashed().wide(1.2);
    chart.add(diagonal.coloured(theme::INK).named("no change"));
    for (index, moves) in [false, true].into_iter().enumerate() {
        let pairs = rows_where(a.len(), |pair| (moved[pair] > 0) == moves);
        if pairs.is_empty() {
            continue;
        }
        let name = if moves { "units move" } else { "identity is best" };
        let told = pairs.iter().map(|&pair| {
            let units = theme::counted(usize::try_from(moved[pair]).unwrap_or(0), "unit");
            format!("{} and {}, {units} moved", a[pair], b[pair])
        });
        chart.add(
            Mark::dots(pick(&before, &pairs), pick(&after, &pairs))
                .faded(0.75)
                .coloured(theme::colour(index))
                .named(&format!("{name}, {}", theme::counted(pairs.len(), "pair")))
                .texts(told)
                .telling("%{text}<br>before %{x:.4g}<br>after %{y:.4g}"),
        );
    }
    if let Some(repaired) = &repaired {
        let told = a.iter().zip(&b).map(|(a, b)| format!("{a} and {b}"));
        chart.add(
            Mark::dots(before.clone(), repaired.clone())
                .faded(0.75)
                .coloured(theme::colour(2))
                .named(&format!("with REPAIR, {}", theme::counted(a.len(), "pair")))
                .texts(told)
                .telling("%{text}<br>before %{x:.4g}<br>after both %{y:.4g}"),
        );
    }
    let [smaller, larger] = changed(&before, &after);
    let remark = match &repaired {
        None => format!("after alignment {smaller} of {} gaps are smaller, {larger} larger", before.len()),
        Some(repaired) => {
            let [with, _] = changed(&before, repaired);
            format!("of {} gaps {smaller} are smaller after alignment, {with} with REPAIR", before.len())
        }
    };
    chart.remark(&remark);
    chart.figure()
}

/// Returns how many gaps are smaller and how many are larger than before.
fn changed(before: &[f64], after: &[f64]) -> [usize; 2] {
    let count = |changed: fn(&f64, &f64) -> bool| {
        before.iter().zip(after).filter(|(before, after)| changed(after, before)).count()
    };
    [count(|after, before| after < before), count(|after, before| after > before)]
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    /// One pair that moves and gains, one that stays.
    fn alignment() -> DataFrame {
        let (zeros, ones) = (vec![0_i64; 2], vec![1.0; 2]);
        df!("a" => ["s1", "s1"], "b" => ["s2", "s3"], "dataset" => ["id", "id"],
            "moved_neurons" => [2_i64, 0], "n_neurons" => [8_i64, 8], "moved_heads" => zeros.clone(),
            "n_heads" => [2_i64, 2], "moved_head_units" => [3_i64, 0], "n_head_units" => [16_i64, 16],
            "moved_pooler_units" => zeros.clone(), "n_pooler_units" => [4_i64, 4], "similarity_identity" => ones.clone(),
            "similarity_matched" => ones.clone(), "distance" => ones.clone(), "distance_aligned" => ones.clone(),
            "barrier_height" => ones.clone(), "barrier_height_aligned" => ones,
            "convexity_gap" => [0.5, 0.25], "convexity_gap_aligned" => [0.125, 0.25], "by" => ["weights"; 2],
            "moved_stream_units" => zeros.clone(), "n_stream_units" => zeros,
            "barrier_height_repaired" => [None::<f64>; 2], "convexity_gap_repaired" => [None::<f64>; 2])
        .unwrap()
    }

    /// The same two pairs with their lines repaired.
    fn repaired() -> DataFrame {
        let mut alignment = alignment();
        for (name, values) in
            [("barrier_height_repaired", [0.5, 0.5]), ("convexity_gap_repaired", [0.0625, 0.375])]
        {
            alignment.with_column(polars::prelude::Column::new(name.into(), values)).unwrap();
        }
        alignment
    }

    #[test]
    fn repaired_lines_are_points_of_their_own() {
        let described = description(&alignment_scatter(&repaired()).unwrap());
        let trace = &described["data"][3];
        assert_eq!((&trace["x"], &trace["y"]), (&json!([0.5, 0.25]), &json!([0.0625, 0.375])));
        assert_eq!(trace["name"], "with REPAIR, 2 pairs");
        assert_eq!(
            described["layout"]["annotations"][0]["text"],
            "of 2 gaps 1 are smaller after alignment, 1 with REPAIR"
        );
    }

    #[test]
    fn pairs_that_move_and_those_that_stay_are_told_apart() {
        let figure = alignment_scatter(&alignment()).unwrap();
        let described = description(&figure);
        let traces = &described["data"];
        assert_eq!((&traces[0]["x"], &traces[0]["y"]), (&json!([0.0, 0.53]), &json!([0.0, 0.53])));
        assert_eq!((&traces[2]["x"], &traces[2]["y"]), (&json!([0.5]), &json!([0.125])));
        assert_eq!(traces[2]["text"], json!(["s1 and s2, 5 units moved"]));
        assert_eq!(traces[1]["name"], "identity is best, 1 pair");
        assert_eq!(
            described["layout"]["annotations"][0]["text"],
            "after alignment 1 of 2 gaps are smaller, 0 larger"
        );
        assert!(figure.to_svg().unwrap().contains("no change"));
    }

    #[test]
    fn another_table_is_refused() {
        let gone = alignment().drop("n_heads").unwrap();
        assert!(matches!(alignment_scatter(&gone), Err(LmcError::Column { column: "n_heads", .. })));
        let error = alignment_scatter(&ALIGNMENT.empty()).unwrap_err().to_string();
        assert!(error.contains("no pair"), "{error}");
        let mut mixed = alignment();
        mixed.with_column(polars::prelude::Column::new("dataset".into(), ["id", "lo"])).unwrap();
        let error = alignment_scatter(&mixed).unwrap_err().to_string();
        assert!(error.contains("pairs on id and on lo"), "{error}");
    }

    #[test]
    fn its_picture_stays() {
        insta::assert_snapshot!("alignment_scatter", svg(&alignment_scatter(&alignment()).unwrap()));
    }
}
