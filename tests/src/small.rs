//! A study that is trained in a second or two.

use std::path::Path;

use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Models, Study, StudySpec};

/// Returns the spec of copies of the embedded encoder with the seeds 1 to `n`, side by side: 20 updates on
/// 256 examples.
pub fn spec(n: usize) -> StudySpec {
    StudySpec {
        task: TaskSpec::mini_nli(1).with_n_train(256).with_counterexample_share(0.03),
        recipe: Recipe { length: Step::Iterations(20), ..Recipe::mini() },
        stack: n,
        ..StudySpec::mini_nli(0)
    }
    .with_seeds(1..=n as u64)
}

/// Returns those copies, finetuned in a store of that folder.
pub fn models(root: &Path, n: usize) -> Models {
    Study::open_in(spec(n), Store::open(root).unwrap()).unwrap().finetune().unwrap()
}
