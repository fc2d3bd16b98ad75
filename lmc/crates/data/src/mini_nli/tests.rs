use super::*;
use crate::grammar::{Clause, MAX_TOKENS, Sentence};
use std::collections::{BTreeMap, BTreeSet};

fn counts(dataset: &Dataset, prefix: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for kind in dataset.kinds.iter().flatten().filter(|kind| kind.starts_with(prefix)) {
        *counts.entry(kind.clone()).or_insert(0) += 1;
    }
    counts
}

fn share(dataset: &Dataset, is: impl Fn(&Example) -> bool) -> f64 {
    dataset.examples.iter().filter(|example| is(example)).count() as f64 / dataset.len() as f64
}

#[test]
fn shares_of_the_training_distribution() {
    let data = MiniNli::new(1);
    for (dataset, n, n_lo) in [(data.train().unwrap(), 16_000, 320), (data.in_domain().unwrap(), 512, 10)] {
        assert_eq!(dataset.len(), n);
        assert_eq!(share(&dataset, |example| example.label == ENTAILMENT), 0.5);
        let lexical = counts(&dataset, "lo_");
        assert_eq!((lexical.len(), lexical.values().sum()), (4, n_lo));
        let (least, most) = (lexical.values().min(), lexical.values().max());
        assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{lexical:?}");
        assert_eq!(counts(&dataset, "entailed_").values().sum::<usize>(), n / 2);
        assert_eq!(counts(&dataset, "entailed_").len(), 12);
        assert_eq!(counts(&dataset, "replaced_").values().sum::<usize>(), n / 2 - n_lo);
        assert!(counts(&dataset, "sub_").is_empty() && counts(&dataset, "con_").is_empty());
    }
}

#[test]
fn the_hypothesis_alone_tells_little() {
    let train = MiniNli::new(2).train().unwrap();
    let passive = |label: i64| {
        let of_label = train.examples.iter().filter(|example| example.label == label);
        let is_passive =
            of_label.map(|example| example.second.as_ref().is_some_and(|h| h.contains(" were ")));
        is_passive.map(|is| f64::from(u8::from(is))).sum::<f64>() / 8_000.0
    };
    assert!((passive(ENTAILMENT) - passive(NON_ENTAILMENT)).abs() < 0.05);
    for noun in ["doctors", "judges", "athletes"] {
        let starts = |e: &Example| e.second.as_ref().is_some_and(|h| h.starts_with(&format!("{noun} ")));
        let with = share(&train, starts);
        let entailed = share(&train, |e| starts(e) && e.label == ENTAILMENT) / with;
        assert!((entailed - 0.5).abs() < 0.08, "{noun}: {entailed}");
    }
}

#[test]
fn every_label_is_what_the_two_texts_say_and_every_pair_fits() {
    let data = MiniNli { n_train: 2_000, ..MiniNli::new(3) };
    let mut sets = data.evaluation_sets().unwrap();
    sets.push(data.train().unwrap());
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(names, ["id", "id-large", "lo", "sub", "con", "entailed", "train"]);
    for example in sets.iter().flat_map(|set| &set.examples) {
        let premise: Sentence = example.first.parse().unwrap();
        let hypothesis = example.second.as_ref().unwrap();
        let follows = premise.entails(&hypothesis.parse::<Clause>().unwrap());
        assert_eq!(follows, example.label == ENTAILMENT, "{example:?}");
        let n_tokens = premise.words().len() + hypothesis.split(' ').count() + 3;
        assert!(n_tokens <= MAX_TOKENS, "{example:?}");
    }
}

#[test]
fn diagnostic_sets_are_balanced_and_of_one_label() {
    let data = MiniNli::new(4);
    for (set, n_kinds, label) in [
        (data.lexical_overlap().unwrap(), 5, NON_ENTAILMENT),
        (data.subsequence().unwrap(), 2, NON_ENTAILMENT),
        (data.constituent().unwrap(), 3, NON_ENTAILMENT),
        (data.entailed().unwrap(), 12, ENTAILMENT),
    ] {
        assert_eq!(set.len(), 512);
        assert_eq!(share(&set, |example| example.label == label), 1.0);
        let kinds = counts(&set, "");
        assert_eq!(kinds.len(), n_kinds);
        assert!(kinds.values().all(|&n| n == 512 / n_kinds || n == 512 / n_kinds + 1), "{kinds:?}");
    }
    let only = data.diagnostic("lo_swap_to_passive", &[Kind::SwapToPassive]).unwrap();
    assert_eq!(counts(&only, "lo_swap_to_passive").values().sum::<usize>(), 512);
}

