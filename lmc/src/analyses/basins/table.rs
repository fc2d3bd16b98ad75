//! The tables of basins, and of how their models score.

use lmc_base::declare_table;

declare_table! {
    /// One row per model: the basin it lies in.
    BASINS, BasinColumns = "basins" {
        model: String,
        cluster: i64 = "number of the basin from 1; 0 for a model in none",
        membership: f64 = "||w - c1|| less the distance to the nearest other centroid in the spectral \
            embedding: negative near basin 1, no unit",
        embedding_1: f64 = "first coordinate of the spectral embedding, no unit",
        embedding_2: f64 = "second coordinate of the spectral embedding, no unit",
    }
}

declare_table! {
    /// One row per model and basin: how far the model is inside the basin.
    MEMBERSHIPS, MembershipColumns = "memberships" {
        model: String,
        basin: i64 = "number of the basin, from 1",
        membership: f64 = "distance to the centroid of the basin less that to the nearest other centroid in \
            the spectral embedding: negative inside, no unit",
    }
}

declare_table! {
    /// One row per model: the cluster it belongs to. A [`BASINS`](crate::table::BASINS) table has these
    /// columns too.
    CLUSTERS, ClusterColumns = "clusters" {
        model: String,
        cluster: i64 = "number of the cluster from 1; 0 for a model in none",
    }
}

declare_table! {
    /// One row per evaluated set and metric: the scores of the larger cluster and of the smaller.
    CLUSTER_STATISTICS, ClusterStatisticColumns = "cluster_statistics" {
        dataset: String,
        metric: String = "the score, for example \"accuracy\"",
        n_1: i64 = "number of models in cluster 1",
        mean_1: f64 = "mean score of cluster 1, in the unit of the metric",
        sd_1: f64 = "population standard deviation in cluster 1",
        n_2: i64 = "number of models in cluster 2",
        mean_2: Option<f64> = "mean score of cluster 2, in the unit of the metric, empty for no model",
        sd_2: Option<f64> = "population standard deviation in cluster 2, empty for less than two models",
        best_2: Option<f64> = "best score in cluster 2, in the unit of the metric, empty for no model",
        difference: Option<f64> = "(mean_1 - mean_2) / sd_1, no unit, empty if sd_1 is 0",
        margin: Option<f64> = "(mean_1 - best_2) / sd_1, no unit, empty if sd_1 is 0",
    }
}

declare_table! {
    /// One row per evaluated set and metric: how well the scores tell the clusters apart.
    CLUSTER_TESTS, ClusterTestColumns = "cluster_tests" {
        dataset: String,
        metric: String = "the score, for example \"accuracy\"",
        difference: Option<f64> = "mean of cluster 1 less that of cluster 2, in the unit of the metric",
        p_value: Option<f64> = "two-sided permutation test of the difference, 10,000 relabellings",
        auc: Option<f64> = "chance that a model of cluster 1 scores better than one of cluster 2, in [0, 1]",
        overlap: Option<f64> = "share of cluster 1 that scores no better than the best of cluster 2, in [0, 1]",
    }
}
