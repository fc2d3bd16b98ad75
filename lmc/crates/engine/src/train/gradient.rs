//! The loss of one model on a few examples, with its gradient.

use tch::{Kind, Tensor};

use super::set::packed_batch;
use lmc_base::error::Result;
use lmc_model::encode::Encoded;
use lmc_model::guard::guarded;
use lmc_model::model::{Classifier, Dropout};
use lmc_model::weights::Parameters;

/// Returns the mean loss of the model theta, `[n_parameters]`, on the examples of those numbers, in nats,
/// without dropout, and its gradient by theta, `[n_parameters]`, on theta's device.
///
/// # Errors
/// [`LmcError::OutsideTable`](lmc_base::error::LmcError::OutsideTable) if the model has no row for a token,
/// [`LmcError::InvalidParameter`](lmc_base::error::LmcError::InvalidParameter) for a label that is not one of
/// its classes; [`LmcError::Torch`](lmc_base::error::LmcError::Torch).
pub fn loss_gradient(
    classifier: &Classifier,
    theta: &Tensor,
    examples: &[Encoded],
    batch: &[usize],
) -> Result<(f64, Tensor)> {
    guarded(|| loss_gradient_of(classifier, theta, examples, batch))
}

fn loss_gradient_of(
    classifier: &Classifier,
    theta: &Tensor,
    examples: &[Encoded],
    batch: &[usize],
) -> Result<(f64, Tensor)> {
    let leaves = Parameters::leaves(&theta.unsqueeze(0), classifier.layout())?;
    let (tokens, labels) = packed_batch(examples, batch);
    classifier.check_labels(&tokens.extent(), None)?;
    let (tokens, labels) = (tokens.to_device(theta.device()), labels.to_device(theta.device()));
    let logits = classifier.packed_logits(&leaves, &tokens, &Dropout::NONE)?;
    let log_probabilities = logits.log_softmax(-1, Kind::Float);
    let loss = -log_probabilities.f_gather(-1, &labels.unsqueeze(-1), false)?.mean(Kind::Float);
    let gradient = leaves.gradient(&loss)?;
    Ok((loss.double_value(&[]), gradient.squeeze_dim(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_model::encode::packed_batches;
    use lmc_model::eval::evaluate;
    use lmc_model::model::fixture::{classifier, examples, weights};

    #[test]
    fn the_loss_is_that_of_an_evaluation_and_the_gradient_its_slope() {
        let (classifier, examples) = (classifier(), examples(12, 3));
        let theta = weights(&classifier, 1).theta().copy();
        let batch: Vec<usize> = (0..12).collect();
        let (loss, gradient) = loss_gradient(&classifier, &theta, &examples, &batch).unwrap();
        let loss_at = |theta: &Tensor| {
            evaluate(&classifier, theta, &packed_batches(&examples, 512), 12).unwrap().mean_loss()
        };
        assert!((loss - loss_at(&theta)).abs() < 1e-5);
        // Along the gradient itself the slope is its norm.
        let norm = gradient.norm().double_value(&[]);
        let step = 1e-2;
        let direction = &gradient / norm;
        let slope =
            (loss_at(&(&theta + &direction * step)) - loss_at(&(&theta - &direction * step))) / (2.0 * step);
        assert!((slope - norm).abs() < 0.02 * norm, "{slope} against {norm}");
        // Half of the examples twice are the mean over that half.
        let (twice, _) = loss_gradient(&classifier, &theta, &examples, &[0, 1, 0, 1]).unwrap();
        let (once, _) = loss_gradient(&classifier, &theta, &examples, &[1, 0]).unwrap();
        assert!((twice - once).abs() < 1e-6);
    }
}
