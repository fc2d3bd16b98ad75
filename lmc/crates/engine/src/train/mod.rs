//! Finetuning of stacks of seeds, curves between two models, pretraining of the embedded encoder.

mod curve;
mod gradient;
mod headed;
mod loop_;
mod optimiser;
mod order;
mod pretrain;
mod schedule;
mod set;
mod state;
#[cfg(test)]
mod tests;

pub use curve::{CurveRecipe, CurveState, CurveTraining};
pub use gradient::loss_gradient;
pub use loop_::{Snapshot, Training, train_stack};
pub use optimiser::AdamW;
pub use order::Order;
pub use pretrain::{MaskVocabulary, PretrainRecipe, pretrain};
pub use schedule::Schedule;
pub use set::{Features, TrainingSet};
pub use state::TrainingState;
