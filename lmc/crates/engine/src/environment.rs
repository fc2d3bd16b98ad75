//! The variables of the environment that change how `lmc` works, checked in one place; [`crate`] lists all of
//! them.

use lmc_base::error::{LmcError, Result};
use lmc_base::file::lease;
use lmc_model::parallel::threads;

/// Checks that every variable of `lmc` has a value that it can have: `LMC_THREADS`, `LMC_LEASE` and
/// `LMC_PROGRESS`. The command calls it at its start, and a study when it is opened.
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming the variable.
///
/// # Examples
/// ```
/// # extern crate lmc_engine as lmc;
/// lmc::environment::check()?;
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn check() -> Result<()> {
    threads()?;
    lease()?;
    match std::env::var_os("LMC_PROGRESS") {
        Some(value) if !["", "on", "off"].iter().any(|known| value == *known) => {
            Err(LmcError::invalid("LMC_PROGRESS", value.to_string_lossy(), "off, on or nothing"))
        }
        _ => Ok(()),
    }
}
