//! The basins of the models in a page.

use serde::Serialize;

use crate::analyses::confidence::{Confidence, Interval};
use crate::basin::{Basins, Note};

/// The basins; intervals and stabilities are there if draws of the examples divide the models.
#[derive(Serialize)]
pub(super) struct Division {
    divided: bool,
    /// The basin of each model from 0 on; nothing for a model in no basin.
    cluster: Vec<Option<usize>>,
    /// The membership score of each model; nothing for a model in no basin, as are its ends.
    membership: Vec<Option<f32>>,
    low: Option<Vec<Option<f32>>>,
    high: Option<Vec<Option<f32>>>,
    stability: Option<Vec<f32>>,
    notes: Vec<String>,
}

impl Division {
    pub fn new(basins: &Basins, confidence: Option<&Confidence>) -> Self {
        let members = |values: Vec<f64>| {
            let of = |(model, value): (usize, f64)| basins.basin_of(model).map(|_| value as f32);
            values.into_iter().enumerate().map(of).collect::<Vec<Option<f32>>>()
        };
        let drawn = confidence.filter(|confidence| !confidence.draws.is_empty());
        let end =
            |of: fn(&Interval) -> f64| drawn.map(|found| members(found.membership.iter().map(of).collect()));
        let stability = |found: &Confidence| found.stability.iter().map(|&value| value as f32).collect();
        let notes = confidence.map_or(&basins.notes, |found| &found.notes);
        Self {
            divided: basins.is_divided(),
            cluster: (0..basins.cluster.len()).map(|model| basins.basin_of(model)).collect(),
            membership: members(basins.membership.clone()),
            low: end(|interval| interval.low),
            high: end(|interval| interval.high),
            stability: drawn.map(stability),
            notes: notes.iter().map(Note::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use serde_json::Value;

    use super::*;
    use crate::basin::{BasinCount, ClusterOptions, cluster};
    use crate::gap::{GapMatrix, Measure};

    #[test]
    fn models_in_no_basin_have_neither_number_nor_membership() {
        // The embedded study, of whose models three are in no basin.
        let golden = include_str!("../../../../tests/golden/mini-gaps.json");
        let golden: Value = serde_json::from_str(golden).unwrap();
        let values = Array2::from_shape_fn((16, 16), |(a, b)| golden["gaps"][a][b].as_f64().unwrap());
        let models = (0..16).map(|model| format!("m{model}")).collect();
        let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
        let options = ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() };
        let basins = cluster(&gaps, &options).unwrap();
        assert_eq!(basins.outliers().len(), 3);
        let found = serde_json::to_value(Division::new(&basins, None)).unwrap();
        for model in 0..16 {
            let number = basins.basin_of(model);
            assert_eq!(found["cluster"][model].as_u64(), number.map(|number| number as u64));
            let membership = found["membership"][model].as_f64();
            assert_eq!(membership.is_some(), number.is_some());
            assert_eq!(membership.is_some_and(|score| score < 0.0), number == Some(0));
        }
        assert!(found["low"].is_null());
        assert!(found["notes"][0].as_str().unwrap().contains("3 in none: "), "{}", found["notes"]);
    }
}
