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
fn labels_that_contradict_each_other_are_refused() {
    let message = parse(ROBERTA).unwrap().labels(2).unwrap_err().to_string();
    assert!(message.contains("id2label") && message.contains("expected 2, one for each output"), "{message}");
    for inverse in [
        r#"{"entailment": 0, "neutral": 2, "contradiction": 1}"#,
        r#"{"entailment": 1, "neutral": 2}"#,
        r#"{"entailment": 1, "neutral": 2, "contradiction": 0, "other": 0}"#,
    ] {
        let message = with("label2id", inverse).unwrap_err().to_string();
        assert!(
            message.starts_with("`label2id`: got") && message.contains("inverse of id2label"),
            "{message}"
        );
    }
    for labels in ["{}", r#"{"0": "a", "2": "b"}"#, r#"{"1": "a"}"#] {
        let message = with("id2label", labels).unwrap_err().to_string();
        assert!(message.starts_with("`id2label`: got") && message.contains("without a gap"), "{message}");
    }
}

#[test]
fn another_model_than_it_seems_is_refused_by_name() {
    for (field, value, says) in [
        ("model_type", r#""distilbert""#, "known: bert, roberta"),
        ("hidden_act", r#""gelu_new""#, "known: gelu, gelu_python"),
        ("hidden_act", r#""gelu_pytorch_tanh""#, "known: gelu, gelu_python"),
        ("position_embedding_type", r#""relative_key""#, "known: absolute"),
        ("is_decoder", "true", "expected false"),
        ("pad_token_id", "-1", "0 to below vocab_size"),
        ("pad_token_id", "50265", "0 to below vocab_size"),
        ("pad_token_id", "600", "more than 601"),
        ("num_hidden_layers", "1025", "1 to 1024"),
        ("hidden_size", "16776960", "parameters"),
        ("hidden_dropout_prob", "1.0", "0 to below 1"),
        ("layer_norm_eps", "-1e-5", "a positive number"),
    ] {
        let message = with(field, value).unwrap_err().to_string();
        let named = message.contains(field)
            || (field == "pad_token_id" && message.contains("max_position_embeddings"))
            || (field == "hidden_size" && message.contains("config"));
        assert!(named && message.contains(says), "{field} = {value}: {message}");
    }
    for (field, value) in [
        ("hidden_act", r#""gelu_python""#),
        ("position_embedding_type", r#""absolute""#),
        ("position_embedding_type", "null"),
        ("pad_token_id", "null"),
        ("is_decoder", "false"),
    ] {
        with(field, value).unwrap();
    }
}

#[test]
fn damaged_text_is_reported_with_its_line() {
    for (text, line) in [
        (ROBERTA.replace("\"vocab_size\": 50265", "\"vocab_size\": \"many\""), 5),
        (ROBERTA.replace("\"neutral\": 2", "\"neutral\": -2"), 7),
        (ROBERTA.replace("\"2\": \"neutral\"", "\"two\": \"neutral\""), 6),
        ("{".to_owned(), 1),
        (String::new(), 1),
    ] {
        let error = parse(&text).unwrap_err();
        let LmcError::Format { line: Some(got), .. } = &error else { panic!("{error}") };
        assert_eq!(*got, line, "{error}");
        assert!(error.to_string().contains("config.json of a Hugging Face BERT or RoBERTa"), "{error}");
    }
}
