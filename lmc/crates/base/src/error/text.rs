//! Parts of error texts that depend on the problem.

use std::path::PathBuf;

use super::{MisshapenTensor, near::near};

/// The number of tensors that are named for each kind of difference.
const TOLD: usize = 5;

/// Returns which tensors are missing, unexpected and misshapen, in one line: the numbers and the first few
/// names.
pub(super) fn differences(
    missing: &[String],
    unexpected: &[String],
    misshapen: &[MisshapenTensor],
) -> String {
    let misshapen: Vec<String> = misshapen.iter().map(MisshapenTensor::to_string).collect();
    let kinds = [("missing", missing), ("unexpected", unexpected), ("of another shape", &misshapen)];
    let told = kinds.into_iter().filter(|(_, names)| !names.is_empty()).map(|(kind, names)| {
        let more = names.len().saturating_sub(TOLD);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} {kind} ({}{more})", names.len(), names[..names.len().min(TOLD)].join(", "))
    });
    format!("tensors: {}", told.collect::<Vec<_>>().join(", "))
}

/// Returns the words that say that others failed too.
pub(super) fn also(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => ", as did another task".to_owned(),
        n => format!(", as did {n} other tasks"),
    }
}

/// Returns the question whether one of the known names was meant, if some are near.
pub(super) fn perhaps(name: &str, known: &[String]) -> String {
    let near = near(name, known);
    if near.is_empty() { String::new() } else { format!("; did you mean `{}`?", near.join("` or `")) }
}

/// Returns the words that say that there are files that are not read.
pub(super) fn old_cache(flat: &Option<PathBuf>) -> String {
    let told = |folder: &PathBuf| {
        format!(" (what transformers before 4.22 left in {} is not read)", folder.display())
    };
    flat.as_ref().map(told).unwrap_or_default()
}

/// Returns the remedy for a file, to follow the description of the problem.
pub(super) fn remedy(action: &str, source: &std::io::Error) -> &'static str {
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
        FileTooLarge => {
            "; raise the limit of the size of files (ulimit -f) and run the same call again, finished work is kept"
        }
        NotFound => "; check the path",
        _ => "",
    }
}
