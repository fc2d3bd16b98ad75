//! From the value that a pickle builds to the tensors of a state dict.

use std::collections::BTreeMap;

use tch::Kind;

use super::value::Value;
use super::{MAX_BYTES, Machine, shown};
use crate::model::load::File;
use crate::model::load::elements::Strided;
use lmc_base::error::Result;

/// The description of one tensor in a pickle.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::model::load) struct Described {
    /// The name of the zip entry with its elements, below `data/`.
    pub storage: String,
    /// The number of elements in that entry.
    pub n_storage: usize,
    /// The type of the elements.
    pub kind: Kind,
    /// The place of the elements in the storage.
    pub strided: Strided,
}

/// Returns the tensors of a pickled state dict by name; it may be the `state_dict` of a larger dict.
pub(in crate::model::load) fn state_dict(bytes: &[u8], file: &File) -> Result<BTreeMap<String, Described>> {
    if bytes.len() > MAX_BYTES {
        return Err(file.damaged(format!("a pickle of {} bytes, at most {MAX_BYTES} are read", bytes.len())));
    }
    let mut machine = Machine::new(bytes, file);
    let value = machine.run()?;
    let remedy = "save model.state_dict(), and nothing else, with torch.save";
    let file = File { remedy, ..*file };
    let Value::Dict(mut dict) = value else {
        return Err(file.damaged(format!("the pickle is {}, expected a dict of tensors", value.kind())));
    };
    let nested = machine.dicts[dict].iter().find_map(|(key, value)| match (key, value) {
        (Value::Text(key), Value::Dict(inner)) if machine.text(*key) == "state_dict" => Some(*inner),
        _ => None,
    });
    dict = nested.unwrap_or(dict);
    let mut tensors = BTreeMap::new();
    for (key, value) in &machine.dicts[dict] {
        let Value::Text(key) = key else {
            return Err(file.damaged(format!("the state dict has {} for a key", key.kind())));
        };
        let name = machine.text(*key);
        let Value::Tensor(tensor) = value else {
            return Err(file.damaged(format!("`{}` is {}, expected a tensor", shown(name), value.kind())));
        };
        let (storage, strided) = machine.tensors[*tensor].clone();
        let storage = machine.storages[storage];
        let described = Described {
            storage: machine.text(storage.key).to_owned(),
            n_storage: storage.n_elements,
            kind: storage.kind,
            strided,
        };
        if tensors.insert(name.to_owned(), described).is_some() {
            return Err(file.damaged(format!("tensor `{}` is there twice", shown(name))));
        }
    }
    Ok(tensors)
}
