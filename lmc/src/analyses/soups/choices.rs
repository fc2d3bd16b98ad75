//! The choice of the copies that go into a soup.

use std::collections::BTreeSet;

use crate::analyses::soups::SoupOptions;
use crate::basin::{Membership, draw_subsets};
use crate::options::Valid;
use crate::soup::Greedy;
use crate::study::Metric;

/// Copies that are averaged, and how they were chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// "single", "best single", "within 1", "within 2", "across", "any", "all", or "greedy by" a metric.
    pub kind: String,
    /// The copies' numbers.
    pub models: Vec<usize>,
}

/// Returns every choice, in the order of tables.
pub(super) fn choices(
    cluster: &[usize],
    best: usize,
    greedy: &[(Metric, Greedy)],
    options: &Valid<SoupOptions>,
) -> Vec<Choice> {
    let n = cluster.len();
    let choice = |kind: &str, models: Vec<usize>| Choice { kind: kind.to_owned(), models };
    let mut choices: Vec<Choice> = (0..n).map(|model| choice("single", vec![model])).collect();
    choices.push(choice("best single", vec![best]));
    let n_second = cluster.iter().sum::<usize>();
    let sizes: BTreeSet<usize> = options
        .sizes
        .iter()
        .copied()
        .chain([n - n_second, n_second])
        .filter(|&size| 2 <= size && size < n)
        .collect();
    for kind in Membership::ALL {
        for &size in &sizes {
            let subsets = draw_subsets(cluster, kind, size, options.n_subsets, options.seed);
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
    use crate::options::Options;

    #[test]
    fn every_kind_is_there_in_every_size_that_it_can_have() {
        let cluster = [0, 0, 0, 1, 1];
        let soup = Greedy { ingredients: vec![4, 0], score: 0.5, trials: Vec::new() };
        let options =
            SoupOptions { sizes: vec![2, 4, 9], n_subsets: 5, ..SoupOptions::new(Metric::Accuracy) };
        let choices = choices(&cluster, 3, &[(Metric::Accuracy, soup)], &options.check().unwrap());
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
}
