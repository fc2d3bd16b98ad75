//! `lmc task init`: a manifest for data of one's own.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lmc::Result;
use lmc::data::task_file::{Draft, DraftSet, NewTask};
use lmc::slurm::quoted;
use lmc::table::Metric;

use crate::output::say;

/// The width of a terminal that does not say its own, in characters.
const WIDTH: usize = 100;
/// The most labels of which the numbers of examples are printed.
const LABELS: usize = 12;

#[derive(Subcommand)]
pub enum Task {
    /// Look at files of examples, write a manifest that describes them, and show five rows of each set.
    Init(Init),
}

/// The files and the columns.
#[derive(Args)]
pub struct Init {
    /// The file of the training set: CSV, TSV, JSON lines or Parquet, compressed by gzip or zstd or not. A path;
    /// or an address, which the other files must have too: https://SERVER/FILE, or
    /// hf://datasets/OWNER/NAME@REVISION/FILE on the hub, where @REVISION may be absent.
    #[arg(value_name = "TRAIN")]
    train: PathBuf,
    /// The column of the text, or of the first text of a pair.
    #[arg(long, value_name = "COLUMN")]
    text: String,
    /// The column of the second text of a pair.
    #[arg(long, value_name = "COLUMN")]
    text_pair: Option<String>,
    /// The column of the label: names or numbers.
    #[arg(long, value_name = "COLUMN")]
    label: String,
    /// The file of the set in domain, `id`. Without it, `id` is held out of the training set: 512 examples
    /// drawn at random by the seed 0, or a fifth if there are few.
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Files of sets out of domain, which are named after them; generalisation is judged on the first.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    ood: Vec<PathBuf>,
    /// The name of the task, in small letters; that of the file or its folder if absent.
    #[arg(long)]
    name: Option<String>,
    /// The metric by which copies are judged: loss, accuracy, f1, mcc or ece.
    #[arg(long, default_value = "accuracy")]
    metric: Metric,
    /// The manifest to write.
    #[arg(long, value_name = "FILE", default_value = "task.toml")]
    out: PathBuf,
    /// Overwrite a file in place of --out.
    #[arg(long)]
    force: bool,
}

impl Task {
    pub fn run(self) -> Result<()> {
        let Self::Init(Init { train, text, text_pair, label, test, ood, name, metric, out, force }) = self;
        let draft = NewTask { train, text, text_pair, label, test, ood, name, metric, out }.draft()?;
        draft.write(force)?;
        show(&draft);
        Ok(())
    }
}

/// Prints the sets of a draft, its notes and the next command.
fn show(draft: &Draft) {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH);
    for set in &draft.sets {
        say(format_args!(
            "{}: {} examples of {}{}",
            set.name,
            set.n_examples,
            set.file.display(),
            counts(draft, set)
        ));
        for example in &set.first {
            let texts = [Some(&example.first), example.second.as_ref()].into_iter().flatten();
            let texts: Vec<String> = texts.map(|text| one_line(text)).collect();
            say(cut(&format!("  {}  {}", one_line(&example.label), texts.join(" | ")), width));
        }
    }
    draft.notes.iter().for_each(|note| say(format_args!("note: {note}")));
    let out = draft.out.display();
    let word = quoted(&out.to_string());
    say(format_args!("{out}: task `{}`; lmc basins --task {word} --seeds 0,1,2", draft.manifest.name));
}

/// Returns the number of examples of each label in brackets.
fn counts(draft: &Draft, set: &DraftSet) -> String {
    let of_label = draft.labels.iter().zip(&set.n_of_label);
    let shown: Vec<String> =
        of_label.take(LABELS).map(|(label, n)| format!("{} {n}", one_line(label))).collect();
    let rest = draft.labels.len().saturating_sub(LABELS);
    let rest = if rest == 0 { String::new() } else { format!(", and {rest} more labels") };
    format!(" ({}{rest})", shown.join(", "))
}

/// Returns a text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the beginning of a line that has at most that many characters.
fn cut(line: &str, width: usize) -> String {
    match line.char_indices().nth(width) {
        None => line.to_owned(),
        Some(_) => line.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_line_that_fits() {
        assert_eq!(one_line(" a\n b\t\u{1b}c "), "a b c");
        assert_eq!(cut("äbcd", 4), "äbcd");
        assert_eq!(cut("äbcde", 4), "äbc…");
    }
}
