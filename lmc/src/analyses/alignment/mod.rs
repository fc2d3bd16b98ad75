//! Neuron alignment of the copies of a study, and the lines between them once their units are in one order.

pub(crate) mod figure;
mod options;
mod repairing;
mod table;

use std::fmt;

use polars::prelude::DataFrame;
use tch::Device;

use crate::compute::within_memory;
use crate::encode::Encoded;
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::gap::Measure;
use crate::options::Options;
use crate::parallel::run_on_workers;
use crate::path::Combination;
use crate::progress::{Progress, Unit};
use crate::study::{Model, Models, Sweep};
use crate::sweep::{Profile, SweepPlan, execute};
use crate::tables::Table;
use crate::weights::Weights;

pub use crate::align::{
    Alignment, Axis, Matched, Permutation, Symmetry, UnitCounts, Units, activation_matching, assignment,
    check_repair, repair, shuffled, stream_symmetries, symmetries, weight_matching,
    weight_matching_with_stream,
};
pub use figure::alignment_scatter;
pub use options::{AlignBy, AlignOptions};
pub use table::{ALIGNMENT, AlignmentColumns};

/// A sweep, and the same with the units of each model B in the order of model A's.
#[derive(Clone)]
pub struct AlignedSweep {
    /// The sweep as it was.
    pub before: Sweep,
    /// The lines to the aligned models, in the same order.
    pub after: Sweep,
    /// The lines to the aligned models with their inner points repaired, if that was asked for.
    pub repaired: Option<Sweep>,
    /// The alignment of each line's model B to its model A.
    pub alignments: Vec<Alignment>,
    /// The way in which units were matched.
    pub by: AlignBy,
}

impl fmt::Debug for AlignedSweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moved = self.alignments.iter().filter(|alignment| !alignment.is_identity()).count();
        write!(f, "AlignedSweep({:?}, units moved in {moved})", self.before)
    }
}

