//! The outputs of classifiers and the labels of sets.

use serde_json::json;

use crate::case::{Case, Place, Ran};
use crate::corpus::{glue_cola, hans, hans_of, mnli};
use crate::model::Model;

const GLUE: [&str; 3] = ["entailment", "neutral", "contradiction"];

/// Evaluates on the few pairs of HANS that invite the lexical overlap.
pub fn on_hans(place: &Place, arguments: &str) -> Ran {
    if !place.path("data/heuristics_evaluation_set.txt").exists() {
        hans_of(place, 60);
    }
    place.lmc(&format!("evaluate {arguments} --corpus hans --split hans-lo --data data"))
}

/// Returns the numbers of a model's row: examples, loss, accuracy, F1, MCC and ECE.
pub fn numbers(printed: &str, model: &str) -> Vec<String> {
    let row = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|row| row.first() == Some(&model));
    row.unwrap_or_else(|| panic!("no row of {model} in\n{printed}"))[2..]
        .iter()
        .map(|cell| (*cell).to_owned())
        .collect()
}

/// Asserts that a model is refused before anything is computed, with its folder and these parts.
#[track_caller]
fn refused(place: &Place, ran: &Ran, folder: &str, parts: &[&str]) {
    ran.refused(&[&[&format!("lmc: {folder}: ")[..]], parts].concat());
    assert_eq!(place.n_stored(), 0);
}

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "control",
        what: "a sound classifier on HANS",
        test: |place| {
            hans(place, 30_000);
            Model::bert().save(place, "base");
            let printed = place.lmc("evaluate base --corpus hans --split hans-lo --data data").handled();
            assert!(printed.contains("base"), "{printed}");
        },
    },
    Case {
        row: "labels",
        what: "two labels for three outputs",
        test: |place| {
            Model::bert().save(place, "base");
            for labels in ["entailment,not_entailment", "not_entailment,entailment", "neutral,entailment"] {
                let ran = on_hans(place, &format!("base --labels {labels}"));
                refused(place, &ran, "base", &["3 outputs", "2 labels (", "--labels"]);
            }
            glue_cola(place);
            let ran = place
                .lmc("evaluate base --corpus cola --split id --labels unacceptable,acceptable --data data");
            refused(place, &ran, "base", &["3 outputs", "2 labels (unacceptable, acceptable)"]);
        },
    },
    Case {
        row: "labels",
        what: "heads of one, two and five outputs on three labels",
        test: |place| {
            mnli(place);
            let evaluate = |model: &str, labels: &str| {
                let arguments = "--corpus mnli --split validation_matched --data data";
                place.lmc(&format!("evaluate {model} {arguments} --labels {labels}"))
            };
            for (n, name) in [(1, "one"), (2, "two"), (5, "five")] {
                Model::bert().n_outputs(n).save(place, name);
            }
            let three = "entailment,neutral,contradiction";
            refused(
                place,
                &evaluate("five", three),
                "five",
                &["5 outputs", "3 labels (entailment, neutral, contradiction)"],
            );
            refused(place, &evaluate("two", three), "two", &["2 outputs", "3 labels"]);
            let two = evaluate("two", "entailment,neutral");
            refused(place, &two, "two", &["no output", "stands for the label `contradiction`"]);
            let five = evaluate("five", "entailment,neutral,contradiction,a,b");
            refused(
                place,
                &five,
                "five",
                &["the set has no label `a`; known: entailment, neutral, contradiction"],
            );
            refused(place, &evaluate("one", three), "one", &["1 output"]);
        },
    },
    Case {
        row: "labels",
        what: "a head of one output on two labels, with labels and without",
        test: |place| {
            Model::bert().n_outputs(1).save(place, "one");
            Model::bert().n_outputs(1).outputs(&["LABEL_0"]).save(place, "regression");
            for arguments in
                ["one --labels entailment,non-entailment", "one --labels entailment", "one", "regression"]
            {
                let folder = arguments.split(' ').next().unwrap();
                let ran = on_hans(place, arguments);
                ran.refused(&[folder]);
                assert_eq!(place.n_stored(), 0);
            }
            let ran = on_hans(place, "regression");
            refused(place, &ran, "regression", &["1 output", "regression"]);
        },
    },
    Case {
        row: "labels",
        what: "config and head that count differently",
        test: |place| {
            Model::bert().n_outputs(4).outputs(&GLUE).save(place, "four");
            let ran = on_hans(place, "four");
            refused(
                place,
                &ran,
                "four",
                &["4 outputs, 3 labels in `id2label` (entailment, neutral, contradiction)", "--labels"],
            );
            Model::bert().outputs(&["entailment", "not_entailment"]).save(place, "two-of-three");
            let ran = on_hans(place, "two-of-three");
            refused(
                place,
                &ran,
                "two-of-three",
                &["3 outputs, 2 labels in `id2label` (entailment, not_entailment)"],
            );
        },
    },
    Case {
        row: "labels",
        what: "outputs that nobody has named",
        test: |place| {
            Model::bert().outputs(&["LABEL_0", "LABEL_1", "LABEL_2"]).save(place, "anonymous");
            Model::bert().config(json!({ "id2label": null, "label2id": null })).save(place, "unnamed");
            Model::bert().outputs(&["0", "1", "2"]).save(place, "numbers");
            Model::bert().save(place, "base");
            for (model, name) in [("anonymous", "LABEL_0"), ("unnamed", "LABEL_2"), ("numbers", "0, 1, 2")] {
                let ran = on_hans(place, model);
                refused(
                    place,
                    &ran,
                    model,
                    &["the 3 outputs", name, "--labels", "neutral and contradiction"],
                );
            }
            // One of several is at fault: it is named.
            let ran = on_hans(place, "base anonymous");
            refused(place, &ran, "anonymous", &["--labels"]);
            let expected = numbers(&on_hans(place, "base").handled(), "base");
            let printed =
                on_hans(place, "anonymous unnamed numbers --labels contradiction,entailment,neutral")
                    .handled();
            for model in ["anonymous", "unnamed", "numbers"] {
                assert_eq!(numbers(&printed, model), expected, "{model}");
            }
        },
    },
    Case {
        row: "labels",
        what: "labels that win over a config that is stale or wrong",
        test: |place| {
            Model::bert().save(place, "base");
            let expected = numbers(&on_hans(place, "base").handled(), "base");
            let two = json!({ "0": "LABEL_0", "1": "LABEL_1" });
            let inverse = json!({ "LABEL_0": 0, "LABEL_1": 1 });
            let stale =
                Model::bert().config(json!({ "id2label": two, "label2id": inverse, "num_labels": 3 }));
            stale.save(place, "two");
            let names = ["entailment", "neutral", "contradiction"];
            Model::bert().outputs(&names).save(place, "wrong-order");
            Model::bert().outputs(&["a", "b", "c", "d"]).save(place, "four");
            for model in ["two", "wrong-order", "four"] {
                let printed =
                    on_hans(place, &format!("{model} --labels contradiction,entailment,neutral")).handled();
                assert_eq!(numbers(&printed, model), expected, "{model}");
            }
            let ran = on_hans(place, "two");
            ran.refused(&["two: ", "3 outputs", "--labels"]);
        },
    },
    Case {
        row: "labels",
        what: "the same outputs in every order, mapped by name",
        test: |place| {
            Model::bert().save(place, "base");
            let expected = numbers(&on_hans(place, "base").handled(), "base");
            let names = ["contradiction", "entailment", "neutral"];
            for order in [[1, 2, 0], [2, 1, 0], [0, 2, 1]] {
                let model = format!("turned{order:?}").replace(['[', ']', ',', ' '], "");
                Model::bert().turned(order).outputs(&order.map(|i| names[i])).save(place, &model);
                assert_eq!(numbers(&on_hans(place, &model).handled(), &model), expected);
                // Names by --labels, spelt differently, replace those of a config in another order.
                Model::bert().turned(order).outputs(&names).save(place, &model);
                let labels = order.map(|i| names[i].to_uppercase()).join(",");
                let printed = on_hans(place, &format!("{model} --labels {labels}")).handled();
                assert_eq!(numbers(&printed, &model), expected);
            }
        },
    },
    Case {
        row: "labels",
        what: "spellings of two labels in any order",
        test: |place| {
            Model::bert().n_outputs(2).save(place, "two");
            let of =
                |labels: &str| numbers(&on_hans(place, &format!("two --labels {labels}")).handled(), "two");
            let expected = of("entailment,non-entailment");
            for spelling in
                ["ENTAILMENT,NOT_ENTAILMENT", "Entailment,Non_Entailment", "entailment,not-entailment"]
            {
                assert_eq!(of(spelling), expected, "{spelling}");
            }
            let turned = of("non-entailment,entailment");
            assert_ne!(turned, expected);
            assert_eq!(of("not_entailment,entailment"), turned);
        },
    },
    Case {
        row: "labels",
        what: "names that are there twice, or are no label of the set",
        test: |place| {
            Model::bert().save(place, "base");
            for (labels, parts) in [
                ("entailment,entailment,neutral", &["`entailment` is there twice"][..]),
                (
                    "entailment,not_entailment,non-entailment",
                    &["`not_entailment` and `non-entailment` mean the same"],
                ),
                ("yes,no,perhaps", &["the set has no label `yes`", "known: entailment, non-entailment"]),
                ("entailment,neutral,contradiction,duplicate", &["the set has no label `duplicate`"]),
                ("entailment,,neutral", &["names that say nothing"]),
            ] {
                let ran = on_hans(place, &format!("base --labels {labels}"));
                refused(place, &ran, "base", parts);
            }
            glue_cola(place);
            let ran = place.lmc("evaluate base --corpus cola --split id --data data");
            refused(
                place,
                &ran,
                "base",
                &["the set has no label `contradiction`; known: unacceptable, acceptable"],
            );
        },
    },
    Case {
        row: "labels",
        what: "F1 of three classes is the mean over them",
        test: |place| {
            mnli(place);
            Model::bert().save(place, "base");
            let printed =
                place.lmc("evaluate base --corpus mnli --split validation_matched --data data").handled();
            let numbers: Vec<f64> =
                numbers(&printed, "base").iter().map(|cell| cell.parse().unwrap()).collect();
            // All pairs are alike, so one class is predicted throughout: its F1 is 2 / 4, that of the others
            // 0.
            let (examples, accuracy, f1, mcc) = (numbers[0], numbers[2], numbers[3], numbers[4]);
            assert_eq!(examples, 9815.0);
            assert!(
                (accuracy - 1.0 / 3.0).abs() < 1e-3 && (f1 - 0.5 / 3.0).abs() < 1e-3 && mcc == 0.0,
                "{printed}"
            );
        },
    },
];
