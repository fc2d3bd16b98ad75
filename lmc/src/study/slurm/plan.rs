//! The file that says what each task of an array does.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::compute::{Compute, Devices, Precision};
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::spec::Encoder;
use crate::study::{GivenModels, Models, Study, StudySpec};

/// The version of the file's format.
const FORMAT: u64 = 4;

const REMEDY: &str = "use the same lmc on all machines; or end the jobs by scancel, delete the file and run the same call again";

/// A study, the work on it, and the share of each task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    format: u64,
    /// The version of `lmc` that wrote it.
    lmc: String,
    /// The root of the store.
    pub store: PathBuf,
    /// The study as TOML.
    pub study: String,
    /// The names of the models in the store, in their order: a task that finds others works on other data.
    pub runs: Vec<String>,
    pub work: Work,
    pub compute: Computed,
    shares: Vec<Share>,
}

/// The devices and numbers of the work, by name: the devices are those of the machine that does it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Computed {
    devices: String,
    precision: String,
    training: String,
    attention: String,
    tolerance: f64,
}

impl Computed {
    /// Makes the description of a study's settings on those devices.
    pub fn new(compute: &Compute, devices: &Devices) -> Self {
        Self {
            devices: devices.to_string(),
            precision: compute.precision.to_string(),
            training: compute.training.to_string(),
            attention: compute.attention.to_string(),
            tolerance: compute.tolerance,
        }
    }

    /// Returns whether there is work in tf32.
    pub fn uses_tf32(&self) -> bool {
        [&self.precision, &self.training].contains(&&Precision::TensorFloat32.to_string())
    }

    /// Returns the settings on the devices of this machine.
    ///
    /// # Errors
    /// The errors of [`Compute::on`], and of names that are not known.
    pub fn here(&self) -> Result<Compute> {
        Ok(Compute {
            precision: self.precision.parse()?,
            training: self.training.parse()?,
            attention: self.attention.parse()?,
            tolerance: self.tolerance,
            ..Compute::auto().on(&self.devices.parse()?)?
        })
    }
}

/// The work that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Work {
    /// The copies.
    Finetuning,
    /// Their evaluations.
    Evaluations(OnSet),
    /// Lines between them, and their own evaluations.
    Lines(OnLines),
    /// Units of an analysis.
    Analysis(OfAnalysis),
}

/// The models and the set of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnSet {
    /// The checkpoint of the copies.
    pub step: u32,
    pub dataset: String,
    /// The name of the set with the digest of its content.
    pub set: String,
}

impl OnSet {
    /// Makes it for `set`, which is the evaluation set of that name or a part of it.
    pub fn new(models: &Models, dataset: &str, set: &EvaluationSet) -> Self {
        Self { step: models.step(), dataset: dataset.to_owned(), set: set.key.clone() }
    }
}

/// The evaluation on lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnLines {
    /// The set; of examples that were drawn from it, `set` names those.
    pub on: OnSet,
    pub points: usize,
    /// The numbers of the examples that were drawn from the set; none if the lines are evaluated on all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<usize>,
}

/// An analysis of the models on a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfAnalysis {
    pub on: OnSet,
    pub verb: String,
    /// The options that its tasks need beside the models and the set.
    pub options: Value,
}

/// The share of one task, by number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    /// Stacks to finetune.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<usize>,
    /// Copies to evaluate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<usize>,
    /// Lines to interpolate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<[usize; 2]>,
    /// Units of an analysis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<usize>,
}

impl Share {
    /// Deals numbers out to the shares in turn; `part` is the one that takes them.
    pub fn deal(numbers: Vec<usize>, shares: &mut [Self], part: fn(&mut Self) -> &mut Vec<usize>) {
        let n = shares.len();
        numbers.into_iter().enumerate().for_each(|(i, number)| part(&mut shares[i % n]).push(number));
    }