impl Models {
    /// Returns the alignment of copy `b`'s units to those of copy `a`, both by number, by their weights.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a copy that does not exist; those of [`Models::weights_of`] and
    /// [`weight_matching`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let alignment = models.align(0, 1)?;
    /// println!("{alignment:?}"); // how many units move
    /// let aligned = alignment.apply(&models.weights_of(&models.models()[1])?)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn align(&self, a: usize, b: usize) -> Result<Alignment> {
        let weights = |i: usize| {
            let expected = || format!("a number below {}", self.len());
            let model = self.models().get(i).ok_or_else(|| LmcError::invalid("model", i, expected()))?;
            self.weights_of(model)
        };
        weight_matching(self.study().task().classifier.config(), &weights(a)?, &weights(b)?)
    }

    /// Returns the sweep again along the lines from each model A to model B with its units in A's order, by
    /// weights: [`Models::sweep_aligned_by`] with the usual options.
    ///
    /// # Errors
    /// The errors of [`Models::sweep_aligned_by`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let aligned = models.sweep_aligned(&sweep)?;
    /// figure::alignment_scatter(&aligned.table()?)?.save("alignment.png")?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_aligned(&self, sweep: &Sweep) -> Result<AlignedSweep> {
        self.sweep_aligned_by(sweep, &AlignOptions::default())
    }

    /// Returns the sweep again along the lines from each model A to model B with its units in A's order, and
    /// once more with repaired points if the options say so.
    ///
    /// Where the best permutation is the identity, the line is the one that was swept. The others are
    /// evaluated at the same points and kept in the store; their ends are known, since no alignment changes a
    /// function. So it is with repaired points, each of which is a model of its own in the store. Texts are
    /// those of the training set, drawn by the seed.
    ///
    /// # Errors
    /// The errors of [`Models::sample`], [`AlignOptions::check`](crate::Options::check), [`activation_matching`]
    /// and [`repair`]; [`LmcError::InvalidParameter`] for a sweep over other models, with lines that were
    /// refined, or of sampled examples.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::alignment::{AlignBy, AlignOptions};
    /// use lmc::prelude::*;
    /// // Models whose encoders were pretrained separately.
    /// let models = Models::open(&["one", "other"], TaskSpec::open("stance.toml")?)?;
    /// let sweep = models.sweep("id-sample", Grid::TENTHS)?;
    /// let options = AlignOptions {
    ///     by: AlignBy::Activations,
    ///     stream: true,
    ///     repair: true,
    ///     ..AlignOptions::default()
    /// };
    /// println!("{}", models.sweep_aligned_by(&sweep, &options)?.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_aligned_by(&self, sweep: &Sweep, options: &AlignOptions) -> Result<AlignedSweep> {
        let options = options.check()?;
        options.check_for(self.study().task().classifier.config())?;
        let pairs = self.pairs(sweep)?;
        sweep.check_whole()?;
        let texts = self.texts_of_alignment(&options);
        let alignments = self.alignments(&pairs, &options, &texts)?;
        let moved: Vec<usize> = (0..pairs.len()).filter(|&line| !alignments[line].is_identity()).collect();
        let mut after = sweep.clone();
        if let Some(first) = moved.first() {
            let alphas = sweep.profiles[*first].alphas.clone();
            if sweep.profiles.iter().any(|profile| profile.alphas != alphas) {
                let expected = "lines with the same points; align before refining";
                return Err(LmcError::invalid("sweep", "lines with different points", expected));
            }
            let aligned: Vec<Aligned> = moved.iter().map(|&line| (pairs[line], &alignments[line])).collect();
            let sampled = self.sample_aligned(&sweep.dataset, &aligned, &alphas)?;
            for (line, (outcomes, distance)) in moved.into_iter().zip(sampled) {
                after.profiles[line] = Profile { outcomes, distance, ..after.profiles[line].clone() };
            }
        }
        let repaired = options.repair.then(|| self.repaired(&after, &pairs, &alignments, &texts));
        let repaired = repaired.transpose()?;
        Ok(AlignedSweep { before: sweep.clone(), after, repaired, alignments, by: options.by })
    }

    fn alignments(
        &self,
        pairs: &[[usize; 2]],
        options: &AlignOptions,
        texts: &[Encoded],
    ) -> Result<Vec<Alignment>> {
        let (classifier, load) = (&self.study().task().classifier, self.loader());
        let config = classifier.config();
        if options.by == AlignBy::Nothing {
            return Ok(vec![Alignment { matches: Vec::new() }; pairs.len()]);
        }
        let progress = Progress::new("aligning units", Unit::Pairs, pairs.len() as u64);
        let workers = self.study().compute().workers();
        let equip = |&device: &Device| Ok(device);
        run_on_workers(&workers, pairs.to_vec(), equip, |&mut device, _, pair| {
            let alignment = within_memory(|| {
                let there = |model| {
                    let weights = load(model)?;
                    Weights::new(weights.layout().clone(), weights.theta().f_to_device(device)?)
                };
                let [a, b] = pair.map(there);
                let (a, b) = (a?, b?);
                match (options.by, options.stream) {
                    (AlignBy::Activations, stream) => {
                        let of_stream = if stream { stream_symmetries(config) } else { Vec::new() };
                        let all = symmetries(config).into_iter().chain(of_stream).collect();
                        activation_matching(classifier, all, &a, &b, texts)
                    }
                    (_, true) => weight_matching_with_stream(config, &a, &b),
                    (_, false) => weight_matching(config, &a, &b),
                }
            })?;
            progress.tick(String::new);
            Ok(alignment)
        })
    }

    /// Returns the outcomes along the line from A to the aligned B, and their distance.
    fn sample_aligned(
        &self,
        dataset: &str,
        aligned: &[Aligned<'_>],
        alphas: &[f64],
    ) -> Result<Vec<(Vec<Outcome>, f64)>> {
        let models = self.models();
        let (n, own) = (models.len(), self.loader());
        // After the copies come the aligned ones, each under a name of its own.
        let load = |i: usize| -> Result<Weights> {
            match i.checked_sub(n) {
                None => own(i),
                Some(k) => {
                    let ([_, b], alignment) = aligned[k];
                    alignment.apply(&own(b)?)
                }
            }
        };
        let name = |&([_, b], alignment): &Aligned<'_>| {
            format!("{}-aligned-{}", models[b].key(), alignment.digest())
        };
        let names: Vec<String> = models.iter().map(Model::key).chain(aligned.iter().map(name)).collect();
        let mut ends: Vec<Outcome> = self.evaluate(dataset)?.into_iter().map(|e| e.outcome).collect();
        ends.extend(aligned.iter().map(|([_, b], _)| ends[*b].clone()).collect::<Vec<_>>());
        let units = aligned.iter().enumerate().map(|(k, ([a, _], _))| vec![*a, n + k]).collect();
        let points = alphas.iter().map(|&alpha| Combination::on_line(alpha)).collect();
        let plan = SweepPlan::new(names.len(), units, points)?;
        let set = self.study().task().set(dataset)?;
        let sampled = execute(&self.study().job(set, &plan, &names, &load, &ends))?;
        Ok(sampled.into_iter().map(|line| (line.outcomes, line.distances[0])).collect())
    }
}

