//! Notes on a division of models: what it leaves open, in words.

use std::fmt;

/// The most names that are listed for a group of models.
const LISTED: usize = 6;

/// Something that a reader of clusters has to know: that there are none and why, or that they depend on more
/// than the gaps.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// There are no clusters, because all gaps are equal or differ by no more than rounding.
    EqualGaps {
        /// The smallest gap.
        smallest: f64,
        /// The largest gap.
        largest: f64,
        /// The most by which rounding moves a gap.
        resolution: f64,
    },
    /// There are no clusters, because every similarity is 0 at this width.
    NoSimilarity {
        /// The width of the kernel.
        delta: f64,
        /// The smallest gap.
        smallest: f64,
    },
    /// There are no clusters, because every similarity is 1 at this width, except for rounding.
    AllSimilar {
        /// The width of the kernel.
        delta: f64,
        /// The largest gap.
        largest: f64,
    },
    /// There are no clusters, because two or more ways to divide the models in two are equally good: the
    /// second and the third eigenvalue of their graph are the same except for rounding.
    TiedEigenvalues {
        /// The second eigenvalue.
        second: f64,
        /// The third eigenvalue.
        third: f64,
    },
    /// There are no clusters, because k-means finds two divisions of the embedded models that are equally
    /// good.
    TiedDivisions,
    /// The similarity graph is not connected, and its parts are not the two clusters.
    Components {
        /// The models of each part, larger parts first.
        parts: Vec<Vec<String>>,
    },
    /// The standard deviation of the gaps is too small a width for gaps of this size, so a larger one was
    /// used.
    Widened {
        /// The standard deviation of the gaps.
        deviation: f64,
        /// The width that was used: a quarter of the smallest gap.
        delta: f64,
    },
    /// The number of basins was found and not asked for.
    Counted {
        /// The number of basins; 1 if the models are not divided.
        basins: usize,
        /// The models that are in no basin.
        alone: Vec<String>,
        /// The mean firmness of the least firm tenth of the models in the best division, up to 1; NaN if none
        /// is firm enough.
        firmness: f64,
        /// The share of shuffled gaps that the best division of each tells at least as well, one-sided; NaN
        /// like the firmness.
        p_value: f64,
    },
    /// Too few draws of examples fall into two clusters for intervals of quantities that need clusters.
    FewDraws {
        /// The number of draws that fall into two clusters.
        divided: usize,
        /// The number of all draws.
        drawn: usize,
    },
}

impl Note {
    /// Returns whether the note says that there are no clusters.
    pub fn is_undivided(&self) -> bool {
        use Note::*;
        matches!(
            self,
            EqualGaps { .. }
                | NoSimilarity { .. }
                | AllSimilar { .. }
                | TiedEigenvalues { .. }
                | TiedDivisions
                | Counted { basins: 1, .. }
        )
    }
}

/// Shows one sentence for a user, with the remedy if there is one.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EqualGaps { smallest, largest, .. } if smallest == largest => {
                write!(f, "no clusters: all gaps are {}", Short(*largest))
            }
            Self::EqualGaps { smallest, largest, resolution } => write!(
                f,
                "no clusters: the gaps, from {} to {}, differ by no more than rounding, which moves a gap by up to {}",
                Short(*smallest),
                Short(*largest),
                Short(*resolution)
            ),
            Self::NoSimilarity { delta, smallest } => write!(
                f,
                "no clusters: at a width of {} no two models are similar, since the smallest gap is {}; take a larger width (--delta), or auto",
                Short(*delta),
                Short(*smallest)
            ),
            Self::AllSimilar { delta, largest } => write!(
                f,
                "no clusters: at a width of {} all models are equally similar, since the largest gap is {}; take a smaller width (--delta), or auto",
                Short(*delta),
                Short(*largest)
            ),
            Self::TiedEigenvalues { second, third } => write!(
                f,
                "no clusters: the gaps do not say how to divide the models in two, several divisions are equally good (tied eigenvalues {} and {})",
                Short(rounded(*second)),
                Short(rounded(*third))
            ),
            Self::TiedDivisions => f.write_str(
                "no clusters: the gaps do not say how to divide the models in two, another division is exactly as good",
            ),
            Self::Components { parts } => {
                let listed = parts.iter().take(LISTED).map(|part| {
                    let more = if part.len() > LISTED { " ..." } else { "" };
                    format!("{}{more}", part[..part.len().min(LISTED)].join(" "))
                });
                let more = if parts.len() > LISTED { " | ..." } else { "" };
                write!(
                    f,
                    "the models form {} connected components, with no similarity between them: {}{more}; a larger width (--delta) connects them",
                    parts.len(),
                    listed.collect::<Vec<_>>().join(" | ")
                )
            }
            Self::Widened { deviation, delta } => write!(
                f,
                "the width is {}, a quarter of the smallest gap: beside their standard deviation, {}, the gaps are so large that no two models would be similar",
                Short(*delta),
                Short(*deviation)
            ),
            Self::Counted { basins, alone, firmness, p_value } => {
                match basins {
                    1 => f.write_str("no clusters: the gaps show one basin")?,
                    n => write!(f, "the gaps show {n} basins")?,
                }
                if !alone.is_empty() {
                    let more = if alone.len() > LISTED { " ..." } else { "" };
                    let listed = alone[..alone.len().min(LISTED)].join(" ");
                    write!(f, ", and {} in none: {listed}{more}", alone.len())?;
                }
                if firmness.is_nan() {
                    return f.write_str(" (no division is firm enough)");
                }
                write!(f, " (firmness {}, p {} of shuffled gaps)", Short(*firmness), Short(*p_value))
            }
            Self::FewDraws { divided, drawn } => write!(
                f,
                "no intervals of memberships and clusters: only {divided} of {drawn} draws of examples fall into two clusters"
            ),
        }
    }
}

