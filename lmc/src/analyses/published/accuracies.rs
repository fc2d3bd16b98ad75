//! The table of accuracies of the Feather-BERTs: comma-separated text without quoting.

use std::path::Path;

use polars::prelude::DataFrame;

use crate::data::hans::{Heuristic, Subset};
use crate::error::{LmcError, Result};
use crate::study::EvaluationColumns;

/// The number of runs.
const N_RUNS: usize = 100;
/// Rows below the runs that sum them up, and are not needed.
const SUMMARIES: [&str; 4] = ["Minimum", "Maximum", "Mean", "Standard deviation"];
/// Pairs of MNLI's matched validation set with a gold label.
const N_MNLI: i64 = 9815;
/// Pairs of a subset of HANS.
const N_SUBSET: i64 = 5000;
/// Pairs of all of HANS.
const N_HANS: i64 = 30_000;
/// The most that a mean of printed numbers may be off.
const ROUNDING: f64 = 1e-6;

/// Columns before those of the templates.
const COLUMNS: [&str; 9] = [
    "Run",
    "MNLI dev acc.",
    "Lexical (entailed)",
    "Subseq (entailed)",
    "Constituent (entailed)",
    "Lexical (nonent)",
    "Subseq (nonent)",
    "Constituent (nonent)",
    "Overall accuracy",
];
/// Columns of the templates, of 1,000 pairs each: the first letter is that of the heuristic, the second
/// whether the premise entails the hypothesis.
const TEMPLATES: [&str; 30] = [
    "ln_subject/object_swap",
    "ln_preposition",
    "ln_relative_clause",
    "ln_passive",
    "ln_conjunction",
    "le_relative_clause",
    "le_around_prepositional_phrase",
    "le_around_relative_clause",
    "le_conjunction",
    "le_passive",
    "sn_NP/S",
    "sn_PP_on_subject",
    "sn_relative_clause_on_subject",
    "sn_past_participle",
    "sn_NP/Z",
    "se_conjunction",
    "se_adjective",
    "se_understood_object",
    "se_relative_clause_on_obj",
    "se_PP_on_obj",
    "cn_embedded_under_if",
    "cn_after_if_clause",
    "cn_embedded_under_verb",
    "cn_disjunction",
    "cn_adverb",
    "ce_embedded_under_since",
    "ce_after_since_clause",
    "ce_embedded_under_verb",
    "ce_conjunction",
    "ce_adverb",
];

/// The content of a file: the scores of each run, in the order of the columns.
struct Table<'a> {
    path: &'a Path,
    runs: Vec<Option<Vec<f64>>>,
}

/// Reads the accuracies in the file `path`: an [`EVALUATIONS`](crate::table::EVALUATIONS) table with 100
/// models, `feather-berts-0` to `feather-berts-99`, on each of `id` (MNLI's matched validation set), `hans`
/// (all of it) and the six subsets of HANS by the names of [`Subset`]. The columns of loss, F1, MCC and
/// calibration error are empty: they are not published.
///
/// A byte order mark at the start and rows of summaries at the end are passed over. The function checks that
/// the accuracy of a subset is the mean of those of its templates, and that the accuracy of HANS is the mean
/// of those of the subsets.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] with the line for another header, a row
/// of another length, a run that occurs twice or is missing, or a value that is not a number in \[0, 1\] or
/// does not fit the others.
pub fn read_accuracies(path: &Path) -> Result<DataFrame> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    let runs = Table::parse(path, &bytes)?;
    let mut sets =
        vec![("id", column("MNLI dev acc."), N_MNLI), ("hans", column("Overall accuracy"), N_HANS)];
    sets.extend(Subset::ALL.iter().map(|subset| (subset.name(), column(column_of(*subset)), N_SUBSET)));
    let rows =
        || sets.iter().flat_map(|set| runs.iter().enumerate().map(move |(run, scores)| (set, run, scores)));
    let empty = vec![None::<f64>; rows().count()];
    EvaluationColumns {
        model: rows().map(|(_, run, _)| format!("feather-berts-{run}")).collect(),
        dataset: rows().map(|((name, ..), ..)| (*name).to_owned()).collect(),
        n_examples: rows().map(|((.., n), ..)| *n).collect(),
        loss: empty.clone(),
        accuracy: rows().map(|((_, column, _), _, scores)| Some(scores[*column])).collect(),
        f1: empty.clone(),
        mcc: empty.clone(),
        ece: empty,
    }
    .frame()
}

/// Returns the place of a column among the scores, which the name of the run is not one of.
fn column(name: &str) -> usize {
    COLUMNS.iter().position(|column| *column == name).map_or(0, |place| place - 1)
}

fn column_of(subset: Subset) -> &'static str {
    match (subset.heuristic, subset.entailing) {
        (Heuristic::LexicalOverlap, true) => "Lexical (entailed)",
        (Heuristic::Subsequence, true) => "Subseq (entailed)",
        (Heuristic::Constituent, true) => "Constituent (entailed)",
        (Heuristic::LexicalOverlap, false) => "Lexical (nonent)",
        (Heuristic::Subsequence, false) => "Subseq (nonent)",
        (Heuristic::Constituent, false) => "Constituent (nonent)",
    }
}

