//! The log that transformers' Trainer leaves beside a checkpoint.

use std::path::Path;

use super::TrainingColumns;
use crate::progress::note;
use crate::study::trainer_state;
use crate::{LmcError, Result};

/// Adds the entries of the log in a model's folder, if there is one. Those of evaluations have no training
/// loss and are left out; a file that cannot be read as JSON is told.
pub(super) fn add(all: &mut TrainingColumns, model: &str, folder: &Path) -> Result<()> {
    let state = match trainer_state(folder) {
        Err(error @ LmcError::Format { .. }) => {
            note(&format!("{model} has no training curve: {error}"));
            return Ok(());
        }
        read => read?,
    };
    let Some(state) = state else { return Ok(()) };
    for entry in state["log_history"].as_array().into_iter().flatten() {
        let number = |key: &str| entry[key].as_f64();
        let (Some(update), Some(loss), Some(rate)) =
            (entry["step"].as_i64(), number("loss"), number("learning_rate"))
        else {
            continue;
        };
        all.model.push(model.to_owned());
        all.update.push(update);
        all.learning_rate.push(rate);
        all.loss.push(loss);
        all.gradient_norm.push(number("grad_norm"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: Option<&str>) -> Result<TrainingColumns> {
        let folder = tempfile::tempdir().unwrap();
        text.iter().for_each(|text| std::fs::write(folder.path().join("trainer_state.json"), text).unwrap());
        let mut all = TrainingColumns::default();
        add(&mut all, "a", folder.path())?;
        Ok(all)
    }

    /// Entries as transformers 5 writes them.
    #[test]
    fn entries_of_training_are_read_and_others_left_out() {
        let log = read(Some(
            r#"{"best_metric": null, "log_history": [
            {"epoch": 0.5, "grad_norm": 2.5, "learning_rate": 4e-05, "loss": 0.61, "step": 500},
            {"epoch": 1.0, "eval_loss": 0.55, "eval_runtime": 1.0, "step": 1000},
            {"epoch": 1.0, "grad_norm": NaN, "learning_rate": 3e-05, "loss": 0.5, "step": 1000},
            {"epoch": 3.0, "step": 3207, "total_flos": 1.0, "train_loss": 0.5, "train_runtime": 9.0}]}"#,
        ))
        .unwrap();
        assert_eq!((log.update, log.loss), (vec![500, 1000], vec![0.61, 0.5]));
        assert_eq!(log.gradient_norm, [Some(2.5), None]);
        assert!(read(None).unwrap().update.is_empty());
        assert!(read(Some("{}")).unwrap().update.is_empty());
        assert!(read(Some("{\"log_history\": [\n{]}")).unwrap().update.is_empty());
        let odd = r#"{"log_history": [3, {"step": 1.5, "loss": "low", "learning_rate": 1},
            {"step": 2, "loss": 0.5, "learning_rate": 1e-5, "grad_norm": "none"}]}"#;
        let odd = read(Some(odd)).unwrap();
        assert_eq!((odd.update, odd.gradient_norm), (vec![2], vec![None]));
    }
}
