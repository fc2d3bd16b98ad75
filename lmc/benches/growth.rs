//! Measures how the cost of all lines grows with the number of models, and that of a point with the size of
//! the model. It prints times and fitted exponents, and draws a figure. Weights are random, which does not
//! affect times.
//!
//! `cargo bench -p lmc --profile dev --bench growth -- [FIGURE.png]`

mod in_memory;

use std::path::Path;
use std::time::Instant;

use lmc::compute::Compute;
use lmc::eval::EvaluationSet;
use lmc::figure::Figure;
use lmc::model::{Classifier, ModelConfig};
use lmc::plotly::common::{Line, Mode, Title};
use lmc::plotly::layout::{Axis, Margin};
use lmc::plotly::{Layout, Plot, Scatter};
use lmc::stats::least_squares;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::sweep::{Grid, SweepPlan};
use lmc::weights::Weights;
use tch::{Device, Kind, Tensor};

use in_memory::InMemory;

/// The examples that a point is evaluated on.
const N_EXAMPLES: usize = 64;

fn main() -> lmc::Result<()> {
    let figure = std::env::args().skip(1).find(|argument| argument.ends_with(".png"));
    let study = Study::open_in(StudySpec::mini_nli(0), Store::open(folder().join("study"))?)?;
    let set = study.task().set("id")?;
    let set = EvaluationSet {
        dataset: set.dataset.clone(),
        encoded: set.encoded[..N_EXAMPLES].to_vec(),
        key: "growth".into(),
        label_map: None,
    };
    let classifier = &study.task().classifier;
    println!(
        "all lines of 11 points on {N_EXAMPLES} examples, {} parameters",
        classifier.layout().n_parameters()
    );
    let mut models = Vec::new();
    for n in [8, 16, 32, 64, 100] {
        let seconds = sweep(classifier, &set, n)?;
        println!("{n:4} models, {:5} lines {seconds:8.2} s", n * (n - 1) / 2);
        models.push((n as f64, seconds));
    }
    println!("seconds grow with models to the power of {:.2}\n", exponent(&models)?);
    println!("a line of 11 points on {N_EXAMPLES} examples, by the floating-point operations of a point");
    let mut sizes = Vec::new();
    for (layers, width) in [(2, 64), (4, 128), (4, 256), (6, 384), (6, 512), (12, 768)] {
        let config = ModelConfig {
            hidden_size: width,
            num_hidden_layers: layers,
            num_attention_heads: width / 32,
            intermediate_size: 4 * width,
            ..classifier.config().clone()
        };
        let classifier = Classifier::new(&config, 2);
        let batches = set.batches();
        let flop: f64 = batches.iter().map(|batch| classifier.packed_flop(&batch.tokens)).sum();
        // There are three lines, so that both cores have work to the end.
        let seconds = sweep(&classifier, &set, 3)? / 3.0;
        println!("{layers:2} layers of width {width:3}, {:7.3} GFLOP {seconds:8.3} s", flop / 1e9);
        sizes.push((flop, seconds));
    }
    println!("seconds grow with operations to the power of {:.2}", exponent(&sizes)?);
    println!("from width 256 on: {:.2}", exponent(&sizes[2..])?);
    let _ = std::fs::remove_dir_all(folder());
    match figure {
        Some(path) => drawn(&models, &sizes)?.save(Path::new(&path)),
        None => Ok(()),
    }
}

fn folder() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("lmc-growth-{}", std::process::id()))
}

/// Returns the seconds of all lines between `n` models.
fn sweep(classifier: &Classifier, set: &EvaluationSet, n: usize) -> lmc::Result<f64> {
    let layout = classifier.layout();
    let models = (0..n).map(|seed| {
        tch::manual_seed(seed as i64);
        let noise = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)) * 0.02;
        Weights::new(layout.clone(), noise + layout.mask(|name| name.ends_with("LayerNorm.weight")))
    });
    let compute = Compute::cpu();
    let models = InMemory::new(classifier, set, models.collect::<lmc::Result<_>>()?, &compute)?;
    let plan = SweepPlan::lines(n, Grid::TENTHS)?;
    let start = Instant::now();
    models.execute(&plan, &compute)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Returns the slope of the line of least squares through the logarithms.
fn exponent(points: &[(f64, f64)]) -> lmc::Result<f64> {
    let logs = |f: fn(&(f64, f64)) -> f64| points.iter().map(|p| f(p).log10()).collect::<Vec<_>>();
    Ok(least_squares(&logs(|p| p.0), &logs(|p| p.1))?.slope)
}

fn drawn(models: &[(f64, f64)], sizes: &[(f64, f64)]) -> lmc::Result<Figure> {
    let mut plot = Plot::new();
    let curves =
        [("all lines, by models", models, 1.0, "#1f77b4"), ("one line, by MFLOP", sizes, 1e6, "#d55e00")];
    for (name, points, scale, colour) in curves {
        let x = points.iter().map(|p| (p.0 / scale).log10()).collect();
        let y = points.iter().map(|p| p.1.log10()).collect();
        let named = format!("{name}: power {:.2}", exponent(points)?);
        plot.add_trace(
            Scatter::new(x, y).mode(Mode::LinesMarkers).name(named).line(Line::new().color(colour)),
        );
    }
    plot.set_layout(
        Layout::new()
            .width(900)
            .height(480)
            .margin(Margin::new().right(280))
            .title(Title::with_text("What a sweep costs"))
            .x_axis(Axis::new().title(Title::with_text("log10 of the number of models, or of MFLOP")))
            .y_axis(Axis::new().title(Title::with_text("log10 of seconds"))),
    );
    Figure::new(plot)
}
