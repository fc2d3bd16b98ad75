//! An interpreter of the pickles in which `torch.save` describes a state dict. It executes nothing: it knows
//! the opcodes that build dicts, lists, tuples and texts, and a handful of globals of PyTorch. Any other
//! object is a place that stays empty. It is refused by name, unless it lies beside a state dict, as the
//! hyperparameters in a checkpoint of Lightning do.
//!
//! The format is that of Python's `pickletools`, protocols 2 to 5. Values live in arenas and refer to each
//! other by index, so that a pickle can neither nest nor tie itself into a knot that costs more than its
//! length.

mod opcodes;
mod state_dict;
mod value;

use std::collections::HashMap;

use super::File;
use super::elements::{MAX_AXES, Strided};
use lmc_base::error::{LmcError, Result};

pub(super) use state_dict::{Described, Pickles, state_dict};
use value::{Global, Storage, Text, Value};

/// The longest pickle: that of BERT-large has 60 KB.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// The most values and marks on the stack: Python pickles dicts in batches of 1000 pairs.
const MAX_STACK: usize = 1 << 16;
const MAX_MARKS: usize = 256;

/// The longest name of a storage: torch.save numbers them.
const MAX_KEY: usize = 64;

/// A running pickle: the rest of its bytes, and the values that it has built.
struct Machine<'a> {
    file: &'a File<'a>,
    bytes: &'a [u8],
    at: usize,
    /// The current opcode and its position, for errors.
    opcode: (&'static str, usize),
    stack: Vec<Value>,
    /// The lengths of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    sequences: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
    storages: Vec<Storage>,
    tensors: Vec<(usize, Strided)>,
    /// The refusal of the first object that was skipped.
    refusal: Option<LmcError>,
}

impl<'a> Machine<'a> {
    /// Returns the machine for the pickle that begins at a byte.
    fn new(bytes: &'a [u8], at: usize, file: &'a File<'a>) -> Self {
        Self {
            file,
            bytes,
            at,
            opcode: ("PROTO", at),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            sequences: Vec::new(),
            dicts: Vec::new(),
            storages: Vec::new(),
            tensors: Vec::new(),
            refusal: None,
        }
    }

    /// Returns the error for a problem with the current opcode.
    fn wrong(&self, problem: impl std::fmt::Display) -> LmcError {
        let (name, at) = self.opcode;
        self.file.damaged(format!("the pickle's {name} at byte {at} {problem}"))
    }

    fn refused(&self, problem: impl std::fmt::Display) -> LmcError {
        let remedy = "nothing was executed; do not load the file elsewhere unless you trust where it is from";
        let (name, at) = self.opcode;
        let problem =
            format!("the pickle's {name} at byte {at} {problem}, which no state dict of tensors needs");
        File { remedy, ..*self.file }.damaged(problem)
    }

