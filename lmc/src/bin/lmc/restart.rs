//! Starting the command again: libtorch reads once, at its start, how it computes.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use lmc::compute::{ALLOW_TF32, is_tf32_allowed, portable_variables, should_become_portable};
use lmc::{LmcError, Result};

/// Goes on if libtorch was started as it has to be for the work, and otherwise starts this command again in
/// place of itself: with tf32 or without it, and for the embedded task in portable arithmetic.
///
/// # Errors
/// [`LmcError::Io`] if the command cannot be started.
pub fn suited(uses_tf32: bool, is_embedded: bool) -> Result<()> {
    let becomes_portable = is_embedded && should_become_portable();
    if uses_tf32 == is_tf32_allowed() && !becomes_portable {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(LmcError::io("start again", Path::new("lmc")))?;
    let mut command = Command::new(&program);
    let mut arguments = std::env::args_os();
    command.arg0(arguments.next().unwrap_or_else(|| program.clone().into())).args(arguments);
    match uses_tf32 {
        true => command.env(ALLOW_TF32, "1"),
        false => command.env_remove(ALLOW_TF32),
    };
    if becomes_portable {
        command.envs(portable_variables());
    }
    Err(LmcError::io("start again", &program)(command.exec()))
}
