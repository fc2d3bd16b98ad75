use super::*;
use crate::manifest::Manifest;

#[test]
fn names_are_read_back() {
    for subset in Subset::ALL {
        assert_eq!(subset.to_string().parse::<Subset>().unwrap(), subset);
    }
    for heuristic in Heuristic::ALL {
        assert_eq!(heuristic.to_string().parse::<Heuristic>().unwrap(), heuristic);
    }
    let error = "hans".parse::<Subset>().unwrap_err().to_string();
    assert!(error.starts_with("unknown subset `hans`; known: hans-lo, hans-lo-entailed, "), "{error}");
}

#[test]
fn the_subsets_are_those_of_the_manifest() {
    let manifest = Manifest::builtin("hans").unwrap();
    assert_eq!(manifest.subsets.len(), Subset::ALL.len());
    for (described, subset) in manifest.subsets.iter().zip(Subset::ALL) {
        assert_eq!((&*described.name, &*described.split), (subset.name(), "evaluation"));
        assert_eq!(described.group.as_deref(), Some(subset.heuristic.name()));
        assert_eq!(described.label.as_deref() == Some("entailment"), subset.entailing);
    }
}