    /// Pushes the place of an object that is skipped.
    fn push_object(&mut self, problem: impl std::fmt::Display) -> Result<()> {
        if self.refusal.is_none() {
            self.refusal = Some(self.refused(problem));
        }
        self.push(Value::Object)
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..n) else {
            return Err(self.wrong(format!("needs {n} more bytes, {} are left", rest.len())));
        };
        self.at += n;
        Ok(taken)
    }

    /// Returns an unsigned little-endian number of `n` bytes, at most 8.
    fn number(&mut self, n: usize) -> Result<u64> {
        Ok(self.take(n)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn push(&mut self, value: Value) -> Result<()> {
        if self.stack.len() >= MAX_STACK {
            return Err(self.wrong(format!("is beyond {MAX_STACK} values on the stack")));
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        let above_mark = self.stack.len() > self.marks.last().copied().unwrap_or(0);
        let value = if above_mark { self.stack.pop() } else { None };
        value.ok_or_else(|| self.wrong("finds nothing on the stack"))
    }

    fn top(&self) -> Result<Value> {
        self.stack.last().copied().ok_or_else(|| self.wrong("finds nothing on the stack"))
    }

    fn mark(&mut self) -> Result<()> {
        if self.marks.len() >= MAX_MARKS {
            return Err(self.wrong(format!("is nested in {MAX_MARKS} others")));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Returns the values above the last mark, and without the mark.
    fn pop_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.marks.pop().ok_or_else(|| self.wrong("finds no mark"))?;
        Ok(self.stack.split_off(mark))
    }

    fn push_text(&mut self, n: u64) -> Result<()> {
        let start = self.at;
        let bytes = self.take(usize::try_from(n).unwrap_or(usize::MAX))?;
        if std::str::from_utf8(bytes).is_err() {
            return Err(self.wrong("is not UTF-8"));
        }
        self.push(Value::Text(Text { start, end: self.at }))
    }

    fn text(&self, text: Text) -> &'a str {
        std::str::from_utf8(&self.bytes[text.start..text.end]).unwrap_or_default()
    }

    fn push_tuple(&mut self, values: Vec<Value>) -> Result<()> {
        self.sequences.push(values);
        self.push(Value::Tuple(self.sequences.len() - 1))
    }

    fn push_dict(&mut self) -> Result<()> {
        self.dicts.push(Vec::new());
        self.push(Value::Dict(self.dicts.len() - 1))
    }

    fn push_global(&mut self, module: &str, name: &str) -> Result<()> {
        match Global::known(module, name) {
            Some(global) => self.push(Value::Global(global)),
            None => self.push_object(format!("names `{}.{}`", shown(module), shown(name))),
        }
    }

    /// Returns the next line of the pickle, without its end.
    fn line(&mut self) -> Result<&'a str> {
        let rest = &self.bytes[self.at..];
        let n = rest.iter().position(|&byte| byte == b'\n');
        let n = n.ok_or_else(|| self.wrong("has a line without end"))?;
        let line = std::str::from_utf8(&rest[..n]).map_err(|_| self.wrong("is not UTF-8"))?;
        self.at += n + 1;
        Ok(line)
    }

    /// Puts key and value pairs into the dict on top of the stack.
    fn set_items(&mut self, items: &[Value]) -> Result<()> {
        let dict = match self.top()? {
            Value::Dict(dict) => dict,
            Value::Object => return Ok(()),
            other => return Err(self.refused(format!("sets items of {}", other.kind()))),
        };
        if !items.len().is_multiple_of(2) {
            return Err(self.wrong("has a key without a value"));
        }
        self.dicts[dict].extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        Ok(())
    }

    fn append(&mut self, items: &[Value]) -> Result<()> {
        match self.top()? {
            Value::List(list) => self.sequences[list].extend_from_slice(items),
            Value::Object => {}
            other => return Err(self.refused(format!("appends to {}", other.kind()))),
        }
        Ok(())
    }

    /// Calls a global; only three can be called, and the others are skipped.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = arguments else {
            return Err(self.wrong(format!("has {} for arguments", arguments.kind())));
        };
        // The most there can be are the seven of `_rebuild_tensor_v2`.
        let arguments: Vec<Value> = self.sequences[arguments].iter().take(8).copied().collect();
        match (callable, arguments.as_slice()) {
            (Value::Global(Global::OrderedDict), []) => self.push_dict(),
            (Value::Global(Global::OrderedDict), &[Value::List(pairs)]) => self.push_pairs(pairs),
            (
                Value::Global(Global::RebuildTensor),
                &[
                    Value::Storage(storage),
                    Value::Int(offset),
                    Value::Tuple(shape),
                    Value::Tuple(strides),
                    ref rest @ ..,
                ],
            ) if rest.len() <= 3 => {
                let strided =
                    Strided { offset, shape: self.integers(shape)?, strides: self.integers(strides)? };
                self.tensors.push((storage, strided));
                self.push(Value::Tensor(self.tensors.len() - 1))
            }
            (Value::Global(Global::RebuildParameter), &[Value::Tensor(tensor), _, _]) => {
                self.push(Value::Tensor(tensor))
            }
            (Value::Global(global), arguments) => {
                let kinds: Vec<&str> = arguments.iter().map(|value| value.kind()).collect();
                let (global, kinds) = (global.name(), kinds.join(", "));
                self.push_object(format!("calls {global} with ({kinds})"))
            }
            (Value::Object, _) => self.push(Value::Object),
            (other, _) => Err(self.refused(format!("calls {}", other.kind()))),
        }
    }

    /// Pushes a dict of the pairs in a list, as Python 2 pickles an OrderedDict.
    fn push_pairs(&mut self, pairs: usize) -> Result<()> {
        let pair = |value: &Value| match value {
            Value::List(pair) | Value::Tuple(pair) => {
                <[Value; 2]>::try_from(self.sequences[*pair].as_slice()).ok()
            }
            _ => None,
        };
        let pairs: Option<Vec<[Value; 2]>> = self.sequences[pairs].iter().map(pair).collect();
        let pairs = pairs.ok_or_else(|| self.wrong("makes an OrderedDict of something else than pairs"))?;
        self.dicts.push(pairs.into_iter().map(|[key, value]| (key, value)).collect());
        self.push(Value::Dict(self.dicts.len() - 1))
    }

    fn integers(&self, sequence: usize) -> Result<Vec<i64>> {
        if self.sequences[sequence].len() > MAX_AXES {
            return Err(self.wrong(format!("has a tensor of more than {MAX_AXES} axes")));
        }
        let integers = self.sequences[sequence].iter().map(|value| match value {
            Value::Int(n) => Ok(*n),
            other => Err(self.wrong(format!("has {} in the shape of a tensor", other.kind()))),
        });
        integers.collect()
    }

    /// Pushes the storage that a persistent id names: ("storage", type, key, device, number of elements), and
    /// in files before PyTorch 1.6 a view as well: None, or (key, first element, number of elements).
    fn storage(&mut self) -> Result<()> {
        let id = self.pop()?;
        let fields = if let Value::Tuple(id) = id { self.sequences[id].as_slice() } else { &[] };
        let &[
            Value::Text(tag),
            Value::Global(Global::Storage(kind)),
            Value::Text(key),
            _,
            Value::Int(n),
            ref rest @ ..,
        ] = fields
        else {
            return self.push_object("has an id of something else than a storage");
        };
        let view = match rest {
            [] | [Value::None] => None,
            [Value::Tuple(view)] => match self.sequences[*view].as_slice() {
                &[_, Value::Int(first), Value::Int(n)] => Some((first, n)),
                _ => return Err(self.wrong("has a view that is no part of a storage")),
            },
            _ => return Err(self.wrong("has a view that is no part of a storage")),
        };
        if self.text(tag) != "storage" {
            return Err(self.refused(format!("names a `{}`", shown(self.text(tag)))));
        }
        if self.text(key).len() > MAX_KEY {
            return Err(self.wrong("has a storage with an endless name"));
        }
        let n_elements =
            usize::try_from(n).map_err(|_| self.wrong(format!("has a storage of {n} elements")))?;
        self.storages.push(Storage { key, kind, n_elements, view });
        self.push(Value::Storage(self.storages.len() - 1))
    }

    /// Sets the state of an object. An OrderedDict may have one (PyTorch's `_metadata`), which says nothing
    /// about the tensors.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        match (self.top()?, state) {
            (Value::Dict(_), Value::Dict(_)) | (Value::Object, _) => Ok(()),
            (object, state) => {
                Err(self.refused(format!("sets the state of {} to {}", object.kind(), state.kind())))
            }
        }
    }
}

/// Returns the start of a text from a pickle, on one line.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests;
