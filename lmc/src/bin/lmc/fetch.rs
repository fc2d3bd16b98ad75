//! Fetches corpora and models, and lists those that are known.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use lmc::data::fetch::Fetcher;
use lmc::data::manifest::{Manifest, ManifestKind};
use lmc::{LmcError, Result};

use crate::output::say;

/// The files to fetch and their source.
#[derive(Args)]
pub struct Fetch {
    /// Their names (`lmc manifests` lists them), `qqp-berts-12` or `qqp-berts-12@15000` for a member of a
    /// collection, or paths of manifests that end in .toml.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// A folder or file at hand, which is checked and used instead.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The lock file that says what may be fetched; by default the one in the store.
    #[arg(long)]
    lock: Option<PathBuf>,
    /// A link to make to the folder.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace a link in place of --out that points elsewhere.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Fetch {
    pub fn check(&self) -> Result<()> {
        if self.names.len() > 1 && (self.data.is_some() || self.out.is_some()) {
            let (got, expected) = (self.names.join(" "), "one name beside --data or --out".into());
            return Err(LmcError::InvalidParameter { field: "NAME", got, expected });
        }
        Ok(())
    }

    /// Fetches each and says in which folder it lies, how large it is and under which licence.
    pub fn run(self) -> Result<()> {
        self.out.as_deref().map_or(Ok(()), check_link)?;
        let mut fetcher = Fetcher::from_env()?;
        if let Some(lock) = &self.lock {
            fetcher = fetcher.with_lock(lock);
        }
        for name in &self.names {
            let manifest = if name.ends_with(".toml") {
                Manifest::read(Path::new(name))
            } else {
                Manifest::builtin(name)
            }?;
            let folder = match &self.data {
                Some(data) => fetcher.local(&manifest, data)?,
                None => fetcher.fetch(&manifest)?,
            };
            let sizes =
                manifest.files.iter().filter_map(|entry| std::fs::metadata(folder.join(&entry.path)).ok());
            let bytes: u64 = sizes.map(|attributes| attributes.len()).sum();
            if let Some(out) = &self.out {
                link(&folder, out, self.force)?;
            }
            say(format_args!("{}: {}", manifest.name, folder.display()));
            say(format_args!("  {:.1} MB, licence: {}", bytes as f64 / 1e6, manifest.licence));
            if let Some(out) = &self.out {
                say(format_args!("  linked from {}", out.display()));
            }
        }
        Ok(())
    }
}

/// Checks that a link can be made: nothing but a link may be in its place, and its folder must be there.
fn check_link(out: &Path) -> Result<()> {
    if out.symlink_metadata().is_ok_and(|attributes| !attributes.is_symlink()) {
        let what = if out.is_dir() { "a folder" } else { "a file" };
        let remedy = "choose another place for the link";
        return Err(LmcError::Occupied {
            path: out.to_owned(),
            holds: format!("{what} that is no link"),
            remedy,
        });
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    lmc::file::writable_folder(folder)
}

/// Makes a link to a folder. An existing link stays if it is right, and is replaced only by `force`.
fn link(folder: &Path, out: &Path, force: bool) -> Result<()> {
    let io = |source| LmcError::Io { action: "link", path: out.to_owned(), source };
    let folder = std::path::absolute(folder).map_err(io)?;
    match std::os::unix::fs::symlink(&folder, out) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => return other.map_err(io),
    }
    check_link(out)?;
    let target = std::fs::read_link(out).map_err(io)?;
    let same = |path: &Path| path.canonicalize().ok();
    if target == folder || (same(out).is_some() && same(out) == same(&folder)) {
        return Ok(());
    }
    if !force {
        let holds = format!("a link to {}", target.display());
        let remedy = "choose another place, or replace the link by --force";
        return Err(LmcError::Occupied { path: out.to_owned(), holds, remedy });
    }
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = out.with_file_name(name);
    std::os::unix::fs::symlink(&folder, &beside).and_then(|()| std::fs::rename(&beside, out)).map_err(io)
}

/// Lists the manifests that come with the crate.
pub fn list() -> Result<()> {
    for name in Manifest::builtin_names() {
        let manifest = Manifest::builtin(name)?;
        let kind = match manifest.kind {
            ManifestKind::Corpus => "corpus",
            ManifestKind::Generated => "generated",
            ManifestKind::Model => "model",
            ManifestKind::Collection => "collection",
            ManifestKind::Table => "table",
        };
        let members = manifest.members.map(|m| format!(", {name}-{} to {name}-{}", m.first, m.last));
        say(format_args!("{name:18} {kind:11} {}{}", manifest.title, members.unwrap_or_default()));
        say(format_args!("{:30} licence: {}", "", manifest.licence));
    }
    Ok(())
}
