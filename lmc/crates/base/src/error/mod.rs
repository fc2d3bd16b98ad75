//! The one error type of the crate.

mod context;
mod libraries;
mod near;
#[cfg(test)]
mod tests;
mod text;

use std::path::PathBuf;

#[doc(hidden)]
pub use libraries::memory_asked_for;
use text::{also, differences, old_cache, perhaps, remedy};

/// A result whose error is [`LmcError`] unless another is named.
pub type Result<T, E = LmcError> = std::result::Result<T, E>;

/// Everything that can go wrong in `lmc`. Each error says what was found, what was expected and what to do.
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
        /// The values that are allowed.
        expected: String,
    },
    /// A loss is NaN or infinite.
    #[error(
        "{what}: loss is {value} at {position}; lower the learning rate or check the checkpoint, every loss must be finite"
    )]
    NonFiniteLoss {
        /// The computation, such as a profile or a training run.
        what: String,
        /// The value.
        value: f64,
        /// The place in the computation: a step or a grid point.
        position: String,
    },
    /// A precision changes results more than it may.
    #[error(
        "{precision}: a {what} is off by {got:.1e} nats from float32's on a sample, at most {tolerance:.1e} is allowed; use float32 or a greater tolerance"
    )]
    Imprecise {
        /// The precision.
        precision: String,
        /// The quantity that was compared: "loss", "convexity gap".
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
        /// The property that was checked.
        what: &'static str,
        /// The value that was found.
        got: f64,
        /// The most that rounding can explain.
        allowed: f64,
    },
    /// Two things that must fit together have different shapes.
    #[error("{what}: got shape {got:?}, expected {expected:?}")]
    ShapeMismatch {
        /// The thing that has the shape.
        what: String,
        /// The shape that was found.
        got: Vec<usize>,
        /// The shape that was needed.
        expected: Vec<usize>,
    },
    /// A text has a token, a segment or a position for which a model has no row.
    #[error(
        "{}a text has {what} {got}, the table of the model has {size} rows (`{field}`), numbered from 0; {remedy}",
        origin.as_ref().map(|o| format!("{}: ", o.display())).unwrap_or_default()
    )]
    OutsideTable {
        /// The folder of the model, if that is known.
        origin: Option<PathBuf>,
        /// The thing that has no row: "token id", "segment", "position".
        what: &'static str,
        /// The largest such number, or one below 0.
        got: i64,
        /// The number of rows.
        size: i64,
        /// The field of config.json that says so.
        field: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// Named tensors are not those that a model or a file must have.
    #[error("{}{}; {remedy}", origin.as_ref().map(|o| format!("{}: ", o.display())).unwrap_or_default(), differences(missing, unexpected, misshapen))]
    Tensors {
        /// The file or folder that the tensors come from, if that is known.
        origin: Option<PathBuf>,
        /// The names of the tensors that are not there.
        missing: Vec<String>,
        /// The names of the tensors that should not be there.
        unexpected: Vec<String>,
        /// The tensors with another shape than is needed.
        misshapen: Vec<MisshapenTensor>,
        /// The remedy.
        remedy: &'static str,
    },
    /// A file cannot be read or written.
    #[error("{action} {}: {source}{}", path.display(), remedy(action, source))]
    Io {
        /// The action that was tried: "read", "write", "create folder".
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
        /// The line, counted from 1, if the format has lines.
        line: Option<usize>,
        /// The problem with the content.
        problem: String,
        /// The remedy.
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
        /// The number of its examples, with size and digest if these are known of the published file.
        got: String,
        /// The published file that it was compared with.
        name: String,
        /// The number of examples, size and digest of the published file, as far as they are known.
        expected: String,
    },
    /// A folder that is to be written holds something that must not be lost.
    #[error("{}: it holds {holds}, which is not overwritten; {remedy}", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// The content of the folder: one name, and how many more there are.
        holds: String,
        /// The remedy.
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
        /// The kind of name.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The given model is neither the folder of a model nor a known name.
    #[error("no model `{given}`: {why}")]
    NoModel {
        /// The path or name that was given.
        given: String,
        /// The reason why it is not a model, and what to give instead.
        why: String,
    },
    /// The outputs of a classifier and the labels of a set do not fit each other.
    #[error("{}{problem}; {remedy}", origin.as_ref().map(|o| format!("{}: ", o.display())).unwrap_or_default())]
    Labels {
        /// The folder of the classifier, if that is known.
        origin: Option<PathBuf>,
        /// The part that does not fit.
        problem: String,
        /// The remedy.
        remedy: String,
    },
    /// Something is wrong with one of several models.
    #[error("{}: {source}", folder.display())]
    InModel {
        /// The folder of the model.
        folder: PathBuf,
        /// The problem.
        source: Box<LmcError>,
    },
    /// A table lacks a declared column, or the column has another type or empty values.
    #[error("table `{table}`: column `{column}` {got}, expected {expected}")]
    Column {
        /// The table, as its schema names it.
        table: &'static str,
        /// The first column at fault.
        column: &'static str,
        /// The type or values that were found.
        got: String,
        /// The type that the schema declares.
        expected: String,
    },
    /// A server cannot be reached, refuses a request or answers nonsense.
    #[error("fetch {url}: {problem}; {remedy}")]
    Network {
        /// The address, without the query after the question mark.
        url: String,
        /// The HTTP status, if the server answered.
        status: Option<u16>,
        /// The problem.
        problem: String,
        /// The remedy.
        remedy: String,
    },
    /// A server shows a certificate that cannot be accepted; asking again would not help.
    #[error("fetch {url}: the certificate of {host} {problem}; {remedy}")]
    Certificate {
        /// The address, without the query after the question mark.
        url: String,
        /// The host, with the port if the address has one.
        host: String,
        /// The problem with its certificate.
        problem: String,
        /// The remedy.
        remedy: String,
    },
    /// A server sends other content than a manifest, a lock file or the server itself announces.
    #[error(
        "fetch {url}: got {got}, expected {expected}; nothing of it is kept: compare the source with the manifest and the lock file"
    )]
    Checksum {
        /// The address, without the query after the question mark.
        url: String,
        /// The size or SHA-256 of the content that was sent.
        got: String,
        /// The size or SHA-256 that it should have.
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
        /// The reason.
        reason: String,
        /// The remedy.
        remedy: String,
    },
    /// Slurm is not there, refuses a request, or does not answer.
    #[error("{program}: {problem}; {remedy}")]
    Slurm {
        /// The program of Slurm that was run.
        program: &'static str,
        /// The message of the program.
        problem: String,
        /// The remedy.
        remedy: String,
    },
    /// Tasks of a Slurm array failed for good.
    #[error(
        "task {task} of job {job} ended {ended}{}; its log {} ends so; the same call submits what is missing again\n{tail}",
        also(*others), log.display()
    )]
    SlurmTask {
        /// The number of the last job array that the task was in.
        job: u64,
        /// The number of the task.
        task: usize,
        /// The way it ended, in Slurm's words.
        ended: String,
        /// The number of other tasks that failed as well.
        others: usize,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// Work was stopped by an interrupt: see [`crate::interrupt`].
    #[error("interrupted: {finished}")]
    Interrupted {
        /// The work that had been finished by then, and what to do to go on.
        finished: String,
    },
    /// A device has too little memory.
    #[error(
        "{what}: out of memory, {asked} more were asked for; free some, use fewer threads (LMC_THREADS) or a smaller stack or batch, and run the same call again: finished work is kept"
    )]
    OutOfMemory {
        /// The computation.
        what: String,
        /// The amount of the last request for memory, such as "2.00 GiB".
        asked: String,
    },
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(String),
    /// polars refused an operation.
    #[error("polars: {0}")]
    Polars(String),
    /// The tokenizer refused a text or a file.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// A figure could not be drawn.
    #[error("figure: {0}")]
    Figure(String),
}

/// A tensor that has another shape than is needed.
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
