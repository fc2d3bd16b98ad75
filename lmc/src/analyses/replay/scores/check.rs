//! The check that scores are those of the models of the logs.

use std::path::Path;

use polars::prelude::DataFrame;

use crate::error::{LmcError, Result};
use crate::study::{EvaluationColumns, Metric};

/// The number of names that a message lists.
const NAMED: usize = 5;

/// Returns notes on the scores for some models: they name the other models that have scores.
///
/// # Errors
/// [`LmcError::UnknownName`] for a set on which there are no scores; [`LmcError::InvalidParameter`] naming
/// the models without a score on it, and the prefix (`--prefix`) with which they would have one, if only that
/// is missing.
pub fn check_scores(
    evaluations: &DataFrame,
    models: &[String],
    dataset: &str,
    metric: Metric,
) -> Result<Vec<String>> {
    let (names, sets) = (EvaluationColumns::model(evaluations)?, EvaluationColumns::dataset(evaluations)?);
    let values = EvaluationColumns::of_metric(evaluations, metric)?;
    let on_set = || (0..names.len()).filter(|&i| sets[i] == dataset);
    if on_set().next().is_none() {
        let mut known = sets.clone();
        known.sort();
        known.dedup();
        return Err(LmcError::UnknownName { kind: "set in the scores", name: dataset.to_owned(), known });
    }
    let scored: Vec<&str> = on_set().filter(|&i| values[i].is_some()).map(|i| names[i].as_str()).collect();
    let lacking: Vec<&String> = models.iter().filter(|model| !scored.contains(&model.as_str())).collect();
    if let Some(first) = lacking.first() {
        let prefix = scored
            .iter()
            .filter_map(|name| name.strip_suffix(first.as_str()))
            .find(|prefix| lacking.iter().all(|model| scored.contains(&format!("{prefix}{model}").as_str())));
        let remedy = match prefix {
            Some(prefix) => format!("; --prefix {prefix} gives the models of the logs their names there"),
            None => format!("; they have {}", listed(&scored)),
        };
        let got = format!(
            "no {} on `{dataset}` for {} of {} models: {}",
            metric.column(),
            lacking.len(),
            models.len(),
            listed(&lacking)
        );
        return Err(LmcError::invalid("scores", got, format!("one for each model of the logs{remedy}")));
    }
    let mut extra: Vec<&str> = on_set()
        .map(|i| names[i].as_str())
        .filter(|name| !models.iter().any(|model| model == name))
        .collect();
    extra.dedup();
    let note = format!("scores that do not count, because the logs have no such models: {}", listed(&extra));
    Ok((!extra.is_empty()).then_some(note).into_iter().collect())
}

fn listed(names: &[impl AsRef<str>]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{}`", name.as_ref())).collect();
    let more = names.len().saturating_sub(NAMED);
    match (names.len(), more) {
        (0, _) => "no scores at all".to_owned(),
        (_, 0) => first.join(", "),
        _ => format!("{} and {more} more", first.join(", ")),
    }
}

/// Returns the model whose scores a file has, judging by the name of the file or of the folder that it is in:
/// the longest model name with which it ends, or the only model with the same last word, or else the name of
/// the file.
pub(super) fn model_of(path: &Path, models: &[String]) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    for name in [&stem, &folder] {
        let whole_word = |model: &&String| {
            let before = name.strip_suffix(model.as_str()).and_then(|rest| rest.chars().last());
            name.ends_with(model.as_str()) && before.is_none_or(|c| !c.is_alphanumeric())
        };
        if let Some(model) = models.iter().filter(whole_word).max_by_key(|model| model.len()) {
            return model.clone();
        }
        let word = last_word(name);
        let mut same = models.iter().filter(|model| !word.is_empty() && last_word(model) == word);
        if let (Some(model), None) = (same.next(), same.next()) {
            return model.clone();
        }
    }
    stem
}

fn last_word(name: &str) -> &str {
    name.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn table(models: &[&str], accuracies: &[Option<f64>]) -> DataFrame {
        let n = models.len();
        let empty = vec![None::<f64>; n];
        df!("model" => models, "dataset" => vec!["lo"; n], "n_examples" => vec![None::<i64>; n], "loss" => empty.clone(),
            "accuracy" => accuracies, "f1" => empty.clone(), "mcc" => empty.clone(), "ece" => empty).unwrap()
    }

    fn checked(models: &[&str], logs: &[&str]) -> Result<Vec<String>> {
        let logs: Vec<String> = logs.iter().map(|model| (*model).to_owned()).collect();
        check_scores(&table(models, &vec![Some(0.5); models.len()]), &logs, "lo", Metric::Accuracy)
    }

    #[test]
    fn models_without_scores_are_named_and_others_are_noted() {
        assert!(checked(&["0", "7"], &["7", "0"]).unwrap().is_empty());
        let note = checked(&["0", "7", "9"], &["7", "0"]).unwrap();
        assert_eq!(note, ["scores that do not count, because the logs have no such models: `9`"]);
        let some = checked(&["0", "9"], &["7", "0", "8"]).unwrap_err().to_string();
        assert!(
            some.starts_with(
                "`scores`: got no accuracy on `lo` for 2 of 3 models: `7`, `8`, expected one for each"
            ),
            "{some}"
        );
        assert!(some.ends_with("they have `0`, `9`"), "{some}");
        let prefix = checked(&["fb-0", "fb-7", "fb-8"], &["7", "0"]).unwrap_err().to_string();
        assert!(
            prefix.ends_with("; --prefix fb- gives the models of the logs their names there"),
            "{prefix}"
        );
        let logs = ["0".to_owned()];
        let empty =
            check_scores(&table(&["0"], &[None]), &logs, "lo", Metric::Accuracy).unwrap_err().to_string();
        assert!(
            empty.contains("for 1 of 1 models: `0`") && empty.ends_with("they have no scores at all"),
            "{empty}"
        );
        let set =
            check_scores(&table(&["0"], &[None]), &logs, "hans", Metric::Accuracy).unwrap_err().to_string();
        assert_eq!(set, "unknown set in the scores `hans`; known: lo");
    }

    #[test]
    fn a_file_is_that_of_the_model_with_which_its_name_ends() {
        let models = ["7".to_owned(), "17".to_owned(), "feather-berts-22".to_owned()];
        let of = |path: &str| model_of(Path::new(path), &models);
        assert_eq!(of("hans_eval_bert_7.json"), "7");
        assert_eq!(of("hans_eval_bert_17.json"), "17");
        assert_eq!(of("hans_eval_bert_22.json"), "feather-berts-22");
        assert_eq!(of("run-17/eval_results.json"), "17");
        assert_eq!(of("x/eval_results.json"), "eval_results");
    }
}
