use std::fmt;

use super::{Basins, Note};
use lmc_base::error::{LmcError, Result};

/// The relation of the basins of models at stages of finetuning to those at its end. Vectors are in the order
/// of `models`.
#[derive(Clone, PartialEq)]
pub struct Drift {
    /// Names of the models, in the order of the final basins.
    pub models: Vec<String>,
    /// The number of basins at the end.
    pub n_basins: usize,
    /// The cluster of each model at the end, from `n_basins` on for a model in no basin.
    pub final_cluster: Vec<usize>,
    /// One entry for each stage, in the order given.
    pub stages: Vec<DriftStage>,
}

impl fmt::Debug for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Drift({} models", self.models.len())?;
        for stage in &self.stages {
            if stage.notes.iter().any(Note::is_undivided) {
                write!(f, ", {}: not divided", stage.name)?;
            } else {
                write!(f, ", {}: {:.2} in their final cluster", stage.name, stage.agreement)?;
            }
        }
        f.write_str(")")
    }
}

/// The basins of one stage in the terms of the final ones.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftStage {
    /// The name of the stage.
    pub name: String,
    /// The cluster of each model at this stage, by the name of the final one that has most models in common
    /// with it. Basins without such a partner and models in no basin have numbers from the final number of
    /// basins on.
    pub cluster: Vec<usize>,
    /// The membership score of each model at this stage, in the cluster with the name 0.
    pub membership: Vec<f64>,
    /// The share of models that are in their final cluster, from 0.5 to 1 for two clusters. It says nothing
    /// about a stage that is not divided: all its models count as members of the larger final cluster.
    pub agreement: f64,
    /// Notes on what the basins of the stage leave open.
    pub notes: Vec<Note>,
}

/// Returns the clusters and membership scores of each stage under the names that the clusters have at the
/// end.
///
/// Clusters of a stage are matched to the final ones by best agreement. If exactly half of the models agree
/// either way, they are matched so that scores correlate positively with the final ones. Each stage has its
/// own embedding: signs and ranks of scores compare across stages, sizes only roughly. Models of a stage that
/// are not divided have the score 0.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no stages or models that are not divided at the end,
/// [`LmcError::ShapeMismatch`] if a stage has another number of models than the end,
/// [`LmcError::UnknownName`] if it lacks one of them.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{ClusterOptions, cluster, drift};
/// use lmc::gap::{GapMatrix, Measure};
/// let gaps = ndarray::array![[0.0, 0.1, 2.0], [0.1, 0.0, 2.2], [2.0, 2.2, 0.0]];
/// let models = ["a", "b", "c"].map(String::from).to_vec();
/// let gaps = GapMatrix::new(models, Measure::ConvexityGap, gaps)?;
/// let last = cluster(&gaps, &ClusterOptions::default())?;
/// let moved = drift(&[("300it".to_owned(), last.clone())], &last)?;
/// assert_eq!(moved.stages[0].agreement, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Juneja et al. 2023, section 4.2 and Fig. 7.
pub fn drift(stages: &[(String, Basins)], last: &Basins) -> Result<Drift> {
    if stages.is_empty() {
        return Err(LmcError::invalid("stages", "none", "at least 1"));
    }
    last.check_divided()?;
    let stages = stages.iter().map(|(name, basins)| stage(name, basins, last)).collect::<Result<_>>()?;
    let (models, final_cluster) = (last.models.clone(), last.cluster.clone());
    Ok(Drift { models, n_basins: last.n_basins, final_cluster, stages })
}

fn stage(name: &str, basins: &Basins, last: &Basins) -> Result<DriftStage> {
    let n = last.models.len();
    if basins.models.len() != n {
        return Err(LmcError::ShapeMismatch {
            what: format!("models of stage `{name}`"),
            got: vec![basins.models.len()],
            expected: vec![n],
        });
    }
    let row = |model: &String| {
        basins.models.iter().position(|other| other == model).ok_or_else(|| LmcError::UnknownName {
            kind: "model",
            name: model.clone(),
            known: basins.models.clone(),
        })
    };
    let rows = last.models.iter().map(row).collect::<Result<Vec<usize>>>()?;
    let Matched { cluster, membership, agreeing } = matched(basins, &rows, last);
    let (name, agreement, notes) = (name.to_owned(), agreeing as f64 / n as f64, basins.notes.clone());
    Ok(DriftStage { name, cluster, membership, agreement, notes })
}

