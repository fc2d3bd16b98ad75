//! Losses of the last few updates, which stay on the device until they are read together.

use std::ops::Range;

use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// The losses of each model in the updates since they were last read.
#[derive(Debug)]
pub(super) struct Window {
    /// `[updates, stack]` f32.
    losses: Tensor,
    n_filled: i64,
}

impl Window {
    /// Makes room for the losses of that many updates of a stack of models like `theta`, `[stack, ..]`.
    pub fn new(updates: u32, theta: &Tensor) -> Self {
        let shape = [i64::from(updates.max(1)), theta.size()[0]];
        Self { losses: Tensor::zeros(shape, (Kind::Float, theta.device())), n_filled: 0 }
    }

    /// Puts down the losses of some models in the update under way, `[models]` f32.
    pub fn put(&self, models: &Range<usize>, losses: &Tensor) {
        let (start, n) = (models.start as i64, models.len() as i64);
        self.losses.get(self.n_filled).narrow(0, start, n).copy_(&losses.detach());
    }

    /// Ends the update under way, and returns whether there is no room for another one.
    pub fn end_update(&mut self) -> bool {
        self.n_filled += 1;
        self.n_filled == self.losses.size()[0]
    }

    /// Reads the losses of each update, and forgets them; this waits for the device.
    ///
    /// # Errors
    /// [`LmcError::Torch`](lmc_base::error::LmcError::Torch).
    pub fn read(&mut self) -> Result<Vec<Vec<f32>>> {
        let filled = self.losses.narrow(0, 0, self.n_filled);
        self.n_filled = 0;
        let stack = filled.size()[1].max(1) as usize;
        let values = Vec::<f32>::try_from(filled.reshape([-1]))?;
        Ok(values.chunks(stack).map(<[f32]>::to_vec).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn losses_are_read_in_the_order_of_the_updates() {
        let mut window = Window::new(3, &Tensor::zeros([2, 5], (Kind::Float, Device::Cpu)));
        for update in 0..2 {
            window.put(&(0..1), &Tensor::from_slice(&[update as f32]));
            window.put(&(1..2), &Tensor::from_slice(&[10.0 + update as f32]));
            assert!(!window.end_update());
        }
        assert_eq!(window.read().unwrap(), [[0.0, 10.0], [1.0, 11.0]]);
        assert!(window.read().unwrap().is_empty());
        assert_eq!([0; 3].map(|_| window.end_update()), [false, false, true]);
    }
}
