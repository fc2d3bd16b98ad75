//! Files of a task that are given by addresses: of datasets on the Hugging Face hub, or of a web server.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::place::{Places, name_of, plain_name};
use super::written::quoted;
use crate::fetch::{Fetcher, escaped};
use crate::manifest::{FileEntry, HubSource, Manifest, ManifestKind, RepoType, Revision, Source};
use lmc_base::error::{LmcError, Result};

/// The beginning of the address of a file in a dataset on the hub, as `huggingface_hub` and pandas have it.
const HUB: &str = "hf://datasets/";
/// The beginnings of the addresses of the hub's pages of datasets.
const HUB_PAGES: [&str; 3] =
    ["https://huggingface.co/datasets/", "http://huggingface.co/datasets/", "https://hf.co/datasets/"];
/// The revision of a dataset that is meant if none is given.
const MAIN: &str = "main";
/// The branch of a dataset with the Parquet files that the hub makes of it, and its short name.
const PARQUET: [&str; 2] = ["refs/convert/parquet", "~parquet"];
/// The beginnings of the names of branches that have two slashes.
const LONG_REVISIONS: [&str; 2] = ["refs/convert/", "refs/pr/"];
/// The most files of a dataset that an error lists.
const LISTED: usize = 30;
/// The addresses that are known.
const FORMS: &str = "a path, hf://datasets/OWNER/NAME/FILE, hf://datasets/OWNER/NAME@REVISION/FILE, or an http or \
                     https address of a file without query, fragment and credentials";

/// The common source of files that are given by addresses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remote {
    source: Source,
    /// The path of each file below it.
    files: Vec<PathBuf>,
}

/// The address of one file.
#[derive(Debug)]
struct Address {
    source: Source,
    /// The path below it; empty if a whole dataset is named.
    path: String,
}

/// Returns whether a file is given by an address, of a kind that is known or not, and not by a path.
fn is_address(file: &Path) -> bool {
    let text = file.to_string_lossy();
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric()) && !file.exists()
}

impl Remote {
    /// Returns the source of files, each with the option that gives it; `None` if all are on this machine.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for an address that cannot be read, one that is given twice, and files
    /// that have no source in common.
    pub fn of(
        files: &[(&'static str, &Path)],
        fetcher: impl Fn() -> Result<Fetcher>,
    ) -> Result<Option<Self>> {
        let Some((_, first)) = files.iter().find(|(_, file)| is_address(file)) else { return Ok(None) };
        let mut found: Option<Self> = None;
        for (field, file) in files {
            let wrong = |expected: String| LmcError::invalid(field, file.display(), expected);
            let apart = || {
                wrong(format!(
                    "files that have one source, as {} has: all in one dataset at one revision, all on one server, \
                     or all on this machine; fetch the others first",
                    first.display()
                ))
            };
            if !is_address(file) {
                return Err(apart());
            }
            let Address { source, path } = Address::parse(&file.to_string_lossy()).map_err(wrong)?;
            if let (Source::Hub(dataset), true) = (&source, path.is_empty()) {
                return Err(wrong(file_of(dataset, &fetcher()?)?));
            }
            let path = PathBuf::from(path);
            match &mut found {
                None => found = Some(Self { source, files: vec![path] }),
                Some(all) if all.source != source => return Err(apart()),
                Some(all) if all.files.contains(&path) => return Err(wrong("each file once".to_owned())),
                Some(all) => all.files.push(path),
            }
        }
        Ok(found.map(Self::narrowed))
    }

    /// Returns the same files with as much of their paths in the address of a server as they have in common.
    fn narrowed(self) -> Self {
        let Source::Url(server) = &self.source else { return self };
        let mut common = self.files[0].parent().unwrap_or(Path::new("")).to_owned();
        while !self.files.iter().all(|file| file.starts_with(&common)) && common.pop() {}
        let below = |file: &PathBuf| file.strip_prefix(&common).unwrap_or(file).to_owned();
        let files = self.files.iter().map(below).collect();
        let folder = escaped(&common.to_string_lossy());
        let slash = if folder.is_empty() { "" } else { "/" };
        Self { source: Source::Url(format!("{server}{slash}{folder}")), files }
    }

    /// Returns the name of a task on these files: that of the dataset, or of the first file or its folder.
    pub fn name(&self) -> String {
        let name = match &self.source {
            Source::Hub(dataset) => dataset.repository.rsplit('/').next().map(plain_name),
            Source::Url(address) => {
                let above =
                    self.files[0].parent().and_then(Path::file_name).map(|name| name.to_string_lossy());
                let above = above.or_else(|| Some(address.rsplit('/').next()?.into()));
                Some(name_of(&self.files[0], &plain_name(&above.unwrap_or_default())))
            }
            _ => None,
        };
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| "task".to_owned())
    }

    /// Fetches the files for a task of that name. Returns the path of each on this machine, and what the
    /// manifest of the task says of them.
    pub fn fetch(mut self, name: &str, fetcher: &Fetcher) -> Result<(Vec<PathBuf>, Places)> {
        let entries = self.files.iter().map(|path| FileEntry::of(path)).collect();
        let manifest = Manifest::of_files(name, ManifestKind::Corpus, self.source.clone(), entries);
        let folder = fetcher.fetch(&manifest)?;
        if let Source::Hub(dataset) = &mut self.source {
            // The folder of a repository's files is called after their commit.
            let commit = folder.file_name().unwrap_or_default().to_string_lossy();
            dataset.revision = Revision::Named(commit.into_owned());
        }
        let local = self.files.iter().map(|file| folder.join(file)).collect();
        let change = match self.source {
            Source::Hub(_) => "# The commit is fixed: for a later one run `lmc task init` with @REVISION.",
            _ => "# A file that changes on the server is refused: delete the one that was fetched first.",
        };
        Ok((local, Places { source: self.lines(), change, files: self.files }))
    }

    /// Returns the table `[source]` of a manifest.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec!["[source]".to_owned()];
        match &self.source {
            Source::Hub(HubSource { repository, revision: Revision::Named(commit), .. }) => lines.extend([
                format!("hub = {}", quoted(repository)),
                "repo_type = \"dataset\"".to_owned(),
                format!("revision = {}", quoted(commit)),
            ]),
            Source::Url(address) => lines.push(format!("url = {}", quoted(address))),
            _ => {}
        }
        lines
    }
}

