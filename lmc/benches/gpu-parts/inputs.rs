//! The pairs that all sides evaluate and learn from: tokens of MNLI, or random ones in sequences of its lengths.

use std::path::Path;

use lmc::data::{Corpus, Dataset, Example, read_corpus};
use lmc::encode::{Encoded, encode, load_tokenizer};
use lmc::model::EvaluationSet;
use lmc::seed::rng;
use rand::Rng;
use rand::seq::index;
use serde_json::{Value, json};

use super::Result;

/// The pairs in a pack.
const N_INPUTS: usize = 3072;
const SEED: u64 = 0;
/// The longest sequence of the paper's recipes.
const MAX_LENGTH: usize = 128;
/// The classes of MNLI.
pub const LABELS: [&str; 3] = ["entailment", "neutral", "contradiction"];
/// `[CLS]` and `[SEP]` of BERT's vocabulary, and the words in it.
const CLS: i64 = 101;
const SEP: i64 = 102;
const WORDS: std::ops::Range<i64> = 1000..30_000;

/// Returns pairs of random words, as long as pairs of MNLI.
pub fn synthetic() -> Result<(String, Vec<Encoded>)> {
    let mut lengths = Vec::new();
    for line in include_str!("lengths.txt").lines().filter(|line| !line.starts_with('#')) {
        let (length, n) = line.split_once(' ').ok_or("a line of lengths.txt is not two numbers")?;
        lengths.extend(std::iter::repeat_n(length.parse::<usize>()?, n.parse()?));
    }
    let mut rng = rng(SEED, "inputs");
    let chosen = index::sample(&mut rng, lengths.len(), N_INPUTS.min(lengths.len())).into_vec();
    let pair = |i: usize| {
        // The hypothesis is a third of a pair.
        let (n, second) = (lengths[i], lengths[i] / 3);
        let mut ids: Vec<i64> = (0..n).map(|_| rng.random_range(WORDS)).collect();
        ids[0] = CLS;
        ids[n - 1] = SEP;
        ids[n - 1 - second] = SEP;
        let segments = (0..n).map(|k| i64::from(k >= n - second)).collect();
        Encoded { ids, segments, label: rng.random_range(0..LABELS.len() as i64) }
    };
    let pairs = chosen.into_iter().map(pair).collect();
    Ok(("random tokens in pairs as long as those of MNLI".into(), pairs))
}

/// Returns pairs of MNLI's matched development set.
pub fn of_mnli(data: &Path, tokenizer: &Path) -> Result<(String, Vec<Encoded>)> {
    let set = read_corpus(&Corpus::named("mnli")?, data, "validation_matched")?;
    let encoded = encode(&set, &load_tokenizer(tokenizer)?, MAX_LENGTH)?;
    let n = encoded.len();
    let chosen = index::sample(&mut rng(SEED, "inputs"), n, N_INPUTS.min(n)).into_vec();
    Ok(("pairs of MNLI".into(), chosen.into_iter().map(|i| encoded[i].clone()).collect()))
}

/// Writes pairs with what they are.
pub fn write(file: &Path, (what, pairs): (String, Vec<Encoded>)) -> Result<()> {
    let examples: Vec<Value> = pairs
        .iter()
        .map(|pair| json!({"ids": pair.ids, "segments": pair.segments, "label": pair.label}))
        .collect();
    let all = json!({"what": what, "examples": examples});
    Ok(std::fs::write(file, all.to_string())?)
}

/// Returns the pairs in a folder and what they are.
pub fn read(work: &Path) -> Result<(String, Vec<Encoded>)> {
    let mut all: Value = serde_json::from_slice(&std::fs::read(work.join("inputs.json"))?)?;
    let what = serde_json::from_value(all["what"].take())?;
    let examples: Vec<Value> = serde_json::from_value(all["examples"].take())?;
    let pair = |mut example: Value| {
        Ok(Encoded {
            ids: serde_json::from_value(example["ids"].take())?,
            segments: serde_json::from_value(example["segments"].take())?,
            label: serde_json::from_value(example["label"].take())?,
        })
    };
    Ok((what, examples.into_iter().map(pair).collect::<Result<_>>()?))
}

/// Returns the set of the first `n` pairs, whose texts are left out.
pub fn evaluation_set(pairs: &[Encoded], n: usize) -> Result<EvaluationSet> {
    let encoded = pairs[..n.min(pairs.len())].to_vec();
    let example = |pair: &Encoded| Example { first: String::new(), second: None, label: pair.label };
    let dataset = Dataset::new("pairs", &LABELS, encoded.iter().map(example).collect(), None)?;
    Ok(EvaluationSet { dataset, encoded, key: "pairs".into(), label_map: None })
}
