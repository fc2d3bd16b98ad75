//! Work on a Slurm cluster: a job array is written, submitted and followed, and what is missing is submitted again.
//!
//! Queueing is Slurm's. What a task of an array does, and how much of it is left, others say: a task is one run of the command
//! `lmc work`, and all that counts is what lies in the [`store`](crate::store), on a file system that all nodes share. See
//! [`Study::finetune_on`](crate::study::Study::finetune_on) and [`Models::sweep_on`](crate::study::Models::sweep_on).

mod array;
mod command;
mod ending;
mod options;
mod queue;
mod script;
mod words;

#[doc(hidden)]
pub use array::{Array, Missing};
#[doc(hidden)]
pub use command::max_array_size;
pub use options::Slurm;
#[doc(hidden)]
pub use queue::array_in_queue;
#[doc(hidden)]
pub use script::{Script, program};
