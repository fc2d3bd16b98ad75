//! Checks every field of all options: a value that is not allowed is refused by name before anything is
//! computed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lmc::analyses::alignment::{AlignBy, AlignOptions};
use lmc::analyses::comparison::{ComparisonOptions, Group, compare};
use lmc::analyses::confidence::ConfidenceOptions;
use lmc::analyses::convexity::{ConvexityOptions, TriangleOptions};
use lmc::analyses::early::early_warning;
use lmc::analyses::layers::LayerOptions;
use lmc::analyses::merging::{MergeMethod, MergeOptions, MergingOptions};
use lmc::analyses::page::PageOptions;
use lmc::analyses::replay::{Replay, ReplayOptions, ScoreOptions, read_score_files};
use lmc::analyses::soups::SoupOptions;
use lmc::analyses::surfaces::SurfaceOptions;
use lmc::basin::{BasinCount, ClusterOptions, Delta, EarlyOptions};
use lmc::compute::{Attention, Compute, Precision};
use lmc::data::fetch::ModelFolder;
use lmc::figure::{HeatmapOptions, gap_heatmap};
use lmc::model::Replace;
use lmc::path::{CurveKind, PlaneOptions};
use lmc::sharpness::SharpnessRecipe;
use lmc::slurm::Slurm;
use lmc::spec::{Adam, Encoder, Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{ClassifierOptions, Classifiers, GivenModels, SampleOptions, Study, StudySpec};
use lmc::sweep::Grid;
use lmc::table::Metric;
use lmc::tch::Device;
use lmc::train::{CurveRecipe, PretrainRecipe};
use lmc::{LmcError, Options};
use lmc_tests::files::n_files;
use lmc_tests::small;

/// Checks that a call was refused because of a field.
fn refused<T>(field: &str, result: lmc::Result<T>) {
    match result.err() {
        Some(LmcError::InvalidParameter { field: named, .. }) => assert_eq!(named, field),
        Some(other) => panic!("{field}: {other}"),
        None => panic!("{field} is not refused"),
    }
}

/// Calls a verb with each field of some options set to a value that is not allowed. Fields that may have any
/// value stand behind `free`; a field that is in neither list does not compile.
macro_rules! each_field {
    (
        $seen:ident, $type:ident, $good:expr, $call:expr;
        $($field:ident = $bad:expr => $named:literal),+ $(,)?;
        free: $($free:ident),*
    ) => {{
        let good = $good;
        let $type { $($field: _,)+ $($free: _,)* } = good.clone();
        $(
            let mut options = good.clone();
            options.$field = $bad;
            refused($named, $call(&options));
        )+
        $seen.insert(stringify!($type).to_owned());
    }};
}

/// Returns the types that have options, according to the sources of the library.
fn all_types() -> BTreeSet<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmc/src")];
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmc/crates"));
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let names = text.lines().filter_map(|line| line.strip_prefix("impl Options for "));
            found.extend(names.map(|name| name.trim_end_matches(" {").to_owned()));
        }
    }
    found
}

