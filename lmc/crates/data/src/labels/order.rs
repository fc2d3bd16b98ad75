//! The order of a classifier's outputs by the labels of a task.

use super::{LabelMap, Merge, remedy, wrong};
use lmc_base::error::Result;

/// Returns for each label of a task the number of the output that stands for it. Names are compared as
/// [`LabelMap::new`] does. Names that only number the outputs (`LABEL_0`, `LABEL_1`, ...) stand for labels that
/// are the same numbers.
///
/// # Errors
/// [`LmcError::Labels`](lmc_base::LmcError::Labels) as [`LabelMap::of_outputs`] says, and for outputs of which
/// several stand for one label.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
/// use lmc::data::labels::output_order;
/// let [model, task] = [["Positive", "Negative"], ["negative", "positive"]].map(|labels| labels.map(String::from));
/// assert_eq!(output_order(2, &model, &task)?, [1, 0]);
/// let [model, task] = [["LABEL_0", "LABEL_1"], ["0", "1"]].map(|labels| labels.map(String::from));
/// assert_eq!(output_order(2, &model, &task)?, [0, 1]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn output_order(n_outputs: usize, model_labels: &[String], task_labels: &[String]) -> Result<Vec<usize>> {
    if let Some(order) = by_number(model_labels, task_labels).filter(|order| order.len() == n_outputs) {
        return Ok(order);
    }
    let map = LabelMap::of_outputs(n_outputs, model_labels, task_labels, Merge::Max)?;
    let single = |classes: &Vec<usize>| match classes.as_slice() {
        [class] => Ok(*class),
        _ => {
            let (n, m) = (model_labels.len(), task_labels.len());
            let problem =
                format!("the outputs tell {n} labels apart ({}), the task {m}", model_labels.join(", "));
            Err(wrong(problem, remedy(n, task_labels)))
        }
    };
    map.classes().iter().map(single).collect()
}

/// Returns the order if all names are numbers, and both lists have the same ones, from 0 on.
fn by_number(model_labels: &[String], task_labels: &[String]) -> Option<Vec<usize>> {
    let number = |label: &String| -> Option<usize> {
        let label = label.trim().to_lowercase();
        label.strip_prefix("label_").unwrap_or(&label).parse().ok()
    };
    let outputs: Vec<usize> = model_labels.iter().map(number).collect::<Option<_>>()?;
    let labels: Vec<usize> = task_labels.iter().map(number).collect::<Option<_>>()?;
    let is_counted = |numbers: &[usize]| {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        sorted.into_iter().eq(0..numbers.len())
    };
    if outputs.len() != labels.len() || !is_counted(&outputs) || !is_counted(&labels) {
        return None;
    }
    labels.iter().map(|label| outputs.iter().position(|output| output == label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(model: &[&str], task: &[&str]) -> Result<Vec<usize>> {
        let owned = |labels: &[&str]| labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>();
        output_order(model.len(), &owned(model), &owned(task))
    }

    #[test]
    fn outputs_are_found_by_name_or_number() {
        assert_eq!(order(&["B", "c", "A"], &["a", "b", "c"]).unwrap(), [2, 0, 1]);
        assert_eq!(order(&["LABEL_0", "LABEL_1"], &["0", "1"]).unwrap(), [0, 1]);
        assert_eq!(order(&["1", "0"], &["0", "1"]).unwrap(), [1, 0]);
        assert_eq!(order(&["5", "4", "3"], &["3", "4", "5"]).unwrap(), [2, 1, 0]);
        assert_eq!(order(&["LABEL_7", "LABEL_8"], &["LABEL_7", "LABEL_8"]).unwrap(), [0, 1]);
    }

    #[test]
    fn names_that_say_nothing_and_other_labels_are_refused() {
        let problem = |model: &[&str], task: &[&str]| order(model, task).unwrap_err().to_string();
        let nameless = problem(&["LABEL_0", "LABEL_1"], &["no", "yes"]);
        assert!(nameless.contains("names that say nothing (LABEL_0, LABEL_1)"), "{nameless}");
        // Numbers from 1 may be the same labels or others.
        assert!(order(&["LABEL_0", "LABEL_1"], &["1", "2"]).is_err());
        let merged = problem(&["entailment", "neutral", "contradiction"], &["entailment", "non-entailment"]);
        assert!(merged.contains("the outputs tell 3 labels apart"), "{merged}");
        assert!(problem(&["a", "b"], &["a", "c"]).contains("no label `b`"));
    }
}
