//! Says where the time of a point on a line goes on this CPU, by class of operators: the parts of a forward
//! pass, each timed by itself on the shapes and batches of an evaluation, beside the whole pass and beside
//! matrix products alone. Linear layers and GELU are timed as libtorch has them; wide ones are packed and fused
//! in the whole pass, which saves a part of that. Every core does the same at once, with libtorch on one thread, as in a sweep.
//!
//! usage: `cargo bench -p lmc --profile dev --bench profile -- [GEOMETRY] [PRECISION] [TOKENS]`
//!   GEOMETRY   minilm (unless given), bert-base or mini
//!   PRECISION  float32 (unless given), bf16 or fp16
//!   TOKENS     the tokens of a batch, 1024 unless given

mod geometry;

use std::error::Error;
use std::time::Instant;

use lmc::compute::{Precision, batch_tokens};
use lmc::encode::{Batch, Encoded, Group, packed_batches};
use lmc::eval::evaluate_stack;
use lmc::model::{Classifier, ModelConfig};
use lmc::parallel::{n_threads, run_units};
use lmc::weights::Parameters;
use tch::{Device, Kind, Tensor};

use geometry::config;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The pairs of a point, of as many tokens as MNLI's on average: 39.5.
const N_PAIRS: usize = 512;
/// How often each part is timed; the median counts.
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let argument = |i: usize| arguments.get(i).map(String::as_str);
    let geometry = argument(0).unwrap_or("minilm");
    let precision: Precision = argument(1).unwrap_or("float32").parse()?;
    let tokens: usize = argument(2).map_or(Ok(batch_tokens(Device::Cpu)), str::parse)?;
    let config = config(geometry)?;
    println!(
        "{}, {geometry}, {precision}, {N_PAIRS} pairs, batches of {tokens} tokens, {} threads",
        processor(),
        n_threads()
    );
    let found = run_units(vec![(); n_threads()], |_, ()| Ok(profile(&config, precision, tokens)))?;
    let n = found.len() as f64;
    let mean = |value: &dyn Fn(&Profile) -> f64| found.iter().map(value).sum::<f64>() / n;
    let whole = mean(&|profile| profile.whole);
    println!("{:<34} {:>9} {:>7} {:>9}", "", "ms", "share", "GFLOP/s");
    let line = |name: &str, seconds: f64, flop: f64| {
        let rate = if flop > 0.0 { format!("{:9.1}", flop / seconds / 1e9) } else { String::new() };
        println!("{name:<34} {:9.1} {:6.1}% {rate}", seconds * 1e3, 100.0 * seconds / whole);
    };
    for (i, part) in found[0].parts.iter().enumerate() {
        line(&part.name, mean(&|profile| profile.parts[i].seconds), part.flop);
    }
    let parts = mean(&|profile| profile.parts.iter().map(|part| part.seconds).sum());
    line("all parts", parts, 0.0);
    let rest = if whole < parts { "saved by packed and fused layers" } else { "what is between them" };
    line(rest, (whole - parts).abs(), 0.0);
    line("a point", whole, found[0].flop);
    line("its linear layers as bare products", mean(&|profile| profile.products), found[0].products_flop);
    Ok(())
}

/// Returns the processor's name as Linux tells it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split(": ").nth(1)).unwrap_or("a processor").to_owned()
}

/// Returns pairs whose lengths spread as MNLI's do: most below the mean, a few three times as long.
fn pairs() -> Vec<Encoded> {
    let pair = |i: usize| {
        // Quantiles of a gamma-like distribution, without a draw.
        let quantile = (i as f64 + 0.5) / N_PAIRS as f64;
        let length = (14.0 + 25.5 * -(1.0 - quantile).ln()).min(128.0) as usize;
        Encoded {
            ids: (0..length).map(|j| ((31 * j + i) % 30_000) as i64).collect(),
            segments: vec![0; length],
            label: 0,
        }
    };
    (0..N_PAIRS).map(pair).collect()
}

/// The time of a class of operators in a point, and its operations in matrix products.
struct Part {
    name: String,
    seconds: f64,
    flop: f64,
}

struct Profile {
    parts: Vec<Part>,
    whole: f64,
    products: f64,
    products_flop: f64,
    flop: f64,
}

/// Returns the seconds that work takes, the median of a few rounds.
fn median(mut work: impl FnMut()) -> f64 {
    work();
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let mut seconds: Vec<f64> = (0..ROUNDS).map(round).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[ROUNDS / 2]
}

fn profile(config: &ModelConfig, precision: Precision, tokens: usize) -> Profile {
    let _no_grad = tch::no_grad_guard();
    let classifier = Classifier::new(config, 3);
    let batches = packed_batches(&pairs(), tokens);
    let layout = classifier.layout();
    let theta = (Tensor::randn([1, layout.n_parameters()], (Kind::Float, Device::Cpu)) * 0.02
        + layout.mask(|name| name.ends_with("LayerNorm.weight")))
    .to_kind(precision.kind());
    let whole = median(|| {
        // As in a sweep, where every point has weights of its own, which are packed anew.
        let parameters = Parameters::views(&theta, layout).expect("theta has this layout");
        let outcomes = evaluate_stack(&classifier, &parameters, &batches, N_PAIRS, None);
        drop(outcomes.expect("the point is evaluated"));
    });
    let bench = Bench { config, kind: precision.kind(), batches: &batches };
    let products = bench.products();
    let flop = batches.iter().map(|batch| classifier.packed_flop(&batch.tokens)).sum();
    let parts = bench.parts();
    let products_flop =
        parts.iter().filter(|part| part.name.starts_with("linear")).map(|part| part.flop).sum();
    Profile { parts, whole, products, products_flop, flop }
}

