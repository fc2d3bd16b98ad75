use super::check_lengths;
use lmc_base::error::{LmcError, Result};
use ndarray::Array2;
use std::collections::BTreeMap;

/// Returns the mean silhouette of a clustering, from -1 to 1: how much nearer each item is to its own cluster
/// than to the next one, from a matrix of distances \[n, n\]. An item alone in its cluster counts 0.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the matrix is not \[n, n\] for n labels; [`LmcError::InvalidParameter`] for
/// fewer than 2 clusters, a negative or non-finite distance or a non-zero diagonal.
///
/// # Reference
/// Rousseeuw 1987; scikit-learn's `silhouette_score` with `metric="precomputed"`.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use ndarray::array;
/// // Two pairs: each model is 1 from its partner and 3 from the others.
/// let distances = array![[0.0, 1.0, 3.0, 3.0], [1.0, 0.0, 3.0, 3.0], [3.0, 3.0, 0.0, 1.0], [3.0, 3.0, 1.0, 0.0]];
/// let value = lmc::stats::silhouette(&distances, &[0, 0, 1, 1])?;
/// assert!((value - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn silhouette(distances: &Array2<f64>, labels: &[usize]) -> Result<f64> {
    let n = labels.len();
    if distances.shape() != [n, n] {
        return Err(LmcError::ShapeMismatch {
            what: "distances".to_owned(),
            got: distances.shape().to_vec(),
            expected: vec![n, n],
        });
    }
    for ((i, j), &distance) in distances.indexed_iter() {
        if !distance.is_finite() || distance < 0.0 || (i == j && distance != 0.0) {
            let got = format!("{distance} at [{i}, {j}]");
            return Err(LmcError::invalid("distances", got, "finite, at least 0, zero on the diagonal"));
        }
    }
    let mut sizes = BTreeMap::<usize, usize>::new();
    labels.iter().for_each(|&label| *sizes.entry(label).or_default() += 1);
    if sizes.len() < 2 {
        return Err(LmcError::invalid("labels", format!("{} cluster", sizes.len()), "at least 2 clusters"));
    }
    let silhouettes = (0..n).map(|i| {
        let mut sums: BTreeMap<usize, f64> = sizes.keys().map(|&label| (label, 0.0)).collect();
        for (&distance, label) in distances.row(i).iter().zip(labels) {
            *sums.entry(*label).or_default() += distance;
        }
        let own = sizes[&labels[i]];
        if own == 1 {
            return 0.0;
        }
        let inside = sums[&labels[i]] / (own - 1) as f64;
        let others = sums.iter().filter(|(label, _)| **label != labels[i]);
        let outside = others.map(|(label, sum)| sum / sizes[label] as f64).fold(f64::INFINITY, f64::min);
        let larger = inside.max(outside);
        if larger == 0.0 { 0.0 } else { (outside - inside) / larger }
    });
    Ok(silhouettes.sum::<f64>() / n as f64)
}

/// Returns the adjusted Rand index of two clusterings of the same items: 1 if they are the same up to the
/// names of the clusters, 0 on average if they are unrelated.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ, [`LmcError::InvalidParameter`] for no items.
///
/// # Reference
/// Hubert and Arabie 1985; scikit-learn's `adjusted_rand_score`.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // The names of clusters do not matter.
/// assert_eq!(lmc::stats::adjusted_rand_index(&[0, 0, 1, 1], &[5, 5, 2, 2])?, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn adjusted_rand_index(a: &[usize], b: &[usize]) -> Result<f64> {
    check_lengths("the second clustering", a.len(), b.len(), 1)?;
    let mut joint = BTreeMap::<(usize, usize), f64>::new();
    let (mut rows, mut columns) = (BTreeMap::<usize, f64>::new(), BTreeMap::<usize, f64>::new());
    for (&a, &b) in a.iter().zip(b) {
        *joint.entry((a, b)).or_default() += 1.0;
        *rows.entry(a).or_default() += 1.0;
        *columns.entry(b).or_default() += 1.0;
    }
    let pairs = |count: &f64| count * (count - 1.0) / 2.0;
    let together = joint.values().map(pairs).sum::<f64>();
    let in_a = rows.values().map(pairs).sum::<f64>();
    let in_b = columns.values().map(pairs).sum::<f64>();
    if together == in_a && together == in_b {
        return Ok(1.0);
    }
    // Observed, expected and greatest number of pairs in the same cluster, each times the number of all
    // pairs.
    let all = pairs(&(a.len() as f64));
    Ok((together * all - in_a * in_b) / ((in_a + in_b) / 2.0 * all - in_a * in_b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn hand_computed_silhouette() {
        // Positions 0, 1, 5 and clusters {0, 1}, {5}: (5-1)/5, (4-1)/4, alone.
        let distances = array![[0.0, 1.0, 5.0], [1.0, 0.0, 4.0], [5.0, 4.0, 0.0]];
        let score = silhouette(&distances, &[7, 7, 3]).unwrap();
        assert!((score - (0.8 + 0.75) / 3.0).abs() < 1e-15);
        assert_eq!(silhouette(&Array2::zeros((4, 4)), &[0, 0, 1, 1]).unwrap(), 0.0);
    }

    #[test]
    fn hand_computed_adjusted_rand_index() {
        assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[5, 5, 2, 2]).unwrap(), 1.0);
        assert_eq!(adjusted_rand_index(&[0, 0, 0], &[1, 1, 1]).unwrap(), 1.0);
        assert_eq!(adjusted_rand_index(&[0, 1, 2], &[2, 1, 0]).unwrap(), 1.0);
        // Together 1; 2 and 1 pairs; expected 2 * 1 / 6; (1 - 1/3) / (3/2 - 1/3) = 4/7.
        let index = adjusted_rand_index(&[0, 0, 1, 1], &[0, 0, 1, 2]).unwrap();
        assert!((index - 4.0 / 7.0).abs() < 1e-15);
        // No pair together in both: (0 - 2/3) / (2 - 2/3).
        assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1]).unwrap(), -0.5);
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let zeros = Array2::zeros((2, 2));
        assert!(matches!(silhouette(&zeros, &[0, 1, 1]), Err(LmcError::ShapeMismatch { .. })));
        assert!(matches!(
            silhouette(&zeros, &[1, 1]),
            Err(LmcError::InvalidParameter { field: "labels", .. })
        ));
        for bad in [f64::NAN, -1.0] {
            let result = silhouette(&array![[0.0, bad], [bad, 0.0]], &[0, 1]);
            assert!(matches!(result, Err(LmcError::InvalidParameter { field: "distances", .. })));
        }
        let result = silhouette(&array![[0.0, 1.0], [1.0, 2.0]], &[0, 1]);
        assert!(matches!(result, Err(LmcError::InvalidParameter { field: "distances", .. })));
        assert!(matches!(adjusted_rand_index(&[0, 1], &[0]), Err(LmcError::ShapeMismatch { .. })));
        assert!(matches!(adjusted_rand_index(&[], &[]), Err(LmcError::InvalidParameter { .. })));
    }
}
