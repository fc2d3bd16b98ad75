//! Names of tasks and sets, and the paths by which a manifest names its files.

use std::path::{Component, Path, PathBuf};

use super::written::quoted;
use lmc_base::error::{LmcError, Result};

/// The ends of the names of files of examples.
const ENDS: [&str; 9] = ["gz", "zst", "csv", "tsv", "txt", "tab", "jsonl", "json", "parquet"];

/// Returns a name in small letters, digits, `-` and `_`.
pub(super) fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
}

/// Returns the name of a file without the ends that say what it is, as it is written.
fn bare_name(path: &Path) -> String {
    let mut name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    while let Some((before, _)) =
        name.rsplit_once('.').filter(|(_, end)| ENDS.contains(&&*end.to_lowercase()))
    {
        name = before.to_owned();
    }
    name
}

/// Returns the name of a file, or of the set of which it is a part.
fn stem(path: &Path) -> String {
    let name = bare_name(path);
    plain_name(shard_of(&name).map_or(&name, |(name, _)| name))
}

/// Returns the number of parts of which a file is one: 3 for `train-00000-of-00003.csv.gz`.
pub(super) fn n_shards(path: &Path) -> Option<usize> {
    shard_of(&bare_name(path)).map(|(_, n)| n)
}

/// Returns the name of which a file is a part, and the number of parts: `train` and 3 of
/// `train-00000-of-00003`.
fn shard_of(name: &str) -> Option<(&str, usize)> {
    let (before, n) = name.rsplit_once("-of-")?;
    let (name, number) = before.rsplit_once('-')?;
    let is_number = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(number) && is_number(n) { Some((name, n.parse().ok()?)) } else { None }
}

/// Returns the name of a task whose training set is in a file: that of the file, or of its folder if the file
/// only says what it is for.
pub(super) fn task_name(train: &Path) -> String {
    let folder = train.canonicalize().ok().and_then(|path| Some(stem(path.parent()?))).unwrap_or_default();
    name_of(train, &folder)
}

/// Returns the name of a task whose training set is in a file of that folder.
pub(super) fn name_of(train: &Path, folder: &str) -> String {
    let own = stem(train);
    match (own.as_str(), folder) {
        ("train" | "training" | "data" | "", "") => "task".to_owned(),
        ("train" | "training" | "data" | "", folder) => folder.to_owned(),
        (own, _) => own.to_owned(),
    }
}

/// Returns the name of an evaluation set in a file.
pub(super) fn set_name(path: &Path) -> String {
    let name = stem(path);
    let name = name.trim_end_matches("-sample");
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        // The hub numbers its Parquet files: the folder says of which set they are.
        return path.parent().map(set_name).unwrap_or_else(|| name.to_owned());
    }
    if name.is_empty() { "ood".to_owned() } else { name.to_owned() }
}

/// The files of a task as its manifest names them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The lines of the table `[source]`.
    pub source: Vec<String>,
    /// What happens if a file changes, a comment.
    pub change: &'static str,
    /// The path of each file below the source.
    pub files: Vec<PathBuf>,
}

impl Places {
    /// Returns the places of files of this machine for a manifest at a path.
    pub fn of(files: &[&Path], out: &Path) -> Result<Self> {
        let (folder, files) = from_manifest(files, out)?;
        let source = vec![
            "# The folder of the files, seen from that of this manifest: both can be moved together."
                .to_owned(),
            "[source]".to_owned(),
            format!("folder = {}", quoted(&folder)),
        ];
        Ok(Self {
            source,
            change: "# A file with another content is refused: run `lmc task init` again.",
            files,
        })
    }
}

/// Returns the folder of files, relative to that of a manifest at a path, and the path of each file below it.
fn from_manifest(files: &[&Path], out: &Path) -> Result<(String, Vec<PathBuf>)> {
    let folder_of = |path: &Path| -> Result<PathBuf> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        folder.canonicalize().map_err(LmcError::io("read folder", folder))
    };
    let here = folder_of(out)?;
    let mut absolute = Vec::new();
    for file in files {
        absolute.push(folder_of(file)?.join(file.file_name().unwrap_or_default()));
    }
    let mut common = absolute.first().and_then(|path| path.parent()).unwrap_or(&here).to_owned();
    while !absolute.iter().all(|path| path.starts_with(&common)) && common.pop() {}
    // A manifest above its files names them from its own folder.
    if common.starts_with(&here) {
        common.clone_from(&here);
    }
    let below = absolute.iter().map(|path| path.strip_prefix(&common).unwrap_or(path).to_owned()).collect();
    Ok((relative(&here, &common), below))
}

