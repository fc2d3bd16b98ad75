//! cargo, started by a test.

use std::process::Command;

use lmc_tests::notebook::clone_root;

/// Returns cargo in the clone. It does not see what cargo told the test about its own package: build scripts that
/// read it would run again, and everything above them would be compiled again.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let told = |name: &str| name.starts_with("CARGO_PKG") || name.starts_with("CARGO_MANIFEST");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        command.env_remove(name);
    }
    command.current_dir(clone_root());
    command
}
