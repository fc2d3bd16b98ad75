//! The choice of the copies that go into a soup.

use std::collections::BTreeSet;

use crate::analyses::soups::SoupOptions;
use crate::basin::{Basins, Membership, subsets_of_basins};
use crate::options::Valid;
use crate::soup::Greedy;
use crate::study::Metric;

/// Copies that are averaged, and how they were chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// "single", "best single", "within 1", "within 2" and so on, "across", "any", "all", or "greedy by" a
    /// metric.
    pub kind: String,
    /// The copies' numbers.
    pub models: Vec<usize>,
}

/// Returns every choice, in the order of tables.
pub(super) fn choices(
    basins: &Basins,
    best: usize,
    greedy: &[(Metric, Greedy)],
    options: &Valid<SoupOptions>,
) -> Vec<Choice> {
    let n = basins.models.len();
    let choice = |kind: &str, models: Vec<usize>| Choice { kind: kind.to_owned(), models };
    let mut choices: Vec<Choice> = (0..n).map(|model| choice("single", vec![model])).collect();
    choices.push(choice("best single", vec![best]));
    let sizes: BTreeSet<usize> =
        options.sizes.iter().copied().chain(basins.sizes()).filter(|&size| 2 <= size && size < n).collect();
    for kind in Membership::kinds(basins.n_basins) {
        for &size in &sizes {
            let subsets = subsets_of_basins(basins, kind, size, options.n_subsets, options.seed);
            choices.extend(subsets.into_iter().map(|models| choice(&kind.to_string(), models)));
        }
    }
    choices.push(choice("all", (0..n).collect()));
    let greedy =
        greedy.iter().map(|(metric, soup)| choice(&format!("greedy by {metric}"), soup.ingredients.clone()));
    choices.extend(greedy);
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basin::{BasinCount, ClusterOptions, cluster};
    use crate::gap::{GapMatrix, Measure};
    use crate::options::Options;

    #[test]
    fn every_kind_is_there_in_every_size_that_it_can_have() {
        let places: [f64; 5] = [0.0, 0.1, 0.3, 2.0, 2.2];
        let gaps = ndarray::Array2::from_shape_fn((5, 5), |(a, b)| (places[a] - places[b]).abs());
        let names = (0..5).map(|i| format!("s{i}")).collect();
        let gaps = GapMatrix::new(names, Measure::ConvexityGap, gaps).unwrap();
        let basins = cluster(&gaps, &ClusterOptions::default()).unwrap();
        assert_eq!(basins.cluster, [0, 0, 0, 1, 1]);
        let soup = Greedy { ingredients: vec![4, 0], score: 0.5, trials: Vec::new() };
        let options =
            SoupOptions { sizes: vec![2, 4, 9], n_subsets: 5, ..SoupOptions::new(Metric::Accuracy) };
        let choices = choices(&basins, 3, &[(Metric::Accuracy, soup)], &options.check().unwrap());
        let count =
            |kind: &str, size| choices.iter().filter(|c| c.kind == kind && c.models.len() == size).count();
        assert_eq!((count("single", 1), count("best single", 1), count("all", 5)), (5, 1, 1));
        assert_eq!([2, 3, 4, 9].map(|size| count("within 1", size)), [3, 1, 0, 0]);
        assert_eq!([2, 3, 4, 9].map(|size| count("within 2", size)), [1, 0, 0, 0]);
        assert_eq!([2, 3, 4, 5].map(|size| count("across", size)), [5, 5, 3, 0]);
        assert_eq!([2, 3, 4, 5].map(|size| count("any", size)), [5, 5, 5, 0]);
        assert_eq!(
            choices.last().unwrap(),
            &Choice { kind: "greedy by accuracy".into(), models: vec![4, 0] }
        );
    }

    #[test]
    fn models_in_no_basin_are_in_the_soups_of_any_models_alone() {
        let gaps = ndarray::Array2::from_shape_fn((9, 9), |(a, b)| match (a, b) {
            _ if a == b => 0.0,
            (8, _) | (_, 8) => 3.0,
            _ if a / 3 == b / 3 => 0.1,
            _ => 2.0,
        });
        let names = (0..9).map(|i| format!("s{i}")).collect();
        let gaps = GapMatrix::new(names, Measure::ConvexityGap, gaps).unwrap();
        let options = ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() };
        let basins = cluster(&gaps, &options).unwrap();
        assert_eq!((basins.n_basins, basins.outliers()), (3, vec![8]));
        let options = SoupOptions { sizes: vec![2], n_subsets: 99, ..SoupOptions::new(Metric::Loss) };
        let choices = choices(&basins, 0, &[], &options.check().unwrap());
        let of =
            |kind: &str| choices.iter().filter(|c| c.kind == kind && c.models.len() == 2).collect::<Vec<_>>();
        assert_eq!(["within 1", "within 2", "within 3"].map(|kind| of(kind).len()), [3, 3, 1]);
        assert_eq!((of("across").len(), of("any").len()), (9 + 6 + 6, 36));
        assert!(of("across").iter().all(|choice| !choice.models.contains(&8)));
    }
}
