//! The tokens that a folder adds to its vocabulary, and their order: as
//! `PreTrainedTokenizerBase._from_pretrained` of transformers gathers them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use tokenizers::{AddedToken, Tokenizer};

use super::files::{read_json, wrong, wrong_key};
use super::json::Json;
use super::settings::{Setting, Settings};
use super::token::Token;
use lmc_base::error::Result;

/// The special tokens that have a name, in the order in which they are added.
const NAMED: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// A token with the id that a file gives it.
#[derive(Debug)]
struct Numbered {
    token: Token,
    key: &'static str,
    path: PathBuf,
}

/// All tokens that files add.
#[derive(Debug)]
pub(super) struct Added {
    numbered: BTreeMap<u32, Numbered>,
    named: Vec<(String, Token)>,
    extra: Vec<Token>,
}

impl Added {
    /// Returns the tokens of a folder whose `tokenizer_config.json` has these settings, which take those of
    /// `special_tokens_map.json` in; `whole` is the content of `tokenizer.json`, and `defaults` are the named
    /// tokens of the family.
    ///
    /// Where the settings have `added_tokens_decoder`, it says all: neither `special_tokens_map.json` nor
    /// `added_tokens.json` nor the tokens that `tokenizer.json` adds are looked at.
    pub fn gather(
        folder: &Path,
        settings: &mut Settings,
        whole: Option<(&Path, &Json)>,
        defaults: &[(&str, &str)],
    ) -> Result<Self> {
        let mut numbered = BTreeMap::new();
        if let Some(decoder) = settings.get("added_tokens_decoder") {
            decoded(decoder, &mut numbered)?;
        } else {
            let file = |name| Some(folder.join(name)).filter(|path: &PathBuf| path.exists());
            if let Some(path) = file("special_tokens_map.json") {
                merge(settings, &path)?;
            }
            if let Some(path) = file("added_tokens.json") {
                let special = named_in_files(settings)?;
                by_content(&path, &special, &mut numbered)?;
            }
            if let Some((path, json)) = whole {
                // They go over those of `added_tokens.json`.
                for (id, token) in stored(path, json)? {
                    numbered.insert(id, Numbered { token, key: "added_tokens", path: path.to_owned() });
                }
            }
        }
        let named = named(settings, defaults, &numbered)?;
        let extra = extra(settings)?;
        Ok(Self { numbered, named, extra })
    }

    /// Returns the special token with that name, or `None` if a file has null for it.
    pub fn named(&self, name: &str) -> Option<&Token> {
        self.named.iter().find(|(key, _)| key == name).map(|(_, token)| token)
    }

    /// Returns whether a file gives that token an id.
    pub fn numbers(&self, content: &str) -> bool {
        self.numbered.values().any(|numbered| numbered.token.content == content)
    }

    /// Adds the tokens to a tokenizer that has only those of its model so far. `stored` are the tokens of a
    /// `tokenizer.json` that is taken as it is; they come first. A token of the vocabulary keeps its id; any
    /// other token gets the next one. If a token is described twice, the last description counts.
    pub fn add_to(&self, tokenizer: &mut Tokenizer, stored: Vec<Token>) -> Result<()> {
        let mut known: HashSet<&str> = stored.iter().map(|token| token.content.as_str()).collect();
        let mut new: Vec<Token> = self.numbered.values().map(|numbered| numbered.token.clone()).collect();
        known.extend(self.numbered.values().map(|numbered| numbered.token.content.as_str()));
        for token in self.named.iter().map(|(_, token)| token).chain(&self.extra) {
            if !known.contains(token.content.as_str()) && !new.contains(token) {
                new.push(token.clone());
            }
        }
        for token in &mut new {
            token.special |=
                !token.described || self.named.iter().any(|(_, named)| named.content == token.content);
        }
        let mut tokens: Vec<AddedToken> = Vec::new();
        for token in stored.iter().chain(&new).map(Token::added) {
            match tokens.iter_mut().find(|known| known.content == token.content) {
                Some(known) => *known = AddedToken { special: known.special || token.special, ..token },
                None => tokens.push(token),
            }
        }
        tokenizer.add_tokens(&tokens);
        for (&id, Numbered { token, key, path }) in &self.numbered {
            let found = tokenizer.token_to_id(&token.content);
            if found != Some(id) {
                let expected = found.map_or("a token that is not empty".into(), |id| {
                    format!("{id}, its number in the vocabulary or the next one after it")
                });
                return Err(wrong_key(
                    path,
                    key,
                    format!("{id} for the token {:?}", token.content),
                    expected,
                ));
            }
        }
        Ok(())
    }
}

/// Returns the tokens that a `tokenizer.json` adds, with their ids.
pub(super) fn stored(path: &Path, json: &Json) -> Result<Vec<(u32, Token)>> {
    let Some(Json::List(tokens)) = json.get("added_tokens") else {
        return Err(wrong(path, None, "it has no list `added_tokens`"));
    };
    let read = |json: &Json| {
        let id = json.get("id").and_then(Json::id);
        let id = id.ok_or_else(|| wrong_key(path, "added_tokens", json, "tokens with an `id`"))?;
        let token = Token::read(json).map_err(|expected| wrong_key(path, "added_tokens", json, expected))?;
        Ok((id, token))
    };
    tokens.iter().map(read).collect()
}

