//! The notes on the rows of a task's files.

use super::DraftSet;
use super::place::n_shards;
use super::survey::Survey;
use crate::manifest::Format;
use lmc_base::error::Result;
use lmc_base::show::counted;

/// Returns a note on examples of a set whose texts are in the training set too, if there are some.
pub(super) fn shared(n: usize, of: usize, set: &str) -> Option<String> {
    let is = if n == 1 { "is" } else { "are" };
    let all = counted(of, "example");
    (n > 0).then(|| format!("{n} of the {all} of `{set}` {is} in the training set too"))
}

/// Checks that a file has examples, and that their texts differ.
pub(super) fn check_texts(survey: &Survey) -> Result<()> {
    if survey.n_rows == 0 {
        let problem = match survey.layout.format {
            Format::Csv | Format::Tsv => "a header and no rows".to_owned(),
            Format::Jsonl | Format::Parquet => "no rows".to_owned(),
        };
        return Err(survey.wrong(None, problem, "give a file of examples"));
    }
    let Some(column) = &survey.constant else { return Ok(()) };
    let problem = match survey.n_empty == survey.n_rows {
        true => format!("column `{column}` is empty in all {} rows", survey.n_rows),
        false => format!("column `{column}` has the same text in all {} rows", survey.n_rows),
    };
    Err(survey.wrong(None, problem, "give the column of the texts with --text or --text-pair"))
}

/// Returns notes on what is skipped, empty or repeated in a file.
pub(super) fn notes_on(survey: &Survey, missing: Option<&str>) -> Vec<String> {
    let (file, n_missing) = (survey.given.display(), survey.n_missing(missing));
    let is = |n: usize| if n == 1 { "is" } else { "are" };
    let rows = |n: usize, kind: &str| format!("{} {kind} {} skipped", counted(n, "row"), is(n));
    let examples = |n: usize, [one, several]: [&str; 2]| {
        format!("{} {} kept that {}", counted(n, "example"), is(n), if n == 1 { one } else { several })
    };
    let notes = [
        (survey.n_blank, rows(survey.n_blank, "without any text")),
        (
            n_missing,
            match missing {
                None | Some("") => rows(n_missing, "without a label"),
                Some(spelling) => format!(
                    "{} with the label `{spelling}` {} skipped, as one without a label; spell it otherwise if it is a class",
                    counted(n_missing, "row"),
                    is(n_missing)
                ),
            },
        ),
        (survey.n_empty, examples(survey.n_empty, ["lacks a text", "lack a text"])),
        (
            survey.n_repeated,
            examples(survey.n_repeated, ["repeats an earlier text", "repeat an earlier text"]),
        ),
    ];
    notes.into_iter().filter(|(n, _)| *n > 0).map(|(_, note)| format!("{file}: {note}")).collect()
}

/// Returns a note on a file that is one of several parts of a set.
pub(super) fn other_shards(survey: &Survey) -> Option<String> {
    let n = n_shards(&survey.path).filter(|n| *n > 1)?;
    Some(format!(
        "{} is one of {n} parts of a set; the others are not read: join them to one file, or go on with this part",
        survey.given.display()
    ))
}

/// Returns a note on labels of which a set has no example.
pub(super) fn lacking(set: &DraftSet, labels: &[String]) -> Option<String> {
    let none: Vec<&str> = labels
        .iter()
        .zip(&set.n_of_label)
        .filter(|(_, n)| **n == 0)
        .map(|(label, _)| label.as_str())
        .collect();
    (!none.is_empty()).then(|| format!("`{}` has no example of {}", set.name, none.join(", ")))
}