/// Returns the prefix of the columns of a subset's templates.
fn prefix_of(subset: Subset) -> &'static str {
    match (subset.heuristic, subset.entailing) {
        (Heuristic::LexicalOverlap, true) => "le_",
        (Heuristic::Subsequence, true) => "se_",
        (Heuristic::Constituent, true) => "ce_",
        (Heuristic::LexicalOverlap, false) => "ln_",
        (Heuristic::Subsequence, false) => "sn_",
        (Heuristic::Constituent, false) => "cn_",
    }
}

impl<'a> Table<'a> {
    /// Reads the scores of every run.
    fn parse(path: &'a Path, bytes: &[u8]) -> Result<Vec<Vec<f64>>> {
        let mut table = Table { path, runs: vec![None; N_RUNS] };
        let mut last = 0;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let text = std::str::from_utf8(line).map_err(|_| table.wrong(number, "not UTF-8".to_owned()))?;
            let fields: Vec<&str> = text.split(',').collect();
            match fields[0] {
                _ if number == 1 => table.header(&fields)?,
                "" if fields.iter().all(|field| field.is_empty()) => continue,
                name if SUMMARIES.contains(&name) => {}
                _ => table.run(number, &fields)?,
            }
            last = number;
        }
        let missing = |run| format!("Run {run} is missing, there are {N_RUNS}, from 0");
        let Table { path, runs } = table;
        let runs = runs.into_iter().enumerate();
        runs.map(|(run, scores)| scores.ok_or_else(|| wrong(path, last, missing(run)))).collect()
    }

    fn header(&self, fields: &[&str]) -> Result<()> {
        let expected: Vec<&str> = COLUMNS.iter().chain(&TEMPLATES).copied().collect();
        let pairs = expected.iter().zip(fields).zip(1..);
        if let Some(((expected, got), place)) = pairs.into_iter().find(|((expected, got), _)| expected != got)
        {
            let got: String = got.chars().take(80).collect();
            return Err(self.wrong(1, format!("column {place} is `{got}` instead of `{expected}`")));
        }
        self.check_length(1, fields)
    }

    fn check_length(&self, line: usize, fields: &[&str]) -> Result<()> {
        let expected = COLUMNS.len() + TEMPLATES.len();
        if fields.len() == expected {
            return Ok(());
        }
        Err(self.wrong(line, format!("{} columns instead of {expected}", fields.len())))
    }

    fn run(&mut self, line: usize, fields: &[&str]) -> Result<()> {
        self.check_length(line, fields)?;
        let number = fields[0].strip_prefix("Run ").filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let number = number.and_then(|text| text.parse().ok()).filter(|&number: &usize| number < N_RUNS);
        let Some(number) = number else {
            let name: String = fields[0].chars().take(80).collect();
            return Err(
                self.wrong(line, format!("`{name}` instead of a run from Run 0 to Run {}", N_RUNS - 1))
            );
        };
        if self.runs[number].is_some() {
            return Err(self.wrong(line, format!("Run {number} is there twice")));
        }
        let names = COLUMNS.iter().chain(&TEMPLATES).skip(1);
        let score = |(field, name): (&&str, &&str)| {
            let score = field.parse().ok().filter(|score| (0.0..=1.0).contains(score));
            score.ok_or_else(|| {
                let field: String = field.chars().take(80).collect();
                self.wrong(line, format!("`{name}` is `{field}` instead of a number from 0 to 1"))
            })
        };
        let scores = fields[1..].iter().zip(names).map(score).collect::<Result<Vec<f64>>>()?;
        self.check_means(line, &scores)?;
        self.runs[number] = Some(scores);
        Ok(())
    }

    fn check_means(&self, line: usize, scores: &[f64]) -> Result<()> {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let check = |name: &str, of: &str, values: &[f64]| {
            let (got, expected) = (scores[column(name)], mean(values));
            if (got - expected).abs() <= ROUNDING {
                return Ok(());
            }
            Err(self.wrong(line, format!("`{name}` is {got}, but the mean of its {of} is {expected:.7}")))
        };
        for subset in Subset::ALL {
            let templates = TEMPLATES.iter().zip(&scores[COLUMNS.len() - 1..]);
            let own = templates.filter(|(name, _)| name.starts_with(prefix_of(subset)));
            check(column_of(subset), "templates", &own.map(|(_, score)| *score).collect::<Vec<_>>())?;
        }
        check("Overall accuracy", "subsets", &Subset::ALL.map(|subset| scores[column(column_of(subset))]))
    }

    fn wrong(&self, line: usize, problem: String) -> LmcError {
        wrong(self.path, line, problem)
    }
}

fn wrong(path: &Path, line: usize, problem: String) -> LmcError {
    let remedy = "this must be the table of the Feather-BERTs as its manifest describes it";
    LmcError::Format { path: path.to_owned(), line: Some(line), problem, remedy }
}
