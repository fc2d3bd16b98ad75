//! The files of a tokenizer: their settings, contradictions and substitutes; and the longest example.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::case::{Case, Place, Ran};
use crate::model::{Model, SPECIAL, Tensor, WORDS};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "tokenizer", what: "saved files that agree, and vocab.txt alone", test: agreeing },
    Case { row: "two tokenizers", what: "do_lower_case", test: lower_case },
    Case { row: "two tokenizers", what: "strip_accents and tokenize_chinese_chars", test: accents },
    Case { row: "two tokenizers", what: "add_prefix_space of a RoBERTa", test: prefix_space },
    Case { row: "two tokenizers", what: "the class says which file counts", test: classes },
    Case { row: "added tokens", what: "added_tokens.json and added_tokens_decoder", test: added_tokens },
    Case { row: "added tokens", what: "ids that contradict the vocabulary", test: contradicting_ids },
    Case {
        row: "special tokens",
        what: "named in special_tokens_map.json or tokenizer_config.json alone",
        test: special_tokens,
    },
    Case {
        row: "special tokens",
        what: "inside texts, and padding that is not 0",
        test: special_tokens_in_texts,
    },
    Case { row: "stand-ins", what: "pointers, pages, empty and cut files", test: stand_ins },
    Case { row: "settings", what: "of a wrong kind", test: wrong_settings },
    Case { row: "other tokenizers", what: "Unigram, classes that are not known, none at all", test: others },
];

/// Writes 400 sentences of few words in CoLA's form, some of them longer than twelve tokens.
pub fn cola(place: &Place) {
    let mut text = String::new();
    for i in 0..400 {
        let words =
            (0..3 + i % 5).map(|k| WORDS[(7 * i + 3 * k + i / 35) % 35]).collect::<Vec<_>>().join(" ");
        let rest = match i % 8 {
            1 => " the doctors saw the judges who saw the lawyers .",
            2 => " The Doctors , THE doctors",
            3 => " [MASK] caf\u{e9} [SEP] \u{4e2d}the",
            _ => " .",
        };
        writeln!(text, "gj04\t{}\t\t{words}{rest}", i % 2).unwrap();
    }
    place.write("data/in_domain_dev.tsv", text);
}

/// Returns a BERT with two outputs for CoLA's labels.
pub fn bert() -> Model {
    let rows = (0..32).map(|i| ((i * 37 % 19) as f32 - 9.0) / 9.0);
    Model::bert()
        .outputs(&["unacceptable", "acceptable"])
        .tensor("classifier.weight", Tensor::f32(&[2, 16], rows))
        .tensor("classifier.bias", Tensor::f32(&[2], [0.1, -0.2]))
}

pub fn words() -> Vec<&'static str> {
    SPECIAL.into_iter().chain(WORDS).collect()
}

