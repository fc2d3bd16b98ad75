//! The words of configs about the outputs.

use serde_json::json;

use super::*;

pub fn labels_of_configs(place: &Place) {
    sentences(place);
    let stale = json!({"label2id": {"LABEL_0": 0, "LABEL_1": 1}});
    bert().save(place, "base");
    bert().config(stale).save(place, "stale");
    bert().config(json!({"label2id": null})).save(place, "alone");
    bert().outputs(&["UNACCEPTABLE", "ACCEPTABLE"]).save(place, "capitals");
    same(place, &["base", "stale", "alone", "capitals"]);
    let labels = "--labels unacceptable,acceptable";
    for (name, id2label, says) in [
        ("short", json!({"0": "unacceptable"}), "2 outputs, 1 label in `id2label` (unacceptable)"),
        ("long", json!({"0": "a", "1": "b", "2": "c"}), "2 outputs, 3 labels in `id2label` (a, b, c)"),
        ("numbers", json!({"0": 0, "1": 1}), "`id2label`: got {\"0\":0,\"1\":1}, expected a name in quotes"),
        ("list", json!(["unacceptable", "acceptable"]), "expected a name in quotes"),
        ("gap", json!({"0": "unacceptable", "2": "acceptable"}), "expected a name in quotes"),
    ] {
        bert().config(json!({"id2label": id2label})).save(place, name);
        refused(place, name, &[says, "--labels"]);
        let printed = place.lmc(&format!("evaluate base {name} {EVALUATE} {labels}")).handled();
        assert_eq!(row(&printed, "base"), row(&printed, name), "{printed}");
    }
    for (name, config) in [
        ("none", json!({"id2label": null, "label2id": null})),
        ("count", json!({"id2label": null, "label2id": null, "num_labels": 2})),
        // transformers does the same: another number makes new names.
        ("other-count", json!({"id2label": {"0": "unacceptable"}, "num_labels": 2})),
        ("anonymous", json!({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}})),
    ] {
        bert().config(config).save(place, name);
        let printed = place.lmc(&format!("evaluate base {name} {EVALUATE} {labels}")).handled();
        assert_eq!(row(&printed, "base"), row(&printed, name), "{printed}");
        assert_eq!(place.lmc(&format!("evaluate {name} {EVALUATE}")).stdout(), "");
    }
    bert().config(json!({"id2label": null, "num_labels": 3})).save(place, "wrong-count");
    refused(place, "wrong-count", &["2 outputs, 3 labels by `num_labels`"]);
}

pub fn labels_of_encoders(place: &Place) {
    let plain = place.lmc(&{
        mini().save(place, "plain");
        format!("finetune --encoder plain {FINETUNE}")
    });
    let plain = plain.handled();
    for (name, config) in [
        ("stale", json!({"id2label": {"0": "a"}, "label2id": {"LABEL_0": 0, "LABEL_1": 0}})),
        ("numbers", json!({"id2label": {"0": 0, "1": 1}})),
        ("list", json!({"id2label": ["a"], "num_labels": "many"})),
        ("regression", json!({"id2label": {"0": "a"}, "problem_type": "regression"})),
    ] {
        mini().config(config).save(place, name);
        assert_eq!(place.lmc(&format!("finetune --encoder {name} {FINETUNE}")).handled(), plain);
    }
}

pub fn other_problems(place: &Place) {
    sentences(place);
    bert().config(json!({"problem_type": "single_label_classification"})).save(place, "single");
    bert().config(json!({"problem_type": null})).save(place, "base");
    same(place, &["base", "single"]);
    for (problem, says) in [
        ("regression", "numbers, not classes"),
        ("multi_label_classification", "several labels at once"),
        ("ranking", "knows no such"),
    ] {
        bert().config(json!({"problem_type": problem})).save(place, "odd");
        refused(place, "odd", &["`problem_type`", problem, says]);
    }
    let one = bert()
        .tensor("classifier.weight", Tensor::f32(&[1, 16], [0.5; 16]))
        .tensor("classifier.bias", Tensor::f32(&[1], [0.0]));
    one.outputs(&["score"]).config(json!({"problem_type": null})).save(place, "one");
    refused(place, "one", &["the head has 1 output (classifier.weight), as for regression"]);
}
