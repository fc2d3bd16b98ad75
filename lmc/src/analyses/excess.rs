//! The excess of a model made of others: its loss less the mean of theirs, in every example.

use crate::eval::Outcome;

/// Returns the loss of every example less the mean of that by `members`, in nats.
pub(crate) fn excess(of: &Outcome, members: &[&Outcome]) -> Vec<f64> {
    let mean_loss = |example: usize| {
        members.iter().map(|member| f64::from(member.losses[example])).sum::<f64>() / members.len() as f64
    };
    of.losses.iter().enumerate().map(|(example, &loss)| f64::from(loss) - mean_loss(example)).collect()
}

/// Returns the mean of several excesses in every example.
pub(crate) fn mean_in_examples(excesses: &[&[f64]]) -> Vec<f64> {
    let n_examples = excesses.first().map_or(0, |excess| excess.len());
    let mean =
        |example: usize| excesses.iter().map(|excess| excess[example]).sum::<f64>() / excesses.len() as f64;
    (0..n_examples).map(mean).collect()
}
