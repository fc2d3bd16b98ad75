//! The basins in which models lie.

mod cluster_tests;
pub(crate) mod figure;
mod statistics;
mod table;

use polars::prelude::DataFrame;

use crate::basin::Basins;
use crate::error::Result;
use crate::tables::Table;

pub use cluster_tests::cluster_tests;
pub use figure::membership_scatter;
pub use statistics::{Arithmetic, cluster_statistics};
pub use table::{
    BASINS, BasinColumns, CLUSTER_STATISTICS, CLUSTER_TESTS, CLUSTERS, ClusterColumns,
    ClusterStatisticColumns, ClusterTestColumns,
};

impl Table for Basins {
    /// Returns one row per model: the schema [`BASINS`](crate::table::BASINS).
    fn table(&self) -> Result<DataFrame> {
        BasinColumns {
            model: self.models.clone(),
            cluster: self.cluster.iter().map(|&c| c as i64 + 1).collect(),
            membership: self.membership.clone(),
            embedding_1: self.embedding.column(0).to_vec(),
            embedding_2: self.embedding.column(1).to_vec(),
        }
        .frame()
    }
}
