//! Words that mean several models: patterns of folders, numbers in braces, and folders of models.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use super::adapter::ADAPTER_CONFIG;
use lmc_base::error::{LmcError, Result};
use lmc_base::natural;

/// The most models that one word may mean.
const MOST: usize = 100_000;

/// The files of which a folder with a model has one.
const CONFIGS: [&str; 2] = ["config.json", ADAPTER_CONFIG];

/// The beginning of the name of a folder in which a training run keeps its weights after some updates.
const CHECKPOINT: &str = "checkpoint-";

/// Returns the models that words mean, each as one folder or name, in the order of the words.
///
/// A folder that exists is itself; if it holds no model and no checkpoints but folders that do, it is these.
/// `{0..99}` and `{a,b}` are each of the numbers, or of the texts, as in a shell. `*`, `?` and `[...]` are the
/// folders that match. Folders come in the order of their names, in which 9 comes before 10.
///
/// # Errors
/// [`LmcError::NoModel`] for a pattern that matches no folder; [`LmcError::InvalidParameter`] for a pattern or
/// a range that cannot be read, and one that means too many models; [`LmcError::Io`] for a folder that cannot
/// be read.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
/// use lmc::data::fetch::model_words;
/// let names = model_words(&["feather-berts-{8..10}"])?;
/// assert_eq!(names, ["feather-berts-8", "feather-berts-9", "feather-berts-10"].map(std::path::PathBuf::from));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn model_words(words: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>> {
    model_words_in(Path::new(""), words)
}

/// Does the same as [`model_words`] for words whose relative paths begin at the folder `base`.
///
/// # Errors
/// The errors of [`model_words`].
pub fn model_words_in(base: &Path, words: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>> {
    let mut models = Vec::new();
    for word in words {
        let word = word.as_ref();
        let Some(text) = word.to_str().filter(|_| !base.join(word).is_dir()) else {
            models.extend(one(base, word)?);
            continue;
        };
        for name in braces(text)? {
            models.extend(one(base, Path::new(&name))?);
        }
    }
    Ok(models)
}

/// Returns the models that a word without braces means.
fn one(base: &Path, word: &Path) -> Result<Vec<PathBuf>> {
    let path = base.join(word);
    if path.is_dir() {
        return within(&path);
    }
    match path.to_str().filter(|_| word.to_string_lossy().contains(['*', '?', '['])) {
        Some(pattern) => {
            let folders = matching(pattern)?;
            Ok(folders.iter().map(|folder| within(folder)).collect::<Result<Vec<_>>>()?.concat())
        }
        None => Ok(vec![word.to_owned()]),
    }
}

/// Returns the checkpoints of a training run in its folder with the number of updates of each, fewest first.
///
/// # Errors
/// [`LmcError::Io`] for a folder that cannot be read.
pub fn checkpoints(folder: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let mut found: Vec<(u32, PathBuf)> = folders_in(folder)?
        .into_iter()
        .filter(|path| has_model(path))
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            Some((name.strip_prefix(CHECKPOINT)?.parse().ok()?, path))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Returns whether a folder holds a model or an adapter.
pub fn has_model(folder: &Path) -> bool {
    CONFIGS.iter().any(|name| folder.join(name).is_file())
}

/// Returns a folder, or the folders of models in it if it holds only these.
fn within(folder: &Path) -> Result<Vec<PathBuf>> {
    if has_model(folder) || !checkpoints(folder)?.is_empty() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut models = Vec::new();
    for inner in folders_in(folder)? {
        if has_model(&inner) || !checkpoints(&inner)?.is_empty() {
            models.push(inner);
        }
    }
    Ok(if models.is_empty() { vec![folder.to_owned()] } else { models })
}

/// Returns the folders in a folder in the order of their names.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = || LmcError::io("read folder", folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !is_hidden {
            found.push(path);
        }
    }
    found.sort_by(|a, b| by_name(a, b));
    Ok(found)
}

/// Returns the folders that a pattern matches.
fn matching(pattern: &str) -> Result<Vec<PathBuf>> {
    let unread = |problem: String| {
        LmcError::invalid("MODEL", format!("{pattern} ({problem})"), "a pattern with *, ? or [...]")
    };
    let paths = glob::glob(pattern).map_err(|error| unread(error.msg.to_owned()))?;
    let mut folders = Vec::new();
    for path in paths.take(MOST) {
        let path = path.map_err(|error| {
            let at = error.path().to_owned();
            LmcError::io("read folder", &at)(error.into())
        })?;
        if path.is_dir() {
            folders.push(path);
        }
    }
    if folders.is_empty() {
        let why = "no folder matches this pattern; check the path, and quote patterns in a shell".to_owned();
        return Err(LmcError::NoModel { given: pattern.to_owned(), why });
    }
    folders.sort_by(|a, b| by_name(a, b));
    Ok(folders)
}

/// Returns a text once for each choice of the parts in braces.
fn braces(text: &str) -> Result<Vec<String>> {
    let Some((before, part, after)) = first_braces(text) else { return Ok(vec![text.to_owned()]) };
    let choices = match part.split_once("..") {
        Some((first, last)) => numbers(text, first, last)?,
        None => part.split(',').map(str::to_owned).collect(),
    };
    let mut all = Vec::new();
    for rest in braces(after)? {
        all.extend(choices.iter().map(|choice| format!("{before}{choice}{rest}")));
        if all.len() > MOST {
            return Err(too_many(text));
        }
    }
    Ok(all)
}