/// Returns a vocabulary in which the end of the list gives way to other words.
fn words_with(others: &[&'static str]) -> Vec<&'static str> {
    let mut words = words();
    let n = words.len() - others.len();
    words[n..].copy_from_slice(others);
    words
}

/// Returns the content of a `tokenizer.json` of WordPiece.
pub fn whole(vocabulary: &[&str], lower: bool) -> Value {
    let special = |(id, token): (usize, &&str)| json!({ "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true });
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": vocabulary.iter().enumerate().take(5).map(special).collect::<Vec<_>>(),
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": lower },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": { "type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2] },
        "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": vocabulary.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect::<serde_json::Map<_, _>>(),
        },
    })
}

/// Returns the model with a `tokenizer.json` instead of its `vocab.txt`, and with settings.
pub fn with_whole(model: Model, whole: &Value, settings: &Value) -> Model {
    let model = model.without("vocab.txt").file("tokenizer.json", whole.to_string());
    with_settings(model, settings)
}

pub fn with_settings(model: Model, settings: &Value) -> Model {
    model.file("tokenizer_config.json", settings.to_string())
}

/// Evaluates a model, which is saved as `m`.
pub fn evaluated(place: &Place, model: &Model, options: &str) -> Ran {
    if place.path("m").exists() {
        std::fs::remove_dir_all(place.path("m")).unwrap();
    }
    model.save(place, "m");
    place.lmc(&format!("evaluate m --corpus cola --split id --data data --unverified {options}"))
}

/// Asserts that the outputs for two models with the same settings in different files are the same; returns
/// the output.
#[track_caller]
pub fn alike(place: &Place, one: &Model, other: &Model) -> String {
    let (one, other) = (evaluated(place, one, "").handled(), evaluated(place, other, "").handled());
    assert_eq!(one, other);
    one
}

#[track_caller]
pub fn unlike(place: &Place, one: &Model, other: &Model) {
    assert_ne!(evaluated(place, one, "").handled(), evaluated(place, other, "").handled());
}

fn agreeing(place: &Place) {
    cola(place);
    let saved = with_whole(
        bert(),
        &whole(&words(), true),
        &json!({ "do_lower_case": true, "tokenizer_class": "BertTokenizer" }),
    );
    alike(place, &bert(), &saved);
    let fast = json!({ "tokenizer_class": "PreTrainedTokenizerFast" });
    alike(place, &bert(), &with_whole(bert(), &whole(&words(), true), &fast));
}

fn lower_case(place: &Place) {
    cola(place);
    let cased = words_with(&["The", "Doctors", "THE"]);
    let kept = with_settings(bert().vocabulary(&cased), &json!({ "do_lower_case": false }));
    let settings = json!({ "do_lower_case": false, "tokenizer_class": "BertTokenizer" });
    alike(place, &kept, &with_whole(bert(), &whole(&cased, true), &settings));
    // Settings that tokenizer_config.json lacks mean lower case, whatever tokenizer.json says.
    let lower = bert().vocabulary(&cased);
    alike(place, &lower, &with_whole(bert(), &whole(&cased, false), &json!({})));
    let unheard = with_whole(bert(), &whole(&cased, false), &json!({}));
    evaluated(place, &unheard, "")
        .noted(&["note: m/tokenizer.json: `normalizer.lowercase` is false, and true is used"]);
    unlike(place, &lower, &kept);
}

fn accents(place: &Place) {
    cola(place);
    let vocabulary = words_with(&["cafe", "caf\u{e9}", "\u{4e2d}", "\u{4e2d}the"]);
    for settings in [
        json!({ "strip_accents": false }),
        json!({ "do_lower_case": false, "strip_accents": true }),
        json!({ "tokenize_chinese_chars": false }),
    ] {
        let alone = with_settings(bert().vocabulary(&vocabulary), &settings);
        alike(place, &alone, &with_whole(bert(), &whole(&vocabulary, true), &settings));
        unlike(place, &alone, &bert().vocabulary(&vocabulary));
    }
}

/// Returns a RoBERTa with 40 tokens, its letters and merges.
fn roberta(settings: &Value) -> Model {
    let tokens = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "<mask>",
        "\u{120}",
        "t",
        "h",
        "e",
        "d",
        "o",
        "c",
        "r",
        "s",
        "a",
        "w",
        "j",
        "u",
        "g",
        "th",
        "the",
        "\u{120}t",
        "\u{120}the",
    ];
    let ids: serde_json::Map<String, Value> =
        tokens.iter().enumerate().map(|(id, token)| ((*token).to_owned(), json!(id))).collect();
    let rows = (0..32).map(|i| ((i * 37 % 19) as f32 - 9.0) / 9.0);
    let model = Model::roberta()
        .outputs(&["unacceptable", "acceptable"])
        .tensor("classifier.out_proj.weight", Tensor::f32(&[2, 16], rows))
        .tensor("classifier.out_proj.bias", Tensor::f32(&[2], [0.1, -0.2]))
        .file("vocab.json", Value::Object(ids).to_string())
        .file("merges.txt", "#version: 0.2\nt h\nth e\n\u{120} t\n\u{120} the\n");
    with_settings(model, settings)
}

fn prefix_space(place: &Place) {
    cola(place);
    let whole = |prefix: bool| {
        let model = roberta(&json!({}));
        let ids: Value = serde_json::from_slice(&model.files["vocab.json"]).unwrap();
        let merges: Vec<&str> =
            std::str::from_utf8(&model.files["merges.txt"]).unwrap().lines().skip(1).collect();
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "decoder": null,
            "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": true },
            "post_processor": { "type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true, "add_prefix_space": prefix },
            "model": { "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false, "vocab": ids, "merges": merges },
        })
    };
    for (stored, set) in [
        (true, json!({ "add_prefix_space": false })),
        (false, json!({ "add_prefix_space": true })),
        (true, json!({})),
    ] {
        let pairs = roberta(&set);
        let one = roberta(&set)
            .without("vocab.json")
            .without("merges.txt")
            .file("tokenizer.json", whole(stored).to_string());
        alike(place, &pairs, &one);
    }
    unlike(place, &roberta(&json!({})), &roberta(&json!({ "add_prefix_space": true })));
}

