//! Fetches corpora and models, and lists those that are known.

use std::path::{Path, PathBuf};

use lmc::data::fetch::Fetcher;
use lmc::data::manifest::{Manifest, ManifestKind};
use lmc::{LmcError, Result};

/// What to fetch and where from.
pub struct Wanted {
    pub names: Vec<String>,
    pub data: Option<PathBuf>,
    pub lock: Option<PathBuf>,
    pub out: Option<PathBuf>,
}

/// Fetches each and says in which folder it lies, how large it is and under which licence.
pub fn fetch(wanted: &Wanted) -> Result<()> {
    if wanted.names.len() > 1 && (wanted.data.is_some() || wanted.out.is_some()) {
        let (got, expected) = (wanted.names.join(" "), "one name beside --data or --out".into());
        return Err(LmcError::InvalidParameter { field: "NAME", got, expected });
    }
    let mut fetcher = Fetcher::from_env()?;
    if let Some(lock) = &wanted.lock {
        fetcher = fetcher.with_lock(lock);
    }
    for name in &wanted.names {
        let manifest =
            if name.ends_with(".toml") { Manifest::read(Path::new(name)) } else { Manifest::builtin(name) }?;
        let folder = match &wanted.data {
            Some(data) => fetcher.local(&manifest, data)?,
            None => fetcher.fetch(&manifest)?,
        };
        let sizes =
            manifest.files.iter().filter_map(|entry| std::fs::metadata(folder.join(&entry.path)).ok());
        let bytes: u64 = sizes.map(|attributes| attributes.len()).sum();
        println!("{}: {}", manifest.name, folder.display());
        println!("  {:.1} MB, licence: {}", bytes as f64 / 1e6, manifest.licence);
        if let Some(out) = &wanted.out {
            let io = |source| LmcError::Io { action: "link", path: out.clone(), source };
            std::os::unix::fs::symlink(std::path::absolute(&folder).map_err(io)?, out).map_err(io)?;
            println!("  linked from {}", out.display());
        }
    }
    Ok(())
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
