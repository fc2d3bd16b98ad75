use super::*;
use crate::Example;

fn reading(groups: &[&str]) -> Reading {
    let example = |label| Example { first: "a".into(), second: Some("b".into()), label };
    let examples = (0..groups.len()).map(|index| example((index % 2) as i64)).collect();
    let kinds = (0..groups.len()).map(|index| format!("kind{index}")).collect();
    let dataset =
        Dataset::new("evaluation", &["entailment", "non-entailment"], examples, Some(kinds)).unwrap();
    let groups = Some(groups.iter().map(|group| group.to_string()).collect());
    let n_rows = dataset.len();
    Reading { dataset, groups, n_skipped: 0, n_rows, notes: Vec::new() }
}

#[test]
fn subsets_are_the_examples_of_one_heuristic_and_label() {
    let reading = reading(&["lexical_overlap", "lexical_overlap", "constituent", "lexical_overlap"]);
    let of = |name: &str| {
        let set = name.parse::<Subset>().unwrap().of(&reading).unwrap();
        set.check().unwrap();
        assert_eq!(set.name, name);
        (set.examples.iter().map(|e| e.label).collect::<Vec<_>>(), set.kinds.unwrap())
    };
    assert_eq!(of("hans-lo"), (vec![1, 1], vec!["kind1".to_owned(), "kind3".to_owned()]));
    assert_eq!(of("hans-lo-entailed"), (vec![0], vec!["kind0".to_owned()]));
    assert_eq!(of("hans-constituent-entailed"), (vec![0], vec!["kind2".to_owned()]));
    assert_eq!(of("hans-subsequence"), (vec![], vec![]));
    let sizes = Subset::ALL.map(|subset| subset.of(&reading).unwrap().len());
    assert_eq!(sizes.iter().sum::<usize>(), 4);
}

#[test]
fn the_order_of_the_labels_is_of_no_account() {
    let mut turned = reading(&["subsequence", "subsequence"]);
    turned.dataset.labels.reverse();
    let subset = Subset { heuristic: Heuristic::Subsequence, entailing: true };
    assert_eq!(subset.of(&turned).unwrap().examples[0].label, 1);
}

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
fn what_is_no_reading_of_hans_is_refused() {
    let subset = Subset::ALL[0];
    let error = subset.of(&reading(&["negation"])).unwrap_err().to_string();
    assert_eq!(error, "unknown heuristic `negation`; known: lexical_overlap, subsequence, constituent");
    let none = Reading { groups: None, ..reading(&["subsequence"]) };
    assert!(matches!(subset.of(&none), Err(LmcError::InvalidParameter { field: "reading.groups", .. })));
    let mut other = reading(&["subsequence"]);
    other.dataset.labels = vec!["no".into(), "yes".into()];
    assert!(matches!(subset.of(&other), Err(LmcError::UnknownName { kind: "label", .. })));
}
