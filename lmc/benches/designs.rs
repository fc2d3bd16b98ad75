//! Compares ways to spend evaluations on gaps: more examples, fewer points, examples drawn where models differ.
//!
//! `env $(cat lmc/crates/model/src/compute/portable.env) cargo bench -p lmc --profile dev --bench designs -- 0`
//!
//! The argument is the master seed of an embedded study. Its lines are evaluated once, on 4,096 in-domain
//! examples at eleven points. What a smaller design would give follows from these losses. The gap of a line is
//! a contrast of mean losses, so its standard error is that of a mean:
//! - n examples drawn alike: the deviation of the contrast over examples, divided by the root of n.
//! - n examples drawn where the models' losses differ, as `Models::sweep_sampled` does: the error of the pool
//!   they come from, and that of drawing.
//!
//! A weighted design also evaluates all models on the whole pool, which is counted.

use lmc::Result;
use lmc::basin::ClusterOptions;
use lmc::confidence::contrasts;
use lmc::gap::Measure;
use lmc::ndarray::{Array1, Array2, Axis};
use lmc::study::{Study, StudySpec, Sweep};
use lmc::sweep::Grid;

/// The share of weighted draws that are spread evenly, so that no weight is large.
const EVEN: f64 = 0.1;
/// A gap is counted as sure if it is this many standard errors above 0.
const SURE: f64 = 3.0;

const HEADER: &str = "\
| design | thousand evaluations | gap found | standard error within | across | sure within | across | precision |
|---|---|---|---|---|---|---|---|";

/// A way to spend evaluations.
struct Design {
    name: &'static str,
    n_examples: usize,
    /// The step between points, of tenths of a line.
    step: usize,
    is_weighted: bool,
}

impl Design {
    const ALL: [Design; 8] = [
        Design::alike("512 examples, 11 points", 512, 1),
        Design::alike("1,024 examples, 11 points", 1_024, 1),
        Design::alike("4,096 examples, 11 points", 4_096, 1),
        Design::alike("4,096 examples, 6 points", 4_096, 2),
        Design::alike("4,096 examples, 3 points", 4_096, 5),
        Design::weighted("512 weighted examples, 11 points", 512, 1),
        Design::weighted("1,024 weighted examples, 11 points", 1_024, 1),
        Design::weighted("512 weighted examples, 3 points", 512, 5),
    ];

    const fn alike(name: &'static str, n_examples: usize, step: usize) -> Self {
        Self { name, n_examples, step, is_weighted: false }
    }

    const fn weighted(name: &'static str, n_examples: usize, step: usize) -> Self {
        Self { name, n_examples, step, is_weighted: true }
    }

    /// Returns the evaluations of single examples for that many models and lines.
    fn evaluations(&self, n_models: usize, n_lines: usize, n_pool: usize) -> usize {
        let inside = 10 / self.step - 1;
        let at_ends = if self.is_weighted { n_pool } else { self.n_examples };
        n_models * at_ends + n_lines * inside * self.n_examples
    }
}

fn main() -> Result<()> {
    let master = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(0);
    let models = Study::open(StudySpec::mini_nli(master))?.finetune()?;
    let pool = Pool::new(&models.sweep("id-large", Grid::TENTHS)?)?;
    let n_models = models.len();
    println!("{HEADER}");
    let mut first = None;
    for design in &Design::ALL {
        let found = pool.found(design)?;
        let evaluations = design.evaluations(n_models, pool.lines.len(), pool.n_examples());
        let information = 1.0 / (evaluations as f64 * found.error_across.powi(2));
        let precision = information / *first.get_or_insert(information);
        let Found { share, error_within, error_across, sure_within, sure_across } = found;
        println!(
            "| {} | {} | {share:.2} | {:.2} | {:.2} | {sure_within} of {} | {sure_across} of {} | {precision:.1} |",
            design.name,
            evaluations / 1000,
            1e3 * error_within,
            1e3 * error_across,
            pool.across.iter().filter(|&&across| !across).count(),
            pool.across.iter().filter(|&&across| across).count(),
        );
    }
    println!(
        "Errors in thousandths of a nat. Precision: 1 / (evaluations x squared error across), first row 1."
    );
    Ok(())
}

