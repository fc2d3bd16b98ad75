//! The tables that results become: polars `DataFrame`s with a declared schema each.
//!
//! A [`Schema`] names the columns of a table with their types and units. Figures and readers check it before
//! any work, so a wrong table is refused with the column at fault. More columns than declared, and any order,
//! are fine.

pub use lmc_base::declare_table as declare;

pub use crate::analyses::basins::{Arithmetic, cluster_statistics, cluster_tests};
pub use crate::analyses::correlations::correlations;
pub use crate::analyses::gaps::gap_matrix;
pub use crate::analyses::report::{REPORT, ReportColumns};
pub use crate::analyses::scores::{ConstantScore, constant_scores};
pub use crate::study::{
    EVALUATIONS, EvaluationColumns, MODELS, Metric, ModelColumns, PROVENANCE, ProvenanceColumns,
};
pub use crate::tables::*;

pub use crate::analyses::alignment::{ALIGNMENT, AlignmentColumns};
pub use crate::analyses::basins::{
    BASINS, BasinColumns, CLUSTER_STATISTICS, CLUSTER_TESTS, CLUSTERS, ClusterColumns,
    ClusterStatisticColumns, ClusterTestColumns, MEMBERSHIPS, MembershipColumns,
};
pub use crate::analyses::comparison::{ComparisonColumns, GROUP_COMPARISON};
pub use crate::analyses::confidence::{
    BASIN_COUNTS, BasinCountColumns, CLUSTER_INTERVALS, CO_ASSIGNMENT, ClusterIntervalColumns,
    CoAssignmentColumns, MEMBERSHIP_INTERVALS, MembershipIntervalColumns, PAIR_INTERVALS,
    PairIntervalColumns, SAMPLE_SIZES, SampleSizeColumns,
};
pub use crate::analyses::connections::{CURVES, CurveColumns};
pub use crate::analyses::convexity::{
    CONVEXITY, CONVEXITY_POINTS, ConvexityColumns, ConvexityPointColumns, TRIANGLES, TriangleColumns,
};
pub use crate::analyses::correlations::{CORRELATIONS, CorrelationColumns};
pub use crate::analyses::early::{EARLY, EarlyColumns};
pub use crate::analyses::gaps::{GAPS, GapColumns};
pub use crate::analyses::layers::{LAYER_KINDS, LAYERS, LayerColumns, LayerKindColumns};
pub use crate::analyses::merging::{
    MERGE_KINDS, MERGE_PREDICTIONS, MERGES, MergeColumns, MergeKindColumns, MergePredictionColumns,
};
pub use crate::analyses::planes::{ANCHORS, AnchorColumns, PLANES, PlaneColumns};
pub use crate::analyses::profiles::{GROUPS, GroupColumns, PROFILES, ProfileColumns};
pub use crate::analyses::sharpness::{PREDICTORS, PredictorColumns, SHARPNESS, SharpnessColumns};
pub use crate::analyses::soups::{SOUP_KINDS, SOUPS, SoupColumns, SoupKindColumns};
pub use crate::analyses::surfaces::{SURFACE_MODELS, SURFACES, SurfaceColumns, SurfaceModelColumns};
pub use crate::analyses::training::{TRAINING, TrainingColumns};
pub use crate::analyses::trajectories::{DRIFT, DriftColumns};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_table_of_every_schema_passes_its_own_check_and_no_other() {
        let all = [
            MODELS,
            EVALUATIONS,
            PROFILES,
            GAPS,
            BASINS,
            MEMBERSHIPS,
            DRIFT,
            TRAINING,
            GROUPS,
            CLUSTERS,
            CLUSTER_STATISTICS,
            CLUSTER_TESTS,
            CORRELATIONS,
            PREDICTORS,
            ALIGNMENT,
            PLANES,
            ANCHORS,
            SURFACES,
            SURFACE_MODELS,
            CURVES,
            SHARPNESS,
            EARLY,
            GROUP_COMPARISON,
            CONVEXITY,
            CONVEXITY_POINTS,
            TRIANGLES,
            SOUPS,
            SOUP_KINDS,
            LAYERS,
            LAYER_KINDS,
            MERGES,
            MERGE_KINDS,
            MERGE_PREDICTIONS,
            PAIR_INTERVALS,
            MEMBERSHIP_INTERVALS,
            CO_ASSIGNMENT,
            BASIN_COUNTS,
            CLUSTER_INTERVALS,
            SAMPLE_SIZES,
            REPORT,
            PROVENANCE,
        ];
        for schema in all {
            schema.check(&schema.empty()).unwrap();
            assert_eq!(schema.empty().height(), 0);
            assert_eq!(schema.describe().unwrap().height(), schema.columns.len());
            assert!(schema.check(&DataFrame::empty()).is_err());
        }
    }
}
