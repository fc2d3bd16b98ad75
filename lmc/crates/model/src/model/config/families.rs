//! Tests of the configs of single families.

use super::*;

fn parse(text: &str) -> Result<ModelConfig> {
    ModelConfig::parse(text, Path::new("config.json"))
}

/// Values of the published google/electra-small-discriminator, distilbert-base-uncased, microsoft/mpnet-base
/// and albert-base-v2.
#[test]
fn published_configs_are_read() {
    let electra =
        parse(r#"{"model_type": "electra", "summary_type": "first", "summary_use_proj": true}"#).unwrap();
    assert_eq!((electra.hidden_size, electra.embedding_width(), electra.num_attention_heads), (256, 128, 4));
    let distilbert = parse(
        r#"{"model_type": "distilbert", "activation": "relu", "dim": 24, "hidden_dim": 96, "n_heads": 3, "n_layers": 5,
        "attention_dropout": 0.2, "dropout": 0.3, "sinusoidal_pos_embds": false, "layer_norm_eps": 0.5,
        "type_vocab_size": 7}"#,
    )
    .unwrap();
    let sizes = (distilbert.hidden_size, distilbert.intermediate_size, distilbert.num_hidden_layers);
    assert_eq!((sizes, distilbert.num_attention_heads), ((24, 96, 5), 3));
    assert_eq!((distilbert.hidden_dropout_prob, distilbert.attention_probs_dropout_prob), (0.3, 0.2));
    // transformers does not read these two for DistilBERT.
    assert_eq!((distilbert.layer_norm_eps, distilbert.has_segments()), (1e-12, false));
    let mpnet =
        parse(r#"{"model_type": "mpnet", "max_position_embeddings": 514, "pad_token_id": 5}"#).unwrap();
    assert_eq!((mpnet.max_len(), mpnet.pad_id(), mpnet.vocab_size), (512, 1, 30_527));
    let albert = parse(
        r#"{"model_type": "albert", "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072,
        "hidden_act": "gelu_new", "gap_size": 0, "net_structure_type": 0, "num_memory_blocks": 0}"#,
    )
    .unwrap();
    assert_eq!((albert.embedding_width(), albert.vocab_size, albert.hidden_dropout_prob), (128, 30_000, 0.0));
    assert_eq!((albert.num_hidden_groups, albert.inner_group_num), (Some(1), Some(1)));
    for (family, prefix) in [("xlm-roberta", "roberta."), ("camembert", "roberta.")] {
        let config = parse(&format!(r#"{{"model_type": "{family}", "type_vocab_size": 1}}"#)).unwrap();
        assert_eq!((config.prefix(), config.pad_id(), config.first_position()), (prefix, 1, 2));
    }
}

/// Values of the published microsoft/deberta-v3-base.
#[test]
fn fields_of_attention_by_distance_are_read_in_every_spelling() {
    let published = parse(
        r#"{"model_type": "deberta-v2", "hidden_size": 768, "num_attention_heads": 12, "num_hidden_layers": 12,
        "relative_attention": true, "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": true,
        "pos_att_type": "p2c|c2p", "layer_norm_eps": 1e-7, "max_relative_positions": -1, "position_biased_input": false,
        "type_vocab_size": 0, "vocab_size": 128100, "attention_head_size": 64, "conv_kernel_size": 0}"#,
    )
    .unwrap();
    let fields = published.disentangled.clone().unwrap();
    let terms = [DistanceTerm::C2p, DistanceTerm::P2c];
    assert_eq!((&*fields.pos_att_type, fields.span(512), fields.farthest(512)), (&terms[..], 256, 512));
    assert!(fields.has_norm() && fields.share_att_key && !fields.position_biased_input);
    assert_eq!((published.has_segments(), published.embedding_width(), published.pad_id()), (false, 768, 0));
    let bare = parse(r#"{"model_type": "deberta-v2"}"#).unwrap();
    assert_eq!(bare.disentangled, Some(Disentangled::default()));
    assert_eq!((bare.hidden_size, bare.embedding_width(), bare.layer_norm_eps), (1536, 1536, 1e-7));
    let of = |field: &str, value: &str| {
        let text =
            format!(r#"{{"model_type": "deberta-v2", "relative_attention": true, "{field}": {value}}}"#);
        parse(&text).unwrap().disentangled.unwrap()
    };
    for (value, expected) in [
        ("\"C2P | p2c\"", &terms[..]),
        ("[\"p2c\", \"c2p\", \"p2c\"]", &terms),
        ("[\"p2c\"]", &terms[1..]),
        ("null", &[]),
        ("\"\"", &[]),
        ("[]", &[]),
    ] {
        let fields = of("pos_att_type", value);
        assert_eq!((&*fields.pos_att_type, fields.relative_attention), (expected, !expected.is_empty()));
    }
    // A norm of a table that does not count does not count either.
    assert_eq!(of("norm_rel_ebd", "\"layer_norm\"").norm_rel_ebd, DistanceNorm::None);
}

#[test]
fn fields_of_attention_by_distance_that_cannot_be_are_refused() {
    let far = "expected 1 to 2^24, or -1 for max_position_embeddings";
    for (field, value, says) in [
        ("position_buckets", "1", "got 1, expected 2 to 2^24, or -1 for a row for each distance"),
        ("position_buckets", "9223372036854775807", "expected 2 to 2^24"),
        ("position_buckets", "1022", "got 1022, expected 2 to 1021, for distances up to 512, or -1"),
        ("max_relative_positions", "2", "`position_buckets`: got 2, expected -1, for distances up to 2"),
        ("position_buckets", "8.0", "got 8.0, expected a whole number"),
        ("max_relative_positions", "16777217", far),
        ("max_relative_positions", "\"far\"", "expected a whole number"),
        ("pos_att_type", "\"c2p|p2p\"", "got \"c2p|p2p\", expected c2p, p2c, or both"),
        ("pos_att_type", "[\"c2p\", 2]", "got [\"c2p\",2], expected c2p, p2c, or both"),
        ("pos_att_type", "{}", "got {}, expected c2p, p2c, or both"),
        ("norm_rel_ebd", "\"rms_norm\"", "got \"rms_norm\", expected none or layer_norm"),
        ("norm_rel_ebd", "true", "got true, expected a name in quotes"),
        ("relative_attention", "1", "got 1, expected true or false"),
        ("share_att_key", "null", "got null, expected true or false"),
        ("position_biased_input", "\"no\"", "got \"no\", expected true or false"),
        ("pooler_hidden_act", "\"prelu\"", "unknown pooler_hidden_act `prelu`; known: gelu"),
        (
            "conv_kernel_size",
            "3",
            "got 3, expected 0, an encoder without the convolution of DeBERTa-v2-xlarge",
        ),
        ("attention_head_size", "32", "got 32, expected 64, which is hidden_size / num_attention_heads"),
        ("pooler_hidden_size", "768", "got 768, expected 1536, which is hidden_size"),
        ("type_vocab_size", "-1", "got -1, expected 0 to 2^24"),
    ] {
        let others = [("relative_attention", "true"), ("pos_att_type", "\"c2p\""), ("position_buckets", "2")];
        let others = others.into_iter().filter(|(other, _)| *other != field);
        let others: String = others.map(|(other, value)| format!("\"{other}\": {value}, ")).collect();
        let text = format!("{{\"model_type\": \"deberta-v2\", {others}\n\"{field}\": {value}}}");
        let message = parse(&text).unwrap_err().to_string();
        let line = if says.contains("`position_buckets`") { 1 } else { 2 };
        let start = format!("config.json:{line}: ");
        assert!(message.starts_with(&start) && message.contains(says), "{text}: {message}");
    }
    // They do not matter where there are no terms.
    let without =
        r#"{"model_type": "deberta-v2", "position_buckets": 1, "max_relative_positions": 16777217}"#;
    parse(without).unwrap();
}

/// Values of the published answerdotai/ModernBERT-base, and the same as transformers 5 writes them.
#[test]
fn fields_of_modernbert_are_read_in_old_and_new_spellings() {
    let of = |fields: &str| {
        let sizes =
            r#""model_type": "modernbert", "num_hidden_layers": 4, "norm_eps": 1e-05, "pad_token_id": 50283"#;
        parse(&format!("{{{sizes}, {fields}}}")).unwrap()
    };
    let old =
        of(r#""global_attn_every_n_layers": 3, "global_rope_theta": 160000.0, "local_rope_theta": 10000.0,
        "local_attention": 128, "hidden_activation": "gelu", "position_embedding_type": "absolute",
        "layer_norm_eps": 0.5, "classifier_pooling": "mean", "vocab_size": 50368, "rope_scaling": null"#);
    let new = of(
        r#""layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "rope_parameters": {"full_attention": {"rope_theta": 160000.0, "rope_type": "default"},
        "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}}, "classifier_pooling": "mean""#,
    );
    assert_eq!(old, new);
    let own = old.modern.clone().unwrap();
    assert_eq!(own, Modern { classifier_pooling: Pooling::Mean, ..Modern::with_layers(4) });
    assert_eq!((own.reach(), old.max_len(), old.layer_norm_eps, old.has_segments()), (64, 8192, 1e-5, false));
    let base = parse(r#"{"model_type": "modernbert"}"#).unwrap();
    assert_eq!((base.hidden_size, base.num_hidden_layers, base.intermediate_size), (768, 22, 1152));
    assert_eq!((base.pad_id(), base.modern), (50_283, Some(Modern::with_layers(22))));
    let mixed =
        of(r#""global_rope_theta": 5.0, "rope_parameters": {"sliding_attention": {"rope_theta": 7}}"#);
    let mixed = mixed.modern.unwrap();
    assert_eq!((mixed.global_rope_theta, mixed.local_rope_theta), (5.0, 7.0));
}

#[test]
fn fields_of_modernbert_that_cannot_be_are_refused() {
    let plain = "expected a `rope_type` of default, lmc scales no angles";
    for (field, value, says) in [
        ("layer_types", r#"["full_attention"]"#, "got 1 types, expected 22, one for each layer"),
        ("layer_types", r#"["near"]"#, "got [\"near\"], expected full_attention or sliding_attention"),
        ("layer_types", "3", "got 3, expected full_attention or sliding_attention for each layer"),
        ("global_attn_every_n_layers", "0", "got 0, expected 1 or more"),
        ("local_attention", "-1", "got -1, expected 0 to 2^24"),
        ("local_attention", "1.5", "got 1.5, expected a whole number"),
        ("global_rope_theta", "0", "got 0, expected a positive number"),
        ("local_rope_theta", "null", "got null, expected a number"),
        (
            "rope_parameters",
            "3",
            "got 3, expected an object for each of full_attention and sliding_attention",
        ),
        ("rope_parameters", r#"{"full_attention": 3}"#, "expected an object for each of full_attention"),
        ("rope_parameters", r#"{"rope_theta": 5.0}"#, "sliding_attention alone, not `rope_theta`"),
        ("rope_parameters", r#"{"full_attention": {"rope_type": "yarn"}}"#, plain),
        (
            "rope_parameters",
            r#"{"full_attention": {"rope_theta": -1}}"#,
            "a positive `rope_theta` of full_att",
        ),
        ("rope_scaling", r#"{"type": "linear", "factor": 2.0}"#, plain),
        ("rope_scaling", r#"{"factor": 2.0}"#, "a `rope_type` of default alone, not `factor`"),
        ("head_dim", "32", "got 32, expected 64, which is hidden_size / num_attention_heads"),
        ("num_attention_heads", "256", "got 256, expected heads of an even width for hidden_size = 768"),
        ("norm_bias", "1", "got 1, expected true or false"),
        ("classifier_pooling", "\"max\"", "got \"max\", expected cls or mean"),
        ("classifier_activation", "\"prelu\"", "unknown classifier_activation `prelu`; known: gelu"),
        ("hidden_activation", "\"prelu\"", "unknown hidden_activation `prelu`; known: gelu"),
        ("pad_token_id", "50368", "expected a token's id below vocab_size = 50368"),
    ] {
        let text = format!("{{\"model_type\": \"modernbert\",\n\"{field}\": {value}}}");
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.starts_with("config.json:2: ") && message.contains(says), "{text}: {message}");
    }
}

#[test]
fn a_config_is_written_in_the_words_of_its_family() {
    for config in crate::model::fixture::others() {
        let json = config.to_json().unwrap();
        let again = parse(&json.to_string()).unwrap();
        // What is left open is written, except for padding.
        let filled = ModelConfig {
            embedding_size: again.embedding_size,
            num_hidden_groups: again.num_hidden_groups,
            inner_group_num: again.inner_group_num,
            relative_attention_num_buckets: again.relative_attention_num_buckets,
            disentangled: again.disentangled.clone(),
            modern: again.modern.clone(),
            pad_token_id: again.pad_token_id,
            ..config.clone()
        };
        assert_eq!(again, filled);
        assert_eq!((again.embedding_width(), again.pad_id()), (config.embedding_width(), config.pad_id()));
        assert_eq!(json.get("dim").is_some(), config.model_type == "distilbert");
        assert_eq!(json.get("hidden_size").is_some(), config.model_type != "distilbert");
        assert_eq!(
            json.get("embedding_size").is_some(),
            ["electra", "albert", "deberta-v2"].contains(&&*config.model_type)
        );
    }
}

#[test]
fn fields_of_single_families_are_checked_by_their_own_keys() {
    for (text, says) in [
        (r#"{"model_type": "distilbert", "dim": "768"}"#, "`dim`: got \"768\", expected a whole number"),
        (
            r#"{"model_type": "distilbert", "n_heads": 5}"#,
            "`n_heads`: got 5, expected a divisor of hidden_size = 768",
        ),
        (r#"{"model_type": "distilbert", "activation": "prelu"}"#, "unknown activation `prelu`; known: gelu"),
        (
            r#"{"model_type": "distilbert", "hidden_size": 64, "dim": 32}"#,
            "`hidden_size`: got 64, expected 32, as `dim` says",
        ),
        (r#"{"model_type": "electra", "embedding_size": 0}"#, "`embedding_size`: got 0, expected 1 to "),
        (r#"{"model_type": "electra", "is_decoder": true}"#, "`is_decoder`: got true, expected false"),
        (r#"{"model_type": "albert", "position_embedding_type": "relative_key"}"#, "expected absolute"),
        (
            r#"{"model_type": "albert", "num_hidden_groups": 13}"#,
            "`num_hidden_groups`: got 13, expected 1 to 12",
        ),
        (
            r#"{"model_type": "albert", "inner_group_num": 100}"#,
            "`inner_group_num`: got 100, expected 1 to 85",
        ),
        (
            r#"{"model_type": "albert", "num_hidden_layers": 0}"#,
            "`num_hidden_layers`: got 0, expected 1 to 1024",
        ),
        (r#"{"model_type": "mpnet", "relative_attention_num_buckets": 31}"#, "got 31, expected 32 to "),
        (r#"{"model_type": "gpt2"}"#, "unknown model_type `gpt2`; known: bert, roberta, xlm-roberta, "),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.starts_with("config.json:1: ") && message.contains(says), "{text}: {message}");
    }
    let aliased =
        parse(r#"{"model_type": "distilbert", "hidden_size": 24, "num_attention_heads": 2}"#).unwrap();
    assert_eq!((aliased.hidden_size, aliased.num_attention_heads), (24, 2));
    // transformers does not know these two by BERT's names.
    let ignored =
        parse(r#"{"model_type": "distilbert", "intermediate_size": 7, "hidden_act": "relu"}"#).unwrap();
    assert_eq!((ignored.intermediate_size, ignored.hidden_act.as_str()), (3072, "gelu"));
}
