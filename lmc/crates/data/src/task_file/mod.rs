//! A manifest for data of one's own: files of examples are looked at, and what they are is written down.
//!
//! The manifest is a file of the same kind as those that come with the crate. It names the files by paths that
//! begin at its own folder, with their sizes and digests, so that it can be moved together with them and a
//! file that changed is noticed. Files of a dataset on the hub or of a web server are fetched, and named by
//! their source.

mod check;
mod labels;
mod layout;
mod notes;
mod place;
mod remote;
mod survey;
mod written;

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::fetch::Fetcher;
use crate::manifest::{Manifest, TaskTable};
use labels::Labels;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{sha256_of_file, write_atomic};
use lmc_base::metric::Metric;
use notes::{check_texts, lacking, notes_on, other_shards, shared};
use place::Places;
use remote::Remote;
pub use survey::Shown;
use survey::{Roles, Survey, example, for_each_row};

/// The most examples of a set in domain that is held out of the training set.
const HELD_OUT: usize = 512;
/// The fewest examples of a training set of which some are held out.
const FEWEST: usize = 10;
/// The seed of the draw of the set that is held out.
const SEED: u64 = 0;

/// The files of a task and what is in their columns.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
/// use lmc::data::task_file::NewTask;
/// # let folder = tempfile::tempdir().unwrap();
/// let train = folder.path().join("train.csv");
/// let row = |i: usize| format!("\"Sentence {i}, quoted\",{}\n", ["for", "against"][i % 2]);
/// std::fs::write(&train, format!("sentence,stance\n{}", (0..50).map(row).collect::<String>())).unwrap();
/// let draft = NewTask::new(&train, "sentence", "stance").with_out(folder.path().join("task.toml")).draft()?;
/// assert_eq!(draft.labels, ["against", "for"]);
/// assert_eq!(draft.sets.iter().map(|set| (set.name.as_str(), set.n_examples)).collect::<Vec<_>>(), [("train", 40), ("id", 10)]);
/// draft.write(false)?;
/// assert_eq!(lmc::spec::TaskSpec::open(folder.path().join("task.toml"))?.n_train(), 40);
/// # Ok::<(), lmc::LmcError>(())
/// ```
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The file of the training set. This and the other files are paths, or all of them addresses:
    /// `https://server/file.csv`, or `hf://datasets/owner/name@revision/file.csv` on the hub.
    pub train: PathBuf,
    /// The column of the first or only text.
    pub text: String,
    /// The column of the second text, for pairs.
    pub text_pair: Option<String>,
    /// The column of the label.
    pub label: String,
    /// The file of the evaluation set in domain; none if it is held out of the training set.
    pub test: Option<PathBuf>,
    /// Files of evaluation sets out of domain.
    pub ood: Vec<PathBuf>,
    /// The name of the task; none for that of the file or of its folder.
    pub name: Option<String>,
    /// The metric by which copies are judged.
    pub metric: Metric,
    /// The file of the manifest.
    pub out: PathBuf,
}

/// A manifest that is not written yet, and the sets as they were read.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The text of the manifest.
    pub text: String,
    /// The manifest.
    pub manifest: Manifest,
    /// The file that it is for.
    pub out: PathBuf,
    /// The labels in order.
    pub labels: Vec<String>,
    /// The sets, the training set first.
    pub sets: Vec<DraftSet>,
    /// Notes on the data, one sentence each.
    pub notes: Vec<String>,
}

/// A set of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftSet {
    /// The name of the set.
    pub name: String,
    /// Its file, as it was given.
    pub file: PathBuf,
    /// The number of its examples.
    pub n_examples: usize,
    /// The number of examples of each label, in the order of [`Draft::labels`].
    pub n_of_label: Vec<usize>,
    /// The first five examples.
    pub first: Vec<Shown>,
}

/// The files of a task where they can be read, the training set first, and what the manifest says of them.
struct Sources {
    name: String,
    paths: Vec<PathBuf>,
    places: Places,
}

