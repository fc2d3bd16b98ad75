//! Compares finetuning with a loop over transformers, and stacked seeds with one at a time;
//! `lmc/benches/finetuning` runs it.
//!
//! Every measurement is a process of its own, beside which no other runs. Peak memory is therefore that of
//! one contender.

#[path = "finetuning-contenders/contender.rs"]
mod contender;
#[path = "finetuning-contenders/copies.rs"]
mod copies;

use std::path::{Path, PathBuf};

use lmc::data::{Dataset, Example};
use lmc::encode::{encode, load_tokenizer};
use lmc::model::{Classifier, load_folder, save_folder};
use lmc::parallel::n_threads;
use lmc::train::Order;
use serde_json::{Value, json};

use contender::{Contender, Measured};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const BATCH: usize = 32;
/// The longest sequence of the paper's recipes.
const MAX_LENGTH: usize = 128;
/// The number of updates before the timed ones.
const N_UNTIMED: usize = 2;
/// The number of updates whose losses are compared, without dropout.
const N_COMPARED: usize = 6;
/// The largest difference of losses that is allowed, in nats.
const TOLERANCE: f64 = 1e-4;

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["train", inputs, number] => Contender::ALL[number.parse::<usize>()?].train(Path::new(inputs)),
        [data, encoder] => compare(Path::new(data), Path::new(encoder), None),
        [data, encoder, out] => compare(Path::new(data), Path::new(encoder), Some(Path::new(out))),
        _ => Err("usage: lmc/benches/finetuning DATA ENCODER [OUT]".into()),
    }
}

fn compare(data: &Path, encoder: &Path, out: Option<&Path>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (n_rounds, n_timed) = (setting("LMC_BENCH_ROUNDS", 3)?, setting("LMC_BENCH_UPDATES", 10)?);
    let [compared, timed] = [(N_COMPARED, 0.0), (N_UNTIMED + n_timed, 0.1)].map(|(n_updates, dropout)| {
        let path = folder.path().join(format!("{n_updates} updates, dropout {dropout}.json"));
        (path, n_updates, dropout)
    });
    write_inputs(folder.path(), data, encoder, &[&compared, &timed])?;

    let [ours, theirs] = [Contender::OneCopy, Contender::Trainer].map(|who| who.measure(&compared.0));
    let (ours, theirs) = (ours?.losses, theirs?.losses);
    let worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("losses of {N_COMPARED} updates without dropout: {ours:.6?}, at most {worst:.1e} apart");
    if !(worst < TOLERANCE && ours.len() == theirs.len()) {
        return Err(format!("expected at most {TOLERANCE:e}; transformers has {theirs:.6?}").into());
    }

    let mut rounds: Vec<Vec<Measured>> = Contender::ALL.iter().map(|_| Vec::new()).collect();
    for round in 0..n_rounds {
        for (contender, rounds) in Contender::ALL.iter().zip(&mut rounds) {
            let measured = contender.measure(&timed.0)?;
            let (name, rate) = (contender.name(), measured.examples_per_second);
            eprintln!("round {}: {name}: {rate:.1} examples/s", round + 1);
            rounds.push(measured);
        }
    }
    let rate = |who: Contender| {
        let i = Contender::ALL.iter().position(|c| *c == who).unwrap_or_default();
        let mut rates: Vec<f64> = rounds[i].iter().map(|m| m.examples_per_second).collect();
        rates.sort_by(f64::total_cmp);
        (rates[rates.len() / 2], rates[0], rates[rates.len() - 1])
    };
    println!("\n| {n_rounds} rounds in turn | examples/s, median (least to most) | ratio | peak MiB |");
    println!("|---|---|---|---|");
    let mut table = Vec::new();
    for (who, rounds) in Contender::ALL.into_iter().zip(&rounds) {
        let ((median, least, most), name) = (rate(who), who.name());
        let ratio = median / rate(who.baseline()).0;
        let peak = rounds.iter().map(|m| m.peak_mib).fold(0.0, f64::max);
        println!("| {name} | {median:.1} ({least:.1} to {most:.1}) | {ratio:.2} | {peak:.0} |");
        let rates: Vec<f64> = rounds.iter().map(|m| m.examples_per_second).collect();
        table.push(json!({"name": name, "examples_per_second": rates, "ratio": ratio, "peak_mib": peak}));
    }
    if let Some(out) = out {
        let all = json!({"batch_size": BATCH, "n_timed_updates": n_timed, "largest_difference": worst, "table": table});
        std::fs::write(out.join("finetuning.json"), format!("{all:#}\n"))?;
    }
    Ok(())
}

