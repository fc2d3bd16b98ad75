//! The products of the inputs of linear layers.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::encode::Encoded;
use crate::model::{Classifier, Dropout, Tokens};
use crate::weights::Parameters;
use lmc_base::error::Result;

/// The most texts that are read at once.
const BATCH: usize = 32;

/// Returns the products by the name of the layer's weight; `tick` gets the texts of each step and those done.
pub(super) fn products(
    classifier: &Classifier,
    theta: &Tensor,
    texts: &[Encoded],
    tick: impl Fn(usize, usize) -> Result<()>,
) -> Result<BTreeMap<String, Tensor>> {
    let parameters = Parameters::views(&theta.f_unsqueeze(0)?, classifier.layout())?.watching_inputs();
    // Texts of one length need no padding, which would be among the inputs.
    let mut by_length: BTreeMap<usize, Vec<&Encoded>> = BTreeMap::new();
    texts.iter().for_each(|text| by_length.entry(text.ids.len()).or_default().push(text));
    let mut done = 0;
    for (length, batch) in by_length.iter().flat_map(|(&n, all)| all.chunks(BATCH).map(move |some| (n, some)))
    {
        let rows = |of: fn(&Encoded) -> &[i64]| -> Result<Tensor> {
            let all: Vec<i64> = batch.iter().flat_map(|text| of(text)).copied().collect();
            let size = [batch.len() as i64, length as i64];
            Ok(Tensor::f_from_slice(&all)?.f_view(size)?.f_to_device(theta.device())?)
        };
        let tokens = Tokens::shared(&rows(|text| &text.ids)?, &rows(|text| &text.segments)?, 1);
        // The logits are not needed, their inputs were watched.
        drop(tch::no_grad(|| classifier.logits(&parameters, &tokens, &Dropout::NONE))?);
        done += batch.len();
        tick(batch.len(), done)?;
    }
    let mut products = BTreeMap::new();
    for (names, product, rows) in parameters.watched_inputs(classifier.layout()) {
        let mean = (product / rows as f64).f_to_kind(Kind::Float)?.f_to_device(tch::Device::Cpu)?;
        products.extend(names.into_iter().map(|name| (name, mean.shallow_clone())));
    }
    Ok(products)
}
