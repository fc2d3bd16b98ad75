//! Texts that ask for more rows than a model has, and ids for padding that are not the usual ones.

use serde_json::json;

use super::*;

pub fn big_vocabulary(place: &Place) {
    sentences(place);
    let words: Vec<&str> =
        SPECIAL.into_iter().chain(WORDS[5..].iter().copied()).chain(["a", "b", "c"]).collect();
    let words: Vec<&str> = words.into_iter().chain(WORDS[..5].iter().copied()).collect();
    bert().vocabulary(&words).save(place, "big");
    refused(place, "big", &["token id 42", "40 rows (`vocab_size`)", "tokenizer"]);
}

pub fn added_without_resizing(place: &Place) {
    sentences(place);
    let mut words: Vec<&str> = SPECIAL.into_iter().chain(WORDS).collect();
    words.push("mentioned2");
    words[5 + WORDS.iter().position(|word| *word == "called").unwrap()] = "nothing";
    words[40] = "called";
    bert().vocabulary(&words).save(place, "added");
    bert().save(place, "base");
    refused(place, "added", &["token id 40", "40 rows"]);
    // The table may also be larger than the tokenizer.
    bert().vocabulary(&words[..30]).save(place, "few");
    place.lmc(&format!("evaluate few {EVALUATE}")).handled();
}

pub fn small_encoder(place: &Place) {
    let small = mini().tensors["bert.embeddings.word_embeddings.weight"].clone();
    let small = Tensor { shape: vec![60, 64], bytes: small.bytes[..60 * 64 * 4].to_vec(), ..small };
    mini()
        .config(json!({"vocab_size": 60}))
        .tensor("bert.embeddings.word_embeddings.weight", small)
        .save(place, "small");
    place
        .lmc(&format!("finetune --encoder small {FINETUNE}"))
        .refused(&["small without a tokenizer, with 60 words", "the 76 words of mini-nli"]);
    assert_eq!(place.n_stored(), 0);
}

pub fn roberta_segments(place: &Place) {
    sentences(place);
    roberta().save(place, "plain");
    let named = |id: &str, segment: u8| json!({"SpecialToken": {"id": id, "type_id": segment}});
    let template = json!({
        "type": "TemplateProcessing",
        "single": [named("<s>", 1), {"Sequence": {"id": "A", "type_id": 1}}, named("</s>", 1)],
        "pair": [named("<s>", 0), {"Sequence": {"id": "A", "type_id": 0}}, named("</s>", 0), {"Sequence": {"id": "B", "type_id": 1}}, named("</s>", 1)],
        "special_tokens": {
            "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}},
    });
    let vocabulary: serde_json::Value = serde_json::from_slice(&roberta().files["vocab.json"]).unwrap();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "decoder": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": template,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "",
            "fuse_unk": false, "byte_fallback": false, "vocab": vocabulary, "merges": ["Ġ t", "Ġt h"]},
    });
    roberta().file("tokenizer.json", tokenizer.to_string()).save(place, "segments");
    same(place, &["plain", "segments"]);
}

pub fn one_segment(place: &Place) {
    // A sentence alone is all of the first segment; a pair of mini-NLI is not.
    sentences(place);
    let one = |model: Model, width: usize| {
        let name = "bert.embeddings.token_type_embeddings.weight";
        let table = model.tensors[name].clone();
        let table = Tensor { shape: vec![1, width], bytes: table.bytes[..4 * width].to_vec(), ..table };
        model.config(json!({"type_vocab_size": 1})).tensor(name, table)
    };
    bert().save(place, "base");
    one(bert(), 16).save(place, "one");
    same(place, &["base", "one"]);
    one(mini(), 64).save(place, "encoder");
    place
        .lmc(&format!("finetune --encoder encoder {FINETUNE}"))
        .refused(&["encoder: a text has segment 1", "1 rows (`type_vocab_size`)"]);
}

pub fn few_positions(place: &Place) {
    sentences(place);
    for n in [1usize, 2] {
        let table = bert().tensors["bert.embeddings.position_embeddings.weight"].clone();
        let table = Tensor { shape: vec![n, 16], bytes: table.bytes[..n * 64].to_vec(), ..table };
        let name = format!("few{n}");
        bert()
            .config(json!({"max_position_embeddings": n}))
            .tensor("bert.embeddings.position_embeddings.weight", table)
            .save(place, &name);
        refused(place, &name, &[&format!("places for {n} tokens (`max_position_embeddings`)")]);
    }
}

pub fn odd_padding(place: &Place) {
    sentences(place);
    bert().save(place, "base");
    bert().config(json!({"pad_token_id": 5})).save(place, "the");
    bert().config(json!({"pad_token_id": -1})).save(place, "negative");
    bert().config(json!({"pad_token_id": null})).save(place, "none");
    // BERT counts every token; the value of padding never mattered.
    same(place, &["base", "the", "negative", "none"]);
    roberta().save(place, "plain");
    for pad in [-1, 0, 2, 5] {
        let name = format!("pad{pad}");
        roberta().config(json!({"pad_token_id": pad})).save(place, &name);
        different(place, "plain", &name);
    }
    for (pad, says) in
        [(-2, "or -1 for none"), (39, "more than 40, the first position"), (40, "below vocab_size = 40")]
    {
        roberta().config(json!({"pad_token_id": pad})).save(place, "odd");
        refused(place, "odd", &["config.json:", says]);
    }
}
