//! Errors of libtorch and polars as errors of lmc.

#[cfg(any(feature = "tables", feature = "torch"))]
use super::LmcError;

#[cfg(feature = "torch")]
impl From<tch::TchError> for LmcError {
    fn from(error: tch::TchError) -> Self {
        let told = error.to_string();
        match memory_asked_for(&told) {
            Some(asked) => Self::OutOfMemory { what: "libtorch".into(), asked },
            // The frames of its C++ stack follow after the first line.
            None => Self::Torch(told.lines().next().unwrap_or_default().to_owned()),
        }
    }
}

#[cfg(feature = "tables")]
impl From<polars::error::PolarsError> for LmcError {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::Polars(error.to_string())
    }
}

/// Returns how much memory libtorch asked for in vain, if that is what its text says.
#[doc(hidden)]
pub fn memory_asked_for(text: &str) -> Option<String> {
    // The last one is oneDNN's only sign.
    const SIGNS: [&str; 5] = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
        "bad_alloc",
        "could not create a primitive",
    ];
    SIGNS.iter().find(|sign| text.contains(*sign))?;
    let asked = text.split_once("ried to allocate ").and_then(|(_, rest)| rest.split(". ").next());
    // A number and a unit follow; anything else is not an amount.
    let amount = asked.filter(|asked| asked.starts_with(|c: char| c.is_ascii_digit()) && asked.len() < 40);
    Some(amount.unwrap_or("an unknown number of bytes").to_owned())
}