fn classes(place: &Place) {
    cola(place);
    let cased = words_with(&["The", "Doctors", "THE"]);
    let kept = with_settings(bert().vocabulary(&cased), &json!({ "do_lower_case": false }));
    // The tokenizer is used as it is; its settings do not count.
    let fast = json!({ "tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": true });
    alike(place, &kept, &with_whole(bert(), &whole(&cased, false), &fast));
    let by_config = bert().config(json!({ "tokenizer_class": "PreTrainedTokenizerFast" }));
    alike(place, &kept, &with_whole(by_config, &whole(&cased, false), &json!({})));
    // RobertaTokenizer reads words as byte-level pairs, of which it knows hardly any: transformers reads them
    // without a warning.
    let model = roberta(&json!({})).without("vocab.json").without("merges.txt").file("tokenizer.json", {
        let mut vocabulary = words();
        vocabulary[..5].copy_from_slice(&["<s>", "<pad>", "</s>", "<unk>", "<mask>"]);
        let mut whole = whole(&vocabulary, true);
        whole["added_tokens"] = json!([]);
        whole.to_string()
    });
    evaluated(place, &model, "")
        .noted(&["note: m/tokenizer.json: a WordPiece vocabulary is read as BPE, as RobertaTokenizer"]);
    let message =
        "`tokenizer_class`: got PreTrainedTokenizerFast, expected the class of the files that are there";
    evaluated(place, &with_settings(bert(), &fast), "").refused(&["m/tokenizer_config.json", message]);
}

fn added_tokens(place: &Place) {
    cola(place);
    // The last words of the vocabulary are added tokens of the same ids.
    let n = words().len();
    let base = bert().vocabulary(&words()[..n - 2]);
    let json = json!({ words()[n - 2]: n - 2, words()[n - 1]: n - 1 });
    let full = alike(place, &bert(), &base.clone().file("added_tokens.json", json.to_string()));
    let token = |content: &str| json!({ "content": content, "single_word": true, "lstrip": false, "rstrip": false, "normalized": true, "special": false });
    let decoder =
        json!({ (n - 2).to_string(): token(words()[n - 2]), (n - 1).to_string(): token(words()[n - 1]) });
    let decoder = json!({ "do_lower_case": true, "added_tokens_decoder": decoder });
    alike(place, &bert(), &with_settings(base.clone(), &decoder));
    // The decoder decides everything, if it is there.
    let none = with_settings(
        base.clone().file("added_tokens.json", json.to_string()),
        &json!({ "added_tokens_decoder": {} }),
    );
    alike(place, &base, &none);
    assert_ne!(evaluated(place, &base, "").handled(), full);
}

fn contradicting_ids(place: &Place) {
    cola(place);
    let added = |json: Value| bert().file("added_tokens.json", json.to_string());
    let problem = ["m/added_tokens.json", "got 12 for the token \"doctors\", expected 7"];
    evaluated(place, &added(json!({ "doctors": 12 })), "").refused(&problem);
    evaluated(place, &added(json!({ "a": 40, "b": 40 })), "")
        .refused(&["m/added_tokens.json", "40 for \"a\" and for \"b\""]);
    evaluated(place, &added(json!({ "a": "40" })), "")
        .refused(&["m/added_tokens.json: `a`: got \"40\", expected the token's id"]);
    let decoder = with_settings(bert(), &json!({ "added_tokens_decoder": { "99": { "content": "a" } } }));
    evaluated(place, &decoder, "").refused(&[
        "m/tokenizer_config.json: `added_tokens_decoder`: got 99 for the token \"a\", expected 40",
    ]);
    assert_eq!(place.n_stored(), 0);
}

fn special_tokens(place: &Place) {
    cola(place);
    let mut other = words();
    other[..5].copy_from_slice(&["<pad>", "<unk>", "<cls>", "<sep>", "<mask>"]);
    let names = json!({ "pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<cls>", "sep_token": "<sep>", "mask_token": "<mask>" });
    let plain = bert().vocabulary(&other);
    let map =
        evaluated(place, &plain.clone().file("special_tokens_map.json", names.to_string()), "").handled();
    assert_eq!(evaluated(place, &with_settings(plain.clone(), &names), "").handled(), map);
    let described: serde_json::Map<String, Value> = names.as_object().unwrap().iter().map(|(key, token)| {
        (key.clone(), json!({ "__type": "AddedToken", "content": token, "lstrip": false, "rstrip": false, "normalized": false, "single_word": false }))
    }).collect();
    assert_eq!(evaluated(place, &with_settings(plain.clone(), &Value::Object(described)), "").handled(), map);
    evaluated(place, &plain, "").refused(&["m/vocab.txt: the special token `[UNK]` is missing"]);
    evaluated(place, &with_settings(bert(), &json!({ "cls_token": null })), "")
        .refused(&["m/tokenizer_config.json: `cls_token`: got null"]);
}

