//! The clusters that Juneja et al. (2023) found.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;

use crate::analyses::basins::ClusterColumns;
use crate::data::manifest::Manifest;
use crate::error::{LmcError, Result};

/// The models of the smaller cluster on one corpus.
struct Published {
    corpus: &'static str,
    /// The collection whose members were clustered.
    collection: &'static str,
    smaller: &'static [u32],
}

/// From the README of <https://github.com/aNOnWhyMooS/connectivity>, "Fine-tuned Models": final clusters,
/// after 3 epochs.
const PUBLISHED: [Published; 3] = [
    Published {
        corpus: "mnli",
        collection: "feather-berts",
        smaller: &[15, 25, 26, 42, 44, 46, 56, 61, 63, 70, 73, 89],
    },
    Published {
        corpus: "qqp",
        collection: "qqp-berts",
        smaller: &[7, 11, 17, 22, 31, 33, 53, 61, 63, 68, 69, 94],
    },
    Published { corpus: "cola", collection: "cola-berts", smaller: &[23] },
];

/// Returns the published cluster of every model finetuned on a corpus (`mnli`, `qqp` or `cola`): a
/// [`CLUSTERS`](crate::table::CLUSTERS) table with one row for each member of the collection, named as its
/// manifest names it, for example `feather-berts-15`.
///
/// Cluster 2 is the smaller one. The clusters are those by convexity gap on the in-domain loss after all
/// finetuning.
///
/// # Errors
/// [`LmcError::UnknownName`] for a corpus without published clusters.
///
/// # Reference
/// Juneja et al. 2023, section 4.1; the README of its code.
///
/// # Examples
/// ```
/// let clusters = lmc::analyses::published::clusters("cola")?;
/// assert_eq!(clusters.height(), 48);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn clusters(corpus: &str) -> Result<DataFrame> {
    let published = PUBLISHED.iter().find(|published| published.corpus == corpus);
    let published = published.ok_or_else(|| LmcError::UnknownName {
        kind: "corpus with published clusters",
        name: corpus.to_owned(),
        known: PUBLISHED.iter().map(|published| published.corpus.to_owned()).collect(),
    })?;
    let members = Manifest::builtin(published.collection)?.members;
    let numbers: Vec<u32> = members.iter().flat_map(|members| members.numbers()).collect();
    let smaller: BTreeSet<u32> = published.smaller.iter().copied().collect();
    let names: Vec<String> =
        numbers.iter().map(|number| format!("{}-{number}", published.collection)).collect();
    let clusters: Vec<i64> = numbers.iter().map(|number| 1 + i64::from(smaller.contains(number))).collect();
    ClusterColumns { model: names, cluster: clusters }.frame()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyses::basins::{CLUSTERS, ClusterColumns};

    #[test]
    fn every_member_has_a_cluster_and_the_smaller_ones_have_the_published_sizes() {
        for (corpus, n, n_smaller, one) in [
            ("mnli", 100, 12, "feather-berts-44"),
            ("qqp", 100, 12, "qqp-berts-94"),
            ("cola", 48, 1, "cola-berts-23"),
        ] {
            let table = clusters(corpus).unwrap();
            CLUSTERS.check(&table).unwrap();
            let models = ClusterColumns::model(&table).unwrap();
            let clusters = ClusterColumns::cluster(&table).unwrap();
            assert_eq!(models.len(), n);
            let smaller: Vec<_> =
                models.iter().zip(&clusters).filter(|(_, c)| **c == 2).map(|(m, _)| m.as_str()).collect();
            assert_eq!(smaller.len(), n_smaller, "{smaller:?}");
            assert!(smaller.contains(&one), "{smaller:?}");
            assert!(Manifest::builtin(one).is_ok());
        }
        let error = clusters("hans").unwrap_err().to_string();
        assert_eq!(error, "unknown corpus with published clusters `hans`; known: mnli, qqp, cola");
    }
}