/// The parts of a forward pass on some batches.
struct Bench<'a> {
    config: &'a ModelConfig,
    kind: Kind,
    batches: &'a [Batch],
}

impl Bench<'_> {
    /// Returns numbers of that shape as activations have them.
    fn drawn(&self, shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu)).to_kind(self.kind)
    }

    /// Times work on each batch, which gets the rows of all its tokens, and sums over the batches.
    fn sum(&self, width: i64, work: impl Fn(&Batch, &Tensor)) -> f64 {
        let time = |batch: &Batch| {
            let x = self.drawn(&[batch.tokens.n_tokens() as i64, width]);
            median(|| work(batch, &x))
        };
        self.batches.iter().map(time).sum()
    }

    /// Returns the number of layers that are computed for all tokens: of the last only keys and values are,
    /// the rest for the first tokens alone, which is left out here.
    fn n_whole(&self) -> f64 {
        (self.config.num_hidden_layers - 1) as f64
    }

    fn n_tokens(&self) -> f64 {
        self.batches.iter().map(|batch| batch.tokens.n_tokens() as f64).sum()
    }

    /// Returns the time of a linear layer for all tokens, `times` times.
    fn linear(&self, name: &str, input: i64, output: i64, times: f64) -> Part {
        let (weight, bias) = (self.drawn(&[output, input]), self.drawn(&[output]));
        let seconds = times * self.sum(input, |_, x| drop(x.linear(&weight, Some(&bias))));
        let flop = 2.0 * times * self.n_tokens() * (input * output) as f64;
        Part { name: format!("linear {name}, {input} to {output}"), seconds, flop }
    }

    fn parts(&self) -> Vec<Part> {
        let (d, ff) = (self.config.hidden_size, self.config.intermediate_size);
        let (heads, n) = (self.config.num_attention_heads, self.n_whole());
        let plain = |name: &str, seconds: f64| Part { name: name.to_owned(), seconds, flop: 0.0 };
        let (scale, table) = (self.drawn(&[d]), self.drawn(&[self.config.vocab_size, d]));
        let normed = |x: &Tensor| x.layer_norm([d], Some(&scale), Some(&scale), 1e-12, false);
        let mut parts = vec![
            self.linear("qkv", d, 3 * d, n),
            self.linear("keys and values", d, 2 * d, 1.0),
            self.linear("output", d, d, n),
            self.linear("up", d, ff, n),
            self.linear("down", ff, d, n),
        ];
        let group = |group: &Group| group.n_sequences * group.length * group.length;
        let looks: i64 = self.batches.iter().flat_map(|batch| batch.tokens.groups.iter().map(group)).sum();
        parts.push(Part {
            name: "attention by groups".to_owned(),
            seconds: n * self.sum(3 * d, |batch, qkv| drop(attention(batch, qkv, heads))),
            flop: 4.0 * n * (looks * d) as f64,
        });
        parts.push(plain("GELU", n * self.sum(ff, |_, x| drop(x.gelu("none")))));
        parts.push(plain("layer norm", (2.0 * n + 1.0) * self.sum(d, |_, x| drop(normed(x)))));
        parts.push(plain("additions", (2.0 * n + 2.0) * self.sum(d, |_, x| drop(x + x))));
        let rows = |batch: &Batch| drop(Tensor::embedding(&table, &batch.tokens.ids, -1, false, false));
        parts.push(plain("embeddings", 3.0 * self.sum(1, |batch, _| rows(batch))));
        if self.kind != Kind::Float {
            let n_parameters = Classifier::new(self.config, 3).layout().n_parameters();
            let point = Tensor::zeros([n_parameters], (Kind::Float, Device::Cpu));
            let mut rounded = point.to_kind(self.kind);
            parts.push(plain("rounding of the weights", median(|| rounded.copy_(&point))));
        }
        parts
    }

    /// Returns the time of the products of the linear layers alone, without biases.
    fn products(&self) -> f64 {
        let (d, ff, n) = (self.config.hidden_size, self.config.intermediate_size, self.n_whole());
        let product = |input: i64, output: i64| {
            let weight = self.drawn(&[input, output]);
            self.sum(input, |_, x| drop(x.mm(&weight)))
        };
        n * (product(d, 3 * d) + product(d, d) + product(d, ff) + product(ff, d)) + product(d, 2 * d)
    }
}

/// Computes attention over groups of equal length as the encoder does.
fn attention(batch: &Batch, qkv: &Tensor, heads: i64) -> Tensor {
    let width = qkv.size()[1] / 3;
    let sizes: Vec<i64> = batch.tokens.groups.iter().map(|group| group.n_tokens()).collect();
    let groups = qkv.split_with_sizes(sizes.as_slice(), 0).into_iter().zip(&batch.tokens.groups);
    let contexts = groups.map(|(qkv, group)| {
        let parts = qkv.reshape([group.n_sequences, group.length, 3, heads, width / heads]).unbind(2);
        let [q, k, v] = [0, 1, 2].map(|i| parts[i].transpose(1, 2));
        let context =
            Tensor::scaled_dot_product_attention(&q, &k, &v, None::<Tensor>, 0.0, false, None, false);
        context.transpose(1, 2).reshape([-1, width])
    });
    Tensor::cat(&contexts.collect::<Vec<_>>(), 0)
}