fn special_tokens_in_texts(place: &Place) {
    cola(place);
    let split = with_settings(bert(), &json!({ "split_special_tokens": true }));
    unlike(place, &bert(), &split);
    let padded = with_settings(bert(), &json!({ "pad_token": "the", "padding_side": "left" }));
    evaluated(place, &padded.config(json!({ "pad_token_id": 5 })), "").handled();
}

fn stand_ins(place: &Place) {
    cola(place);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 466062\n";
    let page = "<!DOCTYPE html>\n<html><body>Entry not found</body></html>\n";
    let files = [
        "tokenizer.json",
        "tokenizer_config.json",
        "added_tokens.json",
        "special_tokens_map.json",
        "vocab.txt",
    ];
    for name in files {
        for (content, part) in
            [(pointer, "pointer of Git LFS"), (page, "a web page"), ("", "the file is empty")]
        {
            evaluated(place, &bert().file(name, content), "").refused(&[&format!("m/{name}: "), part, "; "]);
        }
        if name != "vocab.txt" {
            let cut = whole(&words(), true).to_string();
            evaluated(place, &bert().file(name, &cut[..cut.len() / 2]), "")
                .refused(&[&format!("m/{name}:1: cut short")]);
        }
    }
    evaluated(place, &bert().file("tokenizer.json", "[]"), "")
        .refused(&["m/tokenizer.json:1: it has no `model`"]);
    evaluated(place, &bert().file("vocab.txt", b"[PAD]\n\xff\n".to_vec()), "")
        .refused(&["m/vocab.txt:2: not UTF-8"]);
    assert_eq!(place.n_stored(), 0);
}

fn wrong_settings(place: &Place) {
    cola(place);
    for (key, value, expected) in [
        ("do_lower_case", json!("false"), "true or false"),
        ("do_lower_case", json!(null), "true or false"),
        ("strip_accents", json!(1), "true or false"),
        ("tokenize_chinese_chars", json!(0), "true or false"),
        ("truncation_side", json!("middle"), "\"left\" or \"right\""),
        ("model_max_length", json!("512"), "a number of tokens"),
        ("model_max_length", json!(0), "a number of tokens"),
        ("model_max_length", json!(3), "more than the 3 special tokens"),
        ("model_input_names", json!(null), "a list of strings"),
        ("cls_token", json!(2), "a token"),
        ("added_tokens_decoder", json!(null), "a map from ids to tokens"),
        ("tokenizer_class", json!(["BertTokenizer"]), "a string"),
    ] {
        let mut settings = serde_json::Map::new();
        settings.insert(key.to_owned(), value);
        let parts = [format!("m/tokenizer_config.json: `{key}`: got "), expected.to_owned()];
        let parts = parts.each_ref().map(String::as_str);
        evaluated(place, &with_settings(bert(), &Value::Object(settings)), "").refused(&parts);
    }
    assert_eq!(place.n_stored(), 0);
}

fn others(place: &Place) {
    cola(place);
    for (class, expected) in [
        ("DebertaTokenizer", "expected BertTokenizer, RobertaTokenizer, MPNetTokenizer"),
        ("MyTokenizer", "expected BertTokenizer, RobertaTokenizer, MPNetTokenizer"),
        ("XLMRobertaTokenizer", "XLMRobertaTokenizer is read from tokenizer.json"),
        ("AlbertTokenizerFast", "is read from tokenizer.json"),
        ("DebertaV2Tokenizer", "is read from tokenizer.json"),
    ] {
        let parts =
            [&format!("`tokenizer_class`: got {class}, expected"), expected, "m/tokenizer_config.json"];
        evaluated(place, &with_settings(bert(), &json!({ "tokenizer_class": class })), "").refused(&parts);
    }
    let mut unigram = whole(&words(), true);
    let pieces: Vec<Value> = words().iter().map(|word| json!([word, -1.0])).collect();
    unigram["model"] = json!({ "type": "Unigram", "unk_id": 1, "vocab": pieces, "byte_fallback": false });
    let refused = with_whole(bert(), &unigram, &json!({}));
    evaluated(place, &refused, "")
        .refused(&["m/tokenizer.json: `model.type`: got Unigram, expected WordPiece or BPE"]);
    evaluated(place, &bert().without("vocab.txt"), "").refused(&["m: there is no tokenizer", "--tokenizer"]);
    assert_eq!(place.n_stored(), 0);
    let fast = json!({ "tokenizer_class": "PreTrainedTokenizerFast" });
    evaluated(place, &with_whole(bert(), &unigram, &fast), "").handled();
}
