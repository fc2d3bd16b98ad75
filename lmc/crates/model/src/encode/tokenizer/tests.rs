use std::path::PathBuf;

use super::*;

const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\ncat\n##s\nThe\n";
const PAIRS: &str = r#"{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "t": 4, "h": 5, "e": 6, "th": 7, "the": 8, "Ġ": 9, "Ġt": 10}"#;
const MERGES: &str = "#version: 0.2\nt h\nth e\nĠ t\n";
const BERT: (&str, &str) = ("config.json", r#"{"model_type": "bert"}"#);

/// Returns a folder with these files.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn load(files: &[(&str, &str)]) -> Result<Tokenizer> {
    load_tokenizer(&folder(files).1)
}

fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode(text, true).unwrap().get_ids().to_vec()
}

/// Returns the text of an error after the folder, without the advice.
fn problem(files: &[(&str, &str)]) -> String {
    let (kept, path) = folder(files);
    let message = load_tokenizer(&path).unwrap_err().to_string();
    drop(kept);
    let message = message.split_once(&*path.to_string_lossy()).unwrap().1.to_owned();
    message.trim_start_matches('/').split("; ").next().unwrap().to_owned()
}

#[test]
fn word_pieces_are_numbered_by_line_whatever_its_end() {
    for text in [VOCABULARY.to_owned(), VOCABULARY.replace('\n', "\r\n"), VOCABULARY.trim_end().to_owned()] {
        let tokenizer = load(&[("vocab.txt", &text)]).unwrap();
        assert_eq!(ids(&tokenizer, "The cats, the cat"), [2, 4, 5, 6, 1, 4, 5, 3]);
        assert_eq!(ids(&tokenizer, "[PAD]"), [2, 0, 3]);
    }
    let config = ("tokenizer_config.json", r#"{"do_lower_case": false, "model_max_length": 512}"#);
    let tokenizer = load(&[("vocab.txt", VOCABULARY), config]).unwrap();
    assert_eq!(ids(&tokenizer, "The cats"), [2, 7, 5, 6, 3]);
}

#[test]
fn special_tokens_may_be_spelt_otherwise() {
    let config = r#"{"cls_token": "the", "unk_token": {"content": "cat", "special": true}}"#;
    let tokenizer = load(&[("vocab.txt", VOCABULARY), ("tokenizer_config.json", config)]).unwrap();
    assert_eq!(ids(&tokenizer, "dog"), [4, 5, 3]);
}

#[test]
fn byte_level_pairs_are_merged_in_their_order() {
    let files = [("vocab.json", PAIRS), ("merges.txt", MERGES)];
    let tokenizer = load(&files).unwrap();
    assert_eq!(ids(&tokenizer, "the"), [0, 8, 2]);
    assert_eq!(ids(&tokenizer, " the"), [0, 9, 8, 2]);
    let pair = tokenizer.encode(("the", "t"), true).unwrap();
    assert_eq!((pair.get_ids(), pair.get_type_ids()), (&[0, 8, 2, 2, 4, 2][..], &[0; 6][..]));
    let [vocabulary, merges] = files;
    let config = ("tokenizer_config.json", r#"{"add_prefix_space": true}"#);
    assert_eq!(ids(&load(&[vocabulary, merges, config]).unwrap(), "the"), [0, 9, 8, 2]);
}

#[test]
fn one_file_stands_for_all() {
    let tokenizer = load(&[("vocab.txt", VOCABULARY)]).unwrap().to_string(false).unwrap();
    let again = load(&[("tokenizer.json", &tokenizer), ("vocab.txt", "")]).unwrap();
    assert_eq!(ids(&again, "The cats"), [2, 4, 5, 6, 3]);
}

#[test]
fn missing_and_damaged_files_are_named() {
    let nothing = "there is no tokenizer.json, no vocab.txt and no vocab.json with merges.txt";
    assert_eq!(problem(&[("merges.txt", MERGES)]), format!(": {nothing}"));
    let error = load(&[("vocab.json", PAIRS)]).unwrap_err();
    assert!(matches!(&error, LmcError::Io { path, .. } if path.ends_with("merges.txt")), "{error}");

    assert_eq!(problem(&[("vocab.txt", "")]), "vocab.txt: the file is empty");
    for special in ["[CLS]", "[SEP]", "[UNK]"] {
        let text = VOCABULARY.replace(special, "[X]");
        let expected = format!("vocab.txt: the special token `{special}` is missing");
        assert_eq!(problem(&[("vocab.txt", &text)]), expected);
    }
    let (_kept, path) = folder(&[]);
    std::fs::write(path.join("vocab.txt"), b"[PAD]\n[UNK]\n\xff\n").unwrap();
    let message = load_tokenizer(&path).unwrap_err().to_string();
    assert!(message.ends_with("vocab.txt:3: not UTF-8; fetch the tokenizer's files again"), "{message}");

    let config = ("tokenizer_config.json", "{\n\"do_lower_case\": \"no\"}");
    let message = problem(&[("vocab.txt", VOCABULARY), config]);
    assert_eq!(message, "tokenizer_config.json: `do_lower_case`: got \"no\", expected true or false");
}

#[test]
fn damaged_merges_and_vocabularies_of_pairs_are_named_with_their_line() {
    let merges = |text: &str| problem(&[("vocab.json", PAIRS), ("merges.txt", text)]);
    let shape = "is not two tokens with a space between";
    assert_eq!(merges("#version: 0.2\nt h\nth\n"), format!("merges.txt:3: `th` {shape}"));
    assert_eq!(merges("t h\n\nth e\n"), format!("merges.txt:2: `` {shape}"));
    assert_eq!(merges("t h e\n"), format!("merges.txt:1: `t h e` {shape}"));
    for (line, token) in [("x e", "x"), ("t x", "x"), ("h e", "he")] {
        let expected =
            format!("merges.txt:2: the merge `{line}` needs the token `{token}`, which vocab.json lacks");
        assert_eq!(merges(&format!("t h\n{line}\n")), expected);
    }
    let vocabulary = |text: &str| problem(&[("vocab.json", text), ("merges.txt", MERGES)]);
    assert_eq!(vocabulary("{}"), "vocab.json: there are no tokens");
    assert_eq!(vocabulary(&PAIRS.replace("</s>", "?")), "vocab.json: the special token `</s>` is missing");
    let message = vocabulary(&PAIRS.replace("\"t\": 4", "\n\"t\": -4"));
    assert_eq!(message, "vocab.json: `t`: got -4, expected the token's id");
    assert_eq!(vocabulary("[1]"), "vocab.json:1: got a list, expected a JSON object");
}

#[test]
fn a_damaged_tokenizer_file_is_named_with_its_line() {
    let whole = load(&[("vocab.txt", VOCABULARY)]).unwrap().to_string(true).unwrap();
    let cut = &whole[..whole.len() / 2];
    let line = cut.lines().count();
    let message = problem(&[("tokenizer.json", cut)]);
    assert!(
        message.starts_with(&format!("tokenizer.json:{line}: cut short, it ends in the middle (EOF")),
        "{message}"
    );
    assert_eq!(problem(&[("tokenizer.json", "{}")]), "tokenizer.json:1: it has no `model`");
    let mut fields: serde_json::Value = serde_json::from_str(&whole).unwrap();
    fields["post_processor"] = serde_json::Value::Null;
    let message = problem(&[("tokenizer.json", &fields.to_string())]);
    assert_eq!(message, "tokenizer.json: it puts no special tokens around a text");
    fields["model"]["vocab"] = serde_json::json!({});
    fields["added_tokens"] = serde_json::json!([]);
    let message = problem(&[("tokenizer.json", &fields.to_string())]);
    assert_eq!(message, "tokenizer.json: there are no tokens");
}

/// A JSON file that holds another file's content is reported in the same words as for weights.
#[test]
fn a_file_that_stands_in_for_another_is_told() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 466062\n";
    for name in ["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"] {
        let told = |text: &str| problem(&[BERT, ("vocab.txt", VOCABULARY), (name, text)]);
        assert_eq!(told(pointer), format!("{name}: only a pointer of Git LFS, the file itself is not there"));
        assert_eq!(told("<!doctype html>"), format!("{name}: a web page, the file itself is not there"));
        assert_eq!(told(""), format!("{name}: the file is empty"));
    }
    assert!(problem(&[("vocab.txt", pointer)]).starts_with("vocab.txt: only a pointer"));
    let merges = problem(&[("vocab.json", PAIRS), ("merges.txt", "Entry not found")]);
    assert_eq!(merges, "merges.txt: an answer of the hub, the file itself is not there");
}

/// Files of a class that a name asks for must be there; the family of the model alone does not require any.
#[test]
fn files_of_another_class() {
    let named = |name: &str| format!(r#"{{"tokenizer_class": "{name}"}}"#);
    for (name, files) in [
        ("RobertaTokenizerFast", "tokenizer.json or vocab.json with merges.txt"),
        ("PreTrainedTokenizerFast", "tokenizer.json"),
    ] {
        let message = problem(&[("vocab.txt", VOCABULARY), ("tokenizer_config.json", &named(name))]);
        let expected = format!(
            "tokenizer_config.json: `tokenizer_class`: got {name}, expected the class of the files that are there: {name} is read from {files}"
        );
        assert_eq!(message, expected);
    }
    let roberta = ("config.json", r#"{"model_type": "roberta", "eps": NaN}"#);
    assert_eq!(ids(&load(&[roberta, ("vocab.txt", VOCABULARY)]).unwrap(), "The cat"), [2, 4, 5, 3]);
    let tokenizer = load(&[BERT, ("vocab.json", PAIRS), ("merges.txt", MERGES)]).unwrap();
    assert_eq!(ids(&tokenizer, "the"), [0, 8, 2]);
    let message = problem(&[("config.json", r#"{"model_type": "xlnet"}"#), ("vocab.txt", VOCABULARY)]);
    assert!(
        message.starts_with("config.json: `model_type`: got \"xlnet\", expected a family whose tokenizer"),
        "{message}"
    );
}

/// Files of SentencePiece are not read; the message says how to make one that is.
#[test]
fn pieces_need_their_tokenizer_json() {
    for (family, name) in [
        ("xlm-roberta", "sentencepiece.bpe.model"),
        ("camembert", "sentencepiece.bpe.model"),
        ("albert", "spiece.model"),
        ("deberta-v2", "spm.model"),
    ] {
        let config = format!(r#"{{"model_type": "{family}"}}"#);
        let message = load(&[("config.json", &config), (name, "x")]).unwrap_err().to_string();
        let expected =
            format!("the tokenizer is {name}, which is not read, and there is no tokenizer.json; make");
        assert!(message.contains(&expected) && message.contains("save_pretrained"), "{message}");
        let message = load(&[("config.json", &config)]).unwrap_err().to_string();
        assert!(message.contains("there is no tokenizer.json, no vocab.txt"), "{message}");
    }
    let file = |model: &str| {
        format!(
            r#"{{"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null, "model": {model}}}"#
        )
    };
    let said = |model: &str| {
        let config = ("config.json", r#"{"model_type": "xlm-roberta"}"#);
        problem(&[config, ("tokenizer.json", &file(model))])
    };
    for (model, says) in [
        (r#"{"type": "WordPiece", "vocab": {"a": 0}}"#, "`model.type`: got WordPiece, expected Unigram ("),
        (r#"{"vocab": []}"#, "`model.type`: got a model without a type, expected Unigram ("),
        (r#"{"type": "Unigram", "vocab": {"a": 0}}"#, "invalid type: map"),
        (r#"{"type": "Unigram", "vocab": [["a", 0.0]]}"#, "`model.vocab`: got "),
        (
            r#"{"type": "Unigram", "vocab": [["a", 0], ["b", 0], ["c", "d"], ["e", 0]]}"#,
            "invalid type: string",
        ),
    ] {
        let message = said(model);
        assert!(message.starts_with("tokenizer.json: ") && message.contains(says), "{message}");
    }
    let pieces = file(r#"{"type": "Unigram", "vocab": [["a", 0.0], ["b", 0.0]]}"#);
    for (settings, says) in [
        (r#"{"unk_id": -1}"#, "tokenizer_config.json: `unk_id`: got -1, expected the id of a piece"),
        (r#"{"unk_id": 2}"#, "tokenizer.json: `model.vocab`: got "),
        (
            r#"{"split_by_punct": 1}"#,
            "tokenizer_config.json: `split_by_punct`: got 1, expected true or false",
        ),
    ] {
        let config = ("config.json", r#"{"model_type": "deberta-v2"}"#);
        let message = problem(&[config, ("tokenizer.json", &pieces), ("tokenizer_config.json", settings)]);
        assert!(message.starts_with(says), "{message}");
    }
}

/// The length that a model takes, however Python wrote it.
#[test]
fn the_longest_text_of_a_model() {
    let longest = |setting: &str| {
        let config = format!("{{{setting}}}");
        load(&[("vocab.txt", VOCABULARY), ("tokenizer_config.json", &config)]).map(|t| model_max_length(&t))
    };
    for (setting, expected) in [
        (r#""model_max_length": 512"#, Some(512)),
        (r#""model_max_length": 512.0"#, Some(512)),
        (r#""fast_tokenizer_files": ["tokenizer.4.0.0.json"]"#, None),
        (r#""max_len": 256"#, Some(256)),
        (r#""model_max_length": null"#, None),
        (r#""model_max_length": 1e30"#, None),
        (r#""model_max_length": Infinity"#, None),
        (r#""model_max_length": 1000000000000000019884624838656"#, None),
        (r#""truncation_side": "left""#, None),
        ("", None),
    ] {
        assert_eq!(longest(setting).unwrap(), expected, "{setting}");
    }
    for value in ["0", "-1", "2.5", "\"512\"", "3"] {
        let message = longest(&format!("\"model_max_length\": {value}")).unwrap_err().to_string();
        assert!(message.contains("tokenizer_config.json: `model_max_length`: got "), "{message}");
    }
}

#[test]
fn dropout_of_pairs_is_for_training_and_left_out() {
    let tokenizer = |dropout: &str| {
        let file = format!(
            r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {{"type": "Whitespace"}}, "decoder": null,
            "post_processor": {{"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
            "add_prefix_space": false}},
            "model": {{"type": "BPE", "dropout": {dropout}, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": {PAIRS},
            "merges": [["t", "h"], ["th", "e"]]}}}}"#
        );
        let fast = ("tokenizer_config.json", r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#);
        load(&[("tokenizer.json", &file), fast]).unwrap()
    };
    let expected = ids(&tokenizer("null"), "the the the the");
    assert_eq!(expected, [0, 8, 8, 8, 8, 2]);
    for dropout in ["0.0", "0.5", "1.0"] {
        let tokenizer = tokenizer(dropout);
        for _ in 0..20 {
            assert_eq!(ids(&tokenizer, "the the the the"), expected, "{dropout}");
        }
    }
}
