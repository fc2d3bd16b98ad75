use super::thin::Thin;
use crate::basin::{
    eigen::{Eigenpairs, smallest_eigenpairs},
    embedding::{Plane, plane, root_of_degree, turned},
};
use lmc_base::error::Result;
use ndarray::{Array1, Array2, Axis, s};

/// Returns the plane of the matrix \[n, n\] that holds the known similarities and is 0 elsewhere.
///
/// `similarities`: \[n, m\], the checked similarities of all models to the landmarks. With the landmarks
/// first, the normalised matrix is \[A, B'; B, 0\]. With B = Q R, where Q's columns are orthonormal, it acts
/// only on the landmarks and on the range of Q, there as \[A, R'; R, 0\] of 2 m rows.
pub(super) fn of_known_pairs(similarities: &Array2<f64>, landmarks: &[usize]) -> Result<Plane> {
    let (n, m) = similarities.dim();
    if n <= 2 * m {
        let mut known = Array2::zeros((n, n));
        for (column, &landmark) in similarities.columns().into_iter().zip(landmarks) {
            known.column_mut(landmark).assign(&column);
            known.row_mut(landmark).assign(&column);
        }
        return plane(&known);
    }

    let mut weights = similarities.clone();
    landmarks.iter().enumerate().for_each(|(column, &landmark)| weights[[landmark, column]] = 0.0);
    let mut degree = weights.sum_axis(Axis(1));
    let mut is_landmark = vec![false; n];
    for (&landmark, sum) in landmarks.iter().zip(weights.sum_axis(Axis(0))) {
        degree[landmark] = sum;
        is_landmark[landmark] = true;
    }
    let root_degree: Array1<f64> = degree.mapv(root_of_degree);
    for ((i, column), weight) in weights.indexed_iter_mut() {
        *weight = *weight / root_degree[i] / root_degree[landmarks[column]];
    }

    let others: Vec<usize> = (0..n).filter(|&i| !is_landmark[i]).collect();
    let thin = Thin::of(&weights.select(Axis(0), &others));
    let mut core = Array2::eye(2 * m);
    let mut block = core.slice_mut(s![..m, ..m]);
    block -= &weights.select(Axis(0), landmarks);
    core.slice_mut(s![m.., ..m]).assign(&-&thin.triangle);
    core.slice_mut(s![..m, m..]).assign(&-&thin.triangle.t());
    let Eigenpairs { values, vectors: leading } = smallest_eigenpairs(&core, 2)?;

    let mut vectors = Array2::zeros((n, 2));
    for (&landmark, row) in landmarks.iter().zip(leading.rows()) {
        vectors.row_mut(landmark).assign(&row);
    }
    for (column, rest) in leading.slice(s![m.., ..]).columns().into_iter().enumerate() {
        let rest = thin.times(&rest.to_vec());
        others.iter().zip(rest).for_each(|(&other, entry)| vectors[[other, column]] = entry);
    }
    // Everything outside the range of Q has the eigenvalue 1.
    Ok(Plane { coordinates: turned(vectors, &degree), second: values[1], third: values[2].min(1.0) })
}
