//! From the value that a pickle builds to the tensors of a state dict.

use std::collections::BTreeMap;

use tch::Kind;

use super::value::Value;
use super::{MAX_BYTES, Machine, shown};
use crate::model::load::File;
use crate::model::load::elements::Strided;
use lmc_base::error::Result;

/// The keys under which programs for training keep the state dict of a model.
const HOLDERS: [&str; 4] = ["state_dict", "model_state_dict", "model", "module"];
/// The most dicts around a state dict.
const MAX_HOLDERS: usize = 3;

/// The description of one tensor in a pickle.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::model::load) struct Described {
    /// The name of the storage with its elements: in a zip archive that of the entry below `data/`.
    pub storage: String,
    /// The number of elements in that storage.
    pub n_storage: usize,
    /// The type of the elements.
    pub kind: Kind,
    /// The place of the elements in the storage.
    pub strided: Strided,
}

/// The tensors of a pickled state dict, and all storages that the pickle names.
#[derive(Debug, Default)]
pub(in crate::model::load) struct Contents {
    /// The tensors of the state dict by name.
    pub tensors: BTreeMap<String, Described>,
    /// The type and number of the elements of each storage, those of tensors outside of the state dict
    /// included.
    pub storages: BTreeMap<String, (Kind, usize)>,
}

/// Returns the tensors of a pickled state dict by name. It may be a part of a larger dict, under one of the
/// keys that programs for training use.
pub(in crate::model::load) fn state_dict(bytes: &[u8], file: &File) -> Result<BTreeMap<String, Described>> {
    if bytes.len() > MAX_BYTES {
        return Err(file.damaged(format!("a pickle of {} bytes, at most {MAX_BYTES} are read", bytes.len())));
    }
    let mut machine = Machine::new(bytes, 0, file);
    let value = machine.run()?;
    if machine.at != bytes.len() {
        return Err(machine.wrong("comes before everything was used"));
    }
    Ok(machine.contents(value)?.tensors)
}

/// Pickles that lie one after another in a file.
#[derive(Clone, Copy)]
pub(in crate::model::load) struct Pickles<'a> {
    bytes: &'a [u8],
    /// The byte at which the next pickle begins.
    pub at: usize,
    file: &'a File<'a>,
}

impl<'a> Pickles<'a> {
    pub fn new(bytes: &'a [u8], at: usize, file: &'a File<'a>) -> Self {
        Self { bytes, at, file }
    }

    fn next(&mut self) -> Result<(Machine<'a>, Value)> {
        let end = self.bytes.len().min(self.at.saturating_add(MAX_BYTES));
        let mut machine = Machine::new(&self.bytes[..end], self.at, self.file);
        let value = machine.run()?;
        self.at = machine.at;
        Ok((machine, value))
    }

    /// Returns the next pickle, an integer.
    pub fn integer(&mut self) -> Result<i64> {
        match self.next()? {
            (_, Value::Int(integer)) => Ok(integer),
            (machine, other) => Err(machine.wrong(format!("ends {}, expected an integer", other.kind()))),
        }
    }

    /// Returns a flag in the next pickle, a dict.
    pub fn flag(&mut self, name: &str) -> Result<bool> {
        let (machine, value) = self.next()?;
        let items = if let Value::Dict(dict) = value { machine.dicts[dict].as_slice() } else { &[] };
        let flag = items.iter().find_map(|(key, value)| match (key, value) {
            (Value::Text(key), Value::Bool(flag)) if machine.text(*key) == name => Some(*flag),
            _ => None,
        });
        flag.ok_or_else(|| machine.wrong(format!("ends {} without a flag `{name}`", value.kind())))
    }

    /// Returns the next pickle, a list of texts.
    pub fn texts(&mut self) -> Result<Vec<String>> {
        let (machine, value) = self.next()?;
        let Value::List(list) = value else {
            return Err(machine.wrong(format!("ends {}, expected a list of texts", value.kind())));
        };
        let text = |value: &Value| match value {
            Value::Text(text) => Ok(machine.text(*text).to_owned()),
            other => Err(machine.wrong(format!("ends a list with {}, expected a text", other.kind()))),
        };
        machine.sequences[list].iter().map(text).collect()
    }

