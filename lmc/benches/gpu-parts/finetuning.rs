//! Finetuning of stacks of copies: examples a second, and losses that can be compared with the side of PyTorch.

use lmc::encode::Encoded;
use lmc::model::{Finetuned, load_finetuned};
use lmc::spec::Recipe;
use lmc::tch::Tensor;
use lmc::train::{Place, Snapshot, Training, TrainingSet};
use serde_json::json;

use super::prepare::recipe;
use super::setting::Setting;
use super::{Result, rows};

/// The updates that are not timed.
const N_UNTIMED: u32 = 4;

/// Prints the losses of one copy without dropout, and a row for each number of copies.
pub fn finetuning(setting: &Setting) -> Result<()> {
    let (size, precision) = (&setting.size, setting.compute.training);
    let finetuned = load_finetuned(&setting.work.join("model"))?;
    let (_, examples) = setting.inputs()?;
    let trained = |n_copies, recipe: &Recipe| train(setting, &finetuned, &examples, n_copies, recipe);
    rows::attempt(&format!("losses of finetuning, {precision}"), || {
        // A checkpoint after every update: on a device the losses of several updates are read together.
        let n = size.n_compared;
        let trajectory = (1..=n).map(|update| f64::from(update) / f64::from(n)).collect();
        let losses = trained(1, &Recipe { trajectory, ..recipe(size, n, 0.0) })?;
        Ok(json!({"part": "curve", "who": "lmc", "precision": precision.to_string(), "losses": losses}))
    })?;
    for &n_copies in size.copies {
        let n_updates = (size.n_updates / n_copies as u32).max(4);
        let [short, long] = [N_UNTIMED, N_UNTIMED + n_updates].map(|n| recipe(size, n, 0.1));
        rows::attempt(&format!("finetuning of {n_copies} at once, {precision}"), || {
            // The longer training has what the shorter one has, such as its start, and more updates.
            trained(n_copies, &short)?;
            let shorter = setting.seconds(|| trained(n_copies, &short))?;
            let longer = setting.seconds(|| trained(n_copies, &long))?;
            // Of a miniature the difference can be lost in noise; then the whole time counts.
            let seconds = if longer > shorter { longer - shorter } else { longer } / f64::from(n_updates);
            Ok(json!({
                "part": "finetuning", "who": "lmc", "precision": precision.to_string(), "copies": n_copies,
                "ms": 1e3 * seconds, "examples_per_second": (n_copies * size.batch) as f64 / seconds,
            }))
        })?;
    }
    Ok(())
}

/// Trains that many copies of the model at once and returns the mean loss up to each checkpoint of the recipe
/// since the one before.
fn train(
    setting: &Setting,
    finetuned: &Finetuned,
    examples: &[Encoded],
    n_copies: usize,
    recipe: &Recipe,
) -> Result<Vec<f64>> {
    let theta = finetuned.weights.theta();
    let stack = Tensor::f_stack(&vec![theta; n_copies], 0)?.to_device(setting.device());
    let seeds: Vec<u64> = (0..n_copies as u64).collect();
    let (set, mut losses) = (TrainingSet::Examples(examples), Vec::new());
    let keep = |snapshot: Snapshot<'_>| {
        losses.push(snapshot.train_loss.iter().sum::<f64>() / n_copies as f64);
        Ok(())
    };
    let place = Place::new(setting.device(), setting.compute.training);
    Training::on(&finetuned.classifier, stack, &seeds, set, recipe, place)?.run(keep, |_| Ok(()))?;
    Ok(losses)
}
