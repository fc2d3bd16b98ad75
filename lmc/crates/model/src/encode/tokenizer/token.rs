//! Added tokens, as files describe them.

use tokenizers::AddedToken;

use super::json::Json;

/// A token that stands for itself if a text spells it. Its unset properties are left open, as in Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub content: String,
    pub single_word: bool,
    pub lstrip: bool,
    pub rstrip: bool,
    pub normalized: Option<bool>,
    pub special: bool,
    /// True if it is described, and not only spelt.
    pub described: bool,
}

impl Token {
    /// Returns a token with that spelling and nothing else.
    pub fn spelt(content: &str) -> Self {
        Self {
            content: content.to_owned(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: None,
            special: false,
            described: false,
        }
    }

    /// Reads the token in a string or in a map with its properties. The error says what was expected if it is
    /// neither.
    pub fn read(json: &Json) -> Result<Self, &'static str> {
        const EXPECTED: &str = "a token: a string, or a map with its `content`";
        let content = json.text().or_else(|| json.get("content").and_then(Json::text)).ok_or(EXPECTED)?;
        let flag = |key| match json.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Flag(flag)) => Ok(Some(*flag)),
            Some(_) => Err("a token whose properties are true or false"),
        };
        Ok(Self {
            single_word: flag("single_word")?.unwrap_or(false),
            lstrip: flag("lstrip")?.unwrap_or(false),
            rstrip: flag("rstrip")?.unwrap_or(false),
            normalized: flag("normalized")?,
            special: flag("special")?.unwrap_or(false),
            described: matches!(json, Json::Map(_)),
            ..Self::spelt(content)
        })
    }

    /// Returns the token as the tokenizer takes it; one whose normalisation is left open is normalised unless
    /// it is special.
    pub fn added(&self) -> AddedToken {
        AddedToken::from(self.content.clone(), self.special)
            .single_word(self.single_word)
            .lstrip(self.lstrip)
            .rstrip(self.rstrip)
            .normalized(self.normalized.unwrap_or(!self.special))
    }
}
