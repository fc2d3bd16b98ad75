//! Whether a tokenizer tells segments to a model: transformers decides by the tokenizer's class, whatever its files would give.

use std::path::Path;

use serde_json::Value;
use tokenizers::Tokenizer;
use tokenizers::processors::PostProcessorWrapper;

use crate::error::{LmcError, Result};
use crate::progress;

/// The classes whose tokenizers give segments (`token_type_ids`), without `Fast` behind them; those of transformers that end up there.
const WITH_SEGMENTS: [&str; 2] = ["BertTokenizer", "ElectraTokenizer"];

/// Returns the tokenizer of a folder such that it gives the segments that transformers 5 feeds to a model: those of the tokenizer
/// where `tokenizer_config.json` has `token_type_ids` among `model_input_names`, or else where the tokenizer's class is BERT's, and 0
/// for all tokens otherwise, so for RoBERTa's. The class is that of `tokenizer_config.json` or `config.json`, or the one of the model's
/// family; where the folder says nothing of these, the tokenizer stays as it is.
///
/// # Errors
/// [`LmcError::Tokenizer`] where the segments of its special tokens cannot be changed.
pub(super) fn as_fed(mut tokenizer: Tokenizer, folder: &Path) -> Result<Tokenizer> {
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    };
    let (options, config) = (read("tokenizer_config.json"), read("config.json"));
    let class = [&options, &config].into_iter().find_map(|file| file["tokenizer_class"].as_str());
    let gives = match (options["model_input_names"].as_array(), class, config["model_type"].as_str()) {
        (Some(names), _, _) => names.iter().any(|name| name == "token_type_ids"),
        (None, Some(class), _) => WITH_SEGMENTS.contains(&class.trim_end_matches("Fast")),
        (None, None, Some(family)) => family != "roberta",
        (None, None, None) => true,
    };
    let Some(processor) = tokenizer.get_post_processor().filter(|_| !gives) else { return Ok(tokenizer) };
    let (flat, had_segments) = flattened(processor)?;
    if had_segments && !class.is_some_and(|class| class.starts_with("Roberta")) {
        let (folder, class) = (folder.display(), class.unwrap_or("its class"));
        progress::note(&format!(
            "{folder}: the tokenizer gives no segments ({class}, as transformers 5 reads it): all tokens are of the first"
        ));
    }
    tokenizer.with_post_processor(Some(flat));
    Ok(tokenizer)
}

/// The same processor with segment 0 for every token, and whether it gave others.
fn flattened(processor: &PostProcessorWrapper) -> Result<(PostProcessorWrapper, bool)> {
    let failed = |error: serde_json::Error| LmcError::Tokenizer(error.to_string());
    let mut value = serde_json::to_value(processor).map_err(failed)?;
    let had_segments = flatten(&mut value);
    Ok((serde_json::from_value(value).map_err(failed)?, had_segments))
}

/// Sets every segment in the JSON of a processor to 0; returns whether one was another.
fn flatten(value: &mut Value) -> bool {
    if value["type"] == "BertProcessing" {
        *value = template(value);
        return true;
    }
    match value {
        Value::Object(fields) => {
            let mut had = false;
            for (key, value) in fields {
                if key == "type_id" {
                    had |= *value != 0;
                    *value = 0.into();
                } else {
                    had |= flatten(value);
                }
            }
            had
        }
        Value::Array(values) => values.iter_mut().fold(false, |had, value| flatten(value) | had),
        _ => false,
    }
}

/// BERT's special tokens around texts and pairs as a template, of which segments can be set.
fn template(bert: &Value) -> Value {
    let special = |key: &str| serde_json::json!({"SpecialToken": {"id": bert[key][0], "type_id": 0}});
    let text = |id: &str| serde_json::json!({"Sequence": {"id": id, "type_id": 0}});
    let known =
        |key: &str| serde_json::json!({"id": bert[key][0], "ids": [bert[key][1]], "tokens": [bert[key][0]]});
    let name = |key: &str| bert[key][0].as_str().unwrap_or_default().to_owned();
    let (cls, sep) = (special("cls"), special("sep"));
    serde_json::json!({
        "type": "TemplateProcessing",
        "single": [cls, text("A"), sep],
        "pair": [cls, text("A"), sep, text("B"), sep],
        "special_tokens": {name("cls"): known("cls"), name("sep"): known("sep")},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::PostProcessor;

    use crate::data::grammar::tokenizer;

    /// Ids and segments of a pair by the tokenizer of a folder with these files.
    fn pair(files: &[(&str, &str)]) -> (Vec<u32>, Vec<u32>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let tokenizer = as_fed(tokenizer().unwrap(), folder.path()).unwrap();
        let encoding = tokenizer.encode(("doctors slept", "judges slept"), true).unwrap();
        (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec())
    }

    /// As transformers 5.17 answers for the same files.
    #[test]
    fn the_class_decides_and_model_input_names_before_it() {
        let (bert, roberta) =
            (("config.json", r#"{"model_type": "bert"}"#), ("config.json", r#"{"model_type": "roberta"}"#));
        let options = |text| ("tokenizer_config.json", text);
        let with = vec![0, 0, 0, 0, 1, 1, 1];
        let (ids, segments) = pair(&[]);
        assert_eq!((ids.len(), &segments), (7, &with));
        for (files, expected) in [
            (vec![bert], true),
            (vec![roberta], false),
            (vec![bert, options(r#"{"tokenizer_class": "BertTokenizerFast"}"#)], true),
            (vec![bert, options(r#"{"tokenizer_class": "ElectraTokenizer"}"#)], true),
            (vec![roberta, options(r#"{"tokenizer_class": "BertTokenizer"}"#)], true),
            (vec![bert, options(r#"{"tokenizer_class": "RobertaTokenizerFast"}"#)], false),
            (vec![bert, options(r#"{"tokenizer_class": "DistilBertTokenizer"}"#)], false),
            (vec![bert, options(r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#)], false),
            (
                vec![
                    bert,
                    options(
                        r#"{"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["token_type_ids"]}"#,
                    ),
                ],
                true,
            ),
            (vec![bert, options(r#"{"model_input_names": ["input_ids", "attention_mask"]}"#)], false),
            (vec![options(r#"{"tokenizer_class": "BertTokenizer"}"#)], true),
            (
                vec![("config.json", r#"{"model_type": "bert", "tokenizer_class": "RobertaTokenizer"}"#)],
                false,
            ),
        ] {
            let expected = if expected { with.clone() } else { vec![0; 7] };
            assert_eq!(pair(&files), (ids.clone(), expected), "{files:?}");
        }
    }

    #[test]
    fn every_processor_can_be_flattened() {
        use tokenizers::processors::bert::BertProcessing;
        use tokenizers::processors::roberta::RobertaProcessing;
        let bert = BertProcessing::new(("[SEP]".into(), 2), ("[CLS]".into(), 1));
        let (flat, had) = flattened(&PostProcessorWrapper::Bert(bert)).unwrap();
        assert!(had && flat.added_tokens(true) == 3 && flat.added_tokens(false) == 2);
        let roberta = PostProcessorWrapper::Roberta(RobertaProcessing::default());
        let (flat, had) = flattened(&roberta).unwrap();
        assert_eq!((flat, had), (roberta, false));
    }
}
