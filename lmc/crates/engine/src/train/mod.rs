//! Finetuning of stacks of seeds, curves between two models, pretraining of the embedded encoder.

mod curve;
mod device;
mod flat;
mod gradient;
mod headed;
mod laid;
mod log;
mod loop_;
mod optimiser;
mod order;
#[cfg(test)]
mod parity;
mod place;
mod pretrain;
mod scaling;
mod schedule;
mod set;
mod state;
mod tally;
#[cfg(test)]
mod tests;
mod window;

pub use curve::{CurveRecipe, CurveState, CurveTraining};
pub use gradient::loss_gradient;
pub use log::UpdateLog;
pub use loop_::{Snapshot, Training, train_stack};
pub use optimiser::AdamW;
pub use order::Order;
pub use place::Place;
pub use pretrain::{MaskVocabulary, PretrainRecipe, pretrain};
pub use schedule::Schedule;
pub use set::{Features, TrainingSet};
pub use state::TrainingState;
