//! Basins beyond two that everyone belongs to: three and more, and models that are in none.

use lmc_base::error::{LmcError, Result};
use lmc_base::natural;
use lmc_base::options::Valid;
use ndarray::{Array2, Axis};

use super::affinity::{kernel_width, similarities};
use super::components::components;
use super::count::{Found, found};
use super::division::{Graph, Known, NEAR, tied_notes};
use super::embedding::{Space, space};
use super::kmeans::searched;
use super::{BasinCount, Basins, ClusterOptions};
use crate::gap::GapMatrix;
use crate::stats::{mean, silhouette};

/// Returns as many basins as the gaps show, and names the models that are in none.
pub(super) fn as_many_as_shown(gaps: &GapMatrix, options: &Valid<ClusterOptions>) -> Result<Basins> {
    let n = gaps.models.len();
    let pairs = gaps.pairs();
    let known = Known { models: &gaps.models, pairs: &pairs, resolution: gaps.resolution };
    known.check_count(2)?;
    let list: Vec<f64> = pairs.iter().map(|&(.., gap)| gap).collect();
    let (delta, _) = kernel_width(&list, options.delta)?;
    if let Some(note) = known.nothing_to_divide_by(&list, delta) {
        return known.undivided(delta, vec![note]);
    }
    let found = found(gaps, options.seed)?;
    let (note, n_basins) = (found.note(&gaps.models), found.n_basins());
    let rows: Vec<usize> = (0..n).filter(|&model| found.basin[model].is_some()).collect();
    let rest = GapMatrix {
        models: rows.iter().map(|&row| gaps.models[row].clone()).collect(),
        values: gaps.values.select(Axis(0), &rows).select(Axis(1), &rows),
        ..gaps.clone()
    };
    let mut basins = match n_basins {
        1 => {
            let pairs = rest.pairs();
            Known { models: &rest.models, pairs: &pairs, ..known }.undivided(delta, Vec::new())?
        }
        number => {
            let exactly = ClusterOptions { basins: BasinCount::Exactly(number), ..(**options).clone() };
            super::cluster(&rest, &exactly)?
        }
    };
    basins.notes.insert(0, note);
    Ok(with_alone(basins, gaps, &found))
}

/// Returns the basins of all models from those of the models that are in one.
fn with_alone(rest: Basins, gaps: &GapMatrix, found: &Found) -> Basins {
    let alone = found.alone();
    if alone.is_empty() {
        return rest;
    }
    let n = gaps.models.len();
    let rows: Vec<usize> = (0..n).filter(|&model| found.basin[model].is_some()).collect();
    let mut cluster = vec![0; n];
    let mut membership = vec![0.0; n];
    let mut memberships = Array2::zeros((n, rest.memberships.ncols()));
    let mut embedding = Array2::zeros((n, rest.embedding.ncols()));
    for (from, &to) in rows.iter().enumerate() {
        cluster[to] = rest.cluster[from];
        membership[to] = rest.membership[from];
        memberships.row_mut(to).assign(&rest.memberships.row(from));
        embedding.row_mut(to).assign(&rest.embedding.row(from));
    }
    for (number, &model) in alone.iter().enumerate() {
        cluster[model] = rest.n_basins + number;
    }
    Basins { models: gaps.models.clone(), cluster, membership, memberships, embedding, ..rest }
}

