//! Averages of copies in some layers alone.

use lmc::LmcError;
use lmc::analyses::layers::{LayerAverage, LayerOptions, Layers, Moving};
use lmc::basin::{Basins, ClusterOptions};
use lmc::figure::layer_dots;
use lmc::study::Models;
use lmc::sweep::Grid;
use lmc::table::{LAYER_KINDS, LAYERS, Table};
use lmc::weights::Weights;
use lmc_tests::files::count;
use lmc_tests::small;

const PARTS: [&str; 5] = ["embeddings", "layer 0", "layer 1", "pooler", "head"];

fn layers(models: &Models, moving: Moving) -> Layers {
    models.layers("id", &LayerOptions { moving, n_resamples: 50, ..LayerOptions::default() }).unwrap()
}

fn of_part<'a>(layers: &'a Layers, name: &str) -> Vec<&'a LayerAverage> {
    layers.averages.iter().filter(|average| layers.parts[average.part].name == name).collect()
}

#[test]
fn averages_of_all_parts_are_the_middles_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let (up, from) = (layers(&models, Moving::UpTo), layers(&models, Moving::From));
    // Three pairs both ways round.
    assert_eq!(up.averages.len(), 3 * 2 * PARTS.len());
    assert_eq!(up.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), PARTS);
    for (whole, which) in [(of_part(&up, "head"), "up to"), (of_part(&from, "embeddings"), "from")] {
        assert_eq!(whole.len(), 6);
        for average in whole {
            let [a, b] = average.models.map(|model| models.names()[model].clone());
            let line =
                sweep.profiles.iter().find(|line| [&a, &b].contains(&&line.a) && [&a, &b].contains(&&line.b));
            let line = line.unwrap();
            let losses = line.losses();
            let [at_b, at_a] = if line.a == a { [losses[0], losses[2]] } else { [losses[2], losses[0]] };
            let close = |got: f64, expected: f64, what: &str| {
                assert!((got - expected).abs() < 1e-5, "{which} {a} {b} {what}: {got}, expected {expected}");
            };
            close(average.loss, at_a, "loss");
            close(average.loss_swapped, at_b, "loss swapped");
            close(average.loss_average, losses[1], "loss of the average");
            close(average.mean_excess(), losses[1] - f64::midpoint(at_a, at_b), "excess");
            close(average.distance, line.distance, "distance");
        }
    }
    // A second call finds everything, and the lowest part alone is the same as up to it.
    let n = count(folder.path(), "evaluations", ".parquet");
    assert_eq!(layers(&models, Moving::UpTo).table().unwrap(), up.table().unwrap());
    assert_eq!(count(folder.path(), "evaluations", ".parquet"), n);
    let alone = layers(&models, Moving::Alone);
    let losses = |layers: &Layers| {
        of_part(layers, "embeddings").iter().map(|average| average.loss_average).collect::<Vec<_>>()
    };
    assert_eq!(losses(&alone), losses(&up));
    assert!(losses(&alone) != losses(&from));
}

#[test]
fn a_part_is_the_tensors_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 2);
    let [a, b] = [0, 1].map(|model| models.weights_of(&models.models()[model]).unwrap());
    for (part, prefix) in models.study().task().classifier.parts().iter().zip([
        "bert.embeddings.",
        "bert.encoder.layer.0.",
        "bert.encoder.layer.1.",
        "bert.pooler.",
        "classifier.",
    ]) {
        let mixed = Weights::lerp_in(&a, &b, 0.0, &part.spans).unwrap();
        let mut n_moved = 0;
        for (((name, got), (_, own)), (_, other)) in mixed.named().into_iter().zip(a.named()).zip(b.named()) {
            let expected = if name.starts_with(prefix) { other } else { own };
            n_moved += i64::from(name.starts_with(prefix)) * got.numel() as i64;
            assert_eq!(got, expected, "{}: {name}", part.name);
        }
        assert_eq!(n_moved, part.n_parameters(), "{}", part.name);
    }
}

#[test]
fn kinds_are_means_of_pairs_within_and_across() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 4);
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let basins = Basins { cluster: vec![0, 0, 1, 1], ..sweep.basins(&ClusterOptions::default()).unwrap() };
    let layers = layers(&models, Moving::Alone);
    let (all, kinds) = (layers.table().unwrap(), layers.kinds(&basins).unwrap());
    LAYERS.check(&all).unwrap();
    LAYER_KINDS.check(&kinds).unwrap();
    assert_eq!((all.height(), kinds.height()), (6 * 2 * PARTS.len(), 2 * PARTS.len()));
    let column =
        |name: &str| kinds.column(name).unwrap().f64().unwrap().into_no_null_iter().collect::<Vec<f64>>();
    let within = |average: &&&LayerAverage| [[0, 1], [1, 0], [2, 3], [3, 2]].contains(&average.models);
    for (row, name) in PARTS.iter().enumerate() {
        let averages = of_part(&layers, name);
        let own: Vec<f64> = averages.iter().filter(within).map(|average| average.mean_excess()).collect();
        assert_eq!(own.len(), 4);
        let mean = own.iter().sum::<f64>() / 4.0;
        assert!((column("excess")[2 * row] - mean).abs() < 1e-12, "{name}");
    }
    for ((low, mean), high) in column("excess_low").iter().zip(column("excess")).zip(column("excess_high")) {
        assert!(*low <= mean && mean <= high);
    }
    // Pairs with a copy in no basin are of a kind of their own.
    let alone = Basins { cluster: vec![0, 0, 1, 2], ..basins.clone() };
    let counts = layers.kinds(&alone).unwrap();
    let counts: Vec<i64> = counts.column("n_averages").unwrap().i64().unwrap().into_no_null_iter().collect();
    assert_eq!(counts[..3], [2, 4, 6]);
    let figure = layer_dots(&layers.kinds(&alone).unwrap(), "id").unwrap();
    assert!(figure.to_svg().unwrap().contains("with a model in none"));
}

#[test]
fn pairs_that_do_not_exist_and_other_basins_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let refused = |pairs: &[[usize; 2]]| {
        let options = LayerOptions { pairs: pairs.to_vec(), ..LayerOptions::default() };
        models.layers("id", &options).unwrap_err().to_string()
    };
    assert_eq!(refused(&[[0, 3]]), "`layers.pairs`: got [0, 3], expected numbers below 3");
    assert_eq!(refused(&[[1, 1]]), "`layers.pairs`: got [1, 1], expected two different models");
    assert_eq!(refused(&[[0, 1], [1, 0]]), "`layers.pairs`: got [1, 0] twice, expected each pair once");
    assert!(matches!(models.layers("nowhere", &LayerOptions::default()), Err(LmcError::UnknownName { .. })));
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let basins = sweep.basins(&ClusterOptions::default()).unwrap();
    let options = LayerOptions { pairs: vec![[0, 2]], ..LayerOptions::default() };
    let layers = models.layers("id", &options).unwrap();
    assert_eq!(layers.averages.len(), 2 * PARTS.len());
    let others = Basins { models: vec!["a".into(), "b".into(), "c".into()], ..basins };
    assert!(layers.kinds(&others).unwrap_err().to_string().contains("expected those of these models"));
}