/// Returns an eigenvalue without its rounding errors, which would otherwise be all there is of a 0.
fn rounded(eigenvalue: f64) -> f64 {
    (eigenvalue * 1e9).round() / 1e9 + 0.0
}

/// A number with up to four digits, for text.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size != 0.0 && !(1e-3..1e5).contains(&size) {
            return write!(f, "{:.1e}", self.0);
        }
        let text = format!("{:.4}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_say_why_in_one_line() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let many: Vec<String> = (0..9).map(|i| format!("m{i}")).collect();
        for (note, text) in [
            (
                Note::EqualGaps { smallest: 0.0, largest: 0.0, resolution: 1e-4 },
                "no clusters: all gaps are 0",
            ),
            (
                Note::EqualGaps { smallest: 3e-9, largest: 7e-8, resolution: 2.5e-7 },
                "no clusters: the gaps, from 3.0e-9 to 7.0e-8, differ by no more than rounding, which moves a gap by up to 2.5e-7",
            ),
            (
                Note::NoSimilarity { delta: 1e-300, smallest: 0.25 },
                "no clusters: at a width of 1.0e-300 no two models are similar, since the smallest gap is 0.25; take a larger width (--delta), or auto",
            ),
            (
                Note::AllSimilar { delta: 1e300, largest: 0.25 },
                "no clusters: at a width of 1.0e300 all models are equally similar, since the largest gap is 0.25; take a smaller width (--delta), or auto",
            ),
            (
                Note::Components { parts: vec![names(&["a", "b"]), names(&["c"]), names(&["d"])] },
                "the models form 3 connected components, with no similarity between them: a b | c | d; a larger width (--delta) connects them",
            ),
            (
                Note::TiedEigenvalues { second: -2e-16, third: 0.5 },
                "no clusters: the gaps do not say how to divide the models in two, several divisions are equally good (tied eigenvalues 0 and 0.5)",
            ),
            (
                Note::Counted { basins: 3, alone: names(&["a", "b"]), firmness: 0.612345, p_value: 0.01 },
                "the gaps show 3 basins, and 2 in none: a b (firmness 0.6123, p 0.01 of shuffled gaps)",
            ),
            (
                Note::Counted { basins: 1, alone: Vec::new(), firmness: f64::NAN, p_value: f64::NAN },
                "no clusters: the gaps show one basin (no division is firm enough)",
            ),
            (
                Note::Components { parts: vec![many, names(&["c"])] },
                "the models form 2 connected components, with no similarity between them: m0 m1 m2 m3 m4 m5 ... | c; a larger width (--delta) connects them",
            ),
        ] {
            assert_eq!(note.to_string(), text);
            assert_eq!(note.is_undivided(), text.starts_with("no clusters"), "{text}");
        }
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.25, "0.25"),
            (123.45678, "123.4568"),
            (2e-4, "2.0e-4"),
            (-3.5e7, "-3.5e7"),
        ] {
            assert_eq!(Short(number).to_string(), text);
        }
    }
}
