//! Which of the known names was probably meant.

/// The known names that a misspelt one is near to: the same first letter, and few letters that differ.
pub(super) fn near<'a>(name: &str, known: &'a [String]) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let most = 1 + name.chars().count() / 5;
    let far = |other: &str| {
        let other = other.to_lowercase();
        (other.chars().next() == name.chars().next()).then(|| distance(&name, &other)).filter(|d| *d <= most)
    };
    let mut found: Vec<(usize, &str)> =
        known.iter().filter_map(|other| Some((far(other)?, other.as_str()))).collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.truncate(3);
    found.into_iter().map(|(_, other)| other).collect()
}

/// The number of letters to insert, leave out, replace or swap with the next (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted() {
        for (a, b, expected) in [
            ("", "ab", 2),
            ("ab", "ba", 1),
            ("bert", "brt", 1),
            ("cola", "cold", 1),
            ("uncased", "cased", 2),
            ("x", "x", 0),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn misspelt_names_are_near_and_others_are_not() {
        let known =
            ["bert-base-uncased", "bert-tiny", "cola", "cola-berts", "mnli", "qqp"].map(str::to_owned);
        let near = |name| near(name, &known);
        assert_eq!(near("bert-base-cased"), ["bert-base-uncased"]);
        assert_eq!(near("BERT-Tiny"), ["bert-tiny"]);
        assert_eq!(near("cloa"), ["cola"]);
        assert_eq!(near("cola-bert"), ["cola-berts"]);
        for other in ["snli", "bert", "qnli", "", "è"] {
            assert_eq!(near(other), [""; 0], "{other}");
        }
    }
}