    /// Returns the number of its copies that are among those.
    pub fn n_copies_among(&self, copies: &[usize]) -> usize {
        self.copies.iter().filter(|copy| copies.contains(copy)).count()
    }
}

/// Returns the study with its folders named from the root: tasks may run in another folder, and the plan lies
/// in one of its own.
fn from_everywhere(spec: &StudySpec) -> Result<StudySpec> {
    let absolute = |folder: &Path| std::path::absolute(folder).map_err(LmcError::io("read", folder));
    let data = spec.data.as_deref().map(absolute).transpose()?;
    let encoder = match &spec.encoder {
        Encoder::Folder(folder) if folder.is_dir() => Encoder::Folder(absolute(folder)?),
        other => other.clone(),
    };
    let models = spec.models.as_ref().map(GivenModels::absolute).transpose()?;
    Ok(StudySpec { data, encoder, models, ..spec.clone() })
}

impl Plan {
    /// Makes a plan for a study.
    pub fn new(study: &Study, devices: &Devices, work: Work, shares: Vec<Share>) -> Result<Self> {
        let root = study.store.root();
        Ok(Self {
            format: FORMAT,
            lmc: env!("CARGO_PKG_VERSION").to_owned(),
            store: std::path::absolute(root).map_err(LmcError::io("read", root))?,
            study: from_everywhere(&study.spec)?.to_toml()?,
            runs: study.identities(),
            work,
            compute: Computed::new(study.compute(), devices),
            shares,
        })
    }

