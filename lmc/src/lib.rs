//! Linear mode connectivity of finetuned text classifiers: do finetuned copies of one pretrained model lie in
//! the same linearly connected basin of the loss surface, and what does that say about how they generalise?
//!
//! Start at [`study::Study`], or with `use lmc::prelude::*;` in a notebook, where every result shows itself
//! ([`notebook`]), long work shows its [`progress`] and the stop button ends it but keeps finished work
//! ([`interrupt`]).
//!
//! The guide lies in `lmc/docs` of the repository: `start.md` is its first page, `concepts.md` explains the
//! words with pictures, and `verbs.md` has the verbs of the command. `mdbook build lmc/docs` makes a book of
//! it, [beside this documentation](../../guide/index.html).
//!
//! ```
//! use lmc::prelude::*;
//! // Loss at 11 points between two copies, in nats per example.
//! let losses = [0.30, 0.31, 0.34, 0.40, 0.46, 0.48, 0.45, 0.38, 0.33, 0.31, 0.30];
//! assert!((gap::convexity_gap(&losses)? - 0.18).abs() < 1e-12);
//! # Ok::<(), LmcError>(())
//! ```
//!
//! Features of the crate:
//!
//! | feature | effect |
//! |---|---|
//! | `doc-only` | builds the documentation without libtorch; programs do not link |
//!
//! CUDA needs no feature: the crate is built in the same way, and everything runs on the devices that the
//! libtorch in `LIBTORCH` sees ([`compute::Compute::auto`]).
//!
//! Variables of the environment:
//!
//! | variable | effect |
//! |---|---|
//! | `LMC_HOME` | the folder of the [`store`], of downloads and of the lock file ([`data::fetch`]); else `lmc/store` under the user's cache folder |
//! | `LMC_DATA` | a folder of data at hand, in which [published](analyses::published) tables are looked for instead of being fetched |
//! | `HF_HOME`, `HF_HUB_CACHE` | the cache of the Hugging Face hub, shared with transformers; else `huggingface` under the user's cache folder |
//! | `HF_ENDPOINT` | another hub than `https://huggingface.co` |
//! | `HF_TOKEN`, `HF_TOKEN_PATH` | who asks the hub; else the file `token` in `HF_HOME` |
//! | `HF_HUB_OFFLINE=1` | nothing is fetched, only what is in the cache is found |
//! | `HTTPS_PROXY`, `NO_PROXY` | how servers are reached |
//! | `LMC_THREADS` | the most threads to work on, 1 to 4096; else one for each core |
//! | `LMC_LEASE` | the seconds after which the claim of a process of another host that shows no sign of life is taken over; else 120 ([`store::Claim`]) |
//! | `LMC_PROGRESS=off` | no progress is shown |
//! | `LMC_ARITHMETIC=native` | copies of the embedded task are trained in the arithmetic of this processor; else in that which is the same on all of them, if the program was started for it ([`compute::is_portable`]) |
//! | `LIBTORCH` | when the crate is built: the folder with libtorch 2.11's `include/` and `lib/` |
//! | `LMC_KERNEL=1` | set by the kernel "Rust (lmc)" in the process of the cells, which may then send it messages ([`kernel`]) |

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod analyses;
pub mod figure;
mod figures;
pub mod model;
pub mod notebook;
pub mod prelude;
pub mod study;
pub mod table;
mod tables;

pub use lmc_base::options::{Options, Valid};
pub use lmc_base::{LmcError, Result};
pub use lmc_data::{self as data, spec};
pub use lmc_engine::{store, sweep};
pub use lmc_maths::{basin, gap, stats};
pub use lmc_model::compute;
// For notebooks, which depend on `lmc` alone.
pub use {ndarray, plotly, polars, rand_chacha, tch, tokenizers};

// For the command, the kernel, benchmarks and tests. No version promises them: users find what they need in
// the modules above.
#[doc(hidden)]
pub use lmc_base::{error, file, interrupt, kernel, options, progress, seed, step, terminal};
#[doc(hidden)]
pub use lmc_engine::{confidence, environment, provenance, sharpness, slurm, train};
#[doc(hidden)]
pub use lmc_model::{align, direction, encode, eval, merge, parallel, path, soup, weights};