/// A pair of models and the alignment of the second to the first.
type Aligned<'a> = ([usize; 2], &'a Alignment);

impl Table for AlignedSweep {
    /// Returns one row per pair: the units that moved and the effect on the line, the schema
    /// [`ALIGNMENT`](crate::table::ALIGNMENT).
    ///
    /// # Errors
    /// [`LmcError::NonFiniteLoss`]; [`LmcError::Polars`].
    fn table(&self) -> Result<DataFrame> {
        let of = |sweep: &Sweep, measure: Measure| {
            sweep.profiles.iter().map(|profile| profile.measure(measure)).collect::<Result<Vec<f64>>>()
        };
        let lines = &self.before.profiles;
        let moved = |count: fn(UnitCounts) -> usize| {
            self.alignments.iter().map(|alignment| count(alignment.moved()) as i64).collect::<Vec<_>>()
        };
        let all = |count: fn(UnitCounts) -> usize| {
            self.alignments.iter().map(|alignment| count(alignment.n_units()) as i64).collect::<Vec<_>>()
        };
        let repaired = |measure: Measure| -> Result<Vec<Option<f64>>> {
            match &self.repaired {
                None => Ok(vec![None; lines.len()]),
                Some(sweep) => Ok(of(sweep, measure)?.into_iter().map(Some).collect()),
            }
        };
        let similarity = |of: fn(&Alignment) -> f64| self.alignments.iter().map(of).collect::<Vec<_>>();
        AlignmentColumns {
            a: lines.iter().map(|p| p.a.clone()).collect(),
            b: lines.iter().map(|p| p.b.clone()).collect(),
            dataset: vec![self.before.dataset.clone(); lines.len()],
            moved_neurons: moved(|count| count.neurons),
            n_neurons: all(|count| count.neurons),
            moved_heads: moved(|count| count.heads),
            n_heads: all(|count| count.heads),
            moved_head_units: moved(|count| count.head_units),
            n_head_units: all(|count| count.head_units),
            moved_pooler_units: moved(|count| count.pooler_units),
            n_pooler_units: all(|count| count.pooler_units),
            similarity_identity: similarity(Alignment::similarity_identity),
            similarity_matched: similarity(Alignment::similarity_matched),
            distance: of(&self.before, Measure::EuclideanDistance)?,
            distance_aligned: of(&self.after, Measure::EuclideanDistance)?,
            barrier_height: of(&self.before, Measure::BarrierHeight)?,
            barrier_height_aligned: of(&self.after, Measure::BarrierHeight)?,
            convexity_gap: of(&self.before, Measure::ConvexityGap)?,
            convexity_gap_aligned: of(&self.after, Measure::ConvexityGap)?,
            by: vec![self.by.to_string(); lines.len()],
            moved_stream_units: moved(|count| count.stream_units),
            n_stream_units: all(|count| count.stream_units),
            barrier_height_repaired: repaired(Measure::BarrierHeight)?,
            convexity_gap_repaired: repaired(Measure::ConvexityGap)?,
        }
        .frame()
    }
}
