//! Values of a config, and fields that are missing.

use serde_json::json;

use super::*;

pub fn activations(place: &Place) {
    sentences(place);
    for (i, name) in [
        "gelu_python",
        "gelu_new",
        "gelu_pytorch_tanh",
        "gelu_fast",
        "relu",
        "silu",
        "swish",
        "tanh",
        "quick_gelu",
        "mish",
    ]
    .into_iter()
    .enumerate()
    {
        bert().config(json!({"hidden_act": name})).save(place, &format!("m{i}"));
    }
    bert().config(json!({"hidden_act": null})).save(place, "base");
    same(place, &["base", "m0"]);
    different(place, "base", "m1");
    same(place, &["m1", "m2", "m3"]);
    different(place, "m1", "m4");
    same(place, &["m5", "m6"]);
    different(place, "m7", "m8");
    different(place, "m8", "m9");
    for odd in ["prelu", "swiglu", "GELU"] {
        bert().config(json!({"hidden_act": odd})).save(place, "odd");
        refused(
            place,
            "odd",
            &["config.json:", &format!("unknown hidden_act `{odd}`; known: gelu, gelu_python, ")],
        );
    }
    mini().config(json!({"hidden_act": "relu"})).save(place, "encoder");
    place.lmc(&format!("sweep --encoder encoder {FINETUNE}")).handled();
}

pub fn numbers_of_python(place: &Place) {
    sentences(place);
    bert().save(place, "base");
    let write = |name: &str, field: &str, value: &str| {
        let folder = bert().config(json!({field: null})).save(place, name);
        let text = std::fs::read_to_string(folder.join("config.json")).unwrap();
        let text = text.replacen('{', &format!("{{\n  \"{field}\": {value},"), 1);
        std::fs::write(folder.join("config.json"), text).unwrap();
    };
    write("nan", "router_aux_loss_coef", "NaN");
    write("infinite", "limits", "[Infinity, -Infinity]");
    write("deviation", "initializer_range", "NaN");
    write("text", "comment", "\"NaN, \\\"Infinity\\\"\"");
    same(place, &["base", "nan", "infinite", "deviation", "text"]);
    write("epsilon", "layer_norm_eps", "NaN");
    refused(place, "epsilon", &["config.json:2: `layer_norm_eps`: got NaN, expected a number"]);
    write("size", "hidden_size", "Infinity");
    refused(place, "size", &["config.json:2: `hidden_size`: got Infinity, expected a whole number"]);
}

pub fn impossible_values(place: &Place) {
    sentences(place);
    for (field, value, says) in [
        ("hidden_size", json!("16"), "got \"16\", expected a whole number"),
        ("hidden_size", json!(16.5), "got 16.5, expected a whole number"),
        ("hidden_size", json!(0), "1 to 2^24"),
        ("hidden_size", json!(-16), "got -16"),
        ("hidden_size", json!(i64::MAX), "1 to 2^24"),
        ("hidden_size", json!(16_000_000), "parameters"),
        ("num_attention_heads", json!(3), "got 3, expected a divisor of hidden_size = 16"),
        ("num_attention_heads", json!(0), "1 to 2^24"),
        ("num_hidden_layers", json!(-1), "0 to 1024"),
        ("num_hidden_layers", json!(1_000_000_000), "0 to 1024"),
        ("vocab_size", json!(0), "1 to 2^24"),
        ("vocab_size", json!(true), "got true, expected a whole number"),
        ("vocab_size", json!([40]), "got [40], expected a whole number"),
        ("vocab_size", json!(1u64 << 63), "expected a whole number"),
        ("max_position_embeddings", json!(0), "1 to 2^24"),
        ("type_vocab_size", json!(null), "got null, expected a whole number"),
        ("intermediate_size", json!({}), "got {}, expected a whole number"),
        ("layer_norm_eps", json!("1e-12"), "got \"1e-12\", expected a number"),
        ("layer_norm_eps", json!(-1.0), "0 or more"),
        ("hidden_act", json!(7), "got 7, expected a name in quotes"),
        ("pad_token_id", json!(400), "below vocab_size = 40"),
        ("pad_token_id", json!("0"), "expected a whole number"),
    ] {
        let mut model = bert();
        model.config.insert(field.to_owned(), value);
        model.save(place, "odd");
        refused(place, "odd", &["odd/config.json:", says]);
    }
    // These fields contradict the weights.
    for (field, value) in
        [("vocab_size", 41), ("hidden_size", 32), ("type_vocab_size", 3), ("max_position_embeddings", 13)]
    {
        bert().config(json!({field: value})).save(place, "odd");
        refused(place, "odd", &["of another shape (bert.embeddings."]);
    }
    for (text, says) in [("[]", "got [], expected an object"), ("{\"model_type\": \"bert\",}", "not JSON")] {
        let folder = bert().save(place, "odd");
        std::fs::write(folder.join("config.json"), text).unwrap();
        refused(
            place,
            "odd",
            &["odd/config.json:1: ", says, "give the config.json of a Hugging Face encoder"],
        );
    }
    let folder = bert().save(place, "odd");
    for (text, says) in
        [("", "odd/config.json: the file is empty"), ("<html>", "odd/config.json: a web page")]
    {
        std::fs::write(folder.join("config.json"), text).unwrap();
        refused(place, "odd", &[says]);
    }
    std::fs::write(folder.join("config.json"), [0xff, 0xfe, b'{']).unwrap();
    refused(place, "odd", &["odd/config.json: not UTF-8"]);
}

