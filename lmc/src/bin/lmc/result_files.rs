//! The files that each verb writes into a folder of results.

use lmc::table::{self, Schema};

/// Every table that a verb writes.
pub const TABLES: [&Schema; 34] = [
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
    &table::SURFACES,
    &table::SURFACE_MODELS,
    &table::CURVES,
    &table::SHARPNESS,
    &table::ALIGNMENT,
    &table::DRIFT,
    &table::EARLY,
    &table::TRAINING,
    &table::LAYERS,
    &table::LAYER_KINDS,
    &table::MERGES,
    &table::MERGE_KINDS,
    &table::MERGE_PREDICTIONS,
];

/// The files that each verb writes, some of them only with some options.
pub const FILES: [(&str, &[&str]); 16] = [
    ("finetune", &["models.parquet", "training.parquet", "training.png"]),
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
    ("layers", &["layers.parquet", "layer_kinds.parquet", "layers.png", "layers-score.png"]),
    (
        "merges",
        &[
            "merges.parquet",
            "merge_kinds.parquet",
            "merge_predictions.parquet",
            "merges.png",
            "merges_linear.png",
            "merges_slerp.png",
            "merges_wise_ft.png",
            "merges_task_arithmetic.png",
            "merges_ties.png",
            "merges_dare_linear.png",
            "merges_dare_ties.png",
            "merges_breadcrumbs.png",
            "merges_breadcrumbs_ties.png",
            "merges_della.png",
            "merges_della_linear.png",
            "merges_model_stock.png",
            "merges_fisher.png",
            "merges_regmean.png",
        ],
    ),
    ("planes", &["planes.parquet", "anchors.parquet", "planes.png", "planes-3d.png"]),
    ("surface", &["surfaces.parquet", "surface_models.parquet", "surfaces.png", "surfaces-3d.png"]),
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
            "training.parquet",
            "training.png",
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
    use lmc::analyses::merging::MergeMethod;

    use super::*;

    #[test]
    fn every_method_of_merging_has_a_figure() {
        let names = FILES.iter().filter(|(verb, _)| *verb == "merges").flat_map(|(_, names)| names.iter());
        let figures: Vec<&str> = names.filter_map(|name| name.strip_prefix("merges_")).collect();
        assert_eq!(figures, MergeMethod::NAMES.map(|name| format!("{name}.png")));
    }

    #[test]
    fn every_file_of_a_verb_has_a_schema_or_is_a_figure() {
        for name in FILES.iter().flat_map(|(_, names)| names.iter()) {
            let known = TABLES.iter().any(|schema| name.strip_suffix(".parquet") == Some(schema.name));
            assert!(known || name.ends_with(".png"), "{name}");
        }
    }
}
