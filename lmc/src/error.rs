//! The one error type of the crate.

mod near;

use std::path::{Path, PathBuf};

/// A result whose error is [`LmcError`] unless another is named.
pub type Result<T, E = LmcError> = std::result::Result<T, E>;

/// Everything that can go wrong in `lmc`, each with what was got, what was expected and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LmcError {
    /// A parameter of a spec, a plan or an analysis has a value it cannot have.
    #[error("`{field}`: got {got}, expected {expected}")]
    InvalidParameter {
        /// The field, as it is spelt in the API, for example `recipe.batch_size`.
        field: &'static str,
        /// The value that was given.
        got: String,
        /// The values that would do.
        expected: String,
    },
    /// A loss is NaN or infinite.
    #[error(
        "{what}: loss is {value} at {position}; lower the learning rate or check the checkpoint, every loss must be finite"
    )]
    NonFiniteLoss {
        /// What was computed: a profile, a training run.
        what: String,
        /// The value.
        value: f64,
        /// Where: a step, a grid point.
        position: String,
    },
    /// A precision changes results more than it may.
    #[error(
        "{precision}: a {what} is off by {got:.1e} nats from float32's on a sample, at most {tolerance:.1e} is allowed; use float32 or a greater tolerance"
    )]
    Imprecise {
        /// The precision.
        precision: String,
        /// What was compared: "loss", "convexity gap".
        what: &'static str,
        /// The largest difference, in nats per example.
        got: f64,
        /// The largest that is allowed.
        tolerance: f64,
    },
    /// Eigenvectors of a symmetric matrix do not pass a check: a fault of the solver.
    #[error(
        "eigenvectors of {n} x {n} entries: {what} {got:.1e}, at most {allowed:.1e} is rounding; this is a fault of lmc: please report it with the gaps"
    )]
    Eigenvectors {
        /// The number of rows of the matrix.
        n: usize,
        /// What was checked.
        what: &'static str,
        /// What was found.
        got: f64,
        /// The most that rounding explains.
        allowed: f64,
    },
    /// Two things that must fit together have different shapes.
    #[error("{what}: got shape {got:?}, expected {expected:?}")]
    ShapeMismatch {
        /// What has the shape.
        what: String,
        /// The shape that was found.
        got: Vec<usize>,
        /// The shape that was needed.
        expected: Vec<usize>,
    },
    /// A text has a token, a segment or a place for which a model has no row.
    #[error(
        "{}a text has {what} {got}, the table of the model has {size} rows (`{field}`), numbered from 0; {remedy}",
        origin.as_ref().map(|o| format!("{}: ", o.display())).unwrap_or_default()
    )]
    OutsideTable {
        /// The folder of the model, where that is known.
        origin: Option<PathBuf>,
        /// What has no row: "token id", "segment", "position".
        what: &'static str,
        /// The largest such number, or one below 0.
        got: i64,
        /// The number of rows.
        size: i64,
        /// The field of config.json that says so.
        field: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Named tensors are not those that a model or a file must have.
    #[error("{}{}; {remedy}", origin.as_ref().map(|o| format!("{}: ", o.display())).unwrap_or_default(), differences(missing, unexpected, misshapen))]
    Tensors {
        /// The file or folder that the tensors come from, where that is known.
        origin: Option<PathBuf>,
        /// The names of those that are not there.
        missing: Vec<String>,
        /// The names of those that should not be there.
        unexpected: Vec<String>,
        /// Those of another shape than is needed.
        misshapen: Vec<MisshapenTensor>,
        /// What to do.
        remedy: &'static str,
    },
    /// A file cannot be read or written.
    #[error("{action} {}: {source}{}", path.display(), remedy(action, source))]
    Io {
        /// What was tried: "read", "write", "create folder".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file was read but its content is damaged or not of the expected format.
    #[error("{}{}: {problem}; {remedy}", path.display(), line.map(|l| format!(":{l}")).unwrap_or_default())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, where the format has lines.
        line: Option<usize>,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A file of a corpus is not the published one.
    #[error(
        "{}: {got}; the published {name} has {expected}; fetch the file again, or use it as it is with `unverified` (--unverified)",
        path.display()
    )]
    Unpublished {
        /// The file.
        path: PathBuf,
        /// The number of its examples, with size and digest where these are known of the published file.
        got: String,
        /// The published file that it was compared with.
        name: String,
        /// The same of the published file.
        expected: String,
    },
    /// A folder that is to be written holds something that must not be lost.
    #[error("{}: it holds {holds}, which is not replaced; {remedy}", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// What it holds: a name, and how many more there are.
        holds: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A run folder holds results of another spec.
    #[error("{}: field `{field}` is {got} there but {expected} in this spec; use another store or delete that folder", path.display())]
    SpecMismatch {
        /// The run folder.
        path: PathBuf,
        /// The first field that differs.
        field: String,
        /// The value in the folder.
        got: String,
        /// The value in the spec at hand.
        expected: String,
    },
    /// A name (task, dataset, model, metric, column) is not known.
    #[error("unknown {kind} `{name}`; known: {}{}", known.join(", "), perhaps(name, known))]
    UnknownName {
        /// What kind of name.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// What is given as a model is neither a folder of one nor a name that is known.
    #[error("no model `{given}`: {why}")]
    NoModel {
        /// The path or name that was given.
        given: String,
        /// Why it is none, and what to give.
        why: String,
    },
    /// The outputs of a classifier and the labels of a set do not fit each other.
    #[error("{}{problem}; {remedy}", origin.as_ref().map(|o| format!("{}: ", o.display())).unwrap_or_default())]
    Labels {
        /// The folder of the classifier, where that is known.
        origin: Option<PathBuf>,
        /// What does not fit.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Something is wrong with one of several models.
    #[error("{}: {source}", folder.display())]
    InModel {
        /// The folder of the model.
        folder: PathBuf,
        /// What is wrong.
        source: Box<LmcError>,
    },
    /// A table lacks a declared column, or the column has another type or empty values.
    #[error("table `{table}`: column `{column}` {got}, expected {expected}")]
    Column {
        /// The table, as its schema names it.
        table: &'static str,
        /// The first column at fault.
        column: &'static str,
        /// What was found.
        got: String,
        /// What the schema declares.
        expected: String,
    },
    /// A server cannot be reached, refuses a request or answers nonsense.
    #[error("fetch {url}: {problem}; {remedy}")]
    Network {
        /// The address, without what follows a question mark.
        url: String,
        /// The HTTP status, where the server answered.
        status: Option<u16>,
        /// What happened.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A server shows a certificate that does not do; asking it again would not help.
    #[error("fetch {url}: the certificate of {host} {problem}; {remedy}")]
    Certificate {
        /// The address, without what follows a question mark.
        url: String,
        /// The host, with the port where the address has one.
        host: String,
        /// What is wrong with its certificate.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A server sends another content than a manifest, a lock file or the server itself says.
    #[error(
        "fetch {url}: got {got}, expected {expected}; nothing of it is kept: compare the source with the manifest and the lock file"
    )]
    Checksum {
        /// The address, without what follows a question mark.
        url: String,
        /// Size or SHA-256 of what was sent.
        got: String,
        /// Size or SHA-256 that it should have.
        expected: String,
    },
    /// A file is not there and the network may not be used.
    #[error("{file} is not in {}{}; unset HF_HUB_OFFLINE to fetch it, or give a folder that has it", folder.display(), old_cache(flat))]
    Offline {
        /// The file, or the revision of a repository.
        file: String,
        /// The folder in which it was looked for.
        folder: PathBuf,
        /// A folder of files that transformers before 4.22 fetched, if there is one: these are not read.
        flat: Option<PathBuf>,
    },
    /// A manifest describes something that is not fetched from a server.
    #[error("`{name}` is not fetched: {reason}; {remedy}")]
    NotFetched {
        /// The manifest.
        name: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// Slurm is not there, refuses what it is asked, or does not answer.
    #[error("{program}: {problem}; {remedy}")]
    Slurm {
        /// The program of Slurm that was run.
        program: &'static str,
        /// What it said.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Tasks of a Slurm array failed for good.
    #[error(
        "task {task} of job {job} ended {ended}{}; its log {} ends so; the same call submits what is missing again\n{tail}",
        also(*others), log.display()
    )]
    SlurmTask {
        /// The number of the job array in which it was last.
        job: u64,
        /// The number of the task.
        task: usize,
        /// How it ended, in Slurm's words.
        ended: String,
        /// How many other tasks failed as well.
        others: usize,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// Work was stopped by an interrupt: see [`crate::interrupt`].
    #[error("interrupted: {finished}")]
    Interrupted {
        /// What had been finished by then, and what to do to go on.
        finished: String,
    },
    /// A device has too little memory.
    #[error(
        "{what}: out of memory, {asked} more were asked for; free some, use fewer threads (LMC_THREADS) or a smaller stack or batch, and run the same call again: finished work is kept"
    )]
    OutOfMemory {
        /// What was computed.
        what: String,
        /// How much was asked for at last, such as "2.00 GiB".
        asked: String,
    },
    /// libtorch refused an operation.
    #[error("libtorch: {}", first_line(.0))]
    Torch(tch::TchError),
    /// polars refused an operation.
    #[error("polars: {0}")]
    Polars(#[from] polars::error::PolarsError),
    /// The tokenizer refused a text or a file.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// A figure could not be drawn.
    #[error("figure: {0}")]
    Figure(String),
}

/// A tensor of another shape than is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisshapenTensor {
    /// The name of the tensor.
    pub name: String,
    /// The shape that was found.
    pub got: Vec<i64>,
    /// The shape that was needed.
    pub expected: Vec<i64>,
}