/// Returns the way from a folder to another one; both begin at the root.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    let n_common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[n_common..].iter().map(|_| "..".to_owned());
    let down = to[n_common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let way: Vec<String> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

/// Checks that a file can be read several times.
///
/// # Errors
/// [`LmcError::InvalidParameter`] with `field` for a pipe or a device; [`LmcError::Io`].
pub(super) fn check_file(field: &'static str, path: &Path) -> Result<()> {
    let kind = std::fs::metadata(path).map_err(LmcError::io("read", path))?;
    if !kind.is_file() && !kind.is_dir() {
        let got = format!("{}, a pipe or a device", path.display());
        return Err(LmcError::invalid(
            field,
            got,
            "a file, it is read more than once: write the rows to one",
        ));
    }
    Ok(())
}

/// Checks that a manifest at a path can name the files.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for one whose way from the manifest is not UTF-8, or has a backslash or a
/// control character; [`LmcError::Io`] if there is no folder for the manifest.
pub(super) fn check_names(files: &[&Path], out: &Path) -> Result<()> {
    let (folder, below) = from_manifest(files, out)?;
    let is_odd = |c: char| c == '\\' || c == char::REPLACEMENT_CHARACTER || c.is_control();
    let odd = below.iter().zip(files).find(|(below, _)| below.to_string_lossy().contains(is_odd));
    let odd = match odd {
        Some((_, path)) => path.to_string_lossy().into_owned(),
        None if folder.contains(is_odd) => folder,
        None => return Ok(()),
    };
    let odd: String = odd.chars().flat_map(char::escape_debug).collect();
    let expected =
        "a name in UTF-8 without `\\` and control characters, as a manifest can have it: rename it";
    Err(LmcError::invalid("file", odd, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_the_file_or_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let stance = folder.path().join("My Stance");
        std::fs::create_dir(&stance).unwrap();
        std::fs::write(stance.join("train.csv.gz"), "").unwrap();
        assert_eq!(task_name(&stance.join("train.csv.gz")), "my-stance");
        assert_eq!(task_name(Path::new("nowhere/Reviews 2.tsv")), "reviews-2");
        assert_eq!(set_name(Path::new("x/Other domain.parquet")), "other-domain");
        assert_eq!(set_name(Path::new("x/a-sample.csv")), "a");
        assert_eq!(set_name(Path::new("x/test-00000-of-00003.parquet")), "test");
        assert_eq!(set_name(Path::new("x/one-of-00003.parquet")), "one-of-00003");
        assert_eq!(set_name(Path::new("default/validation/0000.parquet")), "validation");
        assert_eq!(n_shards(Path::new("x/test-00001-of-00003.csv.gz")), Some(3));
        assert_eq!(n_shards(Path::new("x/test-1-of-3.csv.gz")), None);
    }

    #[test]
    fn files_are_named_from_the_folder_of_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for below in ["data/raw", "tasks", "other"] {
            std::fs::create_dir_all(root.join(below)).unwrap();
        }
        let places = |files: &[&str], out: &str| {
            let files: Vec<PathBuf> = files.iter().map(|file| root.join(file)).collect();
            let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
            let (folder, files) = from_manifest(&files, &root.join(out)).unwrap();
            (folder, files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>())
        };
        let expected = |folder: &str, files: &[&str]| {
            (folder.to_owned(), files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(places(&["a.csv"], "task.toml"), expected(".", &["a.csv"]));
        assert_eq!(
            places(&["data/a.csv", "data/raw/b.csv"], "task.toml"),
            expected(".", &["data/a.csv", "data/raw/b.csv"])
        );
        assert_eq!(
            places(&["data/a.csv", "data/raw/b.csv"], "tasks/t.toml"),
            expected("../data", &["a.csv", "raw/b.csv"])
        );
        assert_eq!(
            places(&["data/a.csv", "other/b.csv"], "tasks/t.toml"),
            expected("..", &["data/a.csv", "other/b.csv"])
        );
    }
}
