use super::*;

/// The fields of the published roberta-base that are read, with labels of our own.
const ROBERTA: &str = r#"{
  "architectures": ["RobertaForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2,
  "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02,
  "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "roberta",
  "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "type_vocab_size": 1, "vocab_size": 50265,
  "id2label": {"0": "contradiction", "1": "entailment", "2": "neutral"},
  "label2id": {"entailment": 1, "neutral": 2, "contradiction": 0}
}"#;

fn parse(text: &str) -> Result<ModelConfig> {
    ModelConfig::parse(text, Path::new("config.json"))
}

/// The config with one field replaced, or added in front.
fn with(field: &str, value: &str) -> Result<ModelConfig> {
    let mut fields: serde_json::Value = serde_json::from_str(ROBERTA).unwrap();
    fields[field] = serde_json::from_str(value).unwrap();
    parse(&fields.to_string())
}

#[test]
fn roberta_base_has_512_positions_of_its_514() {
    let config = parse(ROBERTA).unwrap();
    assert_eq!((config.max_len(), config.first_position(), config.pad_id()), (512, 2, 1));
    assert_eq!((config.prefix(), config.type_vocab_size, config.layer_norm_eps), ("roberta.", 1, 1e-5));
    let text = ROBERTA.replace("\"pad_token_id\": 1,", "");
    assert_eq!(parse(&text).unwrap().pad_id(), 1);
    let bert = ModelConfig::mini(76);
    assert_eq!((bert.max_len(), bert.first_position(), bert.pad_id(), bert.prefix()), (16, 0, 0, "bert."));
}

