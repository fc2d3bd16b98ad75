//! Gaps that are hard to cluster, gaps that say nothing, and scores that say nothing.

use std::fmt::Write;

use lmc::polars::prelude::DataFrame;
use lmc::table::{BASINS, CLUSTER_STATISTICS, CLUSTER_TESTS, Schema, read_parquet};

use crate::case::{Case, Place, Ran};

/// Writes `LOG.log` with a line of three losses for every pair of `names`, in `decimals`; `middle` gives the
/// loss in the middle.
fn log(place: &Place, name: &str, names: &[&str], decimals: usize, middle: impl Fn(usize, usize) -> f64) {
    let mut text = String::new();
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate().skip(i + 1) {
            let top = middle(i, j);
            writeln!(text, "Euclidean distance between {a} and {b}: 1.5.").unwrap();
            writeln!(text, "Interpolating between {a} and {b} on mnli").unwrap();
            for (point, loss) in [END, END + top, END].into_iter().enumerate() {
                writeln!(text, "point_num    loss    accuracy\n-----------  ------  ----------").unwrap();
                writeln!(text, "{point}            {loss:.decimals$}     0.5").unwrap();
            }
        }
    }
    place.write(format!("{name}.log"), text);
}

/// The loss of every model.
const END: f64 = 0.5;

/// Writes `scores.json`: the accuracy of each model.
fn scores(place: &Place, scores: &[(&str, f64)]) {
    let rows: Vec<String> =
        scores.iter().map(|(name, score)| format!("\"{name}\": {{\"accuracy\": {score}}}")).collect();
    place.write("scores.json", format!("{{{}}}", rows.join(", ")));
}

/// Returns accuracies that rise from model to model.
fn rising<'a>(names: &[&'a str]) -> Vec<(&'a str, f64)> {
    names.iter().zip(1..).map(|(name, i)| (*name, 0.01 * f64::from(i))).collect()
}

fn replayed(place: &Place, name: &str, more: &str) -> Ran {
    place.lmc(&format!("replay {name}.log --scores scores.json --out {name} {more}"))
}

fn table(place: &Place, folder: &str, schema: &Schema) -> DataFrame {
    read_parquet(&place.path(folder).join(format!("{}.parquet", schema.name)), schema).unwrap()
}

