//! The variables of the environment that change how `lmc` works, checked in one place; [`crate`] lists all of
//! them.

use lmc_base::error::{LmcError, Result};
use lmc_base::file::lease;
use lmc_model::compute::{ARITHMETIC, ARITHMETICS};
use lmc_model::parallel::threads;

/// Checks that every variable of `lmc` has a value that it can have: `LMC_THREADS`, `LMC_LEASE`,
/// `LMC_PROGRESS` and `LMC_ARITHMETIC`. The command calls it at its start, and a study when it is opened.
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
    one_of("LMC_PROGRESS", &["off", "on"])?;
    one_of(ARITHMETIC, &ARITHMETICS)
}

/// Checks that a variable is not set, or has one of those values.
fn one_of(name: &'static str, known: &[&str]) -> Result<()> {
    match std::env::var_os(name) {
        Some(value) if !value.is_empty() && !known.iter().any(|known| value == *known) => {
            Err(LmcError::invalid(name, value.to_string_lossy(), format!("{} or nothing", known.join(", "))))
        }
        _ => Ok(()),
    }
}