/// Returns the text before the first braces with a choice in them, that choice, and the text after them.
fn first_braces(text: &str) -> Option<(&str, &str, &str)> {
    let (open, rest) = text.match_indices('{').find_map(|(open, _)| {
        let rest = &text[open + 1..];
        let part = &rest[..rest.find('}')?];
        (part.contains("..") || part.contains(',')).then_some((open, rest))
    })?;
    let close = rest.find('}')?;
    Some((&text[..open], &rest[..close], &rest[close + 1..]))
}

/// Returns the numbers of a range with both ends; numbers that begin with 0 have equal lengths.
fn numbers(text: &str, first: &str, last: &str) -> Result<Vec<String>> {
    let wrong = || {
        let expected = "whole numbers in a range, the smaller first, such as {0..99}";
        LmcError::invalid("MODEL", text, expected)
    };
    let [from, to]: [u32; 2] = [first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?];
    if from > to {
        return Err(wrong());
    }
    if (to - from) as usize >= MOST {
        return Err(too_many(text));
    }
    let is_padded = [first, last].iter().any(|digits| digits.len() > 1 && digits.starts_with('0'));
    let width = if is_padded { first.len().max(last.len()) } else { 0 };
    Ok((from..=to).map(|number| format!("{number:0width$}")).collect())
}

fn too_many(text: &str) -> LmcError {
    LmcError::invalid("MODEL", text, format!("at most {MOST} models"))
}

/// Compares paths by their parts, and numbers in these by their values.
fn by_name(a: &Path, b: &Path) -> Ordering {
    fn keys(parts: &[String]) -> Vec<Vec<(usize, &str)>> {
        parts.iter().map(|part| natural::key(part)).collect()
    }
    let [first, second] = [a, b].map(|path| {
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>()
    });
    // Parts with the same key, such as 07 and 7, still differ.
    keys(&first).cmp(&keys(&second)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[&str]) -> Vec<String> {
        model_words(words).unwrap().iter().map(|path| path.display().to_string()).collect()
    }

    /// A folder with models at those paths.
    fn with_models(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            let folder = root.path().join(path);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("config.json"), "{}").unwrap();
        }
        root
    }

    #[test]
    fn braces_are_numbers_and_choices() {
        assert_eq!(told(&["a-{8..10}", "b"]), ["a-8", "a-9", "a-10", "b"]);
        assert_eq!(told(&["a-{08..10}"]), ["a-08", "a-09", "a-10"]);
        assert_eq!(told(&["{x,y}-{1..2}"]), ["x-1", "y-1", "x-2", "y-2"]);
        assert_eq!(told(&["{x}", "a{", "o/n@r{1}"]), ["{x}", "a{", "o/n@r{1}"]);
        for wrong in ["a-{3..1}", "a-{x..3}", "a-{0..99999999999}", "a-{0..4000000000}", "{0..999}{0..999}"] {
            let error = model_words(&[wrong]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`MODEL`: got {wrong}")), "{error}");
        }
    }

    #[test]
    fn patterns_are_folders_in_the_order_of_their_numbers() {
        let root = with_models(&["run10/checkpoint-500", "run9/checkpoint-500", "run9/checkpoint-1000"]);
        std::fs::write(root.path().join("run1"), "a file").unwrap();
        let names = |pattern: &str| -> Vec<String> {
            told(&[root.path().join(pattern).to_str().unwrap()])
                .iter()
                .map(|path| Path::new(path).strip_prefix(root.path()).unwrap().display().to_string())
                .collect()
        };
        assert_eq!(names("run*/checkpoint-500"), ["run9/checkpoint-500", "run10/checkpoint-500"]);
        assert_eq!(names("run*"), ["run9", "run10"]);
        assert_eq!(names("run[0-8]*"), ["run10"]);
        let none = model_words(&[root.path().join("x*")]).unwrap_err();
        assert!(
            matches!(&none, LmcError::NoModel { why, .. } if why.contains("no folder matches")),
            "{none}"
        );
        let wrong = model_words(&[root.path().join("run[")]).unwrap_err().to_string();
        assert!(wrong.contains("a pattern with *"), "{wrong}");
    }

    #[test]
    fn a_folder_of_models_is_the_models() {
        let root = with_models(&["b10", "b9", "run/checkpoint-20", "run/checkpoint-3", ".hidden"]);
        std::fs::create_dir(root.path().join("logs")).unwrap();
        let found = model_words(&[root.path()]).unwrap();
        assert_eq!(found, ["b9", "b10", "run"].map(|name| root.path().join(name)));
        // A model, a run and a folder without models are themselves.
        for name in ["b9", "run", "logs"] {
            assert_eq!(model_words(&[root.path().join(name)]).unwrap(), [root.path().join(name)]);
        }
        let steps: Vec<u32> =
            checkpoints(&root.path().join("run")).unwrap().into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, [3, 20]);
    }
}
