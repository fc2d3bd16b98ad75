//! The common look, and how basins are coloured and named.

pub(crate) use lmc_figure::theme::*;

/// Returns the colour of a basin: 1 is the larger.
pub(crate) fn cluster_colour(cluster: i64) -> &'static str {
    colour(usize::try_from(cluster - 1).unwrap_or(usize::MAX))
}

/// Returns the colour of a kind of subset of models.
pub(crate) fn kind_colour(kind: &str) -> &'static str {
    match kind {
        "within 1" => cluster_colour(1),
        "within 2" => cluster_colour(2),
        "across" => colour(2),
        "any" | "all" => colour(3),
        "single" | "best single" => colour(6),
        _ => colour(4),
    }
}

/// Returns the name of a basin in legends.
pub(crate) fn cluster_name(cluster: i64) -> String {
    match cluster {
        1 => "basin 1 (larger)".to_owned(),
        2 => "basin 2 (smaller)".to_owned(),
        other => format!("basin {other}"),
    }
}

/// Returns the name of a basin in the legend of a figure with these basins; models that are not divided are
/// all in basin 1.
pub(crate) fn cluster_name_among(cluster: i64, all: &[i64]) -> String {
    if all == [1] { "one cluster".to_owned() } else { cluster_name(cluster) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_basin_has_a_colour() {
        assert_ne!(cluster_colour(1), cluster_colour(2));
        for cluster in [i64::MIN + 1, -1, 0, 1, i64::MAX] {
            assert!(cluster_colour(cluster).starts_with('#'));
        }
    }
}
