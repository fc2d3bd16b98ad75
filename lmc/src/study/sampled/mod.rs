//! Sweeps that evaluate the inside of lines on a sample of the examples, drawn where the models differ.

use rand::Rng;

use super::{Models, Sweep};
use crate::compute::Precision;
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::options::{Options, Valid};
use crate::seed::rng;
use crate::stats::standard_deviation;
use crate::sweep::{Grid, Profile, Sampled, SweepPlan, execute};

/// The part of a sample that is spread evenly over all examples, so that none stands for very many.
const EVEN: f64 = 0.1;
/// The fewest examples: of less, estimates may be far off, even below zero.
const FEWEST: usize = 30;

/// The options for drawing the examples on which points inside lines are evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleOptions {
    /// The number of examples that are drawn on average, at least 30.
    pub n_examples: usize,
    /// The seed of the draw.
    pub seed: u64,
}

impl Default for SampleOptions {
    /// Returns options for 512 examples and seed 0.
    fn default() -> Self {
        Self { n_examples: 512, seed: 0 }
    }
}

impl Options for SampleOptions {
    fn validate(&self) -> Result<()> {
        match self.n_examples {
            FEWEST.. => Ok(()),
            few => Err(LmcError::invalid("sample.n_examples", few, format!("at least {FEWEST}"))),
        }
    }
}

impl Models {
    /// Returns the same as [`Models::sweep`] for about the price of a sweep on `options.n_examples` examples.
    ///
    /// The models themselves are evaluated on the whole set. Points inside lines are evaluated on examples
    /// that are drawn independently, with a chance that grows with the standard deviation of the models'
    /// losses on them; a tenth of the sample is spread evenly. At an example with chance p, the loss inside a
    /// line is taken to be `chord + (loss - chord) / p` if it is drawn, and `chord` if it is not, where the
    /// chord joins the losses of the two ends. These numbers are independent from example to example, and
    /// their expectation is the loss, so means, gaps and intervals are those of the whole set with a further
    /// error of sampling that the intervals include. Single losses may be negative. Accuracies in the table
    /// are estimated in the same way. Predictions and confidences of examples that are not drawn are those of
    /// the nearer end.
    ///
    /// A set with no more examples than `n_examples` is evaluated whole. Another choice of models draws another
    /// sample, and its lines are evaluated anew.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than 30 examples, or for another precision than float32, whose
    /// rounding the weights of examples would make larger; the errors of [`Models::sweep`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::study::SampleOptions;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep_sampled("id-large", Grid::TENTHS, &SampleOptions::default())?;
    /// println!("{:?}", sweep.confidence(&ConfidenceOptions::default())?);
    /// # Ok::<(), LmcError>(())
    /// ```
    ///
    /// # Reference
    /// The difference estimator of Särndal, Swensson and Wretman 1992, section 6.3, with Poisson sampling.
    pub fn sweep_sampled(&self, dataset: &str, grid: Grid, options: &SampleOptions) -> Result<Sweep> {
        let options = options.check()?;
        let plan = SweepPlan::lines(self.len(), grid)?;
        let set = self.study().task().set(dataset)?;
        if set.encoded.len() <= options.n_examples {
            return self.along(dataset, &plan);
        }
        self.check_precision()?;
        let (sample, ends) = self.drawn(dataset, &options)?;
        let part = set.subset(&sample.examples)?;
        let ends_of_part: Vec<Outcome> = ends.iter().map(|end| sample.of(end)).collect();
        let sampled = self.with_job_on(&part, &plan, &ends_of_part, execute)?;
        let models = self.names();
        let whole = |line: Sampled| {
            let [a, b] = [&ends[line.models[0]], &ends[line.models[1]]];
            let mut profile = Profile::of(line, &plan, &models);
            for (outcome, &alpha) in profile.outcomes.iter_mut().zip(&profile.alphas) {
                *outcome = sample.whole(alpha, outcome, a, b);
            }
            profile
        };
        Ok(Sweep {
            dataset: dataset.to_owned(),
            labels: set.labels(),
            profiles: sampled.into_iter().map(whole).collect(),
            imprecision: 0.0,
            models,
            sample: Some(sample),
        })
    }

    /// Returns the examples that are drawn from a set, and the results of the models on all of it.
    pub(super) fn drawn(
        &self,
        dataset: &str,
        options: &Valid<SampleOptions>,
    ) -> Result<(Sample, Vec<Outcome>)> {
        let ends = self.ends(dataset)?;
        Ok((Sample::drawn(&ends, options)?, ends))
    }

    /// Checks that points are evaluated in float32.
    pub(super) fn check_precision(&self) -> Result<()> {
        match self.study().compute().precision {
            Precision::Float32 => Ok(()),
            other => Err(LmcError::invalid("compute.precision", other, "float32 with drawn examples")),
        }
    }
}

/// Examples that were drawn from a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Their numbers in the set, ascending.
    pub examples: Vec<usize>,
    /// The chance that each had, in (0, 1].
    pub chances: Vec<f64>,
}

