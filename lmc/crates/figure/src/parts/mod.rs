//! The parts that figures are made of: a [`Chart`] (title, size, margins), its [`Axis`] pairs, [`Mark`]s and
//! [`Panels`], in three dimensions a [`Scene`]. Texts are plain; a chart escapes them.
//!
//! # Examples
//! ```
//! # extern crate lmc_figure as lmc;
//! use lmc::parts::{Axis, Chart, Mark};
//!
//! let mut chart = Chart::new("Loss of three models");
//! chart.axes(Axis::new("model").names(&["a", "b", "c"], 740), Axis::of("loss", "nats per example"));
//! let (low, high) = ([0.4, 0.3, 0.6], [0.6, 0.5, 0.8]);
//! chart.add(Mark::means([0.0, 1.0, 2.0], [0.5, 0.4, 0.7], low, high).named("validation"));
//! chart.figure()?.to_svg()?;
//! # Ok::<(), lmc::LmcError>(())
//! ```

mod axes;
mod chart;
mod marks;
mod matrix;
mod panels;
mod scale;
mod scene;

pub use axes::Axis;
pub use chart::{Chart, Note, Place};
pub use marks::{Mark, Symbol};
pub use matrix::{axes as matrix_axes, matrix, room};
pub use panels::Panels;
pub use scale::Scale;
pub use scene::Scene;