fn setting(name: &str, default: usize) -> Result<usize> {
    std::env::var(name).map_or(Ok(default), |value| Ok(value.parse()?))
}

/// Writes the model with a fresh head, and for each file the examples, the recipe and the batches of every
/// copy.
fn write_inputs(folder: &Path, data: &Path, encoder: &Path, files: &[&(PathBuf, usize, f64)]) -> Result<()> {
    let tokenizer = load_tokenizer(encoder)?;
    let examples = encode(&pairs(data)?, &tokenizer, MAX_LENGTH)?;
    let pretrained = load_folder(encoder)?;
    let classifier = Classifier::new(&pretrained.config, 3);
    save_folder(&folder.join("model"), &pretrained.config, &pretrained.with_head(&classifier, 0, 0.02)?)?;
    let lengths: Vec<usize> = examples.iter().map(|example| example.ids.len()).collect();
    let (n, longest) = (examples.len(), lengths.iter().max().copied().unwrap_or_default());
    let mean = lengths.iter().sum::<usize>() as f64 / n as f64;
    println!("{n} examples of {mean:.1} tokens on average, {longest} at most, in batches of {BATCH}");
    let rows: Vec<Value> = examples
        .iter()
        .map(|example| json!({"ids": example.ids, "segments": example.segments, "label": example.label}))
        .collect();
    for (path, n_updates, dropout) in files {
        let batches = |seed| {
            let mut order = Order::new(seed, n, true);
            (0..*n_updates).map(|_| order.batch(BATCH).to_vec()).collect::<Vec<_>>()
        };
        let orders: Vec<_> = (0..n_threads() as u64).map(batches).collect();
        let n_untimed = N_UNTIMED;
        let inputs = json!({
            "examples": rows, "orders": orders, "batch_size": BATCH, "n_updates": n_updates, "n_untimed": n_untimed,
            "n_warmup": 1, "learning_rate": 2e-5, "weight_decay": 0.01, "dropout": dropout,
        });
        std::fs::write(path, inputs.to_string())?;
    }
    Ok(())
}

/// Returns the pairs of a tab-separated file, or of the only one in a folder.
fn pairs(data: &Path) -> Result<Dataset> {
    let files = match data.is_dir() {
        true => std::fs::read_dir(data)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?,
        false => vec![data.to_owned()],
    };
    let mut tables = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "tsv"));
    let (Some(path), None) = (tables.next(), tables.next()) else {
        return Err(format!("{}: expected one .tsv file", data.display()).into());
    };
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let column = |names: [&str; 2]| {
        let found = header.iter().position(|name| names.contains(name));
        found.ok_or_else(|| format!("{}: no column {}", path.display(), names.join(" or ")))
    };
    let first = column(["premise", "sentence1"])?;
    let second = column(["hypothesis", "sentence2"])?;
    let gold = column(["gold_label", "label"])?;
    let labels = ["contradiction", "entailment", "neutral"];
    let examples = lines.filter_map(|row| {
        let label = labels.iter().position(|label| row.get(gold) == Some(label))?;
        let text = |column: usize| row.get(column).map(|text| (*text).to_owned());
        Some(Example { first: text(first)?, second: text(second), label: label as i64 })
    });
    Ok(Dataset::new("pairs", &labels, examples.collect(), None)?)
}
