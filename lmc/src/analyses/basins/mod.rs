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
    ClusterStatisticColumns, ClusterTestColumns, MEMBERSHIPS, MembershipColumns,
};

/// Returns a [`MEMBERSHIPS`] table, one row for each model in a basin and each
/// basin: how far it is inside. It is empty if the models are not divided.
///
/// # Errors
/// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let basins = models.sweep("id", Grid::TENTHS)?.basins(&ClusterOptions::default())?;
/// println!("{}", analyses::basins::memberships_table(&basins)?);
/// # Ok::<(), LmcError>(())
/// ```
pub fn memberships_table(basins: &Basins) -> Result<DataFrame> {
    let n_basins = if basins.is_divided() { basins.n_basins } else { 0 };
    let models = (0..basins.models.len()).filter(|&model| basins.basin_of(model).is_some());
    let cells: Vec<(usize, usize)> =
        models.flat_map(|model| (0..n_basins).map(move |basin| (model, basin))).collect();
    MembershipColumns {
        model: cells.iter().map(|&(model, _)| basins.models[model].clone()).collect(),
        basin: cells.iter().map(|&(_, basin)| basin as i64 + 1).collect(),
        membership: cells.iter().map(|&cell| basins.memberships[cell]).collect(),
    }
    .frame()
}

impl Table for Basins {
    /// Returns one row per model: the schema [`BASINS`](crate::table::BASINS).
    fn table(&self) -> Result<DataFrame> {
        BasinColumns {
            model: self.models.clone(),
            cluster: self.numbers(),
            membership: self.membership.clone(),
            embedding_1: self.embedding.column(0).to_vec(),
            embedding_2: self.embedding.column(1).to_vec(),
        }
        .frame()
    }
}
