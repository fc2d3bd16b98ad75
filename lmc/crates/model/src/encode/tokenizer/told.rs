//! Messages about a folder whose files disagree, or whose tokens cannot be distinguished.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use tokenizers::{AddedToken, NormalizedString, Normalizer, Tokenizer};

use super::class::{Choice, Class};
use super::json::Json;
use super::settings::Settings;
use super::vocabulary::Whole;
use lmc_base::error::Result;
use lmc_base::progress::note;

/// Says which settings of a `tokenizer.json` do not count because the class has its own: the kind of model,
/// the normalisation.
pub(super) fn tell_unheard(whole: &Whole, choice: &Choice, settings: &Settings) -> Result<()> {
    let own = match choice.class {
        Class::Bert | Class::Mpnet => "WordPiece",
        Class::Roberta => "BPE",
        // Another kind of model is refused.
        Class::Whole | Class::Pieces(_) => return Ok(()),
    };
    let (path, class) = (whole.path.display(), choice.told());
    let as_it_is = "`tokenizer_class` PreTrainedTokenizerFast takes the file as it is";
    let kind = whole.kind();
    if !kind.is_empty() && kind != own {
        note(&format!(
            "{path}: a {kind} vocabulary is read as {own}, as {class} of transformers does, which knows few words of it; {as_it_is}"
        ));
        return Ok(());
    }
    for (key, stored, counts) in unheard(whole, choice.class, settings)? {
        note(&format!(
            "{path}: `{key}` is {stored}, and {counts} is used: tokenizer_config.json decides, or {class} where it says nothing, as in \
             transformers; {as_it_is}"
        ));
    }
    Ok(())
}

/// Returns the keys of a `tokenizer.json` that differ from the settings that count: each with its value and
/// the one that counts.
fn unheard(whole: &Whole, class: Class, settings: &Settings) -> Result<Vec<(String, Json, String)>> {
    let mut found = Vec::new();
    let mut compare = |map: &str, kind: &str, flags: &[(&str, Option<bool>)]| {
        let stored = whole.json.get(map).unwrap_or(&Json::Null);
        if stored.get("type").and_then(Json::text) != Some(kind) {
            let got = stored.get("type").unwrap_or(stored).clone();
            found.push((map.to_owned(), got, kind.to_owned()));
            return;
        }
        for &(key, counts) in flags {
            let counts = counts.map_or(Json::Null, Json::Flag);
            let stored = stored.get(key).unwrap_or(&Json::Null);
            if *stored != counts {
                found.push((format!("{map}.{key}"), stored.clone(), counts.to_string()));
            }
        }
    };
    match class {
        Class::Bert | Class::Mpnet => {
            let lower = settings.flag("do_lower_case", true)?;
            let chinese = settings.flag("tokenize_chinese_chars", true)?;
            let strip = settings.flag_or_null("strip_accents")?;
            let flags = [
                ("lowercase", Some(lower)),
                ("handle_chinese_chars", Some(chinese)),
                ("strip_accents", strip),
            ];
            compare("normalizer", "BertNormalizer", &flags);
        }
        Class::Roberta => {
            let prefix = settings.flag("add_prefix_space", false)?;
            compare("pre_tokenizer", "ByteLevel", &[("add_prefix_space", Some(prefix))]);
            if let Some(kind) = whole.json.get("normalizer").and_then(|normalizer| normalizer.get("type")) {
                found.push(("normalizer".to_owned(), kind.clone(), "none".to_owned()));
            }
        }
        Class::Whole | Class::Pieces(_) => {}
    }
    Ok(found)
}

/// Says that a model is not told to which of two texts a token belongs, though its tokenizer knows it.
pub(super) fn tell_no_segments(folder: &Path, choice: &Choice) {
    note(&format!(
        "{}: the tokenizer gives no segments ({}, as transformers 5 reads it): all tokens are of the first",
        folder.display(),
        choice.told()
    ));
}

/// Says that texts cannot tell two added tokens from each other.
pub(super) fn tell_equal_tokens(tokenizer: &Tokenizer, folder: &Path) {
    let Some(normalizer) = tokenizer.get_normalizer() else { return };
    let mut seen: HashMap<String, String> = HashMap::new();
    let tokens: BTreeMap<u32, AddedToken> = tokenizer.get_added_tokens_decoder().into_iter().collect();
    for AddedToken { content, .. } in tokens.into_values().filter(|token| token.normalized) {
        let mut normalized = NormalizedString::from(content.as_str());
        if normalizer.normalize(&mut normalized).is_err() {
            continue;
        }
        if let Some(other) = seen.insert(normalized.get().to_owned(), content.clone()) {
            note(&format!(
                "{}: the added tokens {other:?} and {content:?} are one when texts are normalised; one of them is never found",
                folder.display()
            ));
        }
    }
}
