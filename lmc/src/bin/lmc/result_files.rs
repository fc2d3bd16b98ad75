//! The files that each verb writes into a folder of results.

use lmc::table::{self, Schema};

/// Every table that a verb writes.
pub const TABLES: [&Schema; 26] = [
    &table::MODELS,
    &table::EVALUATIONS,
    &table::PROFILES,
    &table::GAPS,
    &table::BASINS,
    &table::MEMBERSHIPS,
    &table::BASIN_COUNTS,
    &table::PAIR_INTERVALS,
    &table::MEMBERSHIP_INTERVALS,
    &table::CO_ASSIGNMENT,
    &table::CLUSTER_INTERVALS,
    &table::SAMPLE_SIZES,
    &table::CONVEXITY,
    &table::CONVEXITY_POINTS,
    &table::TRIANGLES,
    &table::SOUPS,
    &table::SOUP_KINDS,
    &table::CLUSTER_STATISTICS,
    &table::CLUSTER_TESTS,
    &table::PLANES,
    &table::ANCHORS,
    &table::CURVES,
    &table::SHARPNESS,
    &table::ALIGNMENT,
    &table::DRIFT,
    &table::EARLY,
];

/// The files that each verb writes, some of them only with some options.
pub const FILES: [(&str, &[&str]); 13] = [
    ("finetune", &["models.parquet"]),
    ("evaluate", &["evaluations.parquet"]),
    ("sweep", &["profiles.parquet", "gaps.parquet", "curves.png"]),
    (
        "basins",
        &[
            "basins.parquet",
            "memberships.parquet",
            "evaluations.parquet",
            "membership.png",
            "basin_counts.parquet",
            "pair_intervals.parquet",
            "membership_intervals.parquet",
            "co_assignment.parquet",
            "cluster_intervals.parquet",
            "sample_sizes.parquet",
            "gap-intervals.png",
            "membership-intervals.png",
            "co-assignment.png",
            "stability.png",
            "sample-sizes.png",
        ],
    ),
    (
        "convexity",
        &[
            "convexity.parquet",
            "convexity_points.parquet",
            "triangles.parquet",
            "convexity.png",
            "triangles.png",
        ],
    ),
    ("planes", &["planes.parquet", "anchors.parquet", "planes.png"]),
    ("connect", &["curves.parquet", "connections.png"]),
    ("sharpness", &["sharpness.parquet", "evaluations.parquet", "sharpness.png"]),
    ("align", &["alignment.parquet", "alignment.png"]),
    ("drift", &["drift.parquet", "early.parquet", "drift.png", "early.png"]),
    ("soup", &["soups.parquet", "soup_kinds.parquet", "soups.png"]),
    (
        "figures",
        &[
            "models.parquet",
            "evaluations.parquet",
            "profiles.parquet",
            "gaps.parquet",
            "basins.parquet",
            "heatmap.png",
            "heatmap-barrier-height.png",
            "heatmap-auc.png",
            "heatmap-distance.png",
            "curves.png",
            "membership.png",
            "histogram.png",
            "gap-distance.png",
        ],
    ),
    (
        "replay",
        &[
            "profiles.parquet",
            "gaps.parquet",
            "basins.parquet",
            "evaluations.parquet",
            "cluster_statistics.parquet",
            "cluster_tests.parquet",
            "heatmap.png",
            "membership.png",
            "histogram.png",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_verb_has_a_schema_or_is_a_figure() {
        for name in FILES.iter().flat_map(|(_, names)| names.iter()) {
            let known = TABLES.iter().any(|schema| name.strip_suffix(".parquet") == Some(schema.name));
            assert!(known || name.ends_with(".png"), "{name}");
        }
    }
}
