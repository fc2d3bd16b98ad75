//! Rich display in a notebook: figures, tables, descriptions and results.
//!
//! A cell that ends with a value shows it: the kernel calls `evcxr_display` and reads content between marker
//! lines from the standard output. `value.show()` shows it from within a cell. In the kernel "Rust (lmc)"
//! that is a record, see [`crate::kernel`], and every value that is shown appears; another evcxr kernel takes
//! the same marker lines, of which only the last of a cell are seen. All forms of one display (interactive,
//! image, text) are written at once under the lock, so that nothing from another thread falls in between.
//! Without a kernel the plain text is printed.

mod claims;
mod results;
mod specs;

pub use claims::Claims;
pub use lmc_base::show::Show;
use lmc_base::shown;
pub use lmc_base::{interrupt, progress};

use crate::analyses::confidence::{Confidence, SampleSizes};
use crate::analyses::replay::Replay;
use crate::analyses::report::Report;
use crate::study::{Models, Study, StudySpec, Sweep};

shown!(StudySpec, Study, Models, Sweep, Replay, Report);
shown!(Claims, Confidence, SampleSizes);