/// The basins of one division under the names of another.
#[doc(hidden)]
pub struct Matched {
    /// The cluster of each model: a number of the other division, or a higher one for a basin that has no
    /// partner there and for a model in no basin.
    pub cluster: Vec<usize>,
    /// The membership score of each model in cluster 0 of the other division; 0 if that has no partner.
    pub membership: Vec<f64>,
    /// The number of models on which the two agree, those in no basin of either among them.
    pub agreeing: usize,
}

/// Returns basins under the names that they have in `reference`. `rows`: the row in `basins` of each model of
/// `reference`.
///
/// Two basins that hold all models, in both, take the names by which at least half of the models agree; if
/// exactly half do, those with which the scores are alike. Otherwise the two basins with most models in common
/// have one name, then the next two, and so on.
#[doc(hidden)]
pub fn matched(basins: &Basins, rows: &[usize], reference: &Basins) -> Matched {
    let cluster: Vec<usize> = rows.iter().map(|&row| basins.cluster[row]).collect();
    let membership: Vec<f64> = rows.iter().map(|&row| basins.membership[row]).collect();
    match basins.all_in_two() && reference.all_in_two() {
        true => matched_two(cluster, membership, reference),
        false => matched_several(cluster, basins, rows, reference),
    }
}

fn matched_two(mut cluster: Vec<usize>, mut membership: Vec<f64>, reference: &Basins) -> Matched {
    let n = cluster.len();
    let mut agreeing = cluster.iter().zip(&reference.cluster).filter(|(a, b)| a == b).count();
    let opposed = membership.iter().zip(&reference.membership).map(|(a, b)| a * b).sum::<f64>() < 0.0;
    if 2 * agreeing < n || (2 * agreeing == n && opposed) {
        cluster.iter_mut().for_each(|cluster| *cluster = 1 - *cluster);
        membership.iter_mut().for_each(|score| *score = -*score);
        agreeing = n - agreeing;
    }
    Matched { cluster, membership, agreeing }
}

