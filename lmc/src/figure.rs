//! Figures of the tables: interactive with plotly, and as SVG and PNG drawn here from the same description.
//!
//! Any table has [`scatter()`], [`line()`], [`bar()`] and [`heatmap()`], by groups of rows with [`by()`]; all
//! else can be put together from [`parts`].
//!
//! Every figure can be changed and saved:
//!
//! ```
//! use lmc::polars::prelude::*;
//! use lmc::prelude::*;
//!
//! let gaps = df!("a" => ["s1", "s1"], "b" => ["s2", "s3"], "gap" => [0.02, 0.31])?;
//! let heatmap = figure::heatmap(&gaps, "a", "b", "gap")?;
//! let heatmap = heatmap.title("Gaps").size(500, 400)?.colours(["white", "#b2182b"])?;
//! let folder = std::env::temp_dir().join("lmc-figures");
//! heatmap.save(folder.join("gaps.svg"))?; // or .png, .json, or .html, which needs no network
//! let losses = df!("updates" => [1, 10, 100], "loss" => [1.1, 0.7, 0.2])?;
//! figure::line(&losses, "updates", "loss")?.logarithmic_x()?.save(folder.join("loss.png"))?;
//! # Ok::<(), LmcError>(())
//! ```
//!
//! Each analysis has its own: [`curves`] of profiles; [`gap_heatmap`] and [`gap_against_distance`] of gaps;
//! [`membership_scatter`] of basins; [`histogram`] and [`correlation_matrix`] of scores; [`drift_quiver`] of
//! trajectories; [`training_curves`]; [`early_curves`]; [`alignment_scatter`]; [`sharpness_scatter`];
//! [`planes`] and [`surfaces`], and [`planes_3d`] and [`surfaces_3d`], which can be turned; [`connections`];
//! [`excess_strips`] and [`triangle_scatter`] of convexity;
//! [`soup_dots`]; [`merge_dots`] and [`merge_scatter`] of merged models; [`layer_dots`] of averages in some
//! layers; [`gap_intervals`], [`membership_intervals`], [`co_assignment`], [`stability_bars`] and
//! [`sample_size_curves`] of confidence; [`group_heatmaps`], [`group_histograms`] and
//! [`comparison_intervals`] of comparisons.

pub use crate::analyses::gaps::gap_against_distance;
pub use crate::analyses::profiles::{groups_by_basin, groups_by_score};
pub use crate::figures::Figure;
pub use lmc_figure::{Grouped, bar, by, heatmap, line, parts, scatter};

pub use crate::analyses::alignment::figure::alignment_scatter;
pub use crate::analyses::basins::figure::membership_scatter;
pub use crate::analyses::comparison::figure::{
    GroupPanel, comparison_intervals, group_heatmaps, group_histograms,
};
pub use crate::analyses::confidence::figure::{
    co_assignment, gap_intervals, membership_intervals, sample_size_curves, stability_bars,
};
pub use crate::analyses::connections::figure::connections;
pub use crate::analyses::convexity::figure::{excess_strips, triangle_scatter};
pub use crate::analyses::correlations::figure::correlation_matrix;
pub use crate::analyses::early::figure::early_curves;
pub use crate::analyses::gaps::figure::{HeatmapOptions, gap_heatmap};
pub use crate::analyses::layers::layer_dots;
pub use crate::analyses::merging::{merge_dots, merge_scatter};
pub use crate::analyses::planes::figure::{planes, planes_3d};
pub use crate::analyses::profiles::figure::curves;
pub use crate::analyses::scores::figure::{histogram, histograms};
pub use crate::analyses::sharpness::figure::sharpness_scatter;
pub use crate::analyses::soups::figure::soup_dots;
pub use crate::analyses::surfaces::{surfaces, surfaces_3d};
pub use crate::analyses::training::training_curves;
pub use crate::analyses::trajectories::figure::drift_quiver;
