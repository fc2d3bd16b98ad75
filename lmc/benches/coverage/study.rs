//! Coverage on the embedded study: the losses of 16 copies on 8,192 examples are the population.

use lmc::basin::{Basins, ClusterOptions, cluster};
use lmc::compute::Compute;
use lmc::confidence::{
    Interval, IntervalMethod, LineConfidence, LineLosses, ResampledBasins, Resamples, line_confidence,
    recluster,
};
use lmc::data::grammar;
use lmc::data::mini_nli::MiniNli;
use lmc::eval::{EvaluationSet, evaluate};
use lmc::gap::{GapMatrix, Measure, area_under_curve, barrier_height, convexity_gap};
use lmc::ndarray::{Array2, Axis};
use lmc::seed::rng;
use lmc::stats::{adjusted_rand_index, mean};
use lmc::study::{Model, Study, StudySpec};
use lmc::sweep::{Grid, SweepJob, SweepPlan, execute};
use rand::Rng;

use crate::{CONFIDENCE, Tally};

const N_POPULATION: usize = 8_192;
const N_SAMPLES: usize = 200;
const N_DRAWS: usize = 1_000;
const METHODS: [IntervalMethod; 3] =
    [IntervalMethod::Percentile, IntervalMethod::Basic, IntervalMethod::Symmetric];

/// The losses of every example of the population along every line.
struct Lines {
    models: Vec<String>,
    pairs: Vec<[usize; 2]>,
    lines: Vec<LineLosses>,
}

pub fn run() -> lmc::Result<()> {
    for master in [0, 2] {
        let population = Lines::evaluated(master)?;
        for n in [512, 256] {
            report(&population, master, n)?;
        }
    }
    Ok(())
}

fn options() -> ClusterOptions {
    ClusterOptions::default()
}

impl Lines {
    fn evaluated(master: u64) -> lmc::Result<Lines> {
        let study = Study::open(StudySpec::mini_nli(master))?;
        let models = study.finetune()?;
        let task = study.task();
        let data = MiniNli { n_id: N_POPULATION, evaluation_draw: 1, ..MiniNli::new(task.spec.data_seed()) };
        let set = EvaluationSet::new(data.in_domain()?, &grammar::tokenizer()?, 128)?;
        let batches = set.batches();
        let weights = models.weights()?;
        let ends =
            weights.iter().map(|model| evaluate(&task.classifier, model.theta(), &batches, N_POPULATION));
        let keys: Vec<String> = models.models().iter().map(Model::key).collect();
        let (store, load) = (study.store(), models.loader());
        let plan = SweepPlan::lines(keys.len(), Grid::TENTHS)?;
        let sampled = execute(&SweepJob {
            store,
            classifier: &task.classifier,
            set: &set,
            models: &keys,
            load: &load,
            ends: &ends.collect::<lmc::Result<Vec<_>>>()?,
            plan: &plan,
            compute: &Compute::auto(),
        })?;
        let alphas: Vec<f64> = plan.points().iter().map(|point| point.weights()[0]).collect();
        Ok(Lines {
            models: models.models().iter().map(|model| model.name.clone()).collect(),
            pairs: sampled.iter().map(|line| [line.models[0], line.models[1]]).collect(),
            lines: sampled
                .into_iter()
                .map(|line| LineLosses {
                    alphas: alphas.clone(),
                    losses: Array2::from_shape_fn((alphas.len(), N_POPULATION), |(k, i)| {
                        line.outcomes[k].losses[i]
                    }),
                    distance: line.distances[0],
                })
                .collect(),
        })
    }

    /// Returns the same lines on some of the examples.
    fn on(&self, examples: &[usize]) -> Lines {
        let some =
            |line: &LineLosses| LineLosses { losses: line.losses.select(Axis(1), examples), ..line.clone() };
        Lines {
            models: self.models.clone(),
            pairs: self.pairs.clone(),
            lines: self.lines.iter().map(some).collect(),
        }
    }