#[test]
fn labels_stand_in_the_order_of_their_indices() {
    assert_eq!(parse(ROBERTA).unwrap().labels(3).unwrap(), ["contradiction", "entailment", "neutral"]);
    let names: Vec<String> = (0..12).map(|i| format!("class {i}")).collect();
    let config = ModelConfig::mini(76).with_labels(names.clone());
    let again = parse(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(again, config);
    assert_eq!(again.labels(12).unwrap(), names);
    assert_eq!(ModelConfig::mini(76).labels(2).unwrap(), ["LABEL_0", "LABEL_1"]);
    // The inverse alone says as much.
    let config = with("id2label", "null").unwrap();
    assert_eq!(config.labels(3).unwrap(), ["contradiction", "entailment", "neutral"]);
}

#[test]
fn labels_that_cannot_be_are_refused_and_stale_inverses_are_not() {
    let message = parse(ROBERTA).unwrap().labels(2).unwrap_err().to_string();
    assert!(message.contains("id2label") && message.contains("expected 2, one for each output"), "{message}");
    for inverse in [
        r#"{"entailment": 0, "neutral": 2, "contradiction": 1}"#,
        r#"{"LABEL_0": 0, "LABEL_1": 1}"#,
        r#"{"entailment": "1"}"#,
        "7",
    ] {
        let config = with("label2id", inverse).unwrap();
        assert_eq!(config.labels(3).unwrap(), ["contradiction", "entailment", "neutral"], "{inverse}");
    }
    for labels in ["{}", r#"{"0": "a", "2": "b"}"#, r#"{"1": "a"}"#, r#"{"0": 0, "1": 1}"#] {
        let message = with("id2label", labels).unwrap_err().to_string();
        assert!(
            message.starts_with("config.json: `id2label`: got") && message.contains("in quotes"),
            "{message}"
        );
    }
}

#[test]
fn another_model_than_it_seems_is_refused_with_file_and_line() {
    for (field, value, says) in [
        ("model_type", r#""gpt2""#, "known: bert, roberta, xlm-roberta, camembert, electra, distilbert, "),
        ("hidden_act", r#""prelu""#, "known: gelu, gelu_python, "),
        ("position_embedding_type", r#""relative_key""#, "expected absolute"),
        ("position_embedding_type", "7", "expected absolute"),
        ("is_decoder", "true", "expected false"),
        ("is_decoder", "1", "expected false"),
        ("add_cross_attention", "true", "expected false"),
        ("quantization_config", r#"{"load_in_8bit": true}"#, "expected none"),
        ("pad_token_id", "-2", "or -1 for none"),
        ("pad_token_id", "50265", "below vocab_size"),
        ("pad_token_id", "600", "more than 601"),
        ("num_hidden_layers", "1025", "0 to 1024"),
        ("num_attention_heads", "7", "a divisor of hidden_size = 768"),
        ("hidden_size", "16776960", "parameters"),
        ("hidden_size", "9223372036854775807", "1 to 2^24"),
        ("vocab_size", "0", "1 to 2^24"),
        ("layer_norm_eps", "-1e-5", "0 or more"),
        ("layer_norm_eps", r#""1e-5""#, "a number"),
        ("vocab_size", "50265.0", "a whole number"),
        ("vocab_size", "true", "a whole number"),
        ("vocab_size", "1e40", "a whole number"),
        ("hidden_size", r#""768""#, "a whole number"),
        ("hidden_size", "null", "a whole number"),
        ("hidden_act", "null", "a name in quotes"),
    ] {
        let error = with(field, value).unwrap_err();
        assert!(matches!(&error, LmcError::Format { .. }), "{error}");
        let message = error.to_string();
        let named = message.contains(field)
            || (field == "pad_token_id" && message.contains("max_position_embeddings"))
            || (field == "hidden_size" && message.contains("config"));
        assert!(
            named && message.starts_with("config.json") && message.contains(says),
            "{field} = {value}: {message}"
        );
    }
    for (field, value) in [
        ("hidden_act", r#""gelu_python""#),
        ("hidden_act", r#""relu""#),
        ("position_embedding_type", r#""absolute""#),
        ("position_embedding_type", "null"),
        ("pad_token_id", "null"),
        ("pad_token_id", "-1"),
        ("is_decoder", "false"),
        ("quantization_config", "null"),
        ("num_hidden_layers", "0"),
        ("layer_norm_eps", "0.0"),
        ("hidden_dropout_prob", "1.0"),
        ("initializer_range", "0"),
        ("tie_word_embeddings", "7"),
        ("classifier_dropout", r#""much""#),
    ] {
        with(field, value).unwrap_or_else(|error| panic!("{field} = {value}: {error}"));
    }
}

#[test]
fn what_is_missing_has_the_defaults_of_transformers() {
    let bert = parse(r#"{"model_type": "bert"}"#).unwrap();
    assert_eq!((bert.vocab_size, bert.hidden_size, bert.max_position_embeddings), (30_522, 768, 512));
    assert_eq!((bert.type_vocab_size, bert.layer_norm_eps, bert.pad_id()), (2, 1e-12, 0));
    assert_eq!(
        (bert.hidden_act.as_str(), bert.num_attention_heads, bert.intermediate_size),
        ("gelu", 12, 3072)
    );
    let roberta = parse(r#"{"model_type": "roberta"}"#).unwrap();
    assert_eq!((roberta.vocab_size, roberta.max_len(), roberta.type_vocab_size), (50_265, 510, 2));
    assert_eq!((roberta.layer_norm_eps, roberta.pad_id()), (1e-12, 1));
    let message = parse("{}").unwrap_err().to_string();
    assert!(message.starts_with("config.json: there is no `model_type`; add "), "{message}");
}

#[test]
fn numbers_of_python_may_stand_where_they_do_not_matter() {
    let with =
        |field: &str, value: &str| parse(&ROBERTA.replacen('{', &format!("{{\n\"{field}\": {value},"), 1));
    for (field, value) in [("router_aux_loss_coef", "NaN"), ("limits", "[Infinity, -Infinity]")] {
        assert_eq!(with(field, value).unwrap(), parse(ROBERTA).unwrap());
    }
    let text = ROBERTA.replace("\"initializer_range\": 0.02", "\"initializer_range\": NaN");
    assert_eq!(parse(&text).unwrap(), parse(ROBERTA).unwrap());
    let text = ROBERTA.replace("\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": NaN");
    let message = parse(&text).unwrap_err().to_string();
    assert!(message.starts_with("config.json:4: `layer_norm_eps`: got NaN, expected a number"), "{message}");
}

#[test]
fn damaged_text_is_reported_with_its_line() {
    for (text, line, says) in [
        (
            ROBERTA.replace("\"vocab_size\": 50265", "\"vocab_size\": \"many\""),
            5,
            "`vocab_size`: got \"many\"",
        ),
        (ROBERTA.replace("\"neutral\": 2", "\"neutral\": 2,"), 7, "not JSON: key must be a string"),
        ("{".to_owned(), 1, "not JSON"),
        ("[1]".to_owned(), 1, "got [1], expected an object"),
    ] {
        let error = parse(&text).unwrap_err();
        let LmcError::Format { line: Some(got), .. } = &error else { panic!("{error}") };
        assert_eq!(*got, line, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(parse("").unwrap_err().to_string().contains("config.json: the file is empty"));
    let pointer =
        parse("version https://git-lfs.github.com/spec/v1\noid sha256:0\n").unwrap_err().to_string();
    assert!(pointer.contains("pointer of Git LFS"), "{pointer}");
}
