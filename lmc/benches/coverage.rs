//! Measures how often intervals hold the truth, in three parts.
//!
//! The first part draws samples of synthetic populations of losses along one line, whose gap is known, and
//! tries several kinds of intervals. The second part takes the embedded study: the copies' losses on 8,192
//! fresh examples are the population, its gaps and clusters are the truth, and samples of 512 and 256
//! examples are drawn from it. The study is run if it is not in the store, and its lines are evaluated on the
//! population once, which takes some minutes. The third part measures how long the intervals take for 16 and
//! for 100 models.
//!
//! `cargo bench -p lmc --profile dev --bench coverage -- [synthetic | study | speed]`

mod populations;
#[path = "coverage/study.rs"]
mod study;

use std::time::Instant;

use lmc::basin::{ClusterOptions, cluster};
use lmc::confidence::{
    Interval, IntervalMethod, LineLosses, Resamples, contrasts, line_confidence, recluster,
};
use lmc::gap::{GapMatrix, Measure};
use lmc::ndarray::Array2;
use lmc::stats::{mean, quantile, standard_deviation};
use tch::Tensor;

use populations::{Population, tenths};

/// The number of samples of each population.
const N_SAMPLES: usize = 1_000;
/// The number of draws from each sample.
const N_DRAWS: usize = 1_000;
const CONFIDENCE: f64 = 0.95;

fn main() -> lmc::Result<()> {
    let only =
        |part: &str| std::env::args().skip(1).find(|a| !a.starts_with('-')).is_none_or(|only| only == part);
    if only("synthetic") {
        println!(
            "Share of {N_SAMPLES} samples whose {} % interval holds the true value; misses: truth below, truth above;",
            100.0 * CONFIDENCE
        );
        println!("width in thousandths of a nat. {N_DRAWS} draws a sample.\n");
        for n in [512, 256] {
            for population in Population::synthetic() {
                synthetic(&population, n)?;
            }
        }
    }
    if only("study") {
        study::run()?;
    }
    if only("speed") {
        for n_models in [16, 100] {
            speed(n_models)?;
        }
    }
    Ok(())
}

/// The number of times that a kind of interval held or missed the truth, and its widths.
#[derive(Default, Clone)]
struct Tally {
    n: usize,
    below: usize,
    above: usize,
    width: f64,
}

impl Tally {
    fn add(&mut self, interval: Interval, truth: f64) {
        // Sums taken in another order differ in the last bits.
        let rounding = 1e-12;
        self.n += 1;
        self.below += usize::from(truth < interval.low - rounding);
        self.above += usize::from(truth > interval.high + rounding);
        self.width += interval.high - interval.low;
    }

    fn joined(&self, other: &Tally) -> Tally {
        Tally {
            n: self.n + other.n,
            below: self.below + other.below,
            above: self.above + other.above,
            width: self.width + other.width,
        }
    }

    fn held(&self) -> f64 {
        1.0 - (self.below + self.above) as f64 / self.n as f64
    }

    fn line(&self) -> String {
        let share = |count: usize| count as f64 / self.n as f64;
        let (below, above, width) = (share(self.below), share(self.above), 1e3 * self.width / self.n as f64);
        format!("{:.3}  ({below:.3}, {above:.3})  width {width:7.2}", self.held())
    }
}

fn synthetic(population: &Population, n: usize) -> lmc::Result<()> {
    let resamples = Resamples::bootstrap(n, N_DRAWS, 1)?;
    let sample = |number| Ok(population.sample(n, 2, number));
    let (lines, gaps) = line_confidence(N_SAMPLES, sample, &resamples, CONFIDENCE)?;
    let truth = population.truth(Measure::ConvexityGap);
    let values: Vec<f64> = lines.iter().map(|line| line.convexity_gap.value).collect();
    let (bias, deviation) = (mean(&values)? - truth, standard_deviation(&values)?);
    println!(
        "{}, {n} examples: gap {truth:.5}, estimated {bias:+.5} off on average, standard deviation {deviation:.5}",
        population.name
    );
    let mut tallies = vec![Tally::default(); 8];
    let names = [
        "selected contrasts",
        "percentile",
        "basic",
        "symmetric",
        "BC",
        "BCa",
        "barrier height, selected contrasts",
        "area, selected contrasts",
    ];
    for (number, line) in lines.iter().enumerate() {
        let (value, resampled) = (line.convexity_gap.value, gaps.row(number).to_vec());
        tallies[0].add(line.convexity_gap, truth);
        let usual = [IntervalMethod::Percentile, IntervalMethod::Basic, IntervalMethod::Symmetric];
        for (tally, method) in tallies[1..].iter_mut().zip(usual) {
            let Interval { value, low, high } = Interval::of(value, &resampled, CONFIDENCE, method)?;
            tally.add(Interval { value, low: low.max(0.0), high: high.max(0.0) }, truth);
        }
        tallies[4].add(bias_corrected(value, &resampled, 0.0)?, truth);
        tallies[5].add(bias_corrected(value, &resampled, acceleration(&sample(number)?)?)?, truth);
        tallies[6].add(line.barrier_height, population.truth(Measure::BarrierHeight));
        tallies[7].add(line.auc, population.truth(Measure::AreaUnderCurve));
    }
    for (name, tally) in names.iter().zip(&tallies) {
        println!("    {name:36} {}", tally.line());
    }
    Ok(())
}

