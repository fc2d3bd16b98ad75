//! The permutation symmetries of the residual stream, which all layers share.

use super::spec::{Axis, Symmetry, Units, columns, rows};
use crate::model::ModelConfig;
use crate::model::family::{Norms, Qkv};

/// The layer of units that all layers share.
const ALL_LAYERS: i64 = -1;

/// Returns the permutation symmetries of a classifier of that architecture that [`symmetries`] leaves out:
/// those of the residual stream.
///
/// - Units of the stream: one permutation of columns of the tables of embeddings, of norms, and in every layer
///   of the columns that read the stream and the rows, with their biases, that write to it; of the columns of
///   the pooler, or of the first layer of the head.
/// - Where embeddings are narrower than layers, as in ALBERT and ELECTRA: units of embeddings, which are
///   columns of the tables and of the projection. The stream begins at the rows of the projection.
/// - Where layers of DeBERTa have keys and queries of distances of their own: units of the table of distances.
///   Otherwise that table is read by the layers that read the stream, and goes with it.
///
/// Copies of one pretrained encoder have one stream, and there is nothing to permute between them. Encoders
/// that were pretrained separately have streams in different orders.
///
/// [`symmetries`]: super::symmetries
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::align as alignment; } }
/// use lmc::analyses::alignment::stream_symmetries;
/// use lmc::model::ModelConfig;
/// let config = ModelConfig::mini(64);
/// let all = stream_symmetries(&config);
/// assert_eq!(all.len(), 1);
/// assert_eq!(all[0].width as i64, config.hidden_size);
/// ```
///
/// # Reference
/// Ainsworth et al. 2022.
pub fn stream_symmetries(config: &ModelConfig) -> Vec<Symmetry> {
    let (family, prefix, biases) = (config.family(), config.family().prefix, config.biases());
    let (d, e) = (config.hidden_size, config.embedding_width());
    let has = [(family.embeddings.word, true), ("position_embeddings", config.has_positions())];
    let has = has.into_iter().chain([("token_type_embeddings", config.has_segments())]);
    let tables: Vec<Axis> = has
        .filter(|(_, is_there)| *is_there)
        .flat_map(|(name, _)| columns(&format!("{prefix}embeddings.{name}")))
        .collect();
    let norm = rows(&format!("{prefix}embeddings.{}", family.embeddings.norm), [0, 1], biases.norms);
    let (mut stream, mut others) = (Vec::new(), Vec::new());
    match family.projection.filter(|projection| projection.always || e != d) {
        None => stream.extend([tables, norm].concat()),
        Some(projection) => {
            let name = format!("{prefix}{}", projection.name);
            let (before, behind) = match projection.before_norm {
                true => (Vec::new(), norm),
                false => (norm, Vec::new()),
            };
            others.push(symmetry(e, [tables, before, columns(&name)].concat()));
            stream.extend([rows(&name, [0, 1], !projection.before_norm), behind].concat());
        }
    }
    let layers = family.layer_names(config);
    if let Some(names) = family.disentangled.filter(|_| config.disentangled().is_relative()) {
        let norm = match config.disentangled().has_norm() {
            true => rows(&format!("{prefix}{}", names.norm), [0, 1], true),
            false => Vec::new(),
        };
        let table = [columns(&format!("{prefix}{}", names.table)), norm].concat();
        if config.disentangled().share_att_key {
            stream.extend(table);
        } else {
            let own = config.own_by_distance().into_iter().flatten();
            let read = own.flat_map(|own| layers.iter().flat_map(move |l| columns(&format!("{l}.{own}"))));
            others.push(symmetry(d, table.into_iter().chain(read).collect()));
        }
    }
    for (number, layer) in layers.iter().enumerate() {
        stream.extend(of_layer(config, layer, number));
    }
    if let Norms::Before(name) = family.norms {
        stream.extend(rows(&format!("{prefix}{name}"), [0, 1], biases.norms));
    }
    let pooler = family.pooler.map(|name| format!("{prefix}{name}"));
    let dense = || family.head.dense.map(|dense| dense.name.to_owned());
    stream.extend(columns(&pooler.or_else(dense).unwrap_or_else(|| family.head.out.to_owned())));
    others.insert(0, symmetry(d, stream));
    others
}

/// Returns the axes of a layer that read the stream or write to it.
fn of_layer(config: &ModelConfig, layer: &str, number: usize) -> Vec<Axis> {
    let (family, names, biases) = (config.family(), &config.family().names, config.biases());
    let of = |name: &str| format!("{layer}.{name}");
    let reads = match names.qkv {
        Qkv::Apart(parts) => parts.map(of).to_vec(),
        Qkv::Joined(name) => vec![of(name)],
    };
    let mut axes: Vec<Axis> = reads.iter().chain([&of(names.up)]).flat_map(|name| columns(name)).collect();
    axes.extend(rows(&of(names.attention_output), [0, 1], biases.attention));
    axes.extend(rows(&of(names.down), [0, 1], biases.feed_forward));
    if matches!(family.norms, Norms::Behind) || number > 0 {
        axes.extend(rows(&of(names.attention_norm), [0, 1], biases.norms));
    }
    axes.extend(rows(&of(names.output_norm), [0, 1], biases.norms));
    axes
}

fn symmetry(width: i64, axes: Vec<Axis>) -> Symmetry {
    Symmetry {
        units: Units::Stream,
        layer: ALL_LAYERS,
        n_blocks: 1,
        blocks_move: true,
        width: width as usize,
        sets: vec![axes],
        n_fixed: 0,
    }
}
