//! The order of a classifier's outputs in its weights.

use tch::Tensor;

use super::config::ModelConfig;
use super::head;
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};

/// Returns the weights of the same classifier with its outputs in another order: output `i` of the result is
/// output `order[i]` of `weights`.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for an order that does not have each output once.
#[doc(hidden)]
pub fn reordered(config: &ModelConfig, weights: &Weights, order: &[usize]) -> Result<Weights> {
    let weight = head::output_weight(config);
    let bias = weight.replace(".weight", ".bias");
    let theta = weights.theta().copy();
    let rows: Vec<i64> = order.iter().map(|&row| row as i64).collect();
    let rows = Tensor::from_slice(&rows);
    let of_head = |name: &str| name == weight || name == bias;
    for entry in weights.layout().entries().iter().filter(|entry| of_head(&entry.name)) {
        let n = entry.shape[0] as usize;
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..n) {
            return Err(LmcError::invalid(
                "order",
                format!("{order:?}"),
                format!("each of {n} outputs once"),
            ));
        }
        let size = entry.shape.iter().product();
        let part = theta.f_narrow(0, entry.offset, size)?.f_view(entry.shape.as_slice())?;
        let moved = part.f_index_select(0, &rows)?;
        part.shallow_clone().f_copy_(&moved)?;
    }
    Weights::new(weights.layout().clone(), theta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Classifier;
    use crate::model::fixture::{config, roberta, weights};

    #[test]
    fn the_rows_of_the_head_are_moved_and_nothing_else() {
        for config in [config(), roberta()] {
            let before = weights(&Classifier::new(&config, 3), 3);
            let after = reordered(&config, &before, &[2, 0, 1]).unwrap();
            let weight = head::output_weight(&config);
            for entry in before.layout().entries() {
                let part = |weights: &Weights| {
                    let size = entry.shape.iter().product();
                    weights.theta().narrow(0, entry.offset, size).view(entry.shape.as_slice())
                };
                let is_output = [weight.to_owned(), weight.replace(".weight", ".bias")].contains(&entry.name);
                let expected = match is_output {
                    true => part(&before).index_select(0, &Tensor::from_slice(&[2i64, 0, 1])),
                    false => part(&before),
                };
                assert_eq!(part(&after), expected, "{}", entry.name);
            }
            for wrong in [&[0, 1][..], &[0, 0, 1], &[1, 2, 3]] {
                assert!(reordered(&config, &before, wrong).is_err(), "{wrong:?}");
            }
        }
    }
}
