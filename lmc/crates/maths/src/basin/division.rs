//! The step from known gaps to basins, for any embedding of the models.

use super::{
    Basins, ClusterOptions, Note, affinity::kernel_width, components::components, embedding::Plane,
    kmeans::two_means,
};
use crate::stats::mean;
use lmc_base::error::Result;
use lmc_base::natural;
use lmc_base::options::Valid;
use ndarray::{Array2, ArrayView1, Axis};

/// The distance below which two eigenvalues have vectors that rounding turns by a part in 100,000.
pub(super) const NEAR: f64 = 1e-10;

/// The gaps that are known.
pub(super) struct Known<'a> {
    /// The models' names.
    pub models: &'a [String],
    /// Two models and their gap, each pair once, in the order of rows.
    pub pairs: &'a [(usize, usize, f64)],
    /// The most by which rounding moves a gap.
    pub resolution: f64,
}

/// Returns the basins of models with known gaps. `embed` gives the plane of the models for a width of the
/// kernel, `silhouette` the silhouette of two clusters.
pub(super) fn divided(
    known: &Known,
    options: &Valid<ClusterOptions>,
    embed: impl FnOnce(f64) -> Result<Plane>,
    silhouette: impl FnOnce(&[usize]) -> Result<f64>,
) -> Result<Basins> {
    let n = known.models.len();
    known.check_count(2)?;
    let gaps: Vec<f64> = known.pairs.iter().map(|&(.., gap)| gap).collect();
    let (delta, widened) = kernel_width(&gaps, options.delta)?;
    if let Some(note) = known.nothing_to_divide_by(&gaps, delta) {
        return known.undivided(delta, vec![note]);
    }
    let mut notes = Vec::from_iter(widened);
    let plane = embed(delta)?;
    let graph = Graph::of(known, delta);
    let parts = components(n, graph.edges.iter().copied());
    let Plane { coordinates, second, third } = plane;
    let tied = third - second <= NEAR.max(graph.blur);
    let division = if tied { None } else { divide(&coordinates, first(known.models), options)? };
    let Some(Division { cluster, membership, centroids }) = division else {
        notes.extend(tied_notes(known, &parts, tied.then_some((second, third))));
        return known.undivided(delta, notes);
    };
    // Two parts that are the two clusters are as expected.
    let n_parts = parts.iter().max().map_or(0, |last| last + 1);
    let split = (0..n).any(|i| (0..i).any(|j| (parts[i] == parts[j]) != (cluster[i] == cluster[j])));
    if n_parts > 1 && split {
        notes.push(known.parts(&parts));
    }
    let mean_gap = |same: bool| {
        let pairs = known.pairs.iter().filter(|&&(i, j, _)| (cluster[i] == cluster[j]) == same);
        mean(&pairs.map(|&(_, _, gap)| gap).collect::<Vec<_>>())
    };
    Ok(Basins {
        models: known.models.to_vec(),
        n_basins: 2,
        delta,
        resolution: known.resolution,
        silhouette: silhouette(&cluster)?,
        within: mean_gap(true)?,
        across: mean_gap(false)?,
        cluster,
        memberships: Array2::from_shape_fn((n, 2), |(model, basin)| match basin {
            0 => membership[model],
            _ => -membership[model],
        }),
        membership,
        embedding: coordinates,
        centroids,
        notes,
    })
}

/// Returns why models are not divided if eigenvalues, given with the next one, or divisions are tied.
pub(super) fn tied_notes(known: &Known, parts: &[usize], tied: Option<(f64, f64)>) -> Vec<Note> {
    let unconnected = (parts.iter().max() > Some(&0)).then(|| known.parts(parts));
    let tied = tied.map_or(Note::TiedDivisions, |(second, third)| Note::TiedEigenvalues { second, third });
    unconnected.into_iter().chain([tied]).collect()
}