    /// Reads the plan in a file.
    ///
    /// # Errors
    /// [`LmcError::Io`] if it cannot be read; [`LmcError::Format`] for a file that is not a plan, a plan of
    /// another format or version, and shares of stacks or copies that do not exist.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(LmcError::io("read", path))?;
        let format =
            |line, problem| LmcError::Format { path: path.to_owned(), line, problem, remedy: REMEDY };
        let unread = |error: serde_json::Error| format(Some(error.line()), error.to_string());
        let value: Value = serde_json::from_str(&text).map_err(unread)?;
        let found = value.get("format").cloned().unwrap_or_default();
        if found != FORMAT {
            return Err(format(None, format!("format {found}, expected {FORMAT}")));
        }
        let plan: Self = serde_json::from_str(&text).map_err(unread)?;
        if plan.lmc != env!("CARGO_PKG_VERSION") {
            let (wrote, reads) = (&plan.lmc, env!("CARGO_PKG_VERSION"));
            return Err(format(None, format!("written by lmc {wrote}, this is lmc {reads}")));
        }
        let n = plan.runs.len();
        let copies =
            |share: &Share| share.copies.iter().chain(share.lines.iter().flatten()).any(|&copy| copy >= n);
        if let Some(share) = plan.shares.iter().position(|s| copies(s) || s.stacks.iter().any(|&s| s >= n)) {
            return Err(format(None, format!("share {share} is of more copies than the {n} there are")));
        }
        Ok(plan)
    }

    /// Returns the plan as it is written.
    pub fn to_json(&self) -> Result<String> {
        let json = serde_json::to_string(self);
        json.map(|json| json + "\n").map_err(|error| LmcError::invalid("plan", error, "paths in UTF-8"))
    }

    /// Returns the share of each task.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// Returns the number of tasks.
    pub fn n_shares(&self) -> usize {
        self.shares.len()
    }

    /// Returns the share of that task.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a task that does not exist.
    pub fn share(&self, task: usize) -> Result<&Share> {
        let expected = || format!("a number below {}, the tasks of this plan", self.shares.len());
        self.shares.get(task).ok_or_else(|| LmcError::invalid("task", task, expected()))
    }

    /// Checks that those are the names that the plan was made for.
    ///
    /// # Errors
    /// [`LmcError::SpecMismatch`] with the first that differs.
    pub fn check_names(path: &Path, field: &str, got: &[String], expected: &[String]) -> Result<()> {
        let differ = got.iter().zip(expected).find(|(got, expected)| got != expected);
        match differ {
            None if got.len() == expected.len() => Ok(()),
            _ => {
                let (got, expected) = differ.map_or_else(
                    || (got.len().to_string(), expected.len().to_string()),
                    |(got, expected)| (got.clone(), expected.clone()),
                );
                Err(LmcError::SpecMismatch { path: path.to_owned(), field: field.to_owned(), got, expected })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            format: FORMAT,
            lmc: env!("CARGO_PKG_VERSION").into(),
            store: "/shared/store".into(),
            study: "task = \"mini-nli\"\n".into(),
            runs: vec!["a".into(), "b".into(), "c".into()],
            compute: Computed::new(&Compute::cpu(), &Devices::Numbered(vec![0, 1])),
            work: Work::Lines(OnLines {
                on: OnSet { step: 20, dataset: "id".into(), set: "id-3-0123456789".into() },
                points: 11,
                examples: vec![2, 3, 511],
            }),
            shares: vec![
                Share { copies: vec![0, 2], lines: vec![[0, 1]], ..Share::default() },
                Share { copies: vec![1], lines: vec![[0, 2], [1, 2]], ..Share::default() },
            ],
        }
    }

    #[test]
    fn the_folders_of_a_study_are_named_from_the_root() {
        let here = std::env::current_dir().unwrap();
        let spec = StudySpec::corpus(crate::spec::TaskSpec::cola(), "src").with_data("data");
        let plan = from_everywhere(&spec).unwrap();
        assert_eq!((plan.data, plan.encoder), (Some(here.join("data")), Encoder::Folder(here.join("src"))));
        let named = StudySpec::corpus(crate::spec::TaskSpec::cola(), "roberta-base");
        assert_eq!(from_everywhere(&named).unwrap(), named);
    }

    #[test]
    fn a_plan_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        std::fs::write(&path, plan().to_json().unwrap()).unwrap();
        let read = Plan::read(&path).unwrap();
        assert_eq!(read, plan());
        assert!(!read.compute.uses_tf32() && read.compute.devices == "cuda:0,1");
        assert_eq!(read.share(1).unwrap().lines, [[0, 2], [1, 2]]);
        let message = read.share(2).unwrap_err().to_string();
        assert_eq!(message, "`task`: got 2, expected a number below 2, the tasks of this plan");
    }

    #[test]
    fn what_is_no_plan_of_this_version_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let message = |json: &str| {
            std::fs::write(&path, json).unwrap();
            Plan::read(&path).unwrap_err().to_string()
        };
        let json = plan().to_json().unwrap();
        let other = json.replacen("\"format\":4", "\"format\":5", 1);
        assert!(
            message(&other).contains("plan.json: format 5, expected 4; use the same lmc"),
            "{}",
            message(&other)
        );
        assert!(message("{}").contains("format null, expected 4"));
        assert!(message("{\n").contains("plan.json:2: EOF"));
        let version = json.replacen(env!("CARGO_PKG_VERSION"), "9.9.9", 1);
        assert!(message(&version).contains("written by lmc 9.9.9, this is lmc"));
        let absent = json.replacen("[0,1]", "[0,3]", 1);
        assert!(message(&absent).contains("share 0 is of more copies than the 3 there are"));
        let unknown = json.replacen("\"copies\"", "\"copied\"", 1);
        assert!(message(&unknown).contains("unknown field `copied`"));
        assert!(matches!(Plan::read(&folder.path().join("none")), Err(LmcError::Io { .. })));
    }

    #[test]
    fn other_runs_than_those_planned_are_refused() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let check = |got: &[&str]| {
            Plan::check_names(Path::new("/x/plan.json"), "runs", &names(got), &names(&["a", "b"]))
        };
        check(&["a", "b"]).unwrap();
        assert!(check(&["a", "c"]).unwrap_err().to_string().contains("field `runs` is c there but b"));
        assert!(check(&["a"]).unwrap_err().to_string().contains("field `runs` is 1 there but 2"));
    }
}