impl std::fmt::Display for MisshapenTensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} instead of {:?}", self.name, self.got, self.expected)
    }
}

/// How many tensors are told by name of each kind of difference.
const TOLD: usize = 5;

/// Which tensors are missing, unexpected and misshapen, in one line: the numbers and the first few names.
fn differences(missing: &[String], unexpected: &[String], misshapen: &[MisshapenTensor]) -> String {
    let misshapen: Vec<String> = misshapen.iter().map(MisshapenTensor::to_string).collect();
    let kinds = [("missing", missing), ("unexpected", unexpected), ("of another shape", &misshapen)];
    let told = kinds.into_iter().filter(|(_, names)| !names.is_empty()).map(|(kind, names)| {
        let more = names.len().saturating_sub(TOLD);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} {kind} ({}{more})", names.len(), names[..names.len().min(TOLD)].join(", "))
    });
    format!("tensors: {}", told.collect::<Vec<_>>().join(", "))
}

impl From<tch::TchError> for LmcError {
    fn from(error: tch::TchError) -> Self {
        match memory_asked_for(&error.to_string()) {
            Some(asked) => Self::OutOfMemory { what: "libtorch".into(), asked },
            None => Self::Torch(error),
        }
    }
}

/// How much memory libtorch asked for in vain, where that is what it says.
pub(crate) fn memory_asked_for(text: &str) -> Option<String> {
    // The last one is all that oneDNN says.
    const SIGNS: [&str; 5] = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
        "bad_alloc",
        "could not create a primitive",
    ];
    SIGNS.iter().find(|sign| text.contains(*sign))?;
    let asked = text.split_once("ried to allocate ").and_then(|(_, rest)| rest.split(". ").next());
    // What follows is a number and a unit; anything else is no amount.
    let amount = asked.filter(|asked| asked.starts_with(|c: char| c.is_ascii_digit()) && asked.len() < 40);
    Some(amount.unwrap_or("an unknown number of bytes").to_owned())
}

