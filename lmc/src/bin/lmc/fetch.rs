//! Fetches corpora and models, and lists those that are known.

use std::path::{Path, PathBuf};

use clap::Args;
use lmc::data::fetch::Fetcher;
use lmc::data::manifest::{Manifest, ManifestKind};
use lmc::{LmcError, Result};

#[derive(Args)]
pub struct Fetch {
    /// Their names (`lmc manifests` lists them), `qqp-berts-12` or `qqp-berts-12@15000` for a member of a collection, or
    /// paths of manifests that end in .toml.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// A folder or file at hand, which is checked and used instead.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The lock file that says what may be fetched; else the one in the store.
    #[arg(long)]
    lock: Option<PathBuf>,
    /// A link to make to the folder.
    #[arg(long, value_name = "LINK")]
    out: Option<PathBuf>,
    /// Let a link of --out that leads to another place lead to the folder.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Fetch {
    /// Fetches each and says in which folder it lies, how large it is and under which licence.
    pub fn run(self) -> Result<()> {
        if self.names.len() > 1 && (self.data.is_some() || self.out.is_some()) {
            let (got, expected) = (self.names.join(" "), "one name beside --data or --out".into());
            return Err(LmcError::InvalidParameter { field: "NAME", got, expected });
        }
        let manifests = self.names.iter().map(|name| match name.ends_with(".toml") {
            true => Manifest::read(Path::new(name)),
            false => Manifest::builtin(name),
        });
        let manifests = manifests.collect::<Result<Vec<_>>>()?;
        if let Some(out) = &self.out {
            may_be_a_link(out)?;
        }
        let mut fetcher = Fetcher::from_env()?;
        if let Some(lock) = &self.lock {
            fetcher = fetcher.with_lock(lock);
        }
        for manifest in &manifests {
            let folder = match &self.data {
                Some(data) => fetcher.local(manifest, data)?,
                None => fetcher.fetch(manifest)?,
            };
            let sizes =
                manifest.files.iter().filter_map(|entry| std::fs::metadata(folder.join(&entry.path)).ok());
            let bytes: u64 = sizes.map(|attributes| attributes.len()).sum();
            println!("{}: {}", manifest.name, folder.display());
            println!("  {:.1} MB, licence: {}", bytes as f64 / 1e6, manifest.licence);
            if let Some(out) = &self.out {
                link(&folder, out, self.force)?;
                println!("  linked from {}", out.display());
            }
        }
        Ok(())
    }
}

/// Refuses the name of a link where something else is.
fn may_be_a_link(out: &Path) -> Result<()> {
    match std::fs::symlink_metadata(out) {
        Ok(attributes) if !attributes.is_symlink() => {
            let what = if attributes.is_dir() { "a folder" } else { "a file" };
            Err(taken(out, what, "a name for a link that is free; nothing but a link is replaced"))
        }
        _ => Ok(()),
    }
}

/// Makes a link to a folder, unless it is there; one that leads elsewhere is replaced if `force` says so.
fn link(folder: &Path, out: &Path, force: bool) -> Result<()> {
    let io = |source| LmcError::Io { action: "link", path: out.to_owned(), source };
    let target = std::path::absolute(folder).map_err(io)?;
    if let Ok(present) = std::fs::read_link(out) {
        let leads = |path: &Path| std::fs::canonicalize(path).ok();
        if present == target || leads(out).is_some_and(|there| leads(&target) == Some(there)) {
            return Ok(());
        }
        if !force {
            let what = format!("a link to {}", present.display());
            return Err(taken(
                out,
                &what,
                "a name that is free, or --force to let the link lead to the new folder",
            ));
        }
        std::fs::remove_file(out).map_err(io)?;
    }
    if let Some(above) = out.parent().filter(|above| !above.as_os_str().is_empty()) {
        let failed = |source| LmcError::Io { action: "create folder", path: above.to_owned(), source };
        std::fs::create_dir_all(above).map_err(failed)?;
    }
    std::os::unix::fs::symlink(target, out).map_err(io)
}

fn taken(out: &Path, what: &str, expected: &str) -> LmcError {
    let (got, expected) = (format!("{}, which is {what}", out.display()), expected.to_owned());
    LmcError::InvalidParameter { field: "--out", got, expected }
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
        println!("{name:18} {kind:11} {}{}", manifest.title, members.unwrap_or_default());
        println!("{:30} licence: {}", "", manifest.licence);
    }
    Ok(())
}
