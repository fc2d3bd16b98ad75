//! Sources of files: the `[source]` table of a manifest.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use ureq::http::Uri;

/// The source of the files of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub enum Source {
    /// A repository of the Hugging Face hub.
    Hub(HubSource),
    /// A folder of a web server: the address of a file is this address, a slash and its path.
    Url(String),
    /// A folder of this machine, relative to that of the manifest; nothing is fetched.
    Folder(PathBuf),
    /// A folder in an installed Python package, which is not fetched.
    Package {
        /// The name and version as `pip install` takes them, for example `numpy==2.1.0`.
        package: String,
        /// The folder inside `site-packages`.
        folder: String,
    },
    /// A generator, which draws the examples; nothing is fetched.
    Generated(Generator),
}

/// A generator of examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generator {
    /// The grammar of [`mini_nli`](crate::mini_nli).
    MiniNli,
}

impl fmt::Display for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MiniNli => "lmc::data::mini_nli",
        })
    }
}

/// A repository of the Hugging Face hub at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSource {
    /// `owner/name`; in a collection `{}` stands for the number of the member.
    pub repository: String,
    /// The kind of the repository.
    pub repo_type: RepoType,
    /// The commit.
    pub revision: Revision,
}

/// The content of a repository of the hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepoType {
    /// Weights and a configuration.
    #[default]
    Model,
    /// Examples.
    Dataset,
}

/// A commit of a repository, in one of the ways to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// A commit (40 hexadecimal digits), branch or tag.
    Named(String),
    /// The one commit of the branch `main` whose message has this number as a word.
    Step(u64),
    /// The one commit for a step in the repository of each member of a collection, at any of these steps; the
    /// last is the end of training.
    Steps(Vec<u64>),
}

impl Revision {
    /// Returns the commit, if the revision is one: its 40 hexadecimal digits.
    pub fn commit(&self) -> Option<&str> {
        match self {
            Self::Named(name) if is_commit(name) => Some(name),
            _ => None,
        }
    }
}

/// Returns whether a text is the hash of a commit: 40 lower-case hexadecimal digits.
pub(crate) fn is_commit(text: &str) -> bool {
    is_hexadecimal(text, 40)
}

/// Returns whether a text consists of exactly that many lower-case hexadecimal digits.
pub(crate) fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The table in its written form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    hub: Option<String>,
    repo_type: Option<RepoType>,
    revision: Option<String>,
    step: Option<u64>,
    steps: Option<Vec<u64>>,
    url: Option<String>,
    package: Option<String>,
    folder: Option<String>,
    generated: Option<Generator>,
}

impl TryFrom<Table> for Source {
    type Error = String;

    fn try_from(table: Table) -> Result<Source, String> {
        let Table { hub, repo_type, revision, step, steps, url, package, folder, generated } = table;
        let of_hub = repo_type.is_some() || revision.is_some() || step.is_some() || steps.is_some();
        if of_hub && hub.is_none() {
            return Err("`repo_type`, `revision`, `step` and `steps` belong to `hub`".into());
        }
        if let (Some(folder), None, None, None, None) = (&folder, &hub, &url, &package, generated) {
            return match folder.is_empty() || folder.contains(char::is_control) {
                true => Err("`folder` is no path".into()),
                false => Ok(Self::Folder(folder.into())),
            };
        }
        if folder.is_some() && package.is_none() {
            return Err("`folder` stands alone, or belongs to `package`".into());
        }
        match (hub, url, package, generated) {
            (Some(repository), None, None, None) => {
                let revision = one_revision(revision, step, steps)?;
                repository_name(&repository)?;
                Ok(Self::Hub(HubSource { repository, repo_type: repo_type.unwrap_or_default(), revision }))
            }
            (None, Some(url), None, None) => Self::of_server(&url),
            (None, None, Some(package), None) => {
                let folder = folder.ok_or("`package` needs `folder`")?;
                let pinned = package.split_once("==").is_some_and(|(name, version)| {
                    !name.is_empty() && !version.is_empty() && !package.contains(char::is_whitespace)
                });
                if !pinned {
                    return Err(format!("`{package}` is no package with its version, such as numpy==2.1.0"));
                }
                super::files::plain(&folder)?;
                Ok(Self::Package { package, folder })
            }
            (None, None, None, Some(generator)) => Ok(Self::Generated(generator)),
            _ => Err("a source has exactly one of `hub`, `url`, `folder`, `package` and `generated`".into()),
        }
    }
}

impl HubSource {
    /// Returns a repository at a commit, branch or tag, or what is wrong with one of the names.
    pub(crate) fn named(repository: &str, repo_type: RepoType, revision: &str) -> Result<Self, String> {
        repository_name(repository)?;
        let revision = one_revision(Some(revision.to_owned()), None, None)?;
        Ok(Self { repository: repository.to_owned(), repo_type, revision })
    }
}

impl Source {
    /// Returns a folder of a web server by its address, or what is wrong with that.
    pub(crate) fn of_server(url: &str) -> Result<Self, String> {
        address(url).map(Self::Url)
    }

    /// Returns the source with its folder found from that of the manifest at a path.
    pub(super) fn seen_from(self, manifest: &Path) -> Self {
        match self {
            Self::Folder(folder) => {
                let here = manifest.parent().unwrap_or(Path::new(""));
                let joined: PathBuf = here.join(folder).components().collect();
                Self::Folder(if joined.as_os_str().is_empty() { ".".into() } else { joined })
            }
            other => other,
        }
    }
}

fn one_revision(
    revision: Option<String>,
    step: Option<u64>,
    steps: Option<Vec<u64>>,
) -> Result<Revision, String> {
    match (revision, step, steps) {
        (Some(name), None, None) => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
            if name.is_empty() || !name.chars().all(allowed) || super::files::plain(&name).is_err() {
                return Err(format!("`{name}` is no commit, branch or tag"));
            }
            Ok(Revision::Named(name))
        }
        (None, Some(step), None) => Ok(Revision::Step(step)),
        (None, None, Some(steps)) => {
            if steps.is_empty() || !steps.is_sorted_by(|a, b| a < b) {
                return Err("`steps` must be numbers in ascending order".into());
            }
            Ok(Revision::Steps(steps))
        }
        _ => Err("`hub` needs exactly one of `revision`, `step` and `steps`".into()),
    }
}

/// Checks `owner/name`, in which `{}` may stand for a number.
fn repository_name(repository: &str) -> Result<(), String> {
    let filled = repository.replacen("{}", "0", 1);
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && !part.contains("..")
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    match filled.split_once('/') {
        Some((owner, name)) if part(owner) && part(name) => Ok(()),
        _ => Err(format!("`{repository}` is no repository of the hub, which are called owner/name")),
    }
}

/// Returns an address without a slash at its end, or an error if it holds a part that it must not have.
fn address(url: &str) -> Result<String, String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is no address: {error}"))?;
    let scheme = uri.scheme_str().is_some_and(|scheme| scheme == "http" || scheme == "https");
    let credentials = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if !scheme || credentials || uri.query().is_some() || url.contains('#') {
        return Err(format!("`{url}` is no http or https address without query, fragment and credentials"));
    }
    Ok(url.trim_end_matches('/').to_owned())
}
