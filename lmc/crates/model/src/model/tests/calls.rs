//! How many operators a layer calls: libtorch's tracer records every operator that the forward pass calls,
//! and two models of which one has a layer more differ by that layer.
//!
//! This proves the number of calls from this crate, not that of kernels that a device starts for one of them.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::DeflateDecoder;

use super::*;
use crate::compute::{Attention, Precision};
use crate::encode::Placement;
use crate::model::encoder::stand_in::{self, StandIn};
use tch::{CModule, Device};

/// Operators that make a view of their input. `reshape` does too where this crate calls it for one model:
/// what attention returns has its heads side by side in memory.
const VIEWS: [&str; 11] = [
    "squeeze",
    "unsqueeze",
    "view",
    "reshape",
    "transpose",
    "narrow",
    "slice",
    "select",
    "unbind",
    "split_with_sizes",
    "detach",
];

/// Returns how often each operator is called that is no view.
fn calls(n_layers: i64, attention: Attention) -> BTreeMap<String, i64> {
    let config = ModelConfig { num_hidden_layers: n_layers, max_position_embeddings: 64, ..config() };
    let classifier = Classifier::new(&config, 3);
    // 30 lengths, two sequences each: all of the 8 groups are padded.
    let example = |length: usize| Encoded { ids: vec![3; length], segments: vec![0; length], label: 0 };
    let examples: Vec<Encoded> = (2..=31).flat_map(|length| [example(length), example(length)]).collect();
    let placement = Placement::new(Device::Cpu, Precision::Float32, attention);
    let tokens = PackedTokens::new(&examples).to_device(placement);
    let mut forward = |inputs: &[Tensor]| {
        let _no_grad = tch::no_grad_guard();
        let p = Parameters::views(&inputs[0], classifier.layout()).unwrap();
        let features = classifier.packed_features(&p, &tokens, &Dropout::NONE);
        vec![features.unwrap()]
    };
    let theta = [stack(&classifier, &[1])];
    let module = stand_in::with(StandIn::OneCall, || {
        CModule::create_by_tracing("Traced", "forward", &theta, &mut forward).unwrap()
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traced.pt");
    module.save(&path).unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let n = archive.len();
    let is_code = |i: &usize| archive.by_index_raw(*i).unwrap().name().unwrap().ends_with(".py");
    let place = (0..n).find(is_code).unwrap();
    let mut code = String::new();
    DeflateDecoder::new(archive.by_index_raw(place).unwrap()).read_to_string(&mut code).unwrap();
    let mut counts = BTreeMap::new();
    for call in code.split("torch.").skip(1) {
        let name = call.split('(').next().unwrap();
        if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !VIEWS.contains(&name) {
            *counts.entry(name.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

/// Returns the calls of a layer before the last.
fn calls_of_a_layer(attention: Attention) -> BTreeMap<String, i64> {
    let (three, mut four) = (calls(3, attention), calls(4, attention));
    for (name, n) in three {
        *four.entry(name).or_insert(0) -= n;
    }
    four.retain(|_, n| *n != 0);
    four
}

#[test]
fn a_layer_calls_at_most_twenty_operators() {
    let expected = |attention: &[(&str, i64)]| -> BTreeMap<String, i64> {
        let rest = [("linear", 4), ("add", 2), ("gelu", 1), ("layer_norm", 2)];
        rest.iter().chain(attention).map(|&(name, n)| (name.to_owned(), n)).collect()
    };
    let padded = calls_of_a_layer(Attention::Padded { groups: 8 });
    let eight = [("index_select", 2), ("scaled_dot_product_attention", 8), ("cat", 1)];
    assert_eq!(padded, expected(&eight));
    assert_eq!(padded.values().sum::<i64>(), 20);
    // The stand-in of the flash kernel is one call, `neg`.
    let flash = calls_of_a_layer(Attention::Flash);
    assert_eq!(flash, expected(&[("neg", 1)]));
    // Groups of equal length call it once for each of the 30 lengths.
    let equal = calls_of_a_layer(Attention::Equal);
    assert_eq!(equal, expected(&[("scaled_dot_product_attention", 30), ("cat", 1)]));
}
