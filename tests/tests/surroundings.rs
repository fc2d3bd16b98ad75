//! Tests measurements around and between the copies of a study beside lines: planes, trained curves,
//! sharpness.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc::path::{CurveKind, PlaneOptions};
use lmc::sharpness::SharpnessRecipe;
use lmc::store::Claim;
use lmc::table::{ANCHORS, CURVES, PLANES, SHARPNESS, Table};
use lmc::train::CurveRecipe;
use lmc::{LmcError, interrupt};
use lmc_tests::files::files;
use lmc_tests::hosts::wait_until;
use lmc_tests::small;

fn curve_recipe(kind: CurveKind) -> CurveRecipe {
    CurveRecipe { batch_size: 32, sub_epoch: 10, n_sub_epochs: 2, ..CurveRecipe::mini().with_kind(kind) }
}

#[test]
fn a_plane_has_its_models_at_their_coordinates() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let options =
        PlaneOptions { spacing: 0.5, range: Some([(0.0, 1.0), (0.0, 1.0)]), ..PlaneOptions::default() };
    let plane = models.plane("id", [2, 0, 1], &options).unwrap();
    let own = models.evaluate("id").unwrap();
    let points: Vec<(f64, f64)> = plane.grid.points().collect();
    for (model, at) in [(2, (0.0, 0.0)), (0, (1.0, 0.0))] {
        let point = points.iter().position(|&point| point == at).unwrap();
        assert_eq!(plane.outcomes[point], own[model].outcome);
    }
    // Half-way between the first two models is the middle of their line.
    let line = models.line(2, 0).unwrap().along("id", 3).unwrap();
    let half = points.iter().position(|&point| point == (0.5, 0.0)).unwrap();
    let (got, expected) = (plane.outcomes[half].mean_loss(), line.losses()[1]);
    assert!((got - expected).abs() < 1e-6, "{got} and {expected}");
    PLANES.check(&plane.table().unwrap()).unwrap();
    ANCHORS.check(&plane.anchors().unwrap()).unwrap();
    assert_eq!(plane.table().unwrap().height(), 9);
    let before = files(folder.path());
    let again = models.plane("id", [2, 0, 1], &options).unwrap();
    assert_eq!(again.outcomes, plane.outcomes);
    assert_eq!(files(folder.path()).len(), before.len(), "found again");
    assert_eq!(plane.models, ["s3", "s1", "s2"]);
    assert_eq!(models.number("s3").unwrap(), 2);
    assert_eq!(models.number("s4").unwrap_err().to_string(), "unknown copy `s4`; known: s1, s2, s3");
    for bad in [[0, 1, 3], [0, 1, 1]] {
        let error = models.plane("id", bad, &options).unwrap_err().to_string();
        assert!(error.starts_with("`models`: got ["), "{error}");
    }
}

#[test]
fn a_curve_keeps_its_ends_is_found_again_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let own = models.evaluate("id").unwrap();
    for kind in [CurveKind::Chain { n_bends: 2 }, CurveKind::Bezier] {
        let recipe = curve_recipe(kind);
        let curve = models.connect(1, 0, &recipe).unwrap();
        assert_eq!(curve.train_losses.len(), 2);
        let controls = curve.controls().unwrap();
        let ends = [models.weights().unwrap().swap_remove(1), models.weights().unwrap().swap_remove(0)];
        assert_eq!(controls[0].theta(), ends[0].theta());
        assert_eq!(controls.last().unwrap().theta(), ends[1].theta());
        let along = curve.along("id", 5).unwrap();
        assert_eq!((&along.outcomes[0], &along.outcomes[4]), (&own[0].outcome, &own[1].outcome));
        CURVES.check(&along.table().unwrap()).unwrap();
        let again = models.connect(1, 0, &recipe).unwrap();
        assert_eq!((&again.train_losses, again.seconds), (&curve.train_losses, curve.seconds));
        assert_eq!(again.controls().unwrap()[1].theta(), controls[1].theta());
        // Computed anew in another store, it has the same bits.
        let other = tempfile::tempdir().unwrap();
        let elsewhere = small::models(other.path(), 3).connect(1, 0, &recipe).unwrap();
        assert_eq!(elsewhere.controls().unwrap()[1].theta(), controls[1].theta());
    }
    let kept = files(&folder.path().join("curves"));
    let (name, bytes) = kept.iter().next().unwrap();
    std::fs::write(folder.path().join("curves").join(name), &bytes[..bytes.len() - 1]).unwrap();
    let damaged = [CurveKind::Bezier, CurveKind::Chain { n_bends: 2 }]
        .map(|kind| models.connect(1, 0, &curve_recipe(kind)).err())
        .into_iter()
        .flatten()
        .next()
        .unwrap();
    assert!(matches!(&damaged, LmcError::Format { .. }), "{damaged}");
    assert!(damaged.to_string().contains("only this curve is trained"), "{damaged}");
    assert!(models.connect(0, 0, &curve_recipe(CurveKind::Bezier)).is_err());
    assert!(models.line(0, 1).unwrap().along("id", 1).is_err());
}