    /// Returns the barrier height, convexity gap and area of each line.
    fn measures(&self) -> lmc::Result<Vec<[f64; 3]>> {
        let of = |line: &LineLosses| {
            let mean = |row: lmc::ndarray::ArrayView1<f32>| {
                row.iter().map(|&loss| f64::from(loss)).sum::<f64>() / row.len() as f64
            };
            let means: Vec<f64> = line.losses.rows().into_iter().map(mean).collect();
            Ok([barrier_height(&means)?, convexity_gap(&means)?, area_under_curve(&means, line.distance)?])
        };
        self.lines.iter().map(of).collect()
    }

    fn basins(&self) -> lmc::Result<Basins> {
        let mut gaps = Array2::zeros((self.models.len(), self.models.len()));
        for (&[a, b], [_, gap, _]) in self.pairs.iter().zip(self.measures()?) {
            (gaps[[a, b]], gaps[[b, a]]) = (gap, gap);
        }
        cluster(&GapMatrix::new(self.models.clone(), Measure::ConvexityGap, gaps)?, &options())
    }
}

/// Returns the statistics of one sample's clusters: memberships, then silhouette, within, across and their
/// ratio.
fn statistics(membership: &[f64], silhouette: f64, within: f64, across: f64) -> Vec<f64> {
    membership.iter().copied().chain([silhouette, within, across, across / within]).collect()
}

