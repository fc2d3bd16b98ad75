//! Folders that models are saved to: the content that they may have before, and the record of a saved model.

use std::path::Path;

use serde_json::{Value, json};

use super::config::ModelConfig;
use super::save::{folder_config, to_bytes};
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{is_working_folder, one_by_one, resolved, sha256, writable_folder, write_folder};

/// The file in a saved model's folder that says which model it is.
const RECORD: &str = "lmc-model.json";

/// The file with a model's card, which people may have written.
const CARD: &str = "README.md";

/// The names of files that belong to a model and nothing else; `*` stands for any characters.
const NAMES: [&str; 23] = [
    RECORD,
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "model-*.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model-*.bin",
    "pytorch_model.bin.index.json",
    "flax_model.msgpack",
    "tf_model.h5",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "training_args.bin",
];

/// The content that a saved model may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// Only the same model: the folder must be missing, empty, or hold what the same call saved before.
    Same,
    /// Any model, if the folder holds nothing else.
    Models,
}

impl Replace {
    /// Returns [`Replace::Models`] if that is wanted, otherwise [`Replace::Same`].
    pub fn models_if(wanted: bool) -> Self {
        if wanted { Self::Models } else { Self::Same }
    }
}

/// A model to be saved, apart from its origin.
#[doc(hidden)]
pub struct Saved<'a> {
    pub config: &'a ModelConfig,
    pub weights: &'a Weights,
    /// Further files, such as those of the tokenizer.
    pub files: Vec<(String, Vec<u8>)>,
    /// The text of its card.
    pub card: Option<String>,
}

/// The way in which files come into a folder.
enum Way {
    /// It is empty, or all of it is replaced.
    Whole,
    /// The same files are there already.
    Within,
}

impl Saved<'_> {
    /// Writes the model to a folder after [`check_place`], all of its files at once; a kill leaves the folder
    /// as it was or as it shall be.
    ///
    /// # Errors
    /// The errors of [`check_place`]; [`LmcError::InvalidParameter`] if the config has another number of
    /// labels than the head.
    pub fn write(self, folder: &Path, origin: &Value, replace: Replace) -> Result<()> {
        let config = format!("{:#}\n", folder_config(self.config, self.weights)?);
        let way = way(folder, origin, replace)?;
        let mut files = Vec::new();
        if !origin.is_null() {
            let mut record = json!({ "lmc": env!("CARGO_PKG_VERSION"), "model": origin });
            if let Some(card) = &self.card {
                record["card"] = json!(sha256(card.as_bytes()));
            }
            files.push((RECORD.to_owned(), format!("{record:#}\n").into_bytes()));
        }
        files.extend(self.card.map(|card| (CARD.to_owned(), card.into_bytes())));
        files.extend(self.files);
        files.push(("model.safetensors".to_owned(), to_bytes(self.weights)?));
        // A folder is not a model without its config, so the config comes last.
        files.push(("config.json".to_owned(), config.into_bytes()));
        match way {
            Way::Whole => write_folder(folder, &files),
            Way::Within => one_by_one(folder, &files),
        }
    }
}

/// Makes a folder unless it is there, and checks that a model may be saved in it. `origin` says which model
/// that is: the same one may be saved again; `null` is never the same.
///
/// # Errors
/// [`LmcError::Io`] if the folder cannot be written; [`LmcError::Occupied`] if it holds something else.
#[doc(hidden)]
pub fn check_place(folder: &Path, origin: &Value, replace: Replace) -> Result<()> {
    way(folder, origin, replace).map(|_| ())
}

fn way(folder: &Path, origin: &Value, replace: Replace) -> Result<Way> {
    writable_folder(folder)?;
    let failed = || LmcError::io("read folder", folder);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let is_file = entry.file_type().map_err(failed())?.is_file();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_file));
    }
    names.sort();
    let has_own_card = has_own_card(folder);
    let is_of_model = |entry: &(String, bool)| is_of_model(entry) || (entry.0 == CARD && has_own_card);
    let occupied = |remedy| {
        let others = names.len() - 1;
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        let first = names.iter().find(|entry| !is_of_model(entry)).unwrap_or(&names[0]);
        let holds = format!("{}{more}", first.0);
        LmcError::Occupied { path: folder.to_owned(), holds, remedy }
    };
    if names.is_empty() {
        return Ok(Way::Whole);
    }
    if !(has_config(folder) && names.iter().all(&is_of_model)) {
        let mut others = names.iter().filter(|entry| !is_of_model(entry));
        let is_card_alone = others.next().is_some_and(|entry| entry.0 == CARD) && others.next().is_none();
        return Err(occupied(match is_card_alone {
            true => "its README.md was written by hand or changed: move it away, or choose another folder",
            false => "choose another folder",
        }));
    }
    if !origin.is_null() && recorded(folder, "model").as_ref() == Some(origin) {
        return Ok(Way::Within);
    }
    match replace {
        Replace::Models if is_working_folder(&resolved(folder)) => {
            Err(occupied("choose another folder than the one you are in"))
        }
        Replace::Models => Ok(Way::Whole),
        Replace::Same => Err(occupied("choose another folder, or replace the model in it by --force")),
    }
}

