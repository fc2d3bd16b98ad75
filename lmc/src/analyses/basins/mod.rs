//! The basins in which models lie.

mod cluster_tests;
pub(crate) mod figure;
mod statistics;

use polars::prelude::{DataFrame, df};

pub use cluster_tests::{CLUSTER_TESTS, cluster_tests};
pub use statistics::{Arithmetic, CLUSTER_STATISTICS, CLUSTERS, cluster_statistics};

use crate::basin::Basins;
use crate::error::Result;
use crate::table::Table;

impl Table for Basins {
    /// Returns one row per model: the schema [`BASINS`](crate::table::BASINS).
    fn table(&self) -> Result<DataFrame> {
        Ok(df!(
            "model" => self.models.clone(),
            "cluster" => self.cluster.iter().map(|&c| c as i64 + 1).collect::<Vec<_>>(),
            "membership" => self.membership.clone(),
            "embedding_1" => self.embedding.column(0).to_vec(),
            "embedding_2" => self.embedding.column(1).to_vec(),
        )?)
    }
}