/// Returns three or more basins, of which every model is in one.
pub(super) fn several(gaps: &GapMatrix, number: usize, options: &Valid<ClusterOptions>) -> Result<Basins> {
    let pairs = gaps.pairs();
    let known = Known { models: &gaps.models, pairs: &pairs, resolution: gaps.resolution };
    known.check_count(number)?;
    let list: Vec<f64> = pairs.iter().map(|&(.., gap)| gap).collect();
    let (delta, widened) = kernel_width(&list, options.delta)?;
    if let Some(note) = known.nothing_to_divide_by(&list, delta) {
        return known.undivided(delta, vec![note]);
    }
    let mut notes = Vec::from_iter(widened);
    let Space { coordinates, last, next } = space(&similarities(&gaps.values, delta), number)?;
    let graph = Graph::of(&known, delta);
    let parts = components(gaps.models.len(), graph.edges.iter().copied());
    let tied = next.filter(|next| next - last <= NEAR.max(graph.blur));
    let cluster = match tied {
        None => clusters(&coordinates, number, &gaps.models, options)?,
        Some(_) => None,
    };
    let Some(cluster) = cluster else {
        notes.extend(tied_notes(&known, &parts, tied.map(|next| (last, next))));
        return known.undivided(delta, notes);
    };
    let mut centroids = Array2::zeros((number, coordinates.ncols()));
    for (basin, mut centroid) in centroids.rows_mut().into_iter().enumerate() {
        let rows: Vec<usize> = (0..cluster.len()).filter(|&row| cluster[row] == basin).collect();
        centroid.assign(&coordinates.select(Axis(0), &rows).sum_axis(Axis(0)));
        centroid /= rows.len() as f64;
    }
    let memberships = memberships(&coordinates, &centroids);
    let mean_gap = |same: bool| {
        let of = known.pairs.iter().filter(|&&(i, j, _)| (cluster[i] == cluster[j]) == same);
        let of: Vec<f64> = of.map(|&(.., gap)| gap).collect();
        // With as many basins as models there is no pair within.
        if of.is_empty() { Ok(f64::NAN) } else { mean(&of) }
    };
    Ok(Basins {
        models: gaps.models.clone(),
        n_basins: number,
        delta,
        resolution: gaps.resolution,
        silhouette: silhouette(&gaps.values, &cluster)?,
        within: mean_gap(true)?,
        across: mean_gap(false)?,
        cluster,
        membership: memberships.column(0).to_vec(),
        memberships,
        embedding: coordinates,
        centroids,
        notes,
    })
}

/// Returns the distance of each point to each centroid less that to the nearest other centroid, \[n, k\].
pub(super) fn memberships(points: &Array2<f64>, centroids: &Array2<f64>) -> Array2<f64> {
    let k = centroids.nrows();
    let distances = Array2::from_shape_fn((points.nrows(), k), |(row, basin)| {
        (&points.row(row) - &centroids.row(basin)).mapv(|x| x * x).sum().sqrt()
    });
    Array2::from_shape_fn(distances.dim(), |(row, basin)| {
        let others = (0..k).filter(|&other| other != basin).map(|other| distances[[row, other]]);
        distances[[row, basin]] - others.fold(f64::INFINITY, f64::min)
    })
}

/// Returns the clusters of embedded models by k-means, larger ones first and of equally large ones that of the
/// model whose name comes first; none if fewer clusters have members.
fn clusters(
    points: &Array2<f64>,
    number: usize,
    models: &[String],
    options: &Valid<ClusterOptions>,
) -> Result<Option<Vec<usize>>> {
    // In the order of names: starts of k-means depend on the order of points.
    let mut order: Vec<usize> = (0..models.len()).collect();
    order.sort_by_key(|&model| natural::key(&models[model]));
    let cluster = searched(points, &order, number, options.n_init, options.seed)?;
    let mut members = vec![Vec::new(); number];
    order.iter().for_each(|&model| members[cluster[model]].push(model));
    if members.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    let place = |model: usize| order.iter().position(|&other| other == model);
    let mut numbers: Vec<usize> = (0..number).collect();
    numbers.sort_by_key(|&of| (std::cmp::Reverse(members[of].len()), place(members[of][0])));
    let mut named = vec![0; models.len()];
    for (to, from) in numbers.into_iter().enumerate() {
        members[from].iter().for_each(|&model| named[model] = to);
    }
    Ok(Some(named))
}

impl Known<'_> {
    /// Checks that there are more models than basins.
    pub(super) fn check_count(&self, number: usize) -> Result<()> {
        let n = self.models.len();
        if number == 2 && n < 3 {
            return Err(LmcError::invalid("models", format!("{n} models"), "at least 3 to divide in two"));
        }
        if number >= n {
            let expected = format!("fewer basins than the {n} models");
            return Err(LmcError::invalid("basins", number, expected));
        }
        Ok(())
    }
}