impl Known<'_> {
    /// Returns why the gaps or similarities give nothing to divide the models by, if that is so.
    pub(super) fn nothing_to_divide_by(&self, gaps: &[f64], delta: f64) -> Option<Note> {
        let smallest = gaps.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = gaps.iter().copied().fold(0.0, f64::max);
        // Each of two gaps may be off by the resolution; sums of losses are also off by some last bits.
        if largest - smallest <= 2.0 * self.resolution + 8.0 * f64::EPSILON * largest {
            return Some(Note::EqualGaps { smallest, largest, resolution: self.resolution });
        }
        let similarity = |gap: f64| (-0.5 * (gap / delta).powi(2)).exp();
        if similarity(smallest) == 0.0 {
            return Some(Note::NoSimilarity { delta, smallest });
        }
        (1.0 - similarity(largest) < NEAR).then_some(Note::AllSimilar { delta, largest })
    }

    /// Returns all models in one cluster.
    pub(super) fn undivided(&self, delta: f64, notes: Vec<Note>) -> Result<Basins> {
        let n = self.models.len();
        Ok(Basins {
            models: self.models.to_vec(),
            n_basins: 1,
            cluster: vec![0; n],
            membership: vec![0.0; n],
            memberships: Array2::zeros((n, 1)),
            embedding: Array2::zeros((n, 2)),
            centroids: Array2::zeros((2, 2)),
            delta,
            resolution: self.resolution,
            silhouette: f64::NAN,
            within: mean(&self.pairs.iter().map(|&(.., gap)| gap).collect::<Vec<_>>())?,
            across: f64::NAN,
            notes,
        })
    }

    /// Returns a note with the models of each part, larger parts first.
    fn parts(&self, part_of: &[usize]) -> Note {
        let mut parts: Vec<Vec<String>> = vec![Vec::new(); part_of.iter().max().map_or(0, |last| last + 1)];
        for (name, &part) in self.models.iter().zip(part_of) {
            parts[part].push(name.clone());
        }
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        Note::Components { parts }
    }
}

/// The similarities of known pairs as shares of the roots of their degrees.
pub(super) struct Graph {
    /// Two models and the weight between them.
    pub edges: Vec<(usize, usize, f64)>,
    /// The distance that two eigenvalues need for their vectors not to depend on rounding of the gaps.
    pub blur: f64,
}

impl Graph {
    pub fn of(known: &Known, delta: f64) -> Self {
        let n = known.models.len();
        let similarity = |gap: f64| (-0.5 * (gap / delta).powi(2)).exp();
        let mut degree = vec![0.0; n];
        for &(i, j, gap) in known.pairs {
            degree[i] += similarity(gap);
            degree[j] += similarity(gap);
        }
        // Rounding errors of gaps are independent, and their root mean square is a third of the largest. The
        // rotation of two vectors of nearly equal eigenvalues into each other is then about as large as the
        // effect of these errors on one entry of the Laplacian.
        let (mut edges, mut squares) = (Vec::with_capacity(known.pairs.len()), vec![0.0; n]);
        for &(i, j, gap) in known.pairs {
            let similarity = similarity(gap);
            let weight =
                if similarity > 0.0 { similarity / degree[i].sqrt() / degree[j].sqrt() } else { 0.0 };
            edges.push((i, j, weight));
            let change = weight * (gap / delta) * (known.resolution / 3.0 / delta);
            squares[i] += change * change;
            squares[j] += change * change;
        }
        Self { edges, blur: (squares.into_iter().fold(0.0, f64::max) / n as f64).sqrt() }
    }
}

/// The clusters of models in an embedding.
struct Division {
    cluster: Vec<usize>,
    membership: Vec<f64>,
    centroids: Array2<f64>,
}

/// Returns the model whose name comes first, where numbers in names count as numbers.
fn first(models: &[String]) -> usize {
    (0..models.len()).min_by_key(|&i| natural::key(&models[i])).unwrap_or(0)
}

/// Returns the two clusters of the rows of an embedding \[n_models, 2\], numbered as [`Basins::cluster`]
/// says: of two equally large ones, that of the model `first` is the first. None if other divisions are as
/// good.
fn divide(
    embedding: &Array2<f64>,
    first: usize,
    options: &Valid<ClusterOptions>,
) -> Result<Option<Division>> {
    let n = embedding.nrows();
    let Some((mut cluster, mut centroids)) = two_means(embedding, options.n_init, options.seed)? else {
        return Ok(None);
    };
    let in_second = cluster.iter().sum::<usize>();
    if 2 * in_second > n || (2 * in_second == n && cluster[first] == 1) {
        cluster.iter_mut().for_each(|cluster| *cluster = 1 - *cluster);
        centroids.invert_axis(Axis(0));
        centroids = centroids.as_standard_layout().into_owned();
    }
    let distance = |a: ArrayView1<f64>, b: ArrayView1<f64>| (&a - &b).mapv(|x| x * x).sum().sqrt();
    let score = |row: ArrayView1<f64>| distance(row, centroids.row(0)) - distance(row, centroids.row(1));
    let membership = embedding.rows().into_iter().map(score).collect();
    Ok(Some(Division { cluster, membership, centroids }))
}