fn insert(numbered: &mut BTreeMap<u32, Numbered>, id: u32, new: Numbered) -> Result<()> {
    if let Some(old) = numbered.get(&id).filter(|old| old.token.content != new.token.content) {
        let got = format!("{id} for {:?} and for {:?}", old.token.content, new.token.content);
        return Err(wrong_key(&new.path, new.key, got, "each id once"));
    }
    numbered.insert(id, new);
    Ok(())
}

/// Reads `added_tokens_decoder`, which has properties by id.
fn decoded(setting: &Setting, numbered: &mut BTreeMap<u32, Numbered>) -> Result<()> {
    let Json::Map(entries) = &setting.value else { return Err(setting.wrong("a map from ids to tokens")) };
    for (id, token) in entries {
        let wrong =
            |expected: &str| wrong_key(&setting.path, &format!("added_tokens_decoder.{id}"), token, expected);
        let number = id.trim().parse().map_err(|_| wrong("a key that is an id"))?;
        let token = match token {
            Json::Map(_) => Token::read(token).map_err(wrong)?,
            _ => return Err(wrong("a map with the token's `content`")),
        };
        let new = Numbered { token, key: "added_tokens_decoder", path: setting.path.clone() };
        insert(numbered, number, new)?;
    }
    Ok(())
}

/// Merges `special_tokens_map.json` into `tokenizer_config.json`; the former takes precedence.
fn merge(settings: &mut Settings, path: &Path) -> Result<()> {
    let Json::Map(entries) = read_json(path)? else { return Ok(()) };
    for (key, value) in entries {
        let value = match value {
            // A token that is described here is special, whatever its entry says.
            Json::Map(mut token) if key != "extra_special_tokens" => {
                token.retain(|(property, _)| property != "special");
                token.push(("special".to_owned(), Json::Flag(true)));
                Json::Map(token)
            }
            Json::List(new) if key == "extra_special_tokens" => {
                let mut list = match settings.given(&key) {
                    Some(Setting { value: Json::List(list), .. }) => list.clone(),
                    _ => Vec::new(),
                };
                list.extend(new);
                Json::List(list)
            }
            value => value,
        };
        settings.set(&key, value, path);
    }
    Ok(())
}

/// Returns the spellings of the special tokens that files name.
fn named_in_files(settings: &Settings) -> Result<HashSet<String>> {
    let named = NAMED.iter().filter_map(|name| settings.given(name)).map(token);
    // Not those of `additional_special_tokens`: transformers does not look there.
    let extra = if settings.get("extra_special_tokens").is_some() { extra(settings)? } else { Vec::new() };
    let extra = extra.into_iter().map(Ok);
    named.chain(extra).map(|token| Ok(token?.content)).collect()
}

/// Returns the token that a setting has.
fn token(setting: &Setting) -> Result<Token> {
    Token::read(&setting.value).map_err(|expected| setting.wrong(expected))
}

/// Reads `added_tokens.json`, which has ids by spelling.
fn by_content(path: &Path, special: &HashSet<String>, numbered: &mut BTreeMap<u32, Numbered>) -> Result<()> {
    let Json::Map(entries) = read_json(path)? else { return Ok(()) };
    for (content, id) in entries {
        let number = id.id().ok_or_else(|| wrong_key(path, &content, &id, "the token's id"))?;
        let special = special.contains(&content);
        let token = Token { normalized: Some(!special), special, described: true, ..Token::spelt(&content) };
        let new = Numbered { token, key: "id", path: path.to_owned() };
        insert(numbered, number, new)?;
    }
    Ok(())
}

/// Returns the special tokens that have a name: those of [`NAMED`], then further ones, whose names end in
/// `_token`.
fn named(
    settings: &Settings,
    defaults: &[(&str, &str)],
    numbered: &BTreeMap<u32, Numbered>,
) -> Result<Vec<(String, Token)>> {
    let mut named = Vec::new();
    for name in NAMED {
        let token = match settings.get(name) {
            Some(Setting { value: Json::Null, .. }) => None,
            Some(setting) => {
                let token = token(setting)?;
                let described = numbered.values().map(|n| &n.token).rfind(|n| n.content == token.content);
                Some(described.cloned().unwrap_or(token))
            }
            None => {
                let default = defaults.iter().find(|(default, _)| *default == name);
                default.map(|(_, content)| Token::spelt(content))
            }
        };
        named.extend(token.map(|token| (name.to_owned(), token)));
    }
    for setting in settings.iter().filter(|setting| setting.key.ends_with("_token")) {
        let is_token = setting.value.text().is_some() || setting.value.get("content").is_some();
        if is_token && !NAMED.contains(&setting.key.as_str()) {
            named.push((setting.key.clone(), token(setting)?));
        }
    }
    if let Some(setting) = settings.given("extra_special_tokens")
        && let Json::Map(entries) = &setting.value
    {
        for (name, value) in entries {
            named.push((name.clone(), Token::read(value).map_err(|expected| setting.wrong(expected))?));
        }
    }
    Ok(named)
}

/// Returns the special tokens without a name. The older name of the list counts if the newer one is missing.
fn extra(settings: &Settings) -> Result<Vec<Token>> {
    let setting = settings.get("extra_special_tokens").or_else(|| settings.get("additional_special_tokens"));
    let Some(setting) = setting else { return Ok(Vec::new()) };
    match &setting.value {
        Json::Null => Ok(Vec::new()),
        Json::Map(_) if setting.key == "extra_special_tokens" => Ok(Vec::new()),
        Json::List(tokens) => tokens
            .iter()
            .map(|token| Token::read(token).map_err(|expected| setting.wrong(expected)))
            .collect(),
        _ => Err(setting.wrong("a list of tokens")),
    }
}