impl NewTask {
    /// Returns a task of one file, of which a set in domain is held out, with a manifest `task.toml` in the
    /// current folder.
    pub fn new(train: impl Into<PathBuf>, text: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            train: train.into(),
            text: text.into(),
            text_pair: None,
            label: label.into(),
            test: None,
            ood: Vec::new(),
            name: None,
            metric: Metric::Accuracy,
            out: "task.toml".into(),
        }
    }

    /// Returns this task with another file for its manifest.
    pub fn with_out(mut self, out: impl Into<PathBuf>) -> Self {
        self.out = out.into();
        self
    }

    /// Looks at the files and returns the manifest that describes them. Files are read row by row: one of any
    /// size takes little memory, except Parquet, of which the columns with a role are in memory.
    ///
    /// # Errors
    /// [`LmcError::Format`] with file and line for a file that cannot be read as examples, and for data that
    /// cannot be those of a classifier: one label alone, real numbers, more than 1000 labels, texts that are
    /// all the same, a label that training lacks; [`LmcError::InvalidParameter`] for a column with two roles,
    /// a file with two, a name that is taken, and files without a common source; for addresses the errors of
    /// [`Fetcher::fetch`]; [`LmcError::Io`]; [`LmcError::Interrupted`].
    pub fn draft(&self) -> Result<Draft> {
        self.check()?;
        let files: Vec<_> = self.files().collect();
        let sources = match Remote::of(&files, Fetcher::from_env)? {
            None => {
                let paths = self.own_paths()?;
                let places = Places::of(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>(), &self.out)?;
                Sources { name: self.name(|| place::task_name(&self.train)), paths, places }
            }
            Some(remote) => {
                let name = self.name(|| remote.name());
                let (paths, places) = remote.fetch(&name, &Fetcher::from_env()?)?;
                Sources { name, paths, places }
            }
        };
        self.drafted(sources)
    }

    /// Returns the manifest of files that are on this machine by now.
    fn drafted(&self, sources: Sources) -> Result<Draft> {
        let names = self.set_names(&sources.paths);
        let given: Vec<&Path> = self.files().map(|(_, file)| file).collect();
        let roles = Roles { first: &self.text, second: self.text_pair.as_deref(), label: &self.label };
        let mut others = Vec::new();
        for (path, given) in sources.paths.iter().zip(&given).skip(1) {
            others.push(Survey::of(path, given, &roles, None)?);
        }
        let mut seen: HashMap<u64, bool> = HashMap::new();
        seen.extend(others.iter().flat_map(|other| &other.prints).map(|print| (*print, false)));
        let train = Survey::of(&sources.paths[0], given[0], &roles, Some(&mut seen))?;
        let surveys: Vec<&Survey> = std::iter::once(&train).chain(&others).collect();
        surveys.iter().try_for_each(|survey| check_texts(survey))?;
        let Labels { names: labels, missing, mut notes } = Labels::of(&surveys, &self.label)?;
        let missing = missing.as_deref();
        let mut sets: Vec<DraftSet> =
            names.iter().zip(&surveys).map(|(name, survey)| whole(name, survey, &labels)).collect();
        if let Some((set, survey)) = sets.iter().zip(&surveys).find(|(set, _)| set.n_examples == 0) {
            let problem = format!("no row of `{}` has a label in column `{}`", set.name, self.label);
            return Err(survey.wrong(None, problem, "give a file of examples with labels"));
        }
        notes.extend(surveys.iter().flat_map(|survey| notes_on(survey, missing)));
        notes.extend(surveys.iter().filter_map(|survey| other_shards(survey)));
        for (name, survey) in names.iter().zip(&surveys).skip(names.len() - self.ood.len()) {
            let (own, file) = (place::set_name(&survey.path), survey.given.display());
            if own != *name {
                notes.push(format!("{file} is called `{name}`: another set is called `{own}`"));
            }
        }
        for (set, survey) in sets.iter().zip(&surveys).skip(1) {
            let n = survey.prints.iter().filter(|print| seen.get(print) == Some(&true)).count();
            notes.extend(shared(n, survey.n_rows, &set.name));
        }
        let held_out = match &self.test {
            Some(_) => None,
            None => Some(self.held_out(&sets[0])?),
        };
        if let Some(n) = held_out {
            let of = sets[0].n_examples;
            sets[0].n_examples -= n;
            sets.insert(1, DraftSet { name: TaskTable::IN_DOMAIN.into(), n_examples: n, ..sets[0].clone() });
            notes.push(format!(
                "no test file is given: {n} of the {of} examples are held out of training as `id`, drawn by the seed {SEED}"
            ));
        }
        let contents = sources.paths.iter().map(|path| sha256_of_file(path)).collect::<Result<Vec<_>>>()?;
        let plan = written::Plan {
            task: self,
            name: sources.name,
            labels: &labels,
            missing,
            surveys: &surveys,
            sets: &sets,
            held_out: held_out.map(|_| SEED),
            places: &sources.places,
            contents: &contents,
        };
        let text = plan.text();
        let manifest = Manifest::parse(&text, &self.out)?;
        if held_out.is_some() {
            let n = self.divide(&mut sets, &manifest, &roles, &train, &labels)?;
            notes.extend(shared(n, sets[1].n_examples, &sets[1].name));
        }
        notes.extend(sets.iter().filter_map(|set| lacking(set, &labels)));
        Ok(Draft { text, manifest, out: self.out.clone(), labels, sets, notes })
    }

    /// Returns the number of examples that are held out of the training set.
    fn held_out(&self, train: &DraftSet) -> Result<usize> {
        let n = train.n_examples;
        if n < FEWEST {
            let problem = format!("{n} examples are too few to hold some out as a test set");
            let remedy = "give a test file with --test";
            return Err(LmcError::Format { path: self.train.clone(), line: None, problem, remedy });
        }
        Ok(HELD_OUT.min(n.div_ceil(5)))
    }

    /// Counts the labels of the training set and of what is held out of it, and takes the first examples of
    /// each. Returns the number of examples that are held out whose texts are in the training set too.
    fn divide(
        &self,
        sets: &mut [DraftSet],
        manifest: &Manifest,
        roles: &Roles<'_>,
        train: &Survey,
        labels: &[String],
    ) -> Result<usize> {
        let [rest, id, ..] = sets else { return Ok(0) };
        let places = manifest.places(&id.name)?;
        let chosen =
            places.first().and_then(|place| place.drawn.as_ref()).map_or(&[][..], |drawn| &drawn.listed);
        for set in [&mut *rest, &mut *id] {
            set.n_of_label = vec![0; labels.len()];
            set.first.clear();
        }
        let (mut number, mut place) = (0, 0);
        let (mut trained, mut held_out) = (HashSet::new(), Vec::new());
        for_each_row(&train.path, &train.layout, roles, |_, fields| {
            let shown = example(fields, roles.second.is_some());
            let Some(label) = labels.iter().position(|label| *label == shown.label) else { return Ok(()) };
            let is_id = chosen.get(place) == Some(&number);
            number += 1;
            place += usize::from(is_id);
            let mut hasher = DefaultHasher::new();
            (&shown.first, &shown.second).hash(&mut hasher);
            let set = if is_id {
                held_out.push(hasher.finish());
                &mut *id
            } else {
                trained.insert(hasher.finish());
                &mut *rest
            };
            set.n_of_label[label] += 1;
            if set.first.len() < 5 {
                set.first.push(shown);
            }
            Ok(())
        })?;
        Ok(held_out.iter().filter(|print| trained.contains(print)).count())
    }
}

impl Draft {
    /// Writes the manifest. A file that is there is overwritten only by `force`.
    ///
    /// # Errors
    /// [`LmcError::Occupied`] for a file that is there, [`LmcError::Io`].
    pub fn write(&self, force: bool) -> Result<()> {
        if !force && self.out.exists() {
            let (path, holds) = (self.out.clone(), "a manifest or another file".to_owned());
            let remedy = "choose another place with --out, or overwrite it by --force";
            return Err(LmcError::Occupied { path, holds, remedy });
        }
        write_atomic(&self.out, self.text.as_bytes())
    }
}

/// Returns a whole file as a set.
fn whole(name: &str, survey: &Survey, labels: &[String]) -> DraftSet {
    let n_of_label: Vec<usize> =
        labels.iter().map(|label| survey.labels.get(label).map_or(0, |count| count.n)).collect();
    DraftSet {
        name: name.to_owned(),
        file: survey.given.clone(),
        n_examples: n_of_label.iter().sum(),
        n_of_label,
        first: survey.first.clone(),
    }
}

/// Returns the path of a file as a manifest in a folder names it.
fn slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