impl Address {
    /// Returns the address in a text, or what is expected instead.
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix(HUB) {
            return Self::of_dataset(rest);
        }
        match HUB_PAGES.iter().find_map(|page| text.strip_prefix(page)) {
            Some(rest) => Self::of_page(rest),
            None => Self::of_server(text),
        }
    }

    /// Reads the page of a file, `OWNER/NAME/blob/REVISION/FILE`. Other pages of a dataset are the whole of it.
    fn of_page(rest: &str) -> Result<Self, String> {
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let mut parts = rest.splitn(4, '/');
        let [owner, name, kind, file] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        match kind {
            "blob" | "resolve" | "raw" => Self::of_dataset(&format!("{owner}/{name}@{file}")),
            _ => Self::of_dataset(&format!("{owner}/{name}")),
        }
    }

    /// Reads `OWNER/NAME@REVISION/FILE`, of which the revision and the file may be absent.
    fn of_dataset(rest: &str) -> Result<Self, String> {
        let (owner, rest) = rest.split_once('/').ok_or_else(|| FORMS.to_owned())?;
        let end = rest.find(['/', '@']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let (revision, path) = match rest.strip_prefix('@') {
            None => (MAIN, rest),
            Some(rest) => {
                let n_slashes =
                    if LONG_REVISIONS.iter().any(|beginning| rest.starts_with(beginning)) { 2 } else { 0 };
                let end = rest.match_indices('/').nth(n_slashes).map_or(rest.len(), |(at, _)| at);
                rest.split_at(end)
            }
        };
        let revision = if revision == PARQUET[1] { PARQUET[0].to_owned() } else { decoded(revision)? };
        let source = HubSource::named(&format!("{owner}/{name}"), RepoType::Dataset, &revision);
        let source = source.map_err(|_| FORMS.to_owned())?;
        let path = plain_path(path.trim_start_matches('/'))?;
        Ok(Self { source: Source::Hub(source), path })
    }

    /// Reads an address of a web server.
    fn of_server(text: &str) -> Result<Self, String> {
        let is_address = Source::of_server(text).is_ok();
        let rest = text.split_once("://").map_or("", |(_, rest)| rest);
        match rest.split_once('/') {
            Some((_, path)) if path.to_ascii_lowercase().contains("%2f") => {
                Err(format!("an address whose path has no escaped slash: fetch {path} and give the file"))
            }
            Some((_, path)) if is_address && !path.is_empty() && !path.ends_with('/') => {
                let server = text[..text.len() - path.len()].trim_end_matches('/').to_owned();
                Ok(Self { source: Source::Url(server), path: plain_path(path)? })
            }
            _ => Err(FORMS.to_owned()),
        }
    }
}

/// Returns a path in which escaped characters are themselves, if it is one of plain names.
fn plain_path(path: &str) -> Result<String, String> {
    let path = decoded(path)?;
    if !path.is_empty() {
        let expected =
            |_| "a file by plain names with slashes between, without `..`, `\\` and `:`".to_owned();
        crate::manifest::plain(&path).map_err(expected)?;
    }
    Ok(path)
}

fn decoded(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| "an address in UTF-8".to_owned())?;
    Ok(text.into_owned())
}

/// Returns what is expected in place of a whole dataset: one of its files.
fn file_of(dataset: &HubSource, fetcher: &Fetcher) -> Result<String> {
    let files = fetcher.files_of(dataset)?;
    let more = files.len().saturating_sub(LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let listed = files.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
    Ok(format!(
        "a file of it, such as hf://datasets/{}/FILE; its files are {listed}{more}",
        dataset.repository
    ))
}