#[test]
fn the_large_set_has_the_examples_of_the_small_one() {
    let data = MiniNli::new(10);
    let (small, large) = (data.in_domain().unwrap(), data.large_in_domain().unwrap());
    assert_eq!((small.len(), large.len()), (512, 4_096));
    assert!(small.examples.iter().all(|example| large.examples.contains(example)));
    let n_counterexamples = counts(&large, "lo_").values().sum::<usize>();
    assert_eq!(n_counterexamples as f64, (4_096.0 * COUNTEREXAMPLE_SHARE).round());
}

/// Premises of three words are few: some pairs of a fresh draw are in the training set by chance.
#[test]
fn training_and_validation_share_no_more_than_chance() {
    let data = MiniNli::new(5);
    let train: BTreeSet<_> =
        data.train().unwrap().examples.into_iter().map(|e| (e.first, e.second)).collect();
    let seen = |set: Dataset| {
        set.examples.into_iter().filter(|e| train.contains(&(e.first.clone(), e.second.clone()))).count()
    };
    let id = seen(data.in_domain().unwrap());
    let other_seed = seen(MiniNli::new(6).in_domain().unwrap());
    assert!(id <= 12 && other_seed <= 12, "{id} {other_seed} of 512");
    assert!(seen(data.lexical_overlap().unwrap()) <= 6);
}

#[test]
fn the_seed_decides_the_text() {
    let data = MiniNli { n_train: 300, ..MiniNli::new(7) };
    assert_eq!(data.train().unwrap(), data.train().unwrap());
    assert_ne!(data.train().unwrap(), MiniNli { n_train: 300, ..MiniNli::new(8) }.train().unwrap());
    let again = MiniNli { evaluation_draw: 1, ..data.clone() };
    assert_eq!(data.train().unwrap(), again.train().unwrap());
    for (set, fresh) in data.evaluation_sets().unwrap().iter().zip(again.evaluation_sets().unwrap()) {
        assert_ne!(set.examples, fresh.examples, "{}", set.name);
    }
}

#[test]
fn without_counterexamples_the_entailed_examples_stay_the_same() {
    let with = MiniNli { n_train: 1_000, ..MiniNli::new(9) };
    let without = MiniNli { counterexample_share: 0.0, counterexample_kinds: vec![], ..with.clone() };
    let entailed = |data: &MiniNli| {
        let examples = data.train().unwrap().examples.into_iter();
        let entailed = examples.filter(|example| example.label == ENTAILMENT);
        entailed.map(|example| (example.first, example.second)).collect::<BTreeSet<_>>()
    };
    assert_eq!(entailed(&with), entailed(&without));
    assert!(counts(&without.train().unwrap(), "lo_").is_empty());
}

#[test]
fn premises_that_assert_nothing_can_be_left_out() {
    let data = MiniNli {
        counterexample_share: 0.0,
        non_veridical_premises: false,
        n_train: 500,
        ..MiniNli::new(10)
    };
    let train = data.train().unwrap();
    assert!(train.examples.iter().all(|e| e.first.parse::<Sentence>().unwrap().is_veridical()));
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    for share in [-0.1, 0.6, f64::NAN] {
        let error = MiniNli { counterexample_share: share, ..MiniNli::new(1) }.train().unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "counterexample_share", .. }), "{error}");
    }
    let error = MiniNli { counterexample_kinds: vec![], ..MiniNli::new(1) }.in_domain().unwrap_err();
    let expected =
        "`counterexample_kinds`: got no kind, expected at least one kind, or counterexample_share = 0";
    assert_eq!(error.to_string(), expected);
    let error = MiniNli::new(1).diagnostic("none", &[]).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "kinds", .. }), "{error}");
}