fn report(population: &Lines, master: u64, n: usize) -> lmc::Result<()> {
    let (truth, full) = (population.measures()?, population.basins()?);
    let true_statistics = statistics(&full.membership, full.silhouette, full.within, full.across);
    let resamples = Resamples::bootstrap(n, N_DRAWS, 1)?;
    let n_models = population.models.len();
    let mut of_lines = vec![vec![Tally::default(); truth.len()]; 3 + METHODS.len()];
    let mut of_clusters = vec![vec![Tally::default(); METHODS.len()]; true_statistics.len()];
    let (mut told, mut real, mut between, mut bias) = (vec![], vec![], vec![], vec![]);
    let (mut stability, mut stays) = (vec![0.0; n_models], vec![0.0; n_models]);
    let mut last: Option<Basins> = None;
    let mut draw = rng(master, &format!("coverage {n}"));
    for _ in 0..N_SAMPLES {
        let examples: Vec<usize> = (0..n).map(|_| draw.random_range(0..N_POPULATION)).collect();
        let sample = population.on(&examples);
        let (lines, gaps) = line_confidence(
            sample.lines.len(),
            |line| Ok(sample.lines[line].clone()),
            &resamples,
            CONFIDENCE,
        )?;
        for (number, (line, truth)) in lines.iter().zip(&truth).enumerate() {
            let LineConfidence { barrier_height, convexity_gap, auc } = *line;
            for (tallies, (interval, truth)) in of_lines.iter_mut().zip([
                (barrier_height, truth[0]),
                (convexity_gap, truth[1]),
                (auc, truth[2]),
            ]) {
                tallies[number].add(interval, truth);
            }
            for (tallies, method) in of_lines[3..].iter_mut().zip(METHODS) {
                let found =
                    Interval::of(convexity_gap.value, &gaps.row(number).to_vec(), CONFIDENCE, method)?;
                tallies[number]
                    .add(Interval { low: found.low.max(0.0), high: found.high.max(0.0), ..found }, truth[1]);
            }
            bias.push(convexity_gap.value - truth[1]);
        }
        let basins = sample.basins()?;
        let draws: Vec<ResampledBasins> =
            recluster(&basins, &population.pairs, &gaps, &options())?.into_iter().flatten().collect();
        // The clusters take the names that they have in the population.
        let agreeing = (0..n_models).filter(|&model| basins.cluster[model] == full.cluster[model]).count();
        let sign = if 2 * agreeing < n_models { -1.0 } else { 1.0 };
        let signed = |membership: &[f64]| membership.iter().map(|score| sign * score).collect::<Vec<f64>>();
        let values = statistics(&signed(&basins.membership), basins.silhouette, basins.within, basins.across);
        let resampled: Vec<Vec<f64>> = draws
            .iter()
            .map(|draw| statistics(&signed(&draw.membership), draw.silhouette, draw.within, draw.across))
            .collect();
        for (i, (&value, &truth)) in values.iter().zip(&true_statistics).enumerate() {
            let column: Vec<f64> = resampled.iter().map(|row| row[i]).collect();
            for (tally, method) in of_clusters[i].iter_mut().zip(METHODS) {
                tally.add(Interval::of(value, &column, CONFIDENCE, method)?, truth);
            }
        }
        told.push(mean(&draws.iter().map(|draw| draw.adjusted_rand).collect::<Vec<_>>())?);
        real.push(adjusted_rand_index(&basins.cluster, &full.cluster)?);
        if let Some(last) = &last {
            between.push(adjusted_rand_index(&basins.cluster, &last.cluster)?);
        }
        for model in 0..n_models {
            let same = draws.iter().filter(|draw| draw.cluster[model] == basins.cluster[model]).count();
            stability[model] += same as f64 / draws.len() as f64 / N_SAMPLES as f64;
            let held = (basins.cluster[model] == full.cluster[model]) == (sign > 0.0);
            stays[model] += if held { 1.0 / N_SAMPLES as f64 } else { 0.0 };
        }
        last = Some(basins);
    }

    println!(
        "\nmaster seed {master}, {n} of {N_POPULATION} examples, {N_SAMPLES} samples, {N_DRAWS} draws each; population: {full:?}"
    );
    let gaps: Vec<f64> = truth.iter().map(|line| line[1]).collect();
    println!("mean gap {:.5}, estimated {:+.5} off on average", mean(&gaps)?, mean(&bias)?);
    println!(
        "lines: share of intervals that hold the truth, mean over {} pairs, lowest pair; width",
        truth.len()
    );
    let names = [
        "barrier height, selected contrasts",
        "convexity gap, selected contrasts",
        "area, selected contrasts",
    ];
    let names = names
        .map(str::to_owned)
        .into_iter()
        .chain(METHODS.map(|method| format!("convexity gap, {method:?}")));
    for (name, tallies) in names.zip(&of_lines) {
        println!("    {name:36} {}", summary(tallies));
    }
    println!("clusters:");
    let parts = [("membership, mean over models", 0..n_models)].into_iter().chain(
        ["silhouette", "within", "across", "across / within"]
            .into_iter()
            .enumerate()
            .map(|(i, name)| (name, n_models + i..n_models + i + 1)),
    );
    for (name, range) in parts {
        for (number, method) in METHODS.into_iter().enumerate() {
            let tallies: Vec<Tally> =
                of_clusters[range.clone()].iter().map(|tallies| tallies[number].clone()).collect();
            println!("    {:36} {}", format!("{name}, {method:?}"), summary(&tallies));
        }
    }
    println!(
        "adjusted Rand index: of draws with their sample {:.3}, of samples with the population {:.3}, of two samples {:.3}",
        mean(&told)?,
        mean(&real)?,
        mean(&between)?
    );
    println!(
        "share of draws in which a model is in its sample's cluster, and of samples in which it is in its population's:"
    );
    for ((name, told), real) in population.models.iter().zip(stability).zip(stays) {
        println!("    {name} {told:.3} {real:.3}");
    }
    Ok(())
}

fn summary(tallies: &[Tally]) -> String {
    let lowest = tallies.iter().map(Tally::held).fold(1.0, f64::min);
    let all = tallies.iter().fold(Tally::default(), |all, one| all.joined(one));
    format!("{}  lowest {lowest:.3}", all.line())
}
