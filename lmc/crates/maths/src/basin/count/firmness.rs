use ndarray::Array2;

/// Returns how firmly models belong where a division puts them, from -1 to 1, for those of which this can be
/// said: (b - a) / max(a, b).
///
/// For a model in one of several basins it is its silhouette: a is its mean gap to the others of its basin, and
/// b that to the nearest other basin (Rousseeuw 1987). For a model that is alone, a is the mean gap of two
/// models of the nearest basin and b its own mean gap to that basin. Models of an only basin have none.
///
/// `basin`: the basin of each model, of at least two models each, or none.
pub(super) fn firmness(values: &Array2<f64>, basin: &[Option<usize>], n_basins: usize) -> Vec<f64> {
    let n = basin.len();
    let (mut sums, mut sizes) = (Array2::<f64>::zeros((n, n_basins)), vec![0.0; n_basins]);
    for (j, of) in basin.iter().enumerate() {
        let Some(of) = *of else { continue };
        sizes[of] += 1.0;
        for i in 0..n {
            sums[[i, of]] += values[[i, j]];
        }
    }
    let mut within = vec![0.0; n_basins];
    for (i, of) in basin.iter().enumerate() {
        if let Some(of) = *of {
            within[of] += sums[[i, of]] / (sizes[of] * (sizes[of] - 1.0));
        }
    }
    let nearest = |i: usize| {
        let others = (0..n_basins).filter(move |&other| Some(other) != basin[i]);
        others.map(|other| (sums[[i, other]] / sizes[other], other)).min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let of_model = |i: usize| {
        let (outside, other) = nearest(i)?;
        let inside = match basin[i] {
            Some(own) => sums[[i, own]] / (sizes[own] - 1.0),
            None => within[other],
        };
        let larger = f64::max(inside, outside);
        Some(if larger > 0.0 { (outside - inside) / larger } else { 0.0 })
    };
    (0..n).filter_map(of_model).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::silhouette;

    /// Gaps of models at places on a line.
    fn gaps(places: &[f64]) -> Array2<f64> {
        Array2::from_shape_fn((places.len(), places.len()), |(i, j)| (places[i] - places[j]).abs())
    }

    #[test]
    fn hand_computed() {
        // A pair with a gap of 1; the third is 9 and 8 away from it.
        let firm = firmness(&gaps(&[0.0, 1.0, 9.0]), &[Some(0), Some(0), None], 1);
        assert_eq!(firm, [(8.5 - 1.0) / 8.5]);
        let basin = [Some(0), Some(0), Some(1), Some(1), None];
        let firm = firmness(&gaps(&[0.0, 1.0, 10.0, 12.0, 30.0]), &basin, 2);
        assert_eq!(firm, [10.0 / 11.0, 9.0 / 10.0, 7.5 / 9.5, 9.5 / 11.5, 17.0 / 19.0]);
        assert!(firmness(&gaps(&[0.0, 1.0]), &[Some(0), Some(0)], 1).is_empty());
        assert_eq!(firmness(&Array2::zeros((4, 4)), &[Some(0), Some(0), Some(1), Some(1)], 2), [0.0; 4]);
    }

    #[test]
    fn without_models_alone_it_is_the_silhouette() {
        let values = gaps(&[0.0, 0.7, 3.0, 3.5, 9.0, 4.0]);
        let firm = firmness(&values, &[0, 0, 1, 1, 0, 1].map(Some), 2);
        let mean = firm.iter().sum::<f64>() / 6.0;
        assert!((mean - silhouette(&values, &[0, 0, 1, 1, 0, 1]).unwrap()).abs() < 1e-12);
    }
}