#[test]
fn sharpness_is_measured_once() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let recipe = SharpnessRecipe { n_updates: 3, n_examples: 64, ..SharpnessRecipe::mini() };
    let table = models.sharpness(&recipe).unwrap();
    SHARPNESS.check(&table).unwrap();
    let values: Vec<f64> = table.column("sharpness").unwrap().f64().unwrap().into_no_null_iter().collect();
    assert!(values.len() == 3 && values.iter().all(|&value| value > 0.0), "{values:?}");
    let kept = files(&folder.path().join("sharpness"));
    assert_eq!(kept.len(), 3);
    assert_eq!(models.sharpness(&recipe).unwrap(), table);
    assert_eq!(files(&folder.path().join("sharpness")), kept, "found again");
    let other = models.sharpness(&SharpnessRecipe { n_directions: Some(2), ..recipe }).unwrap();
    let less: Vec<f64> = other.column("sharpness").unwrap().f64().unwrap().into_no_null_iter().collect();
    assert!(less.iter().zip(&values).all(|(two, all)| two < all), "{less:?} {values:?}");
}

/// Returns whether the file of a curve says that its training is finished.
fn is_finished(file: &[u8]) -> bool {
    let said = br#""is_finished":true"#;
    file.windows(said.len()).any(|words| words == said)
}

/// Several curves are trained, and copies measured, beside the work of another process, which is here only a
/// claim.
#[test]
fn curves_and_sharpness_are_shared_with_other_processes() {
    let (alone, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (pairs, recipe) = ([[0, 1], [2, 0]], curve_recipe(CurveKind::Bezier));
    let measure = SharpnessRecipe { n_updates: 3, n_examples: 64, ..SharpnessRecipe::mini() };
    let work = |root: &Path| {
        let models = small::models(root, 3);
        let curves = models.connect_all(&pairs, &recipe).unwrap();
        let losses: Vec<Vec<f64>> = curves.into_iter().map(|curve| curve.train_losses).collect();
        (losses, models.sharpness(&measure).unwrap())
    };
    let expected = work(alone.path());
    assert!(expected.0.len() == 2 && expected.0[0] != expected.0[1], "{:?}", expected.0);
    let kept = |root: &Path| [files(&root.join("curves")), files(&root.join("sharpness"))];
    let [curves, sharpness] = kept(alone.path());
    assert_eq!((curves.len(), sharpness.len()), (2, 3));
    let claim = |folder: &str, files: &BTreeMap<PathBuf, Vec<u8>>| {
        let file = shared.path().join(folder).join(files.keys().next().unwrap());
        Claim::of(&file, false).unwrap().unwrap()
    };
    std::thread::scope(|scope| {
        // The claims end with this closure: the work beside it goes on even if an assertion fails.
        let (of_curve, of_copy) = (claim("curves", &curves), claim("sharpness", &sharpness));
        let working = scope.spawn(|| work(shared.path()));
        // The other curve is complete, and the claimed one is waited for.
        wait_until("training", || {
            kept(shared.path())[0].values().filter(|file| is_finished(file)).count() == 1
        });
        drop(of_curve);
        wait_until("measuring", || kept(shared.path())[1].len() == 2);
        assert!(!working.is_finished());
        drop(of_copy);
        assert_eq!(working.join().unwrap(), expected);
    });
    assert_eq!(kept(shared.path())[1], sharpness);
}

#[test]
fn an_interrupted_curve_goes_on_to_the_same_bits() {
    use signal_hook::consts::SIGINT;
    if std::env::var_os("LMC_TEST_INTERRUPTED_CURVE").is_none() {
        // This happens in a process of its own, so that other tests do not see the interrupt.
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "an_interrupted_curve_goes_on_to_the_same_bits", "--nocapture"])
            .env("LMC_TEST_INTERRUPTED_CURVE", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let recipe = CurveRecipe { n_sub_epochs: 40, ..curve_recipe(CurveKind::Bezier) };
    interrupt::listen().unwrap();
    let curves = folder.path().join("curves");
    let stopper = std::thread::spawn(move || {
        // The claim is there while the curve is trained.
        while std::fs::read_dir(&curves).map_or(0, Iterator::count) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
        signal_hook::low_level::raise(SIGINT).unwrap();
    });
    let error = models.connect(0, 1, &recipe).unwrap_err();
    stopper.join().unwrap();
    assert!(matches!(&error, LmcError::Interrupted { .. }), "{error}");
    assert!(error.to_string().contains("of 400 updates of the curve are in the store"), "{error}");
    let unfinished = files(&folder.path().join("curves"));
    let resumed = models.connect(0, 1, &recipe).unwrap();
    let other = tempfile::tempdir().unwrap();
    let whole = small::models(other.path(), 3).connect(0, 1, &recipe).unwrap();
    assert_eq!(resumed.train_losses, whole.train_losses);
    assert_eq!(resumed.controls().unwrap()[1].theta(), whole.controls().unwrap()[1].theta());
    let finished = files(&folder.path().join("curves"));
    assert_eq!(finished.keys().collect::<Vec<_>>(), unfinished.keys().collect::<Vec<_>>());
}