fn matched_several(cluster: Vec<usize>, basins: &Basins, rows: &[usize], reference: &Basins) -> Matched {
    let (own, other) = (basins.n_basins, reference.n_basins);
    let in_common = |a: usize, b: usize| {
        cluster.iter().zip(&reference.cluster).filter(|&(&x, &y)| x == a && y == b).count()
    };
    let mut pairs: Vec<(usize, usize, usize)> = (0..own)
        .flat_map(|a| (0..other).map(move |b| (a, b)))
        .map(|(a, b)| (in_common(a, b), a, b))
        .collect();
    // Most in common first; of equal ones the larger basins.
    pairs.sort_by_key(|&(common, a, b)| (std::cmp::Reverse(common), b, a));
    let mut name: Vec<Option<usize>> = vec![None; own];
    for (common, a, b) in pairs {
        if common > 0 && name[a].is_none() && !name.contains(&Some(b)) {
            name[a] = Some(b);
        }
    }
    let first = name.iter().position(|name| *name == Some(0));
    let membership =
        rows.iter().map(|&row| first.map_or(0.0, |column| basins.memberships[[row, column]])).collect();
    let named: Vec<usize> =
        cluster.iter().map(|&of| name.get(of).copied().flatten().unwrap_or(other + of)).collect();
    // A model in no basin has a number of at least `own`, and agrees with one in no basin.
    let agrees = |(place, &now): (usize, &usize)| match reference.basin_of(place) {
        Some(basin) => now == basin,
        None => cluster[place] >= own,
    };
    let agreeing = named.iter().enumerate().filter(|&at| agrees(at)).count();
    Matched { cluster: named, membership, agreeing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn basins(models: &[&str], membership: &[f64]) -> Basins {
        let n_basins = if membership.iter().any(|&score| score > 0.0) { 2 } else { 1 };
        Basins {
            models: models.iter().map(|&name| name.to_owned()).collect(),
            n_basins,
            memberships: Array2::from_shape_fn((models.len(), n_basins), |(model, basin)| match basin {
                0 => membership[model],
                _ => -membership[model],
            }),
            cluster: membership.iter().map(|&score| usize::from(score > 0.0)).collect(),
            membership: membership.to_vec(),
            embedding: Array2::zeros((models.len(), 2)),
            centroids: Array2::zeros((2, 2)),
            delta: 1.0,
            resolution: 0.0,
            silhouette: 0.0,
            within: 0.0,
            across: 0.0,
            notes: Vec::new(),
        }
    }

    const MODELS: [&str; 4] = ["a", "b", "c", "d"];

    #[test]
    fn hand_computed() {
        let last = basins(&MODELS, &[-2.0, -1.0, -1.0, 3.0]);
        // The names of the clusters are exchanged, the models are in another order, and c is not yet in its
        // place.
        let early = basins(&["d", "c", "b", "a"], &[-3.0, -0.5, 1.0, 2.0]);
        let drift = drift(&[("1ep".to_owned(), early), ("3ep".to_owned(), last.clone())], &last).unwrap();
        assert_eq!(drift.models, MODELS);
        assert_eq!(drift.final_cluster, [0, 0, 0, 1]);
        let [first, second] = &drift.stages[..] else { panic!("two stages") };
        assert_eq!(first.name, "1ep");
        assert_eq!(first.cluster, [0, 0, 1, 1]);
        assert_eq!(first.membership, [-2.0, -1.0, 0.5, 3.0]);
        assert_eq!(first.agreement, 0.75);
        assert_eq!((&second.cluster, second.agreement), (&last.cluster, 1.0));
        assert_eq!(second.membership, last.membership);
    }

    #[test]
    fn half_agreement_is_decided_by_scores() {
        let last = basins(&MODELS, &[-2.0, -1.0, 1.0, 2.0]);
        let at = |membership| drift(&[("1ep".to_owned(), basins(&MODELS, membership))], &last).unwrap();
        let kept = at(&[-2.0, 1.0, -1.0, 2.0]);
        assert_eq!(kept.stages[0].cluster, [0, 1, 0, 1]);
        let exchanged = at(&[2.0, -1.0, 1.0, -2.0]);
        assert_eq!(exchanged.stages[0], kept.stages[0]);
        assert_eq!(kept.stages[0].agreement, 0.5);
    }

    #[test]
    fn a_stage_that_is_not_divided_says_so() {
        let last = basins(&MODELS, &[-2.0, -1.0, -1.0, 2.0]);
        let note = Note::EqualGaps { smallest: 0.0, largest: 0.0, resolution: 0.0 };
        let early = Basins { notes: vec![note], ..basins(&MODELS, &[0.0; 4]) };
        let moved = drift(&[("1ep".to_owned(), early.clone())], &last).unwrap();
        assert_eq!((&moved.stages[0].membership, &moved.stages[0].notes), (&vec![0.0; 4], &early.notes));
        assert_eq!(format!("{moved:?}"), "Drift(4 models, 1ep: not divided)");
        let error = drift(&[("1ep".to_owned(), last)], &early).unwrap_err().to_string();
        assert!(error.starts_with("`basins`: got no clusters: all gaps are 0, expected"), "{error}");
    }

    #[test]
    fn three_basins_and_a_model_in_none_are_matched_by_what_they_share() {
        let of = |cluster: [usize; 7]| Basins {
            n_basins: 3,
            memberships: Array2::from_shape_fn((7, 3), |(model, basin)| (10 * basin + model) as f64),
            cluster: cluster.to_vec(),
            ..basins(&["a", "b", "c", "d", "e", "f", "g"], &[0.0; 7])
        };
        let last = of([0, 0, 0, 1, 1, 2, 3]);
        let rows: Vec<usize> = (0..7).collect();
        // The basins have other numbers, c is in another one and f in none.
        let found = matched(&of([2, 2, 1, 1, 1, 4, 3]), &rows, &last);
        assert_eq!((found.cluster, found.agreeing), (vec![0, 0, 1, 1, 1, 7, 6], 5));
        assert_eq!(found.membership, [20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0]);
        // No model of the first basin is in a basin.
        let found = matched(&of([3, 4, 5, 0, 0, 0, 6]), &rows, &last);
        assert_eq!((found.cluster, found.membership), (vec![6, 7, 8, 1, 1, 1, 9], vec![0.0; 7]));
        assert_eq!(found.agreeing, 3);
        // One basin and a model in none are not two basins.
        let one = Basins { n_basins: 1, ..of([0, 0, 0, 0, 0, 0, 1]) };
        let found = matched(&one, &rows, &last);
        assert_eq!((found.cluster, found.agreeing), (vec![0, 0, 0, 0, 0, 0, 4], 4));
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let last = basins(&MODELS, &[-2.0, -1.0, 1.0, 2.0]);
        assert!(matches!(drift(&[], &last), Err(LmcError::InvalidParameter { field: "stages", .. })));
        let fewer = [("1ep".to_owned(), basins(&["a", "b"], &[1.0, -1.0]))];
        assert!(matches!(drift(&fewer, &last), Err(LmcError::ShapeMismatch { .. })));
        let other = [("1ep".to_owned(), basins(&["a", "b", "c", "e"], &[1.0, -1.0, 1.0, 1.0]))];
        assert!(
            matches!(drift(&other, &last), Err(LmcError::UnknownName { kind: "model", name, .. }) if name == "d")
        );
    }
}
