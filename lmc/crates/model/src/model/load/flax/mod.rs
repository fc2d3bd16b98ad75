//! The msgpack of `flax.serialization`: a tree of parameters, whose names and axes are turned into PyTorch's.

mod msgpack;

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use super::File;
use super::elements::dense;
use lmc_base::error::Result;
use msgpack::{Node, parse};

/// The key of a map that stands for an array too large for one msgpack extension (2^30 bytes).
const CHUNKED: &str = "__msgpack_chunked_array__";

/// The longest name of a parameter; those of BERT have 60 bytes.
const MAX_NAME: usize = 512;

/// Returns all tensors in the bytes of a `flax_model.msgpack`, f32 on the CPU.
///
/// Their names are the keys of the tree joined by dots, with Flax's last one in PyTorch's words: an
/// `embedding`, a `scale` and a `kernel`, whose axes PyTorch has the other way round, are a `weight`.
pub(super) fn tensors(bytes: &[u8], file: &File) -> Result<BTreeMap<String, Tensor>> {
    let root = parse(bytes, file)?;
    let Node::Map(mut entries) = root else {
        return Err(file.damaged(format!("the msgpack is {}, expected a tree of parameters", root.kind())));
    };
    // Modules save their parameters alone or as one of the collections of variables.
    if let [("params", Node::Map(params))] = entries.as_mut_slice() {
        entries = std::mem::take(params);
    }
    let mut tensors = BTreeMap::new();
    collect(file, &mut Vec::new(), &entries, &mut tensors)?;
    Ok(tensors)
}

fn collect<'a>(
    file: &File,
    path: &mut Vec<&'a str>,
    entries: &[(&'a str, Node<'a>)],
    tensors: &mut BTreeMap<String, Tensor>,
) -> Result<()> {
    for (key, node) in entries {
        path.push(key);
        let at = path.join("/");
        if at.len() > MAX_NAME {
            return Err(file.damaged(format!("a name of {} bytes, at most {MAX_NAME} are read", at.len())));
        }
        let tensor = match node {
            Node::Map(entries) if entries.iter().any(|(key, _)| *key == CHUNKED) => {
                unchunk(file, &at, entries)?
            }
            Node::Map(entries) => {
                collect(file, path, entries, tensors)?;
                path.pop();
                continue;
            }
            Node::Array(array) => dense(file, &at, array.bytes, &array.shape, array.kind)?,
            other => return Err(file.damaged(format!("{at} is {}, expected an array", other.kind()))),
        };
        let (name, tensor) = in_pytorch(file, path, tensor)?;
        if tensors.insert(name.clone(), tensor).is_some() {
            return Err(file.damaged(format!("{at} is a second tensor {name}")));
        }
        path.pop();
    }
    Ok(())
}

/// Returns the array that a map of chunks stands for: `shape` and `chunks` are maps from "0", "1", .. to
/// sizes and flat arrays.
fn unchunk(file: &File, at: &str, entries: &[(&str, Node)]) -> Result<Tensor> {
    let broken = |problem: &str| file.damaged(format!("{at}: the chunked array {problem}"));
    let field = |name: &str| {
        let Some(Node::Map(field)) = entries.iter().find(|(key, _)| *key == name).map(|(_, node)| node)
        else {
            return Err(broken(&format!("has no {name}")));
        };
        let by_key: BTreeMap<&str, &Node> = field.iter().map(|(key, node)| (*key, node)).collect();
        let in_order = (0..field.len()).map(|i| by_key.get(i.to_string().as_str()).copied());
        in_order
            .collect::<Option<Vec<&Node>>>()
            .ok_or_else(|| broken(&format!("misses a part of its {name}")))
    };
    let shape = field("shape")?.into_iter().map(|node| match node {
        Node::Integer(n) => Ok(*n),
        other => Err(broken(&format!("has {} in its shape", other.kind()))),
    });
    let shape = shape.collect::<Result<Vec<i64>>>()?;
    let (mut bytes, mut kind): (Vec<u8>, Option<Kind>) = (Vec::new(), None);
    for chunk in field("chunks")? {
        let Node::Array(chunk) = chunk else {
            return Err(broken(&format!("has {} for a chunk", chunk.kind())));
        };
        if *kind.get_or_insert(chunk.kind) != chunk.kind {
            return Err(broken("has chunks of several dtypes"));
        }
        bytes.extend_from_slice(chunk.bytes);
    }
    dense(file, at, &bytes, &shape, kind.unwrap_or(Kind::Float))
}

/// Returns a parameter of Flax under PyTorch's name and with PyTorch's axes.
fn in_pytorch(file: &File, path: &[&str], tensor: Tensor) -> Result<(String, Tensor)> {
    let Some((last, modules)) = path.split_last() else { return Ok((String::new(), tensor)) };
    let (last, tensor) = match *last {
        "embedding" | "scale" => ("weight", tensor),
        "kernel" => {
            if tensor.dim() != 2 {
                let (at, shape) = (path.join("/"), tensor.size());
                return Err(
                    file.damaged(format!("{at} has shape {shape:?}, expected the two axes of a dense layer"))
                );
            }
            ("weight", tensor.f_transpose(0, 1)?.f_contiguous()?)
        }
        other => (other, tensor),
    };
    let name: Vec<&str> = modules.iter().copied().chain([last]).collect();
    Ok((name.join("."), tensor))
}

#[cfg(test)]
mod tests;