/// Returns the bias-corrected and accelerated interval (Efron 1987); with acceleration 0 it is the
/// bias-corrected one.
fn bias_corrected(value: f64, resampled: &[f64], acceleration: f64) -> lmc::Result<Interval> {
    let n = resampled.len() as f64;
    let below = resampled.iter().map(|other| {
        if *other < value {
            1.0
        } else if *other == value {
            0.5
        } else {
            0.0
        }
    });
    let shift = normal_quantile((below.sum::<f64>() / n).clamp(0.5 / n, 1.0 - 0.5 / n));
    let end = |share: f64| {
        let z = shift + normal_quantile(share);
        quantile(resampled, normal(shift + z / (1.0 - acceleration * z)))
    };
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Ok(Interval { value, low: end(tail)?, high: end(1.0 - tail)? })
}

/// Returns the acceleration of the convexity gap, which leaves out one example at a time.
fn acceleration(line: &LineLosses) -> lmc::Result<f64> {
    let weights = contrasts(Measure::ConvexityGap, &tenths(), 1.0)?;
    let of_examples = weights.dot(&line.losses.mapv(f64::from));
    let n = of_examples.ncols() as f64;
    let sums = of_examples.sum_axis(lmc::ndarray::Axis(1));
    let left: Vec<f64> = of_examples
        .columns()
        .into_iter()
        .map(|example| sums.iter().zip(example).map(|(sum, own)| (sum - own) / (n - 1.0)).fold(0.0, f64::max))
        .collect();
    let centre = mean(&left)?;
    let power = |k: i32| left.iter().map(|other| (centre - other).powi(k)).sum::<f64>();
    let spread = power(2).powf(1.5);
    Ok(if spread > 0.0 { power(3) / (6.0 * spread) } else { 0.0 })
}

fn normal(z: f64) -> f64 {
    Tensor::from(z).special_ndtr().double_value(&[])
}

fn normal_quantile(share: f64) -> f64 {
    Tensor::from(share).special_ndtri().double_value(&[])
}

/// Prints the seconds that the intervals of all lines between models take on 512 examples, and those of
/// clustering every draw.
fn speed(n_models: usize) -> lmc::Result<()> {
    let pairs: Vec<[usize; 2]> = (0..n_models).flat_map(|a| (a + 1..n_models).map(move |b| [a, b])).collect();
    let kinds: Vec<Population> = Population::synthetic();
    // The first half of the models lies in one basin.
    let half = n_models / 2;
    let line = |number: usize| {
        let [a, b] = pairs[number];
        Ok(kinds[if (a < half) == (b < half) { 4 } else { 3 }].sample(512, 3, number))
    };
    let resamples = Resamples::bootstrap(512, N_DRAWS, 1)?;
    let start = Instant::now();
    let (lines, gaps) = line_confidence(pairs.len(), line, &resamples, CONFIDENCE)?;
    println!(
        "{n_models} models, {} lines, {N_DRAWS} draws: intervals {:.1} s",
        pairs.len(),
        start.elapsed().as_secs_f64()
    );
    let mut whole = Array2::zeros((n_models, n_models));
    for (&[a, b], line) in pairs.iter().zip(&lines) {
        (whole[[a, b]], whole[[b, a]]) = (line.convexity_gap.value, line.convexity_gap.value);
    }
    let models = (0..n_models).map(|i| format!("m{i}")).collect();
    let whole = GapMatrix::new(models, Measure::ConvexityGap, whole)?;
    for n_init in [10, 100] {
        let options = ClusterOptions { n_init, ..ClusterOptions::default() };
        let full = cluster(&whole, &options)?;
        let start = Instant::now();
        let draws = recluster(&full, &pairs, &gaps, &options)?;
        let agreement =
            draws.iter().flatten().map(|draw| draw.adjusted_rand).sum::<f64>() / draws.len() as f64;
        println!(
            "    clusters of each draw, {n_init} starts: {:.1} s, agreement {agreement:.4}",
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
