//! Lines whose inner points are repaired, and the texts that this reads.

use serde_json::json;

use super::{AlignOptions, Alignment};
use crate::align::repair;
use crate::compute::within_memory;
use crate::encode::{Encoded, digest};
use crate::error::Result;
use crate::file::sha256;
use crate::study::{Models, Sweep};
use crate::sweep::Profile;
use crate::weights::Weights;

/// The number of digits of a repaired point's name.
const DIGITS: usize = 20;

/// An inner point of a line.
struct Inner {
    line: usize,
    point: usize,
}

impl Models {
    /// Returns the texts of the training set of which activations are taken, drawn by the seed; none if none
    /// are needed.
    pub(super) fn texts_of_alignment(&self, options: &AlignOptions) -> Vec<Encoded> {
        let n_texts = if options.reads_texts() { options.n_texts } else { 0 };
        self.study().task().drawn_texts(n_texts, options.seed, "align texts")
    }

    /// Returns the same lines with inner points that were repaired on those texts. Each is evaluated as a model
    /// of its own and kept in the store; ends are those of the sweep.
    pub(super) fn repaired(
        &self,
        aligned: &Sweep,
        pairs: &[[usize; 2]],
        alignments: &[Alignment],
        texts: &[Encoded],
    ) -> Result<Sweep> {
        let (models, own, of_texts) = (self.models(), self.loader(), digest(texts));
        let lines = aligned.profiles.iter().enumerate();
        let inner: Vec<Inner> = lines
            .flat_map(|(line, profile)| (1..profile.alphas.len() - 1).map(move |point| Inner { line, point }))
            .collect();
        let alpha = |inner: &Inner| aligned.profiles[inner.line].alphas[inner.point];
        let key = |inner: &Inner| {
            let names = pairs[inner.line].map(|model| models[model].key());
            let facts = json!({
                "models": names,
                "alignment": alignments[inner.line].digest(),
                "alpha": alpha(inner),
                "texts": of_texts,
            });
            format!("repaired-{}", &sha256(facts.to_string().as_bytes())[..DIGITS])
        };
        let (classifier, devices) = (&self.study().task().classifier, &self.study().compute().devices);
        let load = |i: usize| -> Result<Weights> {
            let point = &inner[i];
            let [a, b] = pairs[point.line].map(&own);
            let (a, b) = (a?, alignments[point.line].apply(&b?)?);
            let theta = match devices.get(i % devices.len().max(1)) {
                Some(&device) => a.theta().f_to_device(device)?,
                None => a.theta().shallow_clone(),
            };
            let a = Weights::new(a.layout().clone(), theta)?;
            within_memory(|| repair(classifier, &a, &b, alpha(point), texts))
        };
        let keys: Vec<String> = inner.iter().map(key).collect();
        let outcomes = self.study().outcomes(&aligned.dataset, &keys, &load)?;
        let mut repaired = aligned.clone();
        for (Inner { line, point }, outcome) in inner.iter().zip(outcomes) {
            let profile: &mut Profile = &mut repaired.profiles[*line];
            profile.outcomes[*point] = outcome;
        }
        Ok(repaired)
    }
}
