//! Starting the command again: libtorch reads once, at its start, whether matrix products may be tf32.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use lmc::compute::{ALLOW_TF32, is_tf32_allowed};
use lmc::{LmcError, Result};

/// Goes on if libtorch was started as it has to be for tf32 or without it, and otherwise starts this command
/// again in place of itself.
///
/// # Errors
/// [`LmcError::Io`] if the command cannot be started.
pub fn with_tf32(is_wanted: bool) -> Result<()> {
    if is_wanted == is_tf32_allowed() {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(LmcError::io("start again", Path::new("lmc")))?;
    let mut command = Command::new(&program);
    let mut arguments = std::env::args_os();
    command.arg0(arguments.next().unwrap_or_else(|| program.clone().into())).args(arguments);
    match is_wanted {
        true => command.env(ALLOW_TF32, "1"),
        false => command.env_remove(ALLOW_TF32),
    };
    Err(LmcError::io("start again", &program)(command.exec()))
}
