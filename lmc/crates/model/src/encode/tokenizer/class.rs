//! The class of transformers that reads a folder.

use std::path::Path;

use super::files::{read_json, wrong_key};
use super::json::Json;
use super::settings::Settings;
use lmc_base::error::Result;

/// A class of tokenizers, by what it makes of a folder's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// `BertTokenizer`: the vocabulary of `tokenizer.json` or `vocab.txt`; all else as settings say.
    Bert,
    /// `RobertaTokenizer`: vocabulary and merges of `tokenizer.json`, or `vocab.json` and `merges.txt`; all
    /// else as settings say.
    Roberta,
    /// `MPNetTokenizer`: as `BertTokenizer`, with RoBERTa's special tokens.
    Mpnet,
    /// A class of pieces: the vocabulary of `tokenizer.json`; all else as settings say.
    Pieces(Pieces),
    /// `PreTrainedTokenizerFast`: `tokenizer.json` as it is.
    Whole,
}

/// A class of pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// `XLMRobertaTokenizer`.
    XlmRoberta,
    /// `CamembertTokenizer`.
    Camembert,
    /// `AlbertTokenizer`.
    Albert,
    /// `DebertaV2Tokenizer`.
    Deberta,
}

/// The classes that read one family alone, with the family.
const OF_FAMILIES: [(&str, &str, Class); 5] = [
    ("MPNetTokenizer", "mpnet", Class::Mpnet),
    ("XLMRobertaTokenizer", "xlm-roberta", Class::Pieces(Pieces::XlmRoberta)),
    ("CamembertTokenizer", "camembert", Class::Pieces(Pieces::Camembert)),
    ("AlbertTokenizer", "albert", Class::Pieces(Pieces::Albert)),
    ("DebertaV2Tokenizer", "deberta-v2", Class::Pieces(Pieces::Deberta)),
];

/// A class, the name that chose it, and whether its models are told to which of two texts a token belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub class: Class,
    /// The name in a `tokenizer_class`; `None` if the family of the model decides.
    pub name: Option<String>,
    pub segments: bool,
}

/// Names of `BertTokenizer`, without `Fast`.
const BERT: [&str; 7] = [
    "BertTokenizer",
    "DistilBertTokenizer",
    "ElectraTokenizer",
    "LayoutLMTokenizer",
    "LxmertTokenizer",
    "MobileBertTokenizer",
    "SqueezeBertTokenizer",
];

/// Names of `RobertaTokenizer`.
const ROBERTA: [&str; 5] =
    ["RobertaTokenizer", "BartTokenizer", "LEDTokenizer", "LongformerTokenizer", "MvpTokenizer"];

/// Names of `PreTrainedTokenizerFast`; transformers reads the folder of a slow tokenizer without a class of
/// its own likewise.
const WHOLE: [&str; 3] = ["PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"];

/// Families whose tokenizers are `BertTokenizer` and `RobertaTokenizer`.
const BERT_MODELS: [&str; 9] = [
    "bert",
    "distilbert",
    "electra",
    "ernie",
    "layoutlm",
    "lxmert",
    "megatron-bert",
    "mobilebert",
    "squeezebert",
];
const ROBERTA_MODELS: [&str; 5] = ["roberta", "bart", "ibert", "longformer", "roberta-prelayernorm"];

/// The family whose tokenizer is `PreTrainedTokenizerFast`.
const WHOLE_MODEL: &str = "modernbert";

impl Choice {
    /// Returns the class that `tokenizer_config.json` names, or else `config.json`, or else that of the
    /// model's family; `None` if no file says anything.
    pub fn of(folder: &Path, settings: &Settings) -> Result<Option<Self>> {
        let path = folder.join("config.json");
        let config = if path.exists() { read_json(&path)? } else { Json::Map(Vec::new()) };
        let named = match settings.text("tokenizer_class")? {
            Some(name) => Some((name.to_owned(), folder.join("tokenizer_config.json"))),
            None => match config.get("tokenizer_class") {
                None | Some(Json::Null) => None,
                Some(Json::Text(name)) => Some((name.clone(), path.clone())),
                Some(other) => return Err(wrong_key(&path, "tokenizer_class", other, "a string")),
            },
        };
        if let Some((name, path)) = named {
            let Some(class) = Class::named(&name) else {
                let expected = "BertTokenizer, RobertaTokenizer, MPNetTokenizer, XLMRobertaTokenizer, \
                                CamembertTokenizer, AlbertTokenizer, DebertaV2Tokenizer or \
                                PreTrainedTokenizerFast";
                return Err(wrong_key(&path, "tokenizer_class", name, expected));
            };
            let segments = class.has_segments() && !name.starts_with("DistilBert");
            return Ok(Some(Self { class, name: Some(name), segments }));
        }
        let class = match config.get("model_type") {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::Text(family)) if BERT_MODELS.contains(&family.as_str()) => Class::Bert,
            Some(Json::Text(family)) if ROBERTA_MODELS.contains(&family.as_str()) => Class::Roberta,
            Some(Json::Text(family)) if family == WHOLE_MODEL => Class::Whole,
            Some(Json::Text(family)) if OF_FAMILIES.iter().any(|(_, name, _)| name == family) => {
                OF_FAMILIES.iter().find(|(_, name, _)| name == family).map_or(Class::Whole, |found| found.2)
            }
            Some(other) => {
                let expected = "a family whose tokenizer is known, such as bert, or a `tokenizer_class` in tokenizer_config.json";
                return Err(wrong_key(&path, "model_type", other, expected));
            }
        };
        Ok(Some(Self { class, name: None, segments: class.has_segments() }))
    }

    /// Returns its name for messages.
    pub fn told(&self) -> &str {
        match (&self.name, self.class) {
            (Some(name), _) => name,
            (None, Class::Bert) => "BertTokenizer",
            (None, Class::Roberta) => "RobertaTokenizer",
            (None, Class::Whole) => "PreTrainedTokenizerFast",
            (None, class) => {
                OF_FAMILIES.iter().find(|found| found.2 == class).map_or("a tokenizer", |found| found.0)
            }
        }
    }
}

impl Class {
    /// Returns whether its models are told to which of two texts a token belongs.
    fn has_segments(self) -> bool {
        matches!(self, Self::Bert | Self::Pieces(Pieces::Deberta))
    }

    fn named(name: &str) -> Option<Self> {
        let name = name.strip_suffix("Fast").unwrap_or(name);
        [(&BERT[..], Self::Bert), (&ROBERTA[..], Self::Roberta), (&WHOLE[..], Self::Whole)]
            .into_iter()
            .find_map(|(names, class)| names.contains(&name).then_some(class))
            .or_else(|| OF_FAMILIES.iter().find(|found| found.0 == name).map(|found| found.2))
    }
}
