use crate::{
    basin::{
        embedding::{coordinates, eigenvectors, root_of_degree},
        spectral_embedding,
    },
    error::{LmcError, Result},
};
use linfa_linalg::qr::QRInto;
use ndarray::{Array1, Array2, Axis, ShapeBuilder, s};

/// What [`spectral_embedding`] gives, in 2 components, for the matrix \[n, n\] that holds the known similarities and is
/// 0 elsewhere.
///
/// `similarities`: \[n, m\], those of all models to the landmarks, checked. With the landmarks first, the normalised
/// matrix is \[A, B'; B, 0\]. With B = Q R, Q's columns orthonormal, it acts only on the landmarks and on the range of
/// Q, there as \[A, R'; R, 0\] of 2 m rows.
pub(super) fn of_known_pairs(similarities: &Array2<f64>, landmarks: &[usize]) -> Result<Array2<f64>> {
    let (n, m) = similarities.dim();
    if n <= 2 * m {
        let mut known = Array2::zeros((n, n));
        for (column, &landmark) in similarities.columns().into_iter().zip(landmarks) {
            known.column_mut(landmark).assign(&column);
            known.row_mut(landmark).assign(&column);
        }
        return spectral_embedding(&known, 2, false);
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
    let mut rows = Array2::zeros((others.len(), m).f());
    rows.assign(&weights.select(Axis(0), &others));
    let decomposed = rows.qr_into();
    let (q, r) =
        decomposed.map_err(|error| LmcError::invalid("gaps", error, "a QR decomposition"))?.into_decomp();
    // Subtracted from 2, as in the embedding of the whole matrix.
    let mut core = Array2::from_diag_elem(2 * m, 2.0);
    let mut block = core.slice_mut(s![..m, ..m]);
    block -= &weights.select(Axis(0), landmarks);
    core.slice_mut(s![m.., ..m]).assign(&-&r);
    core.slice_mut(s![..m, m..]).assign(&-&r.t());
    let leading = eigenvectors(&core)?.slice_move(s![.., ..2]);

    let mut vectors = Array2::zeros((n, 2));
    for (&landmark, row) in landmarks.iter().zip(leading.rows()) {
        vectors.row_mut(landmark).assign(&row);
    }
    for (&other, row) in others.iter().zip(q.dot(&leading.slice(s![m.., ..])).rows()) {
        vectors.row_mut(other).assign(&row);
    }
    Ok(coordinates(vectors, &root_degree))
}
