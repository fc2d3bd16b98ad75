//! Figures of lmc: one plotly description that is shown, and drawn as SVG and PNG without a browser. Use it
//! through the crate `lmc`. Nothing here knows models or basins.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[doc(hidden)]
pub mod contour;
mod draw;
mod figure;
mod json;
mod notes;
mod shown;
#[doc(hidden)]
pub mod theme;

#[doc(hidden)]
pub use draw::{nice_ticks, plain_number};
pub use figure::Figure;
pub use lmc_base::{LmcError, Result};