/// The losses of all examples on all lines.
struct Pool {
    /// Losses of each line, `[11, n_examples]`.
    lines: Vec<Array2<f64>>,
    /// For each line, whether it joins two basins.
    across: Vec<bool>,
    /// The share of each example in a weighted sample.
    shares: Array1<f64>,
}

/// What a design finds.
struct Found {
    /// The gaps across as a share of those from all points and examples.
    share: f64,
    error_within: f64,
    error_across: f64,
    sure_within: usize,
    sure_across: usize,
}

impl Pool {
    fn new(sweep: &Sweep) -> Result<Self> {
        let basins = sweep.basins(&ClusterOptions::default())?;
        let cluster_of = |name: &str| {
            sweep.models.iter().position(|model| model == name).map(|number| basins.cluster[number])
        };
        let mut ends = vec![Vec::new(); sweep.models.len()];
        let (mut lines, mut across) = (Vec::new(), Vec::new());
        for profile in &sweep.profiles {
            let n_points = profile.outcomes.len();
            let losses = Array2::from_shape_fn((n_points, sweep.labels.len()), |(point, example)| {
                f64::from(profile.outcomes[point].losses[example])
            });
            for (name, point) in [(&profile.b, 0), (&profile.a, n_points - 1)] {
                if let Some(number) = sweep.models.iter().position(|model| model == name) {
                    ends[number] = losses.row(point).to_vec();
                }
            }
            across.push(cluster_of(&profile.a) != cluster_of(&profile.b));
            lines.push(losses);
        }
        let ends = Array2::from_shape_fn((ends.len(), sweep.labels.len()), |(model, i)| ends[model][i]);
        let spread = ends.std_axis(Axis(0), 0.0);
        let even = EVEN / spread.len() as f64;
        let shares = &spread * ((1.0 - EVEN) / spread.sum()) + even;
        Ok(Self { lines, across, shares })
    }

    fn n_examples(&self) -> usize {
        self.shares.len()
    }

    fn found(&self, design: &Design) -> Result<Found> {
        let (mut gap, mut whole) = (0.0, 0.0);
        let (mut errors, mut sure) = ([Vec::new(), Vec::new()], [0, 0]);
        for (line, &across) in self.lines.iter().zip(&self.across) {
            let [value, error] = self.gap(line, design.step, design)?;
            if across {
                gap += value;
                whole += self.gap(line, 1, design)?[0];
            }
            errors[usize::from(across)].push(error);
            sure[usize::from(across)] += usize::from(value > SURE * error);
        }
        let [error_within, error_across] =
            errors.map(|errors| errors.iter().sum::<f64>() / errors.len() as f64);
        let [sure_within, sure_across] = sure;
        Ok(Found { share: gap / whole, error_within, error_across, sure_within, sure_across })
    }

    /// Returns the gap of a line at every `step`-th point, with its standard error in the design.
    fn gap(&self, line: &Array2<f64>, step: usize, design: &Design) -> Result<[f64; 2]> {
        let points: Vec<usize> = (0..line.nrows()).step_by(step).collect();
        let alphas: Vec<f64> = points.iter().map(|&point| point as f64 / 10.0).collect();
        let of_examples = contrasts(Measure::ConvexityGap, &alphas, 1.0)?.dot(&line.select(Axis(0), &points));
        let means: Vec<f64> =
            of_examples.rows().into_iter().map(|row| row.sum() / row.len() as f64).collect();
        let leading = (0..means.len()).max_by(|&a, &b| means[a].total_cmp(&means[b])).unwrap_or(0);
        let (mean, contrast) = (means[leading], of_examples.row(leading));
        let (n, n_pool) = (design.n_examples as f64, self.n_examples() as f64);
        let variance = contrast.var(0.0);
        let squared = if design.is_weighted {
            let chances = self.shares.iter().map(|share| (n * share).min(1.0));
            let drawing =
                contrast.iter().zip(chances).map(|(c, chance)| c * c * (1.0 / chance - 1.0)).sum::<f64>();
            (variance + drawing / n_pool) / n_pool
        } else {
            variance / n
        };
        Ok([mean.max(0.0), squared.sqrt()])
    }
}
