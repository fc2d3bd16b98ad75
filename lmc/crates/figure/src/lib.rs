//! Figures of lmc: one plotly description that is shown, and drawn as SVG and PNG without a browser. Use it
//! through the crate `lmc`. Nothing here knows models or basins.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[doc(hidden)]
pub mod contour;
mod draw;
mod drawable;
mod figure;
mod json;
pub mod parts;
#[doc(hidden)]
pub mod relief;
#[cfg(feature = "tables")]
mod tables;
#[doc(hidden)]
pub mod theme;

#[doc(hidden)]
pub use draw::{nice_ticks, plain_number};
pub use figure::Figure;
pub use lmc_base::{LmcError, Result};
#[cfg(feature = "tables")]
pub use tables::{Grouped, bar, by, heatmap, line, scatter};