    /// Returns the next pickle, a state dict as [`state_dict`] takes it.
    pub fn contents(&mut self) -> Result<Contents> {
        let (machine, value) = self.next()?;
        machine.contents(value)
    }
}

impl Machine<'_> {
    /// Returns what the value of a pickle describes.
    fn contents(mut self, value: Value) -> Result<Contents> {
        let remedy = "save model.state_dict(), and nothing else, with torch.save";
        let file = File { remedy, ..*self.file };
        let outer = if let Value::Dict(dict) = value { Some(dict) } else { None };
        let dict = outer.map(|dict| self.held(dict, &file)).transpose()?;
        // Objects beside a state dict do not matter.
        if dict == outer
            && let Some(refusal) = self.refusal.take()
        {
            return Err(refusal);
        }
        let Some(dict) = dict else {
            return Err(file.damaged(format!("the pickle is {}, expected a dict of tensors", value.kind())));
        };
        let mut contents = Contents::default();
        for storage in &self.storages {
            contents.storages.insert(self.text(storage.key).to_owned(), (storage.kind, storage.n_elements));
        }
        for (key, value) in &self.dicts[dict] {
            let Value::Text(key) = key else {
                return Err(file.damaged(format!("the state dict has {} for a key", key.kind())));
            };
            let name = self.text(*key);
            let Value::Tensor(tensor) = value else {
                let problem = format!("`{}` is {}, expected a tensor", shown(name), value.kind());
                return Err(file.damaged(problem));
            };
            let described = self.described(*tensor, name)?;
            if contents.tensors.insert(name.to_owned(), described).is_some() {
                return Err(file.damaged(format!("tensor `{}` is there twice", shown(name))));
            }
        }
        Ok(contents)
    }

    /// Returns the dict of tensors in a dict, or the dict itself.
    fn held(&self, mut dict: usize, file: &File) -> Result<usize> {
        for _ in 0..MAX_HOLDERS {
            let holder = |(key, value): &(Value, Value)| match (key, value) {
                (Value::Text(key), Value::Dict(inner)) if HOLDERS.contains(&self.text(*key)) => {
                    Some((self.text(*key), *inner))
                }
                _ => None,
            };
            let mut held: Vec<(&str, usize)> = self.dicts[dict].iter().filter_map(holder).collect();
            if held.len() > 1 {
                let has_tensor =
                    |dict: usize| self.dicts[dict].iter().any(|(_, value)| matches!(value, Value::Tensor(_)));
                held.retain(|(_, inner)| has_tensor(*inner));
            }
            match held.as_slice() {
                [] => break,
                [(_, inner)] => dict = *inner,
                [(first, _), (second, _), ..] => {
                    return Err(file.damaged(format!("there are tensors in `{first}` and in `{second}`")));
                }
            }
        }
        Ok(dict)
    }

    /// Returns the description of a tensor. The place in a view becomes that in its storage.
    fn described(&self, tensor: usize, name: &str) -> Result<Described> {
        let (storage, mut strided) = self.tensors[tensor].clone();
        let storage = self.storages[storage];
        if let Some((first, n)) = storage.view {
            let is_within = usize::try_from(n).is_ok_and(|n| strided.n_elements_within(n).is_some());
            strided.offset = strided.offset.saturating_add(first);
            if !is_within || first < 0 || first.saturating_add(n) > storage.n_elements as i64 {
                let n_storage = storage.n_elements;
                let problem = format!("a view of {n} elements from {first} on, of a storage of {n_storage}");
                return Err(self
                    .file
                    .damaged(format!("tensor {}: {problem}, does not hold it", shown(name))));
            }
        }
        Ok(Described {
            storage: self.text(storage.key).to_owned(),
            n_storage: storage.n_elements,
            kind: storage.kind,
            strided,
        })
    }
}
