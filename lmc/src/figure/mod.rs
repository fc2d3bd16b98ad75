//! Figures of the tables: interactive with plotly, and as SVG and PNG drawn here from the same description.
//!
//! One file per family: [`curves`], [`connections`], [`planes`], [`heatmap`], [`membership_scatter`] and
//! [`sharpness_scatter`], [`gap_against_distance`], [`alignment_scatter`], [`histogram`], [`drift_quiver`],
//! [`correlation_matrix`], [`excess_strips`] and [`triangle_scatter`], [`soup_dots`].

mod alignment;
mod confidence;
mod connections;
mod correlation;
mod curves;
mod distance;
mod early;
mod group_panels;
mod groups;
mod heatmap;
mod histogram;
mod planes;
mod quiver;
mod scatter;
mod simplices;
mod soups;
mod theme;

pub use lmc_figure::Figure;

pub use alignment::alignment_scatter;
pub use confidence::{
    co_assignment, gap_intervals, membership_intervals, sample_size_curves, stability_bars,
};
pub use connections::connections;
pub use correlation::correlation_matrix;
pub use curves::curves;
pub use distance::gap_against_distance;
pub use early::early_curves;
pub use group_panels::{GroupPanel, comparison_intervals, group_heatmaps, group_histograms};
pub use groups::{groups_by_basin, groups_by_score};
pub use heatmap::{HeatmapOptions, heatmap};
pub use histogram::{histogram, histograms};
pub use planes::planes;
pub use quiver::drift_quiver;
pub use scatter::{membership_scatter, sharpness_scatter};
pub use simplices::{excess_strips, triangle_scatter};
pub use soups::soup_dots;

/// Returns a text that begins with a capital letter.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}
