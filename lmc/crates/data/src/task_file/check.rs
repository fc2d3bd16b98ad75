//! Checks of a new task before a file is read, and the names of the task and of its sets.

use std::path::{Path, PathBuf};

use super::{NewTask, place};
use crate::manifest::{Manifest, TaskTable};
use lmc_base::error::{LmcError, Result};

impl NewTask {
    /// Returns the files, each with the option that gives it, the training set first.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let test = self.test.iter().map(|file| ("test", file));
        let others = test.chain(self.ood.iter().map(|file| ("ood", file)));
        std::iter::once(("train", &self.train)).chain(others).map(|(field, file)| (field, file.as_path()))
    }

    /// Checks that every column has one role, that the name is free, and that the manifest has a place.
    pub(super) fn check(&self) -> Result<()> {
        let columns = [
            ("text", Some(&self.text)),
            ("text_pair", self.text_pair.as_ref()),
            ("label", Some(&self.label)),
        ];
        let mut given: Vec<&String> = Vec::new();
        for (field, column) in columns.into_iter().filter_map(|(field, column)| Some((field, column?))) {
            if given.contains(&column) {
                let got = format!("`{column}`, which has another role");
                return Err(LmcError::invalid(field, got, "a column of its own"));
            }
            given.push(column);
        }
        if self.out.extension().is_none_or(|extension| extension != "toml") {
            return Err(LmcError::invalid("out", self.out.display(), "a file that ends in .toml"));
        }
        let folder = self.out.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            std::fs::read_dir(folder).map_err(LmcError::io("read folder", folder))?;
        }
        let Some(name) = &self.name else { return Ok(()) };
        if name.is_empty() || place::plain_name(name) != *name {
            return Err(LmcError::invalid("name", name, "small letters, digits, `-` and `_`"));
        }
        if Manifest::builtin_names().contains(&name.as_str()) {
            return Err(LmcError::invalid("name", name, "a name that no manifest of lmc has"));
        }
        Ok(())
    }

    /// Returns the files of this machine, after checking that each is one of its own that a manifest can
    /// name.
    pub(super) fn own_paths(&self) -> Result<Vec<PathBuf>> {
        self.files().try_for_each(|(field, path)| place::check_file(field, path))?;
        let mut places: Vec<PathBuf> = Vec::new();
        for (field, path) in self.files() {
            let place = path.canonicalize().map_err(LmcError::io("read", path))?;
            if places.contains(&place) {
                let got = format!("{}, which is given before", path.display());
                return Err(LmcError::invalid(field, got, "each file once"));
            }
            places.push(place);
        }
        let files: Vec<&Path> = self.files().map(|(_, file)| file).collect();
        place::check_names(&files, &self.out)?;
        Ok(files.into_iter().map(Path::to_owned).collect())
    }

    /// Returns the name of the task: the one that was given, or that of its files.
    pub(super) fn name(&self, of_files: impl Fn() -> String) -> String {
        let name = self.name.clone().unwrap_or_else(of_files);
        match Manifest::builtin_names().contains(&name.as_str()) {
            true => format!("own-{name}"),
            false => name,
        }
    }

    /// Returns the names of the sets: of the training set and of every other file.
    pub(super) fn set_names(&self, paths: &[PathBuf]) -> Vec<String> {
        let mut names = vec!["train".to_owned()];
        names.extend(self.test.iter().map(|_| TaskTable::IN_DOMAIN.to_owned()));
        for path in &paths[names.len()..] {
            let name = place::set_name(path);
            let taken =
                |name: &String| names.contains(name) || name == "test" || name == TaskTable::IN_DOMAIN;
            let numbered = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}-{n}") });
            names.extend(numbered.into_iter().find(|name| !taken(name)));
        }
        names
    }
}