impl Sample {
    /// Draws examples by how much the losses of the models differ on them.
    fn drawn(models: &[Outcome], options: &Valid<SampleOptions>) -> Result<Self> {
        let n = models[0].losses.len();
        let spread = (0..n).map(|example| {
            let losses: Vec<f64> = models.iter().map(|model| f64::from(model.losses[example])).collect();
            standard_deviation(&losses)
        });
        let all = chances(&spread.collect::<Result<Vec<f64>>>()?, options.n_examples);
        let mut rng = rng(options.seed, "sample of examples");
        let mut sample = Self { examples: Vec::new(), chances: Vec::new() };
        for (example, chance) in all.into_iter().enumerate() {
            if rng.random::<f64>() < chance {
                sample.examples.push(example);
                sample.chances.push(chance);
            }
        }
        Ok(sample)
    }

    /// Returns the largest weight of an example: one over its chance.
    pub(super) fn largest_weight(&self) -> f64 {
        self.chances.iter().map(|chance| 1.0 / chance).fold(1.0, f64::max)
    }

    /// Returns the mean over all examples of a number that is known of each at both ends of a line, `a` and `b`,
    /// and on the drawn ones also at the point `alpha`.
    pub(super) fn mean(&self, alpha: f64, at: impl Fn(usize) -> f64, [a, b]: [&[f64]; 2]) -> f64 {
        let chord = |example: usize| chord(alpha, a[example], b[example]);
        let chords: f64 = (0..a.len()).map(chord).sum();
        let drawn = self.examples.iter().zip(&self.chances);
        let above: f64 = drawn.map(|(&example, chance)| (at(example) - chord(example)) / chance).sum();
        (chords + above) / a.len() as f64
    }

    /// Returns the results on these examples.
    fn of(&self, whole: &Outcome) -> Outcome {
        Outcome {
            losses: self.examples.iter().map(|&example| whole.losses[example]).collect(),
            predictions: self.examples.iter().map(|&example| whole.predictions[example]).collect(),
            confidences: self.examples.iter().map(|&example| whole.confidences[example]).collect(),
        }
    }

    /// Returns the results on all examples at a point of the line from B (alpha = 0) to A (alpha = 1), of which
    /// `drawn` has those on these examples.
    fn whole(&self, alpha: f64, drawn: &Outcome, a: &Outcome, b: &Outcome) -> Outcome {
        let nearer = if alpha < 0.5 { b } else { a };
        if alpha == 0.0 || alpha == 1.0 {
            return nearer.clone();
        }
        let chord = |example: usize| chord(alpha, f64::from(a.losses[example]), f64::from(b.losses[example]));
        let mut whole =
            Outcome { losses: (0..a.losses.len()).map(|i| chord(i) as f32).collect(), ..nearer.clone() };
        for (place, (&example, chance)) in self.examples.iter().zip(&self.chances).enumerate() {
            let chord = chord(example);
            whole.losses[example] = (chord + (f64::from(drawn.losses[place]) - chord) / chance) as f32;
            whole.predictions[example] = drawn.predictions[place];
            whole.confidences[example] = drawn.confidences[place];
        }
        whole
    }
}

/// Returns the number between those of the ends A (alpha = 1) and B (alpha = 0).
fn chord(alpha: f64, a: f64, b: f64) -> f64 {
    (1.0 - alpha) * b + alpha * a
}

/// Returns the chance of each example, so that `n` are drawn on average. Chances are proportional to `spread`
/// but for the part that is even, and are at most 1.
fn chances(spread: &[f64], n: usize) -> Vec<f64> {
    let sum: f64 = spread.iter().sum();
    let even = EVEN / spread.len() as f64;
    let shares: Vec<f64> = match sum > 0.0 {
        true => spread.iter().map(|spread| (1.0 - EVEN) * spread / sum + even).collect(),
        false => vec![1.0 / spread.len() as f64; spread.len()],
    };
    // Chances above 1 are cut, and the others raised, until no other one is above 1. There are fewer of them
    // than n, since each takes a share of at least 1 / n and the even part leaves some for all others.
    let mut sure = vec![false; shares.len()];
    loop {
        let n_sure = sure.iter().filter(|&&sure| sure).count();
        let rest: f64 = shares.iter().zip(&sure).filter(|(_, sure)| !**sure).map(|(share, _)| share).sum();
        let factor = (n - n_sure) as f64 / rest;
        let above: Vec<usize> =
            (0..shares.len()).filter(|&i| !sure[i] && factor * shares[i] >= 1.0).collect();
        if above.is_empty() {
            let chance = |(share, sure): (&f64, &bool)| if *sure { 1.0 } else { factor * share };
            return shares.iter().zip(&sure).map(chance).collect();
        }
        above.into_iter().for_each(|example| sure[example] = true);
    }
}

#[cfg(test)]
mod tests;