pub fn other_kinds(place: &Place) {
    sentences(place);
    for (field, value, says) in [
        ("model_type", json!("deberta"), "unknown model_type `deberta`; known: bert, roberta, xlm-roberta"),
        ("model_type", json!("distilbert"), "expected bert: the tensors begin with bert., as in bert."),
        ("model_type", json!("gpt2"), "unknown model_type `gpt2`"),
        ("position_embedding_type", json!("relative_key"), "got \"relative_key\", expected absolute"),
        ("position_embedding_type", json!("relative_key_query"), "expected absolute"),
        ("is_decoder", json!(true), "got true, expected false"),
        ("add_cross_attention", json!(true), "got true, expected false"),
        ("quantization_config", json!({"load_in_8bit": true}), "expected none, weights as numbers"),
    ] {
        bert().config(json!({field: value})).save(place, "odd");
        refused(place, "odd", &["odd", field, says]);
        mini().config(json!({field: value})).save(place, "encoder");
        place.lmc(&format!("finetune --encoder encoder {FINETUNE}")).refused(&["encoder", says]);
    }
    bert().config(json!({"model_type": null})).save(place, "odd");
    refused(place, "odd", &["odd/config.json: there is no `model_type`; add \"model_type\": \"bert\""]);
}

pub fn defaults(place: &Place) {
    sentences(place);
    bert().save(place, "base");
    let less = json!({
        "layer_norm_eps": null, "hidden_act": null, "type_vocab_size": null, "pad_token_id": null, "initializer_range": null,
        "hidden_dropout_prob": null, "attention_probs_dropout_prob": null, "architectures": null, "problem_type": null,
        "transformers_version": null, "use_cache": null, "classifier_dropout": null, "label2id": null,
    });
    bert().config(less).save(place, "less");
    let more = json!({"tie_word_embeddings": false, "use_cache": false, "chunk_size_feed_forward": 4, "pruned_heads": {"0": [1]},
        "is_encoder_decoder": true, "hidden_dropout_prob": 1.0, "gradient_checkpointing": true, "torch_dtype": "float16",
        "quantization_config": {}, "position_embedding_type": "absolute", "is_decoder": false});
    bert().config(more).save(place, "more");
    same(place, &["base", "less", "more"]);
    // Without the number of layers there are twelve.
    bert().config(json!({"num_hidden_layers": null})).save(place, "layers");
    refused(place, "layers", &["160 missing (bert.encoder.layer.2."]);
    bert().config(json!({"num_hidden_layers": 0})).save(place, "zero");
    bert().config(json!({"num_hidden_layers": 1})).save(place, "single");
    different(place, "zero", "single");
    // An epsilon finer than float32 can hold still counts as one.
    bert().config(json!({"layer_norm_eps": 1})).save(place, "whole");
    different(place, "base", "whole");
}
