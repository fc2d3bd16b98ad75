//! The colours and names of basins, and of kinds of subsets of models.

use lmc_figure::parts::Symbol;
use lmc_figure::theme::{INK, colour};

use super::rows::distinct;

/// The number that tables give to models in no basin.
pub(crate) const NO_BASIN: i64 = 0;

/// Returns the colour of a basin: 1 is the larger. Models in no basin are dark.
pub(crate) fn basin_colour(basin: i64) -> &'static str {
    if basin == NO_BASIN {
        return INK;
    }
    colour(usize::try_from(basin.saturating_sub(1)).unwrap_or(usize::MAX))
}

/// Returns the mark of the models of a basin: a cross for those in none.
pub(crate) fn basin_symbol(basin: i64) -> Symbol {
    if basin == NO_BASIN { Symbol::Cross } else { Symbol::Circle }
}

/// Returns the name of a basin in legends, among the basins of all models. Of two basins it says which is the
/// larger, unless both are equally large. Models that are not divided are all in basin 1.
pub(crate) fn basin_name(basin: i64, basins: &[i64]) -> String {
    let size = |basin: i64| basins.iter().filter(|&&other| other == basin).count();
    let real: Vec<i64> = distinct(basins).into_iter().filter(|&basin| basin != NO_BASIN).collect();
    match (real.as_slice(), basin) {
        (_, NO_BASIN) => "in no basin".to_owned(),
        ([1], _) => "one cluster".to_owned(),
        ([1, 2], 1) if size(1) > size(2) => "basin 1 (larger)".to_owned(),
        ([1, 2], 2) if size(1) > size(2) => "basin 2 (smaller)".to_owned(),
        _ => format!("basin {basin}"),
    }
}

/// Returns the colour of a kind of subset of models.
pub(crate) fn kind_colour(kind: &str) -> &'static str {
    match kind {
        "within 1" => basin_colour(1),
        "within 2" => basin_colour(2),
        // Colours 2 and 3 are those of two other kinds.
        within if within.starts_with("within ") => {
            within["within ".len()..].parse().map_or(colour(4), |basin: usize| colour(basin + 2))
        }
        "across" => colour(2),
        "any" | "all" => colour(3),
        "single" | "best single" => colour(6),
        _ => colour(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_basin_has_a_colour() {
        assert_ne!(basin_colour(1), basin_colour(2));
        assert_ne!(basin_colour(1), basin_colour(NO_BASIN));
        for basin in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert!(basin_colour(basin).starts_with('#'));
        }
    }

    #[test]
    fn a_basin_is_called_larger_only_if_it_is() {
        assert_eq!(basin_name(1, &[1, 2, 1]), "basin 1 (larger)");
        assert_eq!(basin_name(2, &[1, 2, 1]), "basin 2 (smaller)");
        assert_eq!([1, 2].map(|basin| basin_name(basin, &[1, 2])), ["basin 1", "basin 2"]);
        assert_eq!(basin_name(3, &[1, 2, 3, 1]), "basin 3");
        assert_eq!(basin_name(1, &[1, 1]), "one cluster");
        assert_eq!([0, 1].map(|basin| basin_name(basin, &[1, 0, 1])), ["in no basin", "one cluster"]);
        assert_eq!(
            [0, 2].map(|basin| basin_name(basin, &[1, 0, 1, 2])),
            ["in no basin", "basin 2 (smaller)"]
        );
    }
}
