//! The learning-rate schedule of every recipe: linear warm-up, then linear decay to zero.

/// The learning rate of update `step` (from 0) of `n_steps`, `warmup` of which are the warm-up.
///
/// Rises linearly from 0 over the warm-up, then falls linearly to 0 after the last update (Devlin et al. 2019, A.2).
///
/// ```
/// use lmc::train::learning_rate;
/// assert_eq!(learning_rate(1.0, 5, 100, 10), 0.5);
/// assert_eq!(learning_rate(1.0, 55, 100, 10), 0.5);
/// ```
pub fn learning_rate(peak: f64, step: u32, n_steps: u32, warmup: u32) -> f64 {
    if step < warmup {
        peak * f64::from(step) / f64::from(warmup)
    } else {
        peak * f64::from(n_steps.saturating_sub(step)) / f64::from(n_steps.saturating_sub(warmup).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_warm_up_it_starts_at_the_peak_and_ends_above_zero() {
        assert_eq!(learning_rate(2.0, 0, 4, 0), 2.0);
        assert_eq!(learning_rate(2.0, 3, 4, 0), 0.5);
        assert_eq!(learning_rate(2.0, 4, 4, 0), 0.0);
    }
}