/// Checks the options that a study is made of, with a store that stays empty.
fn studies(seen: &mut BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let open = |spec: StudySpec| Study::open_in(spec, Store::open(&root).unwrap());
    let with_recipe = |recipe: &Recipe| open(small::spec(2).with_recipe(recipe.clone()));
    each_field! { seen, Recipe, Recipe::mini(), with_recipe;
        length = Step::Iterations(0) => "recipe.length",
        batch_size = 0 => "recipe.batch_size",
        learning_rate = f64::NAN => "recipe.learning_rate",
        weight_decay = -0.1 => "recipe.weight_decay",
        warmup = 1.0 => "recipe.warmup",
        clip_norm = Some(0.0) => "recipe.clip_norm",
        dropout = 1.0 => "recipe.dropout",
        adam = Adam { eps: 0.0, ..Recipe::mini().adam } => "recipe.adam.eps",
        head_std = f64::INFINITY => "recipe.head_std",
        trajectory = vec![0.5] => "recipe.trajectory",
        max_length = Some(0) => "recipe.max_length",
        after = Some(Box::new(Recipe { batch_size: 0, ..Recipe::mini() })) => "recipe.batch_size";
        free: name, head_by_seed, drop_last, decay, trained
    }
    let adam = Recipe::mini().adam;
    for adam in [Adam { beta1: 1.0, ..adam }, Adam { beta2: -0.1, ..adam }] {
        assert!(with_recipe(&Recipe { adam, ..Recipe::mini() }).is_err());
        assert!(CurveRecipe { adam, ..CurveRecipe::mini() }.check().is_err());
    }
    let generated = small::spec(2).task;
    for (field, task) in [
        ("n_train", generated.clone().with_n_train(0)),
        ("counterexample_share", generated.clone().with_counterexample_share(0.6)),
        ("counterexample_share", TaskSpec::cola().with_counterexample_share(0.1)),
    ] {
        refused(field, open(StudySpec { task, ..small::spec(2) }));
    }
    seen.insert("TaskSpec".to_owned());
    each_field! { seen, StudySpec, small::spec(2), |spec: &StudySpec| open(spec.clone());
        task = generated.clone().with_n_train(0) => "n_train",
        recipe = Recipe { dropout: -1.0, ..Recipe::mini() } => "recipe.dropout",
        seeds = vec![3, 3] => "seeds",
        data = Some("folder".into()) => "data",
        unverified = true => "unverified",
        encoder = Encoder::Folder("".into()) => "encoder",
        stack = 0 => "stack",
        models = Some(GivenModels { models: Vec::new(), labels: Vec::new(), tokenizer: None }) => "seeds";
        free:
    }
    assert_eq!(n_files(&root), 0, "the store stays empty");
}