/// Returns the cluster and the membership score of each model, by name.
fn basins(place: &Place, folder: &str) -> Vec<(String, i64, f64)> {
    let table = table(place, folder, &BASINS);
    let column = |name: &str| table.column(name).unwrap().clone();
    let (models, clusters, scores) = (column("model"), column("cluster"), column("membership"));
    let rows =
        models.str().unwrap().iter().zip(clusters.i64().unwrap().iter()).zip(scores.f64().unwrap().iter());
    let mut rows: Vec<_> = rows
        .map(|((model, cluster), score)| (model.unwrap().to_owned(), cluster.unwrap(), score.unwrap()))
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// Asserts that a folder has all models in cluster 1 and nothing about a second one, and that the output has
/// no NaN.
#[track_caller]
fn in_one_cluster(place: &Place, folder: &str, printed: &str) {
    assert!(
        basins(place, folder).iter().all(|(_, cluster, score)| (*cluster, *score) == (1, 0.0)),
        "{printed}"
    );
    let (statistics, tests) =
        (table(place, folder, &CLUSTER_STATISTICS), table(place, folder, &CLUSTER_TESTS));
    for (table, column) in
        [(&statistics, "mean_2"), (&statistics, "difference"), (&tests, "p_value"), (&tests, "auc")]
    {
        assert_eq!(table.column(column).unwrap().null_count(), 1, "{column}");
    }
    assert!(!printed.contains("NaN") && printed.contains("models in one cluster"), "{printed}");
}

const ABCD: [&str; 4] = ["a", "b", "c", "d"];
const SIX: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const TWELVE: [&str; 12] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11"];

/// The gaps of twelve models, in thousandths, each pair once. A solver that turns the last two rows by an
/// angle of rounding errors goes wrong on them. They are also `turned` in
/// `tests/golden/generate_clusters.py`.
const TURNED: [u16; 66] = [
    454, 384, 46, 176, 896, 902, 757, 512, 656, 620, 744, 528, 133, 319, 838, 695, 658, 600, 955, 895, 705,
    190, 574, 424, 775, 910, 489, 646, 464, 411, 123, 904, 810, 961, 643, 596, 834, 731, 875, 846, 832, 407,
    465, 639, 579, 76, 319, 204, 446, 438, 442, 67, 483, 362, 533, 339, 425, 332, 98, 168, 543, 429, 228,
    502, 117, 343,
];

/// The first and the last membership score that scikit-learn gives to these models.
const TURNED_ENDS: [f64; 2] = [0.182808548631, -0.157249405246];

/// Returns the gap of two of the twelve.
fn turned(i: usize, j: usize) -> f64 {
    let (i, j) = (i.min(j), i.max(j));
    f64::from(TURNED[i * 12 - i * (i + 1) / 2 + j - i - 1]) / 1000.0
}

/// Makes a study of four copies that differ by nothing or next to nothing: one update with that learning
/// rate.
fn copies(place: &Place, rate: &str) {
    place.write(
        "same.toml",
        format!("task = {{ name = \"mini-nli\", n_train = 64 }}\nseeds = [1, 2, 3, 4]\n\n[recipe]\nname = \"mini\"\nhead_by_seed = false\nlearning_rate = {rate}\nlength = \"4it\"\n"),
    );
}

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "eigenvectors",
        what: "a matrix whose last two rows nearly decouple, in two orders of the models",
        test: |place| {
            scores(place, &rising(&TWELVE));
            log(place, "one", &TWELVE, 3, turned);
            let backwards: Vec<&str> = TWELVE.into_iter().rev().collect();
            log(place, "other", &backwards, 3, |i, j| turned(11 - i, 11 - j));
            let printed = replayed(place, "one", "").handled();
            assert!(
                printed.contains("clusters of 7 and 5 models, mean gap ") && !printed.contains("note:"),
                "{printed}"
            );
            replayed(place, "other", "").handled();
            let (one, other) = (basins(place, "one"), basins(place, "other"));
            for ((name, cluster, score), (same, its_cluster, its_score)) in one.iter().zip(&other) {
                assert_eq!((name, cluster), (same, its_cluster));
                assert!((score - its_score).abs() < 1e-12, "{name}: {score} and {its_score}");
                let in_smaller = ["m0", "m1", "m2", "m3", "m4"].contains(&name.as_str());
                assert_eq!(*cluster == 2, in_smaller, "{name}");
            }
            for (name, expected) in ["m0", "m11"].into_iter().zip(TURNED_ENDS) {
                let (.., score) = one.iter().find(|(model, ..)| model == name).unwrap();
                assert!((score - expected).abs() < 1e-8, "{name}: {score}");
            }
        },
    },
    Case {
        row: "no clusters",
        what: "equal gaps, all 0 or not, with every width",
        test: |place| {
            scores(place, &rising(&ABCD));
            log(place, "level", &ABCD, 4, |_, _| 0.0);
            log(place, "hills", &ABCD, 4, |_, _| 0.25);
            for width in ["paper", "auto", "0.5"] {
                let printed = replayed(place, "level", &format!("--delta {width}"))
                    .noted(&["note: no clusters: all gaps are 0\n"]);
                in_one_cluster(place, "level", &printed);
                let printed = replayed(place, "hills", &format!("--delta {width}"))
                    .noted(&["note: no clusters: all gaps are 0.25\n"]);
                in_one_cluster(place, "hills", &printed);
            }
        },
    },
    Case {
        row: "no clusters",
        what: "gaps that differ by the last decimal of the log, and by more than that",
        test: |place| {
            scores(place, &rising(&ABCD));
            let near = |i: usize, j: usize| if (i < 2) == (j < 2) { 0.2 } else { 0.2001 };
            log(place, "four", &ABCD, 4, near);
            let printed = replayed(place, "four", "--delta auto").noted(&[
                "no clusters: the gaps, from 0.2 to 0.2001, differ by no more than rounding, which moves a gap by up to 1.0e-4",
            ]);
            in_one_cluster(place, "four", &printed);
            // The same gaps in six decimals are two groups.
            log(place, "six", &ABCD, 6, near);
            let printed = replayed(place, "six", "--delta auto")
                .noted(&["the width is 0.05, a quarter of the smallest gap"]);
            assert!(printed.contains("clusters of 2 and 2 models, mean gap "), "{printed}");
        },
    },
    Case {
        row: "no clusters",
        what: "three groups that are equally far from each other, whatever the models are called",
        test: |place| {
            scores(place, &rising(&SIX));
            for (name, groups) in
                [("x", [0, 0, 1, 1, 2, 2]), ("y", [0, 1, 2, 0, 1, 2]), ("z", [1, 2, 0, 0, 2, 1])]
            {
                log(place, name, &SIX, 4, |i, j| if groups[i] == groups[j] { 0.0 } else { 89.5 });
                let printed = replayed(place, name, "").noted(&[
                    "3 connected components",
                    "note: no clusters: the gaps do not say how to divide the models in two",
                ]);
                in_one_cluster(place, name, &printed);
                let printed =
                    replayed(place, name, "--delta auto").noted(&["no clusters", "tied eigenvalues"]);
                in_one_cluster(place, name, &printed);
            }
        },
    },
    Case {
        row: "no clusters",
        what: "a model halfway between two others",
        test: |place| {
            let names = ["a", "b", "c"];
            scores(place, &rising(&names));
            log(place, "row", &names, 4, |i, j| 0.5 * (j - i) as f64);
            let printed =
                replayed(place, "row", "").noted(&["no clusters", "another division is exactly as good"]);
            in_one_cluster(place, "row", &printed);
        },
    },
    Case {
        row: "widths",
        what: "widths far below and far above all gaps",
        test: |place| {
            scores(place, &rising(&ABCD));
            log(place, "two", &ABCD, 4, |i, j| if (i < 2) == (j < 2) { 0.1 } else { 1.5 });
            for (width, says) in [
                ("1e-300", "at a width of 1.0e-300 no two models are similar, since the smallest gap is 0.1"),
                ("0.001", "at a width of 0.001 no two models are similar"),
                (
                    "1e300",
                    "at a width of 1.0e300 all models are equally similar, since the largest gap is 1.5",
                ),
                ("1e7", "at a width of 1.0e7 all models are equally similar"),
            ] {
                let printed =
                    replayed(place, "two", &format!("--delta {width}")).noted(&["note: no clusters", says]);
                in_one_cluster(place, "two", &printed);
            }
            let printed = replayed(place, "two", "--delta 0.5").handled();
            assert!(
                printed.contains("clusters of 2 and 2 models, mean gap ") && !printed.contains("note:"),
                "{printed}"
            );
            for width in ["0", "-1", "inf", "NaN"] {
                replayed(place, "two", &format!("--delta={width}"))
                    .misused(&["expected paper, auto or a number above 0"]);
            }
        },
    },
    Case {
        row: "widths",
        what: "auto on gaps that differ by a hundredth",
        test: |place| {
            scores(place, &rising(&SIX));
            let groups = [0, 1, 1, 0, 0, 1];
            log(place, "near", &SIX, 4, |i, j| if groups[i] == groups[j] { 0.995 } else { 1.005 });
            let printed = replayed(place, "near", "--delta auto")
                .noted(&["note: the width is 0.2488, a quarter of the smallest gap"]);
            assert!(printed.contains("clusters of 3 and 3 models, mean gap "), "{printed}");
            for ((_, cluster, score), group) in basins(place, "near").into_iter().zip(groups) {
                assert_eq!(cluster, group + 1);
                assert!(score.abs() < 1e3, "{score}");
            }
        },
    },
    Case {
        row: "components",
        what: "two groups and a model that resembles none",
        test: |place| {
            scores(place, &rising(&SIX));
            let groups = [0, 0, 0, 1, 1, 2];
            log(place, "parts", &SIX, 4, |i, j| if groups[i] == groups[j] { 0.1 } else { 60.0 });
            let printed = replayed(place, "parts", "").noted(&["3 connected components", "a b c | d e | f"]);
            let clusters: Vec<i64> =
                basins(place, "parts").into_iter().map(|(_, cluster, _)| cluster).collect();
            assert_eq!(clusters[..5], [1, 1, 1, 2, 2], "{printed}");
        },
    },
    Case {
        row: "constant scores",
        what: "models that all score the same, and clusters in which all do",
        test: |place| {
            let two = |i: usize, j: usize| if (i < 3) == (j < 3) { 0.1 } else { 1.5 };
            log(place, "two", &SIX, 4, two);
            scores(place, &SIX.map(|name| (name, 0.7)));
            replayed(place, "two", "").noted(&["note: all 6 models have the same accuracy on lo, 0.7000"]);
            // The mean of three times 0.7 is not 0.7.
            scores(place, &[("a", 0.7), ("b", 0.7), ("c", 0.7), ("d", 0.5), ("e", 0.6), ("f", 0.5)]);
            let printed = replayed(place, "two", "").handled();
            assert!(!printed.contains("note:"), "{printed}");
            let statistics = table(place, "two", &CLUSTER_STATISTICS);
            let value = |name: &str| statistics.column(name).unwrap().f64().unwrap().get(0);
            assert_eq!((value("sd_1"), value("difference"), value("margin")), (Some(0.0), None, None));
        },
    },
    Case {
        row: "collapsed copies",
        what: "copies without differences in every verb that clusters",
        test: |place| {
            copies(place, "1e-30");
            let says =
                ["note: no clusters: all gaps are 0\n", "note: all 4 models have the same", " on lo, "];
            for arguments in [
                "basins same.toml --delta 1 --out basins",
                "basins same.toml --confidence --resamples 20 --out confidence",
                "figures same.toml --out figures",
                "soup same.toml --subsets 2 --out soup",
            ] {
                let printed = place.lmc(arguments).noted(&says);
                assert!(!printed.contains("NaN"), "{arguments}: {printed}");
            }
            for file in [
                "basins/membership.png",
                "confidence/gap-intervals.png",
                "figures/heatmap.png",
                "soup/soups.png",
            ] {
                assert!(place.path(file).is_file(), "{file}");
            }
            place
                .lmc("convexity same.toml --sizes 2 --subsets 2 --combinations 2 --triples 2")
                .noted(&says[..1]);
        },
    },
    Case {
        row: "collapsed copies",
        what: "copies whose gaps are the rounding of float32",
        test: |place| {
            copies(place, "1e-5");
            let printed = place
                .lmc("basins same.toml")
                .noted(&["note: no clusters: ", "differ by no more than rounding"]);
            assert!(
                printed.contains("CG across / within                               not defined"),
                "{printed}"
            );
        },
    },
];
