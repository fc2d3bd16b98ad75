//! The cost of averaging, layer by layer.

use polars::prelude::DataFrame;

use super::{LAYER_KINDS, LayerKindColumns};
use crate::Result;
use crate::figures::Figure;
use crate::figures::dots::{Dot, Words, kind_dots};
use crate::study::unknown;

/// Returns a figure of averages in some layers: a row for each part from the texts to the logits, with the
/// mean excess of the loss of the averages over that of their ends, within basins and across, and its
/// interval.
///
/// `kinds` is a [`LAYER_KINDS`] table and `dataset` a set in it. The dashed line is the mean of the two ends.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set that is not in it.
///
/// # Examples
/// ```no_run
/// use lmc::analyses::layers::LayerOptions;
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let basins = models.sweep("id", Grid::TENTHS)?.basins(&ClusterOptions::default())?;
/// let kinds = models.layers("id", &LayerOptions::default())?.kinds(&basins)?;
/// figure::layer_dots(&kinds, "id")?.save("layers.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn layer_dots(kinds: &DataFrame, dataset: &str) -> Result<Figure> {
    LAYER_KINDS.check(kinds)?;
    let sets = LayerKindColumns::dataset(kinds)?;
    let own: Vec<usize> = (0..sets.len()).filter(|&i| sets[i] == dataset).collect();
    if own.is_empty() {
        return Err(unknown("dataset in the averages", dataset, sets));
    }
    let (parts, names) = (LayerKindColumns::part(kinds)?, LayerKindColumns::kind(kinds)?);
    let (moving, counts) = (LayerKindColumns::moving(kinds)?, LayerKindColumns::n_averages(kinds)?);
    let excess = LayerKindColumns::excess(kinds)?;
    let (low, high) = (LayerKindColumns::excess_low(kinds)?, LayerKindColumns::excess_high(kinds)?);
    let row = |i: usize| match moving[i].as_str() {
        "alone" => parts[i].clone(),
        "up-to" => format!("up to {}", parts[i]),
        _ => format!("from {}", parts[i]),
    };
    let dots: Vec<Dot> = own
        .iter()
        .map(|&i| Dot {
            row: row(i),
            kind: &names[i],
            excess: excess[i],
            ends: [low[i], high[i]],
            told: format!("{}, {} averages", row(i), counts[i]),
        })
        .collect();
    let words = Words {
        title: "Loss of averages in some layers alone",
        zero: "dashed: the mean of the two ends",
        axis: format!("loss on {dataset} above that of the ends (nats)"),
    };
    kind_dots(&dots, &words)
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;
    use crate::LmcError;
    use crate::figures::fixture::description;
    use crate::figures::snapshot::svg;

    fn kinds(moving: &str) -> DataFrame {
        let n = 5;
        df!("moving" => vec![moving; n], "part" => ["embeddings", "embeddings", "layer 0", "layer 0", "head"],
            "n_parameters" => vec![10_i64; n], "kind" => ["within", "across", "within", "across", "across"],
            "n_averages" => [112_i64, 128, 112, 128, 128], "dataset" => ["id", "id", "id", "id", "lo"],
            "n_examples" => vec![512_i64; n], "distance" => vec![1.5; n], "excess" => [-0.01, 0.05, -0.02, 0.08, 0.5],
            "excess_low" => [-0.02, 0.03, -0.03, 0.06, 0.4], "excess_high" => [0.0, 0.07, -0.01, 0.1, 0.6])
        .unwrap()
    }

    #[test]
    fn parts_stand_in_rows_with_both_kinds() {
        let figure = layer_dots(&kinds("alone"), "id").unwrap();
        let json = description(&figure);
        assert_eq!(json["layout"]["yaxis"]["ticktext"], json!(["embeddings", "layer 0"]));
        assert_eq!(json["data"][2]["x"], json!([-0.01, -0.02]));
        assert_eq!(
            (&json["data"][4]["x"], &json["data"][4]["y"]),
            (&json!([0.05, 0.08]), &json!([0.17, 1.17]))
        );
        let up = description(&layer_dots(&kinds("up-to"), "id").unwrap());
        assert_eq!(up["layout"]["yaxis"]["ticktext"], json!(["up to embeddings", "up to layer 0"]));
        let from = description(&layer_dots(&kinds("from"), "lo").unwrap());
        assert_eq!(from["layout"]["yaxis"]["ticktext"], json!(["from head"]));
    }

    #[test]
    fn unknown_names_and_other_tables_are_refused() {
        assert!(matches!(layer_dots(&kinds("alone"), "sub"), Err(LmcError::UnknownName { .. })));
        assert!(matches!(layer_dots(&DataFrame::empty(), "id"), Err(LmcError::Column { .. })));
    }

    #[test]
    fn its_picture_stays() {
        insta::assert_snapshot!("layer_dots", svg(&layer_dots(&kinds("alone"), "id").unwrap()));
    }
}