#[test]
fn a_wrong_value_of_every_field_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let models = small::models(&store, 4);
    let grid = Grid::new(3).unwrap();
    let sweep = models.sweep("id", grid).unwrap();
    let clusters = ClusterOptions { delta: Delta::Fixed(1.0), ..ClusterOptions::default() };
    let basins = sweep.basins(&clusters).unwrap();
    let evaluations = models.evaluate("id").unwrap();
    let scored = models.evaluations(&["lo"]).unwrap();
    let before = n_files(&store);
    let mut seen = BTreeSet::new();

    each_field! { seen, ClusterOptions, ClusterOptions::default(), |options: &_| sweep.basins(options);
        basins = BasinCount::Exactly(1) => "basins",
        delta = Delta::Fixed(0.0) => "delta",
        n_init = 0 => "n_init";
        free: seed
    }
    each_field! { seen, ConfidenceOptions, ConfidenceOptions::default(), |options: &_| sweep.confidence(options);
        n_resamples = 0 => "n_resamples",
        confidence = 1.0 => "confidence",
        clusters = ClusterOptions { n_init: 0, ..ClusterOptions::default() } => "n_init";
        free: seed
    }
    each_field! { seen, SampleOptions, SampleOptions::default(),
        |options: &_| models.sweep_sampled("id", Grid::TENTHS, options);
        n_examples = 0 => "sample.n_examples";
        free: seed
    }
    let group = Group::new("all", &sweep, &basins, &evaluations, &evaluations, Metric::Accuracy).unwrap();
    each_field! { seen, ComparisonOptions, ComparisonOptions::default(),
        |options: &_| compare(std::slice::from_ref(&group), options);
        n_resamples = 1 << 40 => "n_resamples",
        confidence = f64::NAN => "confidence",
        n_permutations = 0 => "n_permutations",
        clusters = ClusterOptions { delta: Delta::Fixed(f64::NAN), ..ClusterOptions::default() } => "delta";
        free: seed
    }
    each_field! { seen, ConvexityOptions, ConvexityOptions::default(),
        |options: &_| models.convexity("lo", &basins, options);
        sizes = vec![2, 1] => "convexity.sizes",
        n_subsets = 0 => "convexity.n_subsets",
        n_points = 1 << 40 => "convexity.n_points",
        concentration = 0.0 => "concentration",
        n_resamples = 0 => "convexity.n_resamples",
        confidence = -0.5 => "convexity.confidence";
        free: seed
    }
    each_field! { seen, TriangleOptions, TriangleOptions::default(),
        |options: &_| models.triangles(&sweep, &basins, options);
        n_steps = 2 => "triangles.n_steps",
        n_triples = 0 => "triangles.n_triples",
        n_resamples = 0 => "triangles.n_resamples",
        confidence = 0.0 => "triangles.confidence";
        free: seed
    }
    each_field! { seen, SoupOptions, SoupOptions::new(Metric::Accuracy),
        |options: &_| models.soups("lo", "sub", &basins, options);
        sizes = vec![0] => "soups.sizes",
        n_subsets = 0 => "soups.n_subsets",
        n_resamples = 0 => "soups.n_resamples",
        confidence = 2.0 => "soups.confidence";
        free: metric, seed
    }
    each_field! { seen, PageOptions, PageOptions::default(), |options: &_| models.page(options);
        clusters = ClusterOptions { n_init: 0, ..ClusterOptions::default() } => "n_init",
        n_resamples = 1_000_000 => "n_resamples",
        sharpness = Some(SharpnessRecipe { eps: 0.0, ..SharpnessRecipe::mini() }) => "sharpness.eps",
        layers = Some(LayerOptions { n_resamples: 0, ..LayerOptions::default() }) => "layers.n_resamples",
        convexity = Some(ConvexityOptions { n_points: 0, ..ConvexityOptions::default() })
            => "convexity.n_points";
        free: title, swept, beside, score, grid, stages
    }
    each_field! { seen, MergeOptions, MergeOptions::new(MergeMethod::linear()),
        |options: &_| models.merge(&[0, 1], options, None);
        method = MergeMethod::ties(0.0) => "merge.density",
        weights = Some(vec![1.0, -1.0]) => "merge.weights";
        free: seed
    }
    each_field! { seen, MergingOptions, MergingOptions::new(Metric::Accuracy),
        |options: &_| models.merges(&sweep, &basins, &["lo"], None, options);
        methods = vec![MergeMethod::Slerp { t: f64::NAN }] => "merge.t",
        sizes = vec![0] => "merging.sizes",
        n_subsets = 0 => "merging.n_subsets",
        n_resamples = 0 => "merging.n_resamples",
        confidence = 1.0 => "merging.confidence";
        free: metric, seed
    }
    each_field! { seen, AlignOptions, AlignOptions::default(),
        |options: &_| models.sweep_aligned_by(&sweep, options);
        by = AlignBy::Nothing => "align.by",
        n_texts = 0 => "align.n_texts";
        free: stream, repair, seed
    }
    each_field! { seen, LayerOptions, LayerOptions::default(),
        |options: &_| models.layers("lo", options);
        pairs = vec![[0, 0]] => "layers.pairs",
        n_resamples = 0 => "layers.n_resamples",
        confidence = 1.0 => "layers.confidence";
        free: moving, seed
    }
    let stages = [models.clone()];
    each_field! { seen, EarlyOptions, EarlyOptions::default(),
        |options: &_| early_warning(&stages, &models, &basins, &[0, 1], "lo", grid, options);
        n_permutations = 0 => "n_permutations",
        n_resamples = 0 => "n_resamples",
        confidence = 1.5 => "confidence";
        free: seed
    }
    each_field! { seen, PlaneOptions, PlaneOptions::default(), |options: &_| models.plane("lo", [0, 1, 2], options);
        spacing = f64::NAN => "plane.spacing",
        margin = -1.0 => "plane.margin",
        range = Some([(0.0, 1.0), (1.0, 1.0)]) => "plane.range";
        free:
    }
    each_field! { seen, SurfaceOptions, SurfaceOptions::default(), |options: &_| models.surface("lo", 0, options);
        n_directions = 0 => "surface.n_directions",
        n_points = 2 => "surface.n_points",
        extent = f64::NAN => "surface.extent";
        free: directions, seed
    }
    each_field! { seen, CurveRecipe, CurveRecipe::mini(), |recipe: &_| models.connect(0, 1, recipe);
        kind = CurveKind::Chain { n_bends: 0 } => "curve.kind",
        batch_size = 0 => "curve.batch_size",
        learning_rate = f64::INFINITY => "curve.learning_rate",
        adam = Adam { eps: 0.0, ..CurveRecipe::mini().adam } => "curve.adam.eps",
        sub_epoch = 0 => "curve.sub_epoch",
        n_sub_epochs = u32::MAX => "curve.n_sub_epochs";
        free: seed
    }
    each_field! { seen, SharpnessRecipe, SharpnessRecipe::mini(), |recipe: &_| models.sharpness(recipe);
        eps = 0.0 => "sharpness.eps",
        learning_rate = f64::NAN => "sharpness.learning_rate",
        batch_size = 0 => "sharpness.batch_size",
        accumulation = 0 => "sharpness.accumulation",
        n_updates = 0 => "sharpness.n_updates",
        n_examples = 0 => "sharpness.n_examples",
        n_directions = Some(0) => "sharpness.n_directions";
        free: seed
    }
    each_field! { seen, Compute, Compute::cpu(), |compute: &Compute| models.on(compute.clone());
        devices = vec![Device::Cuda(99)] => "compute.devices",
        precision = Precision::TensorFloat32 => "compute.precision",
        training = Precision::TensorFloat32 => "compute.training",
        attention = Attention::Flash => "compute.attention",
        tolerance = 0.0 => "compute.tolerance";
        free: device_memory, host_memory
    }
    let lines = || Some("two\nlines".to_owned());
    each_field! { seen, Slurm, Slurm::default(), |slurm: &_| models.study().finetune_on(slurm);
        partition = lines() => "slurm.partition",
        account = lines() => "slurm.account",
        qos = lines() => "slurm.qos",
        constraint = lines() => "slurm.constraint",
        gres = lines() => "slurm.gres",
        cpus = Some(0) => "slurm.cpus",
        memory = lines() => "slurm.memory",
        time = lines() => "slurm.time",
        arguments = vec!["--exclude=a\rb".to_owned()] => "slurm.arguments",
        setup = vec!["\0".to_owned()] => "slurm.setup",
        tasks = Some(0) => "slurm.tasks",
        at_once = Some(0) => "slurm.at_once";
        free: devices, program, retries
    }
    each_field! { seen, PretrainRecipe, PretrainRecipe::mini(), |recipe: &PretrainRecipe| {
            lmc::study::pretrain_mini(&folder.path().join("encoder"), 0, recipe, lmc::tch::Device::Cpu, Replace::Same)
        };
        n_steps = 0 => "pretrain.n_steps",
        batch_size = 0 => "pretrain.batch_size",
        learning_rate = -1.0 => "pretrain.learning_rate",
        clip_norm = Some(0.0) => "pretrain.clip_norm",
        mask_share = 1.5 => "pretrain.mask_share",
        masked = -0.1 => "pretrain.masked",
        replaced = f64::NAN => "pretrain.replaced",
        n_shards = 0 => "pretrain.n_shards";
        free:
    }
    each_field! { seen, ReplayOptions, ReplayOptions::new("id"),
        |options: &_| Replay::parse(b"", "x.log".as_ref(), options);
        n_examples = 0 => "n_examples",
        tolerance = -1.0 => "tolerance";
        free: dataset, missing, repeated
    }
    each_field! { seen, ScoreOptions, ScoreOptions::new("lo"),
        |options: &_| read_score_files(&["no-such-file"], options);
        dataset = " ".to_owned() => "dataset";
        free: metric, models
    }
    each_field! { seen, ClassifierOptions, ClassifierOptions::default(),
        |options: &_| Classifiers::look(Vec::<ModelFolder>::new(), Vec::new(), options);
        max_length = Some(0) => "max_length";
        free: merge
    }

    let table = sweep.gaps().unwrap();
    each_field! { seen, HeatmapOptions, HeatmapOptions::new("id", "lo", Metric::Accuracy),
        |options: &_| gap_heatmap(&table, &scored, options);
        range = Some((1.0, 1.0)) => "range";
        free: measure, dataset, sorted_on, sorted_by
    }

    assert_eq!(n_files(&store), before, "nothing was computed");
    assert!(!folder.path().join("encoder").exists());
    studies(&mut seen);
    assert_eq!(seen, all_types(), "every type with options has its fields here");
}
