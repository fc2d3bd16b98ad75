//! Losses at points between models: a plan, its execution on devices, and the samples.

mod cost;
mod execute;
mod job;
mod plan;
mod precision;
mod profile;
mod resident;
#[cfg(test)]
mod tests;
mod unit;
mod worker;

pub use cost::Cost;
pub use execute::{execute, fill};
pub use job::SweepJob;
pub use plan::{Grid, SweepPlan};
pub use profile::Profile;
pub use unit::Sampled;
