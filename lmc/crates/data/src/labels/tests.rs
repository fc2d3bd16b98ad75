use super::*;

const GLUE: [&str; 3] = ["entailment", "neutral", "contradiction"];
const FEATHER: [&str; 3] = ["contradiction", "entailment", "neutral"];
const HANS: [&str; 2] = ["entailment", "non-entailment"];

fn map(model: &[&str], set: &[&str], merge: Merge) -> Result<LabelMap> {
    let owned = |labels: &[&str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>();
    LabelMap::new(&owned(model), &owned(set), merge)
}

#[test]
fn the_same_labels_are_the_same_in_any_order_and_spelling() {
    let same = map(&GLUE, &GLUE, Merge::Max).unwrap();
    assert!(same.is_identity());
    assert_eq!(same.apply(&[1.0, 2.0, 3.0]).unwrap(), [1.0, 2.0, 3.0]);
    let order = map(&FEATHER, &GLUE, Merge::Max).unwrap();
    assert!(!order.is_identity());
    assert_eq!(order.classes(), [[1], [2], [0]]);
    assert_eq!(order.apply(&[0.1, 0.2, 0.3]).unwrap(), [0.2, 0.3, 0.1]);
    for spelling in
        ["not_entailment", "non_entailment", "Non-Entailment", "NOT_ENTAILMENT", " not entailment"]
    {
        assert!(map(&["ENTAILMENT", spelling], &HANS, Merge::Sum).unwrap().is_identity(), "{spelling}");
    }
    let questions = map(&["not_paraphrase", "paraphrase"], &["not_duplicate", "duplicate"], Merge::Max);
    assert!(questions.unwrap().is_identity());
    for (model, set) in [
        (["not-duplicate", "is_duplicate"], ["not_duplicate", "duplicate"]),
        (["Not Paraphrase", "PARAPHRASE"], ["not_duplicate", "duplicate"]),
        (["Unacceptable", "acceptable"], ["unacceptable", "acceptable"]),
        (["not acceptable", "acceptable"], ["unacceptable", "acceptable"]),
    ] {
        assert!(map(&model, &set, Merge::Max).unwrap().is_identity(), "{model:?}");
    }
}

#[test]
fn three_classes_become_two_labels() {
    for (model, logits) in [(GLUE, [2.0, 1.5, 1.0]), (FEATHER, [1.0, 2.0, 1.5])] {
        assert_eq!(map(&model, &HANS, Merge::Max).unwrap().apply(&logits).unwrap(), [2.0, 1.5]);
        assert_eq!(map(&model, &HANS, Merge::Sum).unwrap().apply(&logits).unwrap(), [2.0, 2.5]);
    }
    let turned = map(&FEATHER, &["not_entailment", "entailment"], Merge::Max).unwrap();
    assert_eq!(turned.apply(&[1.0, 2.0, 1.5]).unwrap(), [1.5, 2.0]);
    assert_eq!(map(&FEATHER, &HANS, Merge::Max).unwrap().to_string(), "max-1_2+0");
    assert_eq!(map(&GLUE, &HANS, Merge::Sum).unwrap().to_string(), "sum-0_1+2");
}

const REMEDY: &str = "; name every output in its order, by --labels, as entailment, non-entailment (for which neutral \
                      and contradiction may stand)";

#[test]
fn names_that_say_nothing_are_refused() {
    for model in
        [["LABEL_0", "LABEL_1", "LABEL_2"], ["label0", "label1", "label2"], ["0", "1", "2"], ["", "a", "b"]]
    {
        let error = map(&model, &HANS, Merge::Max).unwrap_err().to_string();
        let names = model.join(", ");
        let expected =
            format!("the 3 outputs of the classifier have names that say nothing ({names}){REMEDY}");
        assert_eq!(error, expected);
    }
    let error = map(&GLUE, &["LABEL_0", "LABEL_1"], Merge::Max).unwrap_err().to_string();
    assert!(error.starts_with("the 2 labels of the set have names that say nothing"), "{error}");
    assert!(!error.contains("--labels"), "{error}");
}

#[test]
fn labels_that_do_not_fit_are_refused() {
    let problem = |model: &[&str], set: &[&str]| map(model, set, Merge::Max).unwrap_err().to_string();
    let known = "known: entailment, non-entailment (for which neutral and contradiction may stand)";
    for (model, unknown) in [
        (&["entailment", "duplicate"][..], "duplicate"),
        (&["entailment", "neutral", "other"], "other"),
        (&["entailment", "not_entailment", "neutral"], "neutral"),
    ] {
        let expected = format!("the set has no label `{unknown}`; {known}{REMEDY}");
        assert_eq!(problem(model, &HANS), expected);
    }
    assert_eq!(
        problem(&["entailment"], &HANS),
        "no output of `entailment` stands for the label `non-entailment`; a classifier with 1 output is for another task \
         than a set with 2 labels; give one for entailment, non-entailment (for which neutral and contradiction may stand)"
    );
    let two = problem(&["entailment", "neutral"], &GLUE);
    assert!(
        two.starts_with("no output of `entailment`, `neutral` stands for the label `contradiction`; "),
        "{two}"
    );
    assert!(two.ends_with("2 outputs is for another task than a set with 3 labels; give one for entailment, neutral, contradiction"), "{two}");
    assert!(problem(&HANS, &GLUE).starts_with("the set has no label `non-entailment`"));
    let same = problem(&["entailment", "not_entailment", "non-entailment"], &HANS);
    assert!(
        same.starts_with("`not_entailment` and `non-entailment` mean the same among the outputs"),
        "{same}"
    );
    let twice = problem(&["entailment", "neutral", " entailment"], &HANS);
    assert!(twice.starts_with("`entailment` is there twice among the outputs"), "{twice}");
    assert!(problem(&GLUE, &[]).starts_with("the labels of the set have no names"));
    assert!(problem(&[], &GLUE).starts_with("the outputs of the classifier have no names"));
}

#[test]
fn outputs_are_counted_before_their_names_are_read() {
    let owned = |labels: &[&str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>();
    let of =
        |n, model: &[&str], set: &[&str]| LabelMap::of_outputs(n, &owned(model), &owned(set), Merge::Max);
    let problem = |n, model: &[&str], set: &[&str]| of(n, model, set).unwrap_err().to_string();
    assert_eq!(of(3, &FEATHER, &HANS).unwrap(), map(&FEATHER, &HANS, Merge::Max).unwrap());
    // The names alone would be the labels of the set in their order.
    assert_eq!(problem(3, &HANS, &HANS), format!("3 outputs, 2 labels (entailment, non-entailment){REMEDY}"));
    let five = problem(5, &GLUE, &GLUE);
    assert!(five.starts_with("5 outputs, 3 labels (entailment, neutral, contradiction); "), "{five}");
    assert!(problem(2, &GLUE, &GLUE).starts_with("2 outputs, 3 labels"));
    assert!(problem(2, &["LABEL_0"], &HANS).starts_with("2 outputs, 1 label (LABEL_0)"));
    let one = problem(1, &["LABEL_0"], &HANS);
    assert!(
        one.starts_with("1 output, the set has 2 labels (entailment, non-entailment); give a classifier"),
        "{one}"
    );
    assert!(of(1, &["entailment"], &["entailment"]).is_err());
}

#[test]
fn another_number_of_logits_is_refused() {
    let error = map(&GLUE, &HANS, Merge::Max).unwrap().apply(&[1.0, 2.0]).unwrap_err();
    let LmcError::ShapeMismatch { got, expected, .. } = error else { panic!("{error}") };
    assert_eq!((got, expected), (vec![2], vec![3]));
}
