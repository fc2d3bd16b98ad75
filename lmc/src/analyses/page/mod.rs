//! A study as one HTML page: linked views of its models, their lines, basins and evaluations.
//!
//! The page is one file with everything in it, plotly.js as well. It works from disk and without network: its
//! policy refuses every request. A cell of the heatmap shows the line between two models, a point of the
//! scatter shows one model. `lmc/docs/report.md` says what there is to see.

mod block;
mod content;
mod division;
mod facts;
mod html;
mod kinds;
mod layers;
mod lines;
mod options;
mod simplices;
mod stages;
mod training;

use std::fmt;
use std::path::Path;

use self::block::Blocks;
use self::content::Content;
pub use self::options::PageOptions;
use crate::error::{LmcError, Result};
use crate::file::{read, write_atomic};
use crate::options::Options;
use crate::study::Models;

/// A page in HTML.
#[derive(Clone)]
pub struct Page {
    title: String,
    html: String,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({:?}, {} bytes)", self.title, self.html.len())
    }
}

impl Models {
    /// Writes a page about the models to `path`, as [`Models::page`] makes it with the default options. The file
    /// is there whole or not at all, and a missing folder is made.
    ///
    /// # Errors
    /// The errors of [`Models::page`] and [`Page::save`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// models.report("report.html")?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn report(&self, path: impl AsRef<Path>) -> Result<()> {
        check_extension(path.as_ref())?;
        self.page(&PageOptions::default())?.save(path)
    }

    /// Returns a page about the models: their evaluations on every set of the task, the lines between all pairs
    /// on the sets of the options, the basins with their intervals, and earlier stages of training, averages in
    /// some layers alone, combinations of more than two models and sharpness. What is in the store is read, the
    /// rest is computed; each of the last four only if the options ask for it.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than two models, or fewer than three for layers or convexity;
    /// [`LmcError::UnknownName`] for a set that the task does not have; the errors of [`Models::evaluate`],
    /// [`Models::sweep`], [`Sweep::confidence`](crate::study::Sweep::confidence), [`Models::stage`],
    /// [`Models::layers`], [`Models::convexity`] and [`Models::sharpness`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::layers::LayerOptions;
    /// use lmc::analyses::page::PageOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// // Lines on one set more, the drift during training, and where basins part.
    /// let beside = Some(vec!["lo".to_owned(), "con".to_owned()]);
    /// let layers = Some(LayerOptions::default());
    /// let page = models.page(&PageOptions { beside, layers, stages: true, ..PageOptions::default() })?;
    /// page.save("report.html")?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn page(&self, options: &PageOptions) -> Result<Page> {
        let options = options.check()?;
        options.check_models(self)?;
        let mut blocks = Blocks::default();
        let content = Content::gather(self, &options, &mut blocks)?;
        let html = html::page(&content.title, &content::json(&content)?, &blocks);
        Ok(Page { title: content.title, html })
    }
}

impl Page {
    /// Returns the HTML.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// Writes the page to `path`, which ends in `.html`. The file is there whole or not at all, and a missing
    /// folder is made.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another extension, [`LmcError::Io`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        check_extension(path.as_ref())?;
        write_atomic(path.as_ref(), self.html.as_bytes())
    }

    /// Checks that a page can be written to `path`, before anything is computed: the name ends in `.html`, and
    /// a file that is there is a page too, unless it may be replaced.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another extension, [`LmcError::Occupied`] for a file that is not a page,
    /// [`LmcError::Io`] for one that cannot be read.
    #[doc(hidden)]
    pub fn check_place(path: &Path, replace: bool) -> Result<()> {
        check_extension(path)?;
        if replace || !path.exists() {
            return Ok(());
        }
        let bytes = read(path)?;
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]);
        match start.contains(html::GENERATOR) {
            true => Ok(()),
            false => Err(LmcError::Occupied {
                path: path.to_owned(),
                holds: "a file that lmc did not write".to_owned(),
                remedy: "choose another name, or replace it by --force",
            }),
        }
    }
}

/// Checks that a path ends in `.html`.
fn check_extension(path: &Path) -> Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => Ok(()),
        other => Err(LmcError::UnknownName {
            kind: "extension of a page",
            name: other.unwrap_or_default().to_owned(),
            known: vec!["html".to_owned()],
        }),
    }
}
