//! Losses along the straight lines between all pairs of models: a plan, its execution, and the profiles.

mod execute;
mod plan;
mod profile;
#[cfg(test)]
mod tests;

pub use execute::execute;
pub use plan::{Grid, SweepPlan};
pub use profile::{Profile, read_outcomes, write_outcomes};
