//! The outputs of classifiers and the labels of sets.

use crate::case::{Case, Place};
use crate::corpus::hans;
use crate::model::Model;

/// The cases of this area.
pub const CASES: &[Case] = &[Case {
    row: "control",
    what: "a sound classifier on HANS",
    test: |place: &Place| {
        hans(place, 30_000);
        Model::bert().save(place, "base");
        let printed = place.lmc("evaluate base --corpus hans --split hans-lo --data data").handled();
        assert!(printed.contains("base"), "{printed}");
    },
}];
