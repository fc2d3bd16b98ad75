//! A search for the known name that was probably meant.

use strsim::osa_distance;

/// The length of the shortest name for which others are offered: in a shorter name, one letter is too large a
/// part.
const SHORTEST: usize = 4;

/// Returns the known names that are near to a misspelt one: they have the same first letter, and few letters
/// differ.
pub(super) fn near<'a>(name: &str, known: &'a [String]) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let n_letters = name.chars().count();
    if n_letters < SHORTEST {
        return Vec::new();
    }
    let most = 1 + n_letters / 5;
    let far = |other: &str| {
        let other = other.to_lowercase();
        (other.chars().next() == name.chars().next())
            .then(|| osa_distance(&name, &other))
            .filter(|d| *d <= most)
    };
    let mut found: Vec<(usize, &str)> =
        known.iter().filter_map(|other| Some((far(other)?, other.as_str()))).collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.truncate(3);
    found.into_iter().map(|(_, other)| other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_near_and_others_are_not() {
        let known =
            ["bert-base-uncased", "bert-tiny", "cola", "cola-berts", "mnli", "qqp"].map(str::to_owned);
        let near = |name| near(name, &known);
        assert_eq!(near("bert-base-cased"), ["bert-base-uncased"]);
        assert_eq!(near("BERT-Tiny"), ["bert-tiny"]);
        assert_eq!(near("cloa"), ["cola"]);
        assert_eq!(near("cola-bert"), ["cola-berts"]);
        for other in ["snli", "bert", "qnli", "qqq", "", "è"] {
            assert_eq!(near(other), [""; 0], "{other}");
        }
    }
}
