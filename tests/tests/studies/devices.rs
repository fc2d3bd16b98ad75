//! Every analysis on other devices: two CPUs give the bits of one, and a CUDA device nearly the same numbers.

use std::path::Path;

use lmc::analyses::connections::CurveRecipe;
use lmc::analyses::convexity::ConvexityOptions;
use lmc::analyses::sharpness::{SharpnessColumns, SharpnessRecipe};
use lmc::analyses::soups::SoupOptions;
use lmc::basin::{ClusterOptions, Delta};
use lmc::compute::{Attention, Compute, Precision};
use lmc::path::{CurveKind, PlaneOptions};
use lmc::study::Models;
use lmc::sweep::Grid;
use lmc::table::{Metric, Table};
use lmc::tch::{Cuda, Device};
use lmc_tests::skip::skipped;
use lmc_tests::small;

/// Numbers under the name of what computed them.
type Results = Vec<(&'static str, Vec<f64>)>;

/// Returns numbers from every analysis that computes with models, of copies that were finetuned on the CPU.
fn results(store: &Path, compute: &Compute) -> Results {
    let models: Models = small::models(store, 4).on(compute.clone()).unwrap();
    let grid = Grid::new(3).unwrap();
    let evaluations = models.evaluate("lo").unwrap();
    let logits = models.logits("lo").unwrap();
    let sweep = models.sweep("id", grid).unwrap();
    let options = ClusterOptions { delta: Delta::Fixed(1.0), ..ClusterOptions::default() };
    let basins = sweep.basins(&options).unwrap();
    let losses = |sweep: &lmc::study::Sweep| {
        sweep.profiles.iter().flat_map(|profile| profile.losses()).collect::<Vec<f64>>()
    };
    let aligned = models.sweep_aligned(&sweep).unwrap();
    let plane =
        models.plane("id", [0, 1, 2], &PlaneOptions { spacing: 0.5, ..PlaneOptions::default() }).unwrap();
    let recipe = CurveRecipe { sub_epoch: 2, n_sub_epochs: 2, ..CurveRecipe::mini() };
    let curve = models.connect(0, 1, &recipe.with_kind(CurveKind::Bezier)).unwrap();
    let sharpness = SharpnessRecipe { n_updates: 3, n_examples: 64, ..SharpnessRecipe::mini() };
    let sharpness = models.sharpness(&sharpness).unwrap();
    let soups = SoupOptions { n_subsets: 2, n_resamples: 10, ..SoupOptions::new(Metric::Accuracy) };
    let soups = models.soups("id", "lo", &basins, &soups).unwrap();
    let convexity =
        ConvexityOptions { sizes: vec![3], n_points: 4, n_resamples: 10, ..ConvexityOptions::default() };
    let convexity = models.convexity("id", &basins, &convexity).unwrap();
    let column = |table: &lmc::polars::prelude::DataFrame, name: &str| {
        table.column(name).unwrap().f64().unwrap().into_no_null_iter().collect::<Vec<f64>>()
    };
    vec![
        ("evaluations", evaluations.iter().map(|found| found.outcome.mean_loss()).collect()),
        ("logits", logits.iter().flat_map(|logits| logits.row(7)).map(|&logit| f64::from(logit)).collect()),
        ("lines", losses(&sweep)),
        ("aligned lines", losses(&aligned.after)),
        ("a plane", column(&plane.table().unwrap(), "loss")),
        ("a curve", curve.along("id", 3).unwrap().losses()),
        ("sharpness", SharpnessColumns::max_loss(&sharpness).unwrap()),
        ("soups", column(&soups.table().unwrap(), "loss")),
        ("convexity", column(&convexity.points().unwrap(), "loss")),
    ]
}

/// Checks that numbers are near each other.
fn near(got: &Results, expected: &Results, tolerance: f64) {
    for ((name, got), (_, expected)) in got.iter().zip(expected) {
        assert_eq!(got.len(), expected.len(), "{name}");
        for (a, b) in got.iter().zip(expected) {
            assert!((a - b).abs() < tolerance, "{name}: {a}, on the CPU {b}");
        }
    }
}

#[test]
fn two_cards_give_the_bits_of_one() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let both = Compute { devices: vec![Device::Cpu; 2], ..Compute::cpu() };
    assert_eq!(results(two.path(), &both), results(one.path(), &Compute::cpu()));
}

/// Ends and inside of a line are in one precision: with the same model at both ends every point is the model.
#[test]
fn ends_and_inside_of_a_line_are_in_one_precision() {
    for precision in [Precision::Float16, Precision::BFloat16] {
        let folder = tempfile::tempdir().unwrap();
        let exact = small::models(folder.path(), 2);
        let compute = Compute { tolerance: 0.05, ..Compute::cpu().with_precision(precision) };
        let rounded = exact.on(compute).unwrap();
        let sweep = rounded.sweep("id", Grid::new(3).unwrap()).unwrap();
        let own: Vec<f64> = rounded.evaluate("id").unwrap().iter().map(|e| e.outcome.mean_loss()).collect();
        let in_float32: Vec<f64> =
            exact.evaluate("id").unwrap().iter().map(|e| e.outcome.mean_loss()).collect();
        let losses = sweep.profiles[0].losses();
        assert_eq!([losses[2], losses[0]], [own[0], own[1]], "{precision}");
        assert_ne!(own, in_float32, "{precision}: the ends were evaluated in float32");
        assert!(own.iter().zip(&in_float32).all(|(a, b)| (a - b).abs() < 0.05), "{precision}");
    }
}

#[test]
fn every_analysis_computes_on_cuda_as_on_the_cpu() {
    if Cuda::device_count() == 0 {
        skipped("every analysis on CUDA: libtorch sees no CUDA device");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let expected = results(folder.path(), &Compute::cpu());
    for (attention, precision, tolerance) in [
        (Attention::Equal, Precision::Float32, 2e-3),
        (Attention::Auto, Precision::Float32, 2e-3),
        (Attention::Auto, Precision::Float16, 2e-2),
        (Attention::Auto, Precision::BFloat16, 1e-1),
    ] {
        let on_cuda = Compute { devices: vec![Device::Cuda(0)], attention, tolerance, ..Compute::cpu() };
        let own = tempfile::tempdir().unwrap();
        near(&results(own.path(), &on_cuda.with_precision(precision)), &expected, tolerance);
    }
}
