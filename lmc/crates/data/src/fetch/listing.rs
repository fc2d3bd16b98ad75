//! The list of the files of a repository on the hub.

use serde::Deserialize;

use super::Fetcher;
use super::client::network;
use super::hub::Repository;
use super::retry::Failure;
use crate::manifest::HubSource;
use lmc_base::error::{LmcError, Result};

/// A file or a folder as the hub lists it.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
}

impl Fetcher {
    /// Returns the paths of the files of a repository at the commit that is fetched, as the hub's first page
    /// lists them. Files of the repository itself, which begin with a point, are left out.
    pub(crate) fn files_of(&self, source: &HubSource) -> Result<Vec<String>> {
        if self.offline {
            let file = format!("the list of files of {}", source.repository);
            return Err(LmcError::Offline { file, folder: self.hub_cache.clone(), flat: None });
        }
        let repository = Repository::new(self, source);
        let url = format!("{}/tree/{}?recursive=true", repository.api(), repository.fetched_commit()?);
        let entries: Vec<Entry> = self.retries.run(|| {
            let (text, _) = self.client.text(&url)?;
            serde_json::from_slice(&text).map_err(|error| {
                Failure::last(network(&url, Some(200), format!("no list of files: {error}")))
            })
        })?;
        let files = entries.into_iter().filter(|entry| entry.kind == "file" && !entry.path.starts_with('.'));
        Ok(files.map(|entry| entry.path).collect())
    }
}
