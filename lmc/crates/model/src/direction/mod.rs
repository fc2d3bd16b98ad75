//! Directions from a model in which a loss is looked at: random ones on the scale of the model, and those in
//! which its training moved most.

mod principal;
mod random;
#[cfg(test)]
mod tests;

pub use principal::Principal;
pub use random::{DirectionScale, random_direction, scaled_direction};
