//! Names of tensors, and tensors that are not those of the model.

use serde_json::json;

use super::*;

pub fn encoders_without_pooler(place: &Place) {
    let without = |name: &str| {
        (!name.contains("pooler") && !name.contains("seq_relationship")).then(|| name.to_owned())
    };
    let masked_lm = mini().renamed(without);
    masked_lm.clone().config(json!({"architectures": ["BertForMaskedLM"]})).save(place, "mlm");
    let note = "mlm: the encoder has no pooler; each copy draws one from its seed, as its head";
    place.lmc(&format!("finetune --encoder mlm {FINETUNE}")).noted(&[note]);
    // Bare, as BertModel is saved, and with the head of another task.
    let bare = |name: &str| {
        without(name).filter(|name| name.starts_with("bert.")).map(|name| name["bert.".len()..].to_owned())
    };
    let questions = mini().renamed(bare).tensor("qa_outputs.weight", Tensor::f32(&[2, 64], [0.0; 128]));
    questions.save(place, "questions");
    place
        .lmc(&format!("finetune --encoder questions {FINETUNE}"))
        .noted(&["questions: the encoder has no pooler"]);
    // Half a pooler is damage: a probe would read a random layer.
    mini().renamed(|name| (name != "bert.pooler.dense.bias").then(|| name.to_owned())).save(place, "half");
    place
        .lmc(&format!("finetune --encoder half {FINETUNE}"))
        .refused(&["half: ", "1 missing (bert.pooler.dense.bias)"]);
    place
        .lmc(&format!("finetune mini-nli-lp-ft --encoder mlm {FINETUNE}"))
        .refused(&["`recipe.trained`: got head", "the encoder mlm has no pooler"]);
}

pub fn classifier_without_pooler(place: &Place) {
    sentences(place);
    bert().renamed(|name| (!name.contains("pooler")).then(|| name.to_owned())).save(place, "tokens");
    refused(place, "tokens", &["there is no bert.pooler.dense.weight and no bert.pooler.dense.bias"]);
}

pub fn wrappers(place: &Place) {
    sentences(place);
    bert().save(place, "base");
    let prefixes = [
        "_orig_mod.",
        "module.",
        "model.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "base_model.model.",
        "_forward_module.",
    ];
    let mut names = vec!["base".to_owned()];
    for (i, prefix) in prefixes.into_iter().enumerate() {
        bert().renamed(|name| Some(format!("{prefix}{name}"))).save(place, &format!("wrapped{i}"));
        names.push(format!("wrapped{i}"));
    }
    bert().renamed(|name| Some(name.replacen("bert.", "bert._orig_mod.", 1))).save(place, "inside");
    bert().renamed(|name| Some(name.replacen("bert.", "", 1))).save(place, "bare");
    let old = |name: &str| {
        Some(name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"))
    };
    bert().renamed(old).save(place, "old");
    names.extend(["inside", "bare", "old"].map(str::to_owned));
    same(place, &names.iter().map(String::as_str).collect::<Vec<_>>());
    roberta().save(place, "plain");
    roberta().renamed(|name| Some(format!("_orig_mod.{name}"))).save(place, "compiled");
    same(place, &["plain", "compiled"]);
    let twice = bert().tensors["classifier.bias"].clone();
    bert().tensor("module.classifier.bias", twice).save(place, "twice");
    refused(place, "twice", &["tensors classifier.bias and module.classifier.bias are both classifier.bias"]);
    mini().renamed(|name| Some(format!("_orig_mod.{name}"))).save(place, "encoder");
    place.lmc(&format!("finetune --encoder encoder {FINETUNE}")).handled();
}

pub fn others(place: &Place) {
    sentences(place);
    bert().save(place, "base");
    let heads = bert()
        .tensor("cls.predictions.bias", Tensor::f32(&[40], [0.0; 40]))
        .tensor("qa_outputs.weight", Tensor::f32(&[2, 16], [0.0; 32]))
        .tensor("lm_head.bias", Tensor::f32(&[40], [0.0; 40]))
        .tensor("optimizer.state.0.exp_avg", Tensor::f32(&[3], [0.0; 3]));
    heads.save(place, "heads");
    let note = "heads: 4 tensors are left out, the model has no place for cls.predictions.bias, lm_head.bias, optimizer.state.0.exp_avg and 1 more";
    let printed = place.lmc(&format!("evaluate base heads {EVALUATE}")).noted(&[note]);
    assert_eq!(row(&printed, "base"), row(&printed, "heads"));
    let mut deeper = bert();
    let copies: Vec<(String, Tensor)> = deeper
        .tensors
        .iter()
        .filter(|(name, _)| name.contains(".layer.1."))
        .map(|(name, tensor)| (name.replace(".layer.1.", ".layer.2."), tensor.clone()))
        .collect();
    deeper.tensors.extend(copies);
    deeper.save(place, "deeper");
    let printed = place
        .lmc(&format!("evaluate base deeper {EVALUATE}"))
        .noted(&["deeper: 16 tensors are left out", ".layer.2."]);
    assert_eq!(row(&printed, "base"), row(&printed, "deeper"));
    bert().tensor("bert.embeddings.position_ids", Tensor::f32(&[1, 12], [0.0; 12])).save(place, "buffer");
    same(place, &["base", "buffer"]);
    for name in [
        "bert.encoder.layer.0.attention.self.distance_embedding.weight",
        "bert.encoder.layer.1.attention.self.query.lora_A",
    ] {
        bert().tensor(name, Tensor::f32(&[2, 4], [0.0; 8])).save(place, "unknown");
        refused(place, "unknown", &["1 unexpected", name]);
    }
}

pub fn another_model(place: &Place) {
    sentences(place);
    bert().renamed(|name| Some(name.replacen("bert.", "distilbert.", 1))).save(place, "distil");
    refused(place, "distil", &["`model_type`: got bert, expected distilbert", "distilbert.embeddings"]);
    bert()
        .renamed(|name| (name != "bert.encoder.layer.1.output.dense.bias").then(|| name.to_owned()))
        .save(place, "hole");
    refused(place, "hole", &["1 missing (bert.encoder.layer.1.output.dense.bias)"]);
    bert().renamed(|name| (!name.starts_with("classifier")).then(|| name.to_owned())).save(place, "headless");
    refused(place, "headless", &["there is no tensor classifier.weight"]);
    bert().config(json!({"intermediate_size": 32})).save(place, "wider");
    refused(
        place,
        "wider",
        &["of another shape (bert.encoder.layer.0.intermediate.dense.weight [24, 16] instead of [32, 16]"],
    );
    bert().config(json!({"num_hidden_layers": 3})).save(place, "shallow");
    refused(place, "shallow", &["16 missing (bert.encoder.layer.2."]);
}
