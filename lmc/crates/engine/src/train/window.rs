//! Losses and norms of gradients of the last few updates, which stay on the device until they are read together.

use std::ops::Range;

use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// The loss and the norm of the gradient of each model in the updates since they were last read.
#[derive(Debug)]
pub(super) struct Window {
    /// `[updates, 2, stack]` f32: losses, then norms.
    values: Tensor,
    n_filled: i64,
}

/// The numbers of one update, one for each model.
#[derive(Debug, PartialEq)]
pub(super) struct UpdateNumbers {
    pub losses: Vec<f32>,
    pub gradient_norms: Vec<f32>,
}

impl Window {
    /// Makes room for the numbers of that many updates of a stack of models like `theta`, `[stack, ..]`.
    pub fn new(updates: u32, theta: &Tensor) -> Self {
        let shape = [i64::from(updates.max(1)), 2, theta.size()[0]];
        Self { values: Tensor::zeros(shape, (Kind::Float, theta.device())), n_filled: 0 }
    }

    /// Puts down the losses of some models in the update under way, `[models]` f32.
    pub fn put_losses(&self, models: &Range<usize>, losses: &Tensor) {
        self.put(0, models, losses);
    }

    /// Puts down the norms of the gradients of some models in the update under way, `[models]` f32.
    pub fn put_norms(&self, models: &Range<usize>, norms: &Tensor) {
        self.put(1, models, norms);
    }

    fn put(&self, row: i64, models: &Range<usize>, values: &Tensor) {
        let (start, n) = (models.start as i64, models.len() as i64);
        self.values.get(self.n_filled).get(row).narrow(0, start, n).copy_(&values.detach());
    }

    /// Ends the update under way, and returns whether there is no room for another one.
    pub fn end_update(&mut self) -> bool {
        self.n_filled += 1;
        self.n_filled == self.values.size()[0]
    }

    /// Reads the numbers of each update, and forgets them; this waits for the device.
    ///
    /// # Errors
    /// [`LmcError::Torch`](lmc_base::error::LmcError::Torch).
    pub fn read(&mut self) -> Result<Vec<UpdateNumbers>> {
        let filled = self.values.narrow(0, 0, self.n_filled);
        self.n_filled = 0;
        let stack = filled.size()[2].max(1) as usize;
        let values = Vec::<f32>::try_from(filled.reshape([-1]))?;
        let update = |values: &[f32]| {
            let (losses, norms) = values.split_at(stack);
            UpdateNumbers { losses: losses.to_vec(), gradient_norms: norms.to_vec() }
        };
        Ok(values.chunks(2 * stack).map(update).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn numbers_are_read_in_the_order_of_the_updates() {
        let mut window = Window::new(3, &Tensor::zeros([2, 5], (Kind::Float, Device::Cpu)));
        for update in 0..2 {
            let number = |n: f32| Tensor::from_slice(&[n + update as f32]);
            window.put_losses(&(0..1), &number(0.0));
            window.put_losses(&(1..2), &number(10.0));
            window.put_norms(&(0..1), &number(100.0));
            window.put_norms(&(1..2), &number(110.0));
            assert!(!window.end_update());
        }
        let expected = [0.0, 1.0].map(|update| UpdateNumbers {
            losses: vec![update, 10.0 + update],
            gradient_norms: vec![100.0 + update, 110.0 + update],
        });
        assert_eq!(window.read().unwrap(), expected);
        assert!(window.read().unwrap().is_empty());
        assert_eq!([0; 3].map(|_| window.end_update()), [false, false, true]);
    }
}