/// Returns whether a folder has the config.json of a model: other programs have files of that name too.
fn has_config(folder: &Path) -> bool {
    let bytes = std::fs::read(folder.join("config.json")).unwrap_or_default();
    let config: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    ["model_type", "architectures"].iter().any(|key| config.get(key).is_some())
}

/// Returns what the record of the model in a folder says under a key, if there is one.
fn recorded(folder: &Path, key: &str) -> Option<Value> {
    let record: Value = serde_json::from_slice(&std::fs::read(folder.join(RECORD)).ok()?).ok()?;
    record.get(key).cloned()
}

/// Returns whether the card in a folder is the one that was saved there with the model.
fn has_own_card(folder: &Path) -> bool {
    let text = std::fs::read(folder.join(CARD)).unwrap_or_default();
    recorded(folder, "card") == Some(json!(sha256(&text)))
}

fn is_of_model((name, is_file): &(String, bool)) -> bool {
    let fits = |pattern: &&str| match pattern.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => name == pattern,
    };
    *is_file && NAMES.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{classifier, config, weights};
    use crate::model::{load_finetuned, save_folder};
    use lmc_base::file::names;

    fn save(folder: &Path, seed: i64, origin: &Value, replace: Replace) -> Result<()> {
        let files = vec![("vocab.txt".to_owned(), format!("[PAD]\n{seed}\n").into_bytes())];
        let weights = weights(&classifier(), seed as _);
        Saved { config: &config(), weights: &weights, files, card: None }.write(folder, origin, replace)
    }

    #[test]
    fn only_the_same_model_is_saved_again_unasked() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("soup");
        let (first, second) = (json!({ "soup": [1, 2] }), json!({ "soup": [1, 3] }));
        save(&folder, 1, &first, Replace::Same).unwrap();
        save(&folder, 1, &first, Replace::Same).unwrap();
        assert_eq!(names(&folder).unwrap(), ["config.json", RECORD, "model.safetensors", "vocab.txt"]);
        let error = save(&folder, 2, &second, Replace::Same).unwrap_err();
        assert!(matches!(&error, LmcError::Occupied { path, .. } if *path == folder), "{error}");
        assert!(
            error.to_string().contains("config.json and 3 more") && error.to_string().contains("--force"),
            "{error}"
        );
        assert_eq!(std::fs::read(folder.join("vocab.txt")).unwrap(), b"[PAD]\n1\n");
        // A model without an origin is never known to be the same.
        assert!(save_folder(&folder, &config(), &weights(&classifier(), 1)).is_err());
        // Whatever else a replaced model had goes with it.
        std::fs::write(folder.join("pytorch_model-00001-of-00002.bin"), b"old").unwrap();
        save(&folder, 2, &second, Replace::Models).unwrap();
        assert_eq!(names(&folder).unwrap(), ["config.json", RECORD, "model.safetensors", "vocab.txt"]);
        assert_eq!(std::fs::read(folder.join("vocab.txt")).unwrap(), b"[PAD]\n2\n");
        assert_eq!(names(root.path()).unwrap(), ["soup"]);
        let expected = weights(&classifier(), 2);
        assert_eq!(load_finetuned(&folder).unwrap().weights.theta(), expected.theta());
    }

    #[test]
    fn a_card_is_replaced_unless_somebody_changed_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("soup");
        let save = |which: i64, replace| {
            let (weights, card) = (weights(&classifier(), 1), Some(format!("# Soup {which}\n")));
            let saved = Saved { config: &config(), weights: &weights, files: Vec::new(), card };
            saved.write(&folder, &json!({ "soup": which }), replace)
        };
        save(1, Replace::Same).unwrap();
        save(1, Replace::Same).unwrap();
        save(2, Replace::Models).unwrap();
        let card = folder.join(CARD);
        assert_eq!(std::fs::read_to_string(&card).unwrap(), "# Soup 2\n");
        std::fs::write(&card, "# Soup 2, with my notes\n").unwrap();
        for which in [2, 3] {
            let error = save(which, Replace::Models).unwrap_err().to_string();
            assert!(error.contains("holds README.md and 3 more"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&card).unwrap(), "# Soup 2, with my notes\n");
    }

    #[test]
    fn nothing_but_models_is_ever_replaced() {
        let root = tempfile::tempdir().unwrap();
        let origin = json!("x");
        for (name, make) in [
            ("notes.txt", (|path: &Path| std::fs::write(path, b"mine").unwrap()) as fn(&Path)),
            ("model-notes.txt", |path| std::fs::write(path, b"mine").unwrap()),
            ("config.json", |path| std::fs::create_dir(path).unwrap()),
        ] {
            let folder = root.path().join(format!("with-{name}"));
            std::fs::create_dir(&folder).unwrap();
            make(&folder.join(name));
            for replace in [Replace::Same, Replace::Models] {
                let error = check_place(&folder, &origin, replace).unwrap_err().to_string();
                assert!(error.contains(&format!("holds {name}")) && !error.contains("--force"), "{error}");
            }
            assert_eq!(names(&folder).unwrap(), [name]);
        }
        let file = root.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert!(
            check_place(&file, &origin, Replace::Models).unwrap_err().to_string().contains("it is a file")
        );
    }
}
