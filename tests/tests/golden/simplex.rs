//! Heights above lower convex envelopes against scipy's linear programming, ensembles of logits against
//! numpy: `golden/generate_simplex.py`.

use lmc::eval::Logits;
use lmc::gap::{heights_above_envelope, simplex_gap};
use lmc_tests::reference::golden;
use serde_json::Value;

fn values() -> Value {
    serde_json::from_str(&std::fs::read_to_string(golden("simplex.json")).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

#[test]
fn heights_above_the_envelope_are_scipys() {
    let values = values();
    let surfaces = values["surfaces"].as_array().unwrap();
    assert_eq!(surfaces.len(), 24);
    for (i, surface) in surfaces.iter().enumerate() {
        let points: Vec<Vec<f64>> = surface["points"].as_array().unwrap().iter().map(floats).collect();
        let points: Vec<&[f64]> = points.iter().map(Vec::as_slice).collect();
        let (losses, expected) = (floats(&surface["losses"]), floats(&surface["heights"]));
        let heights = heights_above_envelope(&points, &losses).unwrap();
        for (point, (got, expected)) in heights.iter().zip(&expected).enumerate() {
            let what = format!("surface {i} ({}), point {point}", surface["kind"]);
            assert!((got - expected).abs() < 1e-8, "{what}: {got}, expected {expected}");
        }
        let largest = expected.iter().copied().fold(0.0, f64::max);
        assert!((simplex_gap(&points, &losses).unwrap() - largest).abs() < 1e-8);
        assert!(surface["kind"] != "noise" || largest > 0.1, "surface {i} tells nothing");
        assert!(surface["kind"] != "bowl" || largest < 1e-8);
    }
}

#[test]
fn ensembles_of_logits_are_numpys() {
    for ensemble in values()["ensembles"].as_array().unwrap() {
        let logits = |model: &Value| {
            let rows: Vec<Vec<f64>> = model.as_array().unwrap().iter().map(floats).collect();
            Logits::new(rows[0].len(), rows.concat().iter().map(|&x| x as f32).collect()).unwrap()
        };
        let models: Vec<Logits> = ensemble["logits"].as_array().unwrap().iter().map(logits).collect();
        let mean = Logits::mean(&models.iter().collect::<Vec<_>>()).unwrap();
        let outcome = mean.outcome(&integers(&ensemble["labels"])).unwrap();
        assert_eq!(outcome.predictions, integers(&ensemble["predictions"]));
        for (got, name) in [(&outcome.losses, "losses"), (&outcome.confidences, "confidences")] {
            for (got, expected) in got.iter().zip(floats(&ensemble[name])) {
                assert!((f64::from(*got) - expected).abs() < 1e-6, "{name}: {got}, expected {expected}");
            }
        }
    }
}
