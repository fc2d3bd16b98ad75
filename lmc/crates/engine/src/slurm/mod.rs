//! Work on a Slurm cluster: a job array is written, submitted and followed, and missing work is submitted
//! again.
//!
//! Queueing is left to Slurm. Other modules say what a task of an array does, and how much of it is left: a
//! task is one run of the command `lmc work`, and only the content of the [`store`](crate::store) counts, on
//! a file system that all nodes share. See `lmc::study::Study::finetune_on` and
//! `lmc::study::Models::sweep_on`.

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
pub use script::{Script, program, quoted};