/// That others failed too.
fn also(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => ", as did another task".to_owned(),
        n => format!(", as did {n} other tasks"),
    }
}

/// The question whether one of the known names was meant, where some are near.
fn perhaps(name: &str, known: &[String]) -> String {
    let near = near::near(name, known);
    if near.is_empty() { String::new() } else { format!("; did you mean `{}`?", near.join("` or `")) }
}

/// That files are there which are not read.
fn old_cache(flat: &Option<PathBuf>) -> String {
    let told = |folder: &PathBuf| {
        format!(" (what transformers before 4.22 left in {} is not read)", folder.display())
    };
    flat.as_ref().map(told).unwrap_or_default()
}

/// What libtorch says, without the frames of its C++ stack.
fn first_line(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn remedy(action: &str, source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind::*;
    match source.kind() {
        PermissionDenied if action.starts_with("read") => "; ask for the right to read it",
        NotADirectory if action.starts_with("read") => "; a part of this path is a file, check the path",
        IsADirectory if action.starts_with("read") => "; a folder is in the place of a file, check the path",
        PermissionDenied | ReadOnlyFilesystem | NotADirectory => {
            "; choose a folder you may write to (LMC_HOME sets the store)"
        }
        StorageFull | QuotaExceeded => {
            "; free some disk space and run the same call again, finished work is kept"
        }
        NotFound => "; check the path",
        _ => "",
    }
}

impl LmcError {
    /// An [`LmcError::Io`] for use with `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LmcError {
        let path = path.to_owned();
        move |source| LmcError::Io { action, path, source }
    }

    /// The same error, where it is a loss that is not finite or too little memory with `whose` in front of what was computed.
    pub(crate) fn of(self, whose: impl std::fmt::Display) -> Self {
        match self {
            Self::NonFiniteLoss { what, value, position } => {
                Self::NonFiniteLoss { what: format!("{whose}: {what}"), value, position }
            }
            Self::OutOfMemory { what, asked } => {
                Self::OutOfMemory { what: format!("{whose}: {what}"), asked }
            }
            other => other,
        }
    }

    /// The same error with the folder of the model that it is about in front, unless its text names that already.
    pub(crate) fn in_model(self, folder: &Path) -> Self {
        match self.found_in(folder) {
            error @ (Self::InvalidParameter { .. }
            | Self::UnknownName { .. }
            | Self::ShapeMismatch { .. }
            | Self::Tokenizer(_)
            | Self::Torch(_))
                if !error.to_string().starts_with(&*folder.to_string_lossy()) =>
            {
                Self::InModel { folder: folder.to_owned(), source: Box::new(error) }
            }
            // All others name a file or are about no model.
            other => other,
        }
    }

    /// The same error, where it is about tensors or labels with the file or folder that they come from.
    pub(crate) fn found_in(self, path: &Path) -> Self {
        match self {
            Self::Tensors { origin: None, missing, unexpected, misshapen, remedy } => {
                Self::Tensors { origin: Some(path.to_owned()), missing, unexpected, misshapen, remedy }
            }
            Self::Labels { origin: None, problem, remedy } => {
                Self::Labels { origin: Some(path.to_owned()), problem, remedy }
            }
            Self::OutsideTable { origin: None, what, got, size, field, remedy } => {
                Self::OutsideTable { origin: Some(path.to_owned()), what, got, size, field, remedy }
            }
            other => other,
        }
    }

    /// The same error, where tensors are missing with others that were set aside among those that are unexpected.
    pub(crate) fn beside(self, others: &[String]) -> Self {
        match self {
            Self::Tensors { origin, missing, mut unexpected, misshapen, remedy } => {
                if !missing.is_empty() {
                    unexpected.extend_from_slice(others);
                }
                Self::Tensors { origin, missing, unexpected, misshapen, remedy }
            }
            other => other,
        }
    }

    /// An [`LmcError::InvalidParameter`].
    pub(crate) fn invalid(field: &'static str, got: impl ToString, expected: impl Into<String>) -> LmcError {
        LmcError::InvalidParameter { field, got: got.to_string(), expected: expected.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_libtorch_is_one_line() {
        let (a, b) = (tch::Tensor::from_slice(&[1.0f32, 2.0]), tch::Tensor::from_slice(&[1.0f32, 2.0, 3.0]));
        let message = LmcError::from(a.f_add(&b).unwrap_err()).to_string();
        assert!(message.contains("size of tensor a (2)"), "{message}");
        assert_eq!(message.lines().count(), 1);
    }

    #[test]
    fn a_name_that_is_nearly_known_is_asked_about() {
        let unknown = |name: &str| {
            let known = ["cola", "mnli", "mini"].map(str::to_owned).to_vec();
            LmcError::UnknownName { kind: "task", name: name.into(), known }.to_string()
        };
        assert_eq!(unknown("colla"), "unknown task `colla`; known: cola, mnli, mini; did you mean `cola`?");
        assert_eq!(
            unknown("mnni"),
            "unknown task `mnni`; known: cola, mnli, mini; did you mean `mnli` or `mini`?"
        );
        assert_eq!(unknown("snli"), "unknown task `snli`; known: cola, mnli, mini");
    }

    #[test]
    fn how_much_memory_libtorch_asked_for() {
        let cpu = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to \
                   allocate 4096000 bytes. Error code 12 (Cannot allocate memory)\nException raised from ...";
        let cuda = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which ...";
        assert_eq!(memory_asked_for(cpu).as_deref(), Some("4096000 bytes"));
        assert_eq!(memory_asked_for(cuda).as_deref(), Some("2.00 GiB"));
        assert_eq!(memory_asked_for("std::bad_alloc").as_deref(), Some("an unknown number of bytes"));
        assert_eq!(memory_asked_for("The size of tensor a (2) must match"), None);
    }

    #[test]
    fn only_a_loss_that_is_not_finite_takes_an_owner() {
        let loss =
            LmcError::NonFiniteLoss { what: "evaluation".into(), value: f64::NAN, position: "x".into() };
        assert!(loss.of("s1").to_string().starts_with("s1: evaluation: loss is NaN at x"));
        assert_eq!(LmcError::Figure("f".into()).of("s1").to_string(), "figure: f");
    }

    #[test]
    fn tensors_are_told_by_number_and_the_first_names() {
        let names = |n: usize| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>();
        let misshapen = vec![MisshapenTensor { name: "w".into(), got: vec![3, 2], expected: vec![2, 3] }];
        let error = LmcError::Tensors {
            origin: None,
            missing: names(7),
            unexpected: names(5),
            misshapen,
            remedy: "do this",
        };
        let told = "tensors: 7 missing (t0, t1, t2, t3, t4 and 2 more), 5 unexpected (t0, t1, t2, t3, t4), \
                    1 of another shape (w [3, 2] instead of [2, 3]); do this";
        assert_eq!(error.to_string(), told);
        let error = error.found_in(Path::new("/x/y"));
        assert_eq!(error.to_string(), format!("/x/y: {told}"));
        assert_eq!(error.found_in(Path::new("/z")).to_string(), format!("/x/y: {told}"));
        assert_eq!(LmcError::Figure("f".into()).found_in(Path::new("/z")).to_string(), "figure: f");
    }

    #[test]
    fn one_of_several_models_is_named_once() {
        let folder = Path::new("runs/b");
        let act =
            || LmcError::UnknownName { kind: "hidden_act", name: "mish".into(), known: vec!["gelu".into()] };
        let named = act().in_model(folder);
        assert_eq!(named.to_string(), "runs/b: unknown hidden_act `mish`; known: gelu");
        assert_eq!(named.in_model(folder).to_string(), "runs/b: unknown hidden_act `mish`; known: gelu");
        let labels = LmcError::Labels { origin: None, problem: "1 output".into(), remedy: "see".into() };
        assert_eq!(labels.in_model(folder).to_string(), "runs/b: 1 output; see");
        let file = LmcError::io("read", Path::new("runs/b/config.json"))(std::io::ErrorKind::NotFound.into());
        assert!(file.in_model(folder).to_string().starts_with("read runs/b/config.json: "));
        assert_eq!(LmcError::Figure("f".into()).in_model(folder).to_string(), "figure: f");
    }

    #[test]
    fn what_to_do_about_a_file_that_is_read_is_not_to_write_elsewhere() {
        use std::io::ErrorKind::*;
        for (kind, remedy) in [
            (PermissionDenied, "ask for the right to read it"),
            (NotADirectory, "a part of this path is a file"),
            (IsADirectory, "a folder is in the place of a file"),
            (NotFound, "check the path"),
        ] {
            for action in ["read", "read folder"] {
                let message = LmcError::io(action, Path::new("/x/y"))(kind.into()).to_string();
                assert!(message.contains(remedy), "{message}");
                assert!(!message.contains("write") && !message.contains("LMC_HOME"), "{message}");
            }
        }
    }

    #[test]
    fn what_to_do_about_a_file() {
        let message =
            |kind: std::io::ErrorKind| LmcError::io("write", Path::new("/x/y"))(kind.into()).to_string();
        use std::io::ErrorKind::*;
        for (kind, remedy) in [
            (PermissionDenied, "choose a folder you may write to"),
            (NotADirectory, "choose a folder you may write to"),
            (StorageFull, "finished work is kept"),
            (NotFound, "check the path"),
        ] {
            let message = message(kind);
            assert!(message.starts_with("write /x/y: ") && message.contains(remedy), "{message}");
        }
    }
}
