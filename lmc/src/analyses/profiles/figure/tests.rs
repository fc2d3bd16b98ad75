use polars::df;

use super::*;
use crate::figures::snapshot::svg;

/// Pairs g1-g2, h1-g1 and h1-h2 on "id" and "lo" at alpha 0, 0.25 and 1.
fn profiles() -> DataFrame {
    let (mut a, mut b, mut set, mut point, mut alpha, mut loss) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for (first, second, bump) in [("g1", "g2", 0.0), ("h1", "g1", 1.0), ("h1", "h2", 0.5)] {
        for name in ["id", "lo"] {
            for (i, t) in [0.0, 0.5, 1.0].into_iter().enumerate() {
                a.push(first);
                b.push(second);
                set.push(name);
                point.push(i as i64);
                alpha.push(t);
                loss.push(
                    0.1 + if i == 1 { bump } else { 0.0 }
                        + if t == 1.0 && first == "h1" { 0.05 } else { 0.0 },
                );
            }
        }
    }
    let n = a.len();
    df!("a" => a, "b" => b, "dataset" => set, "point" => point, "alpha" => alpha, "loss" => loss,
        "accuracy" => vec![0.75; n], "n_examples" => vec![512_i64; n])
    .unwrap()
}

fn groups() -> DataFrame {
    df!("model" => ["g1", "g2", "h1", "h2"], "group" => ["gen", "gen", "heur", "heur"]).unwrap()
}

#[test]
fn pairs_are_averaged_by_type_and_counted_in_the_legend() {
    let json = curves(&profiles(), Some(&groups()), &[]).unwrap().to_json();
    for name in ["gen–gen (1 pair)", "gen–heur (1 pair)", "heur–heur (1 pair)"] {
        assert!(json.contains(name), "{name} in {json}");
    }
    assert!(json.contains("evaluated on id") && json.contains("evaluated on lo"));
    assert!(json.contains("[0.1,1.1,0.15]") || json.contains("[0.15,1.1,0.1]"));
}

#[test]
fn a_mixed_pair_is_turned_so_that_the_first_kind_lies_at_one() {
    let kinds = kinds(&groups()).unwrap();
    let types = pair_types(&profiles(), Some(&kinds), &["id".to_owned()]).unwrap();
    let mixed = types.iter().find(|kind| kind.name == "gen–heur").unwrap();
    let curve = &mixed.curves["id"][0];
    assert_eq!(curve.alpha, [0.0, 0.5, 1.0]);
    assert!((curve.loss[0] - 0.15).abs() < 1e-12, "h1 was at alpha = 1 and is at 0 now");
    assert!((curve.loss[2] - 0.1).abs() < 1e-12);
}

#[test]
fn the_mean_is_over_all_pairs_and_needs_one_grid() {
    let one = Curve { alpha: vec![0.0, 1.0], loss: vec![1.0, 2.0], accuracy: vec![0.0, 0.0] };
    let mut other = Curve { loss: vec![3.0, 5.0], ..one.clone() };
    assert_eq!(mean(&[one.clone(), other.clone()], Metric::Loss).unwrap(), [2.0, 3.5]);
    other.alpha[1] = 0.9;
    assert!(matches!(
        mean(&[one, other], Metric::Loss),
        Err(LmcError::InvalidParameter { field: "profiles.alpha", .. })
    ));
}

#[test]
fn without_groups_all_pairs_are_one_type() {
    let json = curves(&profiles(), None, &["lo"]).unwrap().to_json();
    assert!(json.contains("all pairs (3 pairs)") && !json.contains("evaluated on id"));
}

#[test]
fn wrong_sets_groups_and_tables_are_refused() {
    let error = curves(&profiles(), None, &["sub"]).unwrap_err().to_string();
    assert_eq!(error, "unknown dataset in the profiles `sub`; known: id, lo");
    let strangers = df!("model" => ["x"], "group" => ["gen"]).unwrap();
    assert!(matches!(
        curves(&profiles(), Some(&strangers), &[]),
        Err(LmcError::InvalidParameter { field: "profiles", .. })
    ));
    assert!(matches!(curves(&groups(), None, &[]), Err(LmcError::Column { table: "profiles", .. })));
    assert!(matches!(
        curves(&profiles(), Some(&profiles()), &[]),
        Err(LmcError::Column { table: "groups", .. })
    ));
    assert!(matches!(
        curves(&profiles(), None, &["id"; 5]),
        Err(LmcError::InvalidParameter { field: "datasets", .. })
    ));
    assert!(matches!(curves(&PROFILES.empty(), None, &[]), Err(LmcError::InvalidParameter { .. })));
}

#[test]
fn its_picture_stays() {
    insta::assert_snapshot!("curves", svg(&curves(&profiles(), Some(&groups()), &[]).unwrap()));
}
