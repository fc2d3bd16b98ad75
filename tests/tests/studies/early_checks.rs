//! Checks that every verb of the library refuses impossible requests before it computes or stores anything.

use lmc::LmcError;
use lmc::analyses::confidence::ConfidenceOptions;
use lmc::analyses::convexity::{ConvexityOptions, TriangleOptions};
use lmc::analyses::early::early_warning;
use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::analyses::soups::SoupOptions;
use lmc::basin::{ClusterOptions, Delta, EarlyOptions};
use lmc::compute::Compute;
use lmc::model::Replace;
use lmc::path::PlaneOptions;
use lmc::sharpness::SharpnessRecipe;
use lmc::sweep::Grid;
use lmc::table::Metric;
use lmc::train::CurveRecipe;
use lmc_tests::files::n_files;
use lmc_tests::small;

/// Returns the error of a call that must not have succeeded.
fn refused<T>(result: lmc::Result<T>) -> LmcError {
    result.err().expect("the call is refused")
}

#[test]
fn nothing_is_computed_before_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let models = small::models(&store, 4);
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let basins =
        sweep.basins(&ClusterOptions { delta: Delta::Fixed(1.0), ..ClusterOptions::default() }).unwrap();
    let before = n_files(&store);
    let grid = Grid::new(3).unwrap();
    let imprecise = Compute { tolerance: 0.0, ..Compute::cpu() };
    let soups = SoupOptions::new(Metric::Accuracy);
    let stages = [models.clone()];
    let warned = |landmarks: &[usize], dataset: &str, options: &EarlyOptions| {
        early_warning(&stages, &models, &basins, landmarks, dataset, grid, options)
    };
    let early = EarlyOptions::default();
    let mini = SharpnessRecipe::mini();
    let curve = CurveRecipe::mini();
    let plane = PlaneOptions::default();
    let convexity = ConvexityOptions::default();
    let triangles = TriangleOptions::default();
    let confidence = ConfidenceOptions::default();
    let errors = [
        ("compute.tolerance", refused(models.on(imprecise))),
        ("evaluation set", refused(models.soups("lo", "hans", &basins, &soups))),
        (
            "soups.sizes",
            refused(models.soups("lo", "sub", &basins, &SoupOptions { sizes: vec![1], ..soups.clone() })),
        ),
        ("evaluation set", refused(models.convexity("hans", &basins, &convexity))),
        (
            "convexity.n_points",
            refused(models.convexity(
                "lo",
                &basins,
                &ConvexityOptions { n_points: 1 << 40, ..convexity.clone() },
            )),
        ),
        (
            "triangles.n_triples",
            refused(models.triangles(
                &sweep,
                &basins,
                &TriangleOptions { n_triples: 0, ..triangles.clone() },
            )),
        ),
        (
            "triangles.confidence",
            refused(models.triangles(
                &sweep,
                &basins,
                &TriangleOptions { confidence: 1.0, ..triangles.clone() },
            )),
        ),
        (
            "n_resamples",
            refused(sweep.confidence(&ConfidenceOptions { n_resamples: 0, ..confidence.clone() })),
        ),
        (
            "n_resamples",
            refused(sweep.confidence(&ConfidenceOptions { n_resamples: 1 << 40, ..confidence.clone() })),
        ),
        (
            "confidence",
            refused(sweep.confidence(&ConfidenceOptions { confidence: 2.0, ..confidence.clone() })),
        ),
        ("size", refused(sweep.sample_sizes(&[100_000], &confidence))),
        (
            "n_resamples",
            refused(sweep.sample_sizes(&[8], &ConfidenceOptions { n_resamples: 0, ..confidence.clone() })),
        ),
        ("evaluation set", refused(models.plane("hans", [0, 1, 2], &plane))),
        (
            "plane.spacing",
            refused(models.plane("lo", [0, 1, 2], &PlaneOptions { spacing: f64::NAN, ..plane })),
        ),
        ("models", refused(models.plane("lo", [0, 1, 1], &plane))),
        ("evaluation set", refused(models.stage("lo", "hans", grid, &ClusterOptions::paper()))),
        ("curve.batch_size", refused(models.connect(0, 1, &CurveRecipe { batch_size: 0, ..curve }))),
        ("sharpness.n_updates", refused(models.sharpness(&SharpnessRecipe { n_updates: 0, ..mini }))),
        ("landmarks", refused(warned(&[0, 9], "lo", &early))),
        ("evaluation set", refused(warned(&[0, 1], "hans", &early))),
        (
            "n_permutations",
            refused(warned(&[0, 1], "lo", &EarlyOptions { n_permutations: 0, ..early.clone() })),
        ),
        ("n_points", refused(models.line(0, 1).unwrap().along("lo", usize::MAX))),
        ("evaluation set", refused(models.line(0, 1).unwrap().along("hans", 3))),
        ("ingredients", refused(models.soup(&[0, 0]))),
        ("model", refused(models.soup(&[0, 9]))),
    ];
    for (what, error) in errors {
        let named = match &error {
            LmcError::InvalidParameter { field, .. } => *field,
            LmcError::UnknownName { kind, .. } => *kind,
            _ => "another error",
        };
        assert_eq!(named, what, "{error}");
    }
    assert_eq!(n_files(&store), before);
}

#[test]
fn a_soup_never_takes_the_place_of_what_a_study_needs() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let models = small::models(&store, 2);
    let study = models.study();
    for place in [store.clone(), store.join("soup"), store.join("../store/runs")] {
        for replace in [Replace::Same, Replace::Models] {
            let error = refused(MergeFolder::new(study, &place, "both", replace));
            assert!(matches!(&error, LmcError::Occupied { path, .. } if *path == place), "{error}");
        }
    }
    assert!(!store.join("soup").exists());
    // A saved soup is complete: it is read again with its tokenizer.
    let place = folder.path().join("soup");
    MergeFolder::new(study, &place, "both", Replace::Same)
        .unwrap()
        .save(&models, &[0, 1], &MergeCard::default())
        .unwrap();
    let saved = lmc::model::load_finetuned(&place).unwrap();
    assert_eq!(saved.weights.theta(), models.soup(&[0, 1]).unwrap().theta());
    let tokenizer = lmc::encode::load_tokenizer(&place).unwrap();
    assert_eq!(tokenizer.get_vocab_size(true), saved.classifier.config().vocab_size as usize);
    let other = refused(MergeFolder::new(study, &place, "the first", Replace::Same));
    assert!(other.to_string().contains("--force"), "{other}");
    MergeFolder::new(study, &place, "the first", Replace::Models).unwrap();
}
